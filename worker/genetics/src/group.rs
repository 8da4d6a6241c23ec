//! What a run keeps for each species: its survivors, its quota and how long it has been without success.

use crate::config::Config;
use crate::draws::Draws;
use crate::error::Error;
use crate::evolution::Evolution;
use crate::generation::Candidate;
use crate::rank::{Individual, Rank};
use crate::ray::Ray;
use crate::space::Genome;
use crate::species::Species;
use crate::supply::Supply;

/// One species within a run.
#[derive(Clone, Debug)]
pub(crate) struct Group {
    pub(crate) species: Species,
    pub(crate) supply: Supply,
    /// Operators of the Ray preset, where it is chosen.
    pub(crate) ray: Option<Ray>,
    pub(crate) quota: u32,
    /// Best first.
    pub(crate) survivors: Vec<Individual>,
    /// Generations since its best last rose (since the last restart at most).
    pub(crate) stagnant: u32,
    /// Generations without an individual among the best half.
    pub(crate) silent: u32,
    pub(crate) extinct: bool,
    pub(crate) exhausted: bool,
    /// Distinct candidates told.
    pub(crate) evaluations: u64,
}

impl Group {
    pub(crate) fn new(
        mut species: Species,
        quota: u32,
        config: &Config,
        draws: &mut Draws,
    ) -> Result<Group, Error> {
        let space = &species.space;
        let canonical = |(index, genome): (usize, &Genome)| {
            space.canonical(genome).map_err(|source| Error::Initial {
                species: species.name.clone(),
                index,
                source,
            })
        };
        let initial = species.initial.iter().enumerate().map(canonical).collect::<Result<Vec<_>, _>>()?;
        let (in_order, small) = match config.searcher {
            crate::Searcher::Grid => (true, 0),
            crate::Searcher::Random => (false, 0),
            crate::Searcher::Evolution => (false, 2 * u128::from(quota)),
        };
        let supply = Supply::new(&species.name, space, draws, small, in_order);
        let ray = Evolution::is_ray(config).then(|| Ray::new(space));
        species.initial = initial;
        Ok(Group {
            species,
            supply,
            ray,
            quota,
            survivors: vec![],
            stagnant: 0,
            silent: 0,
            extinct: false,
            exhausted: false,
            evaluations: 0,
        })
    }

    pub(crate) fn is_active(&self) -> bool {
        !self.exhausted && !self.extinct
    }

    /// Candidates in a generation: the quota, or under the Ray preset what the kept half leaves of it.
    pub(crate) fn slots(&self, generation: u32, config: &Config) -> u32 {
        if !self.is_active() {
            0
        } else if Evolution::is_ray(config) && generation > 0 && !self.supply.is_listed() {
            self.quota - self.quota / 2
        } else {
            self.quota
        }
    }

    /// The warm-start genome of a slot.
    pub(crate) fn initial(&self, generation: u32, slot: u32) -> Option<&Genome> {
        if generation == 0 { self.species.initial.get(slot as usize) } else { None }
    }

    /// How many of the wanted candidates are uniform draws instead of children.
    pub(crate) fn immigrants(&self, wanted: u32, config: &Config) -> u32 {
        let breeding = &config.breeding;
        let due = breeding.restart_after_generations;
        if Evolution::is_ray(config) {
            0
        } else if due > 0 && self.stagnant >= due {
            wanted.div_ceil(2)
        } else {
            (f64::from(wanted) * breeding.immigrants).round() as u32
        }
    }

    /// Survivors kept (mu).
    fn keep(&self, config: &Config) -> usize {
        let keep = if Evolution::is_ray(config) {
            self.quota / 2
        } else {
            config.breeding.parents.unwrap_or(self.quota.min(100).max(self.quota / 5))
        };
        keep.max(2) as usize
    }

    /// The best of survivors and told candidates survive; a genome survives once.
    pub(crate) fn select(&mut self, told: &[(Rank, &Candidate)], config: &Config) {
        if told.is_empty() {
            return;
        }
        self.evaluations += told.iter().filter(|(_, c)| !c.known).count() as u64;
        let before = self.survivors.first().map(|s| s.rank);
        let old = self.survivors.iter().map(|s| (&s.rank, &s.genome));
        let mut pool: Vec<(&Rank, &Genome)> = old.chain(told.iter().map(|(r, c)| (r, &c.genome))).collect();
        pool.sort_unstable_by(|a, b| a.0.compare(b.0).then_with(|| a.1.cmp(b.1)));
        pool.dedup_by(|a, b| a.1 == b.1);
        pool.truncate(self.keep(config));
        let kept = pool.into_iter().map(|(rank, genome)| Individual { rank: *rank, genome: genome.clone() });
        self.survivors = kept.collect();
        let rose = match (before, self.survivors.first()) {
            (Some(old), Some(new)) => new.rank.compare(&old).is_lt(),
            _ => true,
        };
        let due = config.breeding.restart_after_generations;
        self.stagnant =
            if rose || due > 0 && self.stagnant >= due { 0 } else { self.stagnant.saturating_add(1) };
    }
}
