//! Indicator series shared by the individuals of a batch: one per distinct key, filled block by block.
//! How stands in `fills`.

use super::BLOCK;
use super::columns::Columns;
use super::fills::{Inputs, fill, regression};
use super::instructions::{InstructionSet, Work};
use super::kernels::{Isa, Rows};
use super::key::Key;
use super::learning::Learning;
use super::plan::{MOST_SERIES, Plan};
use super::singles::{Singles, is_rounded};
use super::smooth::{EmaGroup, RsiGroup};
use crate::indicators::kernel::weights;
use crate::interrupt::Interrupt;

/// A block of rows of one series, 64-byte aligned, the stride off powers of two.
#[derive(Clone)]
#[repr(align(64))]
pub(super) struct Block {
    pub(super) rows: Rows,
    _stride: [f64; 8],
}

impl Block {
    pub(super) const ZERO: Block = Block { rows: [0.0; BLOCK], _stride: [0.0; 8] };
}

impl AsMut<[f64]> for Block {
    #[inline(always)]
    fn as_mut(&mut self) -> &mut [f64] {
        &mut self.rows
    }
}

/// The distinct series of a batch.
#[derive(Default)]
pub(super) struct Table {
    keys: Vec<Key>,
    /// A buffer for those of the next batch.
    wanted: Vec<Key>,
    blocks: Vec<Block>,
    weights: Vec<(usize, Vec<f64>, f64)>,
    emas: Vec<(usize, EmaGroup)>,
    rsis: Vec<(usize, RsiGroup)>,
    inputs: Inputs,
    learning: Learning,
    /// Of each series in 32 bits, where it is rounded and the instructions compare those.
    singles: Vec<Singles>,
}

impl Table {
    /// Takes the distinct series of plans, each of which is told where its own are; state starts at row 0. `plan` is that of an
    /// element of `plans`.
    pub(super) fn take<P>(&mut self, plans: &mut [P], plan: impl Fn(&mut P) -> &mut Plan) {
        let mut wanted = std::mem::take(&mut self.wanted);
        wanted.clear();
        // Neighbours often have the same series at the same place: so much less is sorted and looked up.
        let mut before = [None; MOST_SERIES];
        for of in plans.iter_mut() {
            for (before, &key) in before.iter_mut().zip(plan(of).keys()) {
                if before.replace(key) != Some(key) {
                    wanted.push(key);
                }
            }
        }
        self.reset(&mut wanted);
        self.wanted = wanted;
        let mut before = [None; MOST_SERIES];
        plans.iter_mut().for_each(|of| plan(of).resolve(self, &mut before));
    }

    /// Takes the distinct keys of `wanted`.
    fn reset(&mut self, wanted: &mut Vec<Key>) {
        wanted.sort_unstable();
        wanted.dedup();
        std::mem::swap(&mut self.keys, wanted);
        self.blocks.resize(self.keys.len(), Block::ZERO);
        self.weights.clear();
        self.emas.clear();
        self.rsis.clear();
        self.inputs.top.clear();
        self.inputs.bottom.clear();
        self.inputs.longest_d = 0;
        self.keys.iter().for_each(|&key| self.inputs.ask(key));
        self.learning = Learning::new(&self.keys);
        self.singles.clear();
        let mut i = 0;
        while i < self.keys.len() {
            match self.keys[i] {
                Key::Ema(_) => {
                    let periods = self.keys[i..]
                        .iter()
                        .map_while(|k| if let Key::Ema(n) = k { Some(*n) } else { None });
                    let group = EmaGroup::new(periods);
                    let taken = group.len();
                    self.emas.push((i, group));
                    i += taken;
                    continue;
                }
                Key::Rsi(_) => {
                    let periods = self.keys[i..]
                        .iter()
                        .map_while(|k| if let Key::Rsi(n) = k { Some(*n) } else { None });
                    let group = RsiGroup::new(periods);
                    let taken = group.len();
                    self.rsis.push((i, group));
                    i += taken;
                    continue;
                }
                Key::Regression(kernel, h) => {
                    let g = weights(kernel, h);
                    let mut total = 0.0;
                    for &w in &g {
                        total += w;
                    }
                    self.weights.push((i, g, total));
                }
                _ => {}
            }
            i += 1;
        }
    }

    /// Bytes that are kept for the next batch.
    pub(super) fn bytes(&self) -> usize {
        (self.keys.capacity() + self.wanted.capacity()) * size_of::<Key>()
            + self.blocks.capacity() * size_of::<Block>()
            + self.singles.capacity() * size_of::<Singles>()
    }

