//! How much of the best is luck: variance of the trials' Sharpe ratios, effective number of trials, deflated Sharpe
//! ratio (contract H2, H3).

use galapagos_engine::backtest::BacktestResult;
use galapagos_engine::evaluation::{Metric, Metrics};
use galapagos_engine::execution::Aggregate;
use galapagos_validation::participation::Participation;
use galapagos_validation::sharpe::{Moments, deflated, variance};

use crate::storage::record::{Class, Record};

/// Collects the trials of a run in their canonical order.
#[derive(Debug, Default)]
pub struct Trials {
    sharpes: Vec<f64>,
    first_generation: Vec<f64>,
    participation: Participation,
}

impl Trials {
    /// Adds a record. Call in order of (generation, index): sums of f64 depend on the order.
    pub fn add(&mut self, record: &Record, bars_per_year: f64) {
        let Record::Evaluated { identity, verdict } = record else { return };
        let Some(evaluation) = &verdict.evaluation else { return };
        // Infeasible trials were tried too: a limit on the Sharpe ratio would cut the spread that luck has.
        if let Some(sharpe) = evaluation.metrics.get(Metric::Sharpe) {
            let per_bar = sharpe / bars_per_year.sqrt();
            self.sharpes.push(per_bar);
            if identity.generation == 0 {
                self.first_generation.push(per_bar);
            }
        }
        if verdict.class != Class::Feasible {
            return;
        }
        self.participation.add(&evaluation.blocks);
    }

    /// The larger of the variances over all trials with a Sharpe ratio and over those of generation 0, infeasible ones
    /// included: a converged population shrinks its variance and would flatter the winner.
    pub fn variance(&self) -> f64 {
        let (all, first) = (variance(&self.sharpes), variance(&self.first_generation));
        if all > first { all } else { first }
    }

    /// Participation ratio of the trials' block returns.
    pub fn effective(&self) -> Option<f64> {
        self.participation.ratio()
    }
}

/// Deflated Sharpe ratio of an account among `trials` with this variance of per-bar ratios.
pub fn deflated_sharpe(
    metrics: &Metrics,
    returns: u64,
    bars_per_year: f64,
    variance: f64,
    trials: u64,
) -> Option<f64> {
    let moments =
        Moments { returns, skew: metrics.get(Metric::Skew)?, kurtosis: metrics.get(Metric::Kurtosis)? };
    deflated(metrics.get(Metric::Sharpe)? / bars_per_year.sqrt(), moments, variance, trials)
}

/// The returns behind the Sharpe ratio of all symbols together: those of the sum of the accounts, or, where it is a
/// statistic of the symbols' ratios, those of one symbol; the fewest, as the weakest ratio bounds what they carry.
pub fn returns_behind(report: &BacktestResult, aggregate: Aggregate) -> u64 {
    let single = report.per_symbol.iter().map(|s| s.evaluation.returns).min();
    match aggregate {
        Aggregate::Portfolio => report.evaluation.returns,
        _ => single.unwrap_or(report.evaluation.returns),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::storage::record::{RecordIdentity, Verdict};
    use galapagos_engine::evaluation::{BlockSum, Evaluation};

    fn trial(generation: u32, sharpe: f64, blocks: impl Fn(usize) -> i64) -> Record {
        let mut metrics = Metrics::NONE;
        metrics.set(Metric::Sharpe, Some(sharpe));
        let blocks = std::array::from_fn(|b| BlockSum { s1: blocks(b), s2: 1 });
        let evaluation =
            Evaluation { metrics, reason: None, returns: 100, s1: 0, s2: 0, blocks, open_position: false };
        Record::Evaluated {
            identity: RecordIdentity { generation, index: 0, species: 0, hash: 0, genome: vec![] },
            verdict: Verdict {
                class: Class::Feasible,
                violation: 0.0,
                fitness: Some(sharpe),
                evaluation: Some(evaluation),
            },
        }
    }

    // Contract H2.
    #[test]
    fn a_converged_population_does_not_shrink_the_variance() {
        let mut trials = Trials::default();
        for (generation, sharpe) in [(0, -1.0), (0, 1.0), (1, 1.0), (1, 1.0), (1, 1.0)] {
            trials.add(&trial(generation, sharpe, |b| b as i64), 1.0);
        }
        assert_eq!(trials.variance(), 1.0);
    }

    // Contract H2.
    #[test]
    fn a_limit_does_not_shrink_the_variance() {
        let of = |limit: f64| {
            let mut trials = Trials::default();
            for (generation, sharpe) in [(0, -1.0), (0, 1.0), (1, -3.0), (1, 3.0), (1, 2.0)] {
                let mut record = trial(generation, sharpe, |b| b as i64);
                if let Record::Evaluated { verdict, .. } = &mut record
                    && sharpe < limit
                {
                    verdict.class = Class::Infeasible;
                }
                trials.add(&record, 1.0);
            }
            trials.variance()
        };
        // Mean .4, squares 23.2 / 5 less .16 is 4.64.
        assert!((of(f64::NEG_INFINITY) - 4.64).abs() < 1e-12);
        assert_eq!(of(1.0), of(f64::NEG_INFINITY));
    }
}
