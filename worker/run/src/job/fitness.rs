//! What an evaluation is worth to a job: class, violation and fitness (contract G4, X23).

use std::fmt;

use galapagos_engine::evaluation::{Evaluation, Metric, MetricSet, Metrics, Reason};
use galapagos_genetics::{Goal, Outcome};

use super::cells::{CellAxis, cell};
use super::measure::Measure;
use crate::storage::record::{Class, OBJECTIVE_UNDEFINED, Verdict};

/// An infinite metric is as far from its limit as a number of this size: farther than any that accounts have.
const INFINITE: f64 = 1e12;

/// A bound on a metric or an expression.
#[derive(Clone, Debug, PartialEq)]
pub struct MetricBound {
    /// What is bounded.
    pub measure: Measure,
    /// Highest value that a feasible individual may have; `None`: any.
    pub at_most: Option<f64>,
    /// Lowest value that a feasible individual may have; `None`: any.
    pub at_least: Option<f64>,
    /// What a value is multiplied by before it is compared: 1, but for numbers that grow with the rows where an
    /// individual is evaluated on a part of them.
    pub times: f64,
}

/// Objective and limits of a job.
#[derive(Clone, Debug, PartialEq)]
pub struct FitnessFunction {
    /// What is improved.
    pub objective: Measure,
    /// Whether a larger or a smaller objective is better.
    pub goal: Goal,
    /// Further objectives, each with its direction.
    pub further: Vec<(Measure, Goal)>,
    /// Bounds of feasible individuals.
    pub limits: Vec<MetricBound>,
    /// The numbers whose ranges are cells of behaviour; empty: there are no cells.
    pub cells: Vec<CellAxis>,
}

impl FitnessFunction {
    /// The metrics every individual needs: those of all jobs, the objective and the limits.
    pub fn metrics(&self) -> MetricSet {
        let objectives = self.objectives().fold(MetricSet::always(), |set, (measure, _)| measure.add_to(set));
        let measures = self.limits.iter().map(|l| &l.measure).chain(self.cells.iter().map(|c| &c.measure));
        measures.fold(objectives, |set, measure| measure.add_to(set))
    }

    /// All objectives with their directions, in the order of the manifest.
    pub fn objectives(&self) -> impl Iterator<Item = (&Measure, Goal)> {
        std::iter::once((&self.objective, self.goal)).chain(self.further.iter().map(|(m, g)| (m, *g)))
    }

    /// The direction of what stop rules look at: the objective, or the volume of the front of several.
    pub fn stop_goal(&self) -> Goal {
        if self.further.is_empty() { self.goal } else { Goal::Maximise }
    }

