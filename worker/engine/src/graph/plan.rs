//! Nodes without repetition, over all trees, genomes and strategies that are added.

use super::column::Kind;
use super::op::Op;
use galapagos_rules::{Exact, Timeframe};
use hashbrown::{DefaultHashBuilder, HashTable};
use smallvec::SmallVec;
use std::hash::BuildHasher;

/// A column that is wanted, by its number.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Slot(pub(crate) usize);

/// Why a tree cannot be added.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum PlanError {
    /// The tree has not been checked, or is no column.
    #[error("{0} is no checked expression for a column")]
    Unchecked(String),
    /// A gene has no value, or one that does not fit.
    #[error("${0} has no value that fits")]
    Gene(String),
    /// A constant has no value for the genes.
    #[error("the constant {0} has no value for these genes")]
    Constant(String),
    /// A number of rows is out of its bounds.
    #[error("{0} rows are out of the bounds of a period")]
    Period(String),
    /// What only the account knows.
    #[error("{0} is not known from the market alone")]
    NotMarket(String),
    /// A symbol without bars.
    #[error("there is no symbol {0:?}")]
    Symbol(String),
}

/// A symbol with the number of decimals of its prices.
pub type Decimals = (String, u8);

/// All nodes that the wanted columns need.
#[derive(Clone, Debug)]
pub struct Plan {
    pub(crate) frames: Vec<Frame>,
    pub(crate) wanted: Vec<Wanted>,
    pub(crate) others: Vec<Decimals>,
    /// Of nodes of the first frame.
    slots: Vec<Option<Slot>>,
}

/// A column that is kept.
#[derive(Clone, Debug)]
pub(crate) struct Wanted {
    /// Its node, in the first frame.
    pub node: usize,
    pub kind: Kind,
    pub exact: Option<Exact>,
}

/// Bars that nodes are about.
#[derive(Clone, Debug)]
pub(crate) struct Frame {
    pub origin: Origin,
    pub decimals: u8,
    /// Each stands behind its inputs.
    pub nodes: Vec<Node>,
    /// Nodes by what they are, with their hashes.
    found: HashTable<(u64, usize)>,
    hasher: DefaultHashBuilder,
    /// The frames that this one sees.
    pub children: Vec<usize>,
}

/// Where the bars of a frame come from.
#[derive(Clone, Debug, PartialEq)]
pub(crate) enum Origin {
    /// The symbol that is traded.
    Traded,
    /// The bars of the frame above, aggregated.
    On(Timeframe),
    /// Another symbol.
    Of(String),
}

/// An operation on nodes of its frame.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Node {
    pub op: Op,
    pub inputs: Inputs,
}

/// The nodes that an operation reads: two at most, but for a scan.
pub(crate) type Inputs = SmallVec<[usize; 2]>;

impl Frame {
    fn new(origin: Origin, decimals: u8) -> Frame {
        Frame {
            origin,
            decimals,
            nodes: Vec::new(),
            found: HashTable::new(),
            hasher: DefaultHashBuilder::default(),
            children: Vec::new(),
        }
    }
}

impl Plan {
    /// A plan for the rows of a symbol with prices of so many decimals; `others`: all symbols that `of` may name.
    pub fn new(decimals: u8, others: Vec<Decimals>) -> Plan {
        let frames = vec![Frame::new(Origin::Traded, decimals)];
        Plan { frames, wanted: Vec::new(), others, slots: Vec::new() }
    }

    /// How many nodes there are in all frames.
    pub fn nodes(&self) -> usize {
        self.frames.iter().map(|frame| frame.nodes.len()).sum()
    }

    /// Bytes of a row of all wanted columns, at least 1.
    pub(crate) fn bytes_per_row(&self) -> usize {
        let bytes = |wanted: &Wanted| if wanted.kind == Kind::Conditions { 1 } else { 8 };
        1 + self.wanted.iter().map(bytes).sum::<usize>()
    }

    /// The exact form of a slot that is an exact number: its f64 is that of a whole number over the denominator.
    pub fn exact(&self, slot: Slot) -> Option<Exact> {
        self.wanted.get(slot.0)?.exact
    }

    /// Whether a slot holds conditions.
    pub fn is_condition(&self, slot: Slot) -> bool {
        self.wanted.get(slot.0).is_some_and(|wanted| wanted.kind == Kind::Conditions)
    }

    /// The node of an operation, which may be there already.
    pub(crate) fn node(&mut self, frame: usize, op: Op, inputs: &[usize]) -> usize {
        let Frame { nodes, found, hasher, .. } = &mut self.frames[frame];
        let hash = hasher.hash_one((&op, inputs));
        let is_it = |&(_, id): &(u64, usize)| nodes[id].op == op && nodes[id].inputs.as_slice() == inputs;
        if let Some(&(_, id)) = found.find(hash, is_it) {
            return id;
        }
        let id = nodes.len();
        nodes.push(Node { op, inputs: inputs.into() });
        found.insert_unique(hash, (hash, id), |&(hash, _)| hash);
        id
    }

    /// The frame of an origin below another, which may be there already.
    pub(crate) fn frame(&mut self, above: usize, origin: Origin, decimals: u8) -> usize {
        let known = self.frames[above].children.iter().find(|&&child| self.frames[child].origin == origin);
        if let Some(&known) = known {
            return known;
        }
        let id = self.frames.len();
        self.frames.push(Frame::new(origin, decimals));
        self.frames[above].children.push(id);
        id
    }

    /// The largest numerator of a constant.
    pub(crate) fn largest_constant(&self) -> i128 {
        let nodes = self.frames.iter().flat_map(|frame| &frame.nodes);
        let all = nodes.map(|node| match node.op {
            Op::Numerator { value, .. } => value.saturating_abs(),
            _ => 0,
        });
        all.max().unwrap_or(0)
    }

    /// Of each frame, which nodes those slots that are `read` need after each block, and which nodes they need at all. A
    /// comparison may read past a node that nobody else wants.
    pub(crate) fn needed(&self, read: impl Fn(Slot) -> bool) -> Vec<(Vec<usize>, Vec<bool>)> {
        let mut all: Vec<(Vec<usize>, Vec<bool>)> =
            self.frames.iter().map(|frame| (Vec::new(), vec![false; frame.nodes.len()])).collect();
        let wanted = self.wanted.iter().enumerate().filter(|&(i, _)| read(Slot(i)));
        all[0].0 = wanted.map(|(_, wanted)| wanted.node).collect();
        // Frames stand behind those that see them, as nodes do behind their inputs.
        for (id, frame) in self.frames.iter().enumerate() {
            let (kept, mut needed) = std::mem::take(&mut all[id]);
            kept.iter().for_each(|&node| needed[node] = true);
            for (i, node) in frame.nodes.iter().enumerate().rev() {
                if !needed[i] {
                    continue;
                }
                node.inputs.iter().for_each(|&input| needed[input] = true);
                if let Op::See { child, node, .. } = node.op {
                    all[child].0.push(node);
                }
            }
            all[id] = (kept, needed);
        }
        all
    }

    /// The slot of a node of the first frame.
    pub(crate) fn want(&mut self, node: usize, exact: Option<Exact>) -> Slot {
        let nodes = &self.frames[0].nodes;
        self.slots.resize(nodes.len(), None);
        *self.slots[node].get_or_insert_with(|| {
            self.wanted.push(Wanted { node, kind: nodes[node].op.kind(), exact });
            Slot(self.wanted.len() - 1)
        })
    }
}
