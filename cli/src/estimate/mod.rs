//! What a job would cost: window, spaces, evaluations, memory, time from a short measurement here, money.

mod offer;
mod show;

pub use offer::Offer;
pub use show::{print, to_json, to_text};

use crate::exit::{CommandError, CommandResult};
use crate::interrupt;
use crate::probe::{self, Alone, Generation, Probe, Shared};
use crate::run_failure::blame_market;
use galapagos_crds::EvolutionJob;
use galapagos_manifest::Dates;
use galapagos_run::engine::bars::Bars;
use galapagos_run::job::market::Market;
use galapagos_run::job::problem::{Problem, WarmUp};
use galapagos_run::job::resolve::{ResolveError, ResolvedJob};
use galapagos_run::job::walk_forward::WalkForward;
use galapagos_run::market::memory;
use galapagos_worker::import::source::cores;
use std::path::Path;
use std::sync::atomic::Ordering;

/// Threads on which a coordinator tests the winner, as many as its container may use.
const COORDINATOR_SLOTS: u64 = 2;
/// From the start of a worker's pod to its first batch, when the image is on the node.
const WORKER_START_SECONDS: f64 = 5.0;
/// What a generation costs on a cluster besides what it costs here: a few round trips to hand out its last batch.
const BARRIER_SECONDS: f64 = 0.005;

/// The workers that would evaluate.
#[derive(Clone, Copy, Debug)]
pub struct Cluster {
    /// Workers; 1 is this machine.
    pub workers: usize,
    /// Threads that evaluate in each worker.
    pub slots_per_worker: usize,
    /// Price of a worker for an hour.
    pub price_per_hour: Option<f64>,
}

/// One species of the estimate.
#[derive(Clone, Debug)]
pub struct Species {
    name: String,
    points: u128,
    path: &'static str,
    seconds: f64,
}

/// The rows of one symbol between the job's dates.
#[derive(Clone, Debug)]
struct SymbolRows {
    symbol: String,
    bars: usize,
    warm_up: usize,
    species: Option<String>,
    training: usize,
    holdout: usize,
}

impl SymbolRows {
    fn new(bars: &Bars<'_>, warm_up: &WarmUp, training: usize) -> SymbolRows {
        SymbolRows {
            symbol: bars.symbol.to_owned(),
            bars: bars.len() - warm_up.history,
            warm_up: warm_up.rows,
            species: warm_up.species.clone(),
            training: training - warm_up.first(),
            holdout: bars.len() - training,
        }
    }
}

/// Bytes at the peak.
#[derive(Clone, Copy, Debug)]
struct Memory {
    here: u64,
    worker: u64,
    coordinator: u64,
}

/// The same job with `galapagos run` on this machine.
#[derive(Clone, Copy, Debug)]
struct Here {
    slots: usize,
    seconds: f64,
    /// What it takes without walk-forward.
    without_windows: f64,
}

/// What the windows of walk-forward cost besides.
#[derive(Clone, Copy, Debug)]
struct WalkForwardCost {
    windows: u32,
    /// In runs of the job.
    runs: f64,
}

impl WalkForwardCost {
    fn of(problem: &Problem<'_>) -> CommandResult<Option<WalkForwardCost>> {
        let walk = WalkForward::new(problem).map_err(|e| CommandError::Invalid(e.into()))?;
        Ok(walk.map(|walk| WalkForwardCost { windows: walk.windows().len() as u32, runs: walk.cost() }))
    }
}

/// The estimate of a job.
#[derive(Clone, Debug)]
pub struct Estimate {
    job: String,
    cluster: Cluster,
    dates: Dates,
    symbols: Vec<SymbolRows>,
    holdout: usize,
    species: Vec<Species>,
    generations: u32,
    population: u32,
    evaluations: u128,
    seconds: f64,
    start_seconds: f64,
    here: Here,
    walk_forward: Option<WalkForwardCost>,
    memory: Memory,
    warnings: Vec<String>,
}

/// The estimate of a job from its data below `data_dir`. `blame`: whose fault it is that the job does not fit them.
///
/// # Errors
/// There are no such data, or the job does not fit them.
pub fn of_job(
    job: &EvolutionJob,
    data_dir: &Path,
    cluster: &Cluster,
    blame: impl FnOnce(ResolveError) -> CommandError,
) -> CommandResult<Estimate> {
    let market = Market::of_job(data_dir, &job.spec).map_err(blame_market)?;
    let job = ResolvedJob::new(job, &market.facts()).map_err(blame)?;
    measure(&job, &market, cluster)
}

