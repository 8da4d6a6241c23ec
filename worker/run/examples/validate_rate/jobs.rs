//! Small jobs of every kind, run from manifest to verdict.

use std::path::Path;
use std::sync::atomic::AtomicBool;

use anyhow::{Context, Result};
use galapagos_crds::EvolutionJob;
use galapagos_market::{RandomWalk, publish_random_walk};
use galapagos_run::execute::{self, Options, RunOutcome};
use galapagos_run::job::market::Market;
use galapagos_run::job::resolve::ResolvedJob;
use galapagos_run::results::validation::document::Validation;
use galapagos_run::run::progress::Silent;

/// Jobs that are alike but for their seed.
#[derive(Clone, Copy, Debug)]
pub struct Kind {
    /// As the table names it.
    pub name: &'static str,
    /// How its market moves, as `galapagos import --random-walk` takes it, beside what all have.
    pub walk: &'static str,
    /// Symbols that are traded.
    pub symbols: usize,
    /// Whether there is something to find.
    pub edge: bool,
    /// Share of all jobs of its sort, in percent.
    pub share: usize,
    /// Lines of the manifest that make it what it is.
    pub spec: &'static str,
}

/// Eight years of training, two of holdout, and what warms up.
const ALL: &str = "bars=2721,interval=1d,volatility=0.01,price=100,decimals=4";

const LONG: &str = "  execution: {takerFee: \"0.0005\"}
  limits: [{metric: trades, atLeast: 10}]
";
const BOTH: &str = "  execution: {takerFee: \"0.0005\", side: LongShort}
  limits: [{metric: trades, atLeast: 10}]
";
const LIMITS: &str = "  execution: {takerFee: \"0.0005\", side: LongShort}
  limits: [{metric: trades, atLeast: 10}, {metric: sharpe, atLeast: 1}, {metric: max_drawdown, atMost: \"0.2\"}]
";
const BUILT_IN: &str = "  strategies:
  - name: sma_crossover
  - name: ema_crossover
  - name: donchian_breakout
  - name: rsi_filter
  - name: bollinger_bands
";
const OWN: &str = "  strategies:
  - name: pullback
    genes: [{name: trend, min: 20, max: 200}, {name: fast, min: 2, max: 20}, {name: low, min: 10, max: 40}]
    rules:
      language: 1
      long: {enter: \"close > sma(close, $trend) and rsi(close, $fast) < $low\", exit: \"rsi(close, $fast) > 60\"}
  - name: range_breakout
    genes: [{name: days, min: 5, max: 100}, {name: leave, min: 3, max: 60}]
    rules:
      language: 1
      long: {enter: \"close > highest(high, $days)[1]\", exit: \"close < lowest(low, $leave)[1]\"}
";

/// The kinds of jobs; a drift of .000441 is an annual Sharpe ratio of .7, one of .000189 is .3; shares of those without an edge, and of those with one, add up to 100.
pub const KINDS: [Kind; 9] = [
    Kind { name: "random walk", walk: "", symbols: 1, edge: false, share: 25, spec: LONG },
    Kind { name: "GARCH, t5", walk: ",garch=true", symbols: 1, edge: false, share: 20, spec: LONG },
    Kind {
        name: "rising market .7",
        walk: ",drift=0.000441",
        symbols: 1,
        edge: false,
        share: 25,
        spec: LONG,
    },
    Kind {
        name: "GARCH, rising, long/short",
        walk: ",drift=0.000441,garch=true",
        symbols: 1,
        edge: false,
        share: 10,
        spec: BOTH,
    },
    Kind { name: "three symbols", walk: ",drift=0.000189", symbols: 3, edge: false, share: 5, spec: LONG },
    Kind { name: "limits on what is earned", walk: "", symbols: 1, edge: false, share: 10, spec: LIMITS },
    Kind { name: "rules of one's own", walk: ",drift=0.000189", symbols: 1, edge: false, share: 5, spec: "" },
    Kind { name: "edge .15", walk: ",edge=0.15", symbols: 1, edge: true, share: 50, spec: LONG },
    Kind {
        name: "edge .15, rising market .7",
        walk: ",drift=0.000441,edge=0.15",
        symbols: 1,
        edge: true,
        share: 50,
        spec: LONG,
    },
];

/// Runs job `seed` of a kind in a folder of its own, which is removed, on one thread.
pub fn run(kind: &Kind, seed: u64) -> Result<Validation> {
    let folder = tempfile::tempdir()?;
    let walk = format!("{ALL}{},seed={seed},symbols={}", kind.walk, kind.symbols);
    publish_random_walk(folder.path(), "walk", &RandomWalk::parse(&walk)?)?;
    let names: Vec<String> = match kind.symbols {
        1 => vec!["RW".to_owned()],
        n => (1..=n).map(|i| format!("RW{i}")).collect(),
    };
    let job: EvolutionJob = serde_yaml::from_str(&manifest(kind, &names, seed)).context("the manifest")?;
    let market = Market::of_job(folder.path(), &job.spec)?;
    let job = ResolvedJob::new(&job, &market.facts())?;
    let options = Options { slots: 1, ..Options::new(&results(folder.path())) };
    match execute::run(&job, &market, &options, &mut Silent, &AtomicBool::new(false))? {
        RunOutcome::Finished { result, .. } => result.validation.context("a verdict"),
        RunOutcome::Interrupted { .. } => anyhow::bail!("interrupted"),
    }
}

fn results(folder: &Path) -> std::path::PathBuf {
    folder.join("results")
}

fn manifest(kind: &Kind, symbols: &[String], seed: u64) -> String {
    let (strategies, spec) = if kind.spec.is_empty() { (OWN, LONG) } else { (BUILT_IN, kind.spec) };
    format!(
        "apiVersion: galapagos.dev/v1alpha1
kind: EvolutionJob
metadata: {{name: rate}}
spec:
  marketData: {{dataset: walk, symbols: [{}], interval: 1d, calendar: {{type: Sessions, barsPerYear: 252}}}}
  population: {{size: 100, seed: {seed}}}
  generations: 12
{strategies}{spec}",
        symbols.join(", ")
    )
}
