//! Times of local clocks, times of closes, and bars that have not ended.
#![allow(clippy::unwrap_used)] // tests, in their own crate: the lint does not see it

mod common;

use common::*;
use galapagos_market::*;

/// 2024-11-03 00:00 UTC; clocks in New York go back at 06:00 UTC of that day.
const NIGHT: i64 = 1_730_592_000_000;
const MINUTE: i64 = 60_000;

fn zoned(name: &str) -> LoadOptions {
    let mut options = hourly();
    options.read.zone = Some(Zone::parse(name).unwrap());
    options
}

fn row(time: &str, i: usize) -> String {
    format!("{time},10,12,9,1{},5\n", i % 2)
}

fn file<'a>(times: impl IntoIterator<Item = &'a str>) -> String {
    let rows = times.into_iter().enumerate().map(|(i, t)| row(t, i));
    format!("Datetime,Open,High,Low,Close,Volume\n{}", rows.collect::<String>())
}

const AUTUMN: [&str; 5] =
    ["2024-11-03 00:00", "2024-11-03 01:00", "2024-11-03 01:00", "2024-11-03 02:00", "2024-11-03 03:00"];

fn refused(text: &str, options: &LoadOptions) -> String {
    load_with("X.csv", text, options).unwrap_err().to_string()
}

#[test]
fn the_hour_that_a_local_clock_has_twice_is_told_apart_by_the_order_of_the_rows() {
    let expected: Vec<i64> = (4..9).map(|hour| NIGHT + hour * HOUR).collect();
    for newest_first in [false, true] {
        let mut times = AUTUMN;
        if newest_first {
            times.reverse();
        }
        let (series, report) = load_with("X.csv", file(times), &zoned("America/New_York")).unwrap();
        assert_eq!(series.time_ms, expected);
        let notes = report.notes.join("\n");
        assert!(notes.contains("read as those of America/New_York") && notes.contains("1 times"), "{notes}");
        assert!(!notes.contains("UTC was assumed"), "{notes}");
    }
}

#[test]
fn without_a_zone_the_hour_that_comes_twice_names_the_flag() {
    let error = refused(&file(AUTUMN), &hourly());
    assert!(error.contains("line 4") && error.contains("as --timezone America/New_York"), "{error}");
    let mut halves = hourly();
    halves.check.interval = Interval::parse("30m").ok();
    let error = refused(
        &file([
            "2024-11-03 00:30",
            "2024-11-03 01:00",
            "2024-11-03 01:30",
            "2024-11-03 01:00",
            "2024-11-03 01:30",
        ]),
        &halves,
    );
    assert!(error.contains("line 5") && error.contains("as --timezone America/New_York"), "{error}");
}

#[test]
fn an_hour_that_comes_twice_and_is_there_once_is_refused() {
    let error = refused(
        &file(["2024-11-03 00:00", "2024-11-03 01:00", "2024-11-03 02:00"]),
        &zoned("America/New_York"),
    );
    assert!(error.contains("line 3") && error.contains("write these times with their offset"), "{error}");
}

#[test]
fn an_hour_that_a_local_clock_never_shows_is_refused() {
    let times = ["2024-03-10 01:00", "2024-03-10 02:00", "2024-03-10 03:00"];
    let error = refused(&file(times), &zoned("America/New_York"));
    assert!(error.contains("line 3") && error.contains("does not exist in America/New_York"), "{error}");
    // Nor does anything happen to clocks in Tokyo.
    let (series, _) = load_with("X.csv", file(times), &zoned("Asia/Tokyo")).unwrap();
    assert_eq!(series.time_ms.windows(2).map(|w| w[1] - w[0]).collect::<Vec<_>>(), [HOUR; 2]);
}

#[test]
fn a_time_that_carries_a_zone_or_is_an_epoch_keeps_it() {
    let (series, report) = load_with("X.csv", good_csv(20), &zoned("Asia/Tokyo")).unwrap();
    assert_eq!(series.time_ms[0], START);
    assert!(report.notes.iter().any(|n| n.contains("Asia/Tokyo was not used")), "{:?}", report.notes);
}

#[test]
fn days_at_local_midnight_are_the_dates_of_the_sessions() {
    let mut options = zoned("Asia/Tokyo");
    options.check.interval = Interval::parse("1d").ok();
    let (series, _) = load_with("X.csv", file(["2024-01-01", "2024-01-02", "2024-01-03"]), &options).unwrap();
    assert!(series.time_ms.iter().all(|t| t % (24 * HOUR) == 0));
    assert_eq!(series.time_ms[0], 1_704_067_200_000);
}

#[test]
fn times_of_closes_are_moved_back_by_one_interval() {
    let (opens, _) = load(&good_csv(20));
    let mut options = hourly();
    options.read.stamp = Stamped::Close;
    for late in [HOUR, HOUR - 1, HOUR - 1000] {
        let text = good_csv(20);
        let shifted = text.lines().map(|line| match line.split_once(',') {
            Some((time, rest)) if !time.starts_with('t') => {
                format!("{},{rest}\n", time.parse::<i64>().unwrap() + late)
            }
            _ => format!("{line}\n"),
        });
        let (series, report) = load_with("X.csv", shifted.collect::<String>(), &options).unwrap();
        assert_eq!(series, opens, "{late}");
        assert!(report.notes.iter().any(|n| n.contains("moved back by 1h")), "{:?}", report.notes);
    }
}

#[test]
fn a_close_inside_the_day_is_that_of_the_same_session() {
    let mut options = hourly();
    options.read.stamp = Stamped::Close;
    options.check.interval = Interval::parse("1d").ok();
    let dates = |times: [&str; 3]| load_with("X.csv", file(times), &options).unwrap().0.time_ms;
    let expected = dates(["2024-01-03", "2024-01-04", "2024-01-05"]);
    assert_eq!(dates(["2024-01-02 21:00", "2024-01-03 21:00", "2024-01-04 21:00"]), expected);
}

#[test]
fn a_bar_that_has_not_ended_is_left_out_with_a_note() {
    let last = START + 19 * HOUR;
    for (now_ms, rows) in [(last + HOUR, 20), (last + HOUR - 1, 19), (last, 19), (last - MINUTE, 20)] {
        let mut options = hourly();
        options.check.now_ms = Some(now_ms);
        let (series, report) = load_with("X.csv", good_csv(20), &options).unwrap();
        assert_eq!(
            (series.time_ms.len(), series.close.len(), report.rows),
            (rows, rows, rows as u64),
            "{now_ms}"
        );
        assert_eq!(report.notes.iter().any(|n| n.contains("--keep-last keeps it")), rows == 19);
        assert_eq!(report.notes.iter().any(|n| n.contains("begins in the future")), now_ms < last);
    }
}
