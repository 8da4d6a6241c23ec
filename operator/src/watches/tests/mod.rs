//! Watches against a server in memory, in paused time.

mod following;
mod probing;
mod server;
mod triggering;
