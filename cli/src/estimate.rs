//! What a job would cost: window, spaces, evaluations, memory, time from a short measurement here, money.

use crate::args::Output;
use crate::exit::{Blame, Failure, Outcome};
use crate::table::{bytes, duration, number, table, thousands};
use crate::terminal;
use galapagos_worker::engine::strategies::Path;
use galapagos_worker::job::market::Market;
use galapagos_worker::job::problem::Problem;
use galapagos_worker::job::resolve::ResolvedJob;
use serde_json::json;
use std::time::{Duration, Instant};

/// How long each species is measured.
const MEASURE: Duration = Duration::from_millis(150);
/// Columns of 8 bytes a row that a job holds: the data and what is computed from it once (engine contract 5.2).
const COLUMNS: u64 = 15;
/// What a process needs besides: code, population, the ledger's index.
const BASE_BYTES: u64 = 50_000_000;
/// From the start of a worker's pod to its first batch, when the image is on the node.
const WORKER_START_SECONDS: f64 = 5.0;
/// What a generation costs besides evaluation on a cluster: breeding, dispatch, the last batch.
const BARRIER_SECONDS: f64 = 0.05;

/// Who would evaluate.
#[derive(Clone, Copy, Debug)]
pub struct Cluster {
    /// Workers; 1 is this machine.
    pub workers: usize,
    /// Threads of each.
    pub slots_per_worker: usize,
    /// Price of a worker for an hour.
    pub price_per_hour: Option<f64>,
}

/// One species of the estimate.
#[derive(Clone, Debug)]
pub struct Species {
    name: &'static str,
    points: u128,
    path: &'static str,
    seconds: f64,
}

/// The estimate of a job.
#[derive(Clone, Debug)]
pub struct Estimate {
    job: String,
    cluster: Cluster,
    symbols: Vec<(String, usize, usize, usize, Option<&'static str>)>,
    holdout: usize,
    species: Vec<Species>,
    generations: u32,
    population: u32,
    evaluations: u128,
    seconds: f64,
    memory_bytes: u64,
    warnings: Vec<String>,
}

/// Measures the job on its data, one thread, a fraction of a second for each species.
pub fn measure(job: &ResolvedJob, market: &Market, cluster: &Cluster) -> Outcome<Estimate> {
    let problem = Problem::new(job, market.bars()).map_err(|e| Failure::Invalid(e.into()))?;
    let windows = problem.bars().iter().zip(problem.warm_ups()).zip(&problem.split().training_rows);
    let symbols = windows.map(|((b, w), &t)| (b.symbol.to_owned(), b.len(), w.rows, t, w.species)).collect();
    let mut species = Vec::new();
    for (i, s) in job.species.iter().enumerate() {
        let seconds = seconds_each(&problem, job, i);
        species.push(Species {
            name: s.name(),
            points: s.space.points(),
            path: path(s.strategy.def().path),
            seconds,
        });
    }
    let (generations, population) = (job.stop.generations, job.config.population);
    let points = species.iter().fold(0u128, |sum, s| sum.saturating_add(s.points));
    let limit = job.manifest.spec.stop.max_evaluations.map_or(u128::MAX, u128::from);
    let evaluations = (u128::from(generations) * u128::from(population)).min(points).min(limit);
    // Quotas move between species; their mean is the best guess there is.
    let mean = species.iter().map(|s| s.seconds).sum::<f64>() / species.len().max(1) as f64;
    let threads = (cluster.workers * cluster.slots_per_worker).clamp(1, population.max(1) as usize);
    let mut seconds = evaluations as f64 * mean / threads as f64;
    if cluster.workers > 1 {
        seconds += WORKER_START_SECONDS + BARRIER_SECONDS * f64::from(generations);
    }
    let rows: usize = problem.bars().iter().map(|b| b.len()).sum();
    Ok(Estimate {
        job: job.name.clone(),
        cluster: *cluster,
        symbols,
        holdout: problem.split().holdout_stamps,
        species,
        generations,
        population,
        evaluations,
        seconds,
        memory_bytes: rows as u64 * COLUMNS * 8 + BASE_BYTES,
        warnings: job.warnings.clone(),
    })
}

/// Seconds that one individual of a species takes, from individuals spread over its space.
fn seconds_each(problem: &Problem<'_>, job: &ResolvedJob, species: usize) -> f64 {
    let space = &job.species[species].space;
    let began = Instant::now();
    let mut done = 0u32;
    while done == 0 || began.elapsed() < MEASURE && done < 1000 {
        // The golden ratio spreads any number of points evenly; each gene has its own multiple of it.
        let spread = |(i, &n): (usize, &u32)| {
            let x = (f64::from(done + 1) * 0.618_033_988_749_895 * (i + 1) as f64).fract();
            (x * f64::from(n)) as u32 % n.max(1)
        };
        let indices: Vec<u32> = space.lens().iter().enumerate().map(spread).collect();
        if let Ok(genome) = space.canonical(&indices) {
            problem.evaluate(species, &genome);
        }
        done += 1;
    }
    began.elapsed().as_secs_f64() / f64::from(done)
}

fn path(path: Path) -> &'static str {
    match path {
        Path::Events => "events",
        Path::EventsWithStops => "events with stops",
        Path::Held => "held bars",
        Path::Dense => "every bar",
        Path::Scalar => "scalar",
    }
}

