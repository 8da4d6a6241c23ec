//! A server of the test that speaks as the exchanges document it, with faults where a test wants them.

use std::collections::VecDeque;
use std::io::{BufRead, BufReader, Read, Write};
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use serde_json::{Value, json};

pub const HOUR: i64 = 3_600_000;
/// 2025-01-01 and 2025-02-01.
pub const JANUARY: i64 = 1_735_689_600_000;
pub const FEBRUARY: i64 = 1_738_368_000_000;
const FILE: &str = "/data/spot/monthly/klines/BTCUSDT/15m/BTCUSDT-15m-2025-01.zip";

/// What goes wrong with the next request.
#[derive(Clone)]
pub enum Fault {
    /// Nothing does.
    None,
    /// Another status, with a header line and a body.
    Status(u16, &'static str, &'static str),
    /// The connection ends in the middle of the answer.
    Cut,
    /// This body instead of the right one.
    Body(&'static str),
    /// Nine million bytes.
    Large,
    /// Silence.
    Hang,
}

/// Hourly candles of a symbol that exist in a range, a payment every eight hours, and everything that was asked.
pub struct Exchange {
    pub address: SocketAddr,
    asked: Arc<Mutex<Vec<String>>>,
    faults: Arc<Mutex<VecDeque<Fault>>>,
}

#[derive(Clone, Copy)]
struct Hours {
    first: i64,
    end: i64,
}

/// Open, high, low, close and volume of the candle that opens at a time, as text.
pub fn candle(time: i64) -> [String; 5] {
    let hour = time / HOUR;
    let price = |shift: i64| {
        let ticks = 4_000_000_000_000 + (hour * 7_919 % 1_000) * 10_000_019 + shift;
        format!("{}.{:08}", ticks / 100_000_000, ticks % 100_000_000)
    };
    let volume = format!("{}.{:05}", 100 + hour % 50, hour * 31 % 100_000);
    [price(0), price(3_000_000_007), price(-2_000_000_003), price(1_000_000_001), volume]
}

/// A payment, some milliseconds late: rate and mark.
pub fn payment(time: i64) -> [String; 2] {
    let rate = time / HOUR % 97 - 40;
    let sign = if rate < 0 { "-" } else { "" };
    [format!("{sign}0.{:08}", rate.abs() * 100), format!("{}.25", 40_000 + time / HOUR % 1_000)]
}

impl Exchange {
    /// With the candles from `first` up to `end`.
    pub fn new(first: i64, end: i64) -> Exchange {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let exchange = Exchange {
            address: listener.local_addr().unwrap(),
            asked: Arc::default(),
            faults: Arc::default(),
        };
        let (asked, faults) = (Arc::clone(&exchange.asked), Arc::clone(&exchange.faults));
        std::thread::spawn(move || {
            for stream in listener.incoming().flatten() {
                let (asked, faults) = (Arc::clone(&asked), Arc::clone(&faults));
                // Who is killed leaves in the middle.
                std::thread::spawn(move || drop(serve(stream, Hours { first, end }, &asked, &faults)));
            }
        });
        exchange
    }

    pub fn url(&self) -> String {
        format!("http://{}", self.address)
    }

    /// What goes wrong with the next requests, one after the other.
    pub fn fails(&self, faults: &[Fault]) {
        *self.faults.lock().unwrap() = faults.iter().cloned().collect();
    }

