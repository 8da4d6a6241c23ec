//! Every format and spelling that import promises to read.
#![allow(clippy::unwrap_used)] // tests, in their own crate: the lint does not see it

mod common;

use common::*;
use galapagos_market::*;

fn closes(series: &OwnedSeries) -> (Vec<i64>, Vec<i64>, u8) {
    (series.time_ms.clone(), series.close.clone(), series.decimals)
}

fn expect(text: &str) -> SymbolReport {
    let (series, report) = load(text);
    assert_eq!(closes(&series), (vec![START, START + HOUR], vec![1055, 1065], 1), "{text}");
    report
}

#[test]
fn any_delimiter_is_found() {
    for d in [",", ";", "\t", "|"] {
        expect(
            &"time,open,high,low,close\n1498906800,105,106,104,105.5\n1498910400,105,107,105,106.5\n"
                .replace(',', d),
        );
    }
}

#[test]
fn a_header_is_found_below_titles_and_comments() {
    let report = expect(
        "Prices of an exchange, as downloaded\n# a comment, with, many, commas, in, it\nDate,Symbol,Open,High,Low,Close,Volume BTC,Volume USD\n\
         2017-07-01 12-PM,X,105,107,105,106.5,2,3\n2017-07-01 11-AM,X,105,106,104,105.5,1,2\n",
    );
    assert!(
        report.notes.iter().any(|n| n.contains("\"Volume BTC\"") && n.contains("Volume USD")),
        "{report:?}"
    );
    assert!(report.notes.iter().any(|n| n.contains("newest first")));
    assert!(report.notes.iter().any(|n| n.contains("UTC was assumed")));
}

#[test]
fn lines_of_units_below_the_header_are_passed_over() {
    let report = expect(
        "Price,Close,High,Low,Open\nTicker,X,X,X,X\nDate,,,,\n2017-07-01 11:00,105.5,106,104,105\n2017-07-01 12:00,106.5,107,105,105\n",
    );
    assert!(report.notes.iter().any(|n| n.contains("2 lines below the header")), "{report:?}");
}

#[test]
fn klines_without_a_header_are_read_in_the_usual_order() {
    let text = "1498906800000,105.00,106.0,104,105.50000000,3.5,1498910399999,0,1,0,0,0\n1498910400000,105,107,105,106.5,2,0,0,1,0,0,0\n";
    let report = expect(text);
    assert!(report.volume && report.notes.iter().any(|n| n.contains("no header")));
    expect("20170701 110000;105;106;104;105.5;0\n20170701 120000;105;107;105;106.5;0\n");
    expect("2017.07.01,11:00,105,106,104,105.5,7\n2017.07.01,12:00,105,107,105,106.5,7\n");
}

#[test]
fn date_and_time_of_day_in_two_columns_are_one_stamp() {
    expect(
        "<DATE>\t<TIME>\t<OPEN>\t<HIGH>\t<LOW>\t<CLOSE>\n2017.07.01\t11:00:00\t105\t106\t104\t105.5\n2017.07.01\t12:00:00\t105\t107\t105\t106.5\n",
    );
}

#[test]
fn every_unit_of_an_epoch_is_understood() {
    for zeros in ["", "000", "000000", "000000000"] {
        expect(&format!(
            "t,o,h,l,c\n1498906800{zeros},105,106,104,105.5\n1498910400{zeros},105,107,105,106.5\n"
        ));
    }
}

#[test]
fn day_and_month_are_decided_by_the_file_or_asked_for() {
    let rows = |a: &str, b: &str| {
        format!("Date,Open,High,Low,Close\n{a},105,106,104,105.5\n{b},105,107,105,106.5\n")
    };
    let mut options = hourly();
    options.check.interval = Some(Interval::parse("1d").unwrap());
    let days = |text: &str, options: &LoadOptions| load_with("X.csv", text, options).map(|(s, _)| s.time_ms);
    let july = vec![START - 11 * HOUR + 11 * 24 * HOUR, START - 11 * HOUR + 12 * 24 * HOUR];
    assert_eq!(days(&rows("12/07/2017", "13/07/2017"), &options).unwrap(), july);
    assert_eq!(days(&rows("07/12/2017", "07/13/2017"), &options).unwrap(), july);
    let unclear = rows("11/07/2017", "12/07/2017");
    assert!(
        days(&unclear, &options).unwrap_err().to_string().contains("--dates day-month or --dates month-day")
    );
    options.read.day_order = Some(DayOrder::DayMonth);
    assert_eq!(days(&unclear, &options).unwrap()[1], july[0]);
}

