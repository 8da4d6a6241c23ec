//! The connecting side: workers to their coordinator, operator and CLI to the progress service.

use super::limits::{
    CONNECTION_WINDOW, KEEP_ALIVE_INTERVAL, KEEP_ALIVE_TIMEOUT, MAX_HEADERS, MAX_MESSAGE,
    PROGRESS_CONNECTION_WINDOW, PROGRESS_STREAM_WINDOW, STREAM_WINDOW,
};
use crate::bounds::MAX_REPORT;
use crate::progress::progress_client::ProgressClient;
use crate::tls::{ALPN, JobUid, Role, dns_name};
use crate::work::work_client::WorkClient;
use hyper_util::rt::TokioIo;
use rustls::ClientConfig;
use rustls::pki_types::ServerName;
use std::io;
use std::sync::Arc;
use std::time::Duration;
use tokio::io::{AsyncBufReadExt, BufReader};
use tokio::net::TcpStream;
use tokio_rustls::TlsConnector;
use tokio_rustls::client::TlsStream;
use tonic::codegen::http::Uri;
use tonic::transport::{Channel, Endpoint};
use tower::service_fn;

/// Room for the server's first frame, which is read before the connection is handed on; larger reads pass by.
const FIRST_FRAME: usize = 256;

/// A connection cannot be made. Another attempt may help with all but `Untrusted` and `Refused`, which stay so until
/// somebody changes certificates or sets a clock.
#[derive(Debug, thiserror::Error)]
pub enum ConnectError {
    /// Name or port lead nowhere, or nobody listens there.
    #[error("cannot reach {address}: {source}")]
    Unreachable {
        /// The address as it was given.
        address: String,
        /// What the system said.
        source: io::Error,
    },
    /// No answer, or no end of the handshake, in time.
    #[error("{address} did not answer within {} s", timeout.as_secs_f64())]
    TimedOut {
        /// The address as it was given.
        address: String,
        /// How long was waited for it.
        timeout: Duration,
    },
    /// The server's certificate is not the expected one.
    #[error("{address} is not {expected}: {source}")]
    Untrusted {
        /// The address as it was given.
        address: String,
        /// The name its certificate should have.
        expected: String,
        /// What is wrong with it.
        source: rustls::Error,
    },
    /// The server wants to have nothing to do with this client's certificate.
    #[error("{address} refuses this process's certificate: {source}")]
    Refused {
        /// The address as it was given.
        address: String,
        /// The alert that the server sent.
        source: rustls::Error,
    },
    /// The connection broke, or the other side speaks something else.
    #[error("{address} broke off: {source}")]
    Broken {
        /// The address as it was given.
        address: String,
        /// How the connection broke.
        source: io::Error,
    },
    /// The library for HTTP/2 refuses the connection.
    #[error("HTTP/2 with {address} failed: {source}")]
    Http {
        /// The address as it was given.
        address: String,
        /// What the library said.
        source: tonic::transport::Error,
    },
}

impl ConnectError {
    /// Whether it is about certificates: another attempt with the same ones ends the same.
    pub fn is_about_identity(&self) -> bool {
        matches!(self, ConnectError::Untrusted { .. } | ConnectError::Refused { .. })
    }
}

/// Connects to the process at `address` (`host:port`), which must show the certificate of `expected` of `job`, with
/// the certificate in `config`. Returns when the server has let this client in. `timeout` bounds the whole: name, TCP,
/// handshake, first frame. Silence is noticed by pings, even while no call is under way.
///
/// The channel connects again in the same way when a call finds the connection lost.
///
/// # Errors
/// Why there is no connection.
pub async fn connect(
    address: &str,
    config: Arc<ClientConfig>,
    expected: Role,
    job: &JobUid,
    timeout: Duration,
) -> Result<Channel, ConnectError> {
    connect_with(address, config, expected, job, timeout, [STREAM_WINDOW, CONNECTION_WINDOW]).await
}

/// The same for a stream of progress, of which less is kept for a slow reader: an operator has many.
///
/// # Errors
/// Why there is no connection.
pub async fn connect_for_progress(
    address: &str,
    config: Arc<ClientConfig>,
    job: &JobUid,
    timeout: Duration,
) -> Result<Channel, ConnectError> {
    let windows = [PROGRESS_STREAM_WINDOW, PROGRESS_CONNECTION_WINDOW];
    connect_with(address, config, Role::Coordinator, job, timeout, windows).await
}

