//! Datasets that grow, that are taken out as files, and that are compared.
#![allow(clippy::unwrap_used)] // tests, in their own crate: the lint does not see it

mod common;

use common::{HOUR, START, folder, good_csv, plan, published, run, write};
use galapagos_market::export::{Format, export};
use galapagos_market::{Dataset, ErrorKind, ImportPlan, ImportSummary, Input, diff};
use std::path::Path;

/// Hourly rows `from..to` of the series that [`good_csv`] writes.
fn rows(from: i64, to: i64) -> String {
    let all = good_csv(to);
    let mut lines = all.lines();
    let header = lines.next().unwrap().to_owned();
    let kept: Vec<&str> = lines.skip(from as usize).collect();
    format!("{header}\n{}\n", kept.join("\n"))
}

fn append(dir: &Path, inputs: Vec<Input>) -> ImportSummary {
    run(&ImportPlan { append: true, ..plan(&dir.join("data"), inputs) })
}

fn latest(dir: &Path) -> Dataset {
    Dataset::open(&dir.join("data"), "test", None).unwrap()
}

fn refused(summary: &ImportSummary) -> String {
    assert_eq!(summary.failed.len(), 1, "{:?}", summary.failed);
    summary.failed[0].error.to_string()
}

#[test]
fn pieces_that_are_appended_are_the_dataset_of_the_whole() {
    let (pieces, whole) = (folder(), folder());
    let all = write(whole.path(), "X.csv", good_csv(120));
    run(&plan(&whole.path().join("data"), vec![Input::new(all)]));
    // Some overlap, one lies before what is there, one is a single row, and one is there already.
    for (from, to) in [(20, 60), (50, 90), (0, 25), (90, 91), (91, 120), (30, 70)] {
        let file = write(pieces.path(), "X.csv", rows(from, to));
        let summary = append(pieces.path(), vec![Input::new(file)]);
        assert!(summary.failed.is_empty(), "{from}..{to}: {:?}", summary.failed);
    }
    assert_eq!(latest(pieces.path()).digest(), latest(whole.path()).digest());
}

#[test]
fn a_report_of_an_append_is_of_the_grown_series_and_says_what_came() {
    let dir = folder();
    let first = write(dir.path(), "X.csv", rows(0, 50));
    append(dir.path(), vec![Input::new(&first)]);
    let second = write(dir.path(), "X.csv", rows(40, 80));
    let summary = append(dir.path(), vec![Input::new(&second)]);
    assert_eq!(summary.symbols[0].rows, 80);
    let note = "30 bars came to 50; 10 were there already with the same values";
    assert!(summary.symbols[0].notes.iter().any(|n| n == note), "{:?}", summary.symbols[0].notes);
}

#[test]
fn a_row_with_another_price_is_refused_with_both_and_the_dataset_stays() {
    let dir = folder();
    let first = write(dir.path(), "X.csv", rows(0, 50));
    append(dir.path(), vec![Input::new(&first)]);
    let before = latest(dir.path()).digest().to_owned();
    let changed = rows(40, 80).replacen("105.75", "105.76", 1);
    let second = write(dir.path(), "X.csv", changed);
    let message = refused(&append(dir.path(), vec![Input::new(&second)]));
    assert!(message.contains("is 105.75 in the dataset and 105.76 in the files"), "{message}");
    assert_eq!(latest(dir.path()).digest(), before);
}

#[test]
fn finer_prices_of_the_appended_rows_make_finer_ticks_of_all() {
    let dir = folder();
    let first = write(dir.path(), "X.csv", rows(0, 50));
    append(dir.path(), vec![Input::new(&first)]);
    let second = write(dir.path(), "X.csv", rows(50, 60).replace(".25,", ".2525,"));
    assert!(append(dir.path(), vec![Input::new(&second)]).failed.is_empty());
    let grown = latest(dir.path());
    let series = grown.symbol("X").unwrap();
    assert_eq!((series.decimals, series.high[0], series.high[59]), (4, 1_012_500, 1_042_525));
}

#[test]
fn symbols_and_funding_that_are_not_in_the_files_stay() {
    let dir = folder();
    let before = published(dir.path());
    let more = write(dir.path(), "B.csv", rows(85, 100));
    assert!(append(dir.path(), vec![Input::new(&more)]).failed.is_empty());
    let after = latest(dir.path());
    assert_eq!(after.symbols().collect::<Vec<_>>(), ["A", "B"]);
    assert_eq!(after.symbol("A").unwrap().funding, before.symbol("A").unwrap().funding);
    assert_eq!(after.symbol("B").unwrap().len(), 100);
    let more = write(dir.path(), "A.csv", rows(100, 110));
    assert!(append(dir.path(), vec![Input::new(&more)]).failed.is_empty());
    assert_eq!(latest(dir.path()).symbol("A").unwrap().funding.len(), 12);
}

#[test]
fn funding_of_both_must_be_equal_in_rate_and_mark_and_volumes_on_both_sides_or_none() {
    let dir = folder();
    published(dir.path());
    let bars = write(dir.path(), "A.csv", rows(90, 110));
    let with = |name: &str, text: &str| {
        let funding = write(dir.path(), "more-funding.csv", text);
        let mut plan = ImportPlan { append: true, ..plan(&dir.path().join("data"), vec![Input::new(&bars)]) };
        plan.load.funding = vec![Input::for_symbol("A", funding)];
        let message = refused(&run(&plan));
        assert!(message.contains(name) && message.contains("in the dataset"), "{message}");
    };
    let stamp = START + 8 * 11 * HOUR;
    with("the funding rate", &format!("time,rate,mark\n{stamp},0.5,111.5\n"));
    with("the mark of the funding", &format!("time,rate,mark\n{stamp},0.00021,99\n"));
    let bare =
        rows(90, 110).lines().map(|l| l.rsplit_once(',').unwrap().0.to_owned() + "\n").collect::<String>();
    let bars = write(dir.path(), "B.csv", bare);
    let message = refused(&append(dir.path(), vec![Input::new(bars)]));
    assert!(message.contains("has volumes and the files have none"), "{message}");
}