#[test]
fn columns_can_be_named() {
    let text = "Wann,A,B,C,D,X,Y\n1498906800,105,106,104,105.5,1,2\n1498910400,105,107,105,106.5,1,2\n";
    let (series, _) =
        load_with("X.csv", text, &with_columns("time=Wann,open=A,high=B,low=C,close=D,volume=#7")).unwrap();
    assert_eq!((series.close, series.volume), (vec![1055, 1065], Some(vec![2.0, 2.0])));
    let error = refusal(text);
    assert!(error.contains("--columns") && error.contains("lacks open, high, low, time"), "{error}");
}

#[test]
fn candle_arrays_and_json_lines_are_read_with_prices_as_strings() {
    for text in [
        r#"[[1498906800000,"105.0","106","104","105.50","3"],[1498910400000,"105","107","105","106.5","2"]]"#,
        r#"{"code":"0","data":[["1498910400000","105","107","105","106.5","2"],["1498906800000","105.0","106","104","105.50","3"]]}"#,
        r#"[{"t":1498906800000,"T":1498910399999,"s":"X","i":"1h","o":"105","h":"106","l":"104","c":"105.5","v":"3","n":9},
            {"t":1498910400000,"T":1498913999999,"s":"X","i":"1h","o":"105","h":"107","l":"105","c":"106.5","v":"2","n":9}]"#,
        "{\"time\":\"2017-07-01T11:00:00Z\",\"open\":105,\"high\":106,\"low\":104,\"close\":105.5,\"volume\":3}\n{\"time\":\"2017-07-01T12:00:00Z\",\"open\":105,\"high\":107,\"low\":105,\"close\":106.5,\"volume\":2}\n",
        "[1498906800,105,106,104,105.5,3]\n[1498910400,105,107,105,106.5,2]\n",
        r#"{"s":"ok","t":[1498906800,1498910400],"o":[105,105],"h":[106,107],"l":[104,105],"c":[105.5,106.5],"v":[3,2]}"#,
    ] {
        let (series, _) = load_with("X.json", text, &hourly()).unwrap_or_else(|e| panic!("{e}: {text}"));
        assert_eq!(closes(&series), (vec![START, START + HOUR], vec![1055, 1065], 1), "{text}");
        assert_eq!(series.volume, Some(vec![3.0, 2.0]));
    }
}

#[test]
fn errors_in_json_lines_name_the_line() {
    let text = "{\"t\":1498906800,\"o\":1,\"h\":1,\"l\":1,\"c\":1}\n\n{\"t\":1498910400,\"o\":1,\"h\":\"x\",\"l\":1,\"c\":1}\n";
    let error = load_with("X.jsonl", text, &hourly()).unwrap_err().to_string();
    assert!(error.ends_with("line 3, column h, value \"x\": is no finite number"), "{error}");
    let error = load_with("X.jsonl", "{\"t\":1498906800,\"o\":1,\"h\":1,\"l\":1,\"c\":1}\n{oops", &hourly())
        .unwrap_err();
    assert!(error.to_string().contains("line 2"), "{error}");
}

mod tables {
    use super::*;
    use arrow::array::*;
    use arrow::record_batch::RecordBatch;
    use std::sync::Arc;

