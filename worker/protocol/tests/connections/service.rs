//! A small coordinator that counts what reaches it, and clients that try.

use super::forge::{identity, job};
use futures::{Stream, StreamExt as _};
use galapagos_protocol::progress::progress_server::Progress;
use galapagos_protocol::progress::{Report, Request as ProgressRequest};
use galapagos_protocol::tls::issue::Authority;
use galapagos_protocol::tls::{Identity, Role, client_config, dns_name, server_config};
use galapagos_protocol::transport::{self, HandshakeCounts, Peer};
use galapagos_protocol::work::work_server::Work;
use galapagos_protocol::work::{
    CoordinatorMessage, Hello, Welcome, WorkerMessage, coordinator_message, worker_message,
};
use hyper_util::rt::TokioIo;
use rustls::ClientConfig;
use std::net::SocketAddr;
use std::pin::Pin;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::oneshot;
use tokio_rustls::TlsConnector;
use tonic::transport::{Channel, Endpoint};
use tonic::{Request, Response, Status, Streaming};
use tower::service_fn;

/// More than anything here takes, unless it hangs.
pub const PATIENCE: Duration = Duration::from_secs(20);

/// What came through to the services of one server.
#[derive(Clone, Default)]
pub struct Seen {
    pub requests: Arc<AtomicU64>,
    pub messages: Arc<AtomicU64>,
    pub peers: Arc<Mutex<Vec<Role>>>,
    /// Streams that are over, however they ended.
    pub ended: Arc<AtomicU64>,
}

/// Counts when it is dropped: a lost connection drops the stream of answers and asks it nothing more.
struct Ending(Arc<AtomicU64>);

impl Drop for Ending {
    fn drop(&mut self) {
        self.0.fetch_add(1, Ordering::SeqCst);
    }
}

type Answers<T> = Pin<Box<dyn Stream<Item = Result<T, Status>> + Send>>;

impl Seen {
    fn request<T>(&self, request: &Request<T>) {
        self.requests.fetch_add(1, Ordering::SeqCst);
        let peer = request.extensions().get::<Peer>().expect("every connection has a peer");
        self.peers.lock().unwrap().push(peer.role);
    }
}

#[tonic::async_trait]
impl Work for Seen {
    type AttendStream = Answers<CoordinatorMessage>;

    /// Answers every message with a Welcome.
    async fn attend(
        &self,
        request: Request<Streaming<WorkerMessage>>,
    ) -> Result<Response<Self::AttendStream>, Status> {
        self.request(&request);
        let (messages, ending) = (Arc::clone(&self.messages), Ending(Arc::clone(&self.ended)));
        let answers = request.into_inner().map(move |message| {
            let _held = &ending;
            message?;
            messages.fetch_add(1, Ordering::SeqCst);
            let message = Some(coordinator_message::Message::Welcome(Welcome::default()));
            Ok(CoordinatorMessage { message })
        });
        Ok(Response::new(Box::pin(answers)))
    }
}

#[tonic::async_trait]
impl Progress for Seen {
    type WatchStream = Answers<Report>;

    /// Answers every message with a report.
    async fn watch(
        &self,
        request: Request<Streaming<ProgressRequest>>,
    ) -> Result<Response<Self::WatchStream>, Status> {
        self.request(&request);
        let answers = request.into_inner().map(|message| message.map(|_| Report::default()));
        Ok(Response::new(Box::pin(answers)))
    }
}

/// A running server; dropping it ends it at once, connections included.
pub struct Running {
    pub address: SocketAddr,
    pub seen: Seen,
    pub counts: Arc<HandshakeCounts>,
    _stop: oneshot::Sender<()>,
}

/// A coordinator of the job that takes workers on the service Work and operators on the service Progress.
pub struct Coordinator {
    pub authority: Authority,
    pub work: Running,
    pub progress: Running,
}

