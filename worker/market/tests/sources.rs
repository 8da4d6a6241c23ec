//! Files of sources that write times, prices, columns or ends in ways of their own: each bar is the right one.
#![allow(clippy::unwrap_used)] // tests, in their own crate: the lint does not see it

mod common;

use common::*;
use galapagos_market::*;
use std::fmt::Write as _;

#[test]
fn the_candle_that_an_array_says_to_be_forming_is_left_out_and_others_are_not() {
    let array = |i: i64, [o, h, l, c, v]: [f64; 5], confirm: &str| {
        format!(
            "[\"{}\",\"{o}\",\"{h}\",\"{l}\",\"{c}\",\"{v}\",\"{v}\",\"{}\",{confirm}]",
            START + i * HOUR,
            v * c
        )
    };
    for (ended, open) in [("\"1\"", "\"0\""), ("true", "false"), ("\"true\"", "\"false\"")] {
        let all = |newest_first: bool| {
            let mut rows: Vec<String> =
                (0..8).map(|i| array(i, bar(i), if i == 7 { open } else { ended })).collect();
            if newest_first {
                rows.reverse();
            }
            format!("{{\"code\":\"0\",\"data\":[{}]}}", rows.join(","))
        };
        for text in [all(true), all(false)] {
            let (series, report) = load_with("X.json", &text, &hourly()).unwrap();
            holds(&text, &series, START, HOUR, 7);
            said(&report, "1 candles whose \"#9\" is false had not ended");
        }
    }
    // Binance writes "0" into the last field of every candle.
    let ignored = (0..8).map(|i| array(i, bar(i), "\"0\"")).collect::<Vec<_>>().join(",");
    let (series, _) = load_with("X.json", format!("[{ignored}]"), &hourly()).unwrap();
    holds("ignored", &series, START, HOUR, 8);
    // A column that says it by its name.
    let csv = rows(8, |i, [o, h, l, c, v]| {
        format!("{},{o},{h},{l},{c},{v},{}\n", START + i * HOUR, i64::from(i < 7))
    });
    let (series, report) = load_with("X.csv", format!("ts,o,h,l,c,vol,confirm\n{csv}"), &hourly()).unwrap();
    holds("csv", &series, START, HOUR, 7);
    said(&report, "1 candles whose \"confirm\" is false");
}

#[test]
fn an_answer_that_has_a_part_of_the_total_is_incomplete() {
    let row = |i: i64, [o, h, l, c, v]: [f64; 5]| {
        let time = START + i * HOUR;
        format!("{{\"open\":{o},\"high\":{h},\"low\":{l},\"close\":{c},\"volume\":{v},\"time\":{time}}}")
    };
    let page = |offset: i64, count: i64, total: i64| {
        let rows: Vec<String> = (offset..offset + count).map(|i| row(i, bar(i))).collect();
        format!(
            "{{\"pagination\":{{\"limit\":{count},\"offset\":{offset},\"count\":{count},\"total\":{total}}},\"data\":[{}]}}",
            rows.join(",")
        )
    };
    let error = load_with("X.json", page(0, 5, 10), &hourly()).unwrap_err().to_string();
    assert!(error.contains("is incomplete: it has 5 rows from 0 on of a total of 10"), "{error}");
    let both = format!("{}\n{}", page(0, 5, 10), page(5, 5, 10));
    holds("both pages", &load_with("X.json", both, &hourly()).unwrap().0, START, HOUR, 10);
}

#[test]
fn days_of_a_spreadsheet_are_dates_in_text_and_in_tables() {
    let text = rows(12, |i, [o, h, l, c, v]| format!("{},{o},{h},{l},{c},{v}\n", 45_292 + i));
    let (series, report) =
        load_with("X.csv", format!("Date,Open,High,Low,Close,Volume\n{text}"), &daily()).unwrap();
    holds("days", &series, MONDAY, DAY, 12);
    said(&report, "is a number of days, as a spreadsheet counts them");
    let text =
        rows(30, |i, [o, h, l, c, v]| format!("{:.5},{o},{h},{l},{c},{v}\n", 45_292.0 + i as f64 / 24.0));
    let mut berlin = hourly();
    berlin.read.zone = Zone::parse("Europe/Berlin").ok();
    for (options, start) in [(hourly(), MONDAY), (berlin, MONDAY - HOUR)] {
        let (series, _) = load_with("X.csv", &text, &options).unwrap();
        holds("hours", &series, start, HOUR, 30);
    }
    // Numbers of rows are no days.
    let text = rows(12, |i, [o, h, l, c, v]| format!("{i},{o},{h},{l},{c},{v}\n"));
    let error = load_with("X.csv", text, &daily()).unwrap_err().to_string();
    assert!(error.contains("all times lie in 1970"), "{error}");
}

