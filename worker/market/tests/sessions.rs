//! Bars of a day or more stand at the date of their session, whatever zone their source stamps them in.
#![allow(clippy::unwrap_used)] // tests, in their own crate: the lint does not see it

mod common;

use common::*;
use galapagos_market::*;

const DAY: i64 = 24 * HOUR;
/// Monday 2024-03-04 00:00 UTC: in the week after, clocks in New York change.
const MONDAY: i64 = 1_709_510_400_000;

/// The days of three weeks from that Monday on, by number, that `test` accepts; 0 is a Monday.
fn days(test: impl Fn(i64) -> bool) -> Vec<i64> {
    (0..21).filter(|day| test(day % 7)).collect()
}

fn five_days() -> Vec<i64> {
    days(|weekday| weekday < 5)
}

fn midnights(days: &[i64]) -> Vec<i64> {
    days.iter().map(|day| MONDAY + day * DAY).collect()
}

/// A daily file with the stamps that `show` gives to the days.
fn file(days: &[i64], show: impl Fn(i64) -> String) -> String {
    let rows: String = days.iter().map(|&day| format!("{},9,11,9,10\n", show(day))).collect();
    format!("time,open,high,low,close\n{rows}")
}

/// `2024-03-04` and so on.
fn date(day: i64) -> String {
    format!("2024-03-{:02}", 4 + day)
}

fn epoch(day: i64, hour: i64) -> String {
    (MONDAY + day * DAY + hour * HOUR).to_string()
}

/// The first Monday with daylight saving in New York is the eighth day.
fn summer(day: i64) -> i64 {
    i64::from(day >= 7)
}

fn daily() -> LoadOptions {
    let mut options = hourly();
    options.check.interval = Some(Interval::parse("1d").unwrap());
    options.check.calendar = Some(Calendar::Sessions { bars_per_year: 252 });
    options
}

fn times(text: &str) -> (Vec<i64>, String) {
    let (series, report) = load_with("X.csv", text, &daily()).unwrap_or_else(|e| panic!("{e}\n{text}"));
    (series.time_ms, report.notes.join("\n"))
}

#[test]
fn days_of_one_market_are_the_same_however_they_are_stamped() {
    let days = five_days();
    let stamps: [(&str, &dyn Fn(i64) -> String); 9] = [
        ("date", &date),
        ("midnight in New York", &|d| format!("{}T00:00:00-0{}:00", date(d), 5 - summer(d))),
        ("the same as an epoch", &|d| epoch(d, 5 - summer(d))),
        ("the same in UTC", &|d| format!("{}T0{}:00:00Z", date(d), 5 - summer(d))),
        ("midnight in Tokyo", &|d| format!("{}T00:00:00+09:00", date(d))),
        ("the same as an epoch", &|d| epoch(d, -9)),
        ("midnight at +11 and then +10 as an epoch", &|d| epoch(d, -11 + i64::from(d >= 14))),
        ("the close in New York as an epoch", &|d| epoch(d, 21 - summer(d))),
        ("the close, a half day among them", &|d| {
            format!("{} {}:00:00", date(d), if d == 4 { 13 } else { 16 })
        }),
    ];
    let dir = folder();
    let mut inputs = Vec::new();
    for (i, (what, show)) in stamps.iter().enumerate() {
        let text = file(&days, show);
        let (found, notes) = times(&text);
        assert_eq!(found, midnights(&days), "{what}");
        assert_eq!(notes.contains("moved to the dates of their sessions"), i > 0, "{what}: {notes}");
        inputs.push(Input::new(write(dir.path(), &format!("S{i}.csv"), text)));
    }
    let mut plan = plan(&dir.path().join("data"), inputs);
    plan.load = daily();
    let summary = run(&plan);
    assert!(summary.failed.is_empty() && summary.symbols.len() == 9, "{:?}", summary.failed);
}

#[test]
fn the_zone_in_the_text_tells_the_day_of_a_market_that_never_closes() {
    let all = days(|_| true);
    for zone in ["+09:00", "-05:00", "+00:30"] {
        let (found, notes) = times(&file(&all, |d| format!("{}T00:00{zone}", date(d))));
        assert_eq!(found, midnights(&all), "{zone}");
        assert!(notes.contains("midnights of the zone they are written with"), "{notes}");
    }
    let mut options = daily();
    options.check.interval = None;
    let weeks = file(&[0, 7, 14], |d| format!("{}T00:00+08:00", date(d)));
    assert_eq!(load_with("X.csv", weeks, &options).unwrap().0.time_ms, midnights(&[0, 7, 14]));
}

#[test]
fn stamps_that_could_be_of_two_days_stay_as_they_are() {
    let five = five_days();
    let sunday_to_thursday = days(|weekday| weekday != 4 && weekday != 5);
    type Case<'a> = (&'a str, &'a [i64], fn(i64) -> i64);
    let cases: [Case; 5] = [
        ("around the clock", &days(|_| true), |_| 16),
        ("around the clock, early", &days(|_| true), |_| 5),
        ("closes of the Gulf", &sunday_to_thursday, |_| 12),
        ("days too few to tell", &[1, 2, 3], |_| 21),
        ("clocks that are no one midnight", &sunday_to_thursday, |d| if d % 2 == 0 { 14 } else { 16 }),
    ];
    for (what, days, hour) in cases {
        let stamps: Vec<i64> = days.iter().map(|&d| MONDAY + d * DAY + hour(d) * HOUR).collect();
        let text = file(days, |d| epoch(d, hour(d)));
        assert_eq!(times(&text).0, stamps, "{what}");
    }
    // Hours are no days.
    let hours = format!(
        "time,open,high,low,close\n{}",
        [5, 6, 7].map(|h| format!("{},9,11,9,10\n", epoch(0, h))).concat()
    );
    assert_eq!(load(&hours).0.time_ms[0], MONDAY + 5 * HOUR);
    // Funding falls between the stamps as they are.
    let dir = folder();
    let bars = write(dir.path(), "X.csv", file(&five, |d| epoch(d, 5)));
    let funding: String = (0..50).map(|i| format!("{},0.0001\n", MONDAY + i * 8 * HOUR)).collect();
    let mut options = daily();
    options.funding = vec![Input::new(write(dir.path(), "f.csv", format!("time,rate\n{funding}")))];
    assert_eq!(load_file(&Input::new(bars), &options).unwrap()[0].0.time_ms[0], MONDAY + 5 * HOUR);
}
