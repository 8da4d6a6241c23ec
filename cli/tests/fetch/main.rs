//! `galapagos fetch` against a server that speaks as the exchanges document it: the same dataset as from a file, whatever
//! goes wrong on the way.

#![allow(clippy::unwrap_used, reason = "a failed unwrap fails the test")]

#[path = "../common/mod.rs"]
mod common;
mod jobs;
mod refusals;
mod server;

use common::Sandbox;
use serde_json::Value;
use server::{Exchange, FEBRUARY, Fault, HOUR, JANUARY, candle, payment};
use std::collections::BTreeSet;
use std::ops::Range;
use std::process::{Command, Stdio};
use std::time::{Duration, Instant, SystemTime};

/// 2024-01-01.
const START: i64 = 1_704_067_200_000;
/// Bars from START on that the exchanges of these tests have, three pages.
const BARS: i64 = 2500;

/// The time, at the last full hour.
fn this_hour() -> i64 {
    let now = SystemTime::now().duration_since(SystemTime::UNIX_EPOCH).unwrap().as_millis() as i64;
    now / HOUR * HOUR
}

fn date(ms: i64) -> String {
    galapagos::times::rfc3339(ms)
}

/// The digest of the same candles, and payments, imported from files.
fn from_files(from: i64, to: i64, symbol: &str, funding: Option<bool>) -> String {
    from_files_of(("1h", HOUR), from..to, symbol, funding)
}

/// The same with bars of another length.
fn from_files_of(
    (interval, step): (&str, i64),
    range: Range<i64>,
    symbol: &str,
    funding: Option<bool>,
) -> String {
    let sandbox = Sandbox::new();
    let mut bars = String::from("time,open,high,low,close,volume\n");
    let mut payments = String::from("time,rate,mark\n");
    for time in range.step_by(step as usize) {
        bars += &format!("{time},{}\n", candle(time).join(","));
        if time % (8 * HOUR) == 0 {
            let [rate, mark] = payment(time);
            payments +=
                &format!("{time},{rate},{}\n", if funding == Some(true) { mark } else { String::new() });
        }
    }
    sandbox.write("bars.csv", bars);
    sandbox.write("funding.csv", payments);
    let named = format!("{symbol}=bars.csv");
    let mut arguments = vec!["import", &named, "--dataset", "x", "--interval", interval, "-o", "json"];
    if funding.is_some() {
        arguments.extend(["--funding", "funding.csv"]);
    }
    sandbox.json(&arguments)["digest"].as_str().unwrap().to_owned()
}

/// The arguments of a fetch from START on.
fn arguments<'a>(what: &[&'a str], url: &'a str, to: &'a str) -> Vec<&'a str> {
    let mut all = vec!["fetch"];
    all.extend_from_slice(what);
    all.extend(["--interval", "1h", "--from", "2024-01-01", "--to", to, "--dataset", "x"]);
    all.extend(["--endpoint", url, "-o", "json"]);
    all
}

fn published(sandbox: &Sandbox) -> bool {
    sandbox.data().join("galapagos/datasets/x").exists()
}

fn notes(summary: &Value) -> String {
    summary["symbols"][0]["notes"].to_string()
}

#[test]
fn what_binance_gives_is_the_dataset_of_a_file_with_the_same_candles() {
    let exchange = Exchange::new(START, START + 2 * BARS * HOUR);
    let (url, to) = (exchange.url(), date(START + BARS * HOUR));
    let sandbox = Sandbox::new();
    let summary = sandbox.json(&arguments(&["binance", "BTCUSDT"], &url, &to));
    assert_eq!(summary["digest"], from_files(START, START + BARS * HOUR, "BTCUSDT", None));
    // The first candle, and three pages of the spot market.
    let asked = exchange.answered();
    assert_eq!(asked.len(), 4, "{asked:#?}");
    assert!(asked.iter().all(|a| a.starts_with("/api/v3/klines?symbol=BTCUSDT&interval=1h&startTime=")));
    // What is published is not kept twice.
    assert_eq!(std::fs::read_dir(sandbox.data().join("galapagos/fetch")).unwrap().count(), 0);

    let perpetual = ["binance", "BTC=BTCUSDT", "--market", "perpetual", "--funding"];
    let summary = Sandbox::new().json(&arguments(&perpetual, &url, &to));
    assert_eq!(summary["digest"], from_files(START, START + BARS * HOUR, "BTC", Some(true)));
    assert!(exchange.answered().iter().any(|a| a.starts_with("/fapi/v1/klines?")));
    assert!(exchange.answered().iter().any(|a| a.starts_with("/fapi/v1/fundingRate?")));
}

