//! Rows of all nodes, block by block.

use super::column::{Boxes, Column, Kind, Rows, Stream};
use super::frame::{Aggregated, Source};
use super::functions::{lanes, pasts, stream};
use super::fused::{Aside, Asked, Block, Code, Fill, Linked, Members, Programs, Scratch};
use super::op::Op;
use super::places::Places;
use super::plan::{Node, Origin, Plan, Slot};
use super::seen::Child;
use super::{Market, ROWS};
use crate::bars::Bars;
use crate::batch::{Bits, InstructionSet, WORDS};
use std::collections::BTreeSet;

/// The nodes of a plan over the rows of a market: one block at a time, whose rows stay in the processor's cache.
pub struct Blocks<'a> {
    frame: FrameBlocks<'a>,
    /// The column of each slot.
    slots: Vec<usize>,
}

impl<'a> Blocks<'a> {
    /// Before the first row; all slots are read.
    pub fn new(plan: &'a Plan, market: &Market<'a>) -> Blocks<'a> {
        let (all, none) = (plan.needed(|_| true), Members::default());
        let frame = FrameBlocks::new(plan, 0, Source::Given(market.bars), market, &all, &none);
        let slots = plan.wanted.iter().map(|wanted| frame.places.of[wanted.node]).collect();
        Blocks { frame, slots }
    }

    /// Those conditions that each member asks for, of slots that hold conditions; no slot is read. `aside`: the condition that
    /// is left out where it adds nothing to the others.
    pub(crate) fn of_members(
        plan: &'a Plan,
        market: &Market<'a>,
        members: &[[Option<Slot>; 4]],
        aside: Option<Aside>,
        set: InstructionSet,
    ) -> Blocks<'a> {
        let asked: BTreeSet<Slot> = members.iter().flatten().flatten().copied().collect();
        let node = |slot: Slot| plan.wanted[slot.0].node;
        let members: Vec<Asked> = members.iter().map(|member| member.map(|slot| slot.map(node))).collect();
        let mut all = plan.needed(|slot| asked.contains(&slot));
        all[0].0.clear();
        let members = Members { asked: &members, aside, set: Some(set) };
        let frame = FrameBlocks::new(plan, 0, Source::Given(market.bars), market, &all, &members);
        Blocks { frame, slots: Vec::new() }
    }

    /// Computes rows `from..to`; blocks follow each other without a gap.
    pub fn fill(&mut self, from: usize, to: usize) {
        debug_assert_eq!(from, self.frame.to, "blocks follow each other");
        self.frame.fill(to);
    }

    /// The numbers of a slot in the rows of the block, NaN where there is none.
    #[inline]
    pub fn numbers(&self, slot: Slot) -> &[f64] {
        &self.column(slot).numbers[..self.frame.to - self.frame.from]
    }

    /// The conditions of a slot in the rows of the block, 64 rows a word: which are true, and which are known. None is
    /// true that is not known.
    #[inline]
    pub fn conditions(&self, slot: Slot) -> (&[u64], &[u64]) {
        let column = self.column(slot);
        (&column.truth, &column.known)
    }

    /// In which rows of the block the conditions that a member asks for are true; of those that it does not ask for, none.
    /// Bits behind the last row mean nothing.
    #[inline]
    pub(crate) fn truths(&self, member: usize) -> &[Bits; 4] {
        &self.frame.truths[member]
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

/// A frame of a plan, block by block.
pub(super) struct FrameBlocks<'a> {
    pub source: Source<'a>,
    work: Vec<Work>,
    /// What programs are made of.
    code: Code,
    /// What programs have found for each member.
    truths: Vec<[Bits; 4]>,
    scratch: Scratch,
    places: Places,
    pub columns: Boxes,
    /// Beside them, while one of them is written.
    spare: Box<Column>,
    /// Whole numbers on their way to 32 bits.
    numbers: Box<[f64; ROWS]>,
    children: Vec<Child<'a>>,
    set: InstructionSet,
    /// The rows of the block.
    pub from: usize,
    pub to: usize,
}

enum Work {
    Node(Computed),
    /// Programs of members.
    Programs(Vec<Linked>),
}

/// A node: the columns that it reads and writes, and what computes it. Nodes that see another frame are written with
/// that frame.
struct Computed {
    inputs: Vec<usize>,
    out: usize,
    stream: Box<dyn Stream>,
    /// Whether comparisons read it: they ask which numbers are known.
    is_compared: bool,
    /// Whether so many do that the block is rounded to 32 bits.
    is_rounded: bool,
}

/// Comparisons of a column from which on rounding it takes less time than it saves.
const MANY: usize = 3;
/// The same of whole numbers, which become f64 first.
const MANY_WHOLE: usize = 6;

