//! Everything that is in a file is either published or named as left out.
#![allow(clippy::unwrap_used)] // tests, in their own crate: the lint does not see it

mod common;

use common::*;
use galapagos_market::*;

/// Symbols with their closes.
type Closes = Vec<(String, Vec<i64>)>;

/// Symbols, closes and notes of everything in a file, or the refusal.
fn held(name: &str, text: &str) -> Result<(Closes, String)> {
    let dir = folder();
    let loaded = load_file(&Input::new(write(dir.path(), name, text)), &hourly())?;
    let notes = loaded.iter().flat_map(|(_, r)| r.notes.clone()).collect::<Vec<_>>().join("\n");
    Ok((loaded.into_iter().map(|(s, _)| (s.symbol, s.close)).collect(), notes))
}

fn two() -> Closes {
    vec![("AAPL".into(), vec![1055, 1065]), ("MSFT".into(), vec![75, 85])]
}

/// Two hours of `AAPL` and of `MSFT`, as objects.
const AAPL: &str = r#"[{"t":"2017-07-01T11:00:00Z","o":105,"h":106,"l":104,"c":105.5,"v":3},{"t":"2017-07-01T12:00:00Z","o":105,"h":107,"l":105,"c":106.5,"v":2}]"#;
const MSFT: &str = r#"[{"t":"2017-07-01T11:00:00Z","o":7,"h":8,"l":6,"c":7.5,"v":3},{"t":"2017-07-01T12:00:00Z","o":8,"h":9,"l":7,"c":8.5,"v":2}]"#;