    fn batch(time: ArrayRef) -> RecordBatch {
        let price = |a: f64, b: f64| Arc::new(Float64Array::from(vec![a, b])) as ArrayRef;
        RecordBatch::try_from_iter([
            ("Date", time),
            ("Open", price(105.0, 105.0)),
            ("High", price(106.0, 107.0)),
            ("Low", price(104.0, 105.0)),
            ("Close", price(105.5, 106.5)),
            ("Volume", Arc::new(Int64Array::from(vec![3, 2]))),
        ])
        .unwrap()
    }

    fn times() -> Vec<ArrayRef> {
        let ns = vec![START * 1_000_000, (START + HOUR) * 1_000_000];
        vec![
            Arc::new(TimestampNanosecondArray::from(ns).with_timezone("UTC")),
            Arc::new(TimestampMillisecondArray::from(vec![START, START + HOUR])),
            Arc::new(TimestampSecondArray::from(vec![START / 1000, (START + HOUR) / 1000])),
            Arc::new(Int64Array::from(vec![START, START + HOUR])),
            Arc::new(Int64Array::from(vec![201_707_011_100, 201_707_011_200])),
            Arc::new(Int64Array::from(vec![20_170_701_110_000_000, 20_170_701_120_000_000])),
            Arc::new(Float64Array::from(vec![START as f64 / 1000.0, (START + HOUR) as f64 / 1000.0])),
            Arc::new(StringArray::from(vec!["2017-07-01 11:00", "2017-07-01 12:00"])),
        ]
    }

    fn check(name: &str, bytes: Vec<u8>) {
        let (series, _) = load_with(name, bytes, &hourly()).unwrap_or_else(|e| panic!("{e}"));
        assert_eq!(closes(&series), (vec![START, START + HOUR], vec![1055, 1065], 1));
        assert_eq!(series.volume, Some(vec![3.0, 2.0]));
    }

    #[test]
    fn parquet_is_read() {
        for time in times() {
            let batch = batch(time);
            let mut out = Vec::new();
            let mut writer = parquet::arrow::ArrowWriter::try_new(&mut out, batch.schema(), None).unwrap();
            writer.write(&batch).unwrap();
            writer.close().unwrap();
            check("X.parquet", out);
        }
    }

    fn parquet(batch: &RecordBatch) -> Vec<u8> {
        let mut out = Vec::new();
        let mut writer = parquet::arrow::ArrowWriter::try_new(&mut out, batch.schema(), None).unwrap();
        writer.write(batch).unwrap();
        writer.close().unwrap();
        out
    }

    #[test]
    fn columns_of_any_type_hold_the_same_bars() {
        use arrow::compute::cast;
        use arrow::datatypes::{DataType, TimeUnit};
        let dictionary = |kind| DataType::Dictionary(Box::new(DataType::Int32), Box::new(kind));
        let micros = DataType::Timestamp(TimeUnit::Microsecond, Some("America/New_York".into()));
        for (time, price) in [
            (DataType::Utf8, DataType::Decimal128(20, 8)),
            (DataType::LargeUtf8, DataType::Float32),
            (DataType::Utf8View, DataType::Utf8),
            (dictionary(DataType::Utf8), dictionary(DataType::Utf8)),
            (DataType::Utf8, DataType::Decimal256(30, 6)),
            (micros, DataType::Float64),
        ] {
            let micros = vec![START * 1000, (START + HOUR) * 1000];
            let micros = TimestampMicrosecondArray::from(micros).with_timezone("America/New_York");
            let zoned = matches!(time, DataType::Timestamp(..));
            let plain = batch(if zoned { Arc::new(micros) } else { times().remove(7) });
            let columns = plain.columns().iter().enumerate().map(|(i, column)| match i {
                0 if zoned => column.clone(),
                0 => cast(column, &time).unwrap(),
                1..=4 => cast(column, &price).unwrap(),
                _ => column.clone(),
            });
            // pandas calls an index without a name so.
            let names = ["__index_level_0__", "Open", "High", "Low", "Close", "Volume"];
            check("X.parquet", parquet(&RecordBatch::try_from_iter(names.into_iter().zip(columns)).unwrap()));
        }
    }

