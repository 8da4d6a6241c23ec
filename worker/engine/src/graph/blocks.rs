//! Rows of all nodes, block by block.

use super::column::{Boxes, Column, Kind, NEVER, Rows, Stream};
use super::frame::{Aggregated, Sight, Source};
use super::functions::{lanes, pasts, stream};
use super::op::Op;
use super::places::Places;
use super::plan::{Node, Origin, Plan, Slot};
use super::{Market, ROWS};
use crate::bars::Bars;
use crate::batch::InstructionSet;

/// The nodes of a plan over the rows of a market: one block at a time, whose rows stay in the processor's cache.
pub struct Blocks<'a> {
    frame: FrameBlocks<'a>,
    /// The column of each slot.
    slots: Vec<usize>,
}

impl<'a> Blocks<'a> {
    /// Before the first row; all slots are read.
    pub fn new(plan: &'a Plan, market: &Market<'a>) -> Blocks<'a> {
        Blocks::of(plan, market, |_| true)
    }

    /// Only of those slots that are `read`.
    pub fn of(plan: &'a Plan, market: &Market<'a>, read: impl Fn(Slot) -> bool) -> Blocks<'a> {
        let frame = FrameBlocks::new(plan, 0, Source::Given(market.bars), market, &plan.needed(read));
        let slots = plan.wanted.iter().map(|wanted| frame.places.of[wanted.node]).collect();
        Blocks { frame, slots }
    }

    /// Computes rows `from..to`; blocks follow each other without a gap.
    pub fn fill(&mut self, from: usize, to: usize) {
        debug_assert_eq!(from, self.frame.to, "blocks follow each other");
        self.frame.fill(to);
    }

    /// The numbers of a slot in the rows of the block, NaN where there is none.
    #[inline]
    pub fn numbers(&self, slot: Slot) -> &[f64] {
        &self.column(slot).numbers
    }

    /// The conditions of a slot in the rows of the block, 64 rows a word: which are true, and which are known. None is
    /// true that is not known.
    #[inline]
    pub fn conditions(&self, slot: Slot) -> (&[u64], &[u64]) {
        let column = self.column(slot);
        (&column.truth, &column.known)
    }

    #[inline]
    fn column(&self, slot: Slot) -> &Column {
        &self.frame.columns[self.slots[slot.0]]
    }
}

/// What no tick of some bars and no constant exceeds: weights count in it.
fn largest(bars: &Bars<'_>, constant: i128) -> i128 {
    let mut most = 0;
    for column in [bars.open, bars.high, bars.low, bars.close] {
        for tick in column {
            let tick = tick.unsigned_abs();
            most = if tick > most { tick } else { most };
        }
    }
    // The range of prices of both signs is twice the largest.
    let most = 2 * i128::from(most);
    if most > constant { most } else { constant }
}

struct FrameBlocks<'a> {
    source: Source<'a>,
    work: Vec<Work>,
    places: Places,
    columns: Boxes,
    /// Beside them, while one of them is written.
    spare: Box<Column>,
    children: Vec<Child<'a>>,
    set: InstructionSet,
    /// The rows of the block.
    from: usize,
    to: usize,
}

/// A node: the columns that it reads and writes, and what computes it. Nodes that see another frame are written with
/// that frame.
struct Work {
    inputs: Vec<usize>,
    out: usize,
    stream: Box<dyn Stream>,
    /// How many comparisons read its numbers, and ask which are known.
    readers: usize,
}

/// Comparisons of a column from which on rounding it takes less time than it saves.
const MANY: usize = 3;

/// A frame that is seen from another.
struct Child<'a> {
    frame: FrameBlocks<'a>,
    sight: Sight,
    /// Columns of the child, and the columns that see them.
    seen: Vec<(usize, usize, Kind)>,
    /// Those of them that comparisons read.
    compared: Vec<usize>,
    /// What each row of the block sees.
    counts: Vec<(usize, bool)>,
}