    /// The verdict on an evaluation; `None`: it could not be evaluated.
    ///
    /// `NoTrades` and `FlatReturns` are infeasible with violation 1, to which broken limits add. So is an individual
    /// whose objective is undefined for another reason (a profit factor without a loss): no number can rank it. A limit
    /// on an infinite metric is kept or broken by its sign; on an undefined one it counts as broken by 1.
    pub fn verdict(&self, evaluation: Option<Box<Evaluation>>) -> Verdict {
        let Some(evaluation) = evaluation else {
            return Verdict { class: Class::Failed, violation: 0.0, fitness: None, evaluation: None };
        };
        let defined = self.further.iter().all(|(measure, _)| measure.value(&evaluation.metrics).is_some());
        let fitness = self.objective.value(&evaluation.metrics).filter(|_| defined);
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

    /// Whether an individual of such habits can win, had it only earned more: it trades and keeps the limits on how much it
    /// does. What it earned does not count: a limit on a Sharpe ratio or a drawdown takes from luck's trials those
    /// that had none.
    pub fn is_candidate(&self, evaluation: &Evaluation) -> bool {
        let kept = |limit: &MetricBound| !limit.is_on_habit() || limit.excess(evaluation) == 0.0;
        evaluation.reason.is_none() && self.limits.iter().all(kept)
    }

    /// What genetics ranks by. An undefined fitness of an infeasible individual counts as 0: its violation of at
    /// least 1 has ranked it already.
    pub fn outcome(&self, verdict: &Verdict) -> Outcome {
        let fitness = verdict.fitness.unwrap_or(0.0);
        let mut further = [0.0; 3];
        if let Some(evaluation) = verdict.evaluation.as_ref().filter(|_| verdict.fitness.is_some()) {
            for (to, (measure, _)) in further.iter_mut().zip(&self.further) {
                *to = measure.value(&evaluation.metrics).unwrap_or(0.0);
            }
        }
        let cell = verdict.evaluation.as_ref().and_then(|e| cell(&self.cells, &e.metrics));
        match verdict.class {
            Class::Feasible => Outcome::feasible(fitness).with_further(further).in_cell(cell),
            Class::Infeasible => Outcome::infeasible(fitness, verdict.violation).with_further(further),
            Class::Failed => Outcome::failed(),
        }
    }

    /// Everything that stands against an individual, for people; nothing if it is feasible.
    pub fn objections(&self, verdict: &Verdict) -> Vec<Objection> {
        if verdict.class == Class::Feasible {
            return Vec::new();
        }
        let evaluation = verdict.evaluation.as_deref();
        // The limits say nothing of an account that failed.
        let counted = evaluation.filter(|_| verdict.class == Class::Infeasible);
        let named = verdict.reason().map(|r| self.named(r, evaluation));
        let limits = counted.into_iter().flat_map(|e| self.limits.iter().flat_map(|l| l.objections(e)));
        named.into_iter().chain(limits).collect()
    }

    fn named(&self, reason: &str, evaluation: Option<&Evaluation>) -> Objection {
        let undefined = evaluation.filter(|_| reason == OBJECTIVE_UNDEFINED);
        let because = undefined.map(|evaluation| {
            let missing = self.objectives().map(|(m, _)| m).find(|m| m.value(&evaluation.metrics).is_none());
            let measure = missing.unwrap_or(&self.objective);
            let text = format!("{} is no number", measure.name());
            match measure {
                Measure::Metric(_) => text,
                own @ Measure::Own { .. } => {
                    format!("{text}: {}", own.undefined_because(&evaluation.metrics))
                }
            }
        });
        Objection { to: reason.to_owned(), because, undefined: false }
    }

    /// The values of expressions by their names, for accounts that are shown.
    pub fn own_values(&self, metrics: &Metrics) -> Vec<(String, Option<f64>)> {
        let measures = self.objectives().map(|(m, _)| m).chain(self.limits.iter().map(|l| &l.measure));
        let own = measures.filter(|measure| matches!(measure, Measure::Own { .. }));
        own.map(|measure| (measure.name().to_owned(), measure.value(metrics))).collect()
    }

    /// Whether `a` is better than `b`.
    pub fn better(&self, a: f64, b: f64) -> bool {
        match self.goal {
            Goal::Maximise => a > b,
            Goal::Minimise => a < b,
        }
    }
}

impl MetricBound {
    /// Whether the metric says how much an individual does, not what comes of it.
    fn is_on_habit(&self) -> bool {
        self.measure.metrics().all(|metric| {
            matches!(
                metric,
                Metric::Trades | Metric::Exposure | Metric::Turnover | Metric::Fees | Metric::Funding
            )
        })
    }

    /// Relative excess over the bound; 0 if it is kept.
    fn excess(&self, evaluation: &Evaluation) -> f64 {
        let Some(value) = self.measure.extended(&evaluation.metrics) else { return 1.0 };
        let value = value * self.times;
        let relative = |excess: f64, limit: f64| {
            let scale = if limit.abs() > 1e-9 { limit.abs() } else { 1e-9 };
            match excess {
                // A violation is a sum: infinity in it would hide all other limits.
                f64::INFINITY if scale < 1.0 => INFINITE / scale,
                f64::INFINITY => INFINITE,
                _ if excess > 0.0 => excess / scale,
                _ => 0.0,
            }
        };
        self.at_most.map_or(0.0, |limit| relative(value - limit, limit))
            + self.at_least.map_or(0.0, |limit| relative(limit - value, limit))
    }

