//! Longer bars are made of finer ones, and what is not whole is named.
#![allow(clippy::unwrap_used)] // tests, in their own crate: the lint does not see it

mod common;

use common::*;
use galapagos_market::*;

const MINUTE: i64 = 60_000;
/// Monday 2024-01-08 00:00 UTC.
const MONDAY: i64 = 1_704_672_000_000;

fn options(from: &str, to: &str) -> LoadOptions {
    let mut options = hourly();
    options.check.interval = Some(Interval::parse(from).unwrap());
    options.check.resample = Some(Interval::parse(to).unwrap());
    options
}

fn sessions(from: &str, to: &str) -> LoadOptions {
    let mut options = options(from, to);
    options.check.calendar = Some(Calendar::Sessions { bars_per_year: 252 });
    options
}

/// A bar for each stamp: the price of the n-th opens at 100 + n, closes one higher, and spans four.
fn file(stamps: impl IntoIterator<Item = i64>) -> String {
    let mut text = String::from("time,open,high,low,close,volume\n");
    for (n, time) in stamps.into_iter().enumerate() {
        text += &format!("{time},{},{},{},{},{}\n", 100 + n, 103 + n, 99 + n, 101 + n, 1 + n);
    }
    text
}

fn made(text: &str, options: &LoadOptions) -> (OwnedSeries, SymbolReport) {
    load_with("X.csv", text, options).unwrap_or_else(|e| panic!("{e}\n{text}"))
}

#[test]
fn a_longer_bar_has_the_first_open_the_extremes_the_last_close_and_the_whole_volume() {
    let (series, report) = made(&file((0..8).map(|i| MONDAY + i * HOUR)), &options("1h", "4h"));
    assert_eq!(series.time_ms, [MONDAY, MONDAY + 4 * HOUR]);
    assert_eq!((series.open, series.close), (vec![100, 104], vec![104, 108]));
    assert_eq!((series.high, series.low), (vec![106, 110], vec![99, 103]));
    assert_eq!(series.volume.unwrap(), [10.0, 26.0]);
    let made = report.resampled.unwrap();
    assert_eq!(
        (made.from.as_str(), made.bars, made.missing, made.incomplete, made.left_out),
        ("1h", 8, 0, 0, 0)
    );
    assert_eq!(report.interval, "4h");
}

#[test]
fn bars_that_are_not_whole_are_left_out_at_the_ends_and_counted_inside() {
    // Three hours, four hours of which one is missing, four hours, one hour.
    let stamps = (1..13).filter(|i| *i != 6).map(|i| MONDAY + i * HOUR);
    let mut options = options("1h", "4h");
    options.check.max_gap_share = 0.2;
    let (series, report) = made(&file(stamps), &options);
    assert_eq!(series.time_ms, [MONDAY + 4 * HOUR, MONDAY + 8 * HOUR]);
    let made = report.resampled.unwrap();
    assert_eq!((made.missing, made.incomplete, made.left_out), (1, 1, 2));
    let notes = report.notes.join("\n");
    for part in [
        "the first bar of 4h",
        "3 of 4 bars of 1h",
        "the last bar of 4h",
        "1 of 2 bars of 4h are made of fewer",
    ] {
        assert!(notes.contains(part), "{part}: {notes}");
    }
}

#[test]
fn the_gaps_of_the_files_are_refused_as_without_it() {
    let stamps = (0..48).filter(|i| i % 4 != 2).map(|i| MONDAY + i * HOUR);
    let error = load_with("X.csv", file(stamps), &options("1h", "4h")).unwrap_err().to_string();
    assert!(error.contains("bars are missing"), "{error}");
}

/// Stamps of sessions of 6.5 hours in bars of half an hour, from Monday on; `open`: minutes after midnight of each day.
fn stocks(open: impl Fn(i64) -> i64) -> Vec<i64> {
    let days = (0..12).filter(|day| day % 7 < 5);
    days.flat_map(|day| (0..13).map(move |i| (day, i)).collect::<Vec<_>>())
        .map(|(day, i)| MONDAY + day * 24 * HOUR + (open(day) + i * 30) * MINUTE)
        .collect()
}

