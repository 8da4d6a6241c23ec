//! Which column holds the times, where none is called as times usually are: the only one whose values are dates.

use crate::columns::{is_close_time_name, is_of_other_role};
use crate::decimal::Decimal;
use crate::stamp::{DayOrder, parse};

/// 1990-01-01 and 2100-01-01, between which epochs of bars lie, in milliseconds.
const EPOCHS: std::ops::Range<i64> = 631_152_000_000..4_102_444_800_000;

/// Whether a cell is a time beyond doubt: a date, or an epoch of these times. A price may look like other epochs.
pub(super) fn is_dated(cell: &str) -> bool {
    let cell = cell.trim();
    let read = [DayOrder::DayMonth, DayOrder::MonthDay].into_iter();
    let Some(stamp) = read.filter_map(|order| parse(cell.as_bytes(), Some(order)).ok()).next() else {
        return false;
    };
    if !cell.bytes().all(|b| b.is_ascii_digit()) {
        return Decimal::parse(cell.as_bytes()).is_none();
    }
    stamp.assumed_utc || (matches!(cell.len(), 10 | 13 | 16 | 19) && EPOCHS.contains(&stamp.ms))
}

/// The only column whose cell in a row of data is a time; `None` if none is.
///
/// # Errors
/// Several are, in words that follow "lacks".
pub(super) fn sole<'a>(
    names: &[&'a str],
    row: impl Fn(usize) -> Option<String>,
) -> Result<Option<&'a str>, String> {
    let dated: Vec<&str> = (0..names.len())
        .filter(|&at| row(at).is_some_and(|cell| is_dated(&cell)))
        .map(|at| names[at])
        // A volume of ten digits looks like an epoch, and is called what it is.
        .filter(|name| !name.is_empty() && !is_of_other_role(name))
        .collect();
    // Beside others, those called after the close are no opens.
    let opens: Vec<&str> = dated.iter().copied().filter(|name| !is_close_time_name(name)).collect();
    let dated = if opens.is_empty() { dated } else { opens };
    match dated.as_slice() {
        [] => Ok(None),
        [one] => Ok(Some(one)),
        several => Err(format!("one column of times ({} hold times)", several.join(" and "))),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn dates_and_epochs_are_times_and_prices_are_not() {
        for cell in [
            "2024-01-02",
            "20240102",
            "01/02/2024 09:30",
            "2024-01-02T00:00:00Z",
            "1704153600",
            "1704153600000",
        ] {
            assert!(is_dated(cell), "{cell}");
        }
        for cell in ["", "100.5", "100", "45292", "AAPL", "0", "-", "20249999", "9999999999"] {
            assert!(!is_dated(cell), "{cell}");
        }
    }

    #[test]
    fn the_only_column_of_times_is_found_and_two_are_named() {
        let names = ["listed", "startedAt", "open"];
        let row = |at: usize| ["BTC", "2024-01-02T00:00:00Z", "1.5"].get(at).map(|cell| (*cell).to_owned());
        assert_eq!(sole(&names, row), Ok(Some("startedAt")));
        let twice = |at: usize| ["2024-01-02", "2024-01-02", "1.5"].get(at).map(|cell| (*cell).to_owned());
        let error = sole(&names, twice).unwrap_err();
        assert!(error.contains("listed and startedAt hold times"), "{error}");
    }

    #[test]
    fn a_volume_of_ten_digits_is_no_time() {
        let names = ["when", "close", "volume"];
        let row = |at: usize| ["2024-01-02", "4742.83", "3812345678"].get(at).map(|cell| (*cell).to_owned());
        assert_eq!(sole(&names, row), Ok(Some("when")));
        let weeks = |at: usize| ["W0", "4742.83", "1704153600"].get(at).map(|cell| (*cell).to_owned());
        assert_eq!(sole(&names, weeks), Ok(None));
    }
}
