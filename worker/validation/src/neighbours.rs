//! Genomes next to the find: does it stand on a peak or on a plateau (H14)?

use crate::NullReason;
use crate::draws::{Streams, Test};
use std::collections::BTreeSet;

/// Pairs of genes that are moved together.
pub const PAIRS: u32 = 32;

/// A gene of the find.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Position {
    /// Where it stands in its grid.
    pub at: u32,
    /// The last position of the grid.
    pub last: u32,
    /// Whether it is a number, so that the next position is like it.
    pub numeric: bool,
}

impl Position {
    /// One position up or down, if the grid has it.
    fn next(self, up: bool) -> Option<u32> {
        if up { (self.at < self.last).then(|| self.at + 1) } else { self.at.checked_sub(1) }
    }
}

/// The neighbours of a genome: each numeric gene with more than one value one position down and one up, in the order of
/// the genes, then `pairs` draws of two such genes that move together. Pair p is drawn from stream (3, 0, p):
/// i = below(n), j = below(n-1) (+1 if >= i), then below(2) for i and for j, 1 is up. What leaves a grid is dropped.
/// `repair` makes a genome canonical, or `None` if it cannot be; repeats and the find itself are dropped after it.
pub fn neighbours(
    genome: &[Position],
    pairs: u32,
    seed: u64,
    mut repair: impl FnMut(Vec<u32>) -> Option<Vec<u32>>,
) -> Vec<Vec<u32>> {
    let own: Vec<u32> = genome.iter().map(|g| g.at).collect();
    let genes: Vec<usize> = (0..genome.len()).filter(|&g| genome[g].numeric && genome[g].last > 0).collect();
    let mut seen = BTreeSet::from([own.clone()]);
    let mut out = Vec::new();
    let mut add = |moves: &[(usize, bool)]| {
        let mut moved = own.clone();
        for &(gene, up) in moves {
            let Some(at) = genome[gene].next(up) else { return };
            moved[gene] = at;
        }
        if let Some(canonical) = repair(moved)
            && seen.insert(canonical.clone())
        {
            out.push(canonical);
        }
    };
    for &gene in &genes {
        add(&[(gene, false)]);
        add(&[(gene, true)]);
    }
    let n = genes.len();
    let mut streams = Streams::new(seed);
    for pair in 0..if n < 2 { 0 } else { pairs } {
        let draws = streams.at(Test::Pairs, 0, pair);
        let i = draws.index(n);
        let other = draws.index(n - 1);
        let j = if other >= i { other + 1 } else { other };
        let (up_i, up_j) = (draws.below(2) == 1, draws.below(2) == 1);
        add(&[(genes[i], up_i), (genes[j], up_j)]);
    }
    out
}

/// What the neighbours keep of the find's Sharpe ratio.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Neighbourhood {
    /// How many there are.
    pub neighbours: u64,
    /// Median of their ratios to the find; of an even number the mean of the middle two.
    pub median: f64,
    /// The lowest ratio.
    pub worst: f64,
    /// Share of those that earn nothing.
    pub share_losing: f64,
}

/// Compares training Sharpe ratios of neighbours (`None`, without one: 0) with that of the find.
pub fn neighbourhood(find: f64, neighbours: &[Option<f64>]) -> Result<Neighbourhood, NullReason> {
    // Not at most 0 rather than above it: what is no number is nothing to divide by.
    let positive = find > 0.0;
    if !positive {
        return Err(NullReason::NotPositive);
    }
    if neighbours.is_empty() {
        return Err(NullReason::NoNumericGene);
    }
    let mut ratios: Vec<f64> = neighbours.iter().map(|n| n.unwrap_or(0.0) / find).collect();
    ratios.sort_unstable_by(f64::total_cmp);
    let n = ratios.len();
    let losing = ratios.iter().filter(|&&r| r <= 0.0).count();
    Ok(Neighbourhood {
        neighbours: n as u64,
        median: if n % 2 == 1 { ratios[n / 2] } else { (ratios[n / 2 - 1] + ratios[n / 2]) / 2.0 },
        worst: ratios[0],
        share_losing: losing as f64 / n as f64,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn genome(of: &[(u32, u32, bool)]) -> Vec<Position> {
        of.iter().map(|&(at, last, numeric)| Position { at, last, numeric }).collect()
    }

    // Contract H14.
    #[test]
    fn the_example_has_its_neighbours() {
        let genome = genome(&[(5, 20, true), (9, 20, true), (0, 20, false)]);
        let got = neighbours(&genome, 8, 3, Some);
        let expected = [[4, 9], [6, 9], [5, 8], [5, 10], [4, 8], [6, 10], [6, 8]];
        assert_eq!(got, expected.map(|[a, b]| vec![a, b, 0]));
    }

    // Contract H14.
    #[test]
    fn a_repaired_neighbour_counts_once_and_the_find_never() {
        let two = genome(&[(5, 20, true), (9, 20, true)]);
        let got = neighbours(&two, PAIRS, 3, |mut g| {
            g[1] = 9;
            Some(g)
        });
        assert_eq!(got, [[4, 9], [6, 9]]);
        assert!(neighbours(&two, PAIRS, 3, |_| None).is_empty());
    }

    #[test]
    fn genes_that_cannot_move_have_no_neighbours() {
        assert!(neighbours(&genome(&[(0, 0, true), (1, 3, false)]), PAIRS, 1, Some).is_empty());
        assert_eq!(neighbours(&genome(&[(0, 1, true), (0, 0, true)]), PAIRS, 1, Some), [[1, 0]]);
    }

    // Contract H14.
    #[test]
    fn an_even_number_of_neighbours_has_the_mean_of_the_middle_two() {
        let got = neighbourhood(2.0, &[Some(1.0), None, Some(1.5), Some(-1.0)]).unwrap();
        assert_eq!((got.median, got.worst, got.share_losing), (0.25, -0.5, 0.5));
        assert_eq!(neighbourhood(0.0, &[Some(1.0)]), Err(NullReason::NotPositive));
        assert_eq!(neighbourhood(f64::NAN, &[Some(1.0)]), Err(NullReason::NotPositive));
        assert_eq!(neighbourhood(1.0, &[]), Err(NullReason::NoNumericGene));
    }
}
