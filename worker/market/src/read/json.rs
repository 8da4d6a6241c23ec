//! JSON: lines of objects or arrays, arrays of candles, and the answers of exchanges that wrap them.

use super::{Progress, ReadOptions};
use crate::columns::{Columns, Role, find, without_header};
use crate::error::{Error, Result};
use crate::rows::{Collector, FileRows, Row, TimeCell};
use serde_json::Value;
use std::borrow::Cow;
use std::path::Path;

pub(super) fn read(path: &Path, options: &ReadOptions, progress: Progress<'_>) -> Result<FileRows> {
    let bytes = std::fs::read(path).map_err(|e| Error::io("read", path, e))?;
    let text = bytes.strip_prefix(b"\xef\xbb\xbf").unwrap_or(&bytes);
    let size = text.len() as u64;
    let mut values = serde_json::Deserializer::from_slice(text).into_iter::<Value>();
    let mut reader = Reader { path, options, columns: None, rows: None, per_line: false };
    let (mut line, mut at, mut count) = (1u64, 0usize, 0u64);
    while let Some(value) = values.next() {
        let value = value.map_err(|e| {
            let far = line - 1 + e.line() as u64;
            Error::layout(path, format!("line {far}: is no JSON: {e}"))
        })?;
        reader.top(&value, line)?;
        let end = values.byte_offset();
        line += text[at..end].iter().filter(|&&b| b == b'\n').count() as u64;
        // The line break after a value belongs to it.
        let rest = &text[end..];
        let blank = rest.iter().take_while(|b| b.is_ascii_whitespace()).count();
        line += rest[..blank].iter().filter(|&&b| b == b'\n').count() as u64;
        at = end + blank;
        count += 1;
        if count.is_multiple_of(65_536) {
            progress(end as u64, size);
        }
    }
    progress(size, size);
    match reader.rows {
        Some(rows) => rows.finish(),
        None => Err(Error::layout(
            path,
            "has no candles: neither objects with open, high, low and close, nor arrays",
        )),
    }
}

struct Reader<'a> {
    path: &'a Path,
    options: &'a ReadOptions,
    columns: Option<(Columns, Vec<String>)>,
    rows: Option<Collector>,
    per_line: bool,
}

fn is_row(value: &Value) -> bool {
    match value {
        Value::Array(cells) => cells.len() >= 5 && cells.iter().all(|c| !c.is_array() && !c.is_object()),
        Value::Object(map) => map.values().filter(|v| v.is_number() || v.is_string()).count() >= 5,
        _ => false,
    }
}

/// The first array of rows anywhere inside a wrapper such as `{"code":"0","data":[..]}`.
fn candles(value: &Value) -> Option<&Vec<Value>> {
    match value {
        Value::Array(items) if items.first().is_some_and(is_row) => Some(items),
        Value::Array(items) => items.iter().find_map(candles),
        Value::Object(map) => map.values().find_map(candles),
        _ => None,
    }
}

/// `{"t":[..],"o":[..],..}`: an object of columns.
fn is_columns(value: &Value) -> bool {
    let Value::Object(map) = value else { return false };
    map.values()
        .filter(|v| v.as_array().is_some_and(|a| a.iter().all(|c| !c.is_array() && !c.is_object())))
        .count()
        >= 5
}

impl Reader<'_> {
    fn top(&mut self, value: &Value, line: u64) -> Result<()> {
        if self.rows.is_none() {
            self.per_line = is_row(value);
        }
        if is_row(value) {
            return self.row(value, line);
        }
        if is_columns(value) {
            return self.by_columns(value);
        }
        let Some(rows) = candles(value) else {
            return Err(Error::layout(self.path, format!("line {line} holds no candle")));
        };
        rows.iter().enumerate().try_for_each(|(i, row)| self.row(row, i as u64 + 1))
    }

    fn by_columns(&mut self, value: &Value) -> Result<()> {
        let Value::Object(map) = value else { return Ok(()) };
        let arrays: Vec<(&String, &Vec<Value>)> =
            map.iter().filter_map(|(k, v)| Some((k, v.as_array()?))).collect();
        let length = arrays.iter().map(|(_, a)| a.len()).fold(0, |a, b| if a > b { a } else { b });
        for i in 0..length {
            let row = arrays
                .iter()
                .map(|(k, a)| ((*k).clone(), a.get(i).cloned().unwrap_or(Value::Null)))
                .collect();
            self.row(&Value::Object(row), i as u64 + 1)?;
        }
        Ok(())
    }

    fn row(&mut self, value: &Value, number: u64) -> Result<()> {
        let unit = if self.per_line { "line" } else { "row" };
        if self.columns.is_none() {
            self.columns = Some(self.layout(value, unit, number)?);
        }
        let Some((columns, names)) = &self.columns else { return Ok(()) };
        let name = |at: usize| names.get(at).cloned().unwrap_or_default();
        let path = self.path;
        let rows = self.rows.get_or_insert_with(|| {
            let [open, high, low, close] = columns.prices.map(name);
            let names =
                [name(columns.time), open, high, low, close, columns.volume.map(name).unwrap_or_default()];
            Collector::new(path, unit, names, self.options.day_order)
        });
        let cell = |at: usize| -> Option<Cow<'_, [u8]>> {
            let cell = match value {
                Value::Array(cells) => cells.get(at)?,
                Value::Object(map) => map.get(names.get(at)?)?,
                _ => return None,
            };
            Some(match cell {
                Value::String(text) => Cow::Borrowed(text.as_bytes()),
                Value::Number(number) => Cow::Owned(number.to_string().into_bytes()),
                _ => Cow::Borrowed(b""),
            })
        };
        let needed = |at: usize, role: Role| {
            cell(at).ok_or_else(|| Error::layout(path, format!("{unit} {number} has no {}", role.name())))
        };
        let time = needed(columns.time, Role::Time)?;
        let clock = columns.clock.and_then(cell);
        let mut prices = [const { Cow::Borrowed(b"".as_slice()) }; 4];
        for (i, role) in Role::PRICES.into_iter().enumerate() {
            prices[i] = needed(columns.prices[i], role)?;
        }
        let volume = columns.volume.map(|at| cell(at).unwrap_or_default());
        let symbol = columns.symbol.map(|at| cell(at).unwrap_or_default());
        rows.push(Row {
            row: number,
            time: TimeCell::Text(&time, clock.as_deref()),
            prices: [&prices[0], &prices[1], &prices[2], &prices[3]],
            volume: volume.as_deref(),
            symbol: symbol.as_deref(),
        })
    }

    fn layout(&self, value: &Value, unit: &str, number: u64) -> Result<(Columns, Vec<String>)> {
        let (columns, names) = match value {
            Value::Object(map) => {
                let names: Vec<String> = map.keys().cloned().collect();
                let header: Vec<&str> = names.iter().map(String::as_str).collect();
                (find(&header, &self.options.columns), names)
            }
            Value::Array(cells) => {
                let names = (1..=cells.len()).map(|n| format!("#{n}")).collect();
                (without_header(cells.len(), false, &self.options.columns), names)
            }
            _ => {
                return Err(Error::layout(
                    self.path,
                    format!("{unit} {number} is neither an object nor an array"),
                ));
            }
        };
        let columns = columns.map_err(|missing| {
            let problem = format!(
                "{unit} {number} has no {missing} among {}: name it with --columns",
                names.join(", ")
            );
            Error::layout(self.path, problem)
        })?;
        Ok((columns, names))
    }
}
