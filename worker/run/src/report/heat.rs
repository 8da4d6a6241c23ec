//! Fitness over two genes at a time, from the evaluations of a run: which genes matter, and how the land around the winner
//! looks. What nobody has evaluated stays a hole.

use super::ledger::Evaluated;

/// Most cells of a side.
const CELLS: usize = 24;
/// Genes that are paired.
const PAIRED: usize = 4;
/// Classes of the colours.
pub const CLASSES: usize = 7;

/// How a gene is cut into cells.
#[derive(Clone, Debug, PartialEq)]
pub struct Axis {
    /// Name of the gene.
    pub gene: String,
    /// Lowest and highest value in each cell, rising.
    pub cells: Vec<(f64, f64)>,
    /// Share of the variance of the ranks of fitness that its cells explain.
    pub explains: f64,
}

/// A cell in which something was evaluated.
#[derive(Clone, Debug, PartialEq)]
pub struct Cell {
    /// Place along x and y.
    pub at: (usize, usize),
    /// Evaluations in it.
    pub evaluations: usize,
    /// Their median fitness, the lower of the middle two; `None` if none has one.
    pub median: Option<f64>,
    /// Class of the median, 0 the lowest.
    pub class: usize,
}

/// Fitness over two genes.
#[derive(Clone, Debug, PartialEq)]
pub struct Heat {
    /// The gene along.
    pub x: Axis,
    /// The gene up.
    pub y: Axis,
    /// By y, then x.
    pub cells: Vec<Cell>,
    /// Where the winner is.
    pub winner: Option<(usize, usize)>,
    /// Lowest and highest median of each class that has one, rising.
    pub classes: Vec<(f64, f64)>,
}

impl Axis {
    /// The cell of a value: the nearest.
    fn place(&self, value: f64) -> Option<usize> {
        let after = self.cells.partition_point(|cell| cell.1 < value);
        (value.is_finite() && !self.cells.is_empty()).then(|| after.min(self.cells.len() - 1))
    }
}

/// The maps of the genes that explain most, the pair that explains most first. `winner`: its value of a gene. `log`: whether
/// the values of a gene lie evenly in the logarithm.
pub fn maps(run: &Evaluated, winner: impl Fn(&str) -> Option<f64>, log: impl Fn(&str) -> bool) -> Vec<Heat> {
    let ranks = ranks(&run.fitness);
    let genes = run.genes.iter().zip(&run.values);
    let mut axes: Vec<(Axis, Vec<Option<usize>>)> = genes
        .filter_map(|(gene, values)| {
            let mut axis = Axis { gene: gene.clone(), cells: cut(values, log(gene)), explains: 0.0 };
            let places: Vec<Option<usize>> = values.iter().map(|&v| axis.place(v)).collect();
            axis.explains = explained(&places, &ranks, axis.cells.len());
            (axis.cells.len() > 1).then_some((axis, places))
        })
        .collect();
    // A tie keeps the order of the file.
    axes.sort_by(|a, b| b.0.explains.total_cmp(&a.0.explains));
    axes.truncate(PAIRED);
    let mut pairs: Vec<(usize, usize)> =
        (0..axes.len()).flat_map(|i| (i + 1..axes.len()).map(move |j| (i, j))).collect();
    let sum = |&(i, j): &(usize, usize)| axes[i].0.explains + axes[j].0.explains;
    pairs.sort_by(|a, b| sum(b).total_cmp(&sum(a)));
    pairs.iter().map(|&(i, j)| map(&axes[i], &axes[j], &run.fitness, &winner)).collect()
}

type Placed = (Axis, Vec<Option<usize>>);

