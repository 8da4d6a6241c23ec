//! Files whose columns have unusual names or none: what the values tell is used and said, what they do not tell is asked
//! for with words that work.
#![allow(clippy::unwrap_used)] // tests, in their own crate: the lint does not see it

mod common;

use common::*;
use galapagos_market::*;

fn iso(i: i64) -> String {
    let time = START / 1000 + i * 3600;
    let day = time.div_euclid(86_400) - 17_348;
    // START is 11:00 on 1 July 2017, day 17,348 since 1970.
    format!("2017-07-{:02} {:02}:00:00", 1 + day, time.rem_euclid(86_400) / 3600)
}

#[test]
fn the_only_column_of_dates_is_the_time_whatever_it_is_called() {
    let row = |i: i64, [o, h, l, c, v]: [f64; 5]| format!("BTC,{},{o},{h},{l},{c},{v}\n", iso(i));
    let text = format!("ticker,candle_begins_at,open,high,low,close,volume\n{}", rows(30, row));
    let (series, report) = load_with("X.csv", text, &hourly()).unwrap();
    holds("csv", &series, START, HOUR, 30);
    said(&report, "\"candle_begins_at\", which holds times, was read as the time");
    let json = |i: i64, [o, h, l, c, v]: [f64; 5]| {
        let time = START + i * HOUR;
        format!("{{\"beganAt\":{time},\"open\":{o},\"high\":{h},\"low\":{l},\"close\":{c},\"volume\":{v}}}\n")
    };
    holds("json", &load_with("X.jsonl", rows(9, json), &hourly()).unwrap().0, START, HOUR, 9);
}

#[test]
fn of_two_columns_of_dates_none_is_guessed() {
    let row = |i: i64, [o, h, l, c, _]: [f64; 5]| format!("{},{},{o},{h},{l},{c}\n", iso(i), iso(i + 1));
    let text = format!("began,updated,open,high,low,close\n{}", rows(9, row));
    let error = refusal(&text);
    assert!(error.contains("one column of times (began and updated hold times)"), "{error}");
    let (series, _) = load_with("X.csv", &text, &with_columns("time=began")).unwrap();
    assert_eq!(series.time_ms[0], START);
    // One that is called after the close is not the other's equal.
    let text = text.replace("updated", "time_end");
    assert_eq!(load_with("X.csv", text, &hourly()).unwrap().0.time_ms[0], START);
}

#[test]
fn a_column_called_after_the_close_is_no_open_until_somebody_says_so() {
    for name in ["close_time", "End", "timeClose", "candle end time"] {
        let row =
            |i: i64, [o, h, l, c, v]: [f64; 5]| format!("{},{o},{h},{l},{c},{v}\n", START + (i + 1) * HOUR);
        let text = format!("{name},open,high,low,close,volume\n{}", rows(12, row));
        let error = refusal(&text);
        assert!(
            error.contains("by its name are those of the closes") && error.contains("--stamp close"),
            "{error}"
        );
        let mut closes = hourly();
        closes.read.stamp = Stamped::Close;
        holds(name, &load_with("X.csv", &text, &closes).unwrap().0, START, HOUR, 12);
        // Who names it means it.
        let (_, choice) = error.split_once("--columns ").unwrap();
        let (series, _) = load_with("X.csv", &text, &with_columns(choice)).unwrap();
        assert_eq!(series.time_ms[0], START + HOUR, "{name}");
    }
}

#[test]
fn rows_without_a_header_may_begin_with_their_symbol() {
    let row = |symbol: &str, clock: bool| {
        let of = |i: i64, [o, h, l, c, v]: [f64; 5]| {
            let time = iso(i).replace('-', "");
            let time = if clock { time.replace(' ', ",").replace(':', "") } else { time };
            format!("{symbol},{time},{o},{h},{l},{c},{v}\n")
        };
        rows(20, of)
    };
    let dir = folder();
    for clock in [false, true] {
        let path = write(dir.path(), "all.csv", row("EURUSD", clock) + &row("000001.SZ", clock));
        let loaded = load_file(&Input::new(&path), &hourly()).unwrap();
        let names: Vec<&str> = loaded.iter().map(|(series, _)| series.symbol.as_str()).collect();
        assert_eq!(names, ["000001.SZ", "EURUSD"]);
        loaded.iter().for_each(|(series, _)| holds("behind a symbol", series, START, HOUR, 20));
        said(&loaded[0].1, "columns read as symbol, time, open, high, low, close, volume");
    }
}

