//! What a generation was worth, in numbers for people.

use crate::evolution::Evolution;
use crate::generation::{Candidate, Summary};
use crate::rank::{Class, Outcome};
use crate::species::Species;
use crate::stats;
use crate::stop::Progress;

impl Evolution {
    pub(crate) fn summary(&self, candidates: &[Candidate], outcomes: &[Outcome]) -> Summary {
        let count = |class| outcomes.iter().filter(|o| o.class == class).count() as u32;
        let feasible = outcomes.iter().filter(|o| o.class == Class::Feasible);
        let mut fitness: Vec<f64> = feasible.map(|o| o.fitness).collect();
        fitness.sort_unstable_by(f64::total_cmp);
        let quartile = |q| stats::quantile(&fitness, q);
        let Progress { best, evaluations, exhausted } = self.progress();
        Summary {
            generation: self.generation,
            best,
            median: quartile(0.5),
            spread: quartile(0.75).zip(quartile(0.25)).map(|(high, low)| high - low),
            diversity: self.diversity(candidates),
            feasible: count(Class::Feasible),
            infeasible: count(Class::Infeasible),
            failed: count(Class::Failed),
            known: candidates.iter().filter(|c| c.known).count() as u32,
            evaluations,
            exhausted,
            front: self.archive.as_ref().map(|a| a.members.len() as u32),
            hypervolume: self.archive.as_ref().map(|a| a.hypervolume),
        }
    }

    fn diversity(&self, candidates: &[Candidate]) -> f64 {
        let (mut sum, mut genes, mut from) = (0.0, 0.0, 0);
        for (species, Species { space, .. }) in self.species().enumerate() {
            let own = candidates[from..].iter().take_while(|c| c.species == species).count();
            let part = &candidates[from..from + own];
            from += own;
            for &i in space.drawing().iter().filter(|_| !part.is_empty()) {
                let indices = part.iter().map(|c| c.genome[i]);
                sum += stats::distinct_share(indices, space.lens()[i]);
                genes += 1.0;
            }
        }
        if genes > 0.0 { sum / genes } else { 0.0 }
    }
}
