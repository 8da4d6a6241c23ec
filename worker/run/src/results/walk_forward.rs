//! The member `walk_forward` of a result's `validation`: what the windows found, and what their tests earned together
//! (docs/contract/walk-forward.md).

use std::collections::BTreeMap;
use std::io::{self, Write};

use galapagos_engine::backtest::{Backtest, BacktestResult};
use galapagos_engine::buy_and_hold::market;
use galapagos_engine::evaluation::{Evaluation, Metric, MetricSet};
use galapagos_engine::metrics::{AccountHistory, evaluate};
use galapagos_engine::portfolio::Total;
use galapagos_genetics::{Class, Genome};
use galapagos_validation::NullReason;
use galapagos_validation::find::p_of_returns;
use galapagos_validation::timing::timing;
use galapagos_validation::walk_forward::{Stitched, efficiency, gene_stability, species_changes, stitch};

use super::ResultError;
use super::account::AccountResult;
use super::champions::check_recorded;
use super::stamp::time;
use super::validation::windows::{Span, TestResult, WalkForward, WindowResult};
use crate::job::problem::Problem;
use crate::job::resolve::ResolvedJob;
use crate::job::walk_forward::{WalkForward as Plan, WindowJob};
use crate::run::driver::Driver;

/// What became of a window, before all of them are put together.
#[derive(Clone, Debug)]
pub struct WindowOutcome {
    result: WindowResult,
    champion: Option<(usize, Genome)>,
    in_sample: [Option<f64>; 2],
    stamps: Vec<i64>,
    returns: Vec<f64>,
    market: Vec<f64>,
    tally: Tally,
    /// Individuals that no attempt could evaluate.
    pub exceptions: u64,
}

/// How walk-forward ended.
#[derive(Clone, Debug)]
pub enum WalkForwardEnd {
    /// The job asks for none.
    NotRequested,
    /// A limit of time or money ended it before its last window.
    TimeLimit,
    /// Every window is done.
    Done(Vec<WindowOutcome>),
}

impl WalkForwardEnd {
    /// The windows, if they are done.
    ///
    /// # Errors
    /// Why there are none.
    pub fn windows(&self) -> Result<&[WindowOutcome], NullReason> {
        match self {
            WalkForwardEnd::NotRequested => Err(NullReason::NotRequested),
            WalkForwardEnd::TimeLimit => Err(NullReason::TimeLimit),
            WalkForwardEnd::Done(windows) => Ok(windows),
        }
    }
}

/// What adds up over accounts.
#[derive(Clone, Debug, Default)]
struct Tally {
    pnl: Vec<f64>,
    exposed: usize,
    fees: f64,
    traded: f64,
    funding: f64,
}

/// The metrics whose efficiency is reported.
const COMPARED: [Metric; 2] = [Metric::Cagr, Metric::Sharpe];