#[test]
fn a_single_bar_that_has_not_ended_adds_nothing() {
    let dir = folder();
    let first = write(dir.path(), "X.csv", rows(0, 50));
    append(dir.path(), vec![Input::new(&first)]);
    let before = latest(dir.path()).digest().to_owned();
    let forming = write(dir.path(), "X.csv", rows(50, 51));
    let mut plan = ImportPlan { append: true, ..plan(&dir.path().join("data"), vec![Input::new(&forming)]) };
    plan.load.check.now_ms = Some(START + 50 * HOUR + HOUR / 2);
    assert!(run(&plan).failed.is_empty());
    assert_eq!(latest(dir.path()).digest(), before);
    plan.load.check.now_ms = Some(START + 51 * HOUR);
    assert_eq!(run(&plan).symbols[0].rows, 51);
}

#[test]
fn an_import_that_leaves_symbols_behind_names_them_and_an_append_leaves_none() {
    let dir = folder();
    published(dir.path());
    let more = write(dir.path(), "B.csv", rows(0, 100));
    assert!(append(dir.path(), vec![Input::new(&more)]).gone.is_empty());
    assert_eq!(run(&plan(&dir.path().join("data"), vec![Input::new(&more)])).gone, ["A"]);
}

#[test]
fn an_append_of_another_interval_or_with_a_hole_is_refused() {
    let dir = folder();
    let first = write(dir.path(), "X.csv", rows(0, 50));
    append(dir.path(), vec![Input::new(&first)]);
    let late = write(dir.path(), "X.csv", rows(150, 200));
    assert!(refused(&append(dir.path(), vec![Input::new(&late)])).contains("missing"));
    let mut other = ImportPlan { append: true, ..plan(&dir.path().join("data"), vec![Input::new(&late)]) };
    other.load.check.interval = Some(galapagos_market::Interval::parse("1d").unwrap());
    let error = galapagos_market::import(&other, &|_| ()).unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Spec);
    assert!(error.to_string().contains("has bars of 1h, not of 1d"), "{error}");
}

#[test]
fn exported_files_of_every_format_are_the_same_dataset_again() {
    let dir = folder();
    let dataset = published(dir.path());
    for (format, extension) in
        [(Format::Csv, "csv"), (Format::Parquet, "parquet"), (Format::Feather, "feather")]
    {
        let to = dir.path().join(extension);
        let files = export(&dataset, &[], &to, format).unwrap();
        let names: Vec<String> =
            files.iter().map(|f| f.file_name().unwrap().to_string_lossy().into_owned()).collect();
        assert_eq!(names, [&format!("A.{extension}"), "A.funding.csv", &format!("B.{extension}")]);
        let mut again = plan(&to.join("data"), vec![Input::new(&files[0]), Input::new(&files[2])]);
        again.load.funding = vec![Input::for_symbol("A", &files[1])];
        let summary = run(&again);
        assert!(summary.failed.is_empty(), "{extension}: {:?}", summary.failed);
        assert_eq!(summary.published.unwrap().digest, dataset.digest(), "{extension}");
    }
}

#[test]
fn an_export_overwrites_nothing_and_names_the_symbols_that_there_are() {
    let dir = folder();
    let dataset = published(dir.path());
    let to = dir.path().join("out");
    export(&dataset, &["B".to_owned()], &to, Format::Csv).unwrap();
    let before = std::fs::read(to.join("B.csv")).unwrap();
    let error = export(&dataset, &[], &to, Format::Csv).unwrap_err().to_string();
    assert!(error.contains("B.csv") && error.contains("name another folder"), "{error}");
    assert!(!to.join("A.csv").exists(), "nothing is written beside a file that is in the way");
    assert_eq!(std::fs::read(to.join("B.csv")).unwrap(), before);
    let error = export(&dataset, &["C".to_owned()], &to, Format::Csv).unwrap_err().to_string();
    assert!(error.contains("A, B"), "{error}");
}

#[test]
fn a_difference_is_counted_by_symbol_and_the_first_value_is_shown() {
    let (one, other) = (folder(), folder());
    let a = published(one.path());
    let text = rows(10, 120).replacen("102.75", "102.5", 1);
    let file = write(other.path(), "A.csv", text);
    run(&plan(&other.path().join("data"), vec![Input::new(file)]));
    let b = latest(other.path());
    let found = diff::diff(&a, &b);
    let [first, second] = found.as_slice() else { panic!("{found:?}") };
    assert_eq!(
        (first.rows_a, first.rows_b, first.only_a, first.only_b, first.changed),
        (100, 110, 10, 20, 1)
    );
    // The funding of the whole series is only in the first.
    assert_eq!(first.funding_changed, 12);
    let value = first.first.as_ref().unwrap();
    assert_eq!((value.column, value.time_ms), ("funding", START));
    assert_eq!((second.rows_b, second.only_a, second.first.is_none()), (0, 90, true));
    assert!(diff::diff(&a, &a).iter().all(diff::SymbolDiff::is_equal));
}
