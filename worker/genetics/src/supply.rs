//! Genomes nobody has asked for yet: uniform draws, the walk through a space, the enumeration of a small one.
//! Everything here follows from the configuration and the genomes claimed, so none of it is state.

use crate::config::Searcher;
use crate::draws::{DrawPosition, Draws, Purpose};
use crate::seen::Seen;
use crate::space::{Genome, Space, WALKABLE};
use crate::species::{Species, species_id};

/// Uniform draws for one candidate before the walk.
const UNIFORM_TRIES: u8 = 16;
/// The same in a space with conditions, where a draw may break one.
const CONDITIONED_TRIES: u8 = 255;

/// How a space is gone through.
#[derive(Clone, Debug)]
enum Traversal {
    /// Not at all: too large.
    None,
    /// Its canonical genomes in this order (mixed-radix positions).
    Listed { order: Vec<u32>, next: usize },
    /// In mixed-radix order, cyclic, from `at` on.
    Walk { at: Vec<u32>, left: u128 },
}

/// The source of unseen genomes of one species.
#[derive(Clone, Debug)]
pub(crate) struct Supply {
    pub(crate) id: u16,
    seen: Seen,
    traversal: Traversal,
    scratch: Vec<u32>,
}

impl Supply {
    /// `small`: spaces up to this many points are enumerated; `in_order`: go through everything from the first
    /// genome on (grid search).
    fn new(name: &str, space: &Space, draws: &mut Draws, small: u128, in_order: bool) -> Supply {
        let id = species_id(name);
        let first = vec![0; space.lens().len()];
        let points = space.points();
        let from = |purpose| DrawPosition { generation: 0, species: id, purpose, attempt: 0, child: 0 };
        let traversal = if in_order {
            Traversal::Walk { at: first.clone(), left: points }
        } else if points <= small.min(WALKABLE) {
            draws.seek(from(Purpose::Order));
            Traversal::Listed { order: shuffled(space, draws), next: 0 }
        } else if points <= WALKABLE {
            draws.seek(from(Purpose::Walk));
            let start = u128::from(draws.below(points as u64));
            Traversal::Walk {
                at: space.at(start).map_or_else(|| first.clone(), |at| at.to_vec()),
                left: points,
            }
        } else {
            Traversal::None
        };
        Supply { id, seen: Seen::new(name, space), traversal, scratch: first }
    }

    /// That of a species with this many candidates in the first generation.
    pub(crate) fn of(species: &Species, quota: u64, searcher: Searcher, draws: &mut Draws) -> Supply {
        let (in_order, small) = match searcher {
            Searcher::Grid => (true, 0),
            Searcher::Random => (false, 0),
            _ => (false, 2 * u128::from(quota)),
        };
        Supply::new(&species.name, &species.space, draws, small, in_order)
    }

    /// Whether candidates come from the list alone.
    pub(crate) fn is_listed(&self) -> bool {
        matches!(self.traversal, Traversal::Listed { .. })
    }

    /// Marks a canonical genome as seen; true if it was new. One that breaks a condition never is.
    pub(crate) fn claim(&mut self, space: &Space, genome: &[u32]) -> bool {
        space.allows(genome) && self.seen.insert(space, genome)
    }

    /// Whether a canonical genome could be claimed.
    pub(crate) fn is_new(&self, space: &Space, genome: &[u32]) -> bool {
        space.allows(genome) && !self.seen.contains(space, genome)
    }

    /// A new genome by uniform draws for the candidate `index` of its species, or the last one drawn if all were known.
    pub(crate) fn uniform(
        &mut self,
        space: &Space,
        draws: &mut Draws,
        generation: u32,
        index: u32,
        genome: &mut [u32],
    ) -> bool {
        let tries = if space.conditions().is_empty() { UNIFORM_TRIES } else { CONDITIONED_TRIES };
        for attempt in 0..tries {
            let purpose = Purpose::Uniform;
            draws.seek(DrawPosition { generation, species: self.id, purpose, attempt, child: index });
            for (k, &len) in genome.iter_mut().zip(space.lens()) {
                *k = if len > 1 { draws.below(u64::from(len)) as u32 } else { 0 };
            }
            space.repair(genome);
            if self.claim(space, genome) {
                return true;
            }
        }
        false
    }

    /// The next unseen genome on the way through the space; it stays unseen until claimed.
    pub(crate) fn next(&mut self, space: &Space) -> Option<Genome> {
        let Supply { seen, traversal, scratch, .. } = self;
        match traversal {
            Traversal::None => None,
            Traversal::Listed { order, next } => {
                while let Some(&index) = order.get(*next) {
                    let genome = space.at(u128::from(index))?;
                    if !seen.contains(space, &genome) {
                        return Some(genome);
                    }
                    *next += 1;
                }
                None
            }
            Traversal::Walk { at, left } => {
                while *left > 0 {
                    if space.has(at, scratch) && !seen.contains(space, at) {
                        return Some(at.as_slice().into());
                    }
                    space.advance(at);
                    *left -= 1;
                }
                None
            }
        }
    }

    /// Whether every genome of a space that can be gone through has been seen.
    pub(crate) fn is_exhausted(&mut self, space: &Space) -> bool {
        !matches!(self.traversal, Traversal::None) && self.next(space).is_none()
    }
}

/// All canonical genomes of a small space, in an order drawn by Fisher and Yates.
fn shuffled(space: &Space, draws: &mut Draws) -> Vec<u32> {
    let mut genome = vec![0; space.lens().len()];
    let mut scratch = genome.clone();
    let mut order = Vec::new();
    for index in 0..space.points() as u32 {
        if space.has(&genome, &mut scratch) {
            order.push(index);
        }
        space.advance(&mut genome);
    }
    for i in (1..order.len()).rev() {
        order.swap(i, draws.index(i + 1));
    }
    order
}