impl<'a> FrameBlocks<'a> {
    /// `all`: which nodes of each frame are read after a block, and which are needed.
    fn new(
        plan: &'a Plan,
        id: usize,
        source: Source<'a>,
        market: &Market<'a>,
        all: &[(Vec<usize>, Vec<bool>)],
    ) -> FrameBlocks<'a> {
        let (frame, (kept, needed)) = (&plan.frames[id], &all[id]);
        let nodes = || frame.nodes.iter().enumerate().filter(|&(i, _)| needed[i]);
        let places = Places::new(&frame.nodes, kept, needed);
        let mut readers = vec![0_usize; frame.nodes.len()];
        for (_, node) in nodes().filter(|(_, node)| node.op.asks_known()) {
            node.inputs.iter().for_each(|&input| readers[input] += 1);
        }
        let children = frame.children.iter().map(|&child| {
            let bars = source.bars();
            let own = match &plan.frames[child].origin {
                Origin::Of(name) => Source::Given(market.other(name)),
                Origin::On(timeframe) => Source::Made(Aggregated::new(market.bars.symbol, &bars, *timeframe)),
                Origin::Traded => Source::Given(market.bars),
            };
            let below = FrameBlocks::new(plan, child, own, market, all);
            let of_child = |node: &Node| matches!(node.op, Op::See { child: of, .. } if of == child);
            let asked = nodes().filter(|&(own, node)| readers[own] > 0 && of_child(node));
            let asked = asked.map(|(own, _)| places.of[own]).collect();
            let seen = nodes().filter_map(|(own, node)| match node.op {
                Op::See { child: of, node, kind } if of == child => {
                    Some((below.places.of[node], places.of[own], kind))
                }
                _ => None,
            });
            Child {
                seen: seen.collect(),
                compared: asked,
                frame: below,
                sight: Sight::default(),
                counts: Vec::new(),
            }
        });
        let children = children.collect();
        let largest = largest(&source.bars(), plan.largest_constant());
        let mut joined = lanes::averages(nodes());
        joined.extend(pasts::pasts(nodes()));
        let work = nodes().filter_map(|(i, node)| {
            let inputs = node.inputs.iter().map(|&input| places.of[input]).collect();
            let stream = joined.remove(&i).or_else(|| stream(node, largest))?;
            Some(Work { inputs, out: places.of[i], stream, readers: readers[i] })
        });
        let work = work.collect();
        let columns = vec![Box::default(); places.count];
        let (spare, set) = (Box::default(), InstructionSet::best());
        FrameBlocks { source, work, places, columns, spare, children, set, from: 0, to: 0 }
    }

    fn fill(&mut self, to: usize) {
        let (from, bars) = (self.to, self.source.bars());
        let len = to - from;
        for child in &mut self.children {
            child.fill(&mut self.columns, &bars, from, len);
            child.compared.iter().for_each(|&column| self.columns[column].note_known(self.set));
        }
        for work in &mut self.work {
            // Taken out while others are read; no node writes a column that it reads.
            std::mem::swap(&mut self.columns[work.out], &mut self.spare);
            let out = &mut *self.spare;
            work.stream.fill(&Rows { columns: &self.columns, inputs: &work.inputs, from, len, bars }, out);
            if work.readers > 0 {
                out.note_known(self.set);
            }
            out.is_rounded = false;
            if work.readers >= MANY {
                out.round(self.set);
            }
            std::mem::swap(&mut self.columns[work.out], &mut self.spare);
        }
        (self.from, self.to) = (from, to);
    }
}

impl Child<'_> {
    /// Computes the frame as far as the block sees it, and writes what is seen.
    fn fill(&mut self, above: &mut [Box<Column>], bars: &Bars<'_>, from: usize, len: usize) {
        self.counts.clear();
        for t in from..from + len {
            self.counts.push(self.sight.at(&self.frame.source, bars, t));
        }
        for &(_, own, kind) in &self.seen {
            above[own].clear_for(kind, len);
        }
        let most = self.counts.last().map_or(0, |last| last.0);
        let mut t = 0;
        loop {
            let begin = t;
            while t < len && self.counts[t].0 <= self.frame.to {
                t += 1;
            }
            for &(node, own, kind) in &self.seen {
                let seen = &self.frame.columns[node];
                copy(kind, seen, self.frame.from, &self.counts, begin..t, from, &mut above[own]);
            }
            if t == len {
                break;
            }
            let next = self.frame.to + ROWS;
            self.frame.fill(if next < most { next } else { most });
        }
    }
}

impl Column {
    fn clear_for(&mut self, kind: Kind, len: usize) {
        self.is_rounded = false;
        let planes = |words: &mut Vec<u64>| {
            words.clear();
            words.resize(super::column::words(len), 0);
        };
        match kind {
            Kind::Numbers => self.numbers.resize(len, f64::NAN),
            Kind::Narrow => self.narrow.resize(len, 0),
            Kind::Wide => self.wide.resize(len, 0),
            Kind::Conditions => {
                planes(&mut self.truth);
                planes(&mut self.known);
            }
        }
    }
}

/// Copies what rows of a block see. `begin`: the first row of the block that is seen; `from`: that of the block that
/// sees.
fn copy(
    kind: Kind,
    seen: &Column,
    begin: usize,
    counts: &[(usize, bool)],
    rows: std::ops::Range<usize>,
    from: usize,
    out: &mut Column,
) {
    for i in rows {
        let (count, old) = counts[i];
        let at = if count == 0 || old { None } else { Some(count - 1 - begin) };
        match kind {
            Kind::Numbers => out.numbers[i] = at.map_or(f64::NAN, |at| seen.numbers[at]),
            Kind::Narrow => out.narrow[i] = at.map_or(0, |at| seen.narrow[at]),
            Kind::Wide => out.wide[i] = at.map_or(0, |at| seen.wide[at]),
            Kind::Conditions => {
                if let Some(truth) = at.and_then(|at| seen.condition(at)) {
                    out.known[i / 64] |= 1 << (i % 64);
                    out.truth[i / 64] |= u64::from(truth) << (i % 64);
                }
            }
        }
        // Exact numbers are seen on higher timeframes only, whose bars never grow old.
        if out.start == NEVER && at.is_some() && seen.start < count {
            out.start = from + i;
        }
    }
}
