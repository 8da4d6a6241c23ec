//! Averages that forget, side by side. Each row of an average waits for the row before, so that one alone leaves the
//! processor idle; those of one input with different periods are taken together, `LANES` a step. A batch of crosses of
//! two averages has hundreds of them.

use super::averages::{Average, Ema, Rma};
use super::finite;
use crate::batch::{InstructionSet, Isa, TILE, Work, transpose};
use crate::graph::column::{Column, Rows, Stream};
use crate::graph::op::Op;
use crate::graph::plan::Node;
use std::collections::BTreeMap;
use std::sync::{Arc, Mutex};

/// Averages of one step: enough to hide that each row waits for the row before.
const LANES: usize = 64;

/// The streams of the averages among some nodes, by the number of the node.
pub(crate) fn averages<'n>(
    nodes: impl Iterator<Item = (usize, &'n Node)>,
) -> BTreeMap<usize, Box<dyn Stream>> {
    type Members<A> = BTreeMap<usize, Vec<(usize, A)>>;
    fn joined<A: Average>(all: Members<A>, out: &mut BTreeMap<usize, Box<dyn Stream>>) {
        for members in all.into_values() {
            let (nodes, averages): (Vec<usize>, Vec<A>) = members.into_iter().unzip();
            let group = Arc::new(Mutex::new(Group::new(averages)));
            out.extend(nodes.into_iter().enumerate().map(|(lane, node)| {
                let member: Box<dyn Stream> = Box::new(Member { group: group.clone(), lane });
                (node, member)
            }));
        }
    }
    let (mut emas, mut rmas) = (Members::<Ema>::new(), Members::<Rma>::new());
    for (i, node) in nodes {
        match (&node.op, node.inputs.as_slice()) {
            (&Op::Ema { n }, &[input]) => emas.entry(input).or_default().push((i, Ema::new(n))),
            (&Op::Rma { n }, &[input]) => rmas.entry(input).or_default().push((i, Rma::new(n))),
            _ => {}
        }
    }
    let mut out = BTreeMap::new();
    joined(emas, &mut out);
    joined(rmas, &mut out);
    out
}

/// All averages of one input.
struct Group<A> {
    averages: Vec<A>,
    /// The rows of the block of each, until its node takes them.
    rows: Vec<Vec<f64>>,
    /// The row behind the last.
    to: usize,
}

impl<A: Average> Group<A> {
    fn new(averages: Vec<A>) -> Group<A> {
        Group { rows: vec![Vec::new(); averages.len()], averages, to: 0 }
    }

    #[inline(always)]
    fn fill<I: Isa>(&mut self, isa: I, x: &[f64]) {
        for (averages, rows) in self.averages.chunks_mut(LANES).zip(self.rows.chunks_mut(LANES)) {
            rows.iter_mut().for_each(|rows| rows.resize(x.len(), f64::NAN));
            let mut begun = [(0.0, 0.0); LANES];
            let mut all = true;
            for (begun, average) in begun.iter_mut().zip(&*averages) {
                match average.begun() {
                    Some(now) => *begun = now,
                    None => all = false,
                }
            }
            if all {
                let last = steps(isa, &begun, x, rows);
                averages.iter_mut().zip(last).for_each(|(average, value)| average.put(value));
            } else {
                for (average, rows) in averages.iter_mut().zip(rows) {
                    rows.iter_mut().zip(x).for_each(|(out, &x)| *out = average.next(x));
                }
            }
        }
    }
}

