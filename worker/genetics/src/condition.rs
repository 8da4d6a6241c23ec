//! Conditions over genes that every individual keeps, where they are no plain order of two genes.

use std::fmt;
use std::sync::Arc;

use crate::draws::{DrawPosition, Draws, Purpose};
use crate::space::{Genome, Space, SpaceError, WALKABLE};

/// Genomes that are drawn to find one that keeps the conditions of a space.
pub const SEARCHED: u32 = 2_000;
/// Values on each side of a broken one that are all looked at; farther ones by doubled distances.
const NEAR: u32 = 16;

/// Whether a genome keeps a condition.
type Holds = dyn Fn(&[u32]) -> bool + Send + Sync;

/// A condition over the genes of a space. What it says is known to the caller alone.
#[derive(Clone)]
pub struct Condition {
    text: String,
    reads: Vec<usize>,
    moves: Option<usize>,
    holds: Arc<Holds>,
}

impl Condition {
    /// `text` is what it says, part of what a saved state belongs to; `reads` are the positions of its genes, and `moves` is
    /// the one of them, a number, that is moved to its nearest value that keeps it where it is broken, if farther values of
    /// the same side keep it too; `None`: an individual that breaks it is drawn again. `holds` looks at a genome inside its grids, and always says the same of it.
    pub fn new(
        text: impl Into<String>,
        reads: Vec<usize>,
        moves: Option<usize>,
        holds: impl Fn(&[u32]) -> bool + Send + Sync + 'static,
    ) -> Condition {
        Condition { text: text.into(), reads, moves, holds: Arc::new(holds) }
    }

    /// What it says.
    pub fn text(&self) -> &str {
        &self.text
    }

    /// The genes that it is about.
    pub(crate) fn reads(&self) -> &[usize] {
        &self.reads
    }

    pub(crate) fn holds(&self, genome: &[u32]) -> bool {
        (self.holds)(genome)
    }

    /// Moves its gene to the nearest value that keeps it, of two the lower; nothing where none is found. A grid may have
    /// millions of values, so beyond the nearest few distances double, and halve between the last two.
    pub(crate) fn mend(&self, genome: &mut [u32], lens: &[u32]) {
        let Some(gene) = self.moves else { return };
        let (at, last) = (genome[gene], lens[gene] - 1);
        let mut keeps = |to: u32| {
            genome[gene] = to;
            self.holds(genome)
        };
        // How far each side goes.
        let sides = [at, last - at];
        let to = |side: usize, distance: u32| if side == 0 { at - distance } else { at + distance };
        let mut distance = 1;
        let mut before = 0;
        let mut found: Option<(u32, usize)> = None;
        while found.is_none() && before < sides[0].max(sides[1]) {
            for (side, &most) in sides.iter().enumerate().filter(|(_, most)| **most > before) {
                let (mut low, mut high) = (before, distance.min(most));
                if !keeps(to(side, high)) {
                    continue;
                }
                while high - low > 1 {
                    let middle = low + (high - low) / 2;
                    if keeps(to(side, middle)) { high = middle } else { low = middle }
                }
                found = Some(found.map_or((high, side), |other| other.min((high, side))));
            }
            before = distance;
            distance = if distance < NEAR { distance + 1 } else { distance.saturating_mul(2) };
        }
        genome[gene] = found.map_or(at, |(distance, side)| to(side, distance));
    }
}

impl fmt::Debug for Condition {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Condition")
            .field("text", &self.text)
            .field("reads", &self.reads)
            .finish_non_exhaustive()
    }
}

impl Space {
    /// The same under conditions, which rest where they are about an inactive gene.
    ///
    /// # Errors
    /// No genome keeps them, as far as [`SEARCHED`] draws and a space of at most 2^20 points tell.
    pub fn under(mut self, conditions: Vec<Condition>) -> Result<Space, SpaceError> {
        self.conditions = conditions;
        if !self.conditions.is_empty() {
            self.witness = self.search().ok_or_else(|| {
                let texts: Vec<&str> = self.conditions.iter().map(Condition::text).collect();
                SpaceError::Rare { text: texts.join(" and ") }
            })?;
        }
        Ok(self)
    }

    /// Some genome that keeps the conditions.
    fn search(&self) -> Option<Genome> {
        let mut draws = Draws::new(0);
        let mut genome = vec![0; self.lens.len()];
        for child in 0..SEARCHED {
            let purpose = Purpose::Uniform;
            draws.seek(DrawPosition { generation: 0, species: 0, purpose, attempt: 0, child });
            for (k, &len) in genome.iter_mut().zip(&self.lens) {
                *k = draws.below(u64::from(len)) as u32;
            }
            self.repair(&mut genome);
            if self.allows(&genome) {
                return Some(genome.into());
            }
        }
        if self.points() > WALKABLE {
            return None;
        }
        genome.fill(0);
        let mut scratch = genome.clone();
        loop {
            if self.has(&genome, &mut scratch) {
                return Some(genome.into());
            }
            if !self.advance(&mut genome) {
                return None;
            }
        }
    }

    /// The conditions, as given.
    pub fn conditions(&self) -> &[Condition] {
        &self.conditions
    }

    /// The condition that a genome breaks, if it breaks one that does not rest.
    pub(crate) fn broken(&self, genome: &[u32]) -> Option<&Condition> {
        let applies = |c: &&Condition| c.reads().iter().all(|&gene| self.rules.is_active(gene, genome));
        self.conditions.iter().filter(applies).find(|c| !c.holds(genome))
    }

    /// Whether a genome in canonical form keeps the conditions.
    pub fn allows(&self, genome: &[u32]) -> bool {
        self.broken(genome).is_none()
    }

    /// Whether a point of the grid is a genome in canonical form that keeps the conditions.
    pub(crate) fn has(&self, point: &[u32], scratch: &mut [u32]) -> bool {
        scratch.copy_from_slice(point);
        self.rules.repair(scratch);
        scratch == point && self.allows(point)
    }

    /// The genome, or one that keeps the conditions in its place.
    pub(crate) fn allowed(&self, genome: Genome) -> Genome {
        if self.allows(&genome) { genome } else { self.witness.clone() }
    }

    /// Moves the genes of broken conditions, once each in their order, the rules behind; a genome that breaks one then is
    /// left as it was.
    pub(crate) fn mend(&self, genome: &mut [u32]) {
        let before: Genome = (&*genome).into();
        for condition in &self.conditions {
            let applies = condition.reads().iter().all(|&gene| self.rules.is_active(gene, genome));
            if applies && !condition.holds(genome) {
                condition.mend(genome, &self.lens);
            }
        }
        self.rules.repair(genome);
        if !self.allows(genome) {
            genome.copy_from_slice(&before);
        }
    }
}
