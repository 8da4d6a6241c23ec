//! Conditions that few members of a batch ask for: a small program of each member instead of nodes of the graph.
//!
//! What many members ask for is a node, computed once. What is one member's own would be a node with one reader:
//! a call, two lists of words and their way through the cache for each comparison. Here the comparisons of a member and what
//! joins them are computed one after the other, once the columns that they compare are there. Measured on a year of minutes,
//! 1,000 individuals: crosses of two averages twice as fast.
//!
//! A condition of a block has two planes of bits, in which rows it is true and in which it is false; it is na in the others.

mod code;
mod fill;
mod order;
mod program;
mod spare;

pub(super) use code::{Code, Linked};
pub(super) use fill::{Block, Fill, Scratch};
use program::{Made, Program};
pub(crate) use spare::Aside;

use super::op::Op;
use super::plan::Node;
use crate::batch::InstructionSet;

/// The nodes of the conditions that a member asks for: to enter the long side and to leave it, then the short side.
pub(super) type Asked = [Option<usize>; 4];

/// The members of a batch.
#[derive(Default)]
pub(super) struct Members<'m> {
    /// What each asks for.
    pub asked: &'m [Asked],
    /// Which condition may add nothing to the others.
    pub aside: Option<Aside>,
    /// What their programs run with, if not with the fastest.
    pub set: Option<InstructionSet>,
}

/// Members that ask for the same condition up to which each computes it by itself, if that is quick: as fast as one node
/// that all of them read.
const FEW: usize = 3;

/// Who asks for a node.
#[derive(Clone, Copy, Debug)]
enum Owners {
    /// The first so many of these.
    Few(usize, [usize; FEW]),
    Many,
}

impl Owners {
    const NOBODY: Owners = Owners::Few(0, [0; FEW]);

    fn add(&mut self, member: usize) {
        if let Owners::Few(count, members) = self {
            if members[..*count].contains(&member) {
                return;
            }
            match members.get_mut(*count) {
                Some(free) => {
                    *free = member;
                    *count += 1;
                }
                None => *self = Owners::Many,
            }
        }
    }

    fn join(&mut self, others: &Owners) {
        match others {
            Owners::Few(count, members) => members[..*count].iter().for_each(|&member| self.add(member)),
            Owners::Many => *self = Owners::Many,
        }
    }
}

/// Whether a program can compute it.
fn is_step(op: &Op) -> bool {
    match op {
        Op::Not | Op::And | Op::Or | Op::Rising => true,
        op => op.compares(),
    }
}

/// Which nodes programs compute, and what they read.
#[derive(Default)]
pub(super) struct Programs {
    steps: Vec<bool>,
    /// Nodes, each with that behind which a program reads it.
    pub reads: Vec<(usize, usize)>,
    /// The node behind which each program runs, in ascending order, with the member.
    pub runs: Vec<(usize, usize, Program)>,
}

impl Programs {
    /// Those of members on the nodes that are `needed`. `rounded`: those whose blocks are taken into 32
    /// bits, where the instructions compare these; `largest`: no tick is larger.
    pub fn new(
        nodes: &[Node],
        needed: &[bool],
        rounded: &[bool],
        members: &Members<'_>,
        largest: i128,
    ) -> Programs {
        let Members { asked: members, aside, .. } = members;
        let is_quick = |node: &Node| !node.op.compares() || node.inputs.iter().all(|&input| rounded[input]);
        let steps = steps(nodes, needed, members, is_quick);
        let (mut programs, mut made) = (Programs::default(), Made::new(nodes.len()));
        for (member, asked) in members.iter().enumerate() {
            let Some(&at) = asked.iter().flatten().max() else { continue };
            let program = Program::new(nodes, &steps, asked, *aside, largest, &mut made);
            programs.reads.extend(program.inputs().map(|input| (input, at)));
            programs.runs.push((at, member, program));
        }
        programs.runs.sort_by_key(|&(at, ..)| at);
        Programs { steps, ..programs }
    }

    /// Whether a program computes a node.
    pub fn is_step(&self, node: usize) -> bool {
        self.steps.get(node).copied().unwrap_or(false)
    }
}

/// Of the nodes that are `needed`, which are steps of the programs of those members that ask for them.
/// Only of what `is_quick` can each have its own.
fn steps(nodes: &[Node], needed: &[bool], members: &[Asked], is_quick: impl Fn(&Node) -> bool) -> Vec<bool> {
    let mut all = vec![Owners::NOBODY; nodes.len()];
    for (member, asked) in members.iter().enumerate() {
        asked.iter().flatten().for_each(|&node| all[node].add(member));
    }
    let mut steps = vec![false; nodes.len()];
    for (i, node) in nodes.iter().enumerate().rev().filter(|&(i, _)| needed[i]) {
        let owners = all[i];
        steps[i] = is_step(&node.op)
            && match owners {
                // What no member asks for is read after the block.
                Owners::Few(count, _) => count > 0 && (count == 1 || is_quick(node)),
                Owners::Many => false,
            };
        let owners = if steps[i] { owners } else { Owners::Many };
        node.inputs.iter().for_each(|&input| all[input].join(&owners));
    }
    steps
}

#[cfg(test)]
mod alike;

#[cfg(test)]
mod tests {
    use super::*;
    use crate::graph::op::{Comparison, Field};

    fn node(op: Op, inputs: &[usize]) -> Node {
        Node { op, inputs: inputs.into() }
    }

    #[test]
    fn what_many_members_ask_for_is_no_step_of_any_nor_what_it_is_made_of() {
        let less = || Op::Compare(Comparison::Less);
        let nodes = [
            node(Op::Field(Field::Close), &[]),
            node(Op::Volume, &[]),
            node(less(), &[0, 1]),
            node(less(), &[1, 0]),
            node(Op::And, &[2, 3]),
            node(Op::Not, &[3]),
            node(Op::Rising, &[5]),
            node(Op::ConditionDelay { k: 2 }, &[2]),
        ];
        let all = [true; 8];
        let members = [[Some(4), None, None, None], [Some(6), None, Some(6), None]];
        // The delay is no step, and reads the first comparison as a column.
        assert_eq!(
            steps(&nodes, &all, &members, |_| true),
            [false, false, false, true, true, true, true, false]
        );
        // Once nobody needs the delay, it is a step of the member that asks for both.
        let fewer = [true, true, true, true, true, true, true, false];
        assert_eq!(
            steps(&nodes, &fewer, &members, |_| true),
            [false, false, true, true, true, true, true, false]
        );
        let many = [[Some(3), None, None, None]; FEW];
        let of = |more: &[Asked]| steps(&nodes, &fewer, &[more, &members].concat(), |_| true);
        assert_eq!(of(&many[..1]), [false, false, true, true, true, true, true, false]);
        assert_eq!(of(&many[..2]), [false, false, true, false, true, true, true, false]);
        let slow = |node: &Node| !node.op.compares();
        assert_eq!(
            steps(&nodes, &fewer, &members, slow),
            [false, false, true, false, true, true, true, false]
        );
        assert_eq!(steps(&nodes, &all, &[], |_| true), [false; 8]);
    }
}
