//! Where windows lie on the counted stamps of the training part (F1).

use rust_decimal::Decimal;
use rust_decimal::prelude::ToPrimitive;
use std::ops::Range;

/// Positions that a window trains on at least.
pub const SHORTEST_TRAINING: usize = 100;
/// Positions that a window is tested on at least.
pub const SHORTEST_TEST: usize = 20;

/// How windows are cut out of the rows of a job.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Schedule {
    /// Number of windows, at least 1.
    pub windows: u32,
    /// Where their trainings begin.
    pub train: Train,
    /// Share of the rows that the first of them trains on, in (0, 1).
    pub fraction: Decimal,
    /// Positions at the end of a training that are left out.
    pub purge: u32,
    /// Positions at the start of a test that are left out.
    pub embargo: u32,
}

/// Where the trainings begin.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Train {
    /// As much later in each window as its test does.
    Rolling,
    /// All at the first position.
    Anchored,
}

/// Positions of one window, half open: `train`, `purge`, `embargo`, `test` follow each other without a gap.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Window {
    /// What the evolution sees.
    pub train: Range<usize>,
    /// Neither trained on nor traded.
    pub purge: Range<usize>,
    /// Neither trained on nor traded.
    pub embargo: Range<usize>,
    /// What its champion trades.
    pub test: Range<usize>,
}

/// A window has too few rows to say anything.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error(
    "walk-forward window {index} of {windows} would train on {train} rows and be tested on {test}, of {rows} that count; \
     it needs {SHORTEST_TRAINING} and {SHORTEST_TEST}: give more data, or lower walkForward.windows, purgeBars or \
     embargoBars, or choose another trainFraction"
)]
pub struct WindowTooShort {
    /// Its number, from 0.
    pub index: usize,
    /// Number of windows.
    pub windows: usize,
    /// Positions that it would train on.
    pub train: usize,
    /// Positions that it would be tested on.
    pub test: usize,
    /// Positions of the job.
    pub rows: usize,
}

/// The windows over `rows` positions, oldest first. All tests are equally long and the last ends where the rows end;
/// what is left over trains.
pub fn windows(rows: usize, schedule: &Schedule) -> Vec<Window> {
    let count = schedule.windows.max(1) as usize;
    let tested = (Decimal::from(rows) * (Decimal::ONE - schedule.fraction)).floor().to_usize().unwrap_or(0);
    // floor(floor(x) / n) is floor(x / n) for every whole n: no quotient is rounded on the way.
    let test = tested.min(rows) / count;
    let first = rows - count * test;
    let (purge, embargo) = (schedule.purge as usize, schedule.embargo as usize);
    let window = |i: usize| {
        let start = first + i * test;
        let from = match schedule.train {
            Train::Rolling => i * test,
            Train::Anchored => 0,
        };
        let trained = start.saturating_sub(purge).max(from);
        let traded = start + embargo.min(test);
        Window {
            train: from..trained,
            purge: trained..start,
            embargo: start..traded,
            test: traded..start + test,
        }
    };
    (0..count).map(window).collect()
}

/// Refuses windows of which nothing could be said.
///
/// # Errors
/// The first that is too short.
pub fn check(windows: &[Window], rows: usize) -> Result<(), WindowTooShort> {
    let short = |w: &Window| w.train.len() < SHORTEST_TRAINING || w.test.len() < SHORTEST_TEST;
    match windows.iter().position(short) {
        None => Ok(()),
        Some(index) => Err(WindowTooShort {
            index,
            windows: windows.len(),
            train: windows[index].train.len(),
            test: windows[index].test.len(),
            rows,
        }),
    }
}

