//! A coordinator that does what a test says, behind the real transport, and a worker that attends to it.

use std::net::SocketAddr;
use std::path::PathBuf;
use std::time::{Duration, SystemTime};

use galapagos_crds::{Calendar, EvolutionJob};
use galapagos_engine::ENGINE;
use galapagos_protocol::tls::issue::Authority;
use galapagos_protocol::tls::{Identity, JobUid, Role, server_config};
use galapagos_protocol::transport;
use galapagos_protocol::work::coordinator_message::Message as Down;
use galapagos_protocol::work::farewell::Reason as Goodbye;
use galapagos_protocol::work::work_server::Work;
use galapagos_protocol::work::worker_message::Message as Up;
use galapagos_protocol::work::{
    Batch, CoordinatorMessage, Farewell, Results, Welcome, Window, WorkerMessage,
};
use galapagos_run::job::problem::Problem;
use galapagos_run::job::resolve::ResolvedJob;
use galapagos_run::run::evaluator::{Answer, Task};
use galapagos_run::storage::digest::Digest;
use galapagos_worker::attend::{Settings, attend};
use galapagos_worker::process::Shell;
use galapagos_worker::process::exit::Exit;
use galapagos_worker::process::stop::Stop;
use galapagos_worker::wire::{ReceivedAnswer, answer_from_wire, task_to_wire};
use tempfile::TempDir;
use tokio::net::TcpListener;
use tokio::sync::mpsc;
use tokio::task::JoinHandle;
use tokio::time::timeout;
use tokio_stream::wrappers::ReceiverStream;
use tonic::{Request, Response, Status, Streaming};

use super::common::{publish_walk, resolve};

/// Far longer than anything here takes: a test that waits this long has failed.
const PATIENCE: Duration = Duration::from_secs(60);

/// Data, job, certificates.
pub struct World {
    pub data: TempDir,
    pub job: ResolvedJob,
    pub uid: JobUid,
    folder: TempDir,
    coordinator: Identity,
}

impl World {
    /// A world with `rows` daily bars of two symbols and this job.
    pub fn new(rows: usize, manifest: &EvolutionJob) -> World {
        World::resolved(rows, manifest, manifest.spec.market_data.calendar.clone())
    }

    /// A job of `manifest` that was resolved with this calendar.
    pub fn resolved(rows: usize, manifest: &EvolutionJob, calendar: Option<Calendar>) -> World {
        let data = tempfile::tempdir().unwrap();
        publish_walk(data.path(), rows);
        let mut dated = manifest.clone();
        dated.spec.market_data.calendar = calendar;
        let (_, job) = resolve(data.path(), &dated);
        let folder = tempfile::tempdir().unwrap();
        let uid = JobUid::new("0b7e5f2c").unwrap();
        let authority = Authority::new(SystemTime::now()).unwrap();
        let leaf = |role| authority.leaf(role, &uid, SystemTime::now()).unwrap();
        let worker = leaf(Role::Worker);
        let write = |name: &str, text: &str| std::fs::write(folder.path().join(name), text).unwrap();
        write("ca.crt", authority.certificate_pem());
        write("tls.crt", &worker.certificate_pem);
        write("tls.key", &worker.key_pem);
        write("job.json", &serde_json::to_string(manifest).unwrap());
        let own = leaf(Role::Coordinator);
        let coordinator =
            Identity::from_pem(authority.certificate_pem(), own.certificate_pem, own.key_pem).unwrap();
        World { data, job, uid, folder, coordinator }
    }

    /// The answers of this process to `tasks`, by the engine's own simulator.
    pub fn answers(&self, tasks: &[Task]) -> Vec<Answer> {
        let (market, job) = resolve(self.data.path(), &self.job.manifest);
        let problem = Problem::new(&job, market.bars(), market.others(&job.others)).unwrap();
        tasks.iter().map(|t| Ok(Box::new(problem.evaluate(t.species, &t.genome).unwrap()))).collect()
    }