#[test]
fn the_first_row_is_data_where_columns_are_named_by_their_places() {
    let row = |i: i64, [o, h, l, c, v]: [f64; 5]| format!("7,X,{},{v},{o},{h},{l},{c}\n", iso(i));
    let text = rows(20, row);
    let choice = with_columns("time=#3,open=#5,high=#6,low=#7,close=#8,volume=#4");
    holds("places", &load_with("X.csv", &text, &choice).unwrap().0, START, HOUR, 20);
    // Numbers that begin with another column than the time: the places are said, and work.
    let row = |i: i64, [o, h, l, c, v]: [f64; 5]| {
        format!("EURUSD,60,{},{o},{h},{l},{c},{v}\n", iso(i).replace(['-', ':'], "").replace(' ', ","))
    };
    let text = rows(20, row);
    let error = refusal(&text);
    let (_, choice) = error.split_once("--columns ").unwrap_or_else(|| panic!("{error}"));
    let (series, _) = load_with("X.csv", &text, &with_columns(choice)).unwrap();
    holds("as the message says", &series, START, HOUR, 20);
}

#[test]
fn an_order_that_contradicts_itself_is_refused_with_one_that_does_not() {
    // Gate.io's files of spot candles are known.
    let row =
        |i: i64, [o, h, l, c, v]: [f64; 5]| format!("{},{v},{c},{h},{l},{o}\n", (START + i * HOUR) / 1000);
    holds("Gate.io", &load_with("X.csv", rows(20, row), &hourly()).unwrap().0, START, HOUR, 20);
    for (header, text) in [
        ("", rows(20, |i, [o, h, l, c, v]| format!("{},{h},{o},{c},{l},{v}\n", START + i * HOUR))),
        (
            "time,open,low,high,close,volume\n",
            rows(20, |i, [o, h, l, c, v]| format!("{},{o},{h},{l},{c},{v}\n", START + i * HOUR)),
        ),
    ] {
        let text = format!("{header}{text}");
        let error = refusal(&text);
        let (seen, choice) = error.split_once("--columns ").unwrap();
        assert!(seen.contains("is the highest and"), "{error}");
        holds(header, &load_with("X.csv", &text, &with_columns(choice)).unwrap().0, START, HOUR, 20);
    }
}

#[test]
fn a_number_far_from_the_others_is_no_price_and_no_order_is_made_of_it() {
    // The seconds of a bar, and the close before it, stand before the open.
    let row = |i: i64, [o, h, l, c, v]: [f64; 5]| {
        format!(
            "[{},3600,\"{o}\",\"{o}\",\"{h}\",\"{l}\",\"{c}\",\"{v}\",\"{}\"],",
            (START + i * HOUR) / 1000,
            v * c
        )
    };
    let text = format!("{{\"data\":{{\"rows\":[{}]}}}}", rows(20, row).trim_end_matches(','));
    let (series, report) = load_with("X.json", text, &hourly()).unwrap();
    holds("known", &series, START, HOUR, 20);
    said(&report, "(Phemex)");
    let row = |i: i64, [o, h, l, c, v]: [f64; 5]| format!("{},3600,{o},{h},{l},{c},{v}\n", START + i * HOUR);
    let error = refusal(&rows(20, row));
    assert!(error.contains("20 of 20 rows: that is another order"), "{error}");
}