impl Estimate {
    fn cost(&self) -> Option<f64> {
        let price = self.cluster.price_per_hour?;
        Some(self.cluster.workers as f64 * price * self.seconds / 3600.0)
    }
}

/// Prints it.
pub fn print(estimate: &Estimate, output: Output) -> Outcome {
    match output {
        Output::Json => terminal::print_json(&to_json(estimate)?),
        Output::Table => terminal::print(&to_text(estimate)),
    }
}

fn to_json(e: &Estimate) -> Outcome<serde_json::Value> {
    let symbols = e.symbols.iter().map(|(symbol, bars, warm_up, training, cause)| {
        json!({"symbol": symbol, "bars": bars, "warm_up_bars": warm_up, "warm_up_species": cause,
               "training_bars": training - warm_up, "holdout_bars": bars - training})
    });
    let species = e.species.iter().map(|s| {
        json!({"strategy": s.name, "space": s.points.to_string(), "path": s.path, "seconds_per_evaluation": s.seconds})
    });
    let value = json!({
        "job": e.job,
        "symbols": symbols.collect::<Vec<_>>(),
        "holdout_stamps": e.holdout,
        "species": species.collect::<Vec<_>>(),
        "generations": e.generations,
        "population": e.population,
        "evaluations": u64::try_from(e.evaluations).internal()?,
        "workers": e.cluster.workers,
        "slots_per_worker": e.cluster.slots_per_worker,
        "seconds": e.seconds,
        "memory_bytes": e.memory_bytes,
        "cost": e.cost(),
        "warnings": e.warnings,
    });
    Ok(value)
}

fn to_text(e: &Estimate) -> String {
    let mut text = String::new();
    let rows = e.symbols.iter().map(|(symbol, bars, warm_up, training, cause)| {
        vec![
            symbol.clone(),
            thousands(*bars as i128),
            format!("{} ({})", thousands(*warm_up as i128), cause.unwrap_or("warmupBars")),
            thousands(*training as i128 - *warm_up as i128),
            thousands(*bars as i128 - *training as i128),
        ]
    });
    let header = ["symbol", "bars", "warm-up (because of)", "training", "holdout"];
    text.push_str(&table(&header, rows.collect(), &["bars", "training", "holdout"]));
    let rows = e.species.iter().map(|s| {
        let points = i128::try_from(s.points).unwrap_or(i128::MAX);
        vec![
            s.name.to_owned(),
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
    text.push_str(&format!(
        "Time         about {} with {} x {} slots\nMemory       about {} a process\n",
        duration(Duration::from_secs_f64(e.seconds.min(1e15))),
        e.cluster.workers,
        e.cluster.slots_per_worker,
        bytes(e.memory_bytes),
    ));
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
