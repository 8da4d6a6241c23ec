//! Every command of docs/sources.md, run on a small file of the shape that it is for.
#![allow(clippy::unwrap_used, reason = "a failed unwrap fails the test")]

mod common;

use common::{Sandbox, root};

/// 2024-01-02 00:00 UTC, a Tuesday.
const START: i64 = 1_704_153_600;
const HOUR: i64 = 3600;
const DAY: i64 = 24 * HOUR;
const BARS: i64 = 10;

/// Open, high, low, close and volume of bar `i`.
fn bar(i: i64) -> [i64; 5] {
    let c = 100 + i % 5;
    [c, c + 3, c - 2, c + 1, 10 + i]
}

/// Days from Monday to Friday.
fn day(i: i64) -> i64 {
    START + (i + if i > 3 { 2 } else { 0 } + if i > 8 { 2 } else { 0 }) * DAY
}

fn hour(i: i64) -> i64 {
    START + i * HOUR
}

fn minute(i: i64) -> i64 {
    START + i * 60
}

/// Day of January, hour and minute.
fn civil(time: i64) -> (i64, i64, i64) {
    let since = time - START;
    (2 + since.div_euclid(DAY), since.rem_euclid(DAY) / HOUR, since.rem_euclid(HOUR) / 60)
}

fn date(time: i64) -> String {
    format!("2024-01-{:02}", civil(time).0)
}

fn lines(head: &str, line: impl Fn(i64, [i64; 5]) -> String) -> String {
    head.to_owned() + &(0..BARS).map(|i| line(i, bar(i)) + "\n").collect::<String>()
}

fn list(item: impl Fn(i64, [i64; 5]) -> String) -> String {
    format!("[{}]", (0..BARS).map(|i| item(i, bar(i))).collect::<Vec<_>>().join(","))
}

/// What a source gives: files, and symbols with the times of their bars.
struct Sample {
    files: Vec<(&'static str, Vec<u8>)>,
    symbols: Vec<&'static str>,
    time: fn(i64) -> i64,
    volume: bool,
}

fn sample(file: &'static str, text: String, symbols: &[&'static str], time: fn(i64) -> i64) -> Sample {
    Sample { files: vec![(file, text.into_bytes())], symbols: symbols.to_vec(), time, volume: true }
}

