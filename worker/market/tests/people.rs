//! Files as people have them: what each shape holds is read right, or refused with what to do.
#![allow(clippy::unwrap_used)] // tests, in their own crate: the lint does not see it

mod common;

use common::*;
use galapagos_market::*;

const DAY: i64 = 24 * HOUR;

/// Bar `i`: open, high, low, close, volume.
fn bar(i: i64) -> [f64; 5] {
    let c = 100.0 + (i % 5) as f64;
    [c, c + 3.0, c - 2.0, c + 1.0, 10.0 + i as f64]
}

/// A line for each of `rows` bars.
fn lines(rows: i64, line: impl Fn(i64, [f64; 5]) -> String) -> String {
    (0..rows).map(|i| line(i, bar(i)) + "\n").collect()
}

fn json(rows: i64, row: impl Fn(i64, [f64; 5]) -> String) -> String {
    format!("[{}]", (0..rows).map(|i| row(i, bar(i))).collect::<Vec<_>>().join(","))
}

/// Whether `series` holds the bars, hour by hour, with their volumes if it has any.
fn check(what: &str, series: &OwnedSeries, rows: i64) {
    is_made_of(bar, what, series, (START, HOUR), rows);
}

fn reads(what: &str, text: &str, options: &LoadOptions) -> SymbolReport {
    let (series, report) =
        load_with("X.csv", text, options).unwrap_or_else(|e| panic!("{what}: {e}\n{text}"));
    check(what, &series, series.time_ms.len() as i64);
    assert!(report.rows >= 5, "{what}");
    report
}

/// The clock of bar `i` as `format` of its date and hour.
fn clock(i: i64) -> (i64, i64) {
    let hour = 11 + i;
    (1 + hour / 24, hour % 24)
}

#[test]
fn times_are_read_in_the_spellings_of_brokers_and_spreadsheets() {
    type Spelling = fn(i64, i64) -> String;
    let spellings: [Spelling; 10] = [
        |d, h| format!("2017070{d}{h:02}"),
        |d, h| format!("{}-Jul-17 {h}:00", d),
        |d, h| format!("2017070{d} {:02}:00:00 US/Eastern", h - 4),
        |d, h| format!("2017-07-0{d}T{h:02}:00:00Z[UTC]"),
        |d, h| format!("2017-07-0{d}T{:02}:00:00-04:00[America/New_York]", h - 4),
        |d, h| format!("Sat Jul 0{d} 2017 {h:02}:00:00 GMT+0000 (Coordinated Universal Time)"),
        |d, h| format!("\"Saturday, July {d}, 2017 {h}:00\""),
        |d, h| format!("\"Sat, 0{d} Jul 2017 {h}:00\""),
        |d, h| format!("{:.12e}", (START / 1000 + ((d - 1) * 24 + h - 11) * 3600) as f64),
        |d, h| format!("{:.18e}", (START + ((d - 1) * 24 + h - 11) * HOUR) as f64),
    ];
    for spell in spellings {
        let text = lines(12, |i, [o, h, l, c, v]| {
            let (day, hour) = clock(i);
            format!("{},{o},{h},{l},{c},{v}", spell(day, hour))
        });
        reads(&spell(1, 11), &format!("Date,Open,High,Low,Close,Volume\n{text}"), &hourly());
    }
}

#[test]
fn a_time_that_was_rounded_or_names_a_zone_by_letters_is_refused_with_what_to_do() {
    for (time, remedy) in [
        ("1.49891E+12", "format the column as whole numbers"),
        ("2017-07-01 11:00:00 EST", "leave the letters out and say --timezone"),
    ] {
        let error = refusal(&format!("time,open,high,low,close\n{}", format!("{time},5,6,4,5\n").repeat(3)));
        assert!(error.contains(remedy), "{error}");
    }
}

