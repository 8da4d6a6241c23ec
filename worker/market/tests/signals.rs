//! Files of signals: what is checked against the bars, and what is on disk afterwards.

#![allow(clippy::unwrap_used, reason = "a helper that fails is a failed test")]

use arrow::array::{ArrayRef, BooleanArray, Float64Array, StringArray, TimestampNanosecondArray};
use arrow::record_batch::RecordBatch;
use galapagos_market::catalogue::{self, SignalsInfo};
use galapagos_market::signals::{find, open};
use galapagos_market::{
    Dataset, Interval, OwnedSeries, PublishOutcome, Result, SignalsImport, SignalsReport, import_signals,
    publish,
};
use parquet::arrow::ArrowWriter;
use std::path::{Path, PathBuf};
use std::sync::Arc;

const DAY: i64 = 86_400_000;
/// 2024-01-01.
const FIRST: i64 = 19_723 * DAY;

fn series(symbol: &str, bars: i64) -> OwnedSeries {
    let price: Vec<i64> = (0..bars).map(|t| 100 + t).collect();
    OwnedSeries {
        symbol: symbol.to_owned(),
        decimals: 0,
        interval_ms: DAY,
        time_ms: (0..bars).map(|t| FIRST + t * DAY).collect(),
        open: price.clone(),
        high: price.clone(),
        low: price.clone(),
        close: price,
        volume: None,
        funding: Vec::new(),
    }
}

/// A data directory with dataset `d`: ten daily bars of each symbol from 2024-01-01 on.
fn data(symbols: &[&str]) -> tempfile::TempDir {
    let folder = tempfile::tempdir().unwrap();
    let all: Vec<OwnedSeries> = symbols.iter().map(|symbol| series(symbol, 10)).collect();
    let all: Vec<_> = all.iter().map(OwnedSeries::as_series).collect();
    publish(folder.path(), "d", Interval::parse("1d").unwrap(), None, &all).unwrap();
    folder
}

fn written(folder: &Path, name: &str, text: &str) -> PathBuf {
    let path = folder.join(name);
    std::fs::write(&path, text).unwrap();
    path
}

fn import(folder: &Path, file: &Path) -> Result<SignalsReport> {
    import_as(folder, file, false)
}

fn import_as(folder: &Path, file: &Path, drop_unmatched: bool) -> Result<SignalsReport> {
    import_signals(&SignalsImport {
        file,
        data_dir: folder,
        dataset: "d",
        digest: None,
        name: "momentum",
        symbol: None,
        day_order: None,
        drop_unmatched,
        objection: |name| (name == "close").then(|| "close is a term of the language; rename it".to_owned()),
        target: "target",
    })
}

fn of(text: &str, drop_unmatched: bool) -> std::result::Result<SignalsReport, String> {
    let folder = data(&["A"]);
    let file = written(folder.path(), "m.csv", text);
    import_as(folder.path(), &file, drop_unmatched)
        .map_err(|e| e.to_string().replace(&*file.to_string_lossy(), "m.csv"))
}

#[test]
fn each_row_goes_to_the_bar_that_opens_then_and_what_no_row_names_is_unknown() {
    let folder = data(&["A", "B"]);
    let text = "time,symbol,score,buy\n2024-01-03,B,1.5,true\n2024-01-02,A,-0.25,false\n2024-01-05,A,,True\n";
    let report = import(folder.path(), &written(folder.path(), "m.csv", text)).unwrap();
    assert_eq!(report.outcome, Some(PublishOutcome::New));
    let symbols: Vec<_> = report.symbols.iter().map(|s| (s.symbol.as_str(), s.bars, s.rows)).collect();
    assert_eq!(symbols, [("A", 10, 2), ("B", 10, 1)]);
    let columns: Vec<_> =
        report.columns.iter().map(|c| (c.column.as_str(), c.known, c.least, c.most)).collect();
    assert_eq!(columns, [("buy", 3, Some(0.0), Some(1.0)), ("score", 2, Some(-0.25), Some(1.5))]);
    let dataset = Dataset::open(folder.path(), "d", None).unwrap();
    let values = open(&dataset, "momentum", None, &["score".to_owned()]).unwrap().take_values();
    let known = |i: usize| -> Vec<(usize, f64)> {
        let (_, columns) = &values[i];
        assert_eq!(columns.len(), 1, "only what is wanted is kept");
        columns[0].1.iter().copied().enumerate().filter(|(_, x)| !x.is_nan()).collect()
    };
    assert_eq!((values[0].0.as_str(), known(0)), ("A", vec![(1, -0.25)]));
    assert_eq!((values[1].0.as_str(), known(1)), ("B", vec![(2, 1.5)]));
    assert_eq!(find(&dataset).unwrap(), [("momentum".to_owned(), report.digest.clone())]);
}

