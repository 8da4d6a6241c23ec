//! Paths of the stationary bootstrap, several side by side: each multiplication of a path waits for the one before, those of
//! others do not. Every path keeps the order of its own, so its bits are those that it has alone.

use crate::bootstrap::{Blocks, Walk};
use std::ops::Range;

/// Paths that are taken together.
pub(crate) const SIDE: usize = 8;
/// Returns of each that are taken together.
const ROWS: usize = 256;

/// A return of each path.
pub(crate) type Row = [f64; SIDE];

/// Up to [`SIDE`] paths of samples that follow each other.
pub(crate) struct Paths<'a> {
    blocks: &'a Blocks,
    /// What is drawn from.
    growth: &'a [f64],
    lanes: Vec<Lane>,
    rows: Vec<Row>,
    left: usize,
}

struct Lane {
    walk: Walk,
    /// What is left of the stretch at hand.
    run: Range<usize>,
}

impl<'a> Paths<'a> {
    /// The paths of `samples`, at most [`SIDE`], of a seed; what is drawn is `growth`.
    pub fn new(blocks: &'a Blocks, growth: &'a [f64], seed: u64, samples: Range<usize>) -> Paths<'a> {
        let lane = |sample: usize| Lane { walk: Walk::new(blocks, seed, sample as u32), run: 0..0 };
        let lanes: Vec<Lane> = samples.take(SIDE).map(lane).collect();
        Paths { blocks, growth, lanes, rows: Vec::new(), left: growth.len() }
    }

    /// How many paths there are.
    pub fn lanes(&self) -> usize {
        self.lanes.len()
    }

    /// The next rows of all paths, 1 in the lanes that have none; nothing behind the last. `drawn` hears of each stretch
    /// of positions that is drawn, and of its lane.
    pub fn next(&mut self, mut drawn: impl FnMut(usize, &Range<usize>)) -> Option<&[Row]> {
        let count = self.left.min(ROWS);
        if count == 0 {
            return None;
        }
        self.left -= count;
        self.rows.resize(count, [1.0; SIDE]);
        for (l, lane) in self.lanes.iter_mut().enumerate() {
            let mut at = 0;
            while at < count {
                if lane.run.is_empty() {
                    let Some(run) = lane.walk.next(self.blocks) else { break };
                    drawn(l, &run);
                    lane.run = run;
                }
                let taken = lane.run.len().min(count - at);
                let from = lane.run.start;
                let growth = &self.growth[from..from + taken];
                self.rows[at..at + taken].iter_mut().zip(growth).for_each(|(row, &growth)| row[l] = growth);
                lane.run.start += taken;
                at += taken;
            }
        }
        Some(&self.rows)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn side_by_side_each_path_is_the_one_that_it_is_alone() {
        for (returns, mean_block, samples) in
            [(1_000, 10, 0..8), (300, 500, 5..8), (256, 1, 7..8), (777, 9, 90..98)]
        {
            let growth: Vec<f64> = (0..returns).map(|t| 1.0 + t as f64).collect();
            let blocks = Blocks::new(returns, mean_block);
            let mut paths = Paths::new(&blocks, &growth, 3, samples.clone());
            let (mut found, mut positions) = (vec![Vec::new(); SIDE], vec![Vec::new(); SIDE]);
            while let Some(rows) = paths.next(|lane, run| positions[lane].extend(run.clone())) {
                for row in rows {
                    found.iter_mut().zip(row).for_each(|(found, &x)| found.push(x));
                }
            }
            for (lane, sample) in samples.clone().enumerate() {
                let path = blocks.path(3, sample as u32);
                assert_eq!(positions[lane], path, "sample {sample}");
                assert_eq!(found[lane], path.iter().map(|&place| growth[place]).collect::<Vec<_>>());
            }
            assert!(found[samples.len()..].iter().flatten().all(|&x| x == 1.0));
            assert_eq!(paths.lanes(), samples.len());
        }
    }
}
