//! A range as pages, known before anything is asked: a window of time holds at most as many candles as an answer does,
//! so that no answer can be cut by its limit, and each page can be had by itself.

use super::question::{Kind, Row, Unusable, Window};

/// Pages of one series at most: ten million minutes, or about three hours of asking.
const MOST: i64 = 20_000;
/// Funding is paid every hour at most.
const HOUR_MS: i64 = 3_600_000;

/// The windows of a range, in order; `page`: rows that an answer holds.
pub(super) fn windows(kind: Kind, range: Window, interval_ms: i64, page: i64) -> Result<Vec<Window>, String> {
    let length = match kind {
        Kind::Bars | Kind::First => page * interval_ms,
        // Payments are stamped some milliseconds late: a full answer is never expected.
        Kind::Funding => (page - page / 10) * HOUR_MS,
    };
    let count = (range.end_ms - range.start_ms + length - 1).div_euclid(length);
    if count > MOST {
        return Err(format!("the range has {count} pages, more than {MOST}: fetch it in parts (--append)"));
    }
    let starts = (0..count).map(|i| range.start_ms + i * length);
    Ok(starts.map(|start_ms| Window { start_ms, end_ms: range.end_ms.min(start_ms + length) }).collect())
}

/// The rows of an answer that are taken, and how many were not of the window.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Taken {
    pub(super) rows: Vec<Row>,
    pub(super) outside: usize,
}

/// Takes the rows of a window whose bars have ended at `ended_ms`; payments have no length. An answer out of order is not
/// that of the exchange's documents.
pub(super) fn take(rows: Vec<Row>, window: Window, length_ms: i64, ended_ms: i64) -> Result<Taken, Unusable> {
    if let Some(pair) = rows.windows(2).find(|pair| pair[1].time_ms <= pair[0].time_ms) {
        let (before, after) = (pair[0].time_ms, pair[1].time_ms);
        return Err(Unusable::Strange(format!("a row of {after} stands after one of {before}")));
    }
    let all = rows.len();
    let inside = |row: &Row| (window.start_ms..window.end_ms).contains(&row.time_ms);
    let mut rows: Vec<Row> = rows.into_iter().filter(inside).collect();
    let outside = all - rows.len();
    rows.retain(|row| row.time_ms + length_ms <= ended_ms);
    Ok(Taken { rows, outside })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn row(time_ms: i64) -> Row {
        Row { time_ms, cells: Vec::new() }
    }

    #[test]
    fn windows_cover_the_range_once_and_hold_no_more_than_a_page() {
        let range = Window { start_ms: 30, end_ms: 1_000 };
        let all = windows(Kind::Bars, range, 10, 7).unwrap();
        assert_eq!((all[0].start_ms, all.last().unwrap().end_ms), (30, 1_000));
        assert!(all.windows(2).all(|w| w[0].end_ms == w[1].start_ms));
        assert!(all.iter().all(|w| w.end_ms - w.start_ms <= 70));
        assert!(windows(Kind::Bars, Window { start_ms: 0, end_ms: i64::MAX / 2 }, 10, 7).is_err());
    }

    #[test]
    fn only_rows_of_the_window_that_have_ended_are_taken() {
        let window = Window { start_ms: 100, end_ms: 200 };
        let taken = take([90, 100, 190, 200].map(row).to_vec(), window, 10, 195).unwrap();
        assert_eq!(taken, Taken { rows: vec![row(100)], outside: 2 });
    }

    #[test]
    fn an_answer_with_a_row_twice_or_backwards_is_not_believed() {
        let window = Window { start_ms: 0, end_ms: 200 };
        for times in [[10, 10], [20, 10]] {
            let taken = take(times.map(row).to_vec(), window, 10, 1000);
            assert!(matches!(taken, Err(Unusable::Strange(_))), "{times:?}");
        }
    }
}
