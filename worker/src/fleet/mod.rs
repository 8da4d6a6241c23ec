//! Workers as child processes of a run on this machine, over the same mutual TLS as on a cluster: `galapagos run
//! --workers N` shows what a cluster would do.
//!
//! The run itself stays in this process, as a coordinator's does in its pod. A child that dies is started again; one
//! that cannot take part ends the run.

mod child;
mod folder;

use std::ffi::OsString;
use std::net::{Ipv4Addr, SocketAddr};
use std::num::NonZeroUsize;
use std::path::PathBuf;
use std::sync::Arc;
use std::sync::atomic::AtomicBool;
use std::time::Duration;

use galapagos_protocol::tls::{JobUid, TlsError};
use galapagos_protocol::work::farewell::Reason as Goodbye;
use galapagos_run::dashboard::work::WorkLog;
use galapagos_run::job::resolve::ResolvedJob;
use galapagos_run::run::evaluator::{Evaluator, EvaluatorError, Sink, Task};
use tokio::runtime::{Builder, Runtime};

use crate::coordinator::RemoteEvaluator;
use crate::coordinator::dispatcher::{DispatchStatus, Dispatcher};
use crate::coordinator::work_server::{ServeError, ServeOptions, WorkServer};
use crate::lease::Terms;
use crate::metrics::{CoordinatorMetrics, Metrics};
use child::Children;
use folder::Folder;

/// How long workers may take to close their streams.
const GOODBYE: Duration = Duration::from_secs(2);

/// How many workers to start, and with which program.
#[derive(Clone, Debug)]
pub struct Plan {
    /// Number of worker processes.
    pub workers: NonZeroUsize,
    /// Threads of each that evaluate.
    pub slots: NonZeroUsize,
    /// The program whose entry is [`crate::roles::main`], and what comes before the role in its arguments.
    pub program: PathBuf,
    /// Arguments before the role; see [`Plan::program`].
    pub arguments: Vec<OsString>,
    /// Root of the market data.
    pub data_dir: PathBuf,
}

/// Why there are no workers.
#[derive(Debug, thiserror::Error)]
pub enum FleetError {
    /// The certificates cannot be made.
    #[error(transparent)]
    Tls(#[from] TlsError),
    /// The server that the workers connect to cannot be opened.
    #[error(transparent)]
    WorkServer(#[from] ServeError),
    /// Files, processes or threads of the system.
    #[error("cannot {action}")]
    System {
        /// What was tried, as a verb.
        action: &'static str,
        /// The system's own words.
        source: std::io::Error,
    },
    /// The job as a file.
    #[error("the job cannot be written")]
    Job(#[from] serde_json::Error),
}

impl FleetError {
    fn system(action: &'static str) -> impl FnOnce(std::io::Error) -> FleetError {
        move |source| FleetError::System { action, source }
    }
}

/// Running workers. Dropping it ends them.
#[derive(Debug)]
pub struct Fleet {
    dispatcher: Arc<Dispatcher>,
    remote: RemoteEvaluator,
    // In the order in which they must go: children before their files, everything before the runtime.
    server: Option<WorkServer>,
    children: Children,
    _folder: Folder,
    runtime: Runtime,
}

/// Looks at a fleet from elsewhere.
#[derive(Clone, Debug)]
pub struct View(Arc<Dispatcher>);

impl View {
    /// How many workers there are, and what they do.
    pub fn standing(&self) -> DispatchStatus {
        self.0.standing()
    }

    /// Who evaluates what.
    pub fn log(&self) -> &Arc<WorkLog> {
        self.0.log()
    }
}

impl Fleet {
    /// Starts the workers of a job whose evaluations look at `bars` rows. `log`: the book in which they are.
    ///
    /// # Errors
    /// [`FleetError`].
    pub fn start(job: &ResolvedJob, bars: u64, plan: &Plan, log: Arc<WorkLog>) -> Result<Fleet, FleetError> {
        let uid = JobUid::new(format!("local-{}", std::process::id()))?;
        let folder = Folder::write(job, &uid)?;
        let runtime = Builder::new_multi_thread()
            .worker_threads(2)
            .thread_name("runtime")
            .enable_all()
            .build()
            .map_err(FleetError::system("start threads"))?;
        // An epoch guards a state folder against older attempts; here its lock does.
        let dispatcher = Dispatcher::logged(Terms::for_job(job, bars), 1, log);
        let address = SocketAddr::from((Ipv4Addr::LOCALHOST, 0));
        // Counted, and shown to nobody: this process has no /metrics.
        let metrics = CoordinatorMetrics::register(&Metrics::default());
        let options = ServeOptions { address, identity: &folder.identity, uid: &uid };
        // Windows of walk-forward are evaluated in this process.
        let open = WorkServer::open(&options, job, None, Arc::clone(&dispatcher), metrics);
        let server = runtime.block_on(open)?;
        let children = Children::start(plan, &folder, &uid, server.address(), &dispatcher)?;
        let remote = RemoteEvaluator::new(job, Arc::clone(&dispatcher));
        Ok(Fleet { dispatcher, remote, server: Some(server), children, _folder: folder, runtime })
    }

    /// For a progress bar.
    pub fn view(&self) -> View {
        View(Arc::clone(&self.dispatcher))
    }
}

impl Drop for Fleet {
    fn drop(&mut self) {
        self.children.leave();
        if let Some(server) = self.server.take() {
            self.runtime.block_on(server.close(Goodbye::Finished, GOODBYE));
        }
        self.children.end();
    }
}

impl Evaluator for Fleet {
    fn evaluate(
        &mut self,
        tasks: &[Task],
        interrupt: &AtomicBool,
        sink: &mut Sink<'_>,
    ) -> Result<(), EvaluatorError> {
        self.remote.evaluate(tasks, interrupt, sink)
    }
}
