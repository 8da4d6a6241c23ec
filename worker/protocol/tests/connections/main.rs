//! Who gets through to a service and who does not, over real sockets.

#![allow(clippy::unwrap_used, reason = "a failed unwrap fails the test")]

mod accepted;
mod clients;
mod forge;
mod handshakes;
mod http;
mod identities;
mod messages;
mod servers;
mod service;
