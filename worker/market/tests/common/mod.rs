//! Small files and plans for the tests.
#![allow(dead_code, missing_docs)]

use galapagos_market::{
    Calendar, CheckOptions, ColumnChoice, Dataset, Error, ImportPlan, ImportSummary, Input, Interval,
    LoadOptions, OwnedSeries, ReadOptions, SymbolReport, import, load_file,
};
use std::path::{Path, PathBuf};

pub fn folder() -> tempfile::TempDir {
    tempfile::tempdir().unwrap()
}

pub fn write(dir: &Path, name: &str, text: impl AsRef<[u8]>) -> PathBuf {
    let path = dir.join(name);
    std::fs::write(&path, text).unwrap();
    path
}

pub fn sample(name: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../../deploy/examples/data").join(name)
}

/// Hourly bars from 2017-07-01 11:00 UTC.
pub const START: i64 = 1_498_906_800_000;
pub const HOUR: i64 = 3_600_000;

/// A plain hourly CSV with `rows` good rows.
pub fn good_csv(rows: i64) -> String {
    let mut text = String::from("time,open,high,low,close,volume\n");
    for i in 0..rows {
        let c = 100 + i % 7;
        text += &format!("{},{c}.50,{}.25,{c}.00,{c}.75,{}\n", START + i * HOUR, c + 1, 10 + i);
    }
    text
}

pub fn hourly() -> LoadOptions {
    let check = CheckOptions { interval: Some(Interval::parse("1h").unwrap()), ..CheckOptions::default() };
    LoadOptions { check, ..LoadOptions::default() }
}

pub fn with_columns(choice: &str) -> LoadOptions {
    let read = ReadOptions { columns: ColumnChoice::parse(choice).unwrap(), ..ReadOptions::default() };
    LoadOptions { read, ..hourly() }
}

pub fn repair() -> LoadOptions {
    let mut options = hourly();
    options.check.repair = true;
    options
}

/// Loads the only symbol of a text.
pub fn load_with(
    name: &str,
    text: impl AsRef<[u8]>,
    options: &LoadOptions,
) -> Result<(OwnedSeries, SymbolReport), Error> {
    let dir = folder();
    let path = write(dir.path(), name, text);
    let mut loaded = load_file(&Input::new(path), options)?;
    assert_eq!(loaded.len(), 1);
    Ok(loaded.remove(0))
}

pub fn load(text: &str) -> (OwnedSeries, SymbolReport) {
    load_with("X.csv", text, &hourly()).unwrap_or_else(|e| panic!("{e}\n{text}"))
}

/// The message of the error that `text` gives.
pub fn refusal(text: &str) -> String {
    load_with("X.csv", text, &hourly()).expect_err(text).to_string()
}

pub fn plan(data_dir: &Path, inputs: Vec<Input>) -> ImportPlan {
    ImportPlan {
        inputs,
        data_dir: data_dir.to_owned(),
        dataset: "test".into(),
        load: hourly(),
        threads: 2,
        retries: 0,
        partial: true,
        append: false,
    }
}

pub fn run(plan: &ImportPlan) -> ImportSummary {
    import(plan, &|_| ()).unwrap()
}

/// A published dataset of the two symbols `A` and `B`, `A` with funding.
pub fn published(dir: &Path) -> Dataset {
    let a = write(dir, "A.csv", good_csv(100));
    let b = write(dir, "B.csv", good_csv(90));
    let mut funding = String::from("time,rate,mark\n");
    for i in 0..12 {
        funding += &format!("{},0.000{},{}.5\n", START + 12 + i * 8 * HOUR, i + 10, 100 + i);
    }
    let f = write(dir, "A-funding.csv", funding);
    let mut plan = plan(&dir.join("data"), vec![Input::new(a), Input::new(b)]);
    plan.load.funding = vec![Input::new(f)];
    let summary = run(&plan);
    assert!(summary.failed.is_empty(), "{:?}", summary.failed);
    Dataset::open(&dir.join("data"), "test", None).unwrap()
}

pub const DAY: i64 = 24 * HOUR;
/// 2024-01-01, a Monday.
pub const MONDAY: i64 = 1_704_067_200_000;

/// Bar `i`: open, high, low, close, volume; each field of each bar is another number.
pub fn bar(i: i64) -> [f64; 5] {
    let c = 300.0 + i as f64;
    [c, c + 3.25, c - 2.5, c + 1.75, 10.5 + i as f64]
}

pub fn rows(count: i64, row: impl Fn(i64, [f64; 5]) -> String) -> String {
    (0..count).map(|i| row(i, bar(i))).collect()
}

pub fn daily() -> LoadOptions {
    let mut options = hourly();
    options.check.interval = Interval::parse("1d").ok();
    options.check.calendar = Calendar::parse("sessions:252").ok();
    options
}

/// Asserts that a series is bars 0 to `count` of `bar` from `start` on, with their volumes if it has any.
pub fn is_made_of(
    bar: impl Fn(i64) -> [f64; 5],
    what: &str,
    series: &OwnedSeries,
    (start, step): (i64, i64),
    count: i64,
) {
    let unit = 10_i64.pow(u32::from(series.decimals)) as f64;
    assert_eq!(series.time_ms.len() as i64, count, "{what}");
    for i in 0..count as usize {
        let [o, h, l, c, v] = bar(i as i64);
        let read = [series.open[i], series.high[i], series.low[i], series.close[i]].map(|t| t as f64 / unit);
        assert_eq!((series.time_ms[i], read), (start + i as i64 * step, [o, h, l, c]), "{what}, bar {i}");
        if let Some(volume) = &series.volume {
            assert!((volume[i] - v).abs() < 1e-9, "{what}, bar {i}: {} and {v}", volume[i]);
        }
    }
}

/// The same of the bars of this module and a series that has volumes.
pub fn holds(what: &str, series: &OwnedSeries, start: i64, step: i64, count: i64) {
    assert!(series.volume.is_some(), "{what} has no volume");
    is_made_of(bar, what, series, (start, step), count);
}

pub fn said(report: &SymbolReport, words: &str) {
    assert!(report.notes.iter().any(|n| n.contains(words)), "{words}: {:?}", report.notes);
}
