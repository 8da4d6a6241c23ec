//! Children of the survivors of one group. A draw depends on its position alone, so children can be drawn ahead, and again
//! where their genomes are known already.

use std::sync::{Mutex, PoisonError};

use crate::breed;
use crate::config::Breeding;
use crate::draws::{DrawPosition, Draws, Purpose};
use crate::group::Operators;
use crate::rank::Individual;
use crate::space::Space;
use crate::supply::Supply;

/// Further draws of a child whose genome is known.
pub(crate) const REDRAWS: u8 = 4;

/// Children for which another thread is begun: so many take several times as long to draw as the thread to begin.
const CHILDREN_PER_THREAD: usize = 200;

/// Children that a thread takes at once.
const PART: usize = 50;

/// What the children of a group in one generation have in common.
pub(crate) struct Children<'a> {
    pub(crate) operators: &'a Operators,
    pub(crate) space: &'a Space,
    /// Not empty, best first.
    pub(crate) survivors: &'a [Individual],
    pub(crate) breeding: &'a Breeding,
    /// The best of cells, how parents are drawn of them, and the share of children that have such parents.
    pub(crate) cells: Option<(&'a [Individual], &'a Breeding, f64)>,
    pub(crate) generation: u32,
    /// Number of the species in draws.
    pub(crate) species: u16,
}

impl Children<'_> {
    /// Writes the child of an index in an attempt into `child`, repaired.
    pub(crate) fn draw(&self, draws: &mut Draws, index: u32, attempt: u8, child: &mut [u32]) {
        let Children { space, survivors, generation, species, .. } = *self;
        let at = |purpose| DrawPosition { generation, species, purpose, attempt, child: index };
        let from_cells = self.cells.filter(|(_, _, share)| {
            draws.seek(at(Purpose::Cells));
            draws.chance(*share)
        });
        draws.seek(at(Purpose::Child));
        match self.operators {
            Operators::Ray(ray) => ray.child(draws, space, survivors, child),
            Operators::Pbt(pbt) => pbt.child(draws, space, survivors, child),
            Operators::Default(rests) => {
                let (parents, breeding) =
                    from_cells.map_or((survivors, self.breeding), |(best, breeding, _)| (best, breeding));
                breed::child(draws, space, rests, parents, breeding, child);
            }
        }
        space.repair(child);
    }

    /// The children from index `first` on, one after the other, drawn on up to `threads` threads: of each its first attempt
    /// that could be claimed now, or the last.
    pub(crate) fn ahead(
        &self,
        draws: &Draws,
        supply: &Supply,
        first: u32,
        count: u32,
        threads: usize,
    ) -> DrawnAhead {
        let genes = self.space.lens().len();
        let (mut genomes, mut attempts) = (vec![0; genes * count as usize], vec![0; count as usize]);
        let each = attempts.chunks_mut(PART).zip(genomes.chunks_mut((PART * genes).max(1)));
        let parts = Mutex::new((first..).step_by(PART).zip(each));
        let draw = || {
            let mut draws = draws.clone();
            loop {
                let part = parts.lock().unwrap_or_else(PoisonError::into_inner).next();
                let Some((first, (attempts, genomes))) = part else { return };
                let children = attempts.iter_mut().zip(genomes.chunks_exact_mut(genes.max(1)));
                for (index, (attempt, child)) in (first..).zip(children) {
                    self.draw(&mut draws, index, 0, child);
                    // What is known now will be known then.
                    while *attempt < REDRAWS && !supply.is_new(self.space, child) {
                        *attempt += 1;
                        self.draw(&mut draws, index, *attempt, child);
                    }
                }
            }
        };
        std::thread::scope(|scope| {
            for _ in 1..threads.min(count as usize / CHILDREN_PER_THREAD) {
                // Where the system gives no thread, those that are there draw its share.
                let _ = std::thread::Builder::new().spawn_scoped(scope, draw);
            }
            draw();
        });
        DrawnAhead { genes, genomes, attempts }
    }
}

/// Children that were drawn before those in front of them were claimed.
#[derive(Default)]
pub(crate) struct DrawnAhead {
    genes: usize,
    genomes: Vec<u32>,
    attempts: Vec<u8>,
}

impl DrawnAhead {
    /// The child of a number, counted from 0, and the attempt that it is.
    pub(crate) fn child(&self, nth: usize) -> (&[u32], u8) {
        (&self.genomes[nth * self.genes..][..self.genes], self.attempts[nth])
    }
}