#[test]
fn parquet_and_text_of_the_same_values_are_the_same_version() {
    let folder = data(&["A", "B"]);
    let text = "Date,Symbol,score,buy\n2024-01-01,A,0.1,true\n2024-01-02,A,,false\n2024-01-02,B,-2,true\n";
    let csv = import(folder.path(), &written(folder.path(), "m.csv", text)).unwrap();
    let stamps = [FIRST, FIRST + DAY, FIRST + DAY].map(|ms| ms * 1_000_000).to_vec();
    let columns: [(&str, ArrayRef); 4] = [
        ("time", Arc::new(TimestampNanosecondArray::from(stamps).with_timezone("UTC"))),
        ("symbol", Arc::new(StringArray::from(vec!["A", "A", "B"]))),
        ("score", Arc::new(Float64Array::from(vec![Some(0.1), None, Some(-2.0)]))),
        ("buy", Arc::new(BooleanArray::from(vec![true, false, true]))),
    ];
    let batch =
        RecordBatch::try_from_iter_with_nullable(columns.map(|(name, column)| (name, column, true))).unwrap();
    let path = folder.path().join("m.parquet");
    let mut writer =
        ArrowWriter::try_new(std::fs::File::create(&path).unwrap(), batch.schema(), None).unwrap();
    writer.write(&batch).unwrap();
    writer.close().unwrap();
    let parquet = import(folder.path(), &path).unwrap();
    assert_eq!(parquet.digest, csv.digest);
    assert_eq!(parquet.outcome, Some(PublishOutcome::Unchanged));
}

#[test]
fn one_value_more_is_another_version_and_the_old_one_stays() {
    let folder = data(&["A"]);
    let file = written(folder.path(), "m.csv", "time,score\n2024-01-02,1\n");
    let first = import(folder.path(), &file).unwrap().digest;
    let second =
        import(folder.path(), &written(folder.path(), "m.csv", "time,score\n2024-01-02,2\n")).unwrap().digest;
    assert_ne!(first, second);
    let dataset = Dataset::open(folder.path(), "d", None).unwrap();
    assert_eq!(open(&dataset, "momentum", None, &[]).unwrap().digest(), second);
    for digest in [first.clone(), format!("blake3:{first}")] {
        assert_eq!(open(&dataset, "momentum", Some(&digest), &[]).unwrap().digest(), first);
    }
    let error = open(&dataset, "other", None, &[]).unwrap_err().to_string();
    assert!(
        error.contains(
            "there are momentum; publish it with galapagos import-signals FILE --dataset d --name other"
        ),
        "{error}"
    );
}

#[test]
fn the_digest_of_the_documented_stream_never_changes() {
    let folder = data(&["A"]);
    let digest =
        import(folder.path(), &written(folder.path(), "m.csv", "time,score\n2024-01-02,-0.0\n")).unwrap();
    let mut stream = b"galapagos.signals.v1".to_vec();
    stream.extend((0..32).map(|i| u8::from_str_radix(&digest.dataset[2 * i..2 * i + 2], 16).unwrap()));
    let number = |n: u64| n.to_le_bytes();
    stream.extend(number(1));
    stream.extend(number(5));
    stream.extend(b"score");
    stream.extend(number(1));
    stream.extend(number(1));
    stream.extend(b"A");
    stream.extend(number(10));
    (0..10).for_each(|t| stream.extend(if t == 1 { number(0) } else { number(0x7ff8_0000_0000_0000) }));
    assert_eq!(digest.digest, blake3::hash(&stream).to_hex().to_string());
}

#[test]
fn what_has_no_bar_is_refused_with_its_line_or_counted_and_left_out() {
    let text = "time,score\n2024-01-02,1\n2023-12-31,2\n2024-01-03T05:00:00Z,3\n";
    let error = of(text, false).unwrap_err();
    assert!(
        error.starts_with("m.csv, line 3, column time, value \"2023-12-31T00:00:00Z\": A has no bar"),
        "{error}"
    );
    assert!(error.contains("2 rows in all, --drop-unmatched leaves them out"), "{error}");
    let report = of(text, true).unwrap();
    assert_eq!(report.symbols[0].rows, 1);
    assert!(
        report.notes.iter().any(|n| n.starts_with("2 rows left out, the first in line 3 ")),
        "{:?}",
        report.notes
    );
    let text = "time,symbol,score\n2024-01-02,A,1\n2024-01-02,C/D,1\n";
    let error = of(text, false).unwrap_err();
    assert!(error.contains("\"C/D\" is no symbol of dataset d: it has A; 1 row in all"), "{error}");
    assert_eq!(of(text, true).unwrap().symbols.len(), 1);
}

