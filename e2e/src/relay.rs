//! A man in the middle between real workers and the coordinator, with proper certificates. It evaluates nothing; it
//! repeats, reorders and falsifies what workers send.

use std::net::SocketAddr;
use std::path::Path;
use std::pin::Pin;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use futures::Stream;
use galapagos_protocol::tls::{Identity, Role, client_config, server_config};
use galapagos_protocol::transport;
use galapagos_protocol::work::work_server::Work;
use galapagos_protocol::work::{CoordinatorMessage, Hello, Results, WorkerMessage, result, worker_message};
use tokio::net::TcpListener;
use tokio::sync::{mpsc, watch};
use tokio_stream::StreamExt;
use tokio_stream::wrappers::ReceiverStream;
use tonic::{Request, Response, Status, Streaming};

use crate::cluster::UID;
use crate::random::Random;

const CONNECT: Duration = Duration::from_secs(10);
/// Held results are sent on after this, so that no lease waits for the next.
const HOLD: Duration = Duration::from_millis(40);
/// Results remembered for later.
const HOARD: usize = 400;

/// What the relay does to results.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Mischief {
    /// Passes everything on.
    None,
    /// Sends some twice, some late and in another order, and results of long ago, of others, of earlier epochs.
    Echo,
    /// Sends, before the true results, the same with another epoch.
    ForgeEpoch,
    /// With another engine number.
    ForgeEngine,
    /// With another dataset.
    ForgeDataset,
    /// With another genome.
    ForgeGenome,
    /// For individuals that are not of the lease.
    ForgeIndex,
    /// With a metric that does not fit the rest: not a number.
    ForgeMetric,
    /// After the true results, the same with one bit of a metric changed: determinism is broken.
    Contradict,
    /// Nothing in results, but greets as a worker of a release that knows no windows of walk-forward.
    ForgetWindows,
}

#[derive(Debug)]
struct Shared {
    target: watch::Sender<Option<SocketAddr>>,
    mischief: watch::Sender<Mischief>,
    /// Random draws, what was seen, and how often something was done.
    memory: Mutex<Memory>,
    worker: Identity,
}

#[derive(Debug)]
struct Memory {
    random: Random,
    hoard: Vec<Results>,
    done: u64,
}

/// A running relay.
#[derive(Debug)]
pub struct Relay {
    address: SocketAddr,
    shared: Arc<Shared>,
    _runtime: tokio::runtime::Runtime,
}

impl Relay {
    /// Listens as a coordinator and speaks to the real one as a worker.
    pub fn start(seed: u64, coordinator: &Path, worker: &Path) -> Relay {
        let runtime =
            tokio::runtime::Builder::new_multi_thread().worker_threads(1).enable_all().build().unwrap();
        let memory = Memory { random: Random::new(seed), hoard: Vec::new(), done: 0 };
        let shared = Arc::new(Shared {
            target: watch::channel(None).0,
            mischief: watch::channel(Mischief::None).0,
            memory: Mutex::new(memory),
            worker: Identity::load(worker).unwrap(),
        });
        let identity = Identity::load(coordinator).unwrap();
        let config = server_config(&identity, &UID.parse().unwrap(), &[Role::Worker]).unwrap();
        let listener = runtime.block_on(TcpListener::bind("127.0.0.1:0")).unwrap();
        let address = listener.local_addr().unwrap();
        let service = transport::work_server(Service(shared.clone()));
        let incoming = {
            let _inside = runtime.enter();
            transport::incoming(listener, config)
        };
        runtime.spawn(transport::server().add_service(service).serve_with_incoming(incoming));
        Relay { address, shared, _runtime: runtime }
    }

    /// Where workers connect.
    pub fn address(&self) -> SocketAddr {
        self.address
    }

    /// Where the real coordinator is.
    pub fn set_target(&self, target: SocketAddr) {
        self.shared.target.send_replace(Some(target));
    }

    /// What to do from now on.
    pub fn set(&self, mischief: Mischief) {
        self.shared.mischief.send_replace(mischief);
    }

    /// How many messages were sent that no worker sent then and so.
    pub fn done(&self) -> u64 {
        self.shared.memory.lock().unwrap().done
    }
}

struct Service(Arc<Shared>);

#[tonic::async_trait]
impl Work for Service {
    type AttendStream = Pin<Box<dyn Stream<Item = Result<CoordinatorMessage, Status>> + Send>>;

    async fn attend(
        &self,
        request: Request<Streaming<WorkerMessage>>,
    ) -> Result<Response<Self::AttendStream>, Status> {
        let shared = self.0.clone();
        let target = (*shared.target.borrow()).ok_or_else(|| Status::unavailable("no coordinator yet"))?;
        let config = client_config(&shared.worker).map_err(|e| Status::internal(e.to_string()))?;
        let job = UID.parse().map_err(|_| Status::internal("a UID"))?;
        let channel = transport::connect(&target.to_string(), config, Role::Coordinator, &job, CONNECT)
            .await
            .map_err(|e| Status::unavailable(e.to_string()))?;
        let (sender, receiver) = mpsc::channel(16);
        tokio::spawn(pass_up(request.into_inner(), sender, shared));
        let down = transport::work_client(channel).attend(ReceiverStream::new(receiver)).await?;
        Ok(Response::new(Box::pin(down.into_inner())))
    }
}

