//! What buying at the first chance and holding would have made, at the same costs.

use crate::backtest::{Backtest, backtest_signals, evaluate_signals};
use crate::evaluation::{Evaluation, Metric, MetricSet};
use crate::execution::{Aggregate, Execution, Side};
use crate::genes::{Genome, Stops};
use crate::portfolio::Total;
use crate::signals::Signals;

/// The evaluation of holding every symbol all-in, long and unlevered over the same windows with the same fees,
/// slippage and funding, closed at the end. Several symbols are aggregated as the job says, so that the numbers can
/// stand beside those of its individuals.
pub fn buy_and_hold(run: &Backtest, metrics: MetricSet) -> Evaluation {
    let exec = holder(run.exec);
    evaluate_signals(&Backtest { exec: &exec, metrics, ..*run }, &held(run), &no_stops())
}

/// The sum of those accounts over time: what the market did at the stamps of an individual of `run`.
pub fn market(run: &Backtest) -> Total {
    let exec = holder(run.exec);
    backtest_signals(&Backtest { exec: &exec, metrics: MetricSet(0), ..*run }, held(run), &no_stops()).total
}

fn holder(exec: &Execution) -> Execution {
    Execution {
        side: Side::Long,
        fraction: 1.0,
        leverage: 1.0,
        maintenance_margin: None,
        lot: None,
        final_close: true,
        ..exec.clone()
    }
}

fn held(run: &Backtest) -> Vec<Signals> {
    run.symbols.iter().map(|p| Signals::Positions(vec![1; p.len()])).collect()
}

fn no_stops() -> Genome {
    Genome { values: Vec::new(), stops: Stops::default() }
}

/// The total return of holding all symbols, whatever the job's aggregate.
pub fn buy_and_hold_return(run: &Backtest) -> Option<f64> {
    let only = MetricSet(0).with(Metric::TotalReturn);
    let exec = Execution { aggregate: Aggregate::Portfolio, ..run.exec.clone() };
    buy_and_hold(&Backtest { exec: &exec, ..*run }, only).metrics.get(Metric::TotalReturn)
}
