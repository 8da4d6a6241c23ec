//! From positions to the rows of a symbol (F2).

use std::ops::Range;

/// The rows of a symbol that lie in the positions [`lo`, `hi`) of the counted stamps: from the first at or after the
/// stamp at `lo`, but not before the symbol's own `warm_up`, to the last not after the stamp at `hi` - 1. Empty where it
/// has none, and then its account is cash.
pub fn rows_of(times: &[i64], stamps: &[i64], positions: &Range<usize>, warm_up: usize) -> Range<usize> {
    let (Some(&from), Some(&last)) =
        (stamps.get(positions.start), positions.end.checked_sub(1).and_then(|i| stamps.get(i)))
    else {
        return 0..0;
    };
    let start = times.partition_point(|&t| t < from);
    let start = if start > warm_up { start } else { warm_up };
    start..times.partition_point(|&t| t <= last)
}

#[cfg(test)]
mod tests {
    use super::*;

    // Contract F2.
    #[test]
    fn a_symbol_has_the_rows_whose_stamps_lie_in_the_window() {
        let stamps: Vec<i64> = (0..8).map(|i| i * 60).collect();
        let times = [0, 60, 120, 300, 360, 420];
        assert_eq!(rows_of(&times, &stamps, &(2..6), 0), 2..4);
        assert_eq!(rows_of(&times, &stamps, &(2..6), 3), 3..4);
        assert!(rows_of(&times, &stamps, &(3..5), 0).is_empty(), "it has no row there");
        assert!(rows_of(&times, &stamps, &(2..6), 9).is_empty(), "it is not warm yet");
        assert!(rows_of(&times, &stamps, &(0..0), 0).is_empty());
    }
}