    /// The sides of the bound that an infeasible individual does not keep.
    fn objections(&self, evaluation: &Evaluation) -> Vec<Objection> {
        let value = self.measure.extended(&evaluation.metrics).map(|value| value * self.times);
        let name = self.measure.name();
        let sides = [
            self.at_least.map(|limit| (format!("{name} >= {limit}"), value.is_none_or(|v| v < limit))),
            self.at_most.map(|limit| (format!("{name} <= {limit}"), value.is_none_or(|v| v > limit))),
        ];
        let because = match value {
            Some(value) => format!("it is {value}"),
            None => format!("it is undefined: {}", self.measure.undefined_because(&evaluation.metrics)),
        };
        let broken = sides.into_iter().flatten().filter(|side| side.1);
        let objection =
            |(to, _)| Objection { to, because: Some(because.clone()), undefined: value.is_none() };
        broken.map(objection).collect()
    }
}

/// One thing that stands against an individual.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Objection {
    /// The limit, as `trades >= 10`, or the name of the reason.
    pub to: String,
    /// Why, where that is not all.
    pub because: Option<String>,
    /// Whether the limit cannot be compared with anything.
    pub undefined: bool,
}

impl fmt::Display for Objection {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.because {
            Some(because) => write!(f, "{}: {because}", self.to),
            None => f.write_str(&self.to),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use galapagos_engine::evaluation::{BLOCKS, BlockSum, Metrics};

    fn evaluation(values: &[(Metric, f64)], reason: Option<Reason>) -> Box<Evaluation> {
        let mut metrics = Metrics::NONE;
        values.iter().for_each(|&(m, v)| metrics.set(m, Some(v)));
        let blocks = [BlockSum::default(); BLOCKS];
        Box::new(Evaluation { metrics, reason, returns: 5, s1: 0, s2: 0, blocks, open_position: false })
    }

    fn fitness() -> FitnessFunction {
        let limits = vec![
            MetricBound {
                measure: Measure::Metric(Metric::MaxDrawdown),
                at_most: Some(0.2),
                at_least: None,
                times: 1.0,
            },
            MetricBound {
                measure: Measure::Metric(Metric::Trades),
                at_most: None,
                at_least: Some(30.0),
                times: 1.0,
            },
        ];
        FitnessFunction {
            objective: Measure::Metric(Metric::Sharpe),
            goal: Goal::Maximise,
            further: vec![],
            limits,
            cells: vec![],
        }
    }

    #[test]
    fn violations_are_relative_and_add_up() {
        let e =
            evaluation(&[(Metric::Sharpe, 2.0), (Metric::MaxDrawdown, 0.3), (Metric::Trades, 15.0)], None);
        let v = fitness().verdict(Some(e));
        assert_eq!(v.class, Class::Infeasible);
        assert!((v.violation - 1.0).abs() < 1e-12);
        assert_eq!(fitness().outcome(&v).fitness, 2.0);
    }

    #[test]
    fn a_limit_that_is_met_exactly_is_kept() {
        let e =
            evaluation(&[(Metric::Sharpe, 2.0), (Metric::MaxDrawdown, 0.2), (Metric::Trades, 30.0)], None);
        assert_eq!(fitness().verdict(Some(e)).class, Class::Feasible);
    }

    // Contract X23.
    #[test]
    fn no_trades_is_infeasible_and_limits_still_order_it() {
        let e = evaluation(&[(Metric::MaxDrawdown, 0.0), (Metric::Trades, 0.0)], Some(Reason::NoTrades));
        let v = fitness().verdict(Some(e));
        assert_eq!((v.class, v.violation, v.fitness), (Class::Infeasible, 2.0, None));
        assert!(fitness().outcome(&v).is_valid());
    }

