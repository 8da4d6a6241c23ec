//! Files with closes only: what is read, what is refused without being asked, and how a dataset remembers it.
#![allow(clippy::unwrap_used)] // tests, in their own crate: the lint does not see it

mod common;

use common::*;
use galapagos_market::*;

fn closes(choice: &str) -> LoadOptions {
    let columns = ColumnChoice::parse(choice).unwrap().close_only().unwrap();
    let read = ReadOptions { columns, ..ReadOptions::default() };
    let check = CheckOptions { interval: Interval::parse("1d").ok(), ..CheckOptions::default() };
    LoadOptions { read, check, ..LoadOptions::default() }
}

/// Ten days of closes from 2024-01-01: 100.5, 101.5, ..
fn table(row: impl Fn(i64, &str, &str) -> String) -> String {
    (1..=10).map(|day| row(day, &format!("2024-01-{day:02}"), &format!("{}.5", 99 + day))).collect()
}

const DAY: i64 = 86_400_000;
/// 2024-01-01 in milliseconds.
const NEW_YEAR: i64 = 1_704_067_200_000;

#[test]
fn every_usual_file_of_closes_is_read_and_the_close_stands_for_all_prices() {
    let lines = |header: &str, row: &dyn Fn(i64, &str, &str) -> String| format!("{header}\n{}", table(row));
    let csv = |_: i64, t: &str, c: &str| format!("{t},{c}\n");
    let json = |_: i64, t: &str, c: &str| format!("{{\"date\": \"{t}\", \"close\": {c}}}\n");
    let pair = |day: i64, _: &str, c: &str| format!("[{}, {c}]", NEW_YEAR + (day - 1) * DAY);
    let pairs: Vec<String> = (1..=10).map(|day| pair(day, "", &format!("{}.5", 99 + day))).collect();
    for (text, choice, volume) in [
        (lines("date,close", &csv), "", false),
        (lines("observation_date,SP500", &csv), "", false),
        (lines("Date,Adj Close", &csv), "", false),
        (lines("Date;NAV", &|_, t, c| format!("{t};{c}\n")), "", false),
        (lines("Day,Fund A,Fund B", &|_, t, c| format!("{t},7,{c}\n")), "close=Fund B", false),
        (lines("date,close,volume", &|d, t, c| format!("{t},{c},{d}00\n")), "", true),
        (lines("title of the table\ndate,close,volume", &|d, t, c| format!("{t},{c},{d}00\n")), "", true),
        (lines("date,open,high,low,close", &|_, t, c| format!("{t},1,2,3,{c}\n")), "", false),
        (table(csv), "", false),
        (table(|d, t, c| format!("{t},{c},{d}00\n")), "", true),
        (table(json), "", false),
        (format!("[{}]", pairs.join(",")), "", false),
        (format!("{{\"prices\": [{}]}}", pairs.join(",")), "", false),
    ] {
        let (series, report) =
            load_with("X.csv", &text, &closes(choice)).unwrap_or_else(|e| panic!("{e}\n{text}"));
        assert_eq!(series.close, (1..=10).map(|d| (99 + d) * 10 + 5).collect::<Vec<_>>(), "{text}");
        assert_eq!((&series.open, &series.high, &series.low), (&series.close, &series.close, &series.close));
        assert_eq!((series.decimals, series.time_ms[0], report.rows), (1, NEW_YEAR, 10), "{text}");
        assert_eq!(series.volume.is_some(), volume, "{text}");
    }
}

#[test]
fn closes_alone_are_refused_without_the_option_and_the_message_names_it() {
    for text in [
        table(|_, t, c| format!("{t},{c}\n")),
        format!("date,close\n{}", table(|_, t, c| format!("{t},{c}\n"))),
        format!("date,close,volume,x,y\n{}", table(|d, t, c| format!("{t},{c},{d},0,0\n"))),
        table(|_, t, c| format!("{{\"date\": \"{t}\", \"close\": {c}}}\n")),
    ] {
        let error = load_with("X.csv", &text, &hourly()).unwrap_err().to_string();
        assert!(error.contains("--close-only"), "{error}");
    }
}

#[test]
fn another_price_beside_the_close_is_a_contradiction() {
    let error = ColumnChoice::parse("high=H").unwrap().close_only().unwrap_err().to_string();
    assert!(error.contains("high") && error.contains("--close-only"), "{error}");
    assert!(ColumnChoice::parse("close=C,volume=V,high=").unwrap().close_only().is_ok());
}

#[test]
fn a_file_without_a_close_names_what_it_lacks() {
    let text = format!("date,one,two\n{}", table(|_, t, c| format!("{t},{c},{c}\n")));
    let error = load_with("X.csv", &text, &closes("")).unwrap_err().to_string();
    assert!(error.contains("lacks close") && error.contains("--columns"), "{error}");
}

#[test]
fn a_dataset_remembers_that_it_has_closes_only_and_its_digest_is_that_of_its_bars() {
    let dir = folder();
    let data = dir.path().join("data");
    let file = write(dir.path(), "X.csv", format!("date,close\n{}", table(|_, t, c| format!("{t},{c}\n"))));
    let bars = |_: i64, t: &str, c: &str| format!("{t},{c},{c},{c},{c}\n");
    let flat = write(dir.path(), "flat.csv", format!("date,open,high,low,close\n{}", table(bars)));
    let import = |input: Input, load: LoadOptions| {
        let published = run(&ImportPlan { load, ..plan(&data, vec![input]) }).published.unwrap();
        let dataset = Dataset::open(&data, "test", None).unwrap();
        (published.outcome, published.digest, dataset.is_close_only(), dataset.calendar())
    };
    let daily = || LoadOptions { read: ReadOptions::default(), ..closes("") };
    let mut continuous = closes("");
    continuous.check.calendar = Some(Calendar::Continuous);
    let (outcome, digest, marked, calendar) = import(Input::for_symbol("X", &file), continuous);
    assert_eq!((outcome, marked, calendar), (PublishOutcome::New, true, Some(Calendar::Continuous)));
    assert!(catalogue::list(&data).unwrap()[0].close_only);
    let again = import(Input::for_symbol("X", &file), closes(""));
    assert_eq!(again, (PublishOutcome::Unchanged, digest.clone(), true, calendar));
    // Who says that these are bars is believed, and nothing else changes.
    let bare = import(Input::for_symbol("X", &flat), daily());
    assert_eq!(bare, (PublishOutcome::Updated, digest.clone(), false, calendar));
    let manifest =
        std::fs::read_to_string(Dataset::open(&data, "test", None).unwrap().folder().join("manifest.json"));
    assert!(!manifest.unwrap().contains("close_only"), "manifests of other datasets are what they were");
    let marked = import(Input::for_symbol("X", &file), closes(""));
    assert_eq!(marked, (PublishOutcome::Updated, digest, true, calendar));
}