#[test]
fn dates_in_json_are_decided_by_all_rows_and_refused_where_none_decides() {
    let text = |days: std::ops::Range<i64>| {
        let row = |i: i64| {
            let [o, h, l, c, _] = bar(i - days.start);
            // The volume has separators, which all rows decide as well.
            format!(
                "{{\"date\":\"01/{i:02}/2024\",\"open\":{o},\"high\":{h},\"low\":{l},\"close\":{c},\"volume\":\"1,234,5{i:02}\"}},"
            )
        };
        format!("[{}]", days.clone().map(row).collect::<String>().trim_end_matches(','))
    };
    let (series, _) = load_with("X.json", text(1..20), &daily()).unwrap();
    assert_eq!((series.time_ms[0], series.time_ms[18]), (MONDAY, MONDAY + 18 * DAY));
    assert_eq!(series.volume.unwrap()[3], 1_234_504.0);
    let error = load_with("X.json", text(1..12), &daily()).unwrap_err().to_string();
    assert!(error.contains("--dates day-month or --dates month-day"), "{error}");
}

#[test]
fn an_answer_with_a_key_of_its_next_page_is_incomplete() {
    for key in ["pagination_key", "continuationToken"] {
        let text =
            format!("{{\"bars\":[{{\"t\":{START},\"o\":1,\"h\":2,\"l\":1,\"c\":2}}],\"{key}\":\"abc\"}}");
        let error = load_with("X.json", text, &hourly()).unwrap_err().to_string();
        assert!(error.contains("is incomplete") && error.contains(key), "{error}");
    }
}

#[test]
fn a_zone_that_the_name_of_the_times_says_is_said_since_it_is_not_used() {
    let row = |i: i64, [o, h, l, c, v]: [f64; 5]| format!("{},{o},{h},{l},{c},{v}\n", iso(i));
    for (name, zone) in [
        ("time (UTC-5)", Some("Etc/GMT+5")),
        ("Date (GMT+02:00)", Some("Etc/GMT-2")),
        ("Date (EST)", Some("America/New_York")),
        ("Date UTC", None),
        ("Gmt time", None),
    ] {
        let text = format!("{name},open,high,low,close,volume\n{}", rows(9, row));
        let (_, report) = load_with("X.csv", &text, &hourly()).unwrap();
        let note = report.notes.iter().find(|note| note.contains("names a zone"));
        assert_eq!(note.is_some(), zone.is_some(), "{name}: {:?}", report.notes);
        let Some(note) = note else { continue };
        let (_, said) = note.split_once("as --timezone ").unwrap();
        assert_eq!(Some(said), zone);
        let mut options = hourly();
        options.read.zone = Some(Zone::parse(said).unwrap());
        let (series, report) = load_with("X.csv", &text, &options).unwrap();
        assert_ne!(series.time_ms[0], START, "{name}");
        assert!(!report.notes.iter().any(|note| note.contains("names a zone")));
    }
}

#[test]
fn volumes_have_many_names_and_currencies_stand_on_either_side() {
    for name in ["Total volume", "TOTTRDQTY", "baseTokenVolume", "TOTAL TRADE QUANTITY"] {
        let row =
            |i: i64, [o, h, l, c, v]: [f64; 5]| format!("{},{o} €,{h} €,{l} €,{c} €,{v}\n", START + i * HOUR);
        let text = format!("time,open,high,low,close,{name}\n{}", rows(20, row));
        holds(name, &load_with("X.csv", text, &hourly()).unwrap().0, START, HOUR, 20);
    }
    let row = |i: i64, [o, h, l, c, _]: [f64; 5]| format!("{},{o},{h},{l},{c},{c}\n", START + i * HOUR);
    for name in ["quote volume", "avgVolume"] {
        let text = format!("time,open,high,low,close,{name}\n{}", rows(20, row));
        assert!(load_with("X.csv", text, &hourly()).unwrap().0.volume.is_none(), "{name} is none");
    }
}

#[test]
fn prices_that_are_objects_of_both_sides_are_asked_for_and_read_as_named() {
    let price = |value: f64| format!("{{\"bid\":{value},\"ask\":{},\"lastTraded\":null}}", value + 0.5);
    let row = |i: i64, [o, h, l, c, v]: [f64; 5]| {
        let [o, h, l, c] = [o, h, l, c].map(price);
        let (local, utc) = (iso(i).replace('-', "/"), iso(i).replace(' ', "T"));
        format!(
            "{{\"snapshotTime\":\"{local}\",\"snapshotTimeUTC\":\"{utc}\",\"openPrice\":{o},\"highPrice\":{h},\"lowPrice\":{l},\"closePrice\":{c},\"lastTradedVolume\":{v}}},"
        )
    };
    let text = format!("{{\"prices\":[{}]}}", rows(9, row).trim_end_matches(','));
    let error = load_with("X.json", &text, &hourly()).unwrap_err().to_string();
    assert!(error.contains("openPrice.bid") && error.contains("name the columns with --columns"), "{error}");
    let bid = with_columns("open=openPrice.bid,high=highPrice.bid,low=lowPrice.bid,close=closePrice.bid");
    holds("bid", &load_with("X.json", &text, &bid).unwrap().0, START, HOUR, 9);
}

