//! The cells of a finished run: the best of each evaluated once more.

use galapagos_engine::evaluation::Metric;
use galapagos_genetics::{Evolution, Survivor};

use super::account::MetricMap;
use super::archive::{CellArchive, CellBest, CellRanges};
use super::champions::Odds;
use super::luck::{deflated_sharpe, returns_behind};
use crate::job::cells::{CellAxis, ranges};
use crate::job::problem::Problem;

/// The cells of a finished run, each individual evaluated once more; the holdout is not looked at. `island` knows the island
/// of an individual. `None` of a job without.
pub fn archive(
    problem: &Problem<'_>,
    evolution: &Evolution,
    odds: Odds,
    island: impl Fn(usize, &[u32]) -> Option<u32>,
) -> Option<CellArchive> {
    let job = problem.job();
    let fitness = &job.fitness;
    if fitness.cells.is_empty() {
        return None;
    }
    let asked = fitness.metrics();
    let best = |(cell, survivor): (u16, Survivor<'_>)| {
        let decoded = problem.decode(survivor.species, survivor.genome)?;
        let training = problem.report(problem.training(), &decoded);
        let metrics = &training.evaluation.metrics;
        let named = Metric::ALL.into_iter().filter(|&m| asked.contains(m));
        let mut shown: MetricMap = named.map(|m| (m.name().to_owned(), metrics.get(m))).collect();
        shown.extend(fitness.own_values(metrics));
        Some(CellBest {
            at: ranges(&fitness.cells, cell),
            strategy: job.species[survivor.species].name().to_owned(),
            island: island(survivor.species, survivor.genome),
            genome: decoded.named().into_iter().collect(),
            fitness: fitness.objective.value(metrics),
            values: fitness.cells.iter().map(|axis| axis.measure.value(metrics)).collect(),
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
    let axis =
        |axis: &CellAxis| CellRanges { name: axis.measure.name().to_owned(), edges: axis.edges.clone() };
    Some(CellArchive {
        axes: fitness.cells.iter().map(axis).collect(),
        objective: fitness.objective.name().to_owned(),
        cells: evolution.cells().into_iter().filter_map(best).collect(),
    })
}
