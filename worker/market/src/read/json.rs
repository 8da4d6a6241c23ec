//! JSON: lines of objects or arrays, arrays of candles, and the answers of exchanges that wrap them.

use super::nested::{Zones, complaint, zones};
use super::shapes::as_rows;
use super::times;
use super::tree::{Data, Table, Tree, is_row, some};
use super::unique::Unique;
use super::unpack::Source;
use super::{Progress, ReadOptions};
use crate::columns::{ColumnRole, Columns, find, is_end_name, remedy, without_header};
use crate::error::{Error, Result};
use crate::rows::{Collector, FileRows, Header, Row, TimeCell};
use crate::zone::Zone;
use serde_json::Value;
use std::borrow::Cow;
use std::collections::BTreeSet;
use std::io::Read;
use std::path::Path;

pub(super) fn read(source: &Source, options: &ReadOptions, progress: Progress<'_>) -> Result<FileRows> {
    let path = source.path();
    let mut bytes = Vec::new();
    source.file()?.read_to_end(&mut bytes).map_err(|e| Error::io("read", path, e))?;
    let text = bytes.strip_prefix(b"\xef\xbb\xbf").unwrap_or(&bytes);
    let size = text.len() as u64;
    let mut values = serde_json::Deserializer::from_slice(text).into_iter::<Unique>();
    let mut reader = Reader {
        source,
        path,
        options,
        columns: None,
        rows: None,
        unit: "row",
        extra: BTreeSet::new(),
        forming: None,
    };
    let least = options.columns.least_fields();
    let mut wrappers: Vec<(u64, Value)> = Vec::new();
    let (mut line, mut at, mut count) = (1u64, 0usize, 0u64);
    while let Some(value) = values.next() {
        let Unique(value) = value.map_err(|e| {
            let what = match (e.is_data(), e.is_eof()) {
                (true, _) => "",
                (false, true) => "is no JSON, it may be cut: ",
                (false, false) => "is no JSON: ",
            };
            let has = |word: &[u8]| text.windows(word.len()).any(|part| part == word);
            let hint = match e.is_syntax() {
                true if has(b"NaN") || has(b"Infinity") => "; NaN and Infinity are no JSON: write null",
                true if has(b"{'") => "; it is as Python prints it: write it with json.dumps",
                _ => "",
            };
            Error::layout(path, format!("line {}: {what}{e}{hint}", e.line()))
        })?;
        let nested = value.as_object().is_some_and(|map| map.values().any(Value::is_object));
        let value = if nested { as_rows(value, &options.columns) } else { value };
        if is_row(&value, least) {
            reader.unit = if count == 0 { "line" } else { reader.unit };
            reader.row(&value, line, None)?;
        } else {
            wrappers.push((line, as_rows(value, &options.columns)));
        }
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
    let zoned;
    let named = match options.zone {
        Some(_) => Zones::default(),
        None => zones(wrappers.iter().map(|(_, value)| value)).map_err(|text| Error::layout(path, text))?,
    };
    if let Some(zone) = named.said.as_deref().and_then(|name| Zone::parse(name).ok()) {
        zoned = ReadOptions { zone: Some(zone), ..options.clone() };
        reader.options = &zoned;
    }
    let rest = reader.wrappers(&wrappers)?;
    progress(size, size);
    match reader.rows {
        Some(mut rows) => {
            match named.beside.as_slice() {
                [zone] if rows.is_naive() => rows.notes.push(format!(
                    "beside the candles stands the zone {zone}: if the times are of it, say --timezone {zone}"
                )),
                [_, _, ..] if rows.is_naive() => rows.notes.push(format!(
                    "beside the candles stand the zones {}: if the times are of them, import each from a file of its own \
                     and name its zone",
                    some(&named.beside)
                )),
                _ => {}
            }
            rows.leave_out(reader.extra);
            if let Some((count, key)) = reader.forming {
                rows.notes
                    .push(format!("{count} candles whose {key:?} is false had not ended and were left out"));
            }
            if !rest.is_empty() {
                rows.notes.push(format!("left out beside the candles: {}", some(&rest)));
            }
            rows.finish()
        }
        None => {
            let what = if options.columns.is_close_only() {
                "a time and a close"
            } else {
                "open, high, low and close"
            };
            let problem = format!("has no candles: neither objects with {what}, nor arrays");
            Err(Error::layout(path, format!("{problem}{}", hint(options))))
        }
    }
}

/// Follows a problem that files of closes have.
fn hint(options: &ReadOptions) -> &'static str {
    if options.columns.is_close_only() { "" } else { "; where there are closes only, say --close-only" }
}

