//! The serving side of a coordinator: where workers connect.

use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use galapagos_protocol::tls::{Identity, JobUid, Role, TlsError, server_config};
use galapagos_protocol::transport::{self, HandshakeCounts};
use galapagos_protocol::work::farewell::Reason as Goodbye;
use galapagos_protocol::work::work_server::Work;
use galapagos_protocol::work::{CoordinatorMessage, WorkerMessage};
use galapagos_run::job::calendar;
use galapagos_run::job::resolve::ResolvedJob;
use galapagos_run::job::walk_forward::WalkForward;
use galapagos_run::storage::digest::Digest;
use tokio::net::TcpListener;
use tokio::sync::{mpsc, watch};
use tokio::task::JoinHandle;
use tokio_stream::wrappers::ReceiverStream;
use tonic::{Request, Response, Status, Streaming};

use super::dispatcher::Dispatcher;
use super::session::SessionContext;
use crate::metrics::CoordinatorMetrics;

/// Messages on their way to one worker; who has more to send waits until the worker has read some.
const OUTBOX: usize = 16;
/// How often leases are checked: far below the shortest deadline.
const TICK: Duration = Duration::from_millis(250);

/// Why the server cannot open.
#[derive(Debug, thiserror::Error)]
pub enum ServeError {
    /// The certificates cannot be used.
    #[error(transparent)]
    Tls(#[from] TlsError),
    /// The address cannot be listened on.
    #[error("cannot listen on {address}: is another process using the port?")]
    Listen {
        /// The address that was given.
        address: SocketAddr,
        /// The system's own words.
        source: std::io::Error,
    },
    /// The job's dataset digest is not one.
    #[error("{0:?} is not a digest")]
    Digest(String),
}

/// Where and as whom it serves.
#[derive(Debug)]
pub struct ServeOptions<'a> {
    /// Address to listen on; port 0: any.
    pub address: SocketAddr,
    /// Certificate, key and authority.
    pub identity: &'a Identity,
    /// The job that certificates are made out for.
    pub uid: &'a JobUid,
}

/// A server that workers connect to, until it is closed.
#[derive(Debug)]
pub struct WorkServer {
    address: SocketAddr,
    leaving: watch::Sender<Option<Goodbye>>,
    serving: JoinHandle<Result<(), tonic::transport::Error>>,
    handshakes: Arc<HandshakeCounts>,
    ticking: JoinHandle<()>,
}

impl WorkServer {
    /// Opens the server to the workers of `job` and of the windows that it has.
    ///
    /// # Errors
    /// [`ServeError`].
    pub async fn open(
        options: &ServeOptions<'_>,
        job: &ResolvedJob,
        walk: Option<&WalkForward>,
        dispatcher: Arc<Dispatcher>,
        metrics: CoordinatorMetrics,
    ) -> Result<WorkServer, ServeError> {
        let tls = server_config(options.identity, options.uid, &[Role::Worker])?;
        let (listener, address) = listen(options.address).await?;
        let (leaving, left) = watch::channel(None);
        let dataset = Digest::parse(&job.dataset_digest)
            .ok_or_else(|| ServeError::Digest(job.dataset_digest.clone()))?;
        let context = SessionContext {
            dispatcher: Arc::clone(&dispatcher),
            dataset: *dataset.bytes(),
            inputs: *job.digest.bytes(),
            bars_per_year: job.manifest.spec.market_data.calendar.as_ref().map(calendar::to_wire),
            windows: walk.iter().flat_map(|w| w.windows()).map(|w| *w.job.digest.bytes()).collect(),
            leaving: left,
            metrics,
        };
        let incoming = transport::incoming(listener, tls);
        let handshakes = incoming.counts();
        let service = transport::work_server(context);
        let router = transport::server().add_service(service);
        let serving = tokio::spawn(router.serve_with_incoming(incoming));
        let ticking = tokio::spawn(async move {
            let mut interval = tokio::time::interval(TICK);
            loop {
                interval.tick().await;
                dispatcher.tick();
            }
        });
        Ok(WorkServer { address, leaving, serving, handshakes, ticking })
    }

    /// The address where workers connect, with the port that the system gave.
    pub fn address(&self) -> SocketAddr {
        self.address
    }

    /// Connections refused and accepted so far.
    pub fn handshakes(&self) -> Arc<HandshakeCounts> {
        Arc::clone(&self.handshakes)
    }

    /// Says goodbye to every worker and closes the server, within `patience`.
    pub async fn close(self, goodbye: Goodbye, patience: Duration) {
        self.leaving.send_replace(Some(goodbye));
        self.ticking.abort();
        let gone = async {
            // A session holds a receiver until its worker has closed the stream; one is the context's own.
            while self.leaving.receiver_count() > 1 {
                tokio::time::sleep(Duration::from_millis(5)).await;
            }
        };
        let _ = tokio::time::timeout(patience, gone).await;
        self.serving.abort();
    }
}

/// Listens on `address`; the second value is the address that was given.
pub(super) async fn listen(address: SocketAddr) -> Result<(TcpListener, SocketAddr), ServeError> {
    let failed = |source| ServeError::Listen { address, source };
    let listener = TcpListener::bind(address).await.map_err(failed)?;
    let given = listener.local_addr().map_err(failed)?;
    Ok((listener, given))
}

#[tonic::async_trait]
impl Work for SessionContext {
    type AttendStream = ReceiverStream<Result<CoordinatorMessage, Status>>;

    async fn attend(
        &self,
        request: Request<Streaming<WorkerMessage>>,
    ) -> Result<Response<Self::AttendStream>, Status> {
        let (out, outbox) = mpsc::channel(OUTBOX);
        tokio::spawn(SessionContext::attend(self.clone(), request.into_inner(), out));
        Ok(Response::new(ReceiverStream::new(outbox)))
    }
}