impl<'a> FrameBlocks<'a> {
    /// `all`: which nodes of each frame are read after a block, and which are needed.
    fn new(
        plan: &'a Plan,
        id: usize,
        source: Source<'a>,
        market: &Market<'a>,
        all: &[(Vec<usize>, Vec<bool>)],
        members: &Members<'_>,
    ) -> FrameBlocks<'a> {
        let (frame, (kept, needed)) = (&plan.frames[id], &all[id]);
        let nodes = || frame.nodes.iter().enumerate().filter(|&(i, _)| needed[i]);
        let largest = largest(&source.bars(), plan.largest_constant());
        let mut readers = vec![0_usize; frame.nodes.len()];
        for (_, node) in nodes().filter(|(_, node)| node.op.compares()) {
            node.inputs.iter().for_each(|&input| readers[input] += 1);
        }
        let rounded =
            frame.nodes.iter().zip(&readers).map(|(node, &readers)| match (&node.op, node.op.kind()) {
                // Copied row by row.
                (Op::See { .. }, _) => false,
                (_, Kind::Numbers) => readers >= MANY,
                (_, kind) => kind == Kind::Narrow && readers >= MANY_WHOLE,
            });
        let rounded: Vec<bool> = rounded.collect();
        let mut programs = Programs::new(&frame.nodes, needed, &rounded, members, largest);
        let places = Places::new(&frame.nodes, kept, needed, &programs);
        let children = frame.children.iter().map(|&child| {
            let bars = source.bars();
            let own = match &plan.frames[child].origin {
                Origin::Of(name) => Source::Given(market.other(name)),
                Origin::On(timeframe) => Source::Made(Aggregated::new(market.bars.symbol, &bars, *timeframe)),
                Origin::Traded => Source::Given(market.bars),
            };
            let below = FrameBlocks::new(plan, child, own, market, all, &Members::default());
            let of_child = |node: &Node| matches!(node.op, Op::See { child: of, .. } if of == child);
            let asked = nodes().filter(|&(own, node)| readers[own] > 0 && of_child(node));
            let asked = asked.map(|(own, _)| places.of[own]).collect();
            let seen = nodes().filter_map(|(own, node)| match node.op {
                Op::See { child: of, node, kind } if of == child => {
                    Some((below.places.of[node], places.of[own], kind))
                }
                _ => None,
            });
            let seen = seen.collect();
            Child::new(below, seen, asked)
        });
        let children = children.collect();
        let mut joined = lanes::averages(nodes());
        joined.extend(pasts::pasts(nodes()));
        let (mut work, mut code) = (Vec::new(), Code::default());
        let mut runs = std::mem::take(&mut programs.runs).into_iter().peekable();
        for (i, node) in nodes() {
            let inputs = node.inputs.iter().map(|&input| places.of[input]).collect();
            let stream =
                if programs.is_step(i) { None } else { joined.remove(&i).or_else(|| stream(node, largest)) };
            if let Some(stream) = stream {
                let (out, is_compared, is_rounded) = (places.of[i], readers[i] > 0, rounded[i]);
                work.push(Work::Node(Computed { inputs, out, stream, is_compared, is_rounded }));
            }
            while let Some((_, member, mut program)) = runs.next_if(|&(at, ..)| at == i) {
                program.place(&places.of);
                let program = code.link(member, program);
                match work.last_mut() {
                    Some(Work::Programs(programs)) => programs.push(program),
                    _ => work.push(Work::Programs(vec![program])),
                }
            }
        }
        let (truths, scratch) = (vec![[[0; WORDS]; 4]; members.asked.len()], Scratch::default());
        let columns = vec![Box::default(); places.count];
        let (spare, numbers) = (Box::default(), Box::new([0.0; ROWS]));
        let set = members.set.unwrap_or_else(InstructionSet::best);
        FrameBlocks {
            source,
            work,
            code,
            truths,
            scratch,
            places,
            columns,
            spare,
            numbers,
            children,
            set,
            from: 0,
            to: 0,
        }
    }

    /// Computes the rows up to `to`.
    pub fn fill(&mut self, to: usize) {
        let (from, bars) = (self.to, self.source.bars());
        let len = to - from;
        for child in &mut self.children {
            child.fill(&mut self.columns, &bars, (from, len), self.set);
        }
        for work in &mut self.work {
            let work = match work {
                Work::Node(work) => work,
                Work::Programs(programs) => {
                    let block = Block { columns: &self.columns, from, len, bars: &bars };
                    let (code, scratch) = (&mut self.code, &mut self.scratch);
                    self.set.run(Fill { code, programs, block, scratch, out: &mut self.truths });
                    continue;
                }
            };
            // Taken out while others are read; no node writes a column that it reads.
            std::mem::swap(&mut self.columns[work.out], &mut self.spare);
            let out = &mut *self.spare;
            work.stream.fill(&Rows { columns: &self.columns, inputs: &work.inputs, from, len, bars }, out);
            if work.is_compared {
                out.complete(self.set);
            }
            out.is_rounded = false;
            if work.is_rounded {
                out.round(self.set, from, &mut self.numbers);
            }
            std::mem::swap(&mut self.columns[work.out], &mut self.spare);
        }
        (self.from, self.to) = (from, to);
    }
}
