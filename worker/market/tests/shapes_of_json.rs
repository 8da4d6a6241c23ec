//! Tables of JSON in the shapes that pandas and services write.
#![allow(clippy::unwrap_used)] // tests, in their own crate: the lint does not see it

mod common;

use common::*;
use galapagos_market::*;

/// More rows than ten: as text, the key 10 stands before 2.
const ROWS: usize = 13;

fn prices(i: usize) -> [usize; 5] {
    [100 + i, 109 + i, 95 + i, 101 + i, 7 + i]
}

fn time(i: usize) -> i64 {
    START + i as i64 * HOUR
}

fn join(rows: impl Iterator<Item = String>) -> String {
    rows.collect::<Vec<_>>().join(",")
}

fn expected() -> OwnedSeries {
    let rows = (0..ROWS).map(|i| {
        let [o, h, l, c, v] = prices(i);
        format!("{},{o},{h},{l},{c},{v}\n", time(i))
    });
    load(&format!("time,open,high,low,close,volume\n{}", rows.collect::<String>())).0
}

/// `{"open": {key: ..}, ..}` with the keys of `key`.
fn by_column(key: impl Fn(usize) -> String, with_time: bool) -> String {
    let column = |at: usize| join((0..ROWS).map(|i| format!("\"{}\":{}", key(i), prices(i)[at])));
    let names = ["open", "high", "low", "close", "volume"];
    let mut columns: Vec<String> =
        names.iter().enumerate().map(|(at, name)| format!("\"{name}\":{{{}}}", column(at))).collect();
    if with_time {
        columns
            .push(format!("\"time\":{{{}}}", join((0..ROWS).map(|i| format!("\"{}\":{}", key(i), time(i))))));
    }
    format!("{{{}}}", columns.join(","))
}

fn row(i: usize, time: &str) -> String {
    let [o, h, l, c, v] = prices(i);
    format!(r#"{{{time}"1. open":"{o}","2. high":"{h}","3. low":"{l}","4. close":"{c}","5. volume":"{v}"}}"#)
}

fn iso(i: usize) -> String {
    format!("2017-07-01T{:02}:00:00Z", 11 + i).replace("T24:", "T00:")
}

#[test]
fn every_shape_of_a_table_in_json_holds_the_same_bars() {
    let split = |index: &str, time_name: &str| {
        let rows = join((0..ROWS).map(|i| {
            let [o, h, l, c, v] = prices(i);
            let time = if time_name.is_empty() { String::new() } else { format!("{},", time(i)) };
            format!("[{time}{v},{c},{o},{h},{l}]")
        }));
        format!(r#"{{"columns":[{time_name}"volume","close","open","high","low"],{index}"data":[{rows}]}}"#)
    };
    let epochs = format!("\"index\":[{}],", join((0..ROWS).map(|i| time(i).to_string())));
    let counts = format!("\"index\":[{}],", join((0..ROWS).map(|i| i.to_string())));
    for text in [
        by_column(|i| i.to_string(), true),
        by_column(|i| time(i).to_string(), false),
        by_column(|i| (time(i) / 1000).to_string(), false),
        split(&epochs, ""),
        split(&counts, "\"date\","),
        split("", "\"date\","),
        format!(
            "{{{}}}",
            join((0..ROWS).map(|i| format!("\"{i}\":{}", row(i, &format!("\"time\":{},", time(i))))))
        ),
        format!("{{{}}}", join((0..ROWS).map(|i| format!("\"{}\":{}", time(i), row(i, ""))))),
    ] {
        let (series, _) = load_with("X.json", &text, &hourly()).unwrap_or_else(|e| panic!("{e}: {text}"));
        assert_eq!(series, expected(), "{text}");
    }
}

#[test]
fn an_object_keyed_by_time_beside_its_meta_data_names_its_symbol() {
    let rows = join((0..12).map(|i| format!("\"{}\":{}", iso(i), row(i, ""))));
    let text = format!(r#"{{"Meta Data":{{"2. Symbol":"IBM"}},"Time Series (60min)":{{{rows}}}}}"#);
    let (series, _) = load_with("X.json", &text, &hourly()).unwrap();
    assert_eq!((series.symbol.as_str(), series.time_ms.len()), ("IBM", 12));
    assert_eq!(series.close[..], expected().close[..12]);
}

#[test]
fn quotes_of_several_symbols_are_not_one_series() {
    let quote = |i: usize| row(i, &format!("\"time\":{},", time(i)));
    let text = format!(r#"{{"AAPL":{},"MSFT":{},"IBM":{}}}"#, quote(0), quote(1), quote(2));
    assert!(load_with("X.json", &text, &hourly()).is_err());
}