    // Contract X23, G4.
    #[test]
    fn ruin_and_exceptions_are_failed() {
        let ruined = fitness().verdict(Some(evaluation(&[(Metric::Sharpe, 9.0)], Some(Reason::Ruined))));
        assert_eq!((ruined.class, ruined.reason()), (Class::Failed, Some("Ruined")));
        assert_eq!(fitness().verdict(None).class, Class::Failed);
    }

    fn with_limit(at_least: Option<f64>, at_most: Option<f64>) -> FitnessFunction {
        let limits = vec![MetricBound {
            measure: Measure::Metric(Metric::ProfitFactor),
            at_most,
            at_least,
            times: 1.0,
        }];
        FitnessFunction { limits, ..fitness() }
    }

    #[test]
    fn infinity_meets_a_limit_by_its_sign() {
        let of = |value| {
            let e = evaluation(&[(Metric::Sharpe, 2.0), (Metric::ProfitFactor, value)], None);
            assert_eq!(e.metrics.get(Metric::ProfitFactor), None, "infinity is no number");
            e
        };
        let class = |fitness: FitnessFunction, value| fitness.verdict(Some(of(value))).class;
        assert_eq!(class(with_limit(Some(1.5), None), f64::INFINITY), Class::Feasible);
        assert_eq!(class(with_limit(None, Some(1.5)), f64::INFINITY), Class::Infeasible);
        assert_eq!(class(with_limit(None, Some(1.5)), f64::NEG_INFINITY), Class::Feasible);
        let low = with_limit(Some(1.5), None).verdict(Some(of(f64::NEG_INFINITY)));
        assert_eq!((low.class, low.violation), (Class::Infeasible, INFINITE));
        assert!(fitness().outcome(&low).is_valid());
    }

    // Contract G4.
    #[test]
    fn infinity_is_farther_from_a_limit_than_any_number_and_hides_no_other_limit() {
        for limit in [0.0, 0.01, 3.0, 1e6] {
            let far = |value: f64, trades: f64| {
                let mut fitness = with_limit(None, Some(limit));
                fitness.limits.push(MetricBound {
                    measure: Measure::Metric(Metric::Trades),
                    at_most: None,
                    at_least: Some(10.0),
                    times: 1.0,
                });
                let values = [(Metric::Sharpe, 2.0), (Metric::ProfitFactor, value), (Metric::Trades, trades)];
                fitness.verdict(Some(evaluation(&values, None))).violation
            };
            assert!(far(f64::INFINITY, 10.0) > far(7e6, 10.0), "{limit}");
            assert!(far(7e6, 10.0) > far(4e6, 10.0), "{limit}");
            assert!(limit < 1e-3 || far(f64::INFINITY, 9.0) > far(f64::INFINITY, 10.0), "{limit}");
        }
    }

    #[test]
    fn an_undefined_limit_says_which_it_is_and_why_it_is_undefined() {
        let fitness = with_limit(Some(1.5), None);
        let verdict = fitness.verdict(Some(evaluation(&[(Metric::Sharpe, 2.0)], None)));
        assert_eq!(verdict.class, Class::Infeasible);
        let said: Vec<String> = fitness.objections(&verdict).iter().map(ToString::to_string).collect();
        assert_eq!(
            said,
            [
                "profit_factor >= 1.5: it is undefined: no trade gained and none lost, or only some symbols are infinite"
            ]
        );
    }

    #[test]
    fn a_broken_limit_is_named_with_the_value_that_breaks_it() {
        let values = [(Metric::Sharpe, 2.0), (Metric::MaxDrawdown, 0.3), (Metric::Trades, 15.0)];
        let verdict = fitness().verdict(Some(evaluation(&values, None)));
        let said: Vec<String> = fitness().objections(&verdict).iter().map(ToString::to_string).collect();
        assert_eq!(said, ["max_drawdown <= 0.2: it is 0.3", "trades >= 30: it is 15"]);
        let values = [(Metric::Sharpe, 2.0), (Metric::MaxDrawdown, 0.2), (Metric::Trades, 30.0)];
        let kept = fitness().verdict(Some(evaluation(&values, None)));
        assert_eq!(fitness().objections(&kept), []);
    }
}
