//! Children of the survivors of one group. A draw depends on its position alone, so children can be drawn ahead.

use crate::breed;
use crate::config::Breeding;
use crate::draws::{DrawPosition, Draws, Purpose};
use crate::group::Operators;
use crate::rank::Individual;
use crate::space::Space;

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

    /// The first attempts of the children from index `first` on, one after the other.
    pub(crate) fn ahead(&self, draws: &mut Draws, first: u32, count: u32) -> Vec<u32> {
        let genes = self.space.lens().len();
        let mut out = vec![0; genes * count as usize];
        for (index, child) in (first..).zip(out.chunks_exact_mut(genes.max(1))) {
            self.draw(draws, index, 0, child);
        }
        out
    }
}