async fn connect_with(
    address: &str,
    config: Arc<ClientConfig>,
    expected: Role,
    job: &JobUid,
    timeout: Duration,
    [stream_window, connection_window]: [u32; 2],
) -> Result<Channel, ConnectError> {
    let dialler = Dialler { address: address.to_owned(), name: dns_name(expected, job), config, timeout };
    // The first connection is made here and not by tonic, which would hide the kind of an error.
    let mut first = Some(dialler.dial().await?);
    let http = |source| ConnectError::Http { address: address.to_owned(), source };
    // The URI is what the requests carry; where to connect is the dialler's business.
    Endpoint::from_shared(format!("http://{}", dialler.name))
        .map_err(http)?
        .http2_keep_alive_interval(KEEP_ALIVE_INTERVAL)
        .keep_alive_timeout(KEEP_ALIVE_TIMEOUT)
        .keep_alive_while_idle(true)
        .http2_max_header_list_size(MAX_HEADERS)
        .initial_stream_window_size(stream_window)
        .initial_connection_window_size(connection_window)
        .connect_with_connector(service_fn(move |_: Uri| {
            let (made, dialler) = (first.take(), dialler.clone());
            async move {
                let stream = match made {
                    Some(stream) => stream,
                    None => dialler.dial().await?,
                };
                Ok::<_, ConnectError>(TokioIo::new(stream))
            }
        }))
        .await
        .map_err(http)
}

#[derive(Clone)]
struct Dialler {
    address: String,
    name: String,
    config: Arc<ClientConfig>,
    timeout: Duration,
}

impl Dialler {
    async fn dial(&self) -> Result<BufReader<TlsStream<TcpStream>>, ConnectError> {
        let timed_out = |_| ConnectError::TimedOut { address: self.address.clone(), timeout: self.timeout };
        tokio::time::timeout(self.timeout, self.establish()).await.map_err(timed_out)?
    }

    async fn establish(&self) -> Result<BufReader<TlsStream<TcpStream>>, ConnectError> {
        let address = || self.address.clone();
        let unreachable = |source| ConnectError::Unreachable { address: address(), source };
        let tcp = TcpStream::connect(&self.address).await.map_err(unreachable)?;
        tcp.set_nodelay(true).map_err(unreachable)?;
        let name = ServerName::try_from(self.name.clone())
            .map_err(|error| unreachable(io::Error::new(io::ErrorKind::InvalidInput, error)))?;
        let tls = TlsConnector::from(Arc::clone(&self.config))
            .connect(name, tcp)
            .await
            .map_err(|error| self.failed(error))?;
        if tls.get_ref().1.alpn_protocol() != Some(ALPN) {
            let source = io::Error::new(io::ErrorKind::InvalidData, "the server does not speak HTTP/2");
            return Err(ConnectError::Broken { address: address(), source });
        }
        // In TLS 1.3 a client is done before the server has seen its certificate. The server's first frame says that
        // it was accepted; a refusal would otherwise appear as a broken connection in the first call.
        let mut stream = BufReader::with_capacity(FIRST_FRAME, tls);
        if stream.fill_buf().await.map_err(|error| self.failed(error))?.is_empty() {
            return Err(ConnectError::Broken {
                address: address(),
                source: io::ErrorKind::UnexpectedEof.into(),
            });
        }
        Ok(stream)
    }

    /// The kind of a failure after the connection stood.
    fn failed(&self, error: io::Error) -> ConnectError {
        let address = self.address.clone();
        match error.get_ref().and_then(|inner| inner.downcast_ref::<rustls::Error>()) {
            Some(rustls::Error::AlertReceived(_)) => {}
            Some(rustls::Error::InvalidCertificate(_)) => {}
            _ => return ConnectError::Broken { address, source: error },
        }
        match error.downcast::<rustls::Error>() {
            Ok(source @ rustls::Error::AlertReceived(_)) => ConnectError::Refused { address, source },
            Ok(source) => ConnectError::Untrusted { address, expected: self.name.clone(), source },
            Err(source) => ConnectError::Broken { address, source },
        }
    }
}

/// A client of the service Work with bounded messages.
pub fn work_client(channel: Channel) -> WorkClient<Channel> {
    WorkClient::new(channel).max_decoding_message_size(MAX_MESSAGE).max_encoding_message_size(MAX_MESSAGE)
}

/// A client of the service Progress with bounded messages.
pub fn progress_client(channel: Channel) -> ProgressClient<Channel> {
    ProgressClient::new(channel).max_decoding_message_size(MAX_REPORT).max_encoding_message_size(MAX_REPORT)
}
