//! Series of the strategies that train. Features, labels and models belong to a symbol and are shared by all batches of a
//! process, generation after generation; in a batch, machines on the same rows are trained side by side (`lanes`), and
//! forests on the same rows share projection and trees (`grow`). The plain strategies beside [`crate::strategies::learning`]
//! are the oracle.

mod forests;
mod grow;
mod history;
mod lanes;
mod lessons;
mod machines;
mod recent;

use super::Loops;
use super::columns::Columns;
use super::key::Key;
use super::series::Block;
use crate::interrupt::Interrupt;
pub(crate) use forests::Forest;
use forests::Forests;
pub(super) use lessons::Lessons;
pub(crate) use machines::Machine;
use machines::Machines;

/// A block of rows.
struct Filling<'a, 'i> {
    learning: &'a mut Learning,
    lessons: &'a Lessons,
    rows: (usize, usize),
    blocks: &'a mut [Block],
    interrupt: Interrupt<'i>,
}

impl Loops for Filling<'_, '_> {
    #[inline(always)]
    fn run(self) {
        let Filling { learning, lessons, rows, blocks, interrupt } = self;
        learning.machines.fill(lessons, rows, blocks, interrupt);
        learning.forests.fill(lessons, rows, blocks, interrupt);
    }
}

/// The series of a batch that models give.
#[derive(Default)]
pub(super) struct Learning {
    machines: Machines,
    forests: Forests,
    any: bool,
}

impl Learning {
    /// The state before the first row for those of `keys` that models give.
    pub(super) fn new(keys: &[Key]) -> Learning {
        let mut out = Learning::default();
        for (series, &key) in keys.iter().enumerate() {
            match key {
                Key::Score(machine) => out.machines.add(series, machine),
                Key::Prediction(forest) => out.forests.add(series, forest, None),
                Key::Quantile(forest, percent) => out.forests.add(series, forest, Some(percent)),
                _ => continue,
            }
            out.any = true;
        }
        out
    }

    /// Computes rows `from..to`; blocks are taken in order.
    pub(super) fn fill(
        &mut self,
        columns: &Columns,
        rows: (usize, usize),
        blocks: &mut [Block],
        interrupt: Interrupt,
    ) {
        if self.any {
            let lessons = columns.lessons();
            lessons.set.widened(Filling { learning: self, lessons, rows, blocks, interrupt });
        }
    }
}
