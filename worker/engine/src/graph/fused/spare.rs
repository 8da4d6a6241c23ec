//! Steps that a program need not take in every block.
//!
//! Who only ever goes long asks what enters the short side because that ends a long position. Mostly it adds nothing: where
//! prices are above 0, `fast < slow * 0.99` implies the exit `fast < slow`, and never holds beside the entry `fast > slow *
//! 1.01`. What must be so for that is looked at in each block; then these steps are left out. Measured on crosses of two
//! averages: a third of their comparisons.

use super::super::column::Column;
use super::super::op::Op;
use super::super::plan::Node;
use super::Asked;
use super::order::{Given, Order};
use super::program::{Program, Step};

/// Of the conditions of a member, one that may add nothing: `spare` does not where whatever it ends `leave` ends as well, and
/// where it never holds beside `enter`. Whether that is so [`Spare::of`] finds out.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Aside {
    pub enter: usize,
    pub leave: usize,
    pub spare: usize,
}

/// The steps from `first` on, which are taken for the condition that may be spared.
pub(crate) struct Spare {
    pub first: usize,
    /// The condition.
    pub asked: usize,
    /// Columns that must be known in all rows, since the last row is compared; the others are [`NONE`].
    known: [u32; 4],
    /// Columns whose numbers must be above 0.
    above: [u32; 2],
}

/// No column.
const NONE: u32 = u32::MAX;

impl Aside {
    /// The conditions in the order in which their steps are taken.
    pub fn order(aside: Option<Aside>) -> [usize; 4] {
        let last = aside.map_or(3, |aside| aside.spare);
        let mut order = [0, 1, 2, 3];
        order[last..].rotate_left(1);
        order
    }
}

impl Spare {
    /// The last steps of a program, from `first` on, if they may be left out.
    pub fn of(nodes: &[Node], asked: &Asked, aside: Aside, program: &Program, first: usize) -> Option<Spare> {
        let [enter, leave, spare] = [aside.enter, aside.leave, aside.spare].map(|i| asked[i]);
        let (enter, leave, spare) = (enter?, leave?, spare?);
        if first == program.steps.len() {
            return None;
        }
        let [enter, spare] = [enter, spare].map(|node| Parts::of(nodes, node, &Op::And));
        let leave = Parts::of(nodes, leave, &Op::Or);
        let given = if spare.nodes.iter().any(|node| leave.nodes.contains(node)) {
            Given::Nothing
        } else {
            spare.implies(leave.orders.iter().copied())?
        };
        let beside = spare.implies(enter.orders.iter().map(|order| order.opposite()))?;
        let above = [given, beside].into_iter().filter_map(|given| match given {
            Given::Above(node) => Some(node),
            Given::Nothing => None,
        });
        let above: Vec<usize> = above.collect();
        let mut known = Vec::new();
        for step in &program.steps[first..] {
            if let Step::Rising(x, ..) = *step {
                program.compares(x, &mut known)?;
            }
        }
        let reads = |node: &usize| program.leaves.iter().any(|leaf| leaf.inputs.contains(node));
        known.sort_unstable();
        known.dedup();
        let all = above.iter().all(reads);
        all.then_some(Spare { first, asked: aside.spare, above: listed(&above)?, known: listed(&known)? })
    }

    pub fn columns_mut(&mut self) -> impl Iterator<Item = &mut u32> {
        self.above.iter_mut().chain(&mut self.known).filter(|column| **column != NONE)
    }

    /// Whether a whole block is such that the steps add nothing.
    #[inline]
    pub fn is_given(&self, columns: &[Box<Column>]) -> bool {
        // A product that overflows is na, and neither true nor false.
        let known = |&column: &u32| {
            let column = columns.get(column as usize);
            column.is_none_or(|column| column.is_rounded & column.tame)
        };
        let above = |&column: &u32| {
            let column = columns.get(column as usize);
            column.is_none_or(|column| column.is_rounded & column.tame & column.is_above_zero)
        };
        self.known.iter().all(known) && self.above.iter().all(above)
    }
}

impl Program {
    /// Adds the nodes that a step compares; `None` if it cannot be computed of one row.
    fn compares(&self, step: u32, nodes: &mut Vec<usize>) -> Option<()> {
        match self.steps[step as usize] {
            Step::Leaf(leaf) | Step::Again { leaf, .. } => {
                let leaf = &self.leaves[leaf as usize];
                leaf.single?;
                nodes.extend(&leaf.inputs);
            }
            Step::Not(x) => self.compares(x, nodes)?,
            Step::And(x, y) | Step::Or(x, y) => {
                self.compares(x, nodes)?;
                self.compares(y, nodes)?;
            }
            Step::Column(_) => {}
            Step::Rising(..) => return None,
        }
        Some(())
    }
}

/// Some nodes, if there is room for them.
fn listed<const N: usize>(nodes: &[usize]) -> Option<[u32; N]> {
    let mut out = [NONE; N];
    for (i, &node) in nodes.iter().enumerate() {
        *out.get_mut(i)? = u32::try_from(node).ok()?;
    }
    Some(out)
}

/// The parts of a condition that is true if all of them are, or one of them: those that are known to be orders, too.
struct Parts {
    nodes: Vec<usize>,
    orders: Vec<Order>,
}

impl Parts {
    fn of(nodes: &[Node], node: usize, joins: &Op) -> Parts {
        let mut parts = Parts { nodes: Vec::new(), orders: Vec::new() };
        parts.take(nodes, node, joins);
        parts
    }

    fn take(&mut self, nodes: &[Node], i: usize, joins: &Op) {
        self.nodes.push(i);
        let node = &nodes[i];
        match (&node.op, node.inputs.as_slice()) {
            (op, inputs) if op == joins => inputs.iter().for_each(|&input| self.take(nodes, input, joins)),
            // What begins to be true is true.
            (Op::Rising, &[x]) if *joins == Op::And => self.take(nodes, x, joins),
            (Op::Not, &[x]) => self.orders.extend(Order::of(&nodes[x]).map(Order::opposite)),
            _ => self.orders.extend(Order::of(node)),
        }
    }

    /// Under what condition one of some orders holds where all of these do.
    fn implies(&self, others: impl Iterator<Item = Order> + Clone) -> Option<Given> {
        let pairs = self.orders.iter().flat_map(|a| self.orders.iter().map(move |b| (a, b)));
        let joined = pairs.filter_map(|(a, b)| a.followed(*b));
        let known: Vec<Order> = self.orders.iter().copied().chain(joined).collect();
        let given = |order: Order| known.iter().find_map(|known| known.implies(order));
        let all: Vec<Given> = others.filter_map(given).collect();
        all.iter().find(|given| **given == Given::Nothing).or(all.first()).copied()
    }
}
