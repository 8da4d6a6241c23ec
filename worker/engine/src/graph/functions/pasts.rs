//! Windows and earlier rows of one column of whole numbers, which share what lies behind them: however many periods a
//! batch asks for, the rows of the past are kept once.
//!
//! A sum of n rows is the difference of two running totals, which may wrap: the sum itself fits. An extreme of n rows is
//! that of two stretches of 2^j rows, the largest power up to n, which overlap; level j of the stretches is made of two
//! neighbours of level j - 1. So a row costs one step whatever n, and no row waits for the row before.

use super::history::History;
use crate::batch::{InstructionSet, Loops};
use crate::graph::column::{Column, Rows, Stream};
use crate::graph::op::Op;
use crate::graph::plan::Node;
use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, PoisonError};

/// What is read of the past.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum What {
    Sum,
    Row,
    Highest,
    Lowest,
}

/// What a node asks for, and how many rows.
fn asked(op: &Op) -> Option<(What, usize)> {
    match *op {
        Op::WholeWindowSum { n, wide: false } => Some((What::Sum, n)),
        Op::WholeDelay { k, wide: false } => Some((What::Row, k)),
        Op::WholeHighest { n, wide: false } => Some((What::Highest, n)),
        Op::WholeLowest { n, wide: false } => Some((What::Lowest, n)),
        _ => None,
    }
}

/// The streams of such nodes, by the number of the node.
pub(crate) fn pasts<'n>(nodes: impl Iterator<Item = (usize, &'n Node)>) -> BTreeMap<usize, Box<dyn Stream>> {
    let mut groups: BTreeMap<(What, usize), Vec<(usize, usize)>> = BTreeMap::new();
    for (i, node) in nodes {
        if let (Some((what, n)), &[input]) = (asked(&node.op), node.inputs.as_slice()) {
            groups.entry((what, input)).or_default().push((i, n));
        }
    }
    let mut out: BTreeMap<usize, Box<dyn Stream>> = BTreeMap::new();
    for ((what, _), members) in groups {
        let longest = members.iter().map(|&(_, n)| n).max().unwrap_or(0);
        let past = Arc::new(Mutex::new(Past::new(what, longest)));
        for (node, n) in members {
            out.insert(node, Box::new(Member { past: past.clone(), n, set: InstructionSet::best() }));
        }
    }
    out
}

/// The rows behind the members of a group.
struct Past {
    what: What,
    /// Rows, or running totals; of extremes one for each level.
    levels: Vec<History<i64>>,
    total: i64,
    /// What is made of a block on the way; kept, since making room takes time.
    made: Vec<i64>,
    /// The row behind the last.
    to: usize,
}

/// The largest power of two up to `n`, by its exponent.
fn level(n: usize) -> u32 {
    n.checked_ilog2().unwrap_or(0)
}

impl Past {
    fn new(what: What, longest: usize) -> Past {
        let levels = match what {
            What::Sum | What::Row => vec![History::new(longest, 0)],
            What::Highest | What::Lowest => (0..=level(longest)).map(|j| History::new(1 << j, 0)).collect(),
        };
        Past { what, levels, total: 0, made: Vec::new(), to: 0 }
    }

    /// Takes the rows of a block, unless another member has brought them.
    #[inline(always)]
    fn bring(&mut self, x: &[i64], from: usize) {
        if self.to == from + x.len() {
            return;
        }
        self.to = from + x.len();
        let Past { what, levels, total, made, .. } = self;
        made.clear();
        if *what == What::Sum {
            made.extend(x.iter().map(|&row| {
                *total = total.wrapping_add(row);
                *total
            }));
        }
        let mut levels = levels.iter_mut().enumerate().peekable();
        while let Some((j, level)) = levels.next() {
            let all = level.push(if made.is_empty() { x } else { made });
            if levels.peek().is_some() {
                made.resize(x.len(), 0);
                join(*what, made, &all[1 << j..], all);
            }
        }
    }