    /// Position of a key among the series.
    pub(super) fn index(&self, key: Key) -> u32 {
        self.keys.binary_search(&key).expect("every key of a plan is collected before") as u32
    }

    #[inline(always)]
    pub(super) fn rows(&self, index: u32) -> &Rows {
        &self.blocks[index as usize].rows
    }

    /// A series in 32 bits, where it is rounded and the instructions compare those.
    #[inline(always)]
    pub(super) fn singles<I: Isa>(&self, index: u32) -> Option<&Singles> {
        if I::SINGLES && is_rounded(self.keys[index as usize]) {
            Some(&self.singles[index as usize])
        } else {
            None
        }
    }

    /// Brings what has a memory from row `from` to row `to`.
    pub(super) fn warm_up(&mut self, set: InstructionSet, columns: &Columns, from: usize, to: usize) {
        let (rows, interrupt) = ((from, to), Interrupt::NEVER);
        set.run(Filled { table: self, columns, rows, warms_up: true, interrupt });
    }

    /// Computes rows `from..to` (at most [`BLOCK`]) of every series; blocks are taken in order from row 0.
    pub(super) fn fill(
        &mut self,
        set: InstructionSet,
        columns: &Columns,
        from: usize,
        to: usize,
        interrupt: Interrupt,
    ) {
        set.run(Filled { table: self, columns, rows: (from, to), warms_up: false, interrupt });
    }

    /// Brings what has a memory to a row; each group is taken into 32 bits, if `rounds`, while it is in the cache.
    #[inline(always)]
    fn remember<I: Isa>(&mut self, isa: I, columns: &Columns, (from, to): (usize, usize), rounds: bool) {
        let Table { keys, blocks, singles, emas, rsis, .. } = self;
        for (first, group) in emas {
            let own = *first..*first + group.len();
            group.fill(isa, &columns.close, from, to, &mut blocks[own.clone()]);
            if rounds {
                round(isa, &keys[own.clone()], &blocks[own.clone()], singles.get_mut(own));
            }
        }
        for (first, group) in rsis {
            let own = *first..*first + group.len();
            group.fill(isa, &columns.close, from, to, &mut blocks[own.clone()]);
            if rounds {
                round(isa, &keys[own.clone()], &blocks[own.clone()], singles.get_mut(own));
            }
        }
    }

    #[inline(always)]
    fn compute<I: Isa>(
        &mut self,
        isa: I,
        columns: &Columns,
        (from, to): (usize, usize),
        interrupt: Interrupt,
    ) {
        self.learning.fill(columns, (from, to), &mut self.blocks, interrupt);
        if interrupt.is_asked() {
            return;
        }
        if I::SINGLES {
            self.singles.resize(self.blocks.len(), Singles::ZERO);
        }
        self.remember(isa, columns, (from, to), true);
        self.inputs.fill(columns, from, to);
        for (first, g, total) in &self.weights {
            if interrupt.is_asked() {
                return;
            }
            regression(&columns.close, g, *total, from, to, &mut self.blocks[*first].rows);
        }
        for i in 0..self.keys.len() {
            let key = self.keys[i];
            if matches!(key, Key::VwapZ(_)) && interrupt.is_asked() {
                return;
            }
            if !matches!(key, Key::Ema(_) | Key::Rsi(_)) {
                fill(key, columns, from, to, &mut self.blocks[i].rows, &mut self.inputs);
                let own = i..i + 1;
                round(isa, &self.keys[own.clone()], &self.blocks[own.clone()], self.singles.get_mut(own));
            }
        }
    }
}

/// A block of rows of all series, or of what they remember of it.
struct Filled<'t, 'c> {
    table: &'t mut Table,
    columns: &'t Columns<'c>,
    rows: (usize, usize),
    warms_up: bool,
    interrupt: Interrupt<'t>,
}

impl Work for Filled<'_, '_> {
    #[inline(always)]
    fn run<I: Isa>(self, isa: I) {
        let Filled { table, columns, rows, warms_up, interrupt } = self;
        if warms_up {
            table.remember(isa, columns, rows, false);
        } else {
            table.compute(isa, columns, rows, interrupt);
        }
    }
}

/// Takes series into 32 bits, where these are compared.
#[inline(always)]
fn round<I: Isa>(isa: I, keys: &[Key], blocks: &[Block], singles: Option<&mut [Singles]>) {
    for ((key, block), singles) in keys.iter().zip(blocks).zip(singles.into_iter().flatten()) {
        if is_rounded(*key) {
            singles.fill(isa, &block.rows);
        }
    }
}
