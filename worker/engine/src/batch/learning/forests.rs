//! Predictions of forests and quantiles of the last hundred of them. What a forest learns of is shared by all of the same
//! window; its trees by all that differ only in depth and number of trees, as fewer are the first of more.

use super::grow::{Bins, Samples, Tree};
use super::history::History;
use super::lessons::{FEATURES, Lessons, Row, Standard, lock};
use crate::batch::series::Block;
use crate::interrupt::Interrupt;
use crate::strategies::learning::forest::{BINS, Draws, bin, edges};
use crate::strategies::learning::jacobi;
use crate::strategies::learning::quantile::HISTORY;
use std::collections::BTreeMap;
use std::sync::Arc;

/// A series of predictions. Individuals in this order share most.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Forest {
    /// Rows that each model is trained on.
    pub(crate) window: usize,
    /// Rows between two trainings.
    pub(crate) refit: usize,
    /// Principal components that its trees see.
    pub(crate) components: usize,
    /// Splits from root to leaf at most.
    pub(crate) depth: usize,
    /// Trees in the mean.
    pub(crate) trees: usize,
    /// Row of the first decision, a hundred rows after the first training.
    pub(crate) first: usize,
    /// Name of the strategy, which its draws are keyed by.
    pub(crate) strategy: &'static str,
}

/// Principal components of the rows before one row, and their bins.
pub(in crate::batch) struct Projection {
    standard: Standard,
    /// `components[j][k]` is what feature j adds to component k.
    components: [[f64; FEATURES]; FEATURES],
    edges: Vec<Vec<f64>>,
    bins: Vec<Bins>,
}

/// Trees on the first components of a projection.
pub(in crate::batch) struct Grown {
    projection: Arc<Projection>,
    depth: usize,
    trees: Vec<Tree>,
}

/// Those that share trees.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
struct Shared {
    window: usize,
    refit: usize,
    components: usize,
    first: usize,
    strategy: &'static str,
}

#[derive(Default)]
struct Group {
    members: BTreeMap<(usize, usize), Member>,
    model: Option<Arc<Grown>>,
    done: Option<usize>,
}

/// Predictions of one depth and number of trees.
#[derive(Default)]
struct Member {
    predictions: Option<usize>,
    /// Series by their percent.
    quantiles: Vec<(usize, usize)>,
    history: History,
}

/// The forests of a batch on one symbol.
#[derive(Default)]
pub(super) struct Forests(BTreeMap<Shared, Group>);

impl Forests {
    /// A series of predictions, or of a quantile of them in percent.
    pub(super) fn add(&mut self, series: usize, forest: Forest, percent: Option<usize>) {
        let Forest { window, refit, components, depth, trees, first, strategy } = forest;
        let group = self.0.entry(Shared { window, refit, components, first, strategy }).or_default();
        let member = group.members.entry((depth, trees)).or_default();
        match percent {
            None => member.predictions = Some(series),
            Some(percent) => member.quantiles.push((percent, series)),
        }
    }

    /// Computes rows `from..to` of all series, and before the first ones the history that quantiles need; NaN where there
    /// is no model or too short a history. Blocks are taken in order.
    #[inline(always)]
    pub(super) fn fill(
        &mut self,
        lessons: &Lessons,
        rows: (usize, usize),
        blocks: &mut [Block],
        interrupt: Interrupt,
    ) {
        let components = self.0.keys().map(|shared| shared.components).max().unwrap_or(0);
        for (shared, group) in &mut self.0 {
            group.fill(lessons, *shared, components, rows, blocks, interrupt);
        }
    }
}

