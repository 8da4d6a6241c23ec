//! The front of a finished run: its points evaluated once more, and on the holdout.

use galapagos_crds as crds;
use galapagos_engine::backtest::BacktestResult;
use galapagos_engine::evaluation::Metric;
use galapagos_genetics::{Class, Evolution, Goal, Survivor};

use super::account::MetricMap;
use super::champions::Odds;
use super::front::{Front, FrontObjective, FrontPoint};
use super::luck::{deflated_sharpe, returns_behind};
use crate::job::measure::Measure;
use crate::job::problem::{DataPart, Problem};

/// The front of a run with several objectives, each point evaluated once more and, once, on the holdout. `island` knows the
/// island of an individual.
pub fn front(
    problem: &Problem<'_>,
    holdout: Option<&DataPart<'_>>,
    evolution: &Evolution,
    odds: Odds,
    island: impl Fn(usize, &[u32]) -> Option<u32>,
) -> Option<Front> {
    let job = problem.job();
    let fitness = &job.fitness;
    let (count, hypervolume) = evolution.front_size()?;
    let objective = |(measure, goal): (&Measure, Goal)| FrontObjective {
        name: measure.name().to_owned(),
        goal: match goal {
            Goal::Maximise => crds::Goal::Maximize,
            Goal::Minimise => crds::Goal::Minimize,
        },
    };
    let asked = fitness.metrics();
    let values = |report: &BacktestResult| -> Vec<Option<f64>> {
        fitness.objectives().map(|(measure, _)| measure.value(&report.evaluation.metrics)).collect()
    };
    let shown = evolution.front();
    let feasible = shown.first().is_some_and(|(s, _)| s.outcome.class == Class::Feasible);
    let point = |(survivor, crowding): &(Survivor<'_>, Option<f64>)| {
        let decoded = problem.decode(survivor.species, survivor.genome)?;
        let training = problem.report(problem.training(), &decoded);
        let metrics = &training.evaluation.metrics;
        let named = Metric::ALL.into_iter().filter(|&m| asked.contains(m));
        let mut shown: MetricMap = named.map(|m| (m.name().to_owned(), metrics.get(m))).collect();
        shown.extend(fitness.own_values(metrics));
        Some(FrontPoint {
            strategy: job.species[survivor.species].name().to_owned(),
            island: island(survivor.species, survivor.genome),
            genome: decoded.named().into_iter().collect(),
            class: if feasible { "feasible" } else { "infeasible" }.to_owned(),
            violation: survivor.outcome.violation,
            values: values(&training),
            holdout: holdout.map(|part| values(&problem.report(part, &decoded))),
            crowding: crowding.filter(|distance| distance.is_finite()),
            deflated_sharpe: deflated_sharpe(
                metrics,
                returns_behind(&training, job.execution.aggregate),
                job.execution.bars_per_year,
                odds.variance,
                odds.trials,
            ),
            metrics: shown,
        })
    };
    Some(Front {
        objectives: fitness.objectives().map(objective).collect(),
        count: u64::from(count),
        hypervolume,
        reference: evolution.reference_point(),
        feasible,
        points: shown.iter().filter_map(point).collect(),
    })
}
