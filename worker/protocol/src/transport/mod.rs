//! Connections between the processes: TLS over TCP under tonic, with limits and keep-alive on both sides.

mod client;
mod handshake;
mod http;
pub mod limits;
mod server;

pub use client::{ConnectError, connect, connect_for_progress, progress_client, work_client};
pub use handshake::{Connection, HandshakeCounts, Peer};
pub use http::{Connections, serve_http, serve_http_until};
pub use limits::{HTTP_PORT, MAX_MESSAGE, PROGRESS_PORT, WORK_PORT};
pub use server::{Incoming, incoming, progress_server, server, work_server};