/// What became of a window whose evolution has ended. `problem` is the job on all its rows, `training` on the window's.
///
/// # Errors
/// The test cannot be prepared, or the champion is not what the ledger has.
pub fn outcome(
    plan: &Plan,
    problem: &Problem<'_>,
    window: &WindowJob,
    training: &Problem<'_>,
    driver: &Driver<'_>,
) -> Result<WindowOutcome, ResultError> {
    let test = plan.test(problem, window)?;
    let stamps = plan.stamps(&window.positions.test).to_vec();
    let run = Backtest {
        symbols: test.training().symbols(),
        rows: test.training().rows(),
        others: &[],
        exec: &test.job().execution,
        metrics: MetricSet(0),
    };
    let market = at_stamps(&stamps, &market(&run));
    let evolution = driver.evolution();
    let feasible = evolution.best().filter(|best| best.outcome.class == Class::Feasible);
    let found = feasible.and_then(|best| Some((training.decode(best.species, best.genome)?, best)));
    let mut out = WindowOutcome {
        result: WindowResult {
            index: window.index,
            train: span(plan.stamps(&window.positions.train)),
            test: TestResult { rows: span(&stamps), account: None },
            strategy: None,
            island: None,
            genome: None,
            fitness: None,
            training: None,
            evaluations: evolution.progress().evaluations,
            digest: driver.digest().to_string(),
        },
        champion: None,
        in_sample: [None; 2],
        returns: vec![0.0; stamps.len()],
        stamps,
        market,
        tally: Tally::default(),
        exceptions: driver.state().counters.exceptions,
    };
    if let Some((decoded, best)) = found {
        let trained = training.report(training.training(), &decoded).evaluation;
        check_recorded(training, &decoded, driver.recorded(&best).as_deref(), &trained)?;
        let tested = test.report(test.training(), &decoded);
        out.in_sample = COMPARED.map(|metric| trained.metrics.get(metric));
        out.returns = at_stamps(&out.stamps, &tested.total);
        out.tally = tally(&tested, &test);
        out.result.strategy = Some(decoded.species.name().to_owned());
        out.result.island = driver.island(best.species, best.genome);
        out.result.genome = Some(decoded.named().into_iter().collect());
        out.result.fitness = window.job.fitness.objective.value(&trained.metrics);
        out.result.training = Some(AccountResult::new(&trained));
        out.result.test.account = Some(AccountResult::new(&tested.evaluation));
        out.champion = Some((best.species, best.genome.into()));
    }
    Ok(out)
}

/// The returns at these stamps: 0 where the account has none, which is before any of its symbols is warm.
fn at_stamps(stamps: &[i64], total: &Total) -> Vec<f64> {
    let at = |stamp: &i64| total.time_ms.binary_search(stamp).map_or(0.0, |i| total.returns[i]);
    stamps.iter().map(at).collect()
}

fn span(stamps: &[i64]) -> Span {
    let at = |stamp: Option<&i64>| stamp.map_or_else(String::new, |&ms| time(ms));
    Span { from: at(stamps.first()), to: at(stamps.last()) }
}

fn tally(report: &BacktestResult, test: &Problem<'_>) -> Tally {
    let mut trades: Vec<(i64, usize, f64)> = Vec::new();
    for (i, (symbol, bars)) in report.per_symbol.iter().zip(test.bars()).enumerate() {
        trades.extend(symbol.trace.trades.iter().map(|t| (bars.time_ms[t.exit], i, t.pnl)));
    }
    trades.sort_by_key(|&(time, symbol, _)| (time, symbol));
    let add = |of: fn(&galapagos_engine::trace::Trace) -> f64| {
        report.per_symbol.iter().map(|s| of(&s.trace)).sum::<f64>()
    };
    Tally {
        pnl: trades.iter().map(|t| t.2).collect(),
        exposed: report.total.exposed,
        fees: add(|t| t.fees),
        traded: add(|t| t.traded),
        funding: add(|t| t.funding),
    }
}

/// Returns of an account and of the market at the same stamps.
pub type Paired<'a> = (&'a [f64], &'a [f64]);

