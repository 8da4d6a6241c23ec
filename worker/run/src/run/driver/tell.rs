//! What a driver tells of a generation boundary.

use std::time::Duration;

use galapagos_engine::evaluation::Metrics;
use galapagos_genetics::Class;

use super::{Driver, FrontNews};
use crate::run::progress::{Observer, RunEvent};

impl Driver<'_> {
    /// Tells of the boundary that was saved last.
    pub(super) fn told(&self, checkpoint: Duration, observer: &mut dyn Observer) {
        let pace = self.pace();
        let Some(report) = self.state.history.last() else { return };
        let best = self.evolution.best();
        let best = best.map(|b| self.job.species[b.species].named(b.genome)).unwrap_or_default();
        let front = FrontNews::of(self.job, &self.evolution);
        observer.observe(RunEvent::Generation {
            report,
            pace: &pace,
            best: &best,
            metrics: self.best_metrics().as_ref(),
            front: front.as_ref(),
            species: &self.best_of_species(),
            counters: &self.state.counters,
            digest: self.chain.digest(),
            checkpoint,
        });
    }

    /// The metrics of the best individual so far, from the ledger.
    fn best_metrics(&self) -> Option<Metrics> {
        Some(self.recorded(&self.evolution.best()?)?.metrics)
    }

    /// The best feasible fitness of each species. With several objectives it would take a look at the whole front for each.
    fn best_of_species(&self) -> Vec<Option<f64>> {
        let single = self.job.fitness.further.is_empty();
        let best = |species| {
            let best = self.evolution.best_of_species(species).filter(|_| single)?;
            (best.outcome.class == Class::Feasible).then_some(best.outcome.fitness)
        };
        (0..self.job.species.len()).map(best).collect()
    }
}
