//! Elections against a server that is late, loses replies or is not there, in paused time.

mod deciding;
mod fencing;
mod replicas;
mod server;