    /// `n` different individuals of a species, spread over its grids.
    pub fn tasks(&self, species: usize, n: usize) -> Vec<Task> {
        let lens = self.job.species[species].space().lens();
        let genome = |index: usize| {
            let mut rest = index.wrapping_mul(7919);
            let gene = |len: &u32| {
                let k = rest % *len as usize;
                rest = rest / *len as usize + index;
                k as u32
            };
            lens.iter().map(gene).collect()
        };
        (0..n).map(|index| Task { index, species, genome: genome(index) }).collect()
    }

    /// The digest of the dataset.
    pub fn dataset(&self) -> Digest {
        Digest::parse(&self.job.dataset_digest).unwrap()
    }

    pub fn settings(&self, address: SocketAddr, slots: usize) -> Settings {
        Settings {
            coordinator: address.to_string(),
            tls_dir: self.folder.path().to_owned(),
            job: self.folder.path().join("job.json"),
            job_uid: self.uid.to_string(),
            data_dir: self.data.path().to_owned(),
            slots: std::num::NonZeroUsize::new(slots),
            name: Some("tested".to_owned()),
            leave_with_stdin: false,
        }
    }

    /// The folder of the only version of the dataset.
    pub fn dataset_folder(&self) -> PathBuf {
        self.data.path().join("galapagos/datasets/walk").join(self.dataset().hex())
    }

    /// A worker that attends to `address`.
    pub fn worker(&self, address: SocketAddr, slots: usize) -> Running {
        let shell = Shell::bare(tokio::runtime::Handle::current());
        let stop = shell.stop.clone();
        Running { stop, role: tokio::spawn(attend(self.settings(address, slots), shell)) }
    }

    /// A coordinator at `address`; port 0: any.
    pub async fn coordinator(&self, address: &str) -> Coordinator {
        let tls = server_config(&self.coordinator, &self.uid, &[Role::Worker]).unwrap();
        let listener = TcpListener::bind(address).await.unwrap();
        let address = listener.local_addr().unwrap();
        let (come, sessions) = mpsc::channel(16);
        let router = transport::server().add_service(transport::work_server(Service(come)));
        let serving = tokio::spawn(async move {
            router.serve_with_incoming(transport::incoming(listener, tls)).await.unwrap();
        });
        Coordinator { address, sessions, serving }
    }
}

/// A worker under test.
pub struct Running {
    pub stop: Stop,
    role: JoinHandle<Result<(), Exit>>,
}

impl Running {
    /// How it ended: its exit code.
    pub async fn code(self) -> u8 {
        match timeout(PATIENCE, self.role).await.expect("the worker does not end").unwrap() {
            Ok(()) => 0,
            Err(exit) => exit.code as u8,
        }
    }
}

struct Service(mpsc::Sender<Session>);

#[tonic::async_trait]
impl Work for Service {
    type AttendStream = ReceiverStream<Result<CoordinatorMessage, Status>>;

    async fn attend(
        &self,
        request: Request<Streaming<WorkerMessage>>,
    ) -> Result<Response<Self::AttendStream>, Status> {
        let (down, stream) = mpsc::channel(64);
        let session = Session { up: request.into_inner(), down, epoch: 7, calendar: None };
        self.0.send(session).await.map_err(|_| Status::unavailable("the test is over"))?;
        Ok(Response::new(ReceiverStream::new(stream)))
    }
}

pub struct Coordinator {
    pub address: SocketAddr,
    sessions: mpsc::Receiver<Session>,
    serving: JoinHandle<()>,
}

impl Coordinator {
    /// The next worker that connects.
    pub async fn session(&mut self) -> Session {
        timeout(PATIENCE, self.sessions.recv()).await.expect("no worker comes").unwrap()
    }

    /// The next worker, up to its Ready.
    pub async fn ready(&mut self, world: &World) -> Session {
        self.ready_measured(world).await.0
    }

