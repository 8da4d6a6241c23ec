//! Conditions over genes that every individual keeps, where they are no plain order of two genes.

use std::fmt;
use std::sync::Arc;

/// A condition over the genes of a space. What it says is known to the caller alone.
#[derive(Clone)]
pub struct Condition {
    text: String,
    reads: Vec<usize>,
    moves: Option<usize>,
    holds: Arc<dyn Fn(&[u32]) -> bool + Send + Sync>,
}

impl Condition {
    /// `text` is what it says, part of what a saved state belongs to; `reads` are the positions of its genes, and `moves` is
    /// the one of them, a number, that is moved to its nearest value that keeps it where it is broken; `None`: an individual
    /// that breaks it is drawn again. `holds` looks at a genome inside its grids, and always says the same of it.
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

    /// Moves its gene to the nearest value that keeps it, of two the lower; nothing where there is none.
    pub(crate) fn mend(&self, genome: &mut [u32], lens: &[u32]) {
        let Some(gene) = self.moves else { return };
        let (at, len) = (genome[gene], lens[gene]);
        for distance in 1..len {
            for to in [at.checked_sub(distance), at.checked_add(distance).filter(|to| *to < len)]
                .into_iter()
                .flatten()
            {
                genome[gene] = to;
                if self.holds(genome) {
                    return;
                }
            }
        }
        genome[gene] = at;
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