impl Coordinator {
    pub async fn start() -> Self {
        let authority = super::forge::authority();
        let own = identity(&authority, Role::Coordinator);
        let work = serve(&own, &[Role::Worker], "127.0.0.1:0").await;
        let progress = serve(&own, &[Role::Operator], "127.0.0.1:0").await;
        Coordinator { authority, work, progress }
    }

    /// The server has refused at least one connection, and no request came through.
    pub async fn nothing_came_through(&self) {
        let refused = eventually(|| self.work.counts.refused() > 0).await;
        assert!(refused, "the server refused no connection");
        assert_eq!(self.work.seen.requests.load(Ordering::SeqCst), 0, "a request reached the service");
        assert_eq!(self.work.counts.accepted(), 0);
    }

    /// An honest worker gets its answer now.
    pub async fn still_serves(&self) {
        let worker = client_config(&identity(&self.authority, Role::Worker)).unwrap();
        call(self.work.address, worker).await.unwrap();
    }
}

/// A server of both services that shows `own` and lets in the roles `accepts` of the job.
pub async fn serve(own: &Identity, accepts: &[Role], address: &str) -> Running {
    let config = server_config(own, &job(), accepts).unwrap();
    let listener = TcpListener::bind(address).await.unwrap();
    let address = listener.local_addr().unwrap();
    let incoming = transport::incoming(listener, config);
    let (counts, seen) = (incoming.counts(), Seen::default());
    let router = transport::server()
        .add_service(transport::work_server(seen.clone()))
        .add_service(transport::progress_server(seen.clone()));
    // Tonic's connections outlive its server, so each server has a runtime of its own that ends with it.
    let (_stop, stopped) = oneshot::channel::<()>();
    std::thread::spawn(move || {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
        runtime.block_on(async {
            let serving = router.serve_with_incoming(incoming);
            tokio::select! {
                ended = serving => ended.unwrap(),
                _ = stopped => {}
            }
        });
    });
    Running { address, seen, counts, _stop }
}

/// Waits until `condition` holds.
pub async fn eventually(condition: impl Fn() -> bool) -> bool {
    for _ in 0..500 {
        if condition() {
            return true;
        }
        tokio::time::sleep(Duration::from_millis(10)).await;
    }
    condition()
}

pub fn hello() -> WorkerMessage {
    WorkerMessage { message: Some(worker_message::Message::Hello(Hello::default())) }
}

/// Opens a stream, sends a Hello and waits for the answer.
pub async fn greet(channel: Channel) -> Result<(), Status> {
    let outgoing = futures::stream::iter([hello()]).chain(futures::stream::pending());
    let mut answers = transport::work_client(channel).attend(outgoing).await?.into_inner();
    let answer = answers.message().await?;
    answer.map(|_| ()).ok_or_else(|| Status::unavailable("the stream ended without an answer"))
}

/// Connects as our own client does and says Hello.
pub async fn call(address: SocketAddr, config: Arc<ClientConfig>) -> Result<(), String> {
    let connected =
        transport::connect(&address.to_string(), config, Role::Coordinator, &job(), PATIENCE).await;
    let channel = connected.map_err(|error| error.to_string())?;
    greet(channel).await.map_err(|status| status.to_string())
}

/// Says Hello as soon as its own part of the handshake is done, without waiting for the server's opinion.
pub async fn push(address: SocketAddr, config: Arc<ClientConfig>) -> Result<(), String> {
    let connector = service_fn(move |_| {
        let config = Arc::clone(&config);
        async move {
            let tcp = TcpStream::connect(address).await?;
            let name = dns_name(Role::Coordinator, &job()).try_into().unwrap();
            let tls = TlsConnector::from(config).connect(name, tcp).await?;
            Ok::<_, std::io::Error>(TokioIo::new(tls))
        }
    });
    let pushed = async {
        let channel = Endpoint::from_static("http://coordinator")
            .connect_with_connector(connector)
            .await
            .map_err(|error| format!("{error:?}"))?;
        greet(channel).await.map_err(|status| format!("{status:?}"))
    };
    tokio::time::timeout(PATIENCE, pushed).await.expect("neither an answer nor a refusal")
}