    /// What a member reads of the last `out.len()` rows.
    #[inline(always)]
    fn read(&self, n: usize, out: &mut [i64]) {
        let rows = out.len();
        match self.what {
            What::Row => {
                let all = self.levels[0].last(rows);
                let begin = all.len() - rows - n;
                out.copy_from_slice(&all[begin..begin + rows]);
            }
            What::Sum => {
                let all = self.levels[0].last(rows);
                let last = all.len() - rows;
                let (new, old) = (&all[last..], &all[last - n..]);
                out.iter_mut().zip(new).zip(old).for_each(|((out, new), &old)| *out = new.wrapping_sub(old));
            }
            What::Highest | What::Lowest => {
                let j = level(n) as usize;
                let all = self.levels[j].last(rows);
                let last = all.len() - rows;
                join(self.what, out, &all[last..], &all[last - (n - (1 << j))..]);
            }
        }
    }
}

/// The extremes of two stretches of each row.
#[inline(always)]
fn join(what: What, out: &mut [i64], a: &[i64], b: &[i64]) {
    let all = out.iter_mut().zip(a).zip(b);
    if what == What::Highest {
        all.for_each(|((out, &a), &b)| *out = if a > b { a } else { b });
    } else {
        all.for_each(|((out, &a), &b)| *out = if a < b { a } else { b });
    }
}

/// One node of a group.
struct Member {
    past: Arc<Mutex<Past>>,
    n: usize,
    set: InstructionSet,
}

struct Fill<'f> {
    past: &'f mut Past,
    x: &'f [i64],
    from: usize,
    n: usize,
    out: &'f mut [i64],
}

impl Loops for Fill<'_> {
    #[inline(always)]
    fn run(self) {
        self.past.bring(self.x, self.from);
        self.past.read(self.n, self.out);
    }
}

impl Stream for Member {
    fn fill(&mut self, rows: &Rows<'_>, out: &mut Column) {
        let (x, n) = (rows.whole::<i64>(0), self.n);
        out.narrow.resize(rows.len, 0);
        let mut past = self.past.lock().unwrap_or_else(PoisonError::into_inner);
        let behind = if past.what == What::Row { n } else { n - 1 };
        out.start = rows.column(0).start.saturating_add(behind);
        let out = out.narrow.as_mut_slice();
        self.set.widened(Fill { past: &mut past, x, from: rows.from, n, out });
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::bars::Bars;

    #[test]
    fn whatever_their_periods_and_blocks_windows_are_those_of_the_rows_that_they_name() {
        let mut seed = 5_u64;
        let x: Vec<i64> = (0..3_000)
            .map(|_| {
                seed = seed.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
                (seed >> 40) as i64 - (1 << 23)
            })
            .collect();
        let bars = Bars {
            symbol: "A",
            decimals: 0,
            interval_ms: 60_000,
            time_ms: &[],
            open: &[],
            high: &[],
            low: &[],
            close: &[],
            volume: None,
            funding: &[],
            signals: None,
        };
        let ns = [1, 2, 3, 4, 7, 8, 9, 63, 64, 100, 600];
        let op = |what: usize, n: usize| match what {
            0 => Op::WholeWindowSum { n, wide: false },
            1 => Op::WholeDelay { k: n, wide: false },
            2 => Op::WholeHighest { n, wide: false },
            _ => Op::WholeLowest { n, wide: false },
        };
        let nodes: Vec<Node> = (0..4)
            .flat_map(|what| ns.map(|n| Node { op: op(what, n), inputs: std::iter::once(0).collect() }))
            .collect();
        for length in [512, 100, 1, 700] {
            let mut streams = pasts(nodes.iter().enumerate());
            let mut from = 0;
            while from < x.len() {
                let len = length.min(x.len() - from);
                let input = Column { narrow: x[from..from + len].to_vec(), start: 3, ..Column::default() };
                let columns = [Box::new(input)];
                for (i, stream) in &mut streams {
                    let (what, n) = (i / ns.len(), ns[i % ns.len()]);
                    let mut out = Column::default();
                    stream.fill(&Rows { columns: &columns, inputs: &[0], from, len, bars }, &mut out);
                    let behind = if what == 1 { n } else { n - 1 };
                    assert_eq!(out.start, 3 + behind);
                    for t in (from..from + len).filter(|&t| t >= out.start) {
                        let window = &x[t - behind..=t];
                        let right = match what {
                            0 => window.iter().sum(),
                            1 => window[0],
                            2 => *window.iter().max().unwrap(),
                            _ => *window.iter().min().unwrap(),
                        };
                        assert_eq!(out.narrow[t - from], right, "{:?} at {t}", nodes[*i].op);
                    }
                }
                from += len;
            }
        }
    }
}
