//! The individual once more on its training rows, with fees and slippage that are a multiple of the job's.

use galapagos_engine::backtest::{self, Backtest};
use galapagos_engine::evaluation::Metric;
use galapagos_engine::execution::Execution;
use galapagos_engine::funding::FundingError;
use galapagos_engine::interrupt::Interrupt;
use galapagos_engine::prepared::Prepared;
use galapagos_market::parallel;
use serde::{Deserialize, Serialize};

use crate::job::problem::{Decoded, Problem};
use crate::storage::record::Class;

/// Costs are shares of what is traded: the largest number below the whole.
const BELOW_ONE: f64 = 1.0 - f64::EPSILON / 2.0;

/// What an individual is worth where trading costs more.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct CostStress {
    /// How many times the job's taker fee, maker fee and slippage.
    pub factor: f64,
    /// Whether it keeps the job's limits there.
    pub feasible: bool,
    /// Annual Sharpe ratio there; `None` if undefined.
    pub sharpe: Option<f64>,
    /// Total return there; `None` if undefined.
    pub total_return: Option<f64>,
}

impl CostStress {
    /// What a gate looks at: the Sharpe ratio, and 0 for an individual that is not feasible there.
    pub fn value(&self) -> f64 {
        self.sharpe.filter(|_| self.feasible).unwrap_or(0.0)
    }
}

/// Evaluates `decoded` at each of `factors`, in their order, on `slots` threads.
///
/// # Errors
/// Funding cannot be charged.
pub fn costs(
    problem: &Problem<'_>,
    decoded: &Decoded<'_>,
    factors: &[f64],
    slots: usize,
) -> Result<Vec<CostStress>, FundingError> {
    parallel::run(slots, factors.len(), |i| at(problem, decoded, factors[i])).into_iter().collect()
}

fn at(problem: &Problem<'_>, decoded: &Decoded<'_>, factor: f64) -> Result<CostStress, FundingError> {
    let (job, part) = (problem.job(), problem.training());
    let exec = dearer(&job.execution, factor);
    // The bars as they are: with constant funding the columns make their own stamps, the same again.
    let symbols: Vec<Prepared<'_>> =
        part.symbols().iter().map(|p| Prepared::new(p.bars(), &exec)).collect::<Result<_, _>>()?;
    let rows = part.rows_of(&exec, problem.others(), decoded);
    let (others, metrics) = (problem.others(), problem.metrics());
    let run = Backtest { symbols: &symbols, rows: &rows, others, exec: &exec, metrics };
    let evaluation =
        backtest::evaluate(&run, decoded.species.strategy(), &decoded.genome, Interrupt::NEVER).ok();
    let get = |metric| evaluation.as_ref().and_then(|e| e.metrics.get(metric));
    let (sharpe, total_return) = (get(Metric::Sharpe), get(Metric::TotalReturn));
    let feasible = job.fitness.verdict(evaluation.map(Box::new)).class == Class::Feasible;
    Ok(CostStress { factor, feasible, sharpe, total_return })
}

/// The options with dearer trading.
fn dearer(exec: &Execution, factor: f64) -> Execution {
    let times = |cost: f64| (cost * factor).min(BELOW_ONE);
    Execution {
        taker_fee: times(exec.taker_fee),
        maker_fee: times(exec.maker_fee),
        slippage: times(exec.slippage),
        ..exec.clone()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn dearer_trading_never_costs_the_whole() {
        let exec = Execution { taker_fee: 0.3, maker_fee: 0.001, slippage: 0.25, ..Execution::default() };
        let now = dearer(&exec, 4.0);
        assert_eq!((now.maker_fee, now.initial_capital), (0.004, exec.initial_capital));
        assert!(now.taker_fee < 1.0 && now.slippage < 1.0 && now.taker_fee == now.slippage);
    }
}