#[test]
fn hyperliquid_and_kraken_say_how_little_they_have_and_give_it_exactly() {
    let end = this_hour() + HOUR;
    let exchange = Exchange::new(START, end);
    let url = exchange.url();
    let to = date(end - HOUR);
    for (what, symbol, bars, funding) in [
        (&["hyperliquid", "BTC", "--funding"][..], "BTC", 4999, Some(false)),
        (&["kraken", "XBTUSD"][..], "XBTUSD", 719, None),
    ] {
        let summary = Sandbox::new().json(&arguments(what, &url, &to));
        assert_eq!(
            summary["digest"],
            from_files(end - (bars + 1) * HOUR, end - HOUR, symbol, funding),
            "{what:?}"
        );
        let notes = notes(&summary);
        assert!(notes.contains("bars only: what is older than"), "{notes}");
    }
    // The charts of Kraken Futures reach back.
    let to = date(START + BARS * HOUR);
    let what = ["kraken", "PF_XBTUSD", "--market", "perpetual"];
    let summary = Sandbox::new().json(&arguments(&what, &url, &to));
    assert_eq!(summary["digest"], from_files(START, START + BARS * HOUR, "PF_XBTUSD", None));
}

#[test]
fn the_candle_that_is_forming_is_left_out_and_named() {
    let end = this_hour() + HOUR;
    let exchange = Exchange::new(end - 50 * HOUR, end);
    let url = exchange.url();
    let from = date(end - 40 * HOUR);
    for what in [["binance", "BTCUSDT"], ["hyperliquid", "BTC"], ["kraken", "XBTUSD"]] {
        let mut all = vec!["fetch", what[0], what[1], "--interval", "1h", "--from", &from];
        all.extend(["--dataset", "x", "--endpoint", &url, "-o", "json"]);
        let summary = Sandbox::new().json(&all);
        assert_eq!(summary["digest"], from_files(end - 40 * HOUR, end - HOUR, what[1], None), "{what:?}");
        assert!(notes(&summary).contains("later ones had not ended and were left out"), "{summary:#}");
    }
}

#[test]
fn a_fetch_that_is_killed_goes_on_and_asks_for_no_page_twice() {
    let exchange = Exchange::new(START, START + 10 * BARS * HOUR);
    let (url, to) = (exchange.url(), date(START + BARS * HOUR));
    let sandbox = Sandbox::new();
    let all = arguments(&["binance", "BTCUSDT", "--market", "perpetual", "--funding"], &url, &to);
    exchange.fails(&[Fault::None, Fault::None, Fault::None, Fault::Hang]);
    let mut process = sandbox.command(&all).spawn().unwrap();
    let began = Instant::now();
    while exchange.answered().len() < 3 {
        assert!(began.elapsed() < Duration::from_secs(60));
        std::thread::sleep(Duration::from_millis(20));
    }
    // The third page is written, and the fourth hangs.
    std::thread::sleep(Duration::from_millis(500));
    process.kill().unwrap();
    process.wait().unwrap();
    assert!(!published(&sandbox));

    let summary = sandbox.json(&all);
    assert_eq!(summary["digest"], from_files(START, START + BARS * HOUR, "BTCUSDT", Some(true)));
    assert!(notes(&summary).contains("goes on with what was begun at"), "{summary:#}");
    let asked = exchange.answered();
    assert_eq!(asked.iter().collect::<BTreeSet<_>>().len(), asked.len(), "{asked:#?}");
}

#[test]
fn months_come_as_files_with_their_checksum_and_give_the_same_dataset() {
    let (from, to) = (JANUARY - 12 * 24 * HOUR, FEBRUARY + 33 * 24 * HOUR);
    let exchange = Exchange::new(START, to + BARS * HOUR);
    let (url, first, last) = (exchange.url(), date(from), date(to));
    let mut all = vec!["fetch", "binance", "BTCUSDT", "--interval", "15m", "--from", &first, "--to", &last];
    all.extend(["--dataset", "x", "--endpoint", &url, "-o", "json"]);
    let expected = from_files_of(("15m", HOUR / 4), from..to, "BTCUSDT", None);
    assert_eq!(Sandbox::new().json(&all)["digest"], expected);
    let pages = exchange.answered().len();
    assert!(exchange.answered().iter().all(|a| a.starts_with("/api/")));

    // The first bar, two pages before the year, the checksum, and a file that is not whole.
    let mut faults = vec![Fault::None; 4];
    faults.push(Fault::Body("PK"));
    exchange.fails(&faults);
    all.extend(["--dumps", &url]);
    let summary = Sandbox::new().json(&all);
    assert_eq!(summary["digest"], expected);
    // Nobody has the file of February, so that its pages are asked for, as those of December and March are.
    let asked = exchange.answered().split_off(pages);
    assert_eq!(asked.iter().filter(|a| a.starts_with("/data/")).count(), 2, "{asked:#?}");
    assert_eq!(asked.iter().filter(|a| a.starts_with("/api/")).count(), 1 + 2 + 3 + 1, "{asked:#?}");
}

