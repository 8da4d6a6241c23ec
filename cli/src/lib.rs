//! The command `galapagos`: evolve trading strategies on one machine.
//!
//! Each verb is one file under `commands`. A verb reads its arguments, asks the worker crate to do the work
//! and prints; it holds no rules of trading or evolution itself.

pub mod args;
pub mod commands;
pub mod exit;
pub mod interrupt;
pub mod names;
pub mod pictures;
pub mod progress;
pub mod table;
pub mod terminal;
pub mod validate;
