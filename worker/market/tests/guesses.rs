//! What could be read in two ways is asked for, and what was passed over is named.
#![allow(clippy::unwrap_used)] // tests, in their own crate: the lint does not see it

mod common;

use std::sync::Arc;

use arrow::array::{ArrayRef, Float64Array, TimestampMillisecondArray};
use arrow::record_batch::RecordBatch;
use common::*;
use galapagos_market::*;

fn refused(name: &str, text: impl AsRef<[u8]>, options: &LoadOptions) -> String {
    load_with(name, text, options).unwrap_err().to_string()
}

#[test]
fn a_date_of_three_short_numbers_without_slashes_is_no_time() {
    for separator in ['-', '.', ' '] {
        let date = ["24", "01", "15"].join(&separator.to_string());
        let rows: String = (9..15).map(|hour| format!("{date} {hour:02}:00,10,11,9,10,5\n")).collect();
        let text = format!("Date,Open,High,Low,Close,Volume\n{rows}");
        for order in [None, Some(DayOrder::DayMonth), Some(DayOrder::MonthDay)] {
            let mut options = hourly();
            options.read.day_order = order;
            assert!(refused("X.csv", &text, &options).contains(&date), "{date}, {order:?}");
        }
    }
}

#[test]
fn an_adjusted_close_is_not_applied_to_prices_of_another_order() {
    let rows: String =
        (9..15).map(|hour| format!("2024-01-15T{hour:02}:00:00Z,10,9,14,8,500,4.5\n")).collect();
    let adjusted = |columns: &str| {
        let mut options = hourly();
        options.read.columns = ColumnChoice::parse(columns).unwrap().adjusted();
        options
    };
    let error = refused("X.csv", &rows, &adjusted("adjusted=#7"));
    assert!(error.contains("--columns open=#2,high=#4,low=#5,close=#3"), "{error}");
    let (series, _) =
        load_with("X.csv", &rows, &adjusted("open=#2,high=#4,low=#5,close=#3,adjusted=#7")).unwrap();
    let unit = 10_i64.pow(u32::from(series.decimals)) as f64;
    assert_eq!([series.open[0], series.close[0]].map(|t| t as f64 / unit), [5.0, 4.5]);
}

/// An answer as Alpha Vantage gives it.
fn answer(symbol: &str, zone: &str) -> String {
    let row = |hour: u32| {
        format!(
            r#""2017-07-03 {hour:02}:00:00":{{"1. open":"1","2. high":"2","3. low":"1","4. close":"2","5. volume":"{hour}"}}"#
        )
    };
    let rows: Vec<String> = (9..15).map(row).collect();
    let meta = format!(r#"{{"2. Symbol":"{symbol}"{zone}}}"#);
    format!(r#"{{"Meta Data":{meta},"Time Series (60min)":{{{}}}}}"#, rows.join(","))
}

#[test]
fn answers_of_different_zones_in_one_file_are_not_read_as_those_of_the_first() {
    let zone = |name: &str| format!(r#","6. Time Zone":"{name}""#);
    let ibm = answer("IBM", &zone("US/Eastern"));
    for (other, named) in [(zone("Europe/London"), "Europe/London"), (String::new(), "none")] {
        let error = refused("X.json", format!("{ibm}\n{}", answer("TSCO", &other)), &hourly());
        assert!(error.contains(&format!("US/Eastern and {named}")), "{error}");
        assert!(error.contains("--timezone US/Eastern"), "{error}");
    }
    assert_eq!(load_with("X.json", &ibm, &hourly()).unwrap().0.time_ms.len(), 6);
}

#[test]
fn rows_of_a_table_without_a_price_of_one_symbol_are_counted_and_a_volume_alone_is_no_bar() {
    let column = |values: &[Option<f64>]| Arc::new(Float64Array::from(values.to_vec())) as ArrayRef;
    let table = |volume: Option<f64>| {
        let times: Vec<i64> = (0..4).map(|i| START + i * HOUR).collect();
        let mut columns: Vec<(String, ArrayRef)> =
            vec![("Date".to_owned(), Arc::new(TimestampMillisecondArray::from(times).with_timezone("UTC")))];
        for (symbol, missing) in [("A", None), ("B", Some(2))] {
            for field in ["Open", "High", "Low", "Close", "Volume"] {
                let at = |i| match (Some(i) == missing, field) {
                    (true, "Volume") => volume,
                    (true, _) => None,
                    _ => Some(7.0),
                };
                columns.push((format!("('{field}', '{symbol}')"), column(&[0, 1, 2, 3].map(at))));
            }
        }
        let batch = RecordBatch::try_from_iter(columns).unwrap();
        let mut out = Vec::new();
        let mut writer = parquet::arrow::ArrowWriter::try_new(&mut out, batch.schema(), None).unwrap();
        writer.write(&batch).unwrap();
        writer.close().unwrap();
        let folder = folder();
        let path = write(folder.path(), "wide.parquet", out);
        let mut plan = plan(folder.path(), vec![Input { symbol: None, path }]);
        plan.load.check = repair().check;
        run(&plan)
    };
    let summary = table(None);
    assert_eq!(summary.symbols.iter().map(|s| s.rows).collect::<Vec<_>>(), [4, 3], "{summary:?}");
    assert!(summary.symbols[1].notes.iter().any(|n| n.contains("1 rows hold no values of B")), "{summary:?}");
    let summary = table(Some(7.0));
    assert!(summary.failed.iter().any(|f| f.error.to_string().contains("--na drop")), "{summary:?}");
}

#[test]
fn a_text_that_begins_like_a_format_is_a_text() {
    let rows: String = (0..6).map(|i| format!("{},10,11,9,10,5\n", START + i * HOUR)).collect();
    for title in ["ORCL hourly prices", "DBN.PA"] {
        let text = format!("{title}\ntime,open,high,low,close,volume\n{rows}");
        assert_eq!(load_with("X.csv", text, &hourly()).unwrap().0.time_ms.len(), 6, "{title}");
    }
    assert!(refused("X.orc", b"ORC\x08\x03\x10\0\0", &hourly()).contains("is ORC"));
}

#[test]
fn closes_alone_of_yahoos_chart_are_those_of_its_quotes() {
    let list = |value: f64| format!("[{}]", vec![value.to_string(); 6].join(","));
    let times: Vec<String> = (0..6).map(|i| (START / 1000 + i * 3600).to_string()).collect();
    let text = format!(
        r#"{{"chart":{{"result":[{{"meta":{{"symbol":"AAPL"}},"timestamp":[{}],"indicators":{{"quote":[{{"open":{o},"high":{o},"low":{o},"close":{c},"volume":{c}}}],"adjclose":[{{"adjclose":{a}}}]}}}}],"error":null}}}}"#,
        times.join(","),
        o = list(2.0),
        c = list(3.0),
        a = list(1.5),
    );
    let mut options = hourly();
    options.read.columns = options.read.columns.close_only().unwrap();
    let (series, report) = load_with("X.json", text, &options).unwrap();
    let unit = 10_i64.pow(u32::from(series.decimals)) as f64;
    assert_eq!(series.close[0] as f64 / unit, 3.0, "{report:?}");
}
