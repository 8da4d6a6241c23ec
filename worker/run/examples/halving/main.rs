//! What successive halving would save and cost: jobs of the samples, evolved with every individual evaluated on all training rows,
//! and with most of them given up after the last ninth or third of the rows. Beside it what the same number of strategy-bars finds
//! without halving, which is the fair comparison. Prints a table.
//!
//! ```text
//! cargo run --release -p galapagos-run --example halving -- [DATA FOLDER] [SEEDS] [MANIFEST]...
//! ```

mod evolve;

use std::path::Path;
use std::time::Instant;

use anyhow::{Context, Result};
use galapagos_crds::EvolutionJob;
use galapagos_genetics::Goal;
use galapagos_run::job::market::Market;
use galapagos_run::job::problem::Problem;
use galapagos_run::job::resolve::ResolvedJob;
use galapagos_run::run::local::LocalSlots;

use evolve::{Found, Rungs, evolve};

/// The last share of the training rows that each rung looks at, and the share of the individuals that go on.
const SHARES: [f64; 3] = [0.11, 0.33, 1.0];
const KEEP: f64 = 0.33;

/// How far a best individual may be behind to count as the same.
const SAME: f64 = 0.01;

fn main() -> Result<()> {
    let mut arguments = std::env::args().skip(1);
    let data = arguments.next().context("the data folder, as the first argument")?;
    let seeds: u64 = arguments.next().context("the number of seeds, as the second argument")?.parse()?;
    println!(
        "| job | strategy-bars | time | best: median of halved / whole | same best | worst | same bars without halving | same best |"
    );
    println!("|---|---|---|---|---|---|---|---|");
    for manifest in arguments {
        println!("{}", row(Path::new(&data), Path::new(&manifest), seeds)?);
    }
    Ok(())
}

/// The job of a file, which may hold a pool too.
fn job(manifest: &Path) -> Result<EvolutionJob> {
    let text = std::fs::read_to_string(manifest).with_context(|| manifest.display().to_string())?;
    let job = text.split("\n---\n").find(|document| document.contains("kind: EvolutionJob"));
    Ok(serde_yaml::from_str(job.with_context(|| format!("{}: no EvolutionJob", manifest.display()))?)?)
}

/// What a run has found, and what it took.
#[derive(Clone, Copy)]
struct Run {
    found: Found,
    seconds: f64,
}

fn row(data: &Path, manifest: &Path, seeds: u64) -> Result<String> {
    let mut job = job(manifest)?;
    let name = job.metadata.name.clone().unwrap_or_default();
    let slots = LocalSlots::new(1)?;
    let (mut bars, mut time) = (Vec::new(), Vec::new());
    let (mut halved, mut fewer) = (Vec::new(), Vec::new());
    for seed in 0..seeds {
        job.spec.population.seed = 1_000 + seed;
        let market = Market::of_job(data, &job.spec)?;
        let resolved = ResolvedJob::new(&job, &market.facts())?;
        let problem = Problem::new(&resolved, market.bars(), market.others(&resolved.others))?;
        let run = |shares: &[f64], most: Option<u64>| -> Result<Run> {
            let rungs = Rungs::new(&problem, shares, KEEP);
            let begun = Instant::now();
            let found = evolve(&problem, &rungs, &slots, most)?;
            Ok(Run { found, seconds: begun.elapsed().as_secs_f64() })
        };
        let whole = run(&[1.0], None)?;
        let with = run(&SHARES, None)?;
        let control = run(&[1.0], Some(with.found.bars))?;
        let goal = resolved.fitness.goal;
        halved.push(behind(with.found.best, whole.found.best, goal));
        fewer.push(behind(control.found.best, whole.found.best, goal));
        bars.push(with.found.bars as f64 / whole.found.bars as f64);
        time.push(with.seconds / whole.seconds);
        eprintln!(
            "{name}, seed {seed}: {:.4} whole, {:.4} halved, {:.4} with as many strategy-bars",
            whole.found.best, with.found.best, control.found.best
        );
    }
    let same = |all: &[f64]| all.iter().filter(|b| **b <= SAME).count();
    let (same_halved, same_fewer) = (same(&halved), same(&fewer));
    let [bars, time, median, other] = [bars, time, halved.clone(), fewer].map(|mut all| {
        all.sort_by(f64::total_cmp);
        all[all.len() / 2]
    });
    let worst = halved.into_iter().fold(f64::MIN, f64::max);
    Ok(format!(
        "| {name} | {:.0} % | {:.0} % | {:.3} | {same_halved} of {seeds} | {:.3} | {:.3} | {same_fewer} of {seeds} |",
        100.0 * bars,
        100.0 * time,
        1.0 - median,
        1.0 - worst,
        1.0 - other
    ))
}

/// How far a best value is behind another, as a share of it; negative: it is better.
fn behind(value: f64, whole: f64, goal: Goal) -> f64 {
    let sign = if goal == Goal::Maximise { 1.0 } else { -1.0 };
    sign * (whole - value) / whole.abs().max(f64::MIN_POSITIVE)
}
