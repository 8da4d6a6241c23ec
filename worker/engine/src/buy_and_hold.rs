//! What buying at the first chance and holding would have made, at the same costs.

use crate::backtest::{Backtest, evaluate_signals};
use crate::evaluation::{Evaluation, Metric, MetricSet};
use crate::execution::{Aggregate, Execution, Side};
use crate::genes::{Genome, Stops};
use crate::signals::Signals;

/// The evaluation of holding every symbol all-in, long and unlevered over the same windows with the same fees,
/// slippage and funding, closed at the end. Several symbols are aggregated as the job says, so that the numbers can
/// stand beside those of its individuals.
pub fn buy_and_hold(run: &Backtest, metrics: MetricSet) -> Evaluation {
    let exec = Execution {
        side: Side::Long,
        fraction: 1.0,
        leverage: 1.0,
        maintenance_margin: None,
        lot: None,
        final_close: true,
        ..run.exec.clone()
    };
    let signals: Vec<Signals> = run.symbols.iter().map(|p| Signals::Positions(vec![1; p.len()])).collect();
    let genome = Genome { values: Vec::new(), stops: Stops::default() };
    evaluate_signals(&Backtest { exec: &exec, metrics, ..*run }, &signals, &genome)
}

/// The total return of holding all symbols, whatever the job's aggregate.
pub fn buy_and_hold_return(run: &Backtest) -> Option<f64> {
    let only = MetricSet(0).with(Metric::TotalReturn);
    let exec = Execution { aggregate: Aggregate::Portfolio, ..run.exec.clone() };
    buy_and_hold(&Backtest { exec: &exec, ..*run }, only).metrics.get(Metric::TotalReturn)
}