#[test]
fn what_is_wrong_is_named_with_its_line_column_and_value() {
    for (text, said) in [
        (
            "time,score\n2024-01-02,1\n2024-01-03,1\n2024-01-02,1\n",
            "m.csv, line 4, column time, value \"2024-01-02T00:00:00Z\": stands in line 2 already, for A",
        ),
        (
            "time,score\n2024-01-02,1\n2024-01-03,inf\n",
            "m.csv, line 3, column score, value \"inf\": is infinite",
        ),
        (
            "time,score\n2024-01-02,1\n2024-01-03,many\n",
            "m.csv, line 3, column score, value \"many\": is no number",
        ),
        (
            "time,target\n2024-01-02,1\n2024-01-03,-1.5\n",
            "m.csv, line 3, column target, value \"-1.5\": is no position",
        ),
        ("time,score\nsoon,1\n", "m.csv, line 2, column time, value \"soon\": is no time"),
        ("when,score\n2024-01-02,1\n", "m.csv: has no time among its columns when, score"),
        ("time,score,score\n2024-01-02,1,2\n", "m.csv: has two columns called \"score\""),
        (
            "time,close,word\n2024-01-02,1,up\n",
            "m.csv: has no column of numbers beside the times (column \"word\" holds no numbers and was left out; column \"close\" was left out: close is a term",
        ),
        ("time,score\n", "m.csv: has no rows"),
    ] {
        let error = of(text, false).unwrap_err();
        assert!(error.starts_with(said), "{error}");
    }
}

#[test]
fn of_several_symbols_a_file_must_tell_whose_its_rows_are() {
    let folder = data(&["A", "B"]);
    let file = written(folder.path(), "m.csv", "time,score\n2024-01-02,1\n");
    let error = import(folder.path(), &file).unwrap_err().to_string();
    assert!(
        error.contains("has no column of symbols, and dataset d has A, B: add one, or say --symbol"),
        "{error}"
    );
}

#[test]
fn a_changed_file_is_found_and_written_again_by_the_next_import() {
    let folder = data(&["A"]);
    let file = written(folder.path(), "m.csv", "time,score\n2024-01-02,1\n");
    let digest = import(folder.path(), &file).unwrap().digest;
    let dataset = Dataset::open(folder.path(), "d", None).unwrap();
    let stored = dataset.folder().join("signals/momentum").join(&digest).join("A.arrow");
    let mut bytes = std::fs::read(&stored).unwrap();
    let at = bytes.windows(8).position(|w| w == 1.0_f64.to_le_bytes()).unwrap();
    bytes[at] ^= 1;
    std::fs::write(&stored, bytes).unwrap();
    let error = open(&dataset, "momentum", None, &[]).unwrap_err().to_string();
    assert!(
        error.contains("was changed: its digest is") && error.contains("import the signals again"),
        "{error}"
    );
    assert_eq!(import(folder.path(), &file).unwrap().outcome, Some(PublishOutcome::Repaired));
    assert_eq!(open(&dataset, "momentum", None, &[]).unwrap().digest(), digest);
    // The bars are those of before: signals are no part of them.
    assert!(dataset.check_unchanged().unwrap().is_none());
}

#[test]
fn a_dataset_names_its_signals_and_a_check_of_it_covers_them() {
    let folder = data(&["A"]);
    let digest =
        import(folder.path(), &written(folder.path(), "m.csv", "time,score\n2024-01-02,1\n")).unwrap().digest;
    let shown = catalogue::show(folder.path(), "d", None).unwrap();
    assert_eq!(shown.signals, [SignalsInfo { name: "momentum".to_owned(), digest: digest.clone() }]);
    let problem = || catalogue::check(folder.path(), None).unwrap().remove(0).problem;
    assert!(problem().is_none());
    std::fs::remove_file(shown.folder.join("signals/momentum").join(digest).join("A.arrow")).unwrap();
    assert!(problem().unwrap().to_string().contains("A.arrow"));
}