#[test]
fn files_of_lean_have_the_day_in_their_name_and_prices_of_equities_in_ten_thousandths() {
    let ticks = |i: i64, by: f64| {
        let [o, h, l, c, v] = bar(i);
        let [o, h, l, c] = [o, h, l, c].map(|p| p * by);
        format!("{o},{h},{l},{c},{v}")
    };
    let minutes = rows(9, |i, _| format!("{},{}\n", 34_200_000 + i * HOUR, ticks(i, 10_000.0)));
    let mut options = hourly();
    options.read.zone = Zone::parse("America/New_York").ok();
    // 09:30 in New York on 2 January 2024.
    let open = 1_704_205_800_000;
    let dir = folder();
    let path = write(dir.path(), "20240102_spy_minute_trade.csv", &minutes);
    let mut loaded = load_file(&Input::new(&path), &options).unwrap();
    assert_eq!(loaded[0].0.symbol, "spy");
    holds("minutes", &loaded.remove(0).0, open, HOUR, 9);
    // As they lie on the disk: a folder for each symbol, a name that is the day.
    std::fs::create_dir(dir.path().join("aapl")).unwrap();
    let path = write(&dir.path().join("aapl"), "20240102_trade.csv", &minutes);
    let (series, report) = load_file(&Input::new(path), &options).unwrap().remove(0);
    assert_eq!(series.symbol, "aapl");
    said(&report, "integers of 0.0001, as LEAN writes those of equities");
    // Cryptocurrencies have prices as they are.
    let path = write(
        dir.path(),
        "20240102_btcusd_minute_trade.csv",
        rows(9, |i, _| format!("{},{}\n", 34_200_000 + i * HOUR, ticks(i, 1.0))),
    );
    holds("crypto", &load_file(&Input::new(path), &options).unwrap().remove(0).0, open, HOUR, 9);
    let days = |by: f64| rows(9, |i, _| format!("2024010{} 00:00,{}\n", i + 1, ticks(i, by)));
    let (series, _) = load_with("spy.csv", days(10_000.0), &daily()).unwrap();
    holds("days", &series, MONDAY, DAY, 9);
    // Integers that could be either are refused; a header says that they are as they are.
    let odd = days(10_000.0).replace("00,", "07,");
    let error = load_with("spy.csv", &odd, &daily()).unwrap_err().to_string();
    assert!(error.contains("as LEAN does, with integer prices"), "{error}");
    let named = format!("time,open,high,low,close,volume\n{odd}");
    assert_eq!(load_with("spy.csv", named, &daily()).unwrap().0.decimals, 0);
}

#[test]
fn the_money_that_was_paid_is_no_volume_where_the_amount_stands_beside_it() {
    let table = |names: &str, swapped: bool| {
        let rows = rows(9, |i, [o, h, l, c, v]| {
            let money = v * (h + l) / 2.0;
            let (a, b) = if swapped { (v, money) } else { (money, v) };
            format!("{},{o},{h},{l},{c},{a},{b}\n", START + i * HOUR)
        });
        format!("time,open,high,low,close,{names}\n{rows}")
    };
    for (names, swapped) in
        [("Volume USDT,Volume BTC", false), ("vol,amount", false), ("Volume BTC,Volume USDT", true)]
    {
        let (series, _) = load_with("X.csv", table(names, swapped), &hourly()).unwrap();
        holds(names, &series, START, HOUR, 9);
    }
    let (_, report) = load_with("X.csv", table("vol,amount", false), &hourly()).unwrap();
    said(&report, "column \"vol\" is column \"amount\" times the price in every row");
    let mut chosen = hourly();
    chosen.read.columns = ColumnChoice::parse("volume=vol").unwrap();
    let (series, _) = load_with("X.csv", table("vol,amount", false), &chosen).unwrap();
    assert!(series.volume.unwrap()[0] > 1000.0);
}

