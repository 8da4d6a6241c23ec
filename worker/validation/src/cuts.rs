//! Rows at which the future is cut away, to see whether a decision before them knew it (H16).

use crate::draws::{Streams, Test};
use std::collections::BTreeSet;

/// Rows that are drawn beside the first and the last.
pub const SAMPLES: u32 = 16;

/// Cuts of a symbol with the counted rows first..end: first - 1, end - 2 and first + below(end - 1 - first) of the
/// streams (4, symbol, 0..samples), without repeats, rising. What would lie before row 0 is left out.
pub fn cuts(first: usize, end: usize, symbol: u32, seed: u64, samples: u32) -> Vec<usize> {
    if end <= first {
        return Vec::new();
    }
    let mut out: BTreeSet<usize> = [first.checked_sub(1), end.checked_sub(2)].into_iter().flatten().collect();
    let inner = end - 1 - first;
    let mut streams = Streams::new(seed);
    for sample in 0..if inner == 0 { 0 } else { samples } {
        out.insert(first + streams.at(Test::Cuts, symbol, sample).index(inner));
    }
    out.into_iter().collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    // Contract H16.
    #[test]
    fn the_example_has_its_cuts() {
        let expected = [9, 11, 15, 22, 24, 40, 41, 58, 61, 62, 64, 66, 67, 94, 95, 98];
        assert_eq!(cuts(10, 100, 0, 0, SAMPLES), expected);
    }

    // Contract H16.
    #[test]
    fn a_single_row_is_cut_before_it_and_none_not_at_all() {
        assert_eq!(cuts(5, 6, 0, 1, SAMPLES), [4]);
        assert_eq!(cuts(0, 1, 0, 1, SAMPLES), [0; 0]);
        assert_eq!(cuts(7, 7, 0, 1, SAMPLES), [0; 0]);
        assert_ne!(cuts(10, 1_000, 0, 1, SAMPLES), cuts(10, 1_000, 1, 1, SAMPLES));
    }
}
