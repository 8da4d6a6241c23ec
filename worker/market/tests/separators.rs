//! Numbers as people write them: separators between thousands, decimal commas, letters for thousands.
#![allow(clippy::unwrap_used)] // tests, in their own crate: the lint does not see it

mod common;

use common::*;
use galapagos_market::*;

fn daily(decimal: Option<DecimalSign>) -> LoadOptions {
    let mut options = hourly();
    options.check.interval = Interval::parse("1d").ok();
    options.check.max_gap_share = 1.0;
    options.read.decimal = decimal;
    options
}

fn closes(text: &str, decimal: Option<DecimalSign>) -> Result<(Vec<i64>, u8, String)> {
    let (series, report) = load_with("X.csv", text, &daily(decimal))?;
    Ok((series.close, series.decimals, report.notes.join("\n")))
}

#[test]
fn separators_mean_what_all_rows_of_the_file_allow() {
    let point = "Date,Close,Open,High,Low,Vol.\n2024-01-02,\"1,270.40\",\"1,271.40\",\"1,278.14\",\"1,269.11\",1\n\
                 2024-01-03,999.5,\"1,000\",\"1,000\",998,2\n";
    let (found, decimals, notes) = closes(point, None).unwrap();
    assert_eq!((found, decimals), (vec![127_040, 99_950], 2));
    assert!(notes.contains("between thousands and a decimal point"), "{notes}");
    let comma = "Datum;Open;High;Low;Close;Volume\n02.01.2024;1.271,40;1.278,14;1.269,11;1.270,40;94.333\n\
                 03.01.2024;1.000;1.000;998;999,5;2\n";
    let (series, report) = load_with("X.csv", comma, &daily(None)).unwrap();
    assert_eq!((series.close, series.decimals), (vec![127_040, 99_950], 2));
    // The volume is written as the prices are.
    assert_eq!(series.volume, Some(vec![94_333.0, 2.0]));
    assert!(report.notes.join("\n").contains("with a decimal comma"), "{:?}", report.notes);
}

#[test]
fn a_comma_that_can_be_either_is_asked_for_with_the_flag() {
    let text =
        "Date;Open;High;Low;Close\n2024-01-02;1,234;1,240;1,230;1,235\n2024-01-03;1,234;1,240;1,230;1,236\n";
    let error = closes(text, None).unwrap_err().to_string();
    assert!(error.contains("--decimal point") && error.contains("--decimal comma"), "{error}");
    assert_eq!(closes(text, Some(DecimalSign::Point)).unwrap().0, [1235, 1236]);
    let (found, decimals, _) = closes(text, Some(DecimalSign::Comma)).unwrap();
    assert_eq!((found, decimals), (vec![1235, 1236], 3));
}

#[test]
fn where_one_sign_makes_bars_and_the_other_none_it_is_the_one() {
    // As thousands, the open would lie far above the high.
    let text = "Date;Open;High;Low;Close\n2024-01-02;1,234;1,3;1,2;1,235\n2024-01-03;1,234;1,24;1,23;1,236\n";
    assert_eq!(closes(text, None).unwrap().0, [1235, 1236]);
    let text =
        "Date;Open;High;Low;Close\n2024-01-02;1,234;1300;1200;1,235\n2024-01-03;1,234;1240;1230;1,236\n";
    let (found, decimals, notes) = closes(text, None).unwrap();
    assert_eq!((found, decimals), (vec![1235, 1236], 0));
    assert!(notes.contains("thousands and a decimal point"), "{notes}");
}

#[test]
fn a_point_can_be_said_to_separate_thousands() {
    let text =
        "Date;Open;High;Low;Close\n2024-01-02;1.234;1.240;1.230;1.235\n2024-01-03;1.234;1.240;1.230;1.236\n";
    let (found, decimals, _) = closes(text, Some(DecimalSign::Comma)).unwrap();
    assert_eq!((found, decimals), (vec![1235, 1236], 0));
}

#[test]
fn separators_of_two_kinds_in_one_file_are_refused() {
    let text = "Date;Open;High;Low;Close\n2024-01-02;1.234,5;1.240,5;1.230,5;1.235,5\n2024-01-03;1,234.5;1,240.5;1,230.5;1,236.5\n";
    let error = closes(text, None).unwrap_err().to_string();
    assert!(error.contains("line 2") && error.contains("1,234.5 or 1.234,5 throughout"), "{error}");
}

#[test]
fn a_letter_behind_a_volume_stands_for_thousands() {
    let text = "Date,Open,High,Low,Price,Vol.,Change %\n2024-01-02,\"$1,271.40\",\"$1,278.14\",\"$1,269.11\",\"$1,270.40\",94.33K,0.50%\n\
                2024-01-03,$999.50,$999.50,$998.00,$999.50,1.5M,-1%\n";
    let (series, report) = load_with("X.csv", text, &daily(None)).unwrap();
    assert_eq!((series.close, series.volume), (vec![127_040, 99_950], Some(vec![94_330.0, 1_500_000.0])));
    assert!(report.notes.iter().any(|n| n.contains("a letter for thousands")), "{:?}", report.notes);
}

#[test]
fn rows_that_lack_prices_are_dropped_or_refused_as_the_user_says() {
    let text = "time,open,high,low,close,volume\n2024-01-01,1,2,1,2,5\n2024-01-02,1,NaN,1,2,5\n2024-01-03,,,,,\n2024-01-04,1,2,1,2,5\n";
    let with = |empty| {
        let mut options = daily(None);
        options.read.empty = empty;
        load_with("X.csv", text, &options)
    };
    let error = with(None).unwrap_err().to_string();
    assert!(error.contains("line 3, column high") && error.contains("--na drop"), "{error}");
    let (series, report) = with(Some(EmptyCells::Drop)).unwrap();
    let notes = report.notes.join("\n");
    assert_eq!((series.close.len(), report.gaps.missing_bars), (2, 2));
    assert!(
        notes.contains("1 rows hold a time and no price") && notes.contains("1 rows hold not all prices"),
        "{notes}"
    );
    let whole = text.replace("2024-01-02,1,NaN,1,2,5\n", "");
    let mut options = daily(None);
    options.read.empty = Some(EmptyCells::Refuse);
    let error = load_with("X.csv", whole, &options).unwrap_err().to_string();
    assert!(error.contains("line 3, column open") && error.contains("--na drop"), "{error}");
}
