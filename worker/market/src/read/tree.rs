//! Where candles stand inside JSON, and what else does: an answer may hold several lists, one per symbol.

use crate::columns::{is_page_name, symbol_word};
use serde_json::{Map, Value};
use std::collections::BTreeSet;

/// Places that a message names; the others are counted.
const NAMED: usize = 20;

/// One list of candles.
pub(super) struct Table<'a> {
    /// The keys and positions above it.
    path: Vec<String>,
    /// The symbol that an object around it names.
    pub symbol: Option<String>,
    pub data: Data<'a>,
}

pub(super) enum Data<'a> {
    /// `[{..}, {..}]` or `[[..], [..]]`.
    Rows(&'a [Value]),
    /// One object with an array per column: `{"t":[..],"o":[..],..}`.
    Columns(&'a Map<String, Value>),
}

/// What one or more JSON values hold.
#[derive(Default)]
pub(super) struct Tree<'a> {
    /// Values that a row has at least.
    least: usize,
    pub tables: Vec<Table<'a>>,
    /// Places of everything else that is no plain value.
    pub rest: Vec<String>,
    /// What in the last value says that there are more candles elsewhere, as `next_page_token is "x"`.
    pub more: Option<String>,
}

/// A row of at least so many values, none of which holds rows itself.
pub(super) fn is_row(value: &Value, least: usize) -> bool {
    look(value, least).is_row
}

fn is_plain(value: &Value) -> bool {
    !value.is_array() && !value.is_object()
}

fn holds_rows(value: &Value, least: usize) -> bool {
    look(value, least).holds_rows
}

/// What a value is.
struct Look {
    is_row: bool,
    holds_rows: bool,
}

/// Both answers in one walk: asking each child for one and then for the other would double the work at every level.
fn look(value: &Value, least: usize) -> Look {
    match value {
        Value::Array(cells) => Look {
            is_row: cells.len() >= least && cells.iter().all(is_plain),
            holds_rows: cells.iter().map(|cell| look(cell, least)).any(|cell| cell.is_row || cell.holds_rows),
        },
        Value::Object(map) => {
            let below = map.values().any(|value| holds_rows(value, least));
            let values = map.values().filter(|v| v.is_number() || v.is_string()).count();
            Look { is_row: values >= least && !below, holds_rows: below || is_columns(map, least) }
        }
        _ => Look { is_row: false, holds_rows: false },
    }
}

/// Neither null, nor false, nor an empty text.
fn is_said(value: &Value) -> bool {
    !matches!(value, Value::Null | Value::Bool(false))
        && value.as_str() != Some("")
        && value.as_i64() != Some(0)
}

/// `"offset": 0, "count": 100, "total": 250`: the answer has not all rows.
fn part_of_total(map: &Map<String, Value>) -> Option<String> {
    let number = |name: &str| map.get(name).and_then(Value::as_u64);
    let (offset, count, total) = (number("offset")?, number("count")?, number("total")?);
    (offset.saturating_add(count) < total)
        .then(|| format!("it has {count} rows from {offset} on of a total of {total}"))
}

fn is_columns(map: &Map<String, Value>, least: usize) -> bool {
    map.values().filter(|v| v.as_array().is_some_and(|a| !a.is_empty() && a.iter().all(is_plain))).count()
        >= least
}

/// `"symbol": "X"` in the object itself, or in one beside the candles such as `"meta"`.
fn symbol_of(map: &Map<String, Value>, least: usize) -> Option<String> {
    let own = |map: &Map<String, Value>| {
        // In the order of the words, not of the keys: a company's name stands beside its symbol.
        let texts = map.iter().filter_map(|(k, v)| Some((symbol_word(k)?, v.as_str()?)));
        texts.filter(|(_, s)| !s.trim().is_empty()).min_by_key(|(word, _)| *word).map(|(_, s)| s.to_owned())
    };
    own(map).or_else(|| map.values().filter(|v| !holds_rows(v, least)).find_map(|v| own(v.as_object()?)))
}

impl<'a> Tree<'a> {
    /// Of values whose rows have at least so many values.
    pub fn new(least: usize) -> Self {
        Self { least, ..Self::default() }
    }

    /// Adds all that `value` holds.
    pub fn add(&mut self, value: &'a Value) {
        // Pages may follow each other: what one lacks is in the next.
        self.more = None;
        self.walk(value, &mut Vec::new(), None);
    }

