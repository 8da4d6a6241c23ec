//! Watches against a server in memory, in paused time.

mod following;
mod living;
mod probing;
mod server;
mod triggering;
