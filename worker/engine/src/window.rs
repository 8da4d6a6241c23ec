//! Which rows count: warm-up (X20), late listing (X19) and the holdout.

use rust_decimal::Decimal;
use rust_decimal::prelude::ToPrimitive;
use std::collections::BTreeSet;

/// The counted rows of one symbol: all after the base row, up to the end of its prepared columns.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Rows {
    /// Row at whose close the first decision is taken (W - 1).
    pub first: usize,
    /// `window: Full`: the account starts at row 0, which counts with return 0.
    pub full: bool,
    /// Stamps of other symbols before this time do not count (first stamp of a holdout, or of the dates that are asked
    /// for).
    pub from_ms: Option<i64>,
}

impl Rows {
    /// Rows [W, n) with W = `warm_up`: the first decision is the close of row W - 1.
    pub fn after_warm_up(warm_up: usize) -> Rows {
        Rows { first: warm_up.saturating_sub(1), full: false, from_ms: None }
    }

    /// Every row; decisions start at the genome's own warm-up.
    pub fn full(warm_up: usize) -> Rows {
        Rows { full: true, ..Rows::after_warm_up(warm_up) }
    }

    /// As [`Rows::after_warm_up`], where no stamp before `from_ms` counts: dates that are asked for begin there.
    pub fn dated(warm_up: usize, from_ms: Option<i64>) -> Rows {
        Rows { from_ms, ..Rows::after_warm_up(warm_up) }
    }

    /// Rows of a holdout that starts at row `start` and time `from_ms`; indicators keep their history.
    pub fn holdout(start: usize, from_ms: i64) -> Rows {
        Rows { from_ms: Some(from_ms), ..Rows::after_warm_up(start) }
    }

    /// The row at whose close the account starts.
    pub fn base(&self) -> usize {
        if self.full { 0 } else { self.first }
    }
}

/// Why no window can be laid over the data.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum WindowError {
    /// The warm-up eats more than half of the rows that could count.
    #[error(
        "warm-up of {species} needs {warm_up} rows, more than half of the {rows} rows of `{symbol}`; give more data, \
         lower its upper bounds, or leave the species out"
    )]
    TooLong {
        /// Who needs the most.
        species: String,
        /// Name of the symbol.
        symbol: String,
        /// Rows that the warm-up takes.
        warm_up: usize,
        /// Rows there are (from the first date on, before a holdout).
        rows: usize,
    },
    /// `warmupBars` below what a species needs.
    #[error(
        "`warmupBars` is {given}, but {species} needs {warm_up} rows on `{symbol}`; raise it, or leave it out"
    )]
    TooShort {
        /// Name of the species that needs more.
        species: String,
        /// Name of the symbol.
        symbol: String,
        /// Rows that `warmupBars` gives.
        given: usize,
        /// Rows that the species' genome needs at most.
        warm_up: usize,
    },
}

/// The warm-up W of one symbol: the largest of its species' bounds, raised to `warmup_bars`. Answers W and the
/// position of the species that causes it (`None`: the override). `history` rows lie before the `rows` that could count.
///
/// # Errors
/// [`WindowError`] where W takes more than half of the rows, or a species needs more than the override.
pub fn warm_up(
    symbol: &str,
    history: usize,
    rows: usize,
    species: &[(&str, usize)],
    warmup_bars: Option<usize>,
) -> Result<(usize, Option<usize>), WindowError> {
    let mut longest: (usize, Option<usize>) = (1, None);
    for (i, &(_, need)) in species.iter().enumerate() {
        if need > longest.0 || longest.1.is_none() {
            longest = (if need > 1 { need } else { 1 }, Some(i));
        }
    }
    let name = |i: Option<usize>| i.map_or("`warmupBars`".to_owned(), |i| format!("`{}`", species[i].0));
    if let Some(given) = warmup_bars {
        if given < longest.0 {
            return Err(WindowError::TooShort {
                species: name(longest.1),
                symbol: symbol.to_owned(),
                given,
                warm_up: longest.0,
            });
        }
        if given > longest.0 {
            longest = (given, None);
        }
    }
    let (warm_up, cause) = longest;
    if rows == 0 || warm_up.saturating_sub(history) > rows / 2 {
        return Err(WindowError::TooLong { species: name(cause), symbol: symbol.to_owned(), warm_up, rows });
    }
    Ok((warm_up, cause))
}

/// Where the holdout starts.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Split {
    /// First stamp of the holdout; `None` = there is none.
    pub from_ms: Option<i64>,
    /// Training rows of each symbol: its holdout starts at this row.
    pub training_rows: Vec<usize>,
    /// Stamps of the holdout.
    pub holdout_stamps: usize,
}

/// Splits off the last floor(fraction x stamps) stamps of the union of the symbols' stamps. A fraction outside
/// (0, 1) is no holdout.
pub fn split_holdout(times: &[&[i64]], fraction: Decimal) -> Split {
    let union: BTreeSet<i64> = times.iter().flat_map(|t| t.iter().copied()).collect();
    let share = fraction * Decimal::from(union.len());
    let stamps = share.floor().to_usize().unwrap_or(0);
    let from_ms =
        if stamps == 0 || stamps >= union.len() { None } else { union.iter().rev().nth(stamps - 1).copied() };
    let training_rows =
        times.iter().map(|t| from_ms.map_or(t.len(), |from| t.partition_point(|&u| u < from))).collect();
    Split { from_ms, training_rows, holdout_stamps: if from_ms.is_some() { stamps } else { 0 } }
}

#[cfg(test)]
mod tests {
    use super::*;

    // Contract X20.
    #[test]
    fn the_longest_species_sets_the_warm_up_and_half_of_the_rows_is_the_limit() {
        let species = [("a", 31), ("b", 601), ("c", 11)];
        assert_eq!(warm_up("X", 0, 1202, &species, None), Ok((601, Some(1))));
        let error = warm_up("X", 0, 1201, &species, None).unwrap_err().to_string();
        assert!(error.contains("`b`") && error.contains("601") && error.contains("1201"), "{error}");
        assert_eq!(warm_up("X", 0, 2000, &species, Some(700)), Ok((700, None)));
        let error = warm_up("X", 0, 2000, &species, Some(600)).unwrap_err().to_string();
        assert!(error.contains("`b`") && error.contains("600"), "{error}");
    }

    // Contract X20.
    #[test]
    fn rows_before_the_dates_warm_up_and_only_what_they_lack_is_taken_from_the_others() {
        let species = [("a", 100)];
        assert_eq!(warm_up("X", 100, 1, &species, None), Ok((100, Some(0))));
        assert_eq!(warm_up("X", 90, 20, &species, None), Ok((100, Some(0))));
        assert!(warm_up("X", 89, 20, &species, None).is_err());
        assert!(warm_up("X", 100, 0, &species, None).is_err(), "nothing would count");
    }

    // Contract X20.
    #[test]
    fn the_holdout_is_the_last_share_of_the_stamps_of_the_union() {
        let (a, b): (Vec<i64>, Vec<i64>) = ((0..10).collect(), (4..14).collect());
        let split = split_holdout(&[&a, &b], Decimal::new(25, 2));
        assert_eq!(split, Split { from_ms: Some(11), training_rows: vec![10, 7], holdout_stamps: 3 });
        let none = split_holdout(&[&a, &b], Decimal::ZERO);
        assert_eq!(none, Split { from_ms: None, training_rows: vec![10, 10], holdout_stamps: 0 });
    }
}
