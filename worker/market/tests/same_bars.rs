//! The same bars have the same digest, however they are written.
#![allow(clippy::unwrap_used)] // tests, in their own crate: the lint does not see it

mod common;

use common::*;
use galapagos_market::*;
use proptest::prelude::*;
use std::io::Write;

/// Open, high, low, close and volume in hundredths.
type Bar = [i64; 5];

fn bars() -> impl Strategy<Value = Vec<Bar>> {
    let bar =
        (5_000i64..20_000, 0i64..90, 0i64..90, 0i64..90, 1i64..9999).prop_map(|(low, a, b, c, volume)| {
            let (open, close) = (low + a, low + b);
            [open, open.max(close) + c, low, close, volume]
        });
    prop::collection::vec(bar, 6..40)
}

/// How a file is written.
#[derive(Clone, Debug)]
struct Style {
    delimiter: char,
    columns: Vec<usize>,
    newest_first: bool,
    quoted: bool,
    crlf: bool,
    /// Epoch seconds, milliseconds, microseconds, ISO 8601, a local time with its offset.
    time: usize,
    /// Zeros behind a price.
    zeros: usize,
    /// Plain, gzip, zstd, UTF-16, a mark of UTF-8.
    packing: usize,
}

fn style() -> impl Strategy<Value = Style> {
    let columns = Just((0..6).collect::<Vec<usize>>()).prop_shuffle();
    let delimiter = prop::sample::select(vec![',', ';', '\t', '|']);
    (delimiter, columns, any::<bool>(), any::<bool>(), any::<bool>(), 0usize..5, 0usize..4, 0usize..5)
        .prop_map(|(delimiter, columns, newest_first, quoted, crlf, time, zeros, packing)| Style {
            delimiter,
            columns,
            newest_first,
            quoted,
            crlf,
            time,
            zeros,
            packing,
        })
}

impl Style {
    fn time(&self, at: usize) -> String {
        let ms = START + at as i64 * HOUR;
        let (day, hour) = (1 + (at + 11) / 24, (at + 11) % 24);
        match self.time {
            0 => (ms / 1000).to_string(),
            1 => ms.to_string(),
            2 => (ms * 1000).to_string(),
            3 => format!("2017-07-{day:02}T{hour:02}:00:00Z"),
            _ => format!("2017-07-{day:02} {hour:02}:30:00+00:30"),
        }
    }

    fn price(&self, value: i64) -> String {
        format!("{}.{:02}{}", value / 100, value % 100, "0".repeat(self.zeros))
    }

    fn write(&self, bars: &[Bar], from: usize) -> Vec<u8> {
        let names = ["time", "open", "high", "low", "close", "volume"];
        let cell = |text: String| if self.quoted { format!("\"{text}\"") } else { text };
        let line = |cells: Vec<String>| {
            let cells: Vec<String> = self.columns.iter().map(|&c| cell(cells[c].clone())).collect();
            cells.join(&self.delimiter.to_string())
        };
        let mut lines: Vec<String> = bars
            .iter()
            .enumerate()
            .map(|(i, bar)| {
                let mut cells = vec![self.time(from + i)];
                cells.extend(bar[..4].iter().map(|&p| self.price(p)));
                cells.push(bar[4].to_string());
                line(cells)
            })
            .collect();
        if self.newest_first {
            lines.reverse();
        }
        lines.insert(0, line(names.iter().map(|n| (*n).to_owned()).collect()));
        let text = lines.join(if self.crlf { "\r\n" } else { "\n" });
        match self.packing {
            1 => {
                let mut out = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::fast());
                out.write_all(text.as_bytes()).unwrap();
                out.finish().unwrap()
            }
            2 => zstd::encode_all(text.as_bytes(), 1).unwrap(),
            3 => [0xfeff].into_iter().chain(text.encode_utf16()).flat_map(u16::to_le_bytes).collect(),
            4 => [b"\xef\xbb\xbf", text.as_bytes()].concat(),
            _ => text.into_bytes(),
        }
    }
}

fn digest(files: &[(String, Vec<u8>)]) -> String {
    let dir = folder();
    let inputs = files.iter().enumerate().map(|(i, (symbol, bytes))| {
        Input::for_symbol(symbol.clone(), write(dir.path(), &format!("{i}.data"), bytes))
    });
    let summary = run(&plan(&dir.path().join("data"), inputs.collect()));
    assert!(summary.failed.is_empty(), "{:?}", summary.failed);
    summary.published.unwrap().digest
}

fn json(bars: &[Bar]) -> Vec<u8> {
    let row = |(i, bar): (usize, &Bar)| {
        let [o, h, l, c] = [0, 1, 2, 3].map(|at| format!("{}.{:02}", bar[at] / 100, bar[at] % 100));
        format!("[{}, \"{o}\", {h}, {l}, \"{c}\", {}]", START + i as i64 * HOUR, bar[4])
    };
    format!("[{}]", bars.iter().enumerate().map(row).collect::<Vec<_>>().join(", ")).into_bytes()
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 60, ..ProptestConfig::default() })]

    #[test]
    fn any_spelling_and_any_cut_of_the_same_bars_has_one_digest(
        a in bars(), b in bars(), styles in prop::collection::vec(style(), 4), cut in 0.0f64..1.0, turned: bool,
    ) {
        let plain = [("A".to_owned(), json(&a)), ("B".to_owned(), json(&b))];
        let at = 2 + (cut * (a.len() - 4) as f64) as usize;
        let mut files = vec![
            ("A".to_owned(), styles[0].write(&a[..at], 0)),
            ("B".to_owned(), styles[1].write(&b, 0)),
            ("A".to_owned(), styles[2].write(&a[at..], at)),
        ];
        if turned {
            files.reverse();
        }
        prop_assert_eq!(digest(&plain), digest(&files));
    }

    #[test]
    fn a_table_of_several_symbols_is_that_of_each(
        a in bars(), b in bars(), order in prop::collection::vec(any::<bool>(), 80),
    ) {
        let row = |name: &str, i: usize, bar: &Bar| {
            let [o, h, l, c] = [0, 1, 2, 3].map(|at| format!("{}.{:02}", bar[at] / 100, bar[at] % 100));
            format!("{name},{},{o},{h},{l},{c},{}\n", START + i as i64 * HOUR, bar[4])
        };
        let (mut i, mut j, mut text) = (0, 0, String::from("ticker,time,open,high,low,close,volume\n"));
        for first in order.iter().copied().chain(std::iter::repeat(true)) {
            match (i < a.len(), j < b.len()) {
                (true, other) if first || !other => {
                    text += &row("A", i, &a[i]);
                    i += 1;
                }
                (_, true) => {
                    text += &row("B", j, &b[j]);
                    j += 1;
                }
                _ => break,
            }
        }
        let dir = folder();
        let input = Input::new(write(dir.path(), "both.csv", text));
        let both = run(&plan(&dir.path().join("data"), vec![input])).published.unwrap().digest;
        prop_assert_eq!(both, digest(&[("A".to_owned(), json(&a)), ("B".to_owned(), json(&b))]));
    }

    #[test]
    fn packed_bytes_that_were_changed_are_read_or_refused(
        a in bars(), style in style(), packing in 1usize..4, changes in prop::collection::vec((any::<usize>(), any::<u8>()), 1..8),
    ) {
        let mut bytes = Style { packing, ..style }.write(&a, 0);
        for (at, byte) in changes {
            let at = at % bytes.len();
            bytes[at] = byte;
        }
        let _ = load_with("X.csv", bytes, &repair());
    }
}
