//! The trials of a run: the spread of their Sharpe ratios, and what is kept of each for the tests of the winner (contract H2).

use galapagos_engine::backtest::BacktestResult;
use galapagos_engine::evaluation::{BLOCKS, BlockSum, Evaluation, Metric, Metrics};
use galapagos_engine::execution::Aggregate;
use galapagos_genetics::species_id;
use galapagos_validation::sharpe::{Moments, deflated, variance};

use crate::job::resolve::ResolvedJob;
use crate::storage::record::{Record, RecordIdentity};

/// A trial that could have won.
#[derive(Clone, Debug, PartialEq)]
pub struct CandidateTrial {
    /// 128-bit hash of species and canonical genome.
    pub hash: u128,
    /// The generation that evaluated it, from 0.
    pub generation: u32,
    /// Whether the manifest named it in `population.initial`.
    pub initial: bool,
    /// Number of its returns, summed over the symbols unless their accounts are one.
    pub returns: u64,
    /// Its annual Sharpe ratio; `None` if undefined.
    pub sharpe: Option<f64>,
    /// Sums of its returns.
    pub blocks: [BlockSum; BLOCKS],
}

/// Collects the trials of a run in their canonical order.
#[derive(Debug, Default)]
pub struct Trials {
    sharpes: Vec<f64>,
    first_generation: Vec<f64>,
    /// Those that could have won, had they earned more, feasible or not.
    pub candidates: Vec<CandidateTrial>,
}

impl Trials {
    /// Adds a record. Call in order of (generation, index): sums of f64 depend on the order.
    pub fn add(&mut self, record: &Record, job: &ResolvedJob) {
        let is_given = |identity: &RecordIdentity| {
            let species = job.species.iter().position(|s| species_id(s.name()) == identity.species);
            let given = species.and_then(|s| job.initial.get(s));
            identity.generation == 0 && given.is_some_and(|g| g.iter().any(|g| **g == *identity.genome))
        };
        let is_candidate = |evaluation: &Evaluation| job.fitness.is_candidate(evaluation);
        self.take(record, job.execution.bars_per_year, is_given, is_candidate);
    }

    fn take(
        &mut self,
        record: &Record,
        bars_per_year: f64,
        is_given: impl FnOnce(&RecordIdentity) -> bool,
        is_candidate: impl FnOnce(&Evaluation) -> bool,
    ) {
        let Record::Evaluated { identity, verdict } = record else { return };
        let Some(evaluation) = &verdict.evaluation else { return };
        let sharpe = evaluation.metrics.get(Metric::Sharpe);
        // Infeasible trials were tried too: a limit on the Sharpe ratio would cut the spread that luck has.
        if let Some(sharpe) = sharpe {
            let per_bar = sharpe / bars_per_year.sqrt();
            self.sharpes.push(per_bar);
            if identity.generation == 0 {
                self.first_generation.push(per_bar);
            }
        }
        if !is_candidate(evaluation) {
            return;
        }
        self.candidates.push(CandidateTrial {
            hash: identity.hash,
            generation: identity.generation,
            initial: is_given(identity),
            returns: evaluation.returns,
            sharpe,
            blocks: evaluation.blocks,
        });
    }

    /// The larger of the variances over all trials with a Sharpe ratio and over those of generation 0, infeasible ones
    /// included: a converged population shrinks its variance and would flatter the winner.
    pub fn variance(&self) -> f64 {
        let (all, first) = (variance(&self.sharpes), variance(&self.first_generation));
        if all > first { all } else { first }
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
    use crate::job::fitness::{FitnessFunction, MetricBound};
    use crate::job::measure::Measure;
    use crate::storage::record::{Class, Verdict};
    use galapagos_genetics::Goal;

    fn trial(generation: u32, sharpe: f64, class: Class) -> Record {
        let mut metrics = Metrics::NONE;
        metrics.set(Metric::Sharpe, Some(sharpe));
        metrics.set(Metric::Trades, Some(if sharpe < -2.0 { 9.0 } else { 10.0 }));
        let blocks = std::array::from_fn(|b| BlockSum { s1: b as i64, s2: 1 });
        let evaluation =
            Evaluation { metrics, reason: None, returns: 100, s1: 0, s2: 0, blocks, open_position: false };
        Record::Evaluated {
            identity: RecordIdentity {
                generation,
                index: 0,
                species: 0,
                hash: 0,
                island: None,
                genome: [].into(),
            },
            verdict: Verdict {
                class,
                violation: 0.0,
                fitness: Some(sharpe),
                evaluation: Some(Box::new(evaluation)),
            },
        }
    }

    fn fitness(limit: f64) -> FitnessFunction {
        let at_least = |metric, least| MetricBound {
            measure: Measure::Metric(metric),
            at_most: None,
            at_least: Some(least),
            times: 1.0,
        };
        let limits = vec![at_least(Metric::Sharpe, limit), at_least(Metric::Trades, 10.0)];
        FitnessFunction {
            objective: Measure::Metric(Metric::Sharpe),
            goal: Goal::Maximise,
            further: vec![],
            limits,
            cells: vec![],
        }
    }

    fn trials(of: &[(u32, f64)], limit: f64) -> Trials {
        let mut trials = Trials::default();
        for &(generation, sharpe) in of {
            let class = if sharpe < limit { Class::Infeasible } else { Class::Feasible };
            let is_given = |identity: &RecordIdentity| identity.generation == 0;
            trials.take(&trial(generation, sharpe, class), 1.0, is_given, |e| fitness(limit).is_candidate(e));
        }
        trials
    }

    // Contract H2.
    #[test]
    fn a_converged_population_does_not_shrink_the_variance() {
        let of = [(0, -1.0), (0, 1.0), (1, 1.0), (1, 1.0), (1, 1.0)];
        assert_eq!(trials(&of, f64::NEG_INFINITY).variance(), 1.0);
    }

    // Contract H2.
    #[test]
    fn a_limit_does_not_shrink_the_variance() {
        let of = [(0, -1.0), (0, 1.0), (1, -3.0), (1, 3.0), (1, 2.0)];
        // Mean .4, squares 23.2 / 5 less .16 is 4.64.
        let all = trials(&of, f64::NEG_INFINITY);
        assert!((all.variance() - 4.64).abs() < 1e-12);
        let limited = trials(&of, 1.0);
        assert_eq!(limited.variance(), all.variance());
        // The one of -3 trades too little to win; the others have only earned too little.
        assert_eq!(
            (all.candidates.len(), limited.candidates.len(), limited.candidates[0].initial),
            (4, 4, true)
        );
    }
}
