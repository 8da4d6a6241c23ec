//! Scores of support vector machines: those of a batch that train on the same rows are trained together, and what was
//! trained lately is not trained again.

use super::lanes::{self, Kind, Weights};
use super::lessons::{FEATURES, Lessons, Row, Standard, lock};
use crate::batch::series::Block;
use crate::interrupt::Interrupt;
use std::sync::Arc;

/// A series of scores. Individuals in this order train on the same rows.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Machine {
    /// Rows that each model is trained on.
    pub(crate) lookback: usize,
    /// Rows between two trainings.
    pub(crate) refit: usize,
    /// Features that it sees.
    pub(crate) features: usize,
    /// Bits of the cost of a misclassified row, which is positive.
    pub(crate) cost: u64,
    /// Row of the first training.
    pub(crate) first: usize,
}

/// Bytes that are kept of machines trained on the same rows.
const MOST: usize = 1 << 20;

/// What was learnt of the rows before one row.
pub(in crate::batch) struct Taught {
    standard: Standard,
    /// By kind. Empty where the rows are of one class.
    machines: Vec<(Kind, Weights)>,
}

/// The machine in use.
#[derive(Clone)]
struct Model {
    taught: Arc<Taught>,
    weights: Weights,
}

/// The machines of a batch on one symbol.
#[derive(Default)]
pub(super) struct Machines {
    /// Each with the number of its series.
    keys: Vec<(usize, Machine)>,
    models: Vec<Option<Model>>,
    done: usize,
}

impl Machines {
    pub(super) fn add(&mut self, series: usize, machine: Machine) {
        self.keys.push((series, machine));
        self.models.push(None);
    }

    /// Computes rows `from..to` of all series; NaN where there is no model. Blocks are taken in order.
    #[inline(always)]
    pub(super) fn fill(
        &mut self,
        lessons: &Lessons,
        (from, to): (usize, usize),
        blocks: &mut [Block],
        interrupt: Interrupt,
    ) {
        let mut due: Vec<(usize, usize, usize)> = Vec::new();
        for (k, (_, machine)) in self.keys.iter().enumerate() {
            let passed = self.done.saturating_sub(machine.first).div_ceil(machine.refit);
            let refits = (machine.first + passed * machine.refit..to).step_by(machine.refit);
            due.extend(refits.map(|t| (t, machine.lookback, k)));
        }
        due.sort_unstable();
        let mut trained: Vec<Vec<(usize, Option<Model>)>> = vec![Vec::new(); self.keys.len()];
        for same in due.chunk_by(|a, b| (a.0, a.1) == (b.0, b.1)) {
            if interrupt.is_asked() {
                return;
            }
            let mut kinds: Vec<Kind> = same.iter().map(|&(.., k)| self.keys[k].1.kind()).collect();
            kinds.sort_unstable();
            kinds.dedup();
            let (t, lookback, _) = same[0];
            let taught = teach(lessons, t, lookback, &kinds, interrupt);
            for &(t, _, k) in same {
                let model = taught.as_ref().and_then(|taught| taught.model(self.keys[k].1.kind()));
                trained[k].push((t, model));
            }
        }
        self.done = to;
        for (((series, machine), now), trained) in self.keys.iter().zip(&mut self.models).zip(trained) {
            let out = &mut blocks[*series].rows;
            let mut at = from;
            for (t, model) in trained {
                let until = if t > from { t } else { from };
                score(now.as_ref(), machine.features, &lessons.rows[at..until], &mut out[at - from..]);
                *now = model;
                at = until;
            }
            score(now.as_ref(), machine.features, &lessons.rows[at..to], &mut out[at - from..]);
        }
    }
}

impl Machine {
    fn kind(self) -> Kind {
        Kind { features: self.features, cost: self.cost }
    }
}

impl Taught {
    fn weights(&self, kind: Kind) -> Option<&Weights> {
        let found = self.machines.binary_search_by_key(&kind, |(kind, _)| *kind).ok()?;
        Some(&self.machines[found].1)
    }

    fn model(self: &Arc<Taught>, kind: Kind) -> Option<Model> {
        self.weights(kind).map(|&weights| Model { taught: Arc::clone(self), weights })
    }

    fn bytes(&self) -> usize {
        size_of::<Taught>() + self.machines.len() * size_of::<(Kind, Weights)>()
    }
}

/// What machines of these kinds learn at row `t`; `None` with too few rows, and where it means nothing since `interrupt`
/// has risen.
#[inline(always)]
fn teach(
    lessons: &Lessons,
    t: usize,
    lookback: usize,
    kinds: &[Kind],
    interrupt: Interrupt,
) -> Option<Arc<Taught>> {
    let before = lock(&lessons.taught).get((t, lookback));
    let missing = |kind: &Kind| before.as_ref().is_none_or(|before| before.weights(*kind).is_none());
    let wanted: Vec<Kind> = kinds.iter().copied().filter(missing).collect();
    if wanted.is_empty() {
        return before;
    }
    let range = lessons.training(t, lookback)?;
    let labels: Vec<f64> = range.clone().map(|row| if lessons.rises(row) { 1.0 } else { -1.0 }).collect();
    if labels.iter().all(|&y| y == labels[0]) {
        return None;
    }
    let rows = &lessons.rows[range];
    let standard = Standard::fit(rows);
    let inputs: Vec<Row> = rows.iter().map(|row| standard.apply(row)).collect();
    let weights = lanes::train(&inputs, &labels, &wanted, interrupt);
    if interrupt.is_asked() {
        return None;
    }
    let mut machines: Vec<(Kind, Weights)> = wanted.into_iter().zip(weights).collect();
    // What no individual of the batch asks for goes once it is much.
    let kept = |(kind, _): &&(Kind, Weights)| kinds.contains(kind);
    let much = before.as_ref().is_some_and(|before| before.bytes() > MOST);
    let earlier = before.iter().flat_map(|before| &before.machines);
    machines.extend(earlier.filter(|machine| !much || kept(machine)).copied());
    machines.sort_unstable_by_key(|(kind, _)| *kind);
    let taught = Arc::new(Taught { standard, machines });
    lock(&lessons.taught).put((t, lookback), Arc::clone(&taught), taught.bytes());
    Some(taught)
}

/// The products of weights and standardised features, added from 0 in the order of the features, then the bias.
#[inline(always)]
fn score(model: Option<&Model>, features: usize, rows: &[Row], out: &mut [f64]) {
    let Some(Model { taught, weights }) = model else {
        out[..rows.len()].fill(f64::NAN);
        return;
    };
    for (out, row) in out.iter_mut().zip(rows) {
        let z = taught.standard.apply(row);
        let mut sum = 0.0;
        for (w, z) in weights.iter().zip(&z[..features]) {
            sum += w * z;
        }
        *out = sum + weights[FEATURES];
    }
}