/// All windows together; `holdout`: what the winner did there.
pub fn document(job: &ResolvedJob, windows: &[WindowOutcome], holdout: Option<Paired<'_>>) -> WalkForward {
    let stitched = stitched(job, windows);
    let account = account(job, windows, &stitched);
    let market: Vec<f64> = windows.iter().flat_map(|w| &w.market).copied().collect();
    let (mut returns, mut beside) = (stitched.returns, market);
    if let Some((held, market)) = holdout {
        returns.extend(held);
        beside.extend(market);
    }
    let p = timing(&returns, &beside).and_then(|timing| p_of_returns(&timing.returns));
    let [growth, sharpe] = [0, 1].map(|i| {
        let inside: Vec<Option<f64>> = windows.iter().map(|w| w.in_sample[i]).collect();
        efficiency(account.metrics.get(COMPARED[i]), &inside)
    });
    let because =
        |value: Option<f64>| value.is_none().then(|| NullReason::InSampleNotPositive.name().to_owned());
    let champions: Vec<Option<usize>> =
        windows.iter().map(|w| w.champion.as_ref().map(|(species, _)| *species)).collect();
    WalkForward {
        windows: windows.iter().map(|w| w.result.clone()).collect(),
        stitched: AccountResult::new(&account),
        p: p.ok(),
        p_reason: p.err().map(|reason| reason.name().to_owned()),
        efficiency: growth,
        efficiency_reason: because(growth),
        sharpe_efficiency: sharpe,
        sharpe_efficiency_reason: because(sharpe),
        gene_stability: stability(job, windows),
        species_changes: species_changes(&champions),
        evaluations: windows.iter().map(|w| w.result.evaluations).sum(),
    }
}

fn stitched(job: &ResolvedJob, windows: &[WindowOutcome]) -> Stitched {
    stitch(windows.iter().map(|w| &w.returns[..]), job.execution.initial_capital)
}

/// The account of the stitched returns. Trades, fees and funding are those of the windows, each of which began with the
/// capital.
fn account(job: &ResolvedJob, windows: &[WindowOutcome], stitched: &Stitched) -> Evaluation {
    let exec = &job.execution;
    let pnl: Vec<f64> = windows.iter().flat_map(|w| &w.tally.pnl).copied().collect();
    let add = |of: fn(&Tally) -> f64| windows.iter().map(|w| of(&w.tally)).sum::<f64>();
    let history = AccountHistory {
        capital: exec.initial_capital,
        equity: &stitched.equity,
        returns: &stitched.returns,
        pnl: &pnl,
        exposed: windows.iter().map(|w| w.tally.exposed).sum(),
        fees: add(|t| t.fees),
        traded: add(|t| t.traded),
        funding: add(|t| t.funding),
        ruined: stitched.returns.contains(&-1.0),
        open_position: false,
    };
    let mut evaluation = evaluate(&history, exec, MetricSet::FULL);
    let market = stitch(windows.iter().map(|w| &w.market[..]), 1.0);
    evaluation.metrics.set(Metric::BuyAndHoldReturn, market.equity.last().map(|equity| equity - 1.0));
    evaluation
}

fn stability(job: &ResolvedJob, windows: &[WindowOutcome]) -> BTreeMap<String, BTreeMap<String, f64>> {
    let mut out = BTreeMap::new();
    for (i, species) in job.species.iter().enumerate() {
        let champions = windows.iter().filter_map(|w| w.champion.as_ref()).filter(|(s, _)| *s == i);
        let positions: Vec<&[u32]> = champions.map(|(_, genome)| &genome[..]).collect();
        if positions.len() < 2 {
            continue;
        }
        let last: Vec<u32> = species.space().lens().iter().map(|len| len.saturating_sub(1)).collect();
        let names = species.genes().iter().map(|gene| gene.name.clone());
        let wander = names.zip(gene_stability(&positions, &last)).collect();
        out.insert(species.name().to_owned(), wander);
    }
    out
}

/// `best/walk_forward.csv`: the equity of the stitched tests at each of their stamps, and of the market's.
pub fn table(out: &mut impl Write, job: &ResolvedJob, windows: &[WindowOutcome]) -> io::Result<()> {
    writeln!(out, "time,window,equity,market")?;
    let capital = job.execution.initial_capital;
    let equity = stitched(job, windows).equity;
    let market = stitch(windows.iter().map(|w| &w.market[..]), capital).equity;
    let stamps = windows.iter().flat_map(|w| w.stamps.iter().map(|&ms| (ms, w.result.index)));
    for ((ms, window), (equity, market)) in stamps.zip(equity.iter().zip(&market)) {
        writeln!(out, "{},{window},{equity},{market}", time(ms))?;
    }
    Ok(())
}