fn map((x, xs): &Placed, (y, ys): &Placed, fitness: &[f64], winner: impl Fn(&str) -> Option<f64>) -> Heat {
    let mut held: Vec<Vec<f64>> = vec![Vec::new(); x.cells.len() * y.cells.len()];
    for ((x_at, y_at), &value) in xs.iter().zip(ys).zip(fitness) {
        if let (Some(x_at), Some(y_at)) = (x_at, y_at) {
            held[y_at * x.cells.len() + x_at].push(value);
        }
    }
    let cell = |(i, values): (usize, &mut Vec<f64>)| {
        let evaluations = values.len();
        values.retain(|v| v.is_finite());
        values.sort_by(f64::total_cmp);
        let median = values.len().checked_sub(1).map(|last| values[last / 2]);
        let at = (i % x.cells.len(), i / x.cells.len());
        (evaluations > 0).then_some(Cell { at, evaluations, median, class: 0 })
    };
    let mut cells: Vec<Cell> = held.iter_mut().enumerate().filter_map(cell).collect();
    let mut medians: Vec<f64> = cells.iter().filter_map(|c| c.median).collect();
    medians.sort_by(f64::total_cmp);
    // As many cells in each class: one wild value would otherwise leave the rest one colour.
    let class = |v: f64| medians.partition_point(|m| *m < v) * CLASSES / medians.len().max(1);
    let mut classes: Vec<(usize, (f64, f64))> = Vec::new();
    for &median in &medians {
        match classes.last_mut() {
            Some(last) if last.0 == class(median) => last.1.1 = median,
            _ => classes.push((class(median), (median, median))),
        }
    }
    // Equal medians can leave a class empty: what is left is spread over the colours.
    let spread =
        |at: usize| if classes.len() < 2 { CLASSES - 1 } else { at * (CLASSES - 1) / (classes.len() - 1) };
    for cell in &mut cells {
        let at = cell.median.and_then(|m| classes.iter().position(|c| c.0 == class(m)));
        cell.class = at.map_or(0, spread);
    }
    let place = |axis: &Axis| winner(&axis.gene).and_then(|value| axis.place(value));
    Heat {
        winner: place(x).zip(place(y)),
        classes: classes.into_iter().map(|c| c.1).collect(),
        x: x.clone(),
        y: y.clone(),
        cells,
    }
}

/// The cells of a gene: one a value, or evenly wide ones where there are many values. Those without a value are cells too:
/// holes.
fn cut(values: &[f64], log: bool) -> Vec<(f64, f64)> {
    let mut all: Vec<f64> = values.iter().copied().filter(|v| v.is_finite()).collect();
    all.sort_by(f64::total_cmp);
    all.dedup();
    let Some((&low, &high)) = all.first().zip(all.last()) else { return Vec::new() };
    if all.len() <= CELLS {
        return all.into_iter().map(|v| (v, v)).collect();
    }
    let log = log && low > 0.0;
    let (from, to) = if log { (low.ln(), high.ln()) } else { (low, high) };
    let edge = |i: usize| {
        let at = from + (to - from) * i as f64 / CELLS as f64;
        if log { at.exp() } else { at }
    };
    let mut cells: Vec<(f64, f64)> = (0..CELLS).map(|i| (edge(i), edge(i + 1))).collect();
    // Rounding must not leave the ends outside.
    cells[0].0 = low;
    cells[CELLS - 1].1 = high;
    cells
}

/// Ranks from 0 of the values that are there, the mean of the places of equal ones; NaN for the others.
fn ranks(values: &[f64]) -> Vec<f64> {
    let mut order: Vec<usize> = (0..values.len()).filter(|&i| values[i].is_finite()).collect();
    order.sort_by(|&a, &b| values[a].total_cmp(&values[b]));
    let mut ranks = vec![f64::NAN; values.len()];
    let mut begin = 0;
    while begin < order.len() {
        let same = order[begin..].iter().take_while(|&&i| values[i] == values[order[begin]]).count();
        for &i in &order[begin..begin + same] {
            ranks[i] = begin as f64 + (same - 1) as f64 / 2.0;
        }
        begin += same;
    }
    ranks
}

