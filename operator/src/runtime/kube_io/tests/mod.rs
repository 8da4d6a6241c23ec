//! What goes over the wire, and what does not.

mod applies;
mod errors;
mod events;
mod gate;
mod replaces;
mod server;
mod shapes;
