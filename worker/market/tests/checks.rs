//! What is refused, where the error points, and what the report says.
#![allow(clippy::unwrap_used)] // tests, in their own crate: the lint does not see it

mod common;

use common::*;
use galapagos_market::*;

fn csv(rows: &[&str]) -> String {
    format!("time,open,high,low,close,volume\n{}\n", rows.join("\n"))
}

#[test]
fn wrong_values_are_refused_with_file_line_column_and_value() {
    let first = "1498906800,10,11,9,10,5";
    for (row, place) in [
        ("1498910400,10,9.5,9,10,5", "line 3, column high, value \"9.5\": is below open or close"),
        ("1498910400,10,11,10.5,10,5", "line 3, column low, value \"10.5\": is above open or close"),
        ("1498910400,10,11,0,10,5", "line 3, column low, value \"0\": is no price"),
        ("1498910400,-10,11,9,10,5", "line 3, column open, value \"-10\": is no price"),
        ("1498910400,10,11,9,nan,5", "line 3, column close, value \"nan\": is no price"),
        ("1498910400,10,inf,9,10,5", "line 3, column high, value \"inf\": is no finite number"),
        ("1498910400,10,11,9,10,-5", "line 3, column volume, value \"-5\": is below 0"),
        ("1498910400,10,11,9,10,", "line 3, column volume, value \"\": is empty"),
        ("1498910400,10,11,9,10,x", "line 3, column volume, value \"x\": is no finite number"),
        ("yesterday,10,11,9,10,5", "line 3, column time, value \"yesterday\": is no time"),
        ("1498910400,10,11,9", "line 3 has 4 fields, the header 6"),
        ("1498910400,\"1,010\",11,9,10,5", "say --decimal point for 1,234.5"),
    ] {
        let error = refusal(&csv(&[first, row]));
        assert!(error.contains("X.csv") && error.contains(place), "{error}");
    }
}

#[test]
fn disorder_is_refused() {
    let error = refusal(&csv(&[
        "1498906800,10,11,9,10,5",
        "1498914000,10,11,9,10,5",
        "1498910400,10,11,9,10,5",
        "1498917600,1,1,1,1,1",
    ]));
    assert!(error.contains("line 4, column time") && error.contains("sort the file"), "{error}");
}

#[test]
fn exact_duplicates_are_dropped_by_repair_alone_and_others_never() {
    let text = csv(&["1498906800,10,11,9,10,5", "1498910400,10,11,9,10,5", "1498910400,10.0,11,9,10,5"]);
    let error = refusal(&text);
    assert!(error.contains("line 4") && error.contains("--repair") && error.contains("line 3 of"), "{error}");
    let (series, report) = load_with("X.csv", &text, &repair()).unwrap();
    assert_eq!((series.time_ms.len(), report.duplicates_dropped), (2, 1));
    let text = csv(&["1498906800,10,11,9,10,5", "1498910400,10,11,9,10,5", "1498910400,10,11,9,10,6"]);
    for options in [hourly(), repair()] {
        let error = load_with("X.csv", &text, &options).unwrap_err().to_string();
        assert!(error.contains("other values"), "{error}");
    }
}

fn with_hole(rows: i64, from: i64, length: i64) -> String {
    let keep = |i: &i64| *i < from || *i >= from + length;
    let rows: Vec<String> =
        (0..rows).filter(keep).map(|i| format!("{},10,11,9,10,5", START + i * HOUR)).collect();
    csv(&rows.iter().map(String::as_str).collect::<Vec<_>>())
}

// Contract X17.
#[test]
fn gaps_are_counted_and_refused_above_the_share() {
    let (series, report) = load(&with_hole(1000, 500, 3));
    assert_eq!(series.time_ms.len(), 997, "nothing is invented");
    assert_eq!((report.gaps.count, report.gaps.missing_bars, report.gaps.longest_bars), (1, 3, 3));
    assert_eq!(report.gaps.longest_after_ms, START + 499 * HOUR);
    assert_eq!(report.gaps.share, 0.003);
    let error = refusal(&with_hole(1000, 500, 30));
    assert!(error.contains("30 bars are missing in 1 gaps (3.00 %") && error.contains("--repair"), "{error}");
    for change in [
        (|c: &mut CheckOptions| c.repair = true) as fn(&mut CheckOptions),
        |c| c.max_gap_share = 0.05,
        |c| c.calendar = Some(Calendar::Sessions { bars_per_year: 6000 }),
    ] {
        let mut options = hourly();
        change(&mut options.check);
        let (series, report) = load_with("X.csv", with_hole(1000, 500, 30), &options).unwrap();
        assert_eq!((series.time_ms.len(), report.gaps.missing_bars), (970, 30));
    }
}

