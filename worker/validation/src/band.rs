//! How far the account could lie apart on its way: the paths of the stationary bootstrap at some of its bars (H12).

use crate::bootstrap::{Blocks, SHORTEST};
use crate::paths::{Paths, SIDE};

/// Bars at which the band is known.
const POINTS: u64 = 120;

/// Most returns that are multiplied: a path more costs as many as there are returns.
const MOST: usize = 200_000_000;

/// A bar of the band.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Point {
    /// Number of returns until there.
    pub returns: usize,
    /// 5 of 100 paths have grown by less.
    pub low: f64,
    /// 5 of 100 paths have grown by more.
    pub high: f64,
}

/// The band of returns that are redrawn in blocks of a mean length; the paths are those of the bootstrap of this seed.
/// Nothing, if it is too short.
pub fn band(returns: &[f64], mean_block: u64, samples: u64, seed: u64) -> Vec<Point> {
    let all = returns.len();
    let most = (MOST / all.max(1)).max(20);
    let samples = usize::try_from(samples).map_or(most, |given| if given < most { given } else { most });
    if all < SHORTEST || samples == 0 {
        return Vec::new();
    }
    let blocks = Blocks::new(all, mean_block);
    let at = bars(all);
    let mut grown = vec![Vec::with_capacity(samples); at.len()];
    let growth: Vec<f64> = returns.iter().map(|r| 1.0 + r).collect();
    for first in (0..samples).step_by(SIDE) {
        let mut paths = Paths::new(&blocks, &growth, seed, first..samples.min(first + SIDE));
        let count = paths.lanes();
        let (mut levels, mut taken, mut next) = ([1.0; SIDE], 0, 0);
        while let Some(rows) = paths.next(|_, _| ()) {
            for row in rows {
                levels.iter_mut().zip(row).for_each(|(level, growth)| *level *= growth);
                taken += 1;
                if at.get(next) == Some(&taken) {
                    grown[next].extend_from_slice(&levels[..count]);
                    next += 1;
                }
            }
        }
    }
    let point = |(&returns, mut levels): (&usize, Vec<f64>)| {
        levels.sort_unstable_by(f64::total_cmp);
        let cut = levels.len() / 20;
        Point { returns, low: levels[cut], high: levels[levels.len() - 1 - cut] }
    };
    at.iter().zip(grown).map(point).collect()
}

/// The first bar, then ⌈j·T/P⌉ of P = min(T, 120) bars.
fn bars(all: usize) -> Vec<usize> {
    let points = POINTS.min(all as u64);
    let place = |j: u64| (u128::from(j) * all as u128).div_ceil(u128::from(points)) as usize;
    let mut at: Vec<usize> = std::iter::once(1).chain((1..=points).map(place)).collect();
    at.dedup();
    at
}

#[cfg(test)]
mod tests {
    use super::*;

    fn returns(all: usize) -> Vec<f64> {
        (0..all).map(|t| ((t * 7919 % 200) as f64 - 98.0) / 10_000.0).collect()
    }

    #[test]
    fn the_band_is_that_of_the_paths_of_the_bootstrap_in_every_bar() {
        let returns = returns(300);
        let band = band(&returns, 7, 200, 5);
        assert_eq!((band[0].returns, band.last().unwrap().returns, band.len()), (1, 300, 121));
        // Path by path, at a bar in the middle and at the end.
        let blocks = Blocks::new(300, 7);
        for point in [band[40], band[120]] {
            let level = |sample| {
                let path = blocks.path(5, sample);
                path.iter().take(point.returns).fold(1.0, |level, &place| level * (1.0 + returns[place]))
            };
            let mut levels: Vec<f64> = (0..200).map(level).collect();
            levels.sort_by(f64::total_cmp);
            assert_eq!((point.low, point.high), (levels[10], levels[189]));
            let inside = levels.iter().filter(|&&x| (point.low..=point.high).contains(&x)).count();
            assert_eq!(inside, 180);
        }
        assert_eq!(super::band(&returns, 7, 200, 5), band);
        assert_ne!(super::band(&returns, 7, 200, 6), band);
    }

    #[test]
    fn a_band_widens_with_time_and_of_one_return_there_is_none() {
        let wide = |band: &[Point], i: usize| band[i].high / band[i].low;
        let of_many = band(&returns(1_000), 10, 500, 1);
        assert!(wide(&of_many, 10) < wide(&of_many, 60) && wide(&of_many, 60) < wide(&of_many, 120));
        assert!(band(&[0.01; 400], 7, 100, 1).iter().all(|p| p.low == p.high));
        assert_eq!(band(&returns(19), 3, 100, 1), []);
        assert_eq!(band(&returns(100), 3, 0, 1), []);
        // A short one has every bar.
        assert_eq!(band(&returns(25), 3, 100, 1).len(), 25);
    }
}
