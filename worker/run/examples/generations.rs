//! How long a generation takes where bars are few and everything around the evaluation counts: breeding, ledger, digests,
//! checkpoints that survive the process and are flushed to the disk. Prints the median and the fastest and slowest tenth.
//!
//! ```text
//! cargo run --release -p galapagos-run --example generations -- [BARS] [POPULATION] [GENERATIONS] [SLOTS] [--stops] [--rules]
//! ```
//!
//! With `--rules` the strategy is written as rules of one's own, with a finer third gene.

use std::sync::atomic::{AtomicBool, Ordering};

use anyhow::{Context, Result};
use galapagos_crds::EvolutionJob;
use galapagos_market::{RandomWalk, publish_random_walk};
use galapagos_run::execute::{self, Options};
use galapagos_run::job::market::Market;
use galapagos_run::job::resolve::ResolvedJob;
use galapagos_run::run::progress::RunEvent;

#[global_allocator]
static ALLOCATOR: galapagos_pages::LargePages = galapagos_pages::LargePages;

fn main() -> Result<()> {
    let (flags, numbers): (Vec<String>, Vec<String>) =
        std::env::args().skip(1).partition(|text| text.starts_with("--"));
    let mut numbers = numbers.into_iter().map(|text| text.parse::<usize>().context(text));
    let mut next = |default| numbers.next().unwrap_or(Ok(default));
    let (bars, population, generations, slots) = (next(2_148)?, next(1_000)?, next(300)?, next(2)?);
    let is_given = |name: &str| flags.iter().any(|flag| flag == name);

    let folder = tempfile::tempdir()?;
    let walk = format!("bars={bars},interval=1d,volatility=0.01,price=100,decimals=4,seed=1");
    publish_random_walk(folder.path(), "walk", &RandomWalk::parse(&walk)?)?;
    let job: EvolutionJob =
        serde_yaml::from_str(&manifest(population, generations, is_given("--stops"), is_given("--rules")))
            .context("the manifest")?;
    let market = Market::of_job(folder.path(), &job.spec)?;
    let job = ResolvedJob::new(&job, &market.facts())?;
    let options = Options { slots, ..Options::new(&folder.path().join("results")) };
    let (mut times, interrupt) = (Vec::new(), AtomicBool::new(false));
    let mut observer = |event: RunEvent<'_>| {
        if let RunEvent::Generation { report, .. } = event {
            times.push((report.seconds * 1e3, report.distinct));
            // Nobody asks for tests of the winner.
            interrupt.store(times.len() >= generations, Ordering::Relaxed);
        }
    };
    execute::run(&job, &market, &options, &mut observer, &interrupt)?;
    let distinct = times.last().context("no generation")?.1;
    // The first one warms up.
    let mut times: Vec<f64> = times.iter().skip(1).map(|&(time, _)| time).collect();
    times.sort_by(f64::total_cmp);
    let at = |share: f64| times[((times.len() - 1) as f64 * share) as usize];
    println!(
        "{:.2} ms ({:.2} to {:.2}), {distinct} distinct individuals in {} generations",
        at(0.5),
        at(0.1),
        at(0.9),
        times.len() + 1
    );
    Ok(())
}

fn manifest(population: usize, generations: usize, stops: bool, own: bool) -> String {
    let stops = if stops { ", {name: stop_loss, min: \"0.01\", max: \"0.2\", step: \"0.001\"}" } else { "" };
    let (name, filter, rules) = match own {
        true => ("own_crossover", FILTER, RULES),
        false => ("ema_crossover", "", ""),
    };
    format!(
        "apiVersion: galapagos.dev/v1alpha1
kind: EvolutionJob
metadata: {{name: generations}}
spec:
  marketData: {{dataset: walk, symbols: [RW], interval: 1d, calendar: {{type: Sessions, barsPerYear: 252}}}}
  strategies:
  - name: {name}
    genes: [{{name: fast_period, min: 2, max: 150}}, {{name: slow_period, min: 10, max: 250}}{filter}{stops}]
{rules}  population: {{size: {population}, seed: 42}}
  generations: {}
  stop: {{patience: 0}}
  objectives: [{{metric: sharpe, goal: Maximize}}]
  limits: [{{metric: max_drawdown, atMost: \"0.5\"}}, {{metric: trades, atLeast: 10}}]
  execution: {{takerFee: \"0.0005\", slippage: \"0.0002\"}}
",
        generations + 1
    )
}

/// Finer than the 25 values that the built-in strategy brings: no two individuals share a comparison.
const FILTER: &str = ", {name: trend_filter, min: 0, max: \"0.02\", step: \"0.000001\"}";

const RULES: &str = r#"    rules:
      language: 1
      order: [fast_period < slow_period]
      let:
        fast: "ema(close, $fast_period)"
        slow: "ema(close, $slow_period)"
        up: "fast > slow * (1 + $trend_filter)"
        down: "fast < slow * (1 - $trend_filter)"
      long: {enter: "up and not up[1]", exit: "fast < slow"}
      short: {enter: "down and not down[1]", exit: "fast > slow"}
"#;