    /// The same, with the speed that the worker says it has.
    pub async fn ready_measured(&mut self, world: &World) -> (Session, f64) {
        let mut session = self.session().await;
        session.welcome(ENGINE, world.dataset(), world.job.digest).await;
        let Up::Ready(ready) = session.next().await.unwrap() else { panic!("not ready") };
        assert_eq!(ready.dataset_digest, world.dataset().bytes());
        assert_eq!(ready.inputs_digest, world.job.digest.bytes());
        (session, ready.strategy_bars_per_second)
    }

    /// Is gone, with all its connections, without a word.
    pub async fn vanish(self) -> SocketAddr {
        self.serving.abort();
        let _ = self.serving.await;
        self.address
    }
}

/// One worker's stream.
pub struct Session {
    up: Streaming<WorkerMessage>,
    down: mpsc::Sender<Result<CoordinatorMessage, Status>>,
    pub epoch: u64,
    /// The calendar in the welcome.
    pub calendar: Option<u32>,
}

impl Session {
    pub async fn send(&self, message: Down) {
        assert!(self.offer(message).await, "the worker has ended the stream");
    }

    /// Whether the stream still takes a message.
    async fn offer(&self, message: Down) -> bool {
        self.down.send(Ok(CoordinatorMessage { message: Some(message) })).await.is_ok()
    }

    /// What the worker says next; `None` at its end.
    pub async fn next(&mut self) -> Option<Up> {
        let message = timeout(PATIENCE, self.up.message()).await.expect("the worker says nothing");
        message.ok().flatten().and_then(|m| m.message)
    }

    /// Reads Hello and answers with a welcome.
    pub async fn welcome(&mut self, engine: u32, dataset: Digest, inputs: Digest) {
        let Up::Hello(hello) = self.next().await.unwrap() else { panic!("no hello") };
        assert_eq!((hello.engine, hello.name.as_str(), hello.windows), (ENGINE, "tested", true));
        let (dataset_digest, inputs_digest) = (dataset.bytes().to_vec(), inputs.bytes().to_vec());
        let epoch = self.epoch;
        let welcome = Welcome { engine, epoch, dataset_digest, inputs_digest, bars_per_year: self.calendar };
        self.send(Down::Welcome(welcome)).await;
    }

    pub async fn batch(&self, lease: u64, tasks: &[Task]) {
        self.batch_of(None, lease, tasks).await;
    }

    /// A batch that is about a window of walk-forward.
    pub async fn batch_of(&self, window: Option<Window>, lease: u64, tasks: &[Task]) {
        self.send(self.message(window, lease, tasks)).await;
    }

    /// A batch that may be one too many; whether the stream still took it.
    pub async fn offer_batch(&self, lease: u64, tasks: &[Task]) -> bool {
        self.offer(self.message(None, lease, tasks)).await
    }

    fn message(&self, window: Option<Window>, lease: u64, tasks: &[Task]) -> Down {
        let individuals = tasks.iter().map(task_to_wire).collect();
        Down::Batch(Batch { lease, epoch: self.epoch, deadline_milliseconds: 600_000, individuals, window })
    }

    pub async fn farewell(&self, reason: Goodbye) {
        self.send(Down::Farewell(Farewell { reason: reason.into(), message: "as asked".into() })).await;
    }

    /// The next message, which must be results.
    pub async fn results(&mut self) -> Results {
        match self.next().await {
            Some(Up::Results(results)) => results,
            other => panic!("results expected, not {other:?}"),
        }
    }

    /// All results of one lease, checked, when no other is under way.
    pub async fn answers(&mut self, world: &World, lease: u64) -> Vec<ReceivedAnswer> {
        let mut out = Vec::new();
        loop {
            let results = self.results().await;
            assert_eq!((results.lease, results.epoch, results.engine), (lease, self.epoch, ENGINE));
            assert_eq!(results.dataset_digest, world.dataset().bytes());
            assert!(results.results.len() <= 1000);
            assert_eq!(results.busy_nanoseconds > 0, results.last);
            let last = results.last;
            out.extend(results.results.into_iter().map(|r| answer_from_wire(r).unwrap()));
            if last {
                return out;
            }
        }
    }
}
