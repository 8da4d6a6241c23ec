//! One accepted connection: its handshake, and who stands at its other end.

use super::limits::HANDSHAKE_TIMEOUT;
use crate::tls::{ALPN, Role, parse_dns_name, single_name};
use rustls::ServerConfig;
use std::io;
use std::net::SocketAddr;
use std::pin::Pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::task::{Context, Poll};
use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
use tokio::net::TcpStream;
use tokio_rustls::TlsAcceptor;
use tokio_rustls::server::TlsStream;
use tonic::transport::server::Connected;

/// Who is at the other end; a service finds it in `request.extensions()`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Peer {
    /// Where the connection came from.
    pub address: SocketAddr,
    /// What its certificate says, checked in the handshake.
    pub role: Role,
}

/// A connection whose client has shown an accepted certificate.
#[derive(Debug)]
pub struct Connection {
    stream: TlsStream<TcpStream>,
    peer: Peer,
}

/// What became of the connections of one listener. Numbers only rise.
#[derive(Debug, Default)]
pub struct HandshakeCounts {
    pub(super) accepted: AtomicU64,
    pub(super) refused: AtomicU64,
    pub(super) timed_out: AtomicU64,
    pub(super) displaced: AtomicU64,
}

impl HandshakeCounts {
    /// Handshakes that ended well.
    pub fn accepted(&self) -> u64 {
        self.accepted.load(Ordering::Relaxed)
    }

    /// Connections that spoke no TLS, showed no or another certificate, or broke off.
    pub fn refused(&self) -> u64 {
        self.refused.load(Ordering::Relaxed)
    }

    /// Connections that did not finish in time.
    pub fn timed_out(&self) -> u64 {
        self.timed_out.load(Ordering::Relaxed)
    }

    /// Unfinished ones that gave way to newer ones.
    pub fn displaced(&self) -> u64 {
        self.displaced.load(Ordering::Relaxed)
    }
}

/// Runs the handshake of one connection within its time. `None`: it failed, and has been counted and logged.
pub(super) async fn shake_hands(
    tcp: TcpStream,
    address: SocketAddr,
    config: Arc<ServerConfig>,
    counts: Arc<HandshakeCounts>,
) -> Option<Connection> {
    match tokio::time::timeout(HANDSHAKE_TIMEOUT, establish(tcp, address, config)).await {
        Ok(Ok(connection)) => {
            counts.accepted.fetch_add(1, Ordering::Relaxed);
            Some(connection)
        }
        Ok(Err(error)) => {
            counts.refused.fetch_add(1, Ordering::Relaxed);
            tracing::debug!(%address, %error, "connection refused");
            None
        }
        Err(_) => {
            counts.timed_out.fetch_add(1, Ordering::Relaxed);
            tracing::debug!(%address, "connection gave no handshake in time");
            None
        }
    }
}

async fn establish(tcp: TcpStream, address: SocketAddr, config: Arc<ServerConfig>) -> io::Result<Connection> {
    tcp.set_nodelay(true)?;
    let stream = TlsAcceptor::from(config).accept(tcp).await?;
    let (_, session) = stream.get_ref();
    // Rustls lets a client through that proposes no protocol at all.
    if session.alpn_protocol() != Some(ALPN) {
        return Err(io::Error::new(io::ErrorKind::InvalidData, "the client did not ask for HTTP/2"));
    }
    let role = session
        .peer_certificates()
        .and_then(|chain| chain.first())
        .and_then(|leaf| single_name(leaf).ok().flatten())
        .and_then(|name| parse_dns_name(&name))
        .map(|(role, _)| role)
        .ok_or_else(|| {
            io::Error::new(io::ErrorKind::InvalidData, "the client's certificate names no role")
        })?;
    Ok(Connection { stream, peer: Peer { address, role } })
}

impl Connected for Connection {
    type ConnectInfo = Peer;

    fn connect_info(&self) -> Peer {
        self.peer
    }
}

impl AsyncRead for Connection {
    fn poll_read(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        buffer: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_read(context, buffer)
    }
}

impl AsyncWrite for Connection {
    fn poll_write(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        bytes: &[u8],
    ) -> Poll<io::Result<usize>> {
        Pin::new(&mut self.stream).poll_write(context, bytes)
    }

    fn poll_flush(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_flush(context)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_shutdown(context)
    }

    fn poll_write_vectored(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        parts: &[io::IoSlice<'_>],
    ) -> Poll<io::Result<usize>> {
        Pin::new(&mut self.stream).poll_write_vectored(context, parts)
    }

    fn is_write_vectored(&self) -> bool {
        self.stream.is_write_vectored()
    }
}