#[test]
fn a_table_of_closes_has_a_symbol_in_each_column() {
    let mut options = hourly();
    options.read.columns = ColumnChoice::default().close_only().unwrap();
    let row = |i: i64, [o, _, _, c, _]: [f64; 5]| {
        // The second one has no price at first.
        let second = if i < 3 { String::new() } else { o.to_string() };
        format!("{},{c},{second}\n", iso(i))
    };
    let dir = folder();
    let path = write(dir.path(), "closes.csv", format!("Date,AAPL,BRK.B\n{}", rows(20, row)));
    let loaded = load_file(&Input::new(path), &options).unwrap();
    let found: Vec<(&str, usize)> =
        loaded.iter().map(|(series, _)| (series.symbol.as_str(), series.time_ms.len())).collect();
    assert_eq!(found, [("AAPL", 20), ("BRK.B", 17)]);
    said(&loaded[0].1, "each column beside the time is the closes of the symbol it is called after");
    let (first, decimals) = (&loaded[0].0, loaded[0].0.decimals);
    assert_eq!(first.close[0] as f64 / 10_i64.pow(u32::from(decimals)) as f64, bar(0)[3]);
    assert_eq!(loaded[1].0.time_ms[0], START + 3 * HOUR);
}

#[test]
fn dividends_between_the_bars_are_left_out_by_name() {
    let row = |i: i64, [o, h, l, c, v]: [f64; 5]| format!("{},{o},{h},{l},{c},{v}\n", iso(i));
    let all = rows(20, row);
    let at = all.match_indices('\n').nth(9).unwrap().0 + 1;
    let (first, rest) = all.split_at(at);
    let text = format!("Date,Open,High,Low,Close,Volume\n{first}{},0.24 Dividend,,,,\n{rest}", iso(10));
    let (series, report) = load_with("X.csv", text, &hourly()).unwrap();
    holds("around a dividend", &series, START, HOUR, 20);
    said(
        &report,
        "1 lines of dividends or splits are no bars and were left out, the first in line 12: \"0.24 Dividend\"",
    );
    let other = format!("Date,Open,High,Low,Close,Volume\n{first}Date,Close,Open,High,Low,Volume\n{rest}");
    let error = refusal(&other);
    assert!(error.contains("line 12 is a header of other columns"), "{error}");
}

#[test]
fn a_cut_answer_names_the_line_it_ends_in_and_a_sentence_is_quoted() {
    let row = |i: i64, [o, h, l, c, v]: [f64; 5]| {
        format!("{{\"t\":{},\"o\":{o},\"h\":{h},\"l\":{l},\"c\":{c},\"v\":{v}}}\n", START + i * HOUR)
    };
    let text = rows(20, row);
    let error = load_with("X.jsonl", &text[..text.len() - 20], &hourly()).unwrap_err().to_string();
    assert!(error.contains("line 20: is no JSON, it may be cut"), "{error}");
    let text = rows(20, |i, b| if i == 7 { row(i, b).replace(":307", ":NaN") } else { row(i, b) });
    let error = load_with("X.jsonl", text, &hourly()).unwrap_err().to_string();
    assert!(error.contains("line 8: is no JSON") && error.contains("write null"), "{error}");
    let error = refusal("Exceeded the daily hits limit of this address\n");
    assert!(error.contains("it begins with \"Exceeded the daily hits limit of this address\""), "{error}");
    let error = load_with("X.json", "{\"s\":\"no_data\"}", &hourly()).unwrap_err().to_string();
    assert!(error.contains("it says \"no_data\""), "{error}");
}
