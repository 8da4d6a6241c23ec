//! Results of batches of 100 through a stream of the protocol, with mutual TLS and without.

use std::pin::Pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::SystemTime;

use futures::Stream;
use galapagos_protocol::tls::issue::Authority;
use galapagos_protocol::tls::{Identity, JobUid, Role, client_config, server_config};
use galapagos_protocol::transport;
use galapagos_protocol::work::work_server::Work;
use galapagos_protocol::work::{
    CoordinatorMessage, Evaluation, Result as One, Results, WorkerMessage, result, worker_message,
};
use tokio::net::TcpListener;
use tokio_stream::StreamExt;
use tokio_stream::wrappers::TcpListenerStream;
use tonic::transport::{Channel, Endpoint};
use tonic::{Request, Response, Status, Streaming};

const BATCHES: u64 = 3000;
const BATCH: u32 = 100;

/// CPU seconds of both ends for one individual: plain, and with TLS.
pub fn seconds_per_individual() -> (f64, f64) {
    let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build().unwrap();
    let mut best = (f64::INFINITY, f64::INFINITY);
    for _ in 0..3 {
        best.0 = best.0.min(runtime.block_on(plain()));
        best.1 = best.1.min(runtime.block_on(secured()));
    }
    best
}

/// Counts results and, after the last, closes the stream.
struct Sink(Arc<AtomicU64>);

#[tonic::async_trait]
impl Work for Sink {
    type AttendStream = Pin<Box<dyn Stream<Item = Result<CoordinatorMessage, Status>> + Send>>;

    async fn attend(
        &self,
        request: Request<Streaming<WorkerMessage>>,
    ) -> Result<Response<Self::AttendStream>, Status> {
        let mut stream = request.into_inner();
        let count = self.0.clone();
        let (done, end) = tokio::sync::mpsc::channel(1);
        tokio::spawn(async move {
            while let Some(Ok(message)) = stream.next().await {
                if let Some(worker_message::Message::Results(r)) = message.message {
                    count.fetch_add(r.results.len() as u64, Ordering::Relaxed);
                }
            }
            drop(done);
        });
        Ok(Response::new(Box::pin(tokio_stream::wrappers::ReceiverStream::new(end))))
    }
}

fn batch(lease: u64) -> WorkerMessage {
    let evaluation = Evaluation {
        metrics_present: (1 << 24) - 1,
        metrics: (0..24).map(|n| f64::from(n) / 3.0).collect(),
        returns: 10_000,
        s1: vec![1; 16],
        s2: vec![2; 16],
        block_s1: (0..16).map(|n| n << 40).collect(),
        block_s2: (0..16).map(|n| n << 41).collect(),
        ..Evaluation::default()
    };
    let one = |index| One {
        index,
        genome_hash: vec![index as u8; 16],
        outcome: Some(result::Outcome::Evaluation(evaluation.clone())),
    };
    let results = Results {
        lease,
        epoch: 1,
        engine: 1,
        dataset_digest: vec![3; 32],
        results: (0..BATCH).map(one).collect(),
        last: true,
        ..Results::default()
    };
    WorkerMessage { message: Some(worker_message::Message::Results(results)) }
}

async fn plain() -> f64 {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    let count = Arc::new(AtomicU64::new(0));
    let service = transport::work_server(Sink(count.clone()));
    let incoming = TcpListenerStream::new(listener);
    let server = tokio::spawn(transport::server().add_service(service).serve_with_incoming(incoming));
    let channel = Endpoint::from_shared(format!("http://{address}")).unwrap().connect().await.unwrap();
    let seconds = send_all(channel, &count).await;
    server.abort();
    seconds
}

async fn secured() -> f64 {
    let job: JobUid = "measure".parse().unwrap();
    let now = SystemTime::now();
    let authority = Authority::new(now).unwrap();
    let identity = |role| {
        let leaf = authority.leaf(role, &job, now).unwrap();
        Identity::from_pem(authority.certificate_pem(), leaf.certificate_pem, leaf.key_pem).unwrap()
    };
    let (coordinator, worker) = (identity(Role::Coordinator), identity(Role::Worker));
    let config = server_config(&coordinator, &job, &[Role::Worker]).unwrap();
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap().to_string();
    let count = Arc::new(AtomicU64::new(0));
    let service = transport::work_server(Sink(count.clone()));
    let incoming = transport::incoming(listener, config);
    let server = tokio::spawn(transport::server().add_service(service).serve_with_incoming(incoming));
    let config = client_config(&worker).unwrap();
    let patience = std::time::Duration::from_secs(10);
    let channel = transport::connect(&address, config, Role::Coordinator, &job, patience).await.unwrap();
    let seconds = send_all(channel, &count).await;
    server.abort();
    seconds
}

async fn send_all(channel: Channel, count: &AtomicU64) -> f64 {
    let begun = cpu();
    let messages = tokio_stream::iter((0..BATCHES).map(batch));
    let answer = transport::work_client(channel).attend(messages).await.unwrap();
    let mut down = answer.into_inner();
    while down.next().await.is_some() {}
    let individuals = count.load(Ordering::Relaxed);
    assert_eq!(individuals, BATCHES * u64::from(BATCH));
    (cpu() - begun) / individuals as f64
}

/// CPU seconds of this process.
fn cpu() -> f64 {
    let time = rustix::time::clock_gettime(rustix::time::ClockId::ProcessCPUTime);
    time.tv_sec as f64 + time.tv_nsec as f64 / 1e9
}