struct Reader<'a> {
    source: &'a Source,
    path: &'a Path,
    options: &'a ReadOptions,
    columns: Option<(Columns, Vec<String>)>,
    rows: Option<Collector>,
    unit: &'static str,
    /// Keys and fields that the first row does not have.
    extra: BTreeSet<String>,
    /// Rows whose candle was still forming, and the field that says so.
    forming: Option<(u64, String)>,
}

/// The field of a row that says that its candle is still forming: `"complete": false`.
fn is_forming(row: &Value) -> Option<&String> {
    let map = row.as_object()?;
    let said = |(key, value): &(&String, &Value)| {
        let no = matches!(value, Value::Bool(false))
            || matches!(value.as_str(), Some("false" | "0"))
            || value.as_i64() == Some(0);
        no && (is_end_name(key) || (key.as_str() == "x" && value.is_boolean()))
    };
    map.iter().find(said).map(|(key, _)| key)
}

/// Fields of the arrays of exchanges whose last one says whether the candle has ended: OKX and Gate.io have more than
/// time, prices and a volume.
const LEAST_FLAGGED: usize = 8;

/// The newest of arrays of candles if its last field, and that of no other, says that it has not ended; and that field.
fn forming(rows: &[Value]) -> Option<(usize, String)> {
    let flag = |row: &Value| {
        let cells = row.as_array().filter(|cells| cells.len() >= LEAST_FLAGGED)?;
        match cells.last()? {
            Value::Bool(ended) => Some(*ended),
            Value::String(text) if text == "1" || text == "true" => Some(true),
            Value::String(text) if text == "0" || text == "false" => Some(false),
            _ => None,
        }
    };
    let flags: Vec<bool> = rows.iter().map(flag).collect::<Option<_>>()?;
    let mut open = (0..flags.len()).filter(|i| !flags[*i]);
    let (at, last) = (open.next()?, flags.len().checked_sub(1)?);
    let fields = rows[at].as_array().map_or(0, Vec::len);
    (open.next().is_none() && last > 0 && (at == 0 || at == last)).then(|| (at, format!("#{fields}")))
}

/// Polygon calls the symbol `T` beside a time `t`; others call a time so.
fn is_symbol_t(map: &serde_json::Map<String, Value>) -> bool {
    let text = map.get("T").and_then(Value::as_str);
    map.contains_key("t") && text.is_some_and(|t| t.starts_with(|c: char| c.is_ascii_alphabetic()))
}

