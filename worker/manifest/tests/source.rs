//! Every kind of finding on where a dataset comes from: where it is, its words, and what is advised.

#![allow(clippy::unwrap_used, reason = "a failed unwrap fails the test")]

#[allow(dead_code, reason = "each test file uses a part")]
mod common;

use common::{INVALID, findings, is};
use galapagos_manifest::Finding;
use serde_json::{Value, json};

/// What is found of a job of four-hour bars with this source, and perhaps an end.
fn of(source: Value, to: Option<&str>) -> Vec<Finding> {
    let mut data = json!({"dataset": "d", "symbols": ["A"], "interval": "4h", "source": source});
    if let Some(to) = to {
        data["to"] = json!(to);
    }
    findings(json!([{"name": "sma_crossover"}]), json!({"marketData": data}))
}

fn fetch(more: Value) -> Value {
    let mut fetch = json!({"exchange": "Binance", "symbols": {"A": "BTCUSDT"}, "from": "2024-01-01"});
    fetch.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
    json!({"fetch": fetch})
}

fn path(name: &str) -> String {
    format!("spec.marketData.source.{name}")
}

#[test]
fn sources_that_say_how_files_are_read_are_right() {
    let all = json!({
        "path": "raw/*.csv", "interval": "1h", "columns": {"time": "Date", "volume": ""}, "timezone": "America/New_York",
        "stamp": "Close", "dates": "DayMonth", "decimal": "Comma", "na": "Drop", "repair": true, "adjust": true,
        "funding": [{"path": "funding.csv"}],
    });
    assert_eq!(of(all, None), []);
    assert_eq!(of(fetch(json!({"to": "2024-02-01", "funding": true, "market": "Perpetual"})), None), []);
    assert_eq!(of(fetch(json!({})), Some("2024-02-01")), []);
}

#[test]
fn fields_of_files_are_checked_for_what_the_schema_cannot_say() {
    let found = of(json!({"path": "a.csv", "columns": {"price": "Last"}}), None);
    let advice = "use one of time, clock, open, high, low, close, volume, symbol, adjusted";
    is(&found, &path("columns"), INVALID, "\"price\" is no meaning of a column", advice);
    let found = of(json!({"path": "a.csv", "timezone": "New York"}), None);
    let advice = "write Area/City, as America/New_York or Europe/Berlin";
    is(&found, &path("timezone"), INVALID, "\"New York\" is no zone", advice);
    let found = of(json!({"path": "a.csv", "adjust": true, "closeOnly": true}), None);
    is(&found, &path("adjust"), INVALID, "is for files with open, high and low", "leave it or closeOnly out");
    for interval in ["3h", "1d"] {
        let found = of(json!({"path": "a.csv", "interval": interval}), None);
        let text = format!("bars of 4h cannot be made of bars of {interval}");
        is(&found, &path("interval"), INVALID, &text, "write one that divides marketData.interval");
    }
}

#[test]
fn what_an_exchange_cannot_give_is_found_by_its_field() {
    for (field, value) in [
        ("closeOnly", json!(true)),
        ("columns", json!({"time": "Date"})),
        ("timezone", json!("Europe/Berlin")),
        ("stamp", json!("Close")),
        ("dates", json!("DayMonth")),
        ("decimal", json!("Comma")),
        ("na", json!("Drop")),
        ("funding", json!([{"path": "f.csv"}])),
    ] {
        let mut source = fetch(json!({}));
        source[field] = value;
        let text = "says how files are read, and what an exchange sends is none";
        is(&of(source, None), &path(field), INVALID, text, "leave it out");
    }
    for (more, field, text) in [
        (json!({"funding": true}), "fetch.funding", "a spot market pays none"),
        (json!({"symbols": {"A": "BTC USDT"}}), "fetch.symbols", "\"BTC USDT\" is no symbol of an exchange"),
        (
            json!({"exchange": "Hyperliquid", "symbols": {"A": "@107"}}),
            "fetch.market",
            "@107 is of the spot market",
        ),
        (
            json!({"exchange": "Kraken", "market": "Perpetual", "symbols": {"A": "PF_XBTUSD"}, "funding": true}),
            "fetch.funding",
            "that of kraken is not fetched",
        ),
    ] {
        let found = of(fetch(more), None);
        assert_eq!(found.len(), 1, "{found:#?}");
        assert_eq!(found[0].path, path(field));
        assert!(found[0].text.starts_with(text), "{:?}", found[0]);
    }
    let mut sixths = fetch(json!({}));
    sixths["interval"] = json!("10m");
    let found = of(sixths, None);
    assert!(found[0].text.starts_with("10m: binance has bars of 1m, 3m, 5m"), "{found:?}");
    assert_eq!(found[0].path, path("interval"));
}

#[test]
fn ends_that_leave_no_bar_between_them_name_each_other() {
    let found = of(fetch(json!({"to": "2023-01-01"})), None);
    let advice = "write an earlier fetch.from, or a later end";
    let text = "no bar lies between it and fetch.from, which is 2024-01-01T00:00:00Z";
    is(&found, &path("fetch.to"), INVALID, text, advice);
    let found = of(fetch(json!({})), Some("2023-01-01"));
    let text = "no bar lies between it and marketData.to, which is 2023-01-01T00:00:00Z";
    is(&found, &path("fetch.from"), INVALID, text, advice);
    let found = of(fetch(json!({"from": "2024-02-31"})), None);
    assert_eq!((found.len(), found[0].path.as_str()), (1, path("fetch.from").as_str()), "{found:?}");
    assert_eq!(found[0].text, "\"2024-02-31\" is no date and no time");
}