#[test]
fn bars_must_be_spaced_as_the_interval_says() {
    let mut options = hourly();
    options.check.interval = Some(Interval::parse("1d").unwrap());
    let error = load_with("X.csv", good_csv(50), &options).unwrap_err().to_string();
    assert!(error.contains("mostly 1h apart, the interval says 1d"), "{error}");
    let error = refusal(&csv(&[
        "1498906800,1,1,1,1,1",
        "1498910400,1,1,1,1,1",
        "1498912200,1,1,1,1,1",
        "1498915800,1,1,1,1,1",
    ]));
    assert!(error.contains("closer than the interval 1h"), "{error}");
    options.check.interval = None;
    let (series, report) = load_with("X.csv", good_csv(50), &options).unwrap();
    assert_eq!((series.interval_ms, report.interval.as_str()), (HOUR, "1h"));
}

#[test]
fn daily_bars_at_local_midnight_may_shift_with_daylight_saving() {
    let rows: Vec<String> = (0..10)
        .map(|i| format!("{},1,1,1,1,1", START + i * 24 * HOUR - if i > 4 { HOUR } else { 0 }))
        .collect();
    let mut options = hourly();
    options.check.interval = Some(Interval::parse("1d").unwrap());
    let text = csv(&rows.iter().map(String::as_str).collect::<Vec<_>>());
    let (_, report) = load_with("X.csv", text, &options).unwrap();
    assert_eq!((report.gaps.missing_bars, report.gaps.off_grid), (0, 0));
}

#[test]
fn ticks_take_the_smallest_number_of_decimals_that_is_exact() {
    let (series, report) =
        load("t,o,h,l,c\n1498906800,1.0500,1.06,1.04,1.05\n1498910400,1.050,1.0625,1.05,1.05\n");
    assert_eq!((series.decimals, series.high, report.rounded), (4, vec![10_600, 10_625], false));
    let (series, _) = load("t,o,h,l,c\n1498906800,100,100.0,100,1e2\n1498910400,100,100,100,100\n");
    assert_eq!((series.decimals, series.close), (0, vec![100, 100]));
    let (series, _) = load("t,o,h,l,c\n1498906800,0.123456789,1,0.1,1\n1498910400,1,1,1,1\n");
    assert_eq!((series.decimals, series.open[0]), (9, 123_456_789));
}

#[test]
fn prices_that_no_tick_holds_are_rounded_to_ten_digits_and_said_so() {
    let (series, report) =
        load("t,o,h,l,c\n1498906800,123.4567890123,124,123,123.5\n1498910400,124,124,124,124\n");
    assert_eq!((series.decimals, series.open[0], report.rounded), (6, 123_456_789, true));
    assert!(report.notes.iter().any(|n| n.contains("10 significant digits")), "{report:?}");
}

