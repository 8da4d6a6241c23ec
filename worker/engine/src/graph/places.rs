//! Where the rows of nodes lie: a column whose last reader is done is written again, so that those in use stay in the
//! processor's cache however many nodes there are.

use super::column::Kind;
use super::fused::Programs;
use super::op::Op;
use super::plan::Node;
use std::collections::BTreeMap;

/// The column of each node, and how many columns there are. Nodes of different kinds never share one.
pub(crate) struct Places {
    /// The column of each node.
    pub of: Vec<usize>,
    /// How many columns there are.
    pub count: usize,
}

impl Places {
    /// Those of the nodes that are needed; each of `kept` is read after the block has been computed, and has a column of
    /// its own. What is a step of a program has none, and what it reads is read where the program runs.
    pub fn new(nodes: &[Node], kept: &[usize], needed: &[bool], programs: &Programs) -> Places {
        let mut last: Vec<usize> = (0..nodes.len()).collect();
        for (i, node) in nodes.iter().enumerate().filter(|&(i, _)| needed[i]) {
            node.inputs.iter().for_each(|&input| last[input] = i);
        }
        let mut reads = programs.reads.clone();
        reads.sort_unstable_by_key(|&(_, at)| at);
        for &(node, at) in &reads {
            last[node] = if last[node] > at { last[node] } else { at };
        }
        kept.iter().for_each(|&node| last[node] = usize::MAX);
        // What other frames write is there before all nodes; constants are written once.
        let own = |node: &Node| matches!(node.op, Op::See { .. } | Op::Number(_) | Op::Numerator { .. });
        for (last, node) in last.iter_mut().zip(nodes) {
            *last = if own(node) { usize::MAX } else { *last };
        }
        let mut free: BTreeMap<Kind, Vec<usize>> = BTreeMap::new();
        let mut places = Places { of: Vec::with_capacity(nodes.len()), count: 0 };
        let (mut reads, mut done) = (reads.into_iter().peekable(), Vec::new());
        for (i, node) in nodes.iter().enumerate() {
            if needed[i] && !programs.is_step(i) {
                let kind = node.op.kind();
                let known = if own(node) { None } else { free.entry(kind).or_default().pop() };
                places.of.push(known.unwrap_or(places.count));
                places.count += usize::from(known.is_none());
            } else {
                // Nobody asks where it is.
                places.of.push(usize::MAX);
            }
            let late = std::iter::from_fn(|| reads.next_if(|&(_, at)| at == i)).map(|(node, _)| node);
            let all = node.inputs.iter().copied().chain([i]).chain(late);
            done.extend(all.filter(|&node| last[node] == i && places.of[node] != usize::MAX));
            done.sort_unstable();
            done.dedup();
            for node in done.drain(..) {
                free.entry(nodes[node].op.kind()).or_default().push(places.of[node]);
            }
        }
        places
    }
}

#[cfg(test)]
mod tests {
    use super::{Places, Programs};
    use crate::graph::op::{Field, Op};
    use crate::graph::plan::Node;

    fn node(op: Op, inputs: &[usize]) -> Node {
        Node { op, inputs: inputs.into() }
    }

    #[test]
    fn a_column_is_written_again_once_nobody_reads_it_any_more() {
        let close = node(Op::Field(Field::Close), &[]);
        let sum = |n, wide| node(Op::WholeWindowSum { n, wide }, &[0]);
        let rounded = |from| node(Op::Rounded { denominator: 2, wide: false }, &[from]);
        let nodes = [close, sum(2, false), rounded(1), sum(3, false), rounded(3), sum(4, true)];
        let places = Places::new(&nodes, &[4], &[true; 6], &Programs::default());
        // The second sum takes the column of the first, whose reader is done; numbers never take one of numerators.
        assert_eq!(places.of, [0, 1, 2, 1, 2, 3]);
        assert_eq!(places.count, 4);
        let kept = Places::new(&nodes, &[2, 4], &[true; 6], &Programs::default());
        assert_eq!(kept.of, [0, 1, 2, 1, 3, 4]);
        let fewer = Places::new(&nodes, &[4], &[true, false, false, true, true, false], &Programs::default());
        assert_eq!((fewer.of[3], fewer.of[4], fewer.count), (1, 2, 3));
    }
}