    /// What was asked and answered as it should be.
    pub fn answered(&self) -> Vec<String> {
        self.asked.lock().unwrap().clone()
    }
}

/// The monthly file of January 2025, in the microseconds that the spot market has since then: a zip of one CSV without a
/// header.
pub fn january() -> Vec<u8> {
    let mut rows = String::new();
    for time in (JANUARY..FEBRUARY).step_by(HOUR as usize / 4) {
        let [o, h, l, c, v] = candle(time);
        let (open, close) = (time * 1000, (time + HOUR / 4) * 1000 - 1);
        rows += &format!("{open},{o},{h},{l},{c},{v},{close},1.0,308,1.0,1.0,0\n");
    }
    let mut zip = zip::ZipWriter::new(std::io::Cursor::new(Vec::new()));
    zip.start_file("BTCUSDT-15m-2025-01.csv", zip::write::SimpleFileOptions::default()).unwrap();
    zip.write_all(rows.as_bytes()).unwrap();
    zip.finish().unwrap().into_inner()
}

fn serve(
    stream: TcpStream,
    hours: Hours,
    asked: &Mutex<Vec<String>>,
    faults: &Mutex<VecDeque<Fault>>,
) -> std::io::Result<()> {
    let mut stream = BufReader::new(stream);
    loop {
        let (mut target, mut length) = (String::new(), 0);
        loop {
            let mut line = String::new();
            if stream.read_line(&mut line)? == 0 {
                return Ok(());
            }
            if target.is_empty() {
                target = line.split(' ').nth(1).unwrap_or("").to_owned();
            }
            if let Some(value) = line.to_ascii_lowercase().strip_prefix("content-length:") {
                length = value.trim().parse().unwrap_or(0);
            }
            if line == "\r\n" {
                break;
            }
        }
        let mut body = vec![0; length];
        stream.read_exact(&mut body)?;
        let question = format!("{target} {}", String::from_utf8_lossy(&body));
        let fault = faults.lock().unwrap().pop_front().unwrap_or(Fault::None);
        let out = stream.get_mut();
        if matches!(fault, Fault::None) && target.starts_with(FILE) {
            asked.lock().unwrap().push(question);
            let (file, sum) = (january(), sha256(&january()));
            let body =
                if target == FILE { file } else { format!("{sum}  BTCUSDT-15m-2025-01.zip\n").into_bytes() };
            write!(out, "HTTP/1.1 200 OK\r\nContent-Length: {}\r\n\r\n", body.len())?;
            out.write_all(&body)?;
            continue;
        }
        let right = answer(&target, &body, hours);
        match fault {
            Fault::Hang => std::thread::sleep(Duration::from_secs(600)),
            Fault::Cut => {
                let half = &right.1[..right.1.len() / 2];
                write!(out, "HTTP/1.1 200 OK\r\nContent-Length: {}\r\n\r\n{half}", right.1.len())?;
                return Ok(());
            }
            Fault::Status(status, header, body) => {
                write!(
                    out,
                    "HTTP/1.1 {status} X\r\n{header}\r\nContent-Length: {}\r\n\r\n{body}",
                    body.len()
                )?;
            }
            Fault::Body(body) => {
                write!(out, "HTTP/1.1 200 OK\r\nContent-Length: {}\r\n\r\n{body}", body.len())?;
            }
            Fault::Large => {
                write!(out, "HTTP/1.1 200 OK\r\nContent-Length: 9000000\r\n\r\n")?;
                out.write_all(&vec![b' '; 9_000_000])?;
            }
            Fault::None => {
                let (status, body) = right;
                if status == 200 {
                    asked.lock().unwrap().push(question);
                }
                write!(out, "HTTP/1.1 {status} X\r\nContent-Length: {}\r\n\r\n{body}", body.len())?;
            }
        }
        out.flush()?;
    }
}

fn sha256(bytes: &[u8]) -> String {
    ring::digest::digest(&ring::digest::SHA256, bytes).as_ref().iter().map(|b| format!("{b:02x}")).collect()
}

/// Status and body.
fn answer(target: &str, body: &[u8], hours: Hours) -> (u16, String) {
    let (path, query) = target.split_once('?').unwrap_or((target, ""));
    let value = |name: &str| {
        query.split('&').find_map(|pair| pair.strip_prefix(name)?.strip_prefix('=')).map(str::to_owned)
    };
    let number = |name: &str| value(name).and_then(|text| text.parse::<i64>().ok());
    let times = |step: i64, from: i64, to: i64| {
        let first = (from.max(hours.first) + step - 1).div_euclid(step) * step;
        (0..).map(move |i| first + i * step).take_while(move |t| *t <= to && *t < hours.end)
    };
    let answer = match path {
        "/api/v3/klines" | "/fapi/v1/klines" => {
            if value("symbol").as_deref() == Some("NOPE") {
                return (400, r#"{"code":-1121,"msg":"Invalid symbol."}"#.to_owned());
            }
            let limit = number("limit").unwrap_or(500).min(1000) as usize;
            let step = if value("interval").as_deref() == Some("15m") { HOUR / 4 } else { HOUR };
            let rows = times(step, number("startTime").unwrap(), number("endTime").unwrap_or(i64::MAX));
            let rows = rows.take(limit).map(|t| {
                let [o, h, l, c, v] = candle(t);
                json!([t, o, h, l, c, v, t + step - 1, "1.0", 308, "1.0", "1.0", "0"])
            });
            Value::from(rows.collect::<Vec<_>>())
        }
        "/fapi/v1/fundingRate" => {
            // Payments are some milliseconds late.
            let rows = times(8 * HOUR, number("startTime").unwrap() - 7, number("endTime").unwrap() - 7);
            let rows = rows.take(number("limit").unwrap() as usize).map(|t| {
                let [rate, mark] = payment(t);
                json!({"symbol": "BTCUSDT", "fundingTime": t + 7, "fundingRate": rate, "markPrice": mark})
            });
            Value::from(rows.collect::<Vec<_>>())
        }
        "/info" => {
            let question: Value = serde_json::from_slice(body).unwrap();
            if question["type"] == "fundingHistory" {
                let (from, to) = (&question["startTime"], &question["endTime"]);
                let rows = times(8 * HOUR, from.as_i64().unwrap() - 7, to.as_i64().unwrap() - 7);
                let rows = rows.take(500).map(
                    |t| json!({"coin": "BTC", "fundingRate": payment(t)[0], "premium": "0.1", "time": t + 7}),
                );
                Value::from(rows.collect::<Vec<_>>())
            } else {
                let (from, to) = (&question["req"]["startTime"], &question["req"]["endTime"]);
                let newest = hours.end - 5000 * HOUR;
                let rows = times(HOUR, from.as_i64().unwrap().max(newest), to.as_i64().unwrap()).map(|t| {
                    let [o, h, l, c, v] = candle(t);
                    json!({"t": t, "T": t + HOUR - 1, "s": "BTC", "i": "1h", "o": o, "c": c, "h": h, "l": l, "v": v, "n": 5})
                });
                Value::from(rows.collect::<Vec<_>>())
            }
        }
        "/0/public/OHLC" if value("pair").as_deref() != Some("XBTUSD") => {
            json!({"error": ["EQuery:Unknown asset pair"]})
        }
        "/0/public/OHLC" => {
            let since = number("since").unwrap() * 1000;
            let rows = times(HOUR, (since + 1).max(hours.end - 720 * HOUR), i64::MAX).map(|t| {
                let [o, h, l, c, v] = candle(t);
                json!([t / 1000, o, h, l, c, o, v, 42])
            });
            json!({"error": [], "result": {"XXBTZUSD": rows.collect::<Vec<_>>(), "last": 1}})
        }
        "/api/charts/v1/trade/PF_XBTUSD/1h" => {
            let rows = times(HOUR, number("from").unwrap() * 1000, number("to").unwrap() * 1000).map(|t| {
                let [o, h, l, c, v] = candle(t);
                json!({"time": t, "open": o, "high": h, "low": l, "close": c, "volume": v})
            });
            json!({"candles": rows.take(2000).collect::<Vec<_>>(), "more_candles": false})
        }
        _ => return (404, "no such path".to_owned()),
    };
    (200, answer.to_string())
}