#[test]
fn a_price_keeps_ten_digits_however_small_it_is() {
    let small = "t,o,h,l,c\n1498906800,0.000000012345670,0.00000001334567,0.0000000123,0.000000012345671\n\
                 1498910400,0.000000012345671,0.000000012345672,0.00000001234567,0.000000012345671\n";
    let (series, report) = load(small);
    assert_eq!((series.decimals, report.rounded), (15, false));
    assert_eq!(series.open, [12_345_670, 12_345_671]);
    // A million times as large: the same ticks.
    let (large, _) = load(
        "t,o,h,l,c\n1498906800,0.012345670,0.01334567,0.0123,0.012345671\n\
         1498910400,0.012345671,0.012345672,0.01234567,0.012345671\n",
    );
    assert_eq!((large.decimals, &large.open, &large.high), (9, &series.open, &series.high));
    assert_eq!((&large.low, &large.close), (&series.low, &series.close));
    // Digits of a float that no tick holds beside a larger price: ten of each are kept.
    let (series, report) =
        load("t,o,h,l,c\n1498906800,0.0012345678911234567,12.3,0.001,1\n1498910400,1,1,1,1\n");
    assert_eq!((series.decimals, series.open[0], report.rounded), (12, 1_234_567_891, true));
    assert!(report.notes.iter().any(|n| n.contains("10 significant digits")), "{report:?}");
    let (series, _) = load("t,o,h,l,c\n1498906800,1,1,0.0000000000001,1\n1498910400,1,1,1,1\n");
    assert_eq!((series.decimals, series.low[0]), (13, 1));
}

#[test]
fn a_price_that_would_lose_digits_is_refused_by_its_value() {
    let wide = "t,o,h,l,c\n1498906800,50000,60000,50000,50000\n1498910400,0.0012345678912,2,0.001,1\n";
    let error = refusal(wide);
    assert!(
        error.contains("line 3, column o, value \"0.0012345678912\"") && error.contains("60000"),
        "{error}"
    );
    assert!(error.contains("10 significant digits"), "{error}");
    let error = refusal(
        "t,o,h,l,c\n1498906800,1e-11,2e-11,1e-11,1e-11\n1498910400,0.00000000001234567891,2e-11,1e-11,1e-11\n",
    );
    assert!(
        error.contains("value \"0.00000000001234567891\"") && error.contains("at most 18 decimals"),
        "{error}"
    );
}

#[test]
fn a_series_of_a_coin_that_moves_two_per_cent_a_tick_is_imported() {
    // A price of 55 to 57 ticks for as many bars as make the rises add up to more than 2,000.
    let rows: Vec<String> = (0..240_000)
        .map(|i| {
            let p = 55 + i * 7 % 3;
            format!("{},0.00000{p},0.00000{p},0.00000{p},0.00000{p},1", START + i * HOUR)
        })
        .collect();
    let (series, report) = load(&csv(&rows.iter().map(String::as_str).collect::<Vec<_>>()));
    assert_eq!(series.time_ms.len(), 240_000);
    assert!(report.growth > 2000.0, "{}", report.growth);
}

#[test]
fn moves_too_large_for_exact_sums_are_refused() {
    let rows: Vec<String> = (0..200)
        .map(|i| format!("{},{p},{p},{p},{p},1", START + i * HOUR, p = if i % 2 == 0 { 1 } else { 40 }))
        .collect();
    let error = refusal(&csv(&rows.iter().map(String::as_str).collect::<Vec<_>>()));
    assert!(error.contains("squares of the moves") && error.contains("32000"), "{error}");
    let one = csv(&["1498906800,1,1,1,1,1", "1498910400,1,50,1,50,1", "1498914000,50,50,50,50,1"]);
    let error = refusal(&one);
    assert!(error.contains("50.0000 times") && error.contains("2017-07-01"), "{error}");
}

#[test]
fn outliers_are_reported_not_refused() {
    let price = |i: i64| if i == 70 { 150.0 } else { 100.0 + (i % 3) as f64 };
    let rows: Vec<String> =
        (0..100).map(|i| format!("{},{p},{p},{p},{p},1", START + i * HOUR, p = price(i))).collect();
    let (_, report) = load(&csv(&rows.iter().map(String::as_str).collect::<Vec<_>>()));
    assert_eq!(report.outliers, 2);
    assert_eq!(report.outliers_listed[0].time_ms, START + 70 * HOUR);
    assert_eq!(report.outliers_listed[0].change, 0.5);
}

#[test]
fn a_volume_of_zeros_counts_as_none_and_is_said() {
    let (_, report) = load(&csv(&["1498906800,1,1,1,1,0", "1498910400,1,1,1,1,0"]));
    assert!(report.notes.iter().any(|n| n.contains("every volume is 0")) && report.zero_volume_rows == 0);
    let (_, report) = load(&csv(&["1498906800,1,1,1,1,0", "1498910400,1,1,1,1,3"]));
    assert_eq!(report.zero_volume_rows, 1);
}