/// Correlation ratio: variance of the cells' mean ranks, weighted, over the variance of all. It sees a peak in the middle,
/// which a correlation does not.
fn explained(places: &[Option<usize>], ranks: &[f64], cells: usize) -> f64 {
    let mut sums = vec![(0.0, 0.0); cells];
    let (mut n, mut sum, mut squares) = (0.0, 0.0, 0.0);
    for (place, &rank) in places.iter().zip(ranks) {
        let Some(place) = place.filter(|_| rank.is_finite()) else { continue };
        sums[place] = (sums[place].0 + 1.0, sums[place].1 + rank);
        (n, sum, squares) = (n + 1.0, sum + rank, squares + rank * rank);
    }
    let all = squares - sum * sum / n;
    let between = sums.iter().filter(|s| s.0 > 0.0).map(|s| s.1 * s.1 / s.0).sum::<f64>() - sum * sum / n;
    if all > 0.0 { (between / all).clamp(0.0, 1.0) } else { 0.0 }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A peak of fitness in the middle of a; b matters little, c not at all; (0, 0) has not been evaluated.
    fn run() -> Evaluated {
        let (mut values, mut fitness) = (vec![Vec::new(); 3], Vec::new());
        for a in 0..5 {
            for b in 0..4 {
                if (a, b) == (0, 0) {
                    continue;
                }
                for c in 0..2 {
                    [a, b, c].iter().zip(&mut values).for_each(|(&v, column)| column.push(f64::from(v)));
                    fitness.push(f64::from(10 - (a - 2) * (a - 2)) + f64::from(b) * 0.1);
                }
            }
        }
        Evaluated {
            genes: ["c", "b", "a"].map(str::to_owned).to_vec(),
            values: values.into_iter().rev().collect(),
            fitness,
            every: 1,
        }
    }

    #[test]
    fn the_pair_that_explains_most_comes_first_and_holes_stay_holes() {
        let maps = maps(&run(), |gene| (gene == "a").then_some(2.0).or(Some(3.0)), |_| false);
        let names: Vec<String> = maps.iter().map(|m| format!("{}{}", m.x.gene, m.y.gene)).collect();
        assert_eq!(names, ["ab", "ac", "bc"]);
        let first = &maps[0];
        // From plain Python over the same 38 rows, ranks counted one by one.
        let near = |a: f64, b: f64| assert!((a - b).abs() < 1e-12, "{a} {b}");
        near(first.x.explains, 0.876_103_265_666_372_4);
        near(first.y.explains, 0.077_316_857_899_382_1);
        assert_eq!(first.cells.len(), 19);
        assert!(first.cells.iter().all(|c| c.at != (0, 0) && c.evaluations == 2));
        assert_eq!(first.winner, Some((2, 3)));
        let best = first.cells.iter().find(|c| c.at == (2, 3)).unwrap();
        assert_eq!((best.median, best.class), (Some(10.3), CLASSES - 1));
        assert_eq!((first.classes[0].0, first.classes.last().unwrap().1), (6.0, 10.3));
    }

    // By hand: ranks 0, 1.5, 1.5, 3; cells {0, 1.5}, {1.5, 3}: means .75, 2.25; between 2 * .75^2 * 2 = 1.125 * 2 = 2.25,
    // all 2.25 + 0 + 0 + 2.25 = 4.5.
    #[test]
    fn the_share_that_a_gene_explains_is_that_of_a_hand() {
        let ranks = ranks(&[1.0, 2.0, 2.0, 5.0, f64::NAN]);
        assert_eq!(ranks[..4], [0.0, 1.5, 1.5, 3.0]);
        assert!(ranks[4].is_nan());
        let places = [Some(0), Some(0), Some(1), Some(1), Some(1)];
        assert!((explained(&places, &ranks, 2) - 0.5).abs() < 1e-12);
    }

    #[test]
    fn many_values_share_cells_and_a_failed_evaluation_has_no_colour() {
        let values: Vec<f64> = (1..=1000).map(f64::from).collect();
        let cells = cut(&values, true);
        assert_eq!((cells.len(), cells[0].0, cells[CELLS - 1].1), (CELLS, 1.0, 1000.0));
        // 1000^(1/24).
        assert!((cells[0].1 - 1.333_521_432_163_324).abs() < 1e-12);
        let failed = Evaluated {
            genes: vec!["a".into(), "b".into()],
            values: vec![vec![0.0, 1.0], vec![0.0, 1.0]],
            fitness: vec![f64::NAN; 2],
            every: 1,
        };
        let map = &maps(&failed, |_| None, |_| false)[0];
        assert_eq!((map.cells[0].median, map.winner, map.classes.len()), (None, None, 0));
    }
}
