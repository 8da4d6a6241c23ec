//! What a run keeps for each species: its survivors, its quota and how long it has been without success.

use std::collections::BTreeSet;
use std::sync::Arc;

use crate::cells::Cells;
use crate::config::{Config, Preset};
use crate::draws::Draws;
use crate::front;
use crate::generation::Candidate;
use crate::pbt::{self, Pbt};
use crate::rank::{Class, Individual, Rank};
use crate::ray::Ray;
use crate::rests::Rests;
use crate::searcher::Model;
use crate::space::Genome;
use crate::species::{Species, species_id};

/// What a child is bred with.
#[derive(Clone, Debug)]
pub(crate) enum Operators {
    Default(Rests),
    Ray(Ray),
    Pbt(Pbt),
}

/// One species on one island of a run.
#[derive(Clone, Debug)]
pub(crate) struct SpeciesState {
    pub(crate) species: Arc<Species>,
    pub(crate) operators: Operators,
    /// What proposes candidates in place of breeding.
    pub(crate) model: Option<Model>,
    pub(crate) quota: u32,
    /// The individuals that may breed, best first; at most `keep` of them.
    pub(crate) survivors: Vec<Individual>,
    /// Generations since its best last rose (since the last restart at most).
    pub(crate) stagnant: u32,
    /// Generations without an individual among the best half.
    pub(crate) silent: u32,
    pub(crate) extinct: bool,
    pub(crate) exhausted: bool,
    /// Distinct candidates that have been evaluated, over all generations so far.
    pub(crate) evaluations: u64,
    /// The best of its cells; `None`: there are no cells.
    pub(crate) cells: Option<Cells>,
}

impl SpeciesState {
    /// `draws` are those of the island.
    pub(crate) fn new(
        species: &Arc<Species>,
        quota: u32,
        config: &Config,
        draws: &mut Draws,
    ) -> SpeciesState {
        let space = &species.space;
        let operators = match config.preset() {
            Preset::Ray => Operators::Ray(Ray::new(space)),
            Preset::Pbt { resample } => Operators::Pbt(Pbt::new(space, resample)),
            Preset::Default => Operators::Default(Rests::new(space, config.breeding.mutation_eta)),
        };
        SpeciesState {
            operators,
            model: Model::new(config.searcher, space, species_id(&species.name), draws),
            species: species.clone(),
            quota,
            survivors: vec![],
            stagnant: 0,
            silent: 0,
            extinct: false,
            exhausted: false,
            evaluations: 0,
            cells: config.cells.map(|_| Cells::default()),
        }
    }

    pub(crate) fn is_active(&self) -> bool {
        !self.exhausted && !self.extinct
    }

    /// Candidates in a generation: the quota, or under a preset what those it keeps leave of it, unless the space is listed.
    pub(crate) fn candidates(&self, generation: u32, listed: bool, config: &Config) -> u32 {
        if !self.is_active() {
            0
        } else if generation > 0 && !listed {
            self.quota - self.kept(config).unwrap_or(0)
        } else {
            self.quota
        }
    }

    /// How many of the wanted candidates are uniform draws instead of children.
    pub(crate) fn immigrants(&self, wanted: u32, config: &Config) -> u32 {
        let breeding = &config.breeding;
        let due = breeding.restart_after_generations;
        if config.preset() != Preset::Default {
            0
        } else if due > 0 && self.stagnant >= due {
            wanted.div_ceil(2)
        } else {
            (f64::from(wanted) * breeding.immigrants).round() as u32
        }
    }

    /// How many survivors are kept (mu), at least 2.
    fn keep(&self, config: &Config) -> usize {
        let own = || config.breeding.parents.unwrap_or(self.quota.min(100).max(self.quota / 5));
        self.kept(config).unwrap_or_else(own).max(2) as usize
    }

    /// How many of its quota a preset keeps from generation to generation; `None`: it has no such number.
    fn kept(&self, config: &Config) -> Option<u32> {
        match config.preset() {
            Preset::Default => None,
            Preset::Ray => Some(self.quota / 2),
            Preset::Pbt { .. } => Some(self.quota - self.quota.div_ceil(pbt::QUARTER)),
        }
    }

    /// Those of a pool that survive, best first.
    fn best_of(&self, pool: Vec<(Rank, &Genome)>, config: &Config) -> Vec<Individual> {
        let keep = self.keep(config);
        let kept = if config.several.is_some() {
            front::order(pool, config.objectives(), keep).into_iter().take(keep)
        } else {
            best(pool, keep).into_iter().take(keep)
        };
        kept.map(|(rank, genome)| Individual { rank, genome: genome.clone() }).collect()
    }