/// Measures the job on its data: each species for a fraction of a second, and the first generations.
pub fn measure(job: &ResolvedJob, market: &Market, cluster: &Cluster) -> CommandResult<Estimate> {
    let problem = Problem::new(job, market.bars(), market.others(&job.others))
        .map_err(|e| CommandError::Invalid(e.into()))?;
    let walk_forward = WalkForwardCost::of(&problem)?;
    let asked = interrupt::watch("stopping; Ctrl-C again ends at once")?;
    let windows = problem.bars().iter().zip(problem.warm_ups()).zip(&problem.split().training_rows);
    let symbols =
        windows.map(|((bars, warm_up), &training)| SymbolRows::new(bars, warm_up, training)).collect();
    let (generations, population) = (job.stop.generations, job.config.population);
    let share = (population as usize).div_ceil(job.species.len().max(1)).max(1);
    let mut species = Vec::new();
    for (i, s) in job.species.iter().enumerate() {
        let Alone { seconds, shared } = probe::alone(&problem, i, share, &asked);
        species.push(Species {
            name: s.name().to_owned(),
            points: s.space().points(),
            path: path(shared),
            seconds,
        });
    }
    let points = species.iter().fold(0u128, |sum, s| sum.saturating_add(s.points));
    let limit = job.manifest.spec.stop.max_evaluations.map_or(u128::MAX, u128::from);
    let evaluations = (u128::from(generations) * u128::from(population)).min(points).min(limit);
    // Quotas move between species; their mean is the best guess there is.
    let mean = species.iter().map(|s| s.seconds).sum::<f64>() / species.len().max(1) as f64;
    let slots = cores().clamp(1, population.max(1) as usize);
    let alone = f64::from(population) * mean / slots as f64;
    let probe = if walk_forward.is_some() {
        let mut main = job.clone();
        main.validation.walk_forward = None;
        let problem = Problem::new(&main, market.bars(), market.others(&main.others))
            .map_err(|e| CommandError::Invalid(e.into()))?;
        probe::run(&main, market, &problem, slots, alone, &asked)
    } else {
        probe::run(job, market, &problem, slots, alone, &asked)
    };
    if asked.load(Ordering::Relaxed) {
        return Err(CommandError::Interrupted(
            "interrupted: nothing is estimated, and nothing is left behind".into(),
        ));
    }
    let threads = (cluster.workers * cluster.slots_per_worker).clamp(1, population.max(1) as usize);
    let length = Length {
        generations,
        population,
        evaluations,
        windows: walk_forward.map_or(0.0, |walk| walk.runs),
        limit: job.budget.max_duration_seconds,
    };
    let here = Here {
        slots,
        seconds: length.seconds(&probe, slots),
        without_windows: Length { windows: 0.0, ..length }.seconds(&probe, slots),
    };
    let mut seconds = length.seconds(&probe, threads);
    let distributed = cluster.workers > 1;
    if distributed {
        seconds += BARRIER_SECONDS * f64::from(generations);
    }
    let rows: usize = problem.bars().iter().map(|b| b.len()).sum();
    Ok(Estimate {
        job: job.name.clone(),
        cluster: *cluster,
        dates: job.dates,
        symbols,
        holdout: problem.split().holdout_stamps,
        species,
        generations,
        population,
        evaluations,
        seconds,
        start_seconds: if distributed { WORKER_START_SECONDS } else { 0.0 },
        here,
        walk_forward,
        memory: Memory {
            here: memory::of_run(rows as u64, slots as u64),
            worker: memory::of_worker(rows as u64),
            coordinator: memory::of_run(rows as u64, COORDINATOR_SLOTS),
        },
        warnings: job.warnings.clone(),
    })
}

/// How far a job goes at most.
#[derive(Clone, Copy)]
struct Length {
    generations: u32,
    population: u32,
    evaluations: u128,
    /// What the windows of walk-forward cost besides, in runs of the job.
    windows: f64,
    limit: Option<f64>,
}

impl Length {
    /// Seconds with so many threads, from what the first generations took.
    fn seconds(&self, probe: &Probe, threads: usize) -> f64 {
        let scale = probe.slots as f64 / threads as f64;
        let of = |g: Generation| g.evaluation * scale + g.other;
        // A last generation that is cut short counts by its share.
        let needed = self.evaluations as f64 / f64::from(self.population.max(1));
        let most = probe.ended_after.map_or(f64::from(self.generations), f64::from);
        let generations = needed.min(most);
        let first = generations.min(1.0);
        let run = first * of(probe.first) + (generations - first) * of(probe.later);
        let seconds = probe.fixed + run * (1.0 + self.windows);
        self.limit.map_or(seconds, |limit| seconds.min(limit))
    }
}

/// The path that the measured individuals took; large prices may part those of one species.
fn path(shared: Shared) -> &'static str {
    match shared {
        Shared::All => "batch",
        Shared::Some => "batch, simulator",
        Shared::None => "simulator",
    }
}

impl Estimate {
    fn cost(&self) -> Option<f64> {
        let price = self.cluster.price_per_hour?;
        Some(self.cluster.workers as f64 * price * (self.seconds + self.start_seconds) / 3600.0)
    }
}
