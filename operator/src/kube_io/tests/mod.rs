//! What goes over the wire, and what does not.

mod applies;
mod errors;
mod events;
mod gate;
mod server;
mod shapes;