#[test]
fn every_symbol_of_a_json_map_is_published() {
    let columns = |c: &str| {
        format!(r#"{{"t":[1498906800,1498910400],"o":[{c}],"h":[{c}],"l":[{c}],"c":[{c}],"v":[3,2]}}"#)
    };
    let (a, m) = (columns("105.5,106.5"), columns("7.5,8.5"));
    for text in [
        format!(r#"{{"bars":{{"AAPL":{AAPL},"MSFT":{MSFT}}},"next_page_token":null}}"#),
        format!(r#"{{"AAPL":{{"values":{AAPL}}},"MSFT":{{"values":{MSFT}}}}}"#),
        format!(r#"[{{"symbol":"AAPL","candles":{AAPL}}},{{"symbol":"MSFT","candles":{MSFT}}}]"#),
        format!(
            r#"[{{"meta":{{"symbol":"AAPL"}},"values":{AAPL}}},{{"meta":{{"symbol":"MSFT"}},"values":{MSFT}}}]"#
        ),
        format!(
            r#"[{{"asset":"stock","name":"Apple Inc.","symbol":"AAPL","candles":{AAPL}}},{{"asset":"stock","name":"Microsoft","symbol":"MSFT","candles":{MSFT}}}]"#
        ),
        format!(r#"{{"AAPL":{a},"MSFT":{m}}}"#),
        format!("{{\"bars\":{{\"AAPL\":{AAPL}}}}}\n{{\"bars\":{{\"MSFT\":{MSFT}}}}}\n"),
    ] {
        let (symbols, _) = held("bars.json", &text).unwrap_or_else(|e| panic!("{e}: {text}"));
        assert_eq!(symbols, two(), "{text}");
    }
}

#[test]
fn lists_of_candles_without_names_are_refused_by_their_places() {
    for (text, places) in [
        (format!("[{AAPL},{MSFT}]"), ["[0]", "[1]"]),
        (format!(r#"{{"a":{{"spot":{AAPL}}},"b":{{"x":{{"swap":{MSFT}}}}}}}"#), ["a.spot", "b.x.swap"]),
    ] {
        let error = held("bars.json", &text).unwrap_err().to_string();
        assert!(places.iter().all(|p| error.contains(p)), "{error}");
    }
}

#[test]
fn a_name_that_stands_twice_in_json_is_refused_and_loses_nothing() {
    let later = AAPL.replace("T11:", "T13:").replace("T12:", "T14:");
    for text in [
        format!(r#"{{"AAPL":{AAPL},"MSFT":{MSFT},"AAPL":{later}}}"#),
        "{\"a\":1}\n[{\"t\":1498906800,\"o\":1,\"h\":1,\"l\":1,\"c\":1,\"c\":2}]".to_owned(),
    ] {
        let error = held("X.json", &text).unwrap_err().to_string();
        assert!(error.contains("stands twice in one object") && error.contains("line "), "{error}");
    }
    let error = held("X.json", "{\"AAPL\":[1,}").unwrap_err().to_string();
    assert!(error.contains("line 1: is no JSON"), "{error}");
}

#[test]
fn what_stands_beside_the_candles_is_named() {
    let text = format!(
        r#"{{"ticker":"MSFT","status":"OK","request_id":"x","count":"2","pages":1,"results":{MSFT},"splits":[{{"from":1,"to":2}}],"dividends":[]}}"#
    );
    let (symbols, notes) = held("aggs.json", &text).unwrap();
    assert_eq!(symbols, [two().remove(1)], "the wrapper names its symbol");
    assert!(notes.contains("splits") && notes.contains("dividends (empty)"), "{notes}");
    let (symbols, notes) =
        held("X.json", &format!(r#"{{"result":{{"XXBTZUSD":{MSFT},"last":7}}}}"#)).unwrap();
    assert_eq!(symbols[0].0, "X");
    assert!(notes.contains("result.XXBTZUSD"), "{notes}");
    let late = MSFT.replacen("\"v\":2", "\"v\":2,\"vw\":8.1", 1);
    assert!(held("X.json", &late).unwrap().1.contains("columns left out: vw"));
}

#[test]
fn an_answer_that_has_a_next_page_is_refused_and_all_pages_in_one_file_are_read() {
    let page = |next: &str| format!(r#"{{"bars":{{"AAPL":{AAPL}}},{next}}}"#);
    for next in [
        r#""next_page_token":"QUFQTHxE""#,
        r#""next_url":"https://x/?cursor=b""#,
        r#""meta":{"x":1},"nextPageCursor":"c""#,
        r#""has_more":true"#,
    ] {
        let error = held("bars.json", &page(next)).unwrap_err().to_string();
        assert!(error.contains("is incomplete") && error.contains("pages"), "{next}: {error}");
    }
    let error = held("bars.json", &page(r#""next_page_token":"QUFQTHxE""#)).unwrap_err().to_string();
    assert!(error.contains("next_page_token is \"QUFQTHxE\""), "{error}");
    for last in [r#""next_page_token":null"#, r#""nextPageCursor":"""#, r#""has_more":false"#] {
        held("bars.json", &page(last)).unwrap_or_else(|e| panic!("{e}"));
    }
    let later = AAPL.replace("T11:", "T13:").replace("T12:", "T14:");
    let pages = [page(r#""next_page_token":"x""#), page(r#""next_page_token":null"#).replace(AAPL, &later)];
    let (symbols, _) = held("bars.json", &pages.join("\n")).unwrap();
    assert_eq!(symbols[0].1, [1055, 1065, 1055, 1065]);
}

#[test]
fn rows_of_two_kinds_are_refused() {
    let text = "{\"t\":1498906800,\"o\":1,\"h\":1,\"l\":1,\"c\":1,\"v\":1}\n[1498910400,1,1,1,1,1]\n";
    let error = held("X.json", text).unwrap_err().to_string();
    assert!(error.contains("line 2") && error.contains("array"), "{error}");
}

#[test]
fn every_symbol_of_a_wide_table_is_published() {
    let data = "2017-07-01 11:00,105.5,7.5,106,8,104,6,105,7,3,3\n2017-07-01 12:00,106.5,8.5,107,9,105,7,105,8,2,2\n";
    let by_symbol =
        "2017-07-01 11:00,105,106,104,105.5,7,8,6,7.5\n2017-07-01 12:00,105,107,105,106.5,8,9,7,8.5\n";
    let fields = "Close,Close,High,High,Low,Low,Open,Open,Volume,Volume";
    let tickers = "AAPL,MSFT,AAPL,MSFT,AAPL,MSFT,AAPL,MSFT,AAPL,MSFT";
    let prices = "Open,High,Low,Close,Open,High,Low,Close";
    for text in [
        format!("Price,{fields}\nTicker,{tickers}\nDate,,,,,,,,,,\n{data}"),
        format!(",{fields}\n,{tickers}\nDate,,,,,,,,,,\n{data}"),
        format!("Date,{fields}\n,{tickers}\n{data}"),
        format!("Ticker,AAPL,AAPL,AAPL,AAPL,MSFT,MSFT,MSFT,MSFT\nPrice,{prices}\nDate,,,,,,,,\n{by_symbol}"),
        format!(",AAPL,,,,MSFT,,,\nDate,{prices}\n{by_symbol}"),
    ] {
        let (symbols, _) = held("two.csv", &text).unwrap_or_else(|e| panic!("{e}\n{text}"));
        assert_eq!(symbols, two(), "{text}");
    }
}

#[test]
fn a_line_in_which_a_symbol_has_no_values_is_no_bar_of_it() {
    let text = "Price,Close,Close,High,High,Low,Low,Open,Open\nTicker,AAPL,600519,AAPL,600519,AAPL,600519,AAPL,600519\nDate,,,,,,,,\n\
        2017-07-01 11:00,105.5,,106,,104,,105,\n2017-07-01 12:00,106.5,8.5,107,9,105,7,105,8\n2017-07-01 13:00,106.5,8.5,107,9,105,7,105,8\n";
    let (symbols, notes) = held("two.csv", text).unwrap();
    assert_eq!(symbols, [("600519".into(), vec![85, 85]), ("AAPL".into(), vec![1055, 1065, 1065])]);
    assert!(notes.contains("1 lines hold no values of 600519"), "{notes}");
}

#[test]
fn columns_of_one_name_without_symbols_are_refused_until_one_is_chosen() {
    let text = "Date,Open,High,Low,Close,Open,High,Low,Close\n2017-07-01 11:00,105,106,104,105.5,7,8,6,7.5\n2017-07-01 12:00,105,107,105,106.5,8,9,7,8.5\n";
    let error = held("X.csv", text).unwrap_err().to_string();
    assert!(
        error.contains("\"Close\"") && error.contains("#5, #9") && error.contains("--columns"),
        "{error}"
    );
    let (series, report) =
        load_with("X.csv", text, &with_columns("open=#6,high=#7,low=#8,close=#9")).unwrap();
    assert_eq!(series.close, [75, 85]);
    assert!(report.notes.iter().any(|n| n.contains("left out") && n.contains("#2 Open")), "{report:?}");
}

#[test]
fn columns_and_lines_that_are_not_used_are_named() {
    let (_, report) = load(
        "Apple, daily\nDate,Open,High,Low,Close,Adj Close,Volume,Dividends\n2017-07-01 11:00,105,106,104,105.5,99,3,0\n2017-07-01 12:00,105,107,105,106.5,99,2,0\n",
    );
    let notes = report.notes.join("\n");
    assert!(notes.contains("columns left out: Adj Close, Dividends"), "{notes}");
    assert!(notes.contains("\"Adj Close\" is not used"), "{notes}");
    assert!(notes.contains("1 lines above the header") && notes.contains("Apple, daily"), "{notes}");
    let (_, report) = load("1498906800,105,106,104,105.5,3,17\n1498910400,105,107,105,106.5,2,17\n");
    assert!(report.notes.iter().any(|n| n == "columns left out: #7"), "{report:?}");
}

#[test]
fn more_fields_than_the_header_has_are_refused() {
    let error = refusal("time,open,high,low,close\n1498906800,1,050,1,100,1,010\n1498910400,1,1,1,1\n");
    assert!(error.contains("line 2 has 7 fields, the header 5"), "{error}");
    load("time,open,high,low,close\n1498906800,1,1,1,1,\n1498910400,1,1,1,1,\n");
    load(",open,high,low,close,\n1498906800,1,1,1,1,\n1498910400,1,1,1,1,\n");
}

#[test]
fn a_header_that_is_repeated_is_passed_over_and_counted() {
    let head = "open_time,open,high,low,close,volume\n";
    let row = |i: i64| format!("{},9,11,9,10,{i}\n", START + i * HOUR);
    let text = [head, &row(0), &row(1), head, &row(2), head, &row(3)].concat();
    let (series, report) = load(&text);
    assert_eq!(series.volume, Some(vec![0.0, 1.0, 2.0, 3.0]));
    assert!(report.notes.iter().any(|n| n.contains("2 times more")), "{report:?}");
    let other = text.replacen(head, "", 1).replacen(head, "open_time,close,high,low,open,volume\n", 1);
    refusal(&format!("{head}{other}"));
}

#[test]
fn a_symbol_with_a_number_sign_is_data_and_a_comment_is_counted() {
    let row = |s: &str, i: i64| format!("{s},{},9,11,9,10\n", START + i * HOUR);
    let head = "# made by hand\nsymbol,time,open,high,low,close\n# units, none, \n";
    let text =
        [head, &row("#AAPL", 0), &row("#AAPL", 1), "#\n", &row("EURUSD", 0), &row("EURUSD", 1)].concat();
    let (symbols, notes) = held("X.csv", &text).unwrap();
    assert_eq!(symbols.iter().map(|s| s.0.as_str()).collect::<Vec<_>>(), ["AAPL", "EURUSD"]);
    assert!(notes.contains("2 lines that begin with '#' were passed over"), "{notes}");
    assert!(notes.contains("\"#AAPL\" is called AAPL here"), "{notes}");
}

#[test]
fn a_row_without_a_price_is_no_bar_and_is_counted() {
    let row = |i: i64, cells: &str| format!("{},{cells}\n", START + i * HOUR);
    let head = "time,open,high,low,close,volume\n";
    let good = "9,11,9,10,3";
    for blank in ["null,null,null,null,null", "NaN,NaN,NaN,NaN,NaN", ",,,,", "-,-,-,-,0"] {
        let text = [head, &row(0, good), &row(1, blank), &row(2, good), &row(3, good)].concat();
        let (series, report) = load_with("X.csv", &text, &repair()).unwrap();
        assert_eq!((series.time_ms.len(), report.gaps.missing_bars), (3, 1), "{blank}");
        let notes = report.notes.join("\n");
        assert!(
            notes.contains("1 rows hold a time and no price and were left out, the first in line 3"),
            "{notes}"
        );
        // A gap like any other.
        assert!(refusal(&text).contains("1 bars are missing"), "{blank}");
    }
    for half in ["NaN,11,9,10,3", "9,11,9,,3", ",,,,3"] {
        let text = [head, &row(0, good), &row(1, half), &row(2, good)].concat();
        assert!(load_with("X.csv", &text, &repair()).unwrap_err().to_string().contains("line 3"), "{half}");
    }
    let none = [head, &row(0, ",,,,"), &row(1, ",,,,")].concat();
    assert!(refusal(&none).contains("no row with a price"), "{}", refusal(&none));
}

#[test]
fn a_second_table_below_the_first_is_refused() {
    let first = "time,open,high,low,close\n1498906800,1,1,1,1\n1498910400,1,1,1,1\n";
    for below in [
        "\nsymbol,ask,bid\nX,1,2\n",
        "\ntime,open,high,low,close\n1498906800,2,2,2,2\n1498910400,2,2,2,2\n",
        "\n1498906800,2,2,2,2\n1498910400,2,2,2,2\n",
    ] {
        held("X.csv", &format!("{first}{below}")).unwrap_err();
    }
}

#[test]
fn a_choice_of_one_symbol_names_the_others() {
    let dir = folder();
    let path = write(dir.path(), "bars.json", format!(r#"{{"AAPL":{AAPL},"MSFT":{MSFT}}}"#));
    let loaded = load_file(&Input::for_symbol("MSFT", path), &hourly()).unwrap();
    assert_eq!(loaded.len(), 1);
    assert!(loaded[0].1.notes.iter().any(|n| n.contains("left out: AAPL")), "{:?}", loaded[0].1.notes);
    let path = write(
        dir.path(),
        "one.csv",
        "symbol,time,open,high,low,close\nAAPL,1498906800,1,1,1,1\nAAPL,1498910400,1,1,1,1\n",
    );
    let loaded = load_file(&Input::for_symbol("MSFT", path), &hourly()).unwrap();
    assert!(
        loaded[0].1.notes.iter().any(|n| n == "symbol \"AAPL\" is called MSFT here"),
        "{:?}",
        loaded[0].1.notes
    );
}

#[test]
fn two_symbols_that_would_share_a_name_are_not_joined() {
    let text = "symbol,time,open,high,low,close\nBTC/USDT,1498906800,1,1,1,1\nBTC/USDT,1498910400,1,1,1,1\nBTC:USDT,1498914000,1,1,1,1\nBTC:USDT,1498917600,1,1,1,1\n";
    let error = held("X.csv", text).unwrap_err().to_string();
    assert!(error.contains("BTC/USDT") && error.contains("BTC:USDT"), "{error}");
}

#[test]
fn symbol_columns_of_other_names_split_a_file() {
    for name in ["Name", "asset", "Stock", "instrument_id"] {
        let text = format!(
            "date,open,high,low,close,{name}\n2017-07-01 11:00,1,1,1,1,AAL\n2017-07-01 12:00,1,1,1,1,AAL\n2017-07-01 11:00,2,2,2,2,ZTS\n2017-07-01 12:00,2,2,2,2,ZTS\n"
        );
        let (symbols, _) = held("all.csv", &text).unwrap_or_else(|e| panic!("{e}\n{text}"));
        assert_eq!(symbols.iter().map(|s| s.0.as_str()).collect::<Vec<_>>(), ["AAL", "ZTS"]);
    }
}