#[test]
fn a_time_of_day_without_colons_stands_beside_its_date() {
    let with = |i: i64, [o, h, l, c, v]: [f64; 5]| {
        let (day, hour) = clock(i);
        format!("2017070{day},{hour}00,{o},{h},{l},{c},{v}")
    };
    reads("no header", &lines(20, with), &hourly());
    let text = format!("Date,Time,Open,High,Low,Close,Volume\n{}", lines(20, with));
    reads("header", &text, &hourly());
    // A price of four digits is none.
    let text = lines(5, |i, _| format!("2017070{},1130,1140,1120,1135,7", i + 1));
    let mut daily = hourly();
    daily.check.interval = Some(Interval::parse("1d").unwrap());
    assert_eq!(load_with("X.csv", text, &daily).unwrap().0.open, vec![1130; 5]);
}

#[test]
fn a_header_of_mere_numbers_stands_above_columns_in_the_usual_order() {
    let rows = lines(6, |i, [o, h, l, c, v]| format!("{},{o},{h},{l},{c},{v}", START + i * HOUR));
    reads("bare", &format!("0,1,2,3,4,5\n{rows}"), &hourly());
    let indexed: String = rows.lines().enumerate().map(|(i, line)| format!("{i},{line}\n")).collect();
    reads("beside an index", &format!(",0,1,2,3,4,5\n{indexed}"), &hourly());
}

#[test]
fn a_remark_below_the_data_is_passed_over_and_named() {
    let rows = lines(6, |i, [o, h, l, c, v]| format!("{},{o},{h},{l},{c},{v}", START + i * HOUR));
    let text =
        format!("time,open,high,low,close,volume\n{rows}\"Downloaded from Barchart.com as of 01-01-2025\"\n");
    let report = reads("remark", &text, &hourly());
    assert!(
        report.notes.iter().any(|n| n.contains("line 8, below the data") && n.contains("Downloaded from"))
    );
    let error = refusal(&format!("{text}{},100,103,98,101,16\n", START + 6 * HOUR));
    assert!(error.contains("line 8") && error.contains("rows follow"), "{error}");
    // Nor is the beginning of a symbol, or of a month.
    let by_symbol: String = rows.lines().map(|line| format!("AAPL,{line}\n")).collect();
    for cut in ["AAP", "AAPL,"] {
        let text = format!("symbol,time,open,high,low,close,volume\n{by_symbol}{cut}");
        let error = refusal(&text);
        assert!(error.contains("line 8"), "{cut}: {error}");
    }
    // A cut row is no remark.
    let error = refusal(&format!("time,open,high,low,close,volume\n{rows}14989\n"));
    assert!(error.contains("is the file cut"), "{error}");
}

#[test]
fn lines_that_end_as_those_of_an_old_mac_are_lines() {
    let rows = lines(6, |i, [o, h, l, c, v]| format!("{},{o},{h},{l},{c},{v}", START + i * HOUR));
    reads("mac", &format!("time,open,high,low,close,volume\n{rows}").replace('\n', "\r"), &hourly());
}

#[test]
fn cells_of_spreadsheets_and_databases_may_say_that_there_is_no_value() {
    for word in ["#N/A", "<NA>", "--", "NULL", "\\N", "#N/A N/A"] {
        let text = format!(
            "time,open,high,low,close,volume\n{}{},{word},{word},{word},{word},{word}\n{},100,103,98,101,17\n",
            lines(6, |i, [o, h, l, c, v]| format!("{},{o},{h},{l},{c},{v}", START + i * HOUR)),
            START + 6 * HOUR,
            START + 7 * HOUR
        );
        let (series, report) = load_with("X.csv", &text, &repair()).unwrap_or_else(|e| panic!("{word}: {e}"));
        assert_eq!((series.time_ms.len(), report.gaps.missing_bars), (7, 1), "{word}");
    }
}

