//! One genome on all symbols: signals, accounts, one result. What people call, and the oracle of the batch path.

use crate::bars::Bars;
use crate::buy_and_hold::buy_and_hold_return;
use crate::evaluation::{Evaluation, Metric, MetricSet};
use crate::execution::Execution;
use crate::genes::Genome;
use crate::interrupt::{Interrupt, Interrupted};
use crate::portfolio::{SymbolAccount, Total, combine, total};
use crate::prepared::Prepared;
use crate::signals::Signals;
use crate::simulator::{Sleeve, simulate_until};
use crate::strategies::{Context, Strategy};
use crate::trace::Trace;
use crate::window::Rows;

/// What a back-test is run on. Symbols in ascending order of their names; one window per symbol.
#[derive(Clone, Copy, Debug)]
pub struct Backtest<'a> {
    /// The symbols' columns, made with the same options.
    pub symbols: &'a [Prepared<'a>],
    /// Counted rows of each symbol.
    pub rows: &'a [Rows],
    /// Bars of the symbols that own strategies look at beside the traded one, in ascending order of their names.
    pub others: &'a [Bars<'a>],
    /// Options of the simulated account.
    pub exec: &'a Execution,
    /// The metrics that are computed; others stay undefined.
    pub metrics: MetricSet,
}

impl Backtest<'_> {
    /// The rows of symbol `k` for a genome: with [`Rows::full`] decisions start at its own warm-up.
    pub(crate) fn rows_of(&self, k: usize, strategy: &dyn Strategy, genome: &Genome) -> Rows {
        self.rows_after(k, || strategy.warm_up(&self.symbols[k].bars(), self.others, genome))
    }

    /// The rows of symbol `k` for a genome of this warm-up.
    pub(crate) fn rows_after(&self, k: usize, warm_up: impl FnOnce() -> usize) -> Rows {
        match self.rows[k] {
            rows if !rows.full => rows,
            rows => Rows { from_ms: rows.from_ms, ..Rows::full(warm_up()) },
        }
    }
}

/// The result of one symbol.
#[derive(Clone, Debug)]
pub struct SymbolResult {
    /// Name of the symbol.
    pub symbol: String,
    /// Its own evaluation, all metrics but buy and hold.
    pub evaluation: Evaluation,
    /// What the account did.
    pub trace: Trace,
    /// The decisions it followed.
    pub signals: Signals,
}

/// The result of a back-test.
#[derive(Clone, Debug)]
pub struct BacktestResult {
    /// The evaluation of all symbols together, by [`Execution::aggregate`].
    pub evaluation: Evaluation,
    /// One report a symbol, in the order of the symbols.
    pub per_symbol: Vec<SymbolResult>,
    /// The sum of the accounts over time (X21).
    pub total: Total,
}

/// Runs one genome of a strategy.
pub fn backtest(run: &Backtest, strategy: &dyn Strategy, genome: &Genome) -> BacktestResult {
    backtest_signals(run, signals(run, strategy, genome, Interrupt::NEVER), genome)
}

/// Runs given decisions, one set per symbol; of the genome only the stops act.
pub fn backtest_signals(run: &Backtest, signals: Vec<Signals>, genome: &Genome) -> BacktestResult {
    let traces = traces(run, &signals, genome, Interrupt::NEVER);
    let parts = parts(run, &traces);
    let singles: Vec<Evaluation> = parts.iter().map(|p| p.evaluate(run.exec, MetricSet::FULL)).collect();
    let mut evaluation = combine(&parts, &singles, run.exec, run.metrics);
    if run.metrics.contains(Metric::BuyAndHoldReturn) {
        evaluation.metrics.set(Metric::BuyAndHoldReturn, buy_and_hold_return(run));
    }
    let total = total(&parts);
    let per_symbol = run
        .symbols
        .iter()
        .zip(singles)
        .zip(traces.into_iter().zip(signals))
        .map(|((p, evaluation), (trace, signals))| SymbolResult {
            symbol: p.bars().symbol.to_owned(),
            evaluation,
            trace,
            signals,
        })
        .collect();
    BacktestResult { evaluation, per_symbol, total }
}

/// The evaluation of one genome alone, without what people look at.
///
/// # Errors
/// `interrupt` rose before the end.
pub fn evaluate(
    run: &Backtest,
    strategy: &dyn Strategy,
    genome: &Genome,
    interrupt: Interrupt,
) -> Result<Evaluation, Interrupted> {
    let signals = signals(run, strategy, genome, interrupt);
    interrupt.check()?;
    let mut evaluation = evaluate_signals_until(run, &signals, genome, interrupt)?;
    if run.metrics.contains(Metric::BuyAndHoldReturn) {
        evaluation.metrics.set(Metric::BuyAndHoldReturn, buy_and_hold_return(run));
    }
    interrupt.check()?;
    Ok(evaluation)
}

/// The same of given decisions, unless `interrupt` rises.
pub(crate) fn evaluate_signals_until(
    run: &Backtest,
    signals: &[Signals],
    genome: &Genome,
    interrupt: Interrupt,
) -> Result<Evaluation, Interrupted> {
    let traces = traces(run, signals, genome, interrupt);
    interrupt.check()?;
    Ok(evaluate_traces(run, &traces))
}

/// The evaluation of given decisions, without buy and hold.
pub fn evaluate_signals(run: &Backtest, signals: &[Signals], genome: &Genome) -> Evaluation {
    evaluate_traces(run, &traces(run, signals, genome, Interrupt::NEVER))
}

fn evaluate_traces(run: &Backtest, traces: &[Trace]) -> Evaluation {
    let parts = parts(run, traces);
    let singles: Vec<Evaluation> = parts.iter().map(|p| p.evaluate(run.exec, run.metrics)).collect();
    combine(&parts, &singles, run.exec, run.metrics)
}

fn signals(run: &Backtest, strategy: &dyn Strategy, genome: &Genome, interrupt: Interrupt) -> Vec<Signals> {
    let of = |(prepared, rows): (&Prepared, &Rows)| {
        let context = Context {
            first: rows.first,
            bars_per_year: run.exec.bars_per_year,
            others: run.others,
            interrupt,
        };
        strategy.signals(&prepared.bars(), genome, context)
    };
    run.symbols.iter().zip(run.rows).map(of).collect()
}

fn traces(run: &Backtest, signals: &[Signals], genome: &Genome, interrupt: Interrupt) -> Vec<Trace> {
    let last = run.symbols.iter().filter_map(|p| p.bars().time_ms.last().copied()).max();
    let capital = run.exec.initial_capital / run.symbols.len() as f64;
    run.symbols
        .iter()
        .zip(run.rows)
        .zip(signals)
        .map(|((prepared, &rows), signals)| {
            let close_at_end = prepared.bars().time_ms.last().copied() != last;
            let sleeve = Sleeve { prepared, signals, stops: genome.stops, rows, capital, close_at_end };
            simulate_until(&sleeve, run.exec, interrupt)
        })
        .collect()
}

fn parts<'a>(run: &Backtest<'a>, traces: &'a [Trace]) -> Vec<SymbolAccount<'a>> {
    let symbols = run.symbols.iter().zip(run.rows);
    symbols
        .zip(traces)
        .map(|((p, &rows), trace)| SymbolAccount { time_ms: p.bars().time_ms, rows, trace })
        .collect()
}
