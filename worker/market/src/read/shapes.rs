//! Tables that JSON holds in other shapes than lists of rows: as pandas writes them, or keyed by time.

use super::nested::{flat, with_times};
use crate::choice::ColumnChoice;
use crate::columns::find;
use crate::stamp::{DayOrder, parse};
use serde_json::{Map, Value};

/// An epoch has more digits than the number of a row.
const LEAST_EPOCH_DIGITS: usize = 8;

/// The same value with its tables as lists of rows or objects of columns.
pub(super) fn as_rows(value: Value, choice: &ColumnChoice) -> Value {
    match value {
        Value::Object(mut map) => {
            with_times(&mut map, choice);
            if let Some(row) = flat(&map, choice) {
                return Value::Object(row);
            }
            if is_split(&map, choice) {
                return split(map);
            }
            if is_by_column(&map, choice) {
                return by_column(map);
            }
            if let Some(key) = row_keys(&map, choice) {
                return by_row(map, key);
            }
            Value::Object(map.into_iter().map(|(key, value)| (key, as_rows(value, choice))).collect())
        }
        Value::Array(items) if items.iter().any(|item| item.is_object() || item.is_array()) => {
            Value::Array(items.into_iter().map(|item| as_rows(item, choice)).collect())
        }
        other => other,
    }
}

fn is_plain(value: &Value) -> bool {
    !value.is_array() && !value.is_object()
}

/// Whether columns of these names make bars, beside an index that may be their time.
fn have_prices(names: &[&str], choice: &ColumnChoice) -> bool {
    let added = ["time", "index"].into_iter().filter(|name| !names.contains(name));
    let header: Vec<&str> = names.iter().copied().chain(added).collect();
    find(&header, choice).is_ok()
}

/// `{"columns": ["open", ..], "index": [..], "data": [[..], ..]}`: the names of the columns, then the rows.
fn is_split(map: &Map<String, Value>, choice: &ColumnChoice) -> bool {
    let Some((_, names)) = names_of(map) else { return false };
    have_prices(&names, choice) && rows_of(map, names.len()).is_some()
}

fn names_of(map: &Map<String, Value>) -> Option<(&str, Vec<&str>)> {
    map.iter().find_map(|(key, value)| {
        let names: Option<Vec<&str>> = value.as_array()?.iter().map(Value::as_str).collect();
        let known =
            ["columns", "column_names", "columnNames", "fields", "header", "headers"].contains(&key.as_str());
        Some((key.as_str(), names.filter(|names| known && names.len() > 1)?))
    })
}

fn rows_of(map: &Map<String, Value>, width: usize) -> Option<&str> {
    map.iter().find_map(|(key, value)| {
        let rows = value.as_array().filter(|rows| !rows.is_empty())?;
        let fits = |row: &Value| row.as_array().is_some_and(|r| r.len() == width && r.iter().all(is_plain));
        rows.iter().all(fits).then_some(key.as_str())
    })
}

fn split(mut map: Map<String, Value>) -> Value {
    let found = names_of(&map)
        .map(|(key, names)| (key.to_owned(), names.iter().map(|n| (*n).to_owned()).collect::<Vec<_>>()));
    let Some((key, names)) = found else { return Value::Object(map) };
    let Some(at) = rows_of(&map, names.len()).map(str::to_owned) else { return Value::Object(map) };
    map.remove(&key);
    let index = match map.remove("index") {
        Some(Value::Array(index)) if !names.iter().any(|n| n == "index") => index,
        _ => Vec::new(),
    };
    let index = if is_count(index.iter().map(Value::to_string)) { Vec::new() } else { index };
    if let Some(rows) = map.get_mut(&at).and_then(Value::as_array_mut) {
        for (i, row) in rows.iter_mut().enumerate() {
            let Value::Array(cells) = row.take() else { continue };
            let mut named: Map<String, Value> = names.iter().cloned().zip(cells).collect();
            if let Some(label) = index.get(i) {
                named.insert("index".to_owned(), label.clone());
            }
            *row = Value::Object(named);
        }
    }
    Value::Object(map)
}

/// `{"open": {"0": 1, "1": 2}, ..}`: an object of columns, each an object of rows.
fn is_by_column(map: &Map<String, Value>, choice: &ColumnChoice) -> bool {
    let names: Vec<&str> = map.keys().map(String::as_str).collect();
    let Some(first) = map.values().next().and_then(Value::as_object) else { return false };
    let same = |value: &Value| {
        value.as_object().is_some_and(|m| m.keys().eq(first.keys()) && m.values().all(is_plain))
    };
    !first.is_empty() && map.values().all(same) && have_prices(&names, choice)
}

fn by_column(map: Map<String, Value>) -> Value {
    let first = map.values().next().and_then(Value::as_object);
    let keys: Vec<String> = first.map(|m| sorted(m.keys().cloned().collect())).unwrap_or_default();
    let index = (!is_count(keys.iter().cloned())).then(|| keys.iter().cloned().map(Value::from).collect());
    let mut columns: Map<String, Value> = map
        .into_iter()
        .map(|(name, mut column)| (name, keys.iter().map(|key| column[key.as_str()].take()).collect()))
        .collect();
    if let Some(index) = index {
        columns.entry("index").or_insert(Value::Array(index));
    }
    Value::Object(columns)
}

/// What the keys of an object of rows are.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Key {
    Time,
    Count,
}

/// `{"2024-01-02": {"1. open": "5", ..}, ..}`, or the same with numbers of rows that have a time of their own.
fn row_keys(map: &Map<String, Value>, choice: &ColumnChoice) -> Option<Key> {
    let first = map.values().next()?.as_object()?;
    let names: Vec<&str> = first.keys().map(String::as_str).collect();
    let is_row = |value: &Value| value.as_object().is_some_and(|m| m.values().all(is_plain));
    if !have_prices(&names, choice) || !map.values().all(is_row) {
        return None;
    }
    let is_number = |key: &String| !key.is_empty() && key.bytes().all(|b| b.is_ascii_digit());
    if find(&names, choice).is_ok() {
        return map.keys().all(is_number).then_some(Key::Count);
    }
    let is_time = |key: &String| {
        (!is_number(key) || key.len() >= LEAST_EPOCH_DIGITS)
            && [DayOrder::DayMonth, DayOrder::MonthDay]
                .iter()
                .any(|o| parse(key.as_bytes(), Some(*o)).is_ok())
    };
    map.keys().all(is_time).then_some(Key::Time)
}

fn by_row(mut map: Map<String, Value>, kind: Key) -> Value {
    let keys = sorted(map.keys().cloned().collect());
    let rows = keys.into_iter().filter_map(|key| {
        let Value::Object(mut row) = map.get_mut(&key)?.take() else { return None };
        if kind == Key::Time {
            row.insert("time".to_owned(), Value::from(key));
        }
        Some(Value::Object(row))
    });
    Value::Array(rows.collect())
}

/// Keys of numbers by their value: as text, 10 stands before 2.
fn sorted(mut keys: Vec<String>) -> Vec<String> {
    if keys.iter().all(|key| !key.is_empty() && key.bytes().all(|b| b.is_ascii_digit())) {
        keys.sort_by(|a, b| (a.len(), a).cmp(&(b.len(), b)));
    }
    keys
}

/// Whether these are 0, 1, 2, ..: an index that says nothing.
fn is_count(mut keys: impl Iterator<Item = String>) -> bool {
    let mut expected = 0u64;
    keys.all(|key| {
        let same = key == expected.to_string();
        expected += 1;
        same
    })
}
