//! Finished results, delivered elsewhere: to a folder, to object storage, to PostgreSQL. And files that are read from object storage.
//!
//! ```text
//! Destination   what people write after --to            destination
//! Finished      a run with a result, found below a path  finished
//! Sink          a destination that is open               sink: folder, bucket, database
//! CatchUp       what has ended and is not there yet       catch_up
//! Objects       files in object storage, to be imported   objects
//! ```
//! A result is delivered whole or not at all, and once: its [place](finished::Finished::place) says job, inputs and result
//! digest, so what lies there is never another. Whoever is interrupted, or delivers again, changes nothing.

mod bucket;
pub mod catch_up;
mod database;
pub mod destination;
pub mod error;
pub mod finished;
mod folder;
pub mod objects;
pub mod sink;
mod store;
mod trust;