impl Group {
    #[inline(always)]
    fn fill(
        &mut self,
        lessons: &Lessons,
        shared: Shared,
        components: usize,
        (from, to): (usize, usize),
        blocks: &mut [Block],
        interrupt: Interrupt,
    ) {
        let begin = shared.first.saturating_sub(HISTORY);
        let depths = self.members.keys().map(|&(depth, _)| depth).max().unwrap_or(0);
        let trees = self.members.keys().map(|&(_, trees)| trees).max().unwrap_or(0);
        let start = self.done.unwrap_or(begin).max(begin);
        for member in self.members.values() {
            let series = member.quantiles.iter().map(|(_, series)| *series).chain(member.predictions);
            let blank = start.clamp(from, to) - from;
            series.for_each(|series| blocks[series].rows[..blank].fill(f64::NAN));
        }
        for t in start..to {
            if (t - begin).is_multiple_of(shared.refit) {
                let number = ((t - begin) / shared.refit) as u64;
                let wanted = Wanted { t, number, components, depth: depths, trees };
                self.model = grown(lessons, shared, wanted, interrupt);
                if interrupt.is_asked() {
                    return;
                }
            }
            let row = t.checked_sub(from);
            let Some(model) = &self.model else {
                row.into_iter().for_each(|row| self.members.values().for_each(|m| m.skip(blocks, row)));
                continue;
            };
            model.predict(&lessons.rows[t], shared.components, &mut self.members, |member, prediction| {
                member.take(blocks, row, prediction);
            });
        }
        self.done = Some(to.max(start));
    }
}

impl Member {
    /// A row without a model.
    fn skip(&self, blocks: &mut [Block], row: usize) {
        let series = self.quantiles.iter().map(|(_, series)| *series).chain(self.predictions);
        series.for_each(|series| blocks[series].rows[row] = f64::NAN);
    }

    /// A prediction; its row in the block, if it is in it.
    #[inline(always)]
    fn take(&mut self, blocks: &mut [Block], row: Option<usize>, prediction: f64) {
        if let Some(row) = row {
            for &(percent, series) in &self.quantiles {
                blocks[series].rows[row] = self.history.quantile(percent).unwrap_or(f64::NAN);
            }
            if let Some(series) = self.predictions {
                blocks[series].rows[row] = prediction;
            }
        }
        self.history.push(prediction);
    }
}

/// A model that is wanted at row `t`.
#[derive(Clone, Copy)]
struct Wanted {
    t: usize,
    /// Number of the training, which its draws depend on.
    number: u64,
    /// Components that are worth binning, since others of the batch look at them.
    components: usize,
    depth: usize,
    trees: usize,
}

/// The forest of a training; `None` with too few rows or a return out of range, and where it means nothing since `interrupt`
/// has risen.
#[inline(always)]
fn grown(lessons: &Lessons, shared: Shared, wanted: Wanted, interrupt: Interrupt) -> Option<Arc<Grown>> {
    let Wanted { t, number, .. } = wanted;
    let key = (t, shared.window, shared.components, number);
    let before = lock(&lessons.grown).get(key);
    let enough = |grown: &Grown| grown.depth >= wanted.depth && grown.trees.len() >= wanted.trees;
    if before.as_deref().is_some_and(enough) {
        return before;
    }
    let range = lessons.training(t, shared.window)?;
    let targets = lessons.targets(range.clone())?;
    let projection = projection(lessons, (t, shared.window), wanted.components)?;
    // Whoever wanted more of it before may want it again.
    let depth = before.as_ref().map_or(wanted.depth, |before| wanted.depth.max(before.depth));
    let count = before.as_ref().map_or(wanted.trees, |before| wanted.trees.max(before.trees.len()));
    let samples = Samples { bins: &projection.bins, targets, inputs: shared.components };
    let mut trees = Vec::with_capacity(count);
    for tree in 0..count as u64 {
        if interrupt.is_asked() {
            return None;
        }
        let mut draws = Draws::new(shared.strategy, number, tree);
        let chosen = (0..range.len()).map(|_| draws.below(range.len()) as u32).collect();
        trees.push(Tree::grow(&samples, chosen, depth, interrupt));
    }
    if interrupt.is_asked() {
        return None;
    }
    // The projection is kept alive, whoever else has it.
    let bytes = size_of::<Grown>() + projection.bytes() + trees.iter().map(Tree::bytes).sum::<usize>();
    let grown = Arc::new(Grown { projection, depth, trees });
    lock(&lessons.grown).put(key, Arc::clone(&grown), bytes);
    Some(grown)
}

