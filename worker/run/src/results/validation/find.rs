//! The winner, its accounts, and the market's beside them.

use galapagos_crds::ValidationSpec;
use galapagos_engine::backtest::{Backtest, BacktestResult};
use galapagos_engine::buy_and_hold::market;
use galapagos_engine::evaluation::{Metric, MetricSet};
use galapagos_engine::portfolio::Total;
use galapagos_validation::NullReason;
use galapagos_validation::timing::{Timing, timing};

use crate::job::problem::{DataPart, Decoded, Problem};
use crate::results::luck::Trials;

/// One window of the winner.
#[derive(Debug)]
pub(super) struct Window<'a> {
    /// Its columns.
    pub part: &'a DataPart<'a>,
    /// What the winner did.
    pub report: &'a BacktestResult,
    /// What the market did at the same stamps.
    pub market: Total,
    /// What is left of the winner's returns after the market's share.
    pub timing: Result<Timing, NullReason>,
}

/// The best feasible individual, and what it was found among.
#[derive(Debug)]
pub struct Find<'a> {
    /// The job on its data.
    pub(super) problem: &'a Problem<'a>,
    /// Which species it is of.
    pub(super) species: usize,
    /// Its genes as grid positions.
    pub(super) indices: &'a [u32],
    /// The same for the engine.
    pub(super) decoded: Decoded<'a>,
    /// The training rows.
    pub(super) training: Window<'a>,
    /// The holdout; `None` without one.
    pub(super) holdout: Option<Window<'a>>,
    /// What it was found among.
    pub(super) among: Among<'a>,
    /// Deflated Sharpe ratio on the training rows.
    pub(super) deflated_sharpe: Option<f64>,
    /// Threads to compute on.
    pub(super) slots: usize,
}

/// What a winner was found among.
#[derive(Clone, Copy, Debug)]
pub struct Among<'a> {
    /// All trials of the job.
    pub trials: &'a Trials,
    /// Number of distinct evaluations, infeasible ones included.
    pub distinct: u64,
    /// Whether no selection has touched trials of later generations: they were drawn or counted off.
    pub untouched: bool,
}

/// The best individual as a run has it.
#[derive(Debug)]
pub struct Winner<'a> {
    /// Which species it is of.
    pub species: usize,
    /// Its genes as grid positions.
    pub indices: &'a [u32],
    /// What it did on the training rows.
    pub training: &'a BacktestResult,
    /// What it did on the holdout; `None` without one.
    pub holdout: Option<&'a BacktestResult>,
    /// Deflated Sharpe ratio on the training rows.
    pub deflated_sharpe: Option<f64>,
}

impl<'a> Find<'a> {
    /// The winner beside the market. `None`: its genes are not of its grids.
    pub fn new(
        problem: &'a Problem<'a>,
        holdout: Option<&'a DataPart<'a>>,
        winner: &Winner<'a>,
        among: Among<'a>,
        slots: usize,
    ) -> Option<Find<'a>> {
        let decoded = problem.decode(winner.species, winner.indices)?;
        let window = |part: &'a DataPart<'a>, report: &'a BacktestResult| {
            let exec = &problem.job().execution;
            let rows = part.rows_of(exec, problem.others(), &decoded);
            let run =
                Backtest { symbols: part.symbols(), rows: &rows, others: &[], exec, metrics: MetricSet(0) };
            let market = market(&run);
            let timing = timing(&report.total.returns, &market.returns);
            Window { part, report, market, timing }
        };
        let training = window(problem.training(), winner.training);
        let holdout = holdout.zip(winner.holdout).map(|(part, report)| window(part, report));
        Some(Find {
            problem,
            species: winner.species,
            indices: winner.indices,
            decoded,
            training,
            holdout,
            among,
            deflated_sharpe: winner.deflated_sharpe,
            slots,
        })
    }

    /// How the job wants it tested.
    pub(super) fn spec(&self) -> &'a ValidationSpec {
        &self.problem.job().validation
    }

    /// Seed of the samples: the job's.
    pub(super) fn seed(&self) -> u64 {
        self.problem.job().config.seed
    }

    /// Bars a year.
    pub(super) fn bars_per_year(&self) -> f64 {
        self.problem.job().execution.bars_per_year
    }

    /// Riskless return of a bar.
    pub(super) fn riskless(&self) -> f64 {
        self.problem.job().execution.risk_free_rate / self.bars_per_year()
    }

    /// A metric of the winner on the training rows.
    pub(super) fn metric(&self, metric: Metric) -> Option<f64> {
        self.training.report.evaluation.metrics.get(metric)
    }
}