/// What the windows cost beside the job itself, in runs of it: the rows that they train on, over those of the job.
pub fn wf_cost(rows: usize, windows: &[Window]) -> f64 {
    let trained: usize = windows.iter().map(|w| w.train.len()).sum();
    if rows == 0 { 0.0 } else { trained as f64 / rows as f64 }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn schedule(windows: u32, train: Train, purge: u32, embargo: u32) -> Schedule {
        Schedule { windows, train, fraction: Decimal::new(6, 1), purge, embargo }
    }

    fn trains(rows: usize, schedule: &Schedule) -> Vec<(usize, usize)> {
        windows(rows, schedule).iter().map(|w| (w.train.start, w.train.end)).collect()
    }

    fn tests_of(rows: usize, schedule: &Schedule) -> Vec<(usize, usize)> {
        windows(rows, schedule).iter().map(|w| (w.test.start, w.test.end)).collect()
    }

    // Contract F1.
    #[test]
    fn the_last_test_ends_with_the_rows_and_what_is_left_over_trains() {
        let five = schedule(5, Train::Rolling, 0, 0);
        assert_eq!(trains(1000, &five), [(0, 600), (80, 680), (160, 760), (240, 840), (320, 920)]);
        assert_eq!(tests_of(1000, &five), [(600, 680), (680, 760), (760, 840), (840, 920), (920, 1000)]);
        assert_eq!(trains(1003, &five)[0], (0, 603));
        assert_eq!(tests_of(1003, &five)[0], (603, 683));
        assert_eq!(tests_of(1003, &five)[4], (923, 1003));
    }

    // Contract F1.
    #[test]
    fn purge_ends_a_training_and_embargo_begins_a_test() {
        let windows = windows(1003, &schedule(5, Train::Anchored, 5, 2));
        assert_eq!(windows[1], Window { train: 0..678, purge: 678..683, embargo: 683..685, test: 685..763 });
    }

    // Contract F1.
    #[test]
    fn a_window_that_says_nothing_is_refused_with_its_numbers() {
        let refused = |rows, schedule: &Schedule| check(&windows(rows, schedule), rows);
        let five = schedule(5, Train::Rolling, 0, 0);
        assert_eq!(refused(250, &five), Ok(()));
        let short = WindowTooShort { index: 0, windows: 5, train: 154, test: 19, rows: 249 };
        assert_eq!(refused(249, &five), Err(short.clone()));
        let said = short.to_string();
        assert!(
            ["154", "19", "249", "100", "20", "walkForward.windows"].iter().all(|n| said.contains(n)),
            "{said}"
        );
        let purged = schedule(1, Train::Rolling, 501, 0);
        assert_eq!(refused(1000, &purged).unwrap_err().train, 99);
        let all = schedule(1, Train::Rolling, 100_000, 100_000);
        let none = refused(1000, &all).unwrap_err();
        assert_eq!((none.train, none.test), (0, 0));
        assert!(refused(0, &five).is_err());
    }

    // Contract F6.
    #[test]
    fn rolling_windows_cost_their_share_and_anchored_ones_more() {
        let cost = |train| wf_cost(1000, &windows(1000, &schedule(5, train, 0, 0)));
        assert!((cost(Train::Rolling) - 3.0).abs() < 1e-15);
        assert!((cost(Train::Anchored) - 3.8).abs() < 1e-15);
    }

    proptest! {
        #[test]
        fn tests_touch_each_other_and_no_training_reaches_into_its_test(
            rows in 0_usize..5000, count in 1_u32..51, share in 1_i64..1000, purge in 0_u32..50, embargo in 0_u32..50,
            anchored: bool,
        ) {
            let train = if anchored { Train::Anchored } else { Train::Rolling };
            let fraction = Decimal::new(share, 3);
            let windows = windows(rows, &Schedule { windows: count, train, fraction, purge, embargo });
            prop_assert_eq!(windows.len(), count as usize);
            prop_assert_eq!(windows.last().unwrap().test.end, rows);
            for w in &windows {
                prop_assert!(w.train.start <= w.train.end && w.train.end == w.purge.start);
                prop_assert!(w.purge.end == w.embargo.start && w.embargo.end == w.test.start);
            }
            for pair in windows.windows(2) {
                prop_assert_eq!(pair[0].test.end, pair[1].embargo.start);
                prop_assert_eq!(pair[0].test.len(), pair[1].test.len());
            }
        }
    }
}
