//! What an evaluation is worth to a job: class, violation and fitness (engine contract 3.4, X23).

use galapagos_engine::evaluation::{Evaluation, Metric, MetricSet, Reason};
use galapagos_genetics::{Goal, Outcome};

use crate::storage::record::{Class, Verdict};

/// A bound on a metric.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Bound {
    /// The metric.
    pub metric: Metric,
    /// Highest value allowed.
    pub at_most: Option<f64>,
    /// Lowest value allowed.
    pub at_least: Option<f64>,
}

/// Objective and limits of a job.
#[derive(Clone, Debug, PartialEq)]
pub struct Judge {
    /// The metric that is improved.
    pub objective: Metric,
    /// Its direction.
    pub goal: Goal,
    /// Bounds of feasible individuals.
    pub limits: Vec<Bound>,
}

impl Judge {
    /// The metrics every individual needs: those of all jobs, the objective and the limits.
    pub fn metrics(&self) -> MetricSet {
        self.limits.iter().fold(MetricSet::always().with(self.objective), |set, l| set.with(l.metric))
    }

    /// The verdict on an evaluation; `None`: it could not be evaluated.
    ///
    /// `NoTrades` and `FlatReturns` are infeasible with violation 1, to which broken limits add. So is an individual
    /// whose objective is undefined for another reason (a profit factor without a loss), and a limit on an undefined
    /// metric counts as broken by 1: what cannot be computed cannot win.
    pub fn verdict(&self, evaluation: Option<Evaluation>) -> Verdict {
        let Some(evaluation) = evaluation else {
            return Verdict { class: Class::Failed, violation: 0.0, fitness: None, evaluation: None };
        };
        let fitness = evaluation.metrics.get(self.objective);
        if evaluation.reason.is_some_and(Reason::is_failed) {
            return Verdict {
                class: Class::Failed,
                violation: 0.0,
                fitness: None,
                evaluation: Some(evaluation),
            };
        }
        let undefined = evaluation.reason.is_some() || fitness.is_none();
        let base = if undefined { 1.0 } else { 0.0 };
        let violation = self.limits.iter().fold(base, |sum, limit| sum + limit.excess(&evaluation));
        let class = if violation > 0.0 { Class::Infeasible } else { Class::Feasible };
        Verdict { class, violation, fitness, evaluation: Some(evaluation) }
    }

    /// Whether `a` is better than `b`.
    pub fn better(&self, a: f64, b: f64) -> bool {
        match self.goal {
            Goal::Maximise => a > b,
            Goal::Minimise => a < b,
        }
    }
}

impl Bound {
    /// Relative excess over the bound; 0 if it is kept.
    fn excess(&self, evaluation: &Evaluation) -> f64 {
        let Some(value) = evaluation.metrics.get(self.metric) else { return 1.0 };
        let relative = |excess: f64, limit: f64| {
            let scale = if limit.abs() > 1e-9 { limit.abs() } else { 1e-9 };
            if excess > 0.0 { excess / scale } else { 0.0 }
        };
        self.at_most.map_or(0.0, |limit| relative(value - limit, limit))
            + self.at_least.map_or(0.0, |limit| relative(limit - value, limit))
    }
}

impl Verdict {
    /// What genetics ranks by. An undefined fitness of an infeasible individual counts as 0: its violation of at
    /// least 1 has ranked it already.
    pub fn outcome(&self) -> Outcome {
        let fitness = self.fitness.unwrap_or(0.0);
        match self.class {
            Class::Feasible => Outcome::feasible(fitness),
            Class::Infeasible => Outcome::infeasible(fitness, self.violation),
            Class::Failed => Outcome::failed(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use galapagos_engine::evaluation::{BLOCKS, BlockSum, Metrics};

    fn evaluation(values: &[(Metric, f64)], reason: Option<Reason>) -> Evaluation {
        let mut metrics = Metrics::NONE;
        values.iter().for_each(|&(m, v)| metrics.set(m, Some(v)));
        let blocks = [BlockSum::default(); BLOCKS];
        Evaluation { metrics, reason, returns: 5, s1: 0, s2: 0, blocks, open_position: false }
    }

    fn judge() -> Judge {
        let limits = vec![
            Bound { metric: Metric::MaxDrawdown, at_most: Some(0.2), at_least: None },
            Bound { metric: Metric::Trades, at_most: None, at_least: Some(30.0) },
        ];
        Judge { objective: Metric::Sharpe, goal: Goal::Maximise, limits }
    }

    #[test]
    fn violations_are_relative_and_add_up() {
        let e =
            evaluation(&[(Metric::Sharpe, 2.0), (Metric::MaxDrawdown, 0.3), (Metric::Trades, 15.0)], None);
        let v = judge().verdict(Some(e));
        assert_eq!(v.class, Class::Infeasible);
        assert!((v.violation - 1.0).abs() < 1e-12);
        assert_eq!(v.outcome().fitness, 2.0);
    }

    #[test]
    fn a_limit_that_is_met_exactly_is_kept() {
        let e =
            evaluation(&[(Metric::Sharpe, 2.0), (Metric::MaxDrawdown, 0.2), (Metric::Trades, 30.0)], None);
        assert_eq!(judge().verdict(Some(e)).class, Class::Feasible);
    }

    #[test]
    fn no_trades_is_infeasible_and_limits_still_order_it() {
        let e = evaluation(&[(Metric::MaxDrawdown, 0.0), (Metric::Trades, 0.0)], Some(Reason::NoTrades));
        let v = judge().verdict(Some(e));
        assert_eq!((v.class, v.violation, v.fitness), (Class::Infeasible, 2.0, None));
        assert!(v.outcome().is_valid());
    }

    #[test]
    fn ruin_and_exceptions_are_failed() {
        let ruined = judge().verdict(Some(evaluation(&[(Metric::Sharpe, 9.0)], Some(Reason::Ruined))));
        assert_eq!((ruined.class, ruined.reason()), (Class::Failed, Some("Ruined")));
        assert_eq!(judge().verdict(None).class, Class::Failed);
    }
}
