//! A job set up for evaluation: data mapped, columns prepared, slots waiting. It outlives streams, so that a worker
//! whose coordinator was restarted goes on within milliseconds.

use std::path::PathBuf;
use std::sync::Arc;
use std::thread;

use galapagos_crds::EvolutionJob;
use galapagos_run::job::calendar;
use galapagos_run::job::market::{Market, same_data};
use galapagos_run::job::problem::Problem;
use galapagos_run::job::resolve::ResolvedJob;
use galapagos_run::job::walk_forward::WalkForward;
use galapagos_run::run::hashers::Hashers;
use galapagos_run::storage::digest::Digest;
use tokio::sync::{oneshot, watch};

use super::memory::Memory;
use super::queue::Queue;
use super::report::Reporter;
use super::slots::{Alarm, Slots, Speed};
use super::trouble::Trouble;
use super::windows::{Parts, Windows};
use crate::metrics::WorkerMetrics;

/// What a coordinator asks its workers to be set up for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct SetupRequest {
    /// The version of the dataset.
    pub dataset: Digest,
    /// What the job must resolve to.
    pub inputs: Digest,
    /// The calendar for a manifest without one, as on the wire.
    pub bars_per_year: Option<u32>,
}

/// What does not change while the process lives.
#[derive(Clone, Debug)]
pub(super) struct ProcessContext {
    pub manifest: Arc<EvolutionJob>,
    pub data_dir: PathBuf,
    pub slots: usize,
    pub metrics: WorkerMetrics,
    pub memory: Arc<Memory>,
}

/// A job set up, and its slots.
#[derive(Debug)]
pub(super) struct PreparedJob {
    request: SetupRequest,
    market: Arc<Market>,
    shared: Arc<Shared>,
}

#[derive(Debug, Default)]
struct Shared {
    queue: Queue,
    speed: Speed,
    alarm: Alarm,
}

type Opened = oneshot::Sender<Result<Arc<Market>, Trouble>>;

impl PreparedJob {
    /// Opens the data and starts the slots, on a thread of its own. Takes as long as reading all of the data once.
    pub async fn open(context: &ProcessContext, request: SetupRequest) -> Result<PreparedJob, Trouble> {
        let shared = Arc::new(Shared::default());
        let (opened, opening) = oneshot::channel();
        let (context, theirs) = (context.clone(), Arc::clone(&shared));
        let life = move || live(&context, request, &theirs, opened);
        thread::Builder::new().name("prepared".to_owned()).spawn(life).map_err(Trouble::Threads)?;
        // No answer: the thread has panicked, with the panic in the log.
        let gone = |_| Err(Trouble::Panicked("while the data were opened".to_owned()));
        let market = opening.await.unwrap_or_else(gone)?;
        Ok(PreparedJob { request, market, shared })
    }

    /// What it is set up for.
    pub fn request(&self) -> SetupRequest {
        self.request
    }

    /// Where leases wait for a slot.
    pub fn queue(&self) -> &Queue {
        &self.shared.queue
    }

    /// Whether the data are still those that were opened.
    pub fn check(&self) -> Result<(), Trouble> {
        Ok(same_data(self.market.dataset().check_unchanged())?)
    }

    /// What went wrong in a slot.
    pub fn alarm(&self) -> watch::Receiver<Option<Arc<Trouble>>> {
        self.shared.alarm.subscribe()
    }

    /// What was measured so far, in strategy-bars per second and slot.
    pub fn bars_per_second(&self) -> f64 {
        self.shared.speed.bars_per_second()
    }
}

impl Drop for PreparedJob {
    fn drop(&mut self) {
        self.shared.queue.close();
    }
}

/// The life of a prepared job: opens the data, reports that, and waits for its slots.
fn live(context: &ProcessContext, request: SetupRequest, shared: &Shared, opened: Opened) {
    let (market, job) = match resolve(context, request) {
        Ok(found) => found,
        Err(trouble) => {
            let _ = opened.send(Err(trouble));
            return;
        }
    };
    let prepared = Problem::new(&job, market.bars(), market.others(&job.others)).map_err(Trouble::from);
    let laid = prepared.and_then(|problem| Ok((WalkForward::new(&problem)?, problem)));
    let (walk, problem) = match laid {
        Ok(laid) => laid,
        Err(trouble) => {
            let _ = opened.send(Err(trouble));
            return;
        }
    };
    let parts = Parts::new(walk.as_ref());
    let slots = Slots {
        windows: Windows::new(&problem, walk.as_ref(), &parts),
        market: &market,
        reporter: Reporter::new(Hashers::new(&job), *request.dataset.bytes()),
        queue: &shared.queue,
        memory: &context.memory,
        metrics: &context.metrics,
        speed: &shared.speed,
        alarm: &shared.alarm,
    };
    thread::scope(|scope| {
        for n in 0..context.slots {
            let slot = thread::Builder::new().name(format!("slot-{n}"));
            if let Err(error) = slot.spawn_scoped(scope, || slots.serve()) {
                shared.queue.close();
                let _ = opened.send(Err(Trouble::Threads(error)));
                return;
            }
        }
        if opened.send(Ok(Arc::clone(&market))).is_err() {
            // Nobody waits any more: the process is leaving.
            shared.queue.close();
        }
    });
}

fn resolve(context: &ProcessContext, request: SetupRequest) -> Result<(Arc<Market>, ResolvedJob), Trouble> {
    let mut manifest = EvolutionJob::clone(&context.manifest);
    manifest.spec.market_data.digest = Some(request.dataset.to_string());
    let market = Market::of_job(&context.data_dir, &manifest.spec)?;
    calendar::put_into(&mut manifest, request.bars_per_year);
    let job = ResolvedJob::new(&manifest, &market.facts())?;
    if job.digest != request.inputs {
        return Err(Trouble::OtherJob { found: job.digest, expected: request.inputs });
    }
    Ok((Arc::new(market), job))
}
