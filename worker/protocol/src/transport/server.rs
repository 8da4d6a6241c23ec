//! The serving side: accept loop with concurrent handshakes, and services with their limits.

use super::handshake::{Connection, HandshakeCounts, shake_hands};
use super::limits::{
    ACCEPT_PAUSE, CONNECTION_WINDOW, HANDSHAKE_GRACE, KEEP_ALIVE_INTERVAL, KEEP_ALIVE_TIMEOUT,
    MAX_HANDSHAKES, MAX_HEADERS, MAX_MESSAGE, MAX_STREAMS, STREAM_WINDOW,
};
use crate::bounds::MAX_REPORT;
use crate::progress::progress_server::{Progress, ProgressServer};
use crate::work::work_server::{Work, WorkServer};
use futures::Stream;
use futures::stream::{self, BoxStream};
use rustls::ServerConfig;
use std::collections::VecDeque;
use std::io;
use std::net::SocketAddr;
use std::pin::Pin;
use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::task::{Context, Poll};
use tokio::net::{TcpListener, TcpStream};
use tokio::task::{AbortHandle, JoinSet};
use tokio::time::Instant;
use tonic::transport::Server;

/// The connections of one listener, for `serve_with_incoming`: an endless stream without errors.
pub struct Incoming {
    connections: BoxStream<'static, io::Result<Connection>>,
    counts: Arc<HandshakeCounts>,
}

impl Incoming {
    /// Numbers of good and failed handshakes, to be kept when the stream is given away.
    pub fn counts(&self) -> Arc<HandshakeCounts> {
        Arc::clone(&self.counts)
    }
}

impl Stream for Incoming {
    type Item = io::Result<Connection>;

    fn poll_next(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Option<Self::Item>> {
        self.connections.as_mut().poll_next(context)
    }
}

/// Accepts connections and runs their handshakes side by side, each with a time limit and a bounded number of them at
/// once. Only connections that pass are yielded; a failure is counted and logged at debug level. Neither a failure nor
/// a client that stays silent holds up others or ends the stream. Dropping it breaks off what is unfinished.
pub fn incoming(listener: TcpListener, config: Arc<ServerConfig>) -> Incoming {
    let counts = Arc::new(HandshakeCounts::default());
    let gate = Gate {
        listener,
        config,
        counts: Arc::clone(&counts),
        handshakes: JoinSet::new(),
        ages: VecDeque::new(),
        leaving: Vec::new(),
    };
    let connections = stream::unfold(gate, |mut gate| async move {
        let connection = gate.next().await;
        Some((Ok(connection), gate))
    });
    Incoming { connections: Box::pin(connections), counts }
}

struct Gate {
    listener: TcpListener,
    config: Arc<ServerConfig>,
    counts: Arc<HandshakeCounts>,
    handshakes: JoinSet<Option<Connection>>,
    /// When each began, oldest first; finished ones are dropped from the front, the rest when there is need.
    ages: VecDeque<(Instant, AbortHandle)>,
    /// Those that gave way and have not ended yet: their permits count as free, so that each new connection costs one.
    leaving: Vec<AbortHandle>,
}

impl Gate {
    async fn next(&mut self) -> Connection {
        loop {
            self.leaving.retain(|handshake| !handshake.is_finished());
            let full = self.handshakes.len() >= MAX_HANDSHAKES + self.leaving.len();
            let displace_at = self.oldest().map(|began| began + HANDSHAKE_GRACE);
            tokio::select! {
                // In this order: permits that are free by now must be seen before one more is taken from somebody.
                biased;
                Some(finished) = self.handshakes.join_next() => {
                    if let Ok(Some(connection)) = finished {
                        return connection;
                    }
                }
                accepted = self.listener.accept(), if !full => self.begin(accepted).await,
                () = at(displace_at), if full => self.displace(),
            }
        }
    }

    /// When the oldest unfinished handshake began.
    fn oldest(&mut self) -> Option<Instant> {
        while self.ages.front().is_some_and(|(_, handshake)| handshake.is_finished()) {
            self.ages.pop_front();
        }
        if self.ages.len() > 4 * MAX_HANDSHAKES {
            self.ages.retain(|(_, handshake)| !handshake.is_finished());
        }
        self.ages.front().map(|&(began, _)| began)
    }

    async fn begin(&mut self, accepted: io::Result<(TcpStream, SocketAddr)>) {
        match accepted {
            Ok((tcp, address)) => {
                let handshake = shake_hands(tcp, address, Arc::clone(&self.config), Arc::clone(&self.counts));
                let handle = self.handshakes.spawn(handshake);
                self.ages.push_back((Instant::now(), handle));
            }
            Err(error) => {
                tracing::warn!(%error, "no connection can be accepted");
                tokio::time::sleep(ACCEPT_PAUSE).await;
            }
        }
    }

    fn displace(&mut self) {
        if let Some((_, handshake)) = self.ages.pop_front() {
            handshake.abort();
            self.leaving.push(handshake);
            self.counts.displaced.fetch_add(1, Ordering::Relaxed);
            tracing::debug!("an unfinished handshake gave way to a new connection");
        }
    }
}

/// Waits until `deadline`, for ever without one.
async fn at(deadline: Option<Instant>) {
    match deadline {
        Some(deadline) => tokio::time::sleep_until(deadline).await,
        None => std::future::pending().await,
    }
}

/// A server with keep-alive and the limits of the wire; add services made by `work_server` or `progress_server` and
/// serve them with `serve_with_incoming` on [`incoming`].
pub fn server() -> Server {
    Server::builder()
        .http2_keepalive_interval(Some(KEEP_ALIVE_INTERVAL))
        .http2_keepalive_timeout(Some(KEEP_ALIVE_TIMEOUT))
        .max_concurrent_streams(MAX_STREAMS)
        .http2_max_header_list_size(MAX_HEADERS)
        .initial_stream_window_size(STREAM_WINDOW)
        .initial_connection_window_size(CONNECTION_WINDOW)
}

/// The service Work with bounded messages.
pub fn work_server<T: Work>(service: T) -> WorkServer<T> {
    WorkServer::new(service).max_decoding_message_size(MAX_MESSAGE).max_encoding_message_size(MAX_MESSAGE)
}

/// The service Progress with bounded messages.
pub fn progress_server<T: Progress>(service: T) -> ProgressServer<T> {
    ProgressServer::new(service).max_decoding_message_size(MAX_REPORT).max_encoding_message_size(MAX_REPORT)
}