impl Reader<'_> {
    /// Reads the lists of candles inside `values`; returns what else stands there.
    fn wrappers(&mut self, values: &[(u64, Value)]) -> Result<Vec<String>> {
        let mut tree = Tree::new(self.options.columns.least_fields());
        for (line, value) in values {
            let before = tree.tables.len();
            tree.add(value);
            if tree.tables.len() == before {
                let problem = match complaint(value) {
                    Some(text) => format!("line {line} holds no candle; it says {text:?}"),
                    None => format!("line {line} holds no candle{}", hint(self.options)),
                };
                return Err(Error::layout(self.path, problem));
            }
        }
        if let Some(more) = &tree.more {
            let problem = format!(
                "is incomplete: {more}, so there are further candles: fetch all pages and write the answers one after the other into one file"
            );
            return Err(Error::layout(self.path, problem));
        }
        let named_by_rows = !tree.tables.is_empty() && tree.tables.iter().all(|t| self.has_symbols(t));
        if named_by_rows {
            tree.tables.iter_mut().for_each(|t| t.symbol = None);
        } else if let Some(note) = tree.name().map_err(|problem| Error::layout(self.path, problem))? {
            let table_rows = self.rows.is_some();
            self.tables(&tree.tables)?;
            if let (Some(rows), false) = (&mut self.rows, table_rows) {
                rows.notes.push(note);
            }
            return Ok(tree.rest);
        }
        self.tables(&tree.tables)?;
        Ok(tree.rest)
    }

    fn tables(&mut self, tables: &[Table<'_>]) -> Result<()> {
        for table in tables {
            self.columns = None;
            let symbol = table.symbol.as_deref();
            match &table.data {
                Data::Rows(rows) => {
                    let forming = forming(rows);
                    if let Some((_, place)) = &forming {
                        self.forming.get_or_insert_with(|| (0, place.clone())).0 += 1;
                    }
                    let skipped = forming.map(|(at, _)| at);
                    let mut kept = rows.iter().enumerate().filter(|(i, _)| Some(*i) != skipped);
                    kept.try_for_each(|(i, row)| self.row(row, i as u64 + 1, symbol))?
                }
                Data::Columns(map) => {
                    let length = column_arrays(map).map(|(_, a)| a.len()).max().unwrap_or(0);
                    for i in 0..length {
                        self.row(&nth(map, i), i as u64 + 1, symbol)?;
                    }
                }
            }
        }
        Ok(())
    }

    /// Whether the rows say themselves whose they are.
    fn has_symbols(&self, table: &Table<'_>) -> bool {
        let first = match &table.data {
            Data::Rows(rows) => rows.first().cloned(),
            Data::Columns(map) => Some(nth(map, 0)),
        };
        first.is_some_and(|row| self.layout(&row, 1).is_ok_and(|(columns, _)| columns.symbol.is_some()))
    }

    fn row(&mut self, value: &Value, number: u64, owner: Option<&str>) -> Result<()> {
        let unit = self.unit;
        if let Some(key) = is_forming(value) {
            self.forming.get_or_insert_with(|| (0, key.clone())).0 += 1;
            return Ok(());
        }
        if self.columns.is_none() {
            let (columns, names) = self.layout(value, number)?;
            let header = Header {
                names: names.clone(),
                columns: columns.clone(),
                named: value.is_object(),
                wide: false,
            };
            match &mut self.rows {
                None => self.rows = Some(Collector::new(self.source, unit, header, self.options)),
                Some(rows) => rows.also(header),
            }
            self.columns = Some((columns, names));
        }
        let (Some((columns, names)), Some(rows)) = (&self.columns, &mut self.rows) else { return Ok(()) };
        let path = self.path;
        match value {
            Value::Array(cells) if rows.header.named => {
                let problem =
                    format!("{unit} {number} is an array of {} values, others are objects", cells.len());
                return Err(Error::layout(path, problem));
            }
            Value::Array(cells) => {
                self.extra.extend((names.len()..cells.len()).map(|i| format!("#{}", i + 1)));
            }
            Value::Object(map) if !map.keys().eq(names) => {
                self.extra.extend(map.keys().filter(|k| !names.contains(k)).cloned());
            }
            _ => {}
        }
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
        let needed = |at: usize, role: ColumnRole| {
            cell(at).ok_or_else(|| Error::layout(path, format!("{unit} {number} has no {}", role.name())))
        };
        let time = needed(columns.time, ColumnRole::Time)?;
        let clock = columns.clock.and_then(cell);
        let mut prices = [const { Cow::Borrowed(b"".as_slice()) }; 4];
        for (i, role) in ColumnRole::PRICES.into_iter().enumerate() {
            prices[i] = needed(columns.prices[i], role)?;
        }
        let volume = columns.volume.map(|at| cell(at).unwrap_or_default());
        let adjusted = columns.adjusted.map(|at| cell(at).unwrap_or_default());
        let owner = owner.map(|o| Cow::Borrowed(o.as_bytes()));
        let symbol = columns.symbol.map(|at| cell(at).unwrap_or_default()).or(owner);
        rows.push(Row {
            row: number,
            time: TimeCell::Text(&time, clock.as_deref()),
            prices: [&prices[0], &prices[1], &prices[2], &prices[3]],
            volume: volume.as_deref(),
            symbol: symbol.as_deref(),
            adjusted: adjusted.as_deref(),
        })
    }

    fn layout(&self, value: &Value, number: u64) -> Result<(Columns, Vec<String>)> {
        let unit = self.unit;
        let (columns, names) = match value {
            Value::Object(map) => {
                let names: Vec<String> = map.keys().cloned().collect();
                let header: Vec<&str> = names.iter().map(String::as_str).collect();
                let choice = &self.options.columns;
                let found = find(&header, choice).and_then(|columns| match columns.symbol {
                    None if is_symbol_t(map) && !choice.names(ColumnRole::Symbol) => {
                        find(&header, &choice.with(ColumnRole::Symbol, "T"))
                    }
                    _ => Ok(columns),
                });
                let found = found.or_else(|missing| {
                    let text = |at: usize| match map.get(names.get(at)?)? {
                        Value::String(text) => Some(text.clone()),
                        Value::Number(number) => Some(number.to_string()),
                        _ => None,
                    };
                    match missing.as_str() {
                        "time" => match times::sole(&header, text)? {
                            Some(name) => find(&header, &choice.with(ColumnRole::Time, name)),
                            None => Err(missing),
                        },
                        _ => Err(missing),
                    }
                });
                (found, names)
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
            let problem =
                format!("{unit} {number} has no {missing} among {}: {}", names.join(", "), remedy(&missing));
            Error::layout(self.path, problem)
        })?;
        Ok((columns, names))
    }
}

fn column_arrays(map: &serde_json::Map<String, Value>) -> impl Iterator<Item = (&String, &Vec<Value>)> {
    map.iter().filter_map(|(k, v)| Some((k, v.as_array()?)))
}

/// Row `i` of an object of columns.
fn nth(map: &serde_json::Map<String, Value>, i: usize) -> Value {
    let cells = column_arrays(map).map(|(k, a)| (k.clone(), a.get(i).cloned().unwrap_or(Value::Null)));
    Value::Object(cells.collect())
}