    #[test]
    fn epochs_of_another_unit_than_their_column_says_are_refused_as_that() {
        let seconds = vec![START / 1000, (START + HOUR) / 1000];
        for time in [
            Arc::new(TimestampNanosecondArray::from(vec![START, START + HOUR])) as ArrayRef,
            Arc::new(TimestampNanosecondArray::from(seconds.clone())),
            Arc::new(TimestampMicrosecondArray::from(seconds)),
        ] {
            let error = load_with("X.parquet", parquet(&batch(time)), &hourly()).unwrap_err().to_string();
            assert!(
                error.contains("row 1, column Date") && error.contains("epochs of another unit"),
                "{error}"
            );
        }
    }

    #[test]
    fn integers_that_are_dates_are_no_seconds_of_1970() {
        let batch = batch(Arc::new(Int32Array::from(vec![20_170_701, 20_170_702])));
        let mut out = Vec::new();
        let mut writer = parquet::arrow::ArrowWriter::try_new(&mut out, batch.schema(), None).unwrap();
        writer.write(&batch).unwrap();
        writer.close().unwrap();
        let mut options = hourly();
        options.check.interval = Some(Interval::parse("1d").unwrap());
        let (series, report) = load_with("X.parquet", out, &options).unwrap();
        assert_eq!(series.time_ms, [START - 11 * HOUR, START + 13 * HOUR]);
        assert!(report.notes.iter().any(|n| n.contains("UTC was assumed")), "{report:?}");
    }

    #[test]
    fn feather_is_read_also_compressed() {
        for (i, time) in times().into_iter().enumerate() {
            let batch = batch(time);
            let kind =
                [None, Some(arrow::ipc::CompressionType::LZ4_FRAME), Some(arrow::ipc::CompressionType::ZSTD)]
                    [i % 3];
            let options = arrow::ipc::writer::IpcWriteOptions::default().try_with_compression(kind).unwrap();
            let mut out = Vec::new();
            let mut writer =
                arrow::ipc::writer::FileWriter::try_new_with_options(&mut out, &batch.schema(), options)
                    .unwrap();
            writer.write(&batch).unwrap();
            writer.finish().unwrap();
            drop(writer);
            check("X.feather", out);
        }
    }

    #[test]
    fn floats_become_the_shortest_decimal() {
        let mut columns = batch(times().remove(0)).columns().to_vec();
        for c in &mut columns[1..5] {
            *c = Arc::new(Float64Array::from(vec![0.1 + 0.2 - 0.2, 1.05236]));
        }
        let batch = RecordBatch::try_new(batch(times().remove(0)).schema(), columns).unwrap();
        let mut out = Vec::new();
        let mut writer = parquet::arrow::ArrowWriter::try_new(&mut out, batch.schema(), None).unwrap();
        writer.write(&batch).unwrap();
        writer.close().unwrap();
        let (series, report) = load_with("X.parquet", out, &hourly()).unwrap();
        // 0.1 + 0.2 - 0.2 is 0.10000000000000003: no tick holds it.
        assert!(report.rounded, "{report:?}");
        assert_eq!((series.close, series.decimals), (vec![10_000, 105_236], 5));
    }
}

#[test]
fn other_files_are_refused_with_what_to_do() {
    for (bytes, part) in [
        (&b""[..], "is empty"),
        (b"\x1f\x8b\x08\0\0", "it may be cut"),
        (b"PK\x03\x04zip", "it may be cut"),
        (b"FEA1....", "Feather version 1"),
        (b"\xff\xfet\0i\0", "no header"),
        (b"PAR1 and then nothing", "may be cut"),
        (b"ARROW1\0\0 and then nothing", "may be cut"),
        (b"a text, without", "no header"),
        (b"time,open,high,low,close\n", "no rows"),
    ] {
        let error = load_with("X.csv", bytes, &hourly()).unwrap_err();
        assert_eq!(error.kind(), ErrorKind::Invalid);
        assert!(error.to_string().contains(part), "{error}");
    }
}