#[test]
fn a_fetch_that_is_asked_to_stop_says_how_it_goes_on() {
    let exchange = Exchange::new(START, START + 10 * BARS * HOUR);
    let (url, to) = (exchange.url(), date(START + BARS * HOUR));
    exchange.fails(&[Fault::None, Fault::None, Fault::Status(429, "Retry-After: 300", "")]);
    let sandbox = Sandbox::new();
    let mut command = sandbox.command(&arguments(&["binance", "BTCUSDT"], &url, &to));
    let process = command.stderr(Stdio::piped()).stdout(Stdio::piped()).spawn().unwrap();
    let began = Instant::now();
    while exchange.answered().len() < 2 {
        assert!(began.elapsed() < Duration::from_secs(60));
        std::thread::sleep(Duration::from_millis(20));
    }
    std::thread::sleep(Duration::from_millis(500));
    let asked = Command::new("kill").args(["-TERM", &process.id().to_string()]).status().unwrap();
    assert!(asked.success());
    let ended = process.wait_with_output().unwrap();
    let stderr = String::from_utf8(ended.stderr).unwrap();
    assert_eq!(ended.status.code(), Some(130), "{stderr}");
    assert!(stderr.contains("run the same command again, it goes on"), "{stderr}");
    assert!(began.elapsed() < Duration::from_secs(60) && !published(&sandbox));
}

#[test]
fn faults_that_pass_change_nothing() {
    let exchange = Exchange::new(START, START + 10 * BARS * HOUR);
    let (url, to) = (exchange.url(), date(START + BARS * HOUR));
    exchange.fails(&[
        Fault::Status(429, "Retry-After: 2", ""),
        Fault::None,
        Fault::Cut,
        Fault::None,
        Fault::Status(503, "X-Y: z", "busy"),
        Fault::Status(418, "Retry-After: 1", ""),
        Fault::None,
        Fault::Body("<html>sign in</html>"),
    ]);
    let (sandbox, began) = (Sandbox::new(), Instant::now());
    let summary = sandbox.json(&arguments(&["binance", "BTCUSDT"], &url, &to));
    assert_eq!(summary["digest"], from_files(START, START + BARS * HOUR, "BTCUSDT", None));
    assert!(began.elapsed() >= Duration::from_secs(3), "the exchange asked for rest");
    assert_eq!(exchange.answered().len(), 4);

    // Kraken says it in an answer that has the status of success.
    let end = this_hour() + HOUR;
    let exchange = Exchange::new(START, end);
    exchange.fails(&[Fault::Body(r#"{"error":["EAPI:Rate limit exceeded"]}"#)]);
    let (url, to) = (exchange.url(), date(end - HOUR));
    let summary = Sandbox::new().json(&arguments(&["kraken", "XBTUSD"], &url, &to));
    assert_eq!(summary["digest"], from_files(end - 720 * HOUR, end - HOUR, "XBTUSD", None));
}

#[test]
fn a_fault_that_stays_leaves_no_dataset_and_says_what_to_do() {
    let exchange = Exchange::new(START, START + 10 * BARS * HOUR);
    let (url, to) = (exchange.url(), date(START + BARS * HOUR));
    let sandbox = Sandbox::new();
    let mut all = arguments(&["binance", "BTCUSDT", "ETHUSDT", "--retries", "1"], &url, &to);
    let mut faults = vec![Fault::None; 6];
    faults.extend([Fault::Cut, Fault::Cut]);
    exchange.fails(&faults);
    let ended = sandbox.run(&all);
    assert_eq!(ended.code, 1, "{}", ended.stderr);
    let host = exchange.address.to_string();
    for part in ["ETHUSDT", &host, "2 times", "1 of 3 pages are kept", "run the same command again"] {
        assert!(ended.stderr.contains(part), "{part}: {}", ended.stderr);
    }
    assert!(!published(&sandbox));

    // A ban of days is not waited for.
    exchange.fails(&[Fault::Status(418, "Retry-After: 259200", "")]);
    let ended = sandbox.run(&all);
    assert_eq!(ended.code, 1, "{}", ended.stderr);
    assert!(ended.stderr.contains("418") && ended.stderr.contains("4320 minutes"), "{}", ended.stderr);
    assert!(!published(&sandbox));

    all.retain(|a| !["--retries", "1"].contains(a));
    let summary = sandbox.json(&all);
    assert_eq!(summary["symbols"].as_array().unwrap().len(), 2);
    let asked = exchange.answered();
    assert_eq!(asked.iter().collect::<BTreeSet<_>>().len(), asked.len(), "{asked:#?}");
}

#[test]
fn a_question_without_an_answer_is_asked_anew_another_time() {
    let exchange = Exchange::new(START, START + BARS * HOUR);
    let url = exchange.url();
    let sandbox = Sandbox::new();
    let late = date(START + 2 * BARS * HOUR);
    for hours in [10, 3 * BARS] {
        let to = date(START + (2 * BARS + hours) * HOUR);
        let asked = ["fetch", "binance", "BTCUSDT", "--interval", "1h", "--from", &late, "--to", &to];
        let all = [&asked[..], &["--dataset", "x", "--endpoint", &url]].concat();
        let mut answers = Vec::new();
        for _ in 0..2 {
            let ended = sandbox.run(&all);
            assert_eq!(ended.code, 2, "{}", ended.stderr);
            assert!(ended.stderr.contains("has no bars of the range"), "{}", ended.stderr);
            answers.push(exchange.answered().len());
        }
        assert!(answers[1] > answers[0], "it was asked twice: {:?}", exchange.answered());
    }
}