/// Passes on what a worker says until it ends, with mischief.
async fn pass_up(
    mut worker: Streaming<WorkerMessage>,
    coordinator: mpsc::Sender<WorkerMessage>,
    shared: Arc<Shared>,
) {
    let mut held: Vec<Results> = Vec::new();
    loop {
        let next = tokio::time::timeout(HOLD, worker.next()).await;
        let out = match next {
            Err(_) => std::mem::take(&mut held).into_iter().map(results).collect(),
            Ok(Some(Ok(message))) => match message.message {
                Some(worker_message::Message::Results(r)) => shared.disturb(r, &mut held),
                Some(worker_message::Message::Hello(hello)) => vec![shared.greeting(hello)],
                other => vec![WorkerMessage { message: other }],
            },
            Ok(_) => return,
        };
        for message in out {
            if coordinator.send(message).await.is_err() {
                return;
            }
        }
    }
}

fn results(results: Results) -> WorkerMessage {
    WorkerMessage { message: Some(worker_message::Message::Results(results)) }
}

impl Shared {
    fn greeting(&self, mut hello: Hello) -> WorkerMessage {
        if *self.mischief.borrow() == Mischief::ForgetWindows {
            hello.windows = false;
            self.memory.lock().unwrap().done += 1;
        }
        WorkerMessage { message: Some(worker_message::Message::Hello(hello)) }
    }

    /// What is sent in the place of these results.
    fn disturb(&self, true_results: Results, held: &mut Vec<Results>) -> Vec<WorkerMessage> {
        let mischief = *self.mischief.borrow();
        let mut memory = self.memory.lock().unwrap();
        let out = match mischief {
            Mischief::None | Mischief::ForgetWindows => vec![true_results.clone()],
            Mischief::Echo => memory.echo(&true_results, held),
            Mischief::Contradict => {
                let mut lie = true_results.clone();
                let changed = flip_a_bit(&mut lie);
                memory.done += u64::from(changed);
                // `last` must not come first: what follows it would not be looked at.
                let mut first = true_results.clone();
                first.last = false;
                if changed { vec![first, lie] } else { vec![true_results.clone()] }
            }
            forge => {
                memory.done += 1;
                vec![forged(forge, true_results.clone()), true_results.clone()]
            }
        };
        if memory.hoard.len() < HOARD {
            memory.hoard.push(true_results);
        }
        out.into_iter().map(results).collect()
    }
}

impl Memory {
    fn echo(&mut self, now: &Results, held: &mut Vec<Results>) -> Vec<Results> {
        let mut out = Vec::new();
        if self.random.chance(0.4) {
            held.push(now.clone());
        } else {
            out.push(now.clone());
        }
        if self.random.chance(0.3) {
            self.done += 1;
            out.push(now.clone());
        }
        if self.random.chance(0.5) && !self.hoard.is_empty() {
            let n = self.random.below(self.hoard.len() as u64) as usize;
            self.done += 1;
            out.push(self.hoard[n].clone());
        }
        if self.random.chance(0.4) {
            out.append(held);
        }
        for i in (1..out.len()).rev() {
            let j = self.random.below(i as u64 + 1) as usize;
            out.swap(i, j);
        }
        out
    }
}

fn forged(mischief: Mischief, mut r: Results) -> Results {
    match mischief {
        Mischief::ForgeEpoch => r.epoch = r.epoch.saturating_sub(1),
        Mischief::ForgeEngine => r.engine += 1,
        Mischief::ForgeDataset => r.dataset_digest = vec![7; 32],
        Mischief::ForgeGenome => r.results.iter_mut().for_each(|one| one.genome_hash = vec![7; 16]),
        Mischief::ForgeIndex => r.results.iter_mut().for_each(|one| one.index += 1_000_000),
        Mischief::ForgeMetric => {
            for one in &mut r.results {
                if let Some(result::Outcome::Evaluation(e)) = &mut one.outcome {
                    e.metrics.iter_mut().for_each(|m| *m = f64::NAN);
                }
            }
        }
        Mischief::None | Mischief::Echo | Mischief::Contradict | Mischief::ForgetWindows => {}
    }
    // A lie about scores of living leases must not close them either.
    r.last = false;
    r
}

/// Changes the lowest bit of the first metric that any of these results has. Whether there was one.
fn flip_a_bit(r: &mut Results) -> bool {
    for one in &mut r.results {
        let Some(result::Outcome::Evaluation(e)) = &mut one.outcome else { continue };
        if let Some(metric) = e.metrics.first_mut() {
            *metric = f64::from_bits(metric.to_bits() ^ 1);
            return true;
        }
    }
    false
}
