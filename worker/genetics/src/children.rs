//! Children of the survivors of one group. A draw depends on its position alone, so children can be drawn ahead.

use std::sync::{Mutex, PoisonError};

use crate::breed;
use crate::config::Breeding;
use crate::draws::{DrawPosition, Draws, Purpose};
use crate::group::Operators;
use crate::rank::Individual;
use crate::space::Space;

/// Children for which another thread is begun: so many take several times as long to draw as the thread to begin.
const CHILDREN_PER_THREAD: usize = 400;

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

    /// The first attempts of the children from index `first` on, one after the other, drawn on up to `threads` threads.
    pub(crate) fn ahead(&self, draws: &Draws, first: u32, count: u32, threads: usize) -> Vec<u32> {
        let genes = self.space.lens().len();
        let mut out = vec![0; genes * count as usize];
        if out.is_empty() {
            return out;
        }
        let threads = threads.min(count as usize / CHILDREN_PER_THREAD).max(1);
        let share = (count as usize).div_ceil(threads);
        let parts = Mutex::new((first..).step_by(share).zip(out.chunks_mut(share * genes)));
        let draw = || {
            let mut draws = draws.clone();
            loop {
                let part = parts.lock().unwrap_or_else(PoisonError::into_inner).next();
                let Some((first, children)) = part else { return };
                for (index, child) in (first..).zip(children.chunks_exact_mut(genes)) {
                    self.draw(&mut draws, index, 0, child);
                }
            }
        };
        std::thread::scope(|scope| {
            for _ in 1..threads {
                // Where the system gives no thread, those that are there draw its share.
                let _ = std::thread::Builder::new().spawn_scoped(scope, draw);
            }
            draw();
        });
        out
    }
}