/// Moves averages that have begun, and says where they are then.
#[inline(always)]
fn steps<I: Isa>(isa: I, begun: &[(f64, f64); LANES], x: &[f64], out: &mut [Vec<f64>]) -> [f64; LANES] {
    let mut last = begun.map(|(value, _)| value);
    let factor = begun.map(|(_, factor)| factor);
    let mut tile = [[0.0; LANES]; TILE];
    for (k, x) in x.chunks(TILE).enumerate() {
        let mut value = last;
        for (line, &x) in tile.iter_mut().zip(x) {
            if x.is_nan() {
                *line = [f64::NAN; LANES];
                continue;
            }
            for lane in 0..LANES {
                value[lane] += factor[lane] * (x - value[lane]);
            }
            *line = value;
        }
        last = value;
        // What is infinite once is no number from the next row on, and never again.
        if !last.iter().all(|value| value.is_finite()) {
            tile.iter_mut().flatten().for_each(|value| *value = finite(*value));
        }
        transpose(isa, &tile, x.len(), k * TILE, out);
    }
    last
}

/// The next rows of a group.
struct Next<'g, A> {
    group: &'g mut Group<A>,
    x: &'g [f64],
}

impl<A: Average> Work for Next<'_, A> {
    #[inline(always)]
    fn run<I: Isa>(self, isa: I) {
        self.group.fill(isa, self.x);
    }
}

/// One average of a group. The first that is asked for a block computes it for all.
struct Member<A> {
    group: Arc<Mutex<Group<A>>>,
    lane: usize,
}

impl<A: Average> Stream for Member<A> {
    fn fill(&mut self, rows: &Rows<'_>, out: &mut Column) {
        // Nobody panics while it is held.
        let mut group = self.group.lock().unwrap_or_else(std::sync::PoisonError::into_inner);
        let to = rows.from + rows.len;
        if group.to < to {
            InstructionSet::best().run(Next { group: &mut *group, x: rows.numbers(0) });
            group.to = to;
        }
        // Not copied: the group writes into what the column held before.
        std::mem::swap(&mut out.numbers, &mut group.rows[self.lane]);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn alone<A: Average>(mut average: A, x: &[f64]) -> Vec<u64> {
        x.iter().map(|&x| average.next(x).to_bits()).collect()
    }

    fn together<A: Average>(averages: &[A], x: &[f64], cuts: &[usize], set: InstructionSet) -> Vec<Vec<u64>> {
        let mut group = Group::new(averages.to_vec());
        let mut out = vec![Vec::new(); averages.len()];
        let (mut from, mut cuts) = (0, cuts.iter().cycle());
        while from < x.len() {
            let to = x.len().min(from + cuts.next().unwrap());
            set.run(Next { group: &mut group, x: &x[from..to] });
            for (out, rows) in out.iter_mut().zip(&group.rows) {
                out.extend(rows.iter().map(|x| x.to_bits()));
            }
            from = to;
        }
        out
    }

    #[test]
    fn averages_side_by_side_have_the_bits_that_each_has_alone() {
        let mut seed = 5_u64;
        let mut next = || {
            seed = seed.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
            seed >> 33
        };
        let mut x: Vec<f64> = (0..3_000).map(|_| next() as f64 / 7.0).collect();
        for t in (0..20).chain([700, 701, 1_535, 2_999]) {
            x[t] = f64::NAN;
        }
        // From here on no number is finite.
        (x[2_400], x[2_401]) = (f64::MAX, -f64::MAX);
        for count in [1, 15, 64, 75] {
            let periods: Vec<usize> = (0..count).map(|_| 1 + next() as usize % 250).collect();
            let emas: Vec<Ema> = periods.iter().map(|&n| Ema::new(n)).collect();
            let rmas: Vec<Rma> = periods.iter().map(|&n| Rma::new(n)).collect();
            let expected: Vec<_> = emas.iter().map(|a| alone(a.clone(), &x)).collect();
            let slower: Vec<_> = rmas.iter().map(|a| alone(a.clone(), &x)).collect();
            for set in InstructionSet::available() {
                for cuts in [&[512][..], &[1, 63, 64, 65, 512], &[7]] {
                    assert_eq!(together(&emas, &x, cuts, set), expected, "{} {cuts:?}", set.name());
                    assert_eq!(together(&rmas, &x, cuts, set), slower, "{} {cuts:?}", set.name());
                }
            }
        }
    }
}
