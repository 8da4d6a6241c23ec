//! Load on a service of signals: a closed loop of connections that each send one request after the other.
//!
//! `cargo run --release -p galapagos-worker --example serve_load -- 127.0.0.1:8080 PID [CONNECTIONS] [SECONDS]`, where PID is that
//! of the service on this machine. It prints requests a second, the processor time that the service took for each, and the
//! latency of the requests.

use std::io::{self, Read, Write};
use std::net::TcpStream;
use std::time::{Duration, Instant};

const REQUEST: &[u8] = b"GET /v1/signals HTTP/1.1\r\nHost: load\r\n\r\n";
/// What the system counts processor time in: USER_HZ is 100 on every Linux.
const TICK: f64 = 0.01;

/// Seconds of processor time that a process has taken.
fn processor(pid: &str) -> Option<f64> {
    let stat = std::fs::read_to_string(format!("/proc/{pid}/stat")).ok()?;
    // The name in parentheses may hold anything; user and system time are the 12th and 13th field behind it.
    let fields: Vec<&str> = stat.rsplit_once(')')?.1.split_whitespace().collect();
    let ticks = |at: usize| fields.get(at)?.parse::<f64>().ok();
    Some((ticks(11)? + ticks(12)?) * TICK)
}

/// Sends requests until `end`; the latency of each.
fn ask(address: &str, end: Instant) -> io::Result<Vec<Duration>> {
    let mut stream = TcpStream::connect(address)?;
    stream.set_nodelay(true)?;
    stream.set_read_timeout(Some(Duration::from_secs(10)))?;
    let (mut all, mut buffer, mut length) = (Vec::new(), vec![0; 1 << 20], None);
    while Instant::now() < end {
        let begun = Instant::now();
        stream.write_all(REQUEST)?;
        let mut filled = 0;
        loop {
            let read = stream.read(&mut buffer[filled..])?;
            if read == 0 {
                return Err(io::Error::other("the service closed a connection"));
            }
            filled += read;
            // All answers are the same document: their length is looked up once.
            let whole = match length {
                Some(whole) => whole,
                None => match whole(&buffer[..filled])? {
                    Some(whole) => *length.insert(whole),
                    None => continue,
                },
            };
            if filled >= whole {
                break;
            }
        }
        all.push(begun.elapsed());
    }
    Ok(all)
}

/// Bytes of an answer, head included, once the head is there.
fn whole(bytes: &[u8]) -> io::Result<Option<usize>> {
    let text = String::from_utf8_lossy(bytes);
    let Some((head, _)) = text.split_once("\r\n\r\n") else { return Ok(None) };
    if !head.starts_with("HTTP/1.1 200") {
        return Err(io::Error::other(text.into_owned()));
    }
    let line =
        head.lines().find_map(|l| l.to_ascii_lowercase().strip_prefix("content-length: ").map(str::to_owned));
    let length: usize = line.and_then(|l| l.parse().ok()).ok_or_else(|| io::Error::other("no length"))?;
    Ok(Some(head.len() + 4 + length))
}

fn main() -> io::Result<()> {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let [address, pid, rest @ ..] = arguments.as_slice() else {
        return Err(io::Error::other("usage: serve_load ADDRESS PID [CONNECTIONS] [SECONDS]"));
    };
    let number = |at: usize, usual: u64| rest.get(at).and_then(|n| n.parse().ok()).unwrap_or(usual);
    let (connections, seconds) = (number(0, 8).clamp(1, 200), number(1, 5).clamp(1, 60));
    let before = processor(pid).ok_or_else(|| io::Error::other(format!("there is no process {pid}")))?;
    let begun = Instant::now();
    let end = begun + Duration::from_secs(seconds);
    let all = std::thread::scope(|scope| {
        let threads: Vec<_> = (0..connections).map(|_| scope.spawn(|| ask(address, end))).collect();
        let joined = threads.into_iter().map(|t| t.join().unwrap_or_else(|_| Err(io::Error::other("panic"))));
        joined.collect::<io::Result<Vec<_>>>()
    })?;
    let wall = begun.elapsed().as_secs_f64();
    let taken = processor(pid).unwrap_or(before) - before;
    let mut latencies: Vec<Duration> = all.into_iter().flatten().collect();
    latencies.sort_unstable();
    let count = latencies.len();
    let at = |share: f64| latencies.get(((count as f64 * share) as usize).min(count.saturating_sub(1)));
    let ms = |share: f64| at(share).map_or(f64::NAN, |d| d.as_secs_f64() * 1000.0);
    println!("connections              {connections}");
    println!("requests a second        {:.0}", count as f64 / wall);
    println!("requests a second a core {:.0}", count as f64 / taken);
    println!("processor time a request {:.1} us", taken / count as f64 * 1e6);
    println!("p50 {:.3} ms  p99 {:.3} ms  p99.9 {:.3} ms", ms(0.5), ms(0.99), ms(0.999));
    Ok(())
}