    fn walk(&mut self, value: &'a Value, path: &mut Vec<String>, symbol: Option<&str>) {
        let table = |data| Table { path: path.clone(), symbol: symbol.map(str::to_owned), data };
        if let Value::Object(map) = value {
            let more = map.iter().find(|(key, value)| is_page_name(key) && is_said(value));
            let more = more.map(|(key, value)| format!("{key} is {value}"));
            let inside = || map.values().filter_map(Value::as_object).find_map(part_of_total);
            self.more = more.or_else(|| part_of_total(map)).or_else(inside).or(self.more.take());
        }
        match value {
            Value::Array(items) if items.iter().any(|item| is_row(item, self.least)) => {
                self.tables.push(table(Data::Rows(items)))
            }
            Value::Object(map) if is_columns(map, self.least) => {
                let named = symbol_of(map, self.least).or(symbol.map(str::to_owned));
                self.tables.push(Table { symbol: named, ..table(Data::Columns(map)) });
                for (key, value) in map.iter().filter(|(_, v)| v.is_object()) {
                    self.beside(value, path, key);
                }
            }
            Value::Array(items) => {
                for (at, item) in items.iter().enumerate() {
                    self.child(item, path, format!("[{at}]"), symbol);
                }
            }
            Value::Object(map) => {
                let own = symbol_of(map, self.least);
                let symbol = own.as_deref().or(symbol);
                for (key, value) in map {
                    self.child(value, path, key.clone(), symbol);
                }
            }
            _ => {}
        }
    }

    fn child(&mut self, value: &'a Value, path: &mut Vec<String>, step: String, symbol: Option<&str>) {
        if is_plain(value) {
            return;
        }
        if !holds_rows(value, self.least) && !is_row(value, self.least) {
            return self.beside(value, path, &step);
        }
        path.push(step);
        if is_row(value, self.least) {
            self.rest.push(show(path))
        } else {
            self.walk(value, path, symbol)
        }
        path.pop();
    }

    fn beside(&mut self, value: &Value, path: &[String], step: &str) {
        let empty =
            value.as_array().is_some_and(Vec::is_empty) || value.as_object().is_some_and(Map::is_empty);
        let shown = show(&[path, &[step.to_owned()]].concat());
        self.rest.push(if empty { format!("{shown} (empty)") } else { shown });
    }

    /// Gives each list the symbol it belongs to, or says why that is not known.
    pub fn name(&mut self) -> Result<Option<String>, String> {
        let paths: BTreeSet<&[String]> = self.tables.iter().map(|t| t.path.as_slice()).collect();
        let named: BTreeSet<&str> = self.tables.iter().filter_map(|t| t.symbol.as_deref()).collect();
        if self.tables.iter().all(|t| t.symbol.is_some()) && named.len() == paths.len() {
            return Ok(None);
        }
        let first = self.tables.first().map(|t| t.path.clone()).unwrap_or_default();
        if paths.len() < 2 {
            // One list under a key that may be a symbol or not: said, not guessed.
            return Ok((first.len() > 1).then(|| format!("the candles are those of {}", show(&first))));
        }
        let differs = |i: usize| paths.iter().any(|p| p.get(i) != first.get(i));
        let steps: Vec<usize> = (0..first.len()).filter(|&i| differs(i)).collect();
        let same_depth = paths.iter().all(|p| p.len() == first.len());
        match steps.as_slice() {
            &[at] if same_depth && !first[at].starts_with('[') => {
                for table in &mut self.tables {
                    table.symbol = Some(table.path[at].clone());
                }
                Ok(Some("the symbols are the keys of the lists in the file".into()))
            }
            _ => {
                let paths: Vec<String> = paths.into_iter().map(show).collect();
                Err(format!(
                    "holds candles in {} places and nothing says whose they are ({}): keep one list in a file, or write them as {{\"SYMBOL\": [..], ..}}",
                    paths.len(),
                    some(&paths)
                ))
            }
        }
    }
}

/// The path of a JSON value as people write it: `result.BTC[0]`.
fn show(path: &[String]) -> String {
    path.iter().enumerate().fold(String::new(), |text, (i, step)| {
        if i == 0 || step.starts_with('[') { text + step } else { text + "." + step }
    })
}

/// The first of many names.
pub(crate) fn some(names: &[String]) -> String {
    let listed = names.iter().take(NAMED).cloned().collect::<Vec<_>>().join(", ");
    if names.len() > NAMED { format!("{listed} and {} more", names.len() - NAMED) } else { listed }
}