#[test]
fn columns_that_carry_the_symbol_in_their_name_are_split_by_it() {
    let mut wide =
        String::from("Date,A_Open,A_High,A_Low,A_Close,A_Volume,B_Open,B_High,B_Low,B_Close,B_Volume\n");
    let mut quantmod =
        String::from("\"\",\"X.Open\",\"X.High\",\"X.Low\",\"X.Close\",\"X.Volume\",\"X.Adjusted\"\n");
    for i in 0..9 {
        let [o, h, l, c, v] = bar(i);
        let _ = writeln!(wide, "{},{o},{h},{l},{c},{v},{o},{h},{l},{c},{v}", START + i * HOUR);
        let _ = writeln!(quantmod, "2024-01-0{},{o},{h},{l},{c},{v},{c}", i + 1);
    }
    let dir = folder();
    let loaded = load_file(&Input::new(write(dir.path(), "two.csv", wide)), &hourly()).unwrap();
    assert_eq!(loaded.iter().map(|(s, _)| s.symbol.as_str()).collect::<Vec<_>>(), ["A", "B"]);
    loaded.iter().for_each(|(series, _)| holds("wide", series, START, HOUR, 9));
    let (series, report) = load_with("file.csv", quantmod, &daily()).unwrap();
    assert_eq!(series.symbol, "X");
    holds("quantmod", &series, MONDAY, DAY, 9);
    said(&report, "columns left out: X.Adjusted");
    let sides = rows(5, |i, [o, h, l, c, v]| {
        format!("{},{o},{h},{l},{c},{},{},{},{},{v}\n", START + i * HOUR, o + 1.0, h + 1.0, l + 1.0, c + 1.0)
    });
    let sides =
        format!("time,BidOpen,BidHigh,BidLow,BidClose,AskOpen,AskHigh,AskLow,AskClose,Volume\n{sides}");
    let error = load_with("X.csv", &sides, &hourly()).unwrap_err().to_string();
    let flag = "open=BidOpen,high=BidHigh,low=BidLow,close=BidClose";
    assert!(error.ends_with(&format!("say which, as --columns {flag}")), "{error}");
    holds("bid", &load_with("X.csv", &sides, &with_columns(flag)).unwrap().0, START, HOUR, 5);
}

#[test]
fn the_symbol_t_of_polygon_is_told_from_a_time() {
    let object = |symbol: &str, i: i64| {
        let [o, h, l, c, v] = bar(i);
        let time = START + i * HOUR;
        format!("{{\"T\":{symbol},\"v\":{v},\"o\":{o},\"c\":{c},\"h\":{h},\"l\":{l},\"t\":{time}}}")
    };
    let both: Vec<String> =
        ["\"AAPL\"", "\"MSFT\""].iter().flat_map(|s| (0..5).map(|i| object(s, i))).collect();
    let dir = folder();
    let path = write(dir.path(), "x.json", format!("{{\"results\":[{}]}}", both.join(",")));
    let loaded = load_file(&Input::new(path), &hourly()).unwrap();
    assert_eq!(loaded.iter().map(|(s, _)| s.symbol.as_str()).collect::<Vec<_>>(), ["AAPL", "MSFT"]);
    // Binance's streams have the close there.
    let closes: Vec<String> = (0..5).map(|i| object(&(START + (i + 1) * HOUR - 1).to_string(), i)).collect();
    let (series, _) = load_with("X.json", format!("[{}]", closes.join(",")), &hourly()).unwrap();
    assert_eq!(series.symbol, "X");
    holds("closes", &series, START, HOUR, 5);
}

#[test]
fn headers_of_other_languages_and_code_pages_are_read() {
    let table = |header: &str| {
        let rows = rows(9, |i, [o, h, l, c, v]| {
            let cells = [o, h, l, c, v].map(|x| format!("{x:.2}").replace('.', ",")).join(";");
            format!("0{}.01.2024;{cells}\n", i + 1)
        });
        format!("{header}\n{rows}")
    };
    let windows =
        |text: String| text.chars().map(|c| u8::try_from(u32::from(c)).unwrap()).collect::<Vec<u8>>();
    for (header, is_windows) in [
        ("Datum;Eröffnung;Hoch;Tief;Schluss;Volumen", false),
        ("Datum;Eröffnung;Hoch;Tief;Schluss;Volumen", true),
        ("Data;Otwarcie;Najwyzszy;Najnizszy;Zamkniecie;Wolumen", false),
        ("Fecha;Apertura;Máximo;Mínimo;Cierre;Volumen", false),
    ] {
        let text = table(header);
        let bytes = if is_windows { windows(text) } else { text.into_bytes() };
        let (series, _) = load_with("X.csv", bytes, &daily()).unwrap_or_else(|e| panic!("{header}: {e}"));
        holds(header, &series, MONDAY, DAY, 9);
    }
}