/// The projection of the training rows of a refit at a row.
#[inline(always)]
fn projection(lessons: &Lessons, (t, window): (usize, usize), components: usize) -> Option<Arc<Projection>> {
    let key = (t, window, components);
    if let Some(known) = lock(&lessons.projections).get(key) {
        return Some(known);
    }
    let rows = &lessons.rows[lessons.training(t, window)?];
    let projection = Arc::new(Projection::fit(rows, components));
    let bytes = projection.bytes();
    lock(&lessons.projections).put(key, Arc::clone(&projection), bytes);
    Some(projection)
}

impl Projection {
    fn bytes(&self) -> usize {
        size_of::<Projection>()
            + self.bins.len() * size_of::<Bins>()
            + self.edges.len() * (BINS * size_of::<f64>() + size_of::<Vec<f64>>())
    }

    #[inline(always)]
    fn fit(rows: &[Row], count: usize) -> Projection {
        let standard = Standard::fit(rows);
        let z: Vec<Row> = rows.iter().map(|row| standard.apply(row)).collect();
        let mut components = [[0.0; FEATURES]; FEATURES];
        for (k, (_, loadings)) in jacobi::eigen(correlations(&z)).into_iter().enumerate().take(count) {
            components.iter_mut().zip(loadings).for_each(|(row, loading)| row[k] = loading);
        }
        let projected: Vec<Row> = z.iter().map(|z| project(&components, z)).collect();
        let edges: Vec<Vec<f64>> =
            (0..count).map(|k| edges(&projected.iter().map(|row| row[k]).collect::<Vec<f64>>())).collect();
        let bins = projected.iter().map(|row| binned(&edges, row)).collect();
        Projection { standard, components, edges, bins }
    }
}

/// The correlation matrix of standardised rows.
#[inline(always)]
fn correlations(z: &[Row]) -> Vec<Vec<f64>> {
    let mut sums = [[0.0; FEATURES]; FEATURES];
    for row in z {
        for (sums, x) in sums.iter_mut().zip(row) {
            sums.iter_mut().zip(row).for_each(|(sum, y)| *sum += x * y);
        }
    }
    sums.iter().map(|row| row.iter().map(|sum| sum / z.len() as f64).collect()).collect()
}

/// All components of a row, products added in the order of the features.
#[inline(always)]
fn project(components: &[[f64; FEATURES]; FEATURES], z: &Row) -> Row {
    let mut out = [0.0; FEATURES];
    for (row, z) in components.iter().zip(z) {
        out.iter_mut().zip(row).for_each(|(sum, loading)| *sum += z * loading);
    }
    out
}

#[inline(always)]
fn binned(edges: &[Vec<f64>], projected: &Row) -> Bins {
    let mut out = [0; FEATURES];
    for ((to, edges), &x) in out.iter_mut().zip(edges).zip(projected) {
        *to = bin(edges, x);
    }
    out
}

impl Grown {
    /// The mean of the first trees of each member at a row of the market, added in the order of the trees.
    #[inline(always)]
    fn predict(
        &self,
        row: &Row,
        components: usize,
        members: &mut BTreeMap<(usize, usize), Member>,
        mut take: impl FnMut(&mut Member, f64),
    ) {
        let Projection { standard, components: loadings, edges, .. } = &*self.projection;
        let bins = binned(&edges[..components], &project(loadings, &standard.apply(row)));
        let deepest = members.keys().map(|&(depth, _)| depth).max().unwrap_or(0);
        let mut sums = vec![0.0; deepest + 1];
        let mut waiting: Vec<(usize, usize, &mut Member)> =
            members.iter_mut().map(|(&(depth, trees), member)| (trees, depth, member)).collect();
        waiting.sort_by_key(|(trees, ..)| *trees);
        let mut waiting = waiting.into_iter().peekable();
        for (count, tree) in (1..).zip(&self.trees) {
            let (mut depth, mut last) = (0, 0.0);
            tree.values(&bins, |value| {
                if depth <= deepest {
                    sums[depth] += value;
                }
                (depth, last) = (depth + 1, value);
            });
            sums.iter_mut().skip(depth).for_each(|sum| *sum += last);
            while let Some((trees, depth, member)) = waiting.next_if(|(trees, ..)| *trees == count) {
                take(member, sums[depth] / trees as f64);
            }
        }
    }
}