fn sample_of(source: &str) -> Sample {
    match source {
        "Binance Vision" => {
            let all = lines("", |i, [o, h, l, c, v]| {
                let t = hour(i) * 1000;
                format!("{t},{o}.00,{h}.00,{l}.00,{c}.00,{v}.000,{},{}.0,7,1.0,2.0,0", t + 3_599_999, v * c)
            });
            let (a, b) = all.split_at(all.match_indices('\n').nth(5).unwrap().0 + 1);
            let files = vec![("BTCUSDT-1h-2024-01.csv", a.into()), ("BTCUSDT-1h-2024-02.csv", b.into())];
            Sample { files, symbols: vec!["BTCUSDT"], time: hour, volume: true }
        }
        "LEAN" => {
            // From 09:30 in New York, five hours behind UTC.
            let text = lines("", |i, [o, h, l, c, v]| {
                let cells = [o, h, l, c].map(|price| (price * 10_000).to_string()).join(",");
                format!("{},{cells},{v}", (34_200 + i * 60) * 1000)
            });
            sample("20240102_spy_minute_trade.csv", text, &["spy"], |i| minute(i) + 52_200)
        }
        "Kraken" => {
            let text = lines("", |i, [o, h, l, c, v]| format!("{},{o},{h},{l},{c},{v},17", hour(i)));
            sample("XBTUSD_60.csv", text, &["XBTUSD"], hour)
        }
        "yfinance" => {
            let head = "Price,Close,Close,High,High,Low,Low,Open,Open,Volume,Volume\n\
                        Ticker,AAPL,MSFT,AAPL,MSFT,AAPL,MSFT,AAPL,MSFT,AAPL,MSFT\nDate,,,,,,,,,,\n";
            let text = lines(head, |i, [o, h, l, c, v]| {
                format!("{},{c}.0,{c}.0,{h}.0,{h}.0,{l}.0,{l}.0,{o}.0,{o}.0,{v},{v}", date(day(i)))
            });
            sample("prices.csv", text, &["AAPL", "MSFT"], day)
        }
        "yfinance, unadjusted" => {
            let head = "Price,Adj Close,Close,High,Low,Open,Volume\nTicker,AAPL,AAPL,AAPL,AAPL,AAPL,AAPL\nDate,,,,,,\n";
            let text = lines(head, |i, [o, h, l, c, v]| {
                format!("{},{c},{},{},{},{},{v}", date(day(i)), 2 * c, 2 * h, 2 * l, 2 * o)
            });
            sample("unadjusted.csv", text, &["AAPL"], day)
        }
        "Stooq" => {
            let text = lines("Date,Open,High,Low,Close,Volume\r\n", |i, [o, h, l, c, v]| {
                format!("{},{o},{h},{l},{c},{v}\r", date(day(i)))
            });
            sample("aapl_us_d.csv", text, &["AAPL.US"], day)
        }
        "Alpaca" => {
            let bars = list(|i, [o, h, l, c, v]| {
                let time = format!("{}T05:00:00Z", date(day(i)));
                format!(r#"{{"t":"{time}","o":{o},"h":{h},"l":{l},"c":{c},"v":{v},"n":5,"vw":{c}}}"#)
            });
            let text = format!(r#"{{"bars":{{"AAPL":{bars},"MSFT":{bars}}},"next_page_token":null}}"#);
            sample("bars.json", text, &["AAPL", "MSFT"], day)
        }
        "Polygon" => {
            let of = |symbol: &str| {
                lines("", |i, [o, h, l, c, v]| {
                    format!("{symbol},{v},{o},{c},{h},{l},{}000000000,5", minute(i))
                })
            };
            let head = "ticker,volume,open,close,high,low,window_start,transactions\n";
            let text = format!("{head}{}{}", of("AAPL"), of("MSFT"));
            sample("2024-01-02.csv", text, &["AAPL", "MSFT"], minute)
        }
        "Databento" => {
            let head = "ts_event,rtype,publisher_id,instrument_id,open,high,low,close,volume,symbol\n";
            let nano = "000000000";
            let text = lines(head, |i, [o, h, l, c, v]| {
                format!("{}{nano},34,2,38,{o}{nano},{h}{nano},{l}{nano},{c}{nano},{v},ES", hour(i))
            });
            sample("ohlcv.csv", text, &["ES"], hour)
        }
        "MetaTrader" => {
            let head = "<DATE>\t<TIME>\t<OPEN>\t<HIGH>\t<LOW>\t<CLOSE>\t<TICKVOL>\t<VOL>\t<SPREAD>\n";
            let text = lines(head, |i, [o, h, l, c, v]| {
                // Two hours ahead of UTC in winter.
                let (day, hour, _) = civil(hour(i + 2));
                format!("2024.01.{day:02}\t{hour:02}:00:00\t{o}\t{h}\t{l}\t{c}\t{v}\t0\t5")
            });
            sample("EURUSD_H1.csv", text, &["EURUSD"], hour)
        }
        "TradingView" => {
            let text = lines("time,open,high,low,close,EMA,Volume\n", |i, [o, h, l, c, v]| {
                format!("{},{o},{h},{l},{c},NaN,{v}", hour(i))
            });
            sample("tradingview.csv", text, &["BTC"], hour)
        }
        "CryptoDataDownload" => {
            let rows = lines("", |i, [o, h, l, c, v]| {
                let (day, hour, _) = civil(hour(i));
                let time = START + i * HOUR;
                format!("{time}000,2024-01-{day:02} {hour:02}:00:00,BTCUSDT,{o},{h},{l},{c},{v},{},7", v * c)
            });
            let mut newest: Vec<&str> = rows.lines().collect();
            newest.reverse();
            let head = "https://www.CryptoDataDownload.com\nUnix,Date,Symbol,Open,High,Low,Close,Volume BTC,Volume USDT,tradecount\n";
            sample("Binance_BTCUSDT_1h.csv", format!("{head}{}\n", newest.join("\n")), &["BTCUSDT"], hour)
        }
        "HistData" => {
            let text = lines("", |i, [o, h, l, c, _]| {
                let (day, hour, minute) = civil(minute(i) - 5 * HOUR);
                format!("202401{day:02} {hour:02}{minute:02}00;{o}.0;{h}.0;{l}.0;{c}.0;0")
            });
            let mut sample = sample("DAT_ASCII_EURUSD_M1_2024.csv", text, &["EURUSD"], minute);
            sample.volume = false;
            sample
        }
        "Dukascopy" => {
            let text = lines("Gmt time,Open,High,Low,Close,Volume\n", |i, [o, h, l, c, v]| {
                let (day, hour, _) = civil(hour(i));
                format!("{day:02}.01.2024 {hour:02}:00:00.000,{o},{h},{l},{c},{v}")
            });
            sample("EURUSD_Candlestick_1_Hour_BID.csv", text, &["EURUSD"], hour)
        }
        "ccxt" => {
            let text =
                list(|i, [o, h, l, c, v]| format!("[{}000, {o}.0, {h}.0, {l}.0, {c}.0, {v}.5]", hour(i)));
            sample("ohlcv.json", text.replace(".5]", ".0]"), &["BTC-USDT"], hour)
        }
        "freqtrade" => {
            let bytes = include_bytes!("data/freqtrade.feather").to_vec();
            Sample {
                files: vec![("BTC_USDT-1h.feather", bytes)],
                symbols: vec!["BTC-USDT"],
                time: hour,
                volume: true,
            }
        }
        other => panic!("{other} has no sample"),
    }
}

/// The section without a file.
const FETCHED: &str = "An exchange itself";

#[test]
fn the_source_of_a_job_that_asks_an_exchange_is_right() {
    let page = std::fs::read_to_string(root().join("docs/sources.md")).unwrap();
    let section = page.split("\n## ").find(|section| section.starts_with(FETCHED)).unwrap();
    let data = section.split("```yaml\n").nth(1).unwrap().split("```").next().unwrap();
    let job = format!(
        "apiVersion: galapagos.dev/v1alpha1\nkind: EvolutionJob\nmetadata: {{name: j}}\nspec:\n{data}  strategies: \
         [{{name: sma_crossover}}]\n  population: {{size: 20, seed: 1}}\n  generations: 2\n"
    );
    let sandbox = Sandbox::new();
    sandbox.write("job.yaml", job);
    sandbox.ok(&["validate", "job.yaml"]);
}

#[test]
fn the_command_for_every_source_imports_the_bars_of_its_file() {
    let page = std::fs::read_to_string(root().join("docs/sources.md")).unwrap();
    let mut count = 0;
    for section in page.split("\n## ").skip(1).filter(|section| !section.starts_with(FETCHED)) {
        let source = section.lines().next().unwrap();
        let sample = sample_of(source);
        let command =
            section.lines().find(|l| l.starts_with("galapagos import")).unwrap_or_else(|| panic!("{source}"));
        let words: Vec<&str> = command.split_whitespace().skip(1).collect();
        let sandbox = Sandbox::new();
        for (name, bytes) in &sample.files {
            sandbox.write(name, bytes);
        }
        let said = sandbox.ok(&words).stdout;
        let dataset = words[words.iter().position(|w| *w == "--dataset").unwrap() + 1];
        sandbox.ok(&["data", "export", dataset, "--to", "out"]);
        let out = sandbox.path().join("out");
        assert_eq!(std::fs::read_dir(&out).unwrap().count(), sample.symbols.len(), "{source}: {said}");
        for symbol in &sample.symbols {
            let text = std::fs::read_to_string(out.join(format!("{symbol}.csv"))).unwrap();
            let rows: Vec<&str> = text.lines().skip(1).collect();
            assert_eq!(rows.len() as i64, BARS, "{source}: {text}");
            for (i, row) in rows.iter().enumerate() {
                let cells: Vec<&str> = row.split(',').collect();
                let (day, hour, minute) = civil((sample.time)(i as i64));
                let time = format!("2024-01-{day:02}T{hour:02}:{minute:02}:00Z");
                assert!(time.starts_with(cells[0].trim_end_matches('Z')), "{source}: {row} is not of {time}");
                let numbers: Vec<f64> = cells[1..].iter().filter_map(|c| c.parse().ok()).collect();
                let width = if sample.volume { 5 } else { 4 };
                let expected: Vec<f64> = bar(i as i64).iter().take(width).map(|n| *n as f64).collect();
                assert_eq!(numbers[..width], expected[..], "{source}: {row}");
            }
        }
        count += 1;
    }
    assert_eq!(count, 16, "every source of the page");
}

#[test]
fn a_thousand_files_are_summed_up_and_a_folder_stands_for_all_of_its_files() {
    let sandbox = Sandbox::new();
    std::fs::create_dir(sandbox.path().join("bars")).unwrap();
    let good = lines("time,open,high,low,close,volume\n", |i, [o, h, l, c, v]| {
        format!("2024-01-02 {:02}:00,{o},{h},{l},{c},{v}", civil(hour(i)).1)
    });
    for i in 0..300 {
        let text = if i % 10 == 0 { good.replace(",103,", ",x,") } else { good.clone() };
        sandbox.write(&format!("bars/S{i}.csv"), text);
    }
    sandbox.write("bars/.hidden", "x");
    let ended = sandbox.run(&["import", "bars", "--dataset", "many", "--interval", "1h"]);
    assert_eq!(ended.code, 2, "{}", ended.stderr);
    let all = format!("{}{}", ended.stdout, ended.stderr);
    assert!(all.lines().count() < 20, "{all}");
    assert!(ended.stdout.contains("270 symbols, 2,700 bars from 2024-01-02"), "{}", ended.stdout);
    assert!(
        ended.stdout.contains("times carry no zone: UTC was assumed; the like of S101, "),
        "{}",
        ended.stdout
    );
    assert!(
        ended.stderr.contains("30 of the import were refused") && ended.stderr.contains("and 24 more"),
        "{all}"
    );
    let json = sandbox.run(&["import", "bars", "--dataset", "many", "--interval", "1h", "-o", "json"]);
    assert_eq!(json.json()["failed"].as_array().unwrap().len(), 30);
    let ended = sandbox.run(&["import", "bars/S0.csv", "--dataset", "one", "--interval", "1h"]);
    assert_eq!(ended.stderr.matches("is no finite number").count(), 1, "{}", ended.stderr);
    std::fs::create_dir(sandbox.path().join("empty")).unwrap();
    let ended = sandbox.run(&["import", "empty", "--dataset", "none"]);
    assert!(ended.code == 2 && ended.stderr.contains("the folder has no files"), "{}", ended.stderr);
}

#[test]
fn data_show_draws_the_closes_in_the_terminal_and_as_a_picture() {
    let sandbox = Sandbox::new();
    sandbox.walk(500, 3);
    let said = sandbox.ok(&["data", "show", "walk", "--svg", "walk.svg"]).stdout;
    let line = said.split("Closes of WALK\n  ").nth(1).unwrap().trim_end();
    assert_eq!(line.chars().count(), 60, "{said}");
    assert!(line.contains('▁') && line.contains('█'), "{said}");
    let picture = std::fs::read_to_string(sandbox.path().join("walk.svg")).unwrap();
    assert!(picture.starts_with("<svg") && picture.contains("class=\"closes\""), "{picture}");
}