#[test]
fn the_sample_data_pass_every_check() {
    for (file, interval, year, rows) in [
        ("AAPL.csv", "1d", 252, 2015),
        ("IBM.csv", "1d", 252, 3270),
        ("MSFT.csv", "1d", 252, 2527),
        ("EURUSD.csv", "1h", 6225, 6225),
    ] {
        let mut options = hourly();
        options.check.interval = Some(Interval::parse(interval).unwrap());
        options.check.calendar = Some(Calendar::Sessions { bars_per_year: year });
        let loaded = load_file(&Input::new(sample(file)), &options).unwrap();
        let (series, report) = &loaded[0];
        assert_eq!(
            (series.time_ms.len(), report.duplicates_dropped, report.gaps.off_grid),
            (rows, 0, 0),
            "{report:?}"
        );
        assert!(!report.rounded && report.volume && report.growth < 100.0, "{report:?}");
    }
}

/// Rows of a price that stands still, and `wrong` with a high below the close.
fn with_slips(rows: usize, wrong: usize) -> String {
    let row = |i: usize| {
        let high = if i < wrong { "10.5" } else { "12" };
        format!("{},10,{high},9,11,5\n", START + i as i64 * HOUR)
    };
    format!("time,open,high,low,close,volume\n{}", (0..rows).map(row).collect::<String>())
}

#[test]
fn a_close_outside_the_bar_is_repaired_if_asked_and_counted() {
    let refused = refusal(&with_slips(50, 2));
    assert!(refused.contains("line 2, column high") && refused.contains("--repair"), "{refused}");
    let (series, report) = load_with("X.csv", with_slips(50, 2), &repair()).unwrap();
    assert_eq!((series.high[0], series.high[1], series.high[2]), (110, 110, 120));
    let notes = report.notes.join("\n");
    assert!(notes.contains("of 2 bars was widened") && notes.contains("line 2"), "{notes}");
    // Many are no slips: a column is not what it is called.
    let many = load_with("X.csv", with_slips(50, 30), &repair()).unwrap_err().to_string();
    assert!(many.contains("in 30 of 50 rows"), "{many}");
    let some = load_with("X.csv", with_slips(50, 20), &repair()).unwrap_err().to_string();
    assert!(some.contains("is below open or close"), "{some}");
}

#[test]
fn numbers_of_rows_are_no_times() {
    let rows: String = (0..30).map(|i| format!("{i},10,12,9,11\n")).collect();
    let refused = refusal(&format!("time,open,high,low,close\n{rows}"));
    assert!(refused.contains("mostly 1 s apart") && refused.contains("all times lie in 1970"), "{refused}");
    let mut any = hourly();
    any.check.interval = None;
    let refused =
        load_with("X.csv", format!("time,open,high,low,close\n{rows}"), &any).unwrap_err().to_string();
    assert!(refused.contains("all times lie in 1970") && !refused.contains("\"\""), "{refused}");
}

#[test]
fn a_column_of_symbols_that_is_not_known_as_one_is_asked_for() {
    let row = |company: &str, i: i64| format!("{},{company},10,12,9,11\n", START + i * HOUR);
    let one: String = (0..3).map(|i| row("A", i)).chain((0..3).map(|i| row("B", i))).collect();
    let both: String = (0..3).flat_map(|i| [row("A", i), row("B", i).replace("10,12", "11,13")]).collect();
    for rows in [one, both] {
        let text = format!("time,company,open,high,low,close\n{rows}");
        let refused = refusal(&text);
        assert!(refused.contains("2 values of column \"company\" (A, B)"), "{refused}");
        assert!(refused.ends_with("say --columns symbol=company"), "{refused}");
        let dir = folder();
        let options = with_columns("symbol=company");
        let loaded = load_file(&Input::new(write(dir.path(), "X.csv", text)), &options).unwrap();
        assert_eq!(loaded.iter().map(|(s, _)| s.symbol.as_str()).collect::<Vec<_>>(), ["A", "B"]);
    }
}