#[test]
fn parts_of_one_symbol_of_any_source_are_one_symbol() {
    for names in [
        ["DAT_ASCII_EURUSD_M1_202401.csv", "DAT_ASCII_EURUSD_M1_202402.csv"],
        ["EURUSD_H1_202401020000_202401022300.csv", "EURUSD_H1_202401030000_202401032300.csv"],
        [
            "EURUSD_Candlestick_1_Hour_BID_01.01.2024-31.01.2024.csv",
            "EURUSD_Candlestick_1_Hour_BID_01.02.2024-29.02.2024.csv",
        ],
    ] {
        let dir = folder();
        let part = |from: i64| {
            (from..from + 5)
                .map(|i| {
                    let [o, h, l, c, v] = bar(i);
                    format!("{},{o},{h},{l},{c},{v}\n", START + i * HOUR)
                })
                .collect::<String>()
        };
        let inputs =
            [0, 5].iter().zip(names).map(|(from, name)| Input::new(write(dir.path(), name, part(*from))));
        let summary = run(&plan(&dir.path().join("data"), inputs.collect()));
        let found: Vec<(&str, u64)> = summary.symbols.iter().map(|s| (s.symbol.as_str(), s.rows)).collect();
        assert_eq!(found, [("EURUSD", 10)], "{names:?}: {:?}", summary.failed);
        said(&summary.symbols[0], "the symbol is EURUSD: the name of its file");
    }
}

#[test]
fn bars_of_two_markets_or_sides_are_no_parts_of_one_symbol() {
    for names in [
        ["BTCUSDT-1h-spot-2024-01.csv", "BTCUSDT-1h-um-2024-02.csv"],
        ["EURUSD_1_Hour_BID_01.01.2024-31.01.2024.csv", "EURUSD_1_Hour_ASK_01.02.2024-29.02.2024.csv"],
    ] {
        let dir = folder();
        let inputs = [0, 5].iter().zip(names).map(|(from, name)| {
            let part = (*from..from + 5).map(|i| {
                let [o, h, l, c, v] = bar(i);
                format!("{},{o},{h},{l},{c},{v}\n", START + i * HOUR)
            });
            Input::new(write(dir.path(), name, part.collect::<String>()))
        });
        let summary = run(&plan(&dir.path().join("data"), inputs.collect()));
        assert!(summary.symbols.is_empty(), "{names:?}");
        let said = format!("{:?}", summary.failed);
        assert!(said.contains("SYMBOL=FILE"), "{names:?}: {said}");
    }
}

#[test]
fn messages_of_a_stream_are_candles_once_they_have_ended() {
    let message = |i: i64, ended: bool| {
        let [o, h, l, c, v] = bar(i);
        let (time, v) = (START + i * HOUR, if ended { v } else { v / 2.0 });
        format!(
            "{{\"e\":\"kline\",\"E\":{time},\"s\":\"BTCUSDT\",\"k\":{{\"t\":{time},\"T\":{},\"s\":\"BTCUSDT\",\"i\":\"1h\",\
             \"o\":\"{o}\",\"c\":\"{c}\",\"h\":\"{h}\",\"l\":\"{l}\",\"v\":\"{v}\",\"n\":3,\"x\":{ended},\"q\":\"1\",\"V\":\"2\"}}}}\n",
            time + HOUR - 1
        )
    };
    let text: String = (0..6).flat_map(|i| [message(i, false), message(i, true)]).collect();
    let (series, report) = load_with("X.json", text, &hourly()).unwrap();
    assert_eq!(series.symbol, "BTCUSDT");
    holds("stream", &series, START, HOUR, 6);
    said(&report, "6 candles whose \"x\" is false had not ended");
}
