//! A run that is over, as its result shows it: the same page without what was of the moment, such as workers and times.

use galapagos_crds::GeneValue;

use super::board::genes;
use super::series::Series;
use super::view::{BestView, Counts, JobView, SpeciesView, State, View, WorkView};
use crate::results::document::{Champion, ResultDocument};

/// The view of a result: the same result gives the same one.
pub fn view(document: &ResultDocument) -> View {
    let last = document.generations.last();
    let count = u32::try_from(document.generations.len()).unwrap_or(u32::MAX);
    let quota = |i: usize| last.and_then(|report| report.quotas.get(i).copied());
    let species = document.species.iter().enumerate().map(|(i, champion)| SpeciesView {
        name: champion.strategy.clone(),
        quota: quota(i),
        best: champion.fitness.filter(|_| champion.class == "feasible"),
    });
    View {
        version: env!("CARGO_PKG_VERSION"),
        job: JobView {
            namespace: document.job.namespace.clone(),
            name: document.job.name.clone(),
            objectives: document.species.first().map(|c| c.objective.clone()).into_iter().collect(),
            population: last.map_or(0, |report| report.quotas.iter().sum()),
            inputs_digest: document.inputs_digest.clone(),
            engine: document.engine,
            ..JobView::default()
        },
        state: State::Finished,
        message: String::new(),
        time: 0,
        started: 0,
        generation: count,
        generations: count,
        individuals: 0,
        walk_forward: None,
        eta_seconds: None,
        per_second: 0.0,
        strategy_bars_per_second: None,
        evaluations: Counts {
            distinct: document.evaluations.distinct,
            cached: document.evaluations.cached,
            failed: document.evaluations.failed,
            set_aside: document.evaluations.exceptions,
        },
        best: document.best.as_ref().map(best),
        history: Series::of(&document.generations),
        species: species.collect(),
        // The report has a part of its own for it, with the holdout.
        front: None,
        work: WorkView::default(),
        events: Vec::new(),
        event_count: 0,
        end: None,
    }
}

fn best(champion: &Champion) -> BestView {
    let genome: Vec<(String, GeneValue)> = champion.genome.clone().into_iter().collect();
    let metrics = champion.training.metrics.iter();
    BestView {
        strategy: champion.strategy.clone(),
        fitness: champion.fitness,
        genome: genes(&genome),
        metrics: metrics.filter_map(|(name, value)| Some((name.clone(), (*value)?))).collect(),
        since: None,
    }
}