#[test]
fn arrays_whose_prices_do_not_follow_the_time_are_known_by_all_rows() {
    let gate = json(6, |i, [o, h, l, c, v]| {
        format!(r#"["{}","{}","{c}","{h}","{l}","{o}","{v}","true"]"#, START / 1000 + i * 3600, v * 1e6)
    });
    let report = reads("gate", &gate, &hourly());
    assert!(report.notes.iter().any(|n| n.contains("Gate.io")), "{report:?}");
}

#[test]
fn columns_that_contradict_themselves_in_most_rows_are_refused_with_how_to_name_them() {
    let rows = lines(6, |i, [o, h, l, c, v]| format!("{},{o},{l},{h},{c},{v}", START + i * HOUR));
    for text in [format!("time,open,high,low,close,volume\n{rows}"), rows] {
        let error = refusal(&text);
        assert!(error.contains("in 6 of 6 rows") && error.contains("--columns open=#2,high="), "{error}");
        assert!(!error.contains("--repair"), "{error}");
        let right = with_columns("open=#2,high=#4,low=#3,close=#5");
        check("named by place", &load_with("X.csv", &text, &right).unwrap().0, 6);
    }
}

#[test]
fn candles_of_objects_inside_each_other_are_rows() {
    let oanda = json(6, |i, [o, h, l, c, v]| {
        let time = format!("2017-07-01T{}:00:00.000000000Z", 11 + i);
        let last = i < 5;
        format!(
            r#"{{"complete":{last},"volume":{v},"time":"{time}","mid":{{"o":"{o}","h":"{h}","l":"{l}","c":"{c}"}}}}"#
        )
    });
    let text = format!(r#"{{"instrument":"EUR_USD","granularity":"H1","candles":{oanda}}}"#);
    let (series, report) = load_with("X.json", &text, &hourly()).unwrap();
    check("oanda", &series, 5);
    assert_eq!(series.symbol, "EUR_USD");
    assert!(report.notes.iter().any(|n| n.contains("\"complete\" is false")), "{report:?}");
    let both =
        text.replace("\"mid\":{", "\"ask\":{\"o\":\"1\",\"h\":\"1\",\"l\":\"1\",\"c\":\"1\"},\"bid\":{");
    let error = load_with("X.json", &both, &hourly()).unwrap_err().to_string();
    assert!(error.contains("bid.o"), "{error}");
    let named = with_columns("open=bid.o,high=bid.h,low=bid.l,close=bid.c");
    check("bid", &load_with("X.json", &both, &named).unwrap().0, 5);
    // Databento's JSON: the time stands in a header of its own.
    let line = |i: i64, [o, h, l, c, v]: [f64; 5]| {
        let [o, h, l, c] = [o, h, l, c].map(|p| p as i64 * 1_000_000_000);
        let time = (START + i * HOUR) * 1_000_000;
        format!(
            r#"{{"hd":{{"ts_event":"{time}","rtype":34,"publisher_id":2,"instrument_id":9}},"open":"{o}","high":"{h}","low":"{l}","close":"{c}","volume":"{v}","symbol":"ES"}}"#
        )
    };
    let (series, _) = load_with("X.json", lines(6, line), &hourly()).unwrap();
    check("databento", &series, 6);
    assert_eq!(series.symbol, "ES");
}

#[test]
fn times_that_stand_outside_of_the_columns_belong_to_them() {
    let column = |at: usize| json(6, |_, bar| bar[at].to_string());
    let [o, h, l, c, v] = [0, 1, 2, 3, 4].map(column);
    let times = json(6, |i, _| (START / 1000 + i * 3600).to_string());
    let quote = format!(r#"{{"open":{o},"high":{h},"low":{l},"close":{c},"volume":{v}}}"#);
    let yahoo = format!(
        r#"{{"chart":{{"result":[{{"meta":{{"symbol":"AAPL"}},"timestamp":{times},"indicators":{{"quote":[{quote}],"adjclose":[{{"adjclose":{c}}}]}}}}],"error":null}}}}"#
    );
    let (series, _) = load_with("X.json", yahoo, &hourly()).unwrap();
    check("yahoo", &series, 6);
    assert_eq!(series.symbol, "AAPL");
    let deribit = format!(
        r#"{{"result":{{"ticks":{times},"open":{o},"high":{h},"low":{l},"close":{c},"volume":{v},"status":"ok"}}}}"#
    );
    check("deribit", &load_with("X.json", deribit, &hourly()).unwrap().0, 6);
}

#[test]
fn the_zone_that_an_answer_names_is_that_of_its_times() {
    let rows: Vec<String> = (0..6)
        .map(|i| {
            let [o, h, l, c, v] = bar(i);
            format!(r#""2017-07-01 {:02}:00:00":{{"1. open":"{o}","2. high":"{h}","3. low":"{l}","4. close":"{c}","5. volume":"{v}"}}"#, 7 + i)
        })
        .collect();
    let text = format!(
        r#"{{"Meta Data":{{"2. Symbol":"IBM","6. Time Zone":"US/Eastern"}},"Time Series (60min)":{{{}}}}}"#,
        rows.join(",")
    );
    let (series, report) = load_with("X.json", &text, &hourly()).unwrap();
    check("alpha vantage", &series, 6);
    assert!(report.notes.iter().any(|n| n.contains("US/Eastern")), "{report:?}");
    // The zone of an exchange may not be that of the times.
    let (series, report) =
        load_with("X.json", text.replace("6. Time Zone", "exchange_timezone"), &hourly()).unwrap();
    assert_eq!(series.time_ms[0], START - 4 * HOUR);
    assert!(report.notes.iter().any(|n| n.contains("--timezone US/Eastern")), "{report:?}");
}

#[test]
fn an_answer_without_candles_is_refused_with_its_own_words() {
    let error =
        load_with("X.json", r#"{"status":"ERROR","error":"Unknown API Key"}"#, &hourly()).unwrap_err();
    assert!(error.to_string().contains("Unknown API Key"), "{error}");
}

#[test]
fn what_is_no_table_is_refused_as_what_it_is() {
    for (bytes, word) in [
        (&b"<!DOCTYPE html><html></html>"[..], "HTML"),
        (b"\x89HDF\r\n\x1a\n0000", "HDF5"),
        (b"DBN\x02000000000", "Databento"),
        (b"\xfd7zXZ\0\0\0\0\0", "xz"),
        (b"BZh91AY&SY", "bzip2"),
        (b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1", "spreadsheet"),
        (b"\x80\x04\x95\x01\x02\x03\x04", "pickle"),
    ] {
        let error = load_with("X.csv", bytes, &hourly()).unwrap_err().to_string();
        assert!(error.contains(word), "{error}");
    }
    // MetaTrader's header begins as HTML does.
    let rows = lines(6, |i, [o, h, l, c, v]| format!("2017.07.01\t{}:00\t{o}\t{h}\t{l}\t{c}\t{v}", 11 + i));
    reads("mt5", &format!("<DATE>\t<TIME>\t<OPEN>\t<HIGH>\t<LOW>\t<CLOSE>\t<TICKVOL>\n{rows}"), &hourly());
}

#[test]
fn the_parts_of_one_symbol_as_binance_calls_them_are_one_symbol() {
    let dir = folder();
    let line = |i: i64, [o, h, l, c, v]: [f64; 5]| format!("{},{o},{h},{l},{c},{v}", START + i * HOUR);
    let all = lines(20, line);
    let cut = all.lines().take(8).map(str::len).sum::<usize>() + 8;
    let a = write(dir.path(), "BTCUSDT-1h-2017-06.csv", &all[..cut]);
    let b = write(dir.path(), "BTCUSDT-1h-2017-07-01.csv", &all[cut..]);
    let c = write(dir.path(), "BTC-USD-2017-07.csv", &all);
    let summary = run(&plan(&dir.path().join("data"), vec![Input::new(a), Input::new(b), Input::new(c)]));
    assert!(summary.failed.is_empty(), "{:?}", summary.failed);
    let found: Vec<(&str, u64)> = summary.symbols.iter().map(|s| (s.symbol.as_str(), s.rows)).collect();
    assert_eq!(found, [("BTC-USD-2017-07", 20), ("BTCUSDT", 20)]);
    assert!(summary.symbols[1].notes.iter().any(|n| n.contains("the symbol is BTCUSDT")), "{summary:?}");
}

#[test]
fn bars_in_which_nothing_was_traded_are_counted_and_named() {
    let frozen = |i: i64, [o, h, l, c, v]: [f64; 5]| {
        let time = START + i * HOUR;
        if (4..9).contains(&i) {
            format!("{time},104,104,104,104,0")
        } else {
            format!("{time},{o},{h},{l},{c},{v}")
        }
    };
    let (_, report) = load(&format!("time,open,high,low,close,volume\n{}", lines(20, frozen)));
    let told = |n: &String| {
        n.contains("5 bars have no volume")
            && n.contains("5 of them are frozen")
            && n.contains("2017-07-01T14:00:00Z")
    };
    assert!(report.notes.iter().any(told), "{report:?}");
    let (_, report) = load(&format!(
        "time,open,high,low,close,volume\n{}",
        lines(20, |i, [o, h, l, c, v]| { format!("{},{o},{h},{l},{c},{v}", START + i * HOUR) })
    ));
    assert!(!report.notes.iter().any(|n| n.contains("frozen") || n.contains("no volume")), "{report:?}");
}

#[test]
fn an_adjusted_close_moves_all_four_prices_by_its_ratio() {
    let mut daily = hourly();
    daily.check.interval = Some(Interval::parse("1d").unwrap());
    let plain = daily.clone();
    daily.read.columns = daily.read.columns.adjusted();
    // Halved to the fifth bar, as by a split, and as it was from then on.
    let row = |i: i64, [o, h, l, c, v]: [f64; 5]| {
        let adjusted = if i < 5 { c / 2.0 } else { c };
        format!("{},{o},{h},{l},{c},{adjusted},{v}", START + i * DAY)
    };
    let text = format!("Date,Open,High,Low,Close,Adj Close,Volume\n{}", lines(10, row));
    let (series, report) = load_with("X.csv", &text, &daily).unwrap();
    let unit = 10_i64.pow(u32::from(series.decimals)) as f64;
    for i in 0..10 {
        let [o, h, l, c, v] = bar(i as i64);
        let by = if i < 5 { 0.5 } else { 1.0 };
        let read = [series.open[i], series.high[i], series.low[i], series.close[i]].map(|t| t as f64 / unit);
        for (read, expected) in read.into_iter().zip([o, h, l, c]) {
            assert!((read - expected * by).abs() < 1e-9, "bar {i}: {read} and {expected}");
        }
        assert_eq!((series.close[i] as f64 / unit, series.volume.as_ref().unwrap()[i]), (c * by, v));
    }
    assert!(report.notes.iter().any(|n| n.contains("multiplied by \"Adj Close\" / close")), "{report:?}");
    let (_, report) = load_with("X.csv", &text, &plain).unwrap();
    assert!(report.notes.iter().any(|n| n.contains("\"Adj Close\" is not used: --adjust")), "{report:?}");
    let bare = text.replace("Adj Close", "Ask");
    let error = load_with("X.csv", &bare, &daily).unwrap_err().to_string();
    assert!(error.contains("lacks adjusted") && error.contains("leave --adjust out"), "{error}");
    daily.read.columns = ColumnChoice::parse("adjusted=Ask").unwrap().adjusted();
    assert_eq!(load_with("X.csv", &bare, &daily).unwrap().0, series);
    let error =
        load_with("X.csv", text.replace(",50.5,", ",0,"), &plain_adjusted(&plain)).unwrap_err().to_string();
    assert!(error.contains("gives no ratio"), "{error}");
}

fn plain_adjusted(options: &LoadOptions) -> LoadOptions {
    let mut options = options.clone();
    options.read.columns = options.read.columns.adjusted();
    options
}