#[test]
fn bars_of_sessions_begin_when_their_session_opens() {
    // 14:30 in winter, 13:30 in summer.
    let open = |day: i64| if day < 7 { 870 } else { 810 };
    let (series, report) = made(&file(stocks(open)), &sessions("30m", "4h"));
    for (at, day) in (0..12).filter(|day| day % 7 < 5).enumerate() {
        let opened = MONDAY + day * 24 * HOUR + open(day) * MINUTE;
        assert_eq!(series.time_ms[2 * at..2 * at + 2], [opened, opened + 4 * HOUR]);
    }
    assert_eq!(report.resampled.unwrap().incomplete, 0);
    let (days, _) = made(&file(stocks(open)), &sessions("30m", "1d"));
    let dates: Vec<i64> = (0..12).filter(|day| day % 7 < 5).map(|day| MONDAY + day * 24 * HOUR).collect();
    assert_eq!(days.time_ms, dates);
}

#[test]
fn a_late_first_trade_does_not_shift_the_bars_of_its_session() {
    let late = MONDAY + 2 * 24 * HOUR + 870 * MINUTE;
    let stamps = stocks(|_| 870).into_iter().filter(|time| *time != late);
    let (series, report) = made(&file(stamps), &sessions("30m", "1h"));
    assert!(series.time_ms.iter().all(|time| time % HOUR == 30 * MINUTE));
    assert_eq!(report.resampled.unwrap().incomplete, 1);
}

#[test]
fn a_day_of_currencies_has_the_date_on_which_most_of_it_lies() {
    // From Sunday 22:00 to Friday 22:00, two weeks.
    let week = |week: i64| (0..120).map(move |i| MONDAY + week * 7 * 24 * HOUR + (i - 2) * HOUR);
    let (series, report) = made(&file(week(0).chain(week(1))), &sessions("1h", "1d"));
    let dates: Vec<i64> = (0..12).filter(|day| day % 7 < 5).map(|day| MONDAY + day * 24 * HOUR).collect();
    assert_eq!(series.time_ms, dates);
    assert_eq!(report.resampled.unwrap().incomplete, 0);
}

#[test]
fn a_length_that_cannot_be_made_is_refused_with_what_can() {
    let hours = || file((0..48).map(|i| MONDAY + i * HOUR));
    for (from, to, part) in [
        ("1h", "30m", "say a multiple of it"),
        ("1h", "90m", "say a multiple of it"),
        ("1h", "7h", "does not divide a day"),
        ("1h", "2d", "say 1d or less"),
    ] {
        let error = load_with("X.csv", hours(), &options(from, to)).unwrap_err().to_string();
        assert!(error.starts_with("resample: ") && error.contains(part), "{error}");
    }
}

#[test]
fn closes_alone_stay_closes_alone() {
    let mut options = options("1h", "4h");
    options.read.columns = ColumnChoice::default().close_only().unwrap();
    let (series, _) = made(&file((0..8).map(|i| MONDAY + i * HOUR)), &options);
    for column in [&series.open, &series.high, &series.low] {
        assert_eq!(*column, series.close);
    }
}

#[test]
fn months_that_are_appended_are_resampled_too() {
    let dir = folder();
    let hours = |range: std::ops::Range<i64>| file(range.map(|i| MONDAY + i * HOUR));
    let parts = [write(dir.path(), "a.csv", hours(0..24)), write(dir.path(), "b.csv", hours(0..48))];
    let import = |file: usize, append: bool| {
        let mut plan = plan(&dir.path().join("data"), vec![Input::for_symbol("X", &parts[file])]);
        (plan.load, plan.append) = (options("1h", "4h"), append);
        run(&plan).published.unwrap().digest
    };
    import(0, false);
    let grown = import(1, true);
    assert_eq!(grown, import(1, false));
}
