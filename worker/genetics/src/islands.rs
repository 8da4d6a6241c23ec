//! Islands: populations that breed apart and hand each other their best now and then.
//!
//! Each island has every species, an equal part of the population and draws of its own. What the run has asked for is known to
//! all of them, so no genome is evaluated on two. The groups of a run are those of the first species on each island, then those of
//! the second, and so on.

use std::ops::Range;

use crate::config::{Config, ConfigError};
use crate::evolution::Evolution;
use crate::quota;
use crate::rank::{Class, Individual};

/// Most islands of a run.
pub const MOST_ISLANDS: u32 = 64;

/// Fewest individuals of a species on an island.
const LEAST: u64 = 8;

/// From which islands migrants come.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Topology {
    /// From the one before, the first from the last.
    #[default]
    Ring,
    /// From all others.
    Full,
}

/// How a population is divided.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Islands {
    /// Number of islands; 2 to 64.
    pub count: u32,
    /// Generations from one migration to the next; at least 1.
    pub migrate_every: u32,
    /// The best of each species that leave an island, as copies; at least 1.
    pub migrants: u32,
    /// Where they come from.
    pub topology: Topology,
}

impl Islands {
    /// The islands whose migrants this one receives, in the order in which they are taken.
    fn sources(self, to: usize) -> impl Iterator<Item = usize> {
        let count = self.count as usize;
        let each = move |from: usize| match self.topology {
            Topology::Ring => from == (to + count - 1) % count,
            Topology::Full => from != to,
        };
        (0..count).filter(move |&from| each(from))
    }

    /// Checks every field's range.
    pub(crate) fn check(self, population: u32, species: usize) -> Result<(), ConfigError> {
        let Islands { count, migrate_every, migrants, topology: _ } = self;
        let need = |holds: bool, field, value: u32, rule| {
            if holds { Ok(()) } else { Err(ConfigError { field, value: value.into(), rule }) }
        };
        need((2..=MOST_ISLANDS).contains(&count), "islands.count", count, "between 2 and 64")?;
        need(migrate_every > 0, "islands.migrateEvery", migrate_every, "at least 1")?;
        need(migrants > 0, "islands.migrants", migrants, "at least 1")?;
        let enough = u64::from(population) >= LEAST * u64::from(count) * species as u64;
        need(enough, "population", population, "at least 8 for each species on each island")
    }
}

/// Seed of an island: the first 8 bytes of BLAKE3("galapagos.island.v1" ‖ seed as u64 ‖ island as u32), little-endian, of
/// which 53 bits count.
pub(crate) fn seed(seed: u64, island: u32) -> u64 {
    let mut hasher = blake3::Hasher::new();
    hasher.update(b"galapagos.island.v1");
    hasher.update(&seed.to_le_bytes());
    hasher.update(&island.to_le_bytes());
    let first = hasher.finalize().as_bytes().first_chunk().map_or(0, |bytes| u64::from_le_bytes(*bytes));
    first & ((1 << 53) - 1)
}

impl Config {
    /// Number of islands; 1 where the population is not divided.
    pub(crate) fn island_count(&self) -> usize {
        self.islands.map_or(1, |islands| islands.count as usize)
    }

    /// Individuals of each island.
    pub(crate) fn island_populations(&self) -> Vec<u64> {
        quota::proportional(self.population.into(), &vec![1; self.island_count()])
    }
}

impl Evolution {
    /// The groups of a species, island by island.
    pub(crate) fn groups_of(&self, species: usize) -> Range<usize> {
        let count = self.config.island_count();
        // A number that a damaged checkpoint says may be any.
        species.saturating_mul(count)..species.saturating_add(1).saturating_mul(count)
    }

    /// The groups of an island, species by species.
    pub(crate) fn groups_on(&self, island: usize) -> impl Iterator<Item = usize> + Clone + use<> {
        (island..self.groups.len()).step_by(self.config.island_count())
    }

    /// After every `migrate_every` generations copies of the best of each island join the survivors of others. All leave before
    /// any arrives.
    pub(crate) fn migrate(&mut self) {
        let Some(islands) = self.config.islands else { return };
        if !(u64::from(self.generation) + 1).is_multiple_of(islands.migrate_every.into()) {
            return;
        }
        for species in 0..self.supplies.len() {
            let own = self.groups_of(species);
            let best = |i: usize| -> Vec<Individual> {
                let alive = self.groups[i].survivors.iter().filter(|s| s.rank.class != Class::Failed);
                alive.take(islands.migrants as usize).cloned().collect()
            };
            let leaving: Vec<Vec<Individual>> = own.clone().map(best).collect();
            for (to, i) in own.enumerate() {
                let arriving = islands.sources(to).flat_map(|from| leaving[from].iter().cloned());
                self.groups[i].receive(arriving, &self.config);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    // Contract G16.
    #[test]
    fn the_seed_of_an_island_never_changes() {
        // Computed with the Python package blake3.
        let seeds = [seed(0, 0), seed(0, 1), seed(7, 0), seed((1 << 53) - 1, 63)];
        assert_eq!(seeds, [4818314284254687, 8240208226592257, 7921445689861470, 8712604347094515]);
    }

    #[test]
    fn migrants_come_from_the_island_before_or_from_all_others() {
        let of = |count, topology| {
            let islands = Islands { count, migrate_every: 1, migrants: 1, topology };
            (0..count as usize).map(|to| islands.sources(to).collect::<Vec<_>>()).collect::<Vec<_>>()
        };
        assert_eq!(of(3, Topology::Ring), [[2], [0], [1]]);
        assert_eq!(of(3, Topology::Full), [[1, 2], [0, 2], [0, 1]]);
        assert_eq!(of(2, Topology::Ring), of(2, Topology::Full));
    }
}