    /// Migrants join the survivors, of which the best stay; one whose genome is here already is not counted twice. A species
    /// whose best one they raise is not stuck.
    pub(crate) fn receive(&mut self, arriving: impl Iterator<Item = Individual>, config: &Config) {
        let mut all = self.survivors.clone();
        let mut here: BTreeSet<Genome> = all.iter().map(|one| one.genome.clone()).collect();
        all.extend(arriving.filter(|one| here.insert(one.genome.clone())));
        let arrived = &all[self.survivors.len()..];
        if let Some(model) = &mut self.model {
            model.get_mut().receive(arrived, config);
        }
        let before = self.survivors.first().map(|s| s.rank);
        self.survivors = self.best_of(all.iter().map(|s| (s.rank, &s.genome)).collect(), config);
        let after = self.survivors.first().map(|s| s.rank);
        if config.several.is_none() && before.zip(after).is_some_and(|(old, new)| new.compare(&old).is_lt()) {
            self.stagnant = 0;
        }
    }

    /// The best of survivors and evaluated candidates survive; a genome survives once. `grew`: one of them came into the
    /// archive of a run with several objectives.
    pub(crate) fn select(&mut self, evaluated: &[(Rank, &Candidate)], grew: bool, config: &Config) {
        if evaluated.is_empty() {
            return;
        }
        self.evaluations += evaluated.iter().filter(|(_, c)| !c.known).count() as u64;
        let before = self.survivors.first().map(|s| s.rank);
        let old = self.survivors.iter().map(|s| (s.rank, &s.genome));
        let pool = old.chain(evaluated.iter().map(|(r, c)| (*r, &c.genome))).collect();
        self.survivors = self.best_of(pool, config);
        let rose = match (before, self.survivors.first()) {
            (Some(old), Some(new)) if config.several.is_some() && old.class == Class::Feasible => {
                grew && new.rank.class == Class::Feasible
            }
            (Some(old), Some(new)) => new.rank.compare(&old).is_lt(),
            _ => true,
        };
        let due = config.breeding.restart_after_generations;
        self.stagnant =
            if rose || due > 0 && self.stagnant >= due { 0 } else { self.stagnant.saturating_add(1) };
    }
}

/// The best `keep` of a pool in order, each genome once.
fn best(mut pool: Vec<(Rank, &Genome)>, keep: usize) -> Vec<(Rank, &Genome)> {
    let order = |a: &(Rank, &Genome), b: &(Rank, &Genome)| a.0.compare(&b.0).then_with(|| a.1.cmp(b.1));
    // Only a head of the pool is sorted; a longer one where genomes evaluated twice leave too few.
    let mut head = keep;
    while head < pool.len() {
        pool.select_nth_unstable_by(head, order);
        pool[..head].sort_unstable_by(order);
        if pool[..head].windows(2).filter(|w| w[0].1 != w[1].1).count() + 1 >= keep {
            break;
        }
        head *= 2;
    }
    if head < pool.len() {
        pool.truncate(head);
    } else {
        pool.sort_unstable_by(order);
    }
    pool.dedup_by(|a, b| a.1 == b.1);
    pool.truncate(keep);
    pool
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::rank::{Goal, Outcome};

    // Contract G1.
    #[test]
    fn the_best_are_those_of_the_whole_pool_in_order() {
        for (distinct, twice) in [(1, 0), (1, 9), (7, 0), (40, 3), (40, 40), (100, 350)] {
            let genomes: Vec<Genome> = (0..distinct).map(|i: u32| [i * 37 % 101].into()).collect();
            let of = |i: usize| {
                let genome = &genomes[i % genomes.len()];
                (Rank::new(&Outcome::feasible(f64::from(genome[0] / 4)), Goal::Maximise), genome)
            };
            let pool: Vec<_> = (0..genomes.len() + twice).map(of).collect();
            let mut sorted = pool.clone();
            sorted.sort_by(|a, b| a.0.compare(&b.0).then_with(|| a.1.cmp(b.1)));
            sorted.dedup();
            for keep in [2, 5, 20, 200] {
                assert_eq!(best(pool.clone(), keep), sorted[..keep.min(sorted.len())]);
            }
        }
    }
}
