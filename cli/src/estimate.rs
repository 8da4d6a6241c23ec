//! What a job would cost: window, spaces, evaluations, memory, time from a short measurement here, money.

use crate::exit::{Blame, CommandError, CommandResult};
use crate::interrupt;
use crate::output::Output;
use crate::probe::{self, Alone, Generation, Probe, Shared};
use crate::table::{bytes, duration, number, table, thousands};
use crate::terminal;
use galapagos_manifest::{Dates, show_stamp};
use galapagos_run::engine::bars::Bars;
use galapagos_run::job::dates::between;
use galapagos_run::job::market::Market;
use galapagos_run::job::problem::{Problem, WarmUp};
use galapagos_run::job::resolve::ResolvedJob;
use galapagos_run::job::walk_forward::WalkForward;
use galapagos_worker::import::source::cores;
use serde_json::json;
use std::sync::atomic::Ordering;
use std::time::Duration;

/// Columns of 8 bytes a row that a job holds: the data and what is computed from it once (contract P2).
const COLUMNS: u64 = 15;
/// What a process needs besides: code, population, the ledger's index.
const BASE_BYTES: u64 = 50_000_000;
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

/// The same job with `galapagos run` on this machine.
#[derive(Clone, Copy, Debug)]
struct Here {
    slots: usize,
    seconds: f64,
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
    memory_bytes: u64,
    warnings: Vec<String>,
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
    let probe = probe::run(job, market, &problem, slots, f64::from(population) * mean / slots as f64, &asked);
    if asked.load(Ordering::Relaxed) {
        return Err(CommandError::Interrupted(
            "interrupted: nothing is estimated, and nothing is left behind".into(),
        ));
    }
    let threads = (cluster.workers * cluster.slots_per_worker).clamp(1, population.max(1) as usize);
    let length = Length { generations, population, evaluations, limit: job.budget.max_duration_seconds };
    let here = Here { slots, seconds: length.seconds(&probe, slots) };
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
        memory_bytes: rows as u64 * COLUMNS * 8 + BASE_BYTES,
        warnings: job.warnings.clone(),
    })
}

/// How far a job goes at most.
struct Length {
    generations: u32,
    population: u32,
    evaluations: u128,
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
        let seconds = probe.fixed + first * of(probe.first) + (generations - first) * of(probe.later);
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

/// Prints the estimate, as text or JSON.
pub fn print(estimate: &Estimate, output: Output) -> CommandResult {
    match output {
        Output::Json => terminal::print_json(&to_json(estimate)?),
        Output::Table => terminal::print(&to_text(estimate)),
    }
}

fn to_json(e: &Estimate) -> CommandResult<serde_json::Value> {
    let symbols = e.symbols.iter().map(|s| {
        json!({"symbol": s.symbol, "bars": s.bars, "warm_up_bars": s.warm_up, "warm_up_species": s.species,
               "training_bars": s.training, "holdout_bars": s.holdout})
    });
    let species = e.species.iter().map(|s| {
        json!({"strategy": s.name, "space": s.points.to_string(), "path": s.path, "seconds_per_evaluation": s.seconds})
    });
    let value = json!({
        "job": e.job,
        "symbols": symbols.collect::<Vec<_>>(),
        "from": e.dates.from_ms.map(show_stamp),
        "to": e.dates.to_ms.map(show_stamp),
        "holdout_stamps": e.holdout,
        "species": species.collect::<Vec<_>>(),
        "generations": e.generations,
        "population": e.population,
        "evaluations": u64::try_from(e.evaluations).internal()?,
        "workers": e.cluster.workers,
        "slots_per_worker": e.cluster.slots_per_worker,
        "seconds": e.seconds,
        "start_seconds": e.start_seconds,
        "here": {"slots": e.here.slots, "seconds": e.here.seconds},
        "walk_forward": e.walk_forward.map(|w| json!({
            "windows": w.windows, "runs": w.runs, "seconds": e.here.seconds * w.runs,
        })),
        "memory_bytes": e.memory_bytes,
        "cost": e.cost(),
        "warnings": e.warnings,
    });
    Ok(value)
}

fn to_text(e: &Estimate) -> String {
    let mut text = String::new();
    if e.dates != Dates::default() {
        text.push_str(&format!("Dates        {}\n\n", between(&e.dates)));
    }
    let rows = e.symbols.iter().map(|s| {
        vec![
            s.symbol.clone(),
            thousands(s.bars as i128),
            format!("{} ({})", thousands(s.warm_up as i128), s.species.as_deref().unwrap_or("warmupBars")),
            thousands(s.training as i128),
            thousands(s.holdout as i128),
        ]
    });
    let header = ["symbol", "bars", "warm-up (because of)", "training", "holdout"];
    text.push_str(&table(&header, rows.collect(), &["bars", "training", "holdout"]));
    let rows = e.species.iter().map(|s| {
        let points = i128::try_from(s.points).unwrap_or(i128::MAX);
        vec![
            s.name.clone(),
            thousands(points),
            s.path.to_owned(),
            format!("{} ms", number(Some(s.seconds * 1e3), 3)),
        ]
    });
    text.push('\n');
    let header = ["strategy", "space", "path", "an evaluation"];
    text.push_str(&table(&header, rows.collect(), &["space", "an evaluation"]));
    let evaluations = i128::try_from(e.evaluations).unwrap_or(i128::MAX);
    text.push_str(&format!(
        "\nEvaluations  at most {} ({} generations of {})\n",
        thousands(evaluations),
        e.generations,
        thousands(i128::from(e.population))
    ));
    let start = match e.start_seconds {
        0.0 => String::new(),
        s => format!(", and {} until workers have started", time(s)),
    };
    text.push_str(&format!(
        "Time         about {} with {} x {} slots{start}\n",
        time(e.seconds),
        e.cluster.workers,
        e.cluster.slots_per_worker,
    ));
    text.push_str(&format!(
        "Here         about {} with galapagos run and {} slots\nMemory       about {} a process\n",
        time(e.here.seconds),
        e.here.slots,
        bytes(e.memory_bytes),
    ));
    if let Some(w) = &e.walk_forward {
        let each = u128::from(e.generations) * u128::from(e.population);
        let all = i128::try_from(u128::from(w.windows) * each).unwrap_or(i128::MAX);
        text.push_str(&format!(
            "Walk-forward {} windows x {} generations x {} = {} evaluations on {:.0} % of the rows = {:.1} more runs, about \
             {} on {} slots; leave it out for {}\n",
            w.windows,
            e.generations,
            thousands(i128::from(e.population)),
            thousands(all),
            100.0 * w.runs / f64::from(w.windows),
            w.runs,
            time(e.here.seconds * w.runs),
            e.here.slots,
            time(e.here.seconds),
        ));
    }
    match (e.cost(), e.cluster.price_per_hour) {
        (Some(cost), Some(price)) => {
            text.push_str(&format!("Cost         about {cost:.4} at {price} a worker and hour\n"))
        }
        _ => text.push_str(
            "Cost         unknown: name --price, or costPerWorkerHour in a WorkerPool of the file\n",
        ),
    }
    for warning in &e.warnings {
        text.push_str(&format!("Note         {warning}\n"));
    }
    text
}

fn time(seconds: f64) -> String {
    duration(Duration::from_secs_f64(seconds.clamp(0.0, 1e15)))
}
