//! Candles in JSON whose fields stand in objects inside each other, or whose times stand outside of them.

use crate::choice::ColumnChoice;
use crate::columns::{find, is_adjusted, is_time_name};
use serde_json::{Map, Value};

fn is_plain(value: &Value) -> bool {
    !value.is_array() && !value.is_object()
}

fn is_table(map: &Map<String, Value>) -> bool {
    !map.is_empty() && map.values().all(is_plain)
}

fn makes_bars<'a>(names: impl Iterator<Item = &'a String>, choice: &ColumnChoice) -> bool {
    find(&names.map(String::as_str).collect::<Vec<_>>(), choice).is_ok()
}

/// `{"time": .., "mid": {"o": ..}}` (Oanda) and `{"hd": {"ts_event": ..}, "open": ..}` (Databento) as plain rows. Where
/// several objects could be the prices, as `bid` and `ask`, their fields become `bid.o`, and the user says which.
pub(super) fn flat(map: &Map<String, Value>, choice: &ColumnChoice) -> Option<Map<String, Value>> {
    let plain = || map.iter().filter(|(_, value)| is_plain(value));
    let inner: Vec<(&String, &Map<String, Value>)> = map
        .iter()
        .filter_map(|(key, value)| Some((key, value.as_object().filter(|m| is_table(m))?)))
        .collect();
    if inner.is_empty() || plain().next().is_none() || inner.len() + plain().count() != map.len() {
        return None;
    }
    let row = |taken: Option<&String>| {
        let mut row: Map<String, Value> = plain().map(|(key, value)| (key.clone(), value.clone())).collect();
        for (key, inside) in &inner {
            for (name, value) in *inside {
                let name = if Some(*key) == taken { name.clone() } else { format!("{key}.{name}") };
                row.insert(name, value.clone());
            }
        }
        row
    };
    // The user named columns as `bid.o`.
    let apart = row(None);
    if choice.is_chosen() && makes_bars(apart.keys(), choice) {
        return Some(apart);
    }
    let complete = |inside: &Map<String, Value>| {
        !makes_bars(inside.keys(), choice) && makes_bars(plain().map(|(k, _)| k).chain(inside.keys()), choice)
    };
    if makes_bars(plain().map(|(k, _)| k), choice) {
        return None;
    }
    // A whole candle inside a message of a stream.
    if let [(key, inside)] = inner.as_slice()
        && makes_bars(inside.keys(), choice)
    {
        return Some(row(Some(*key)));
    }
    let fitting: Vec<&String> =
        inner.iter().filter(|(_, inside)| complete(inside)).map(|(key, _)| *key).collect();
    match fitting.as_slice() {
        // An object for each price, as `{"openPrice": {"bid": .., "ask": ..}}`: the user says which of them to take.
        [] => makes_bars(map.keys(), choice).then_some(apart),
        [one] => Some(row(Some(*one))),
        _ => Some(row(fitting.iter().copied().find(|key| *key == "mid"))),
    }
}

/// `{"timestamp": [..], "indicators": {"quote": [{"open": [..], ..}]}}` (Yahoo): the times move to the columns they
/// belong to.
pub(super) fn with_times(map: &mut Map<String, Value>, choice: &ColumnChoice) {
    let times = |(key, value): (&String, &Value)| {
        let items = value.as_array().filter(|items| !items.is_empty() && items.iter().all(is_plain))?;
        is_time_name(key).then(|| (key.clone(), items.len()))
    };
    let own = map.values().filter(|value| value.as_array().is_some_and(|a| a.iter().all(is_plain))).count();
    let (Some((key, length)), true) = (map.iter().find_map(times), own < choice.least_fields()) else {
        return;
    };
    let Some(column) = map.get(&key).cloned() else { return };
    let mut places = map.iter_mut().filter(|(name, _)| **name != key).map(|(_, value)| value);
    if places.any(|value| give(value, &key, &column, length, choice)) {
        map.remove(&key);
    }
}

/// Puts the times into the first object of columns that lacks them.
fn give(value: &mut Value, key: &str, column: &Value, length: usize, choice: &ColumnChoice) -> bool {
    match value {
        Value::Array(items) => items.iter_mut().any(|item| give(item, key, column, length, choice)),
        Value::Object(map) => {
            let columns = map
                .iter()
                .filter(|(_, v)| v.as_array().is_some_and(|a| a.len() == length && a.iter().all(is_plain)));
            let names: Vec<&String> = columns.map(|(name, _)| name).collect();
            let time = "time".to_owned();
            // Adjusted closes alone are no bars.
            let lacks = !names.iter().all(|name| is_adjusted(name))
                && !makes_bars(names.iter().copied(), choice)
                && makes_bars(names.iter().copied().chain([&time]), choice);
            if lacks {
                map.insert(key.to_owned(), column.clone());
                return true;
            }
            map.values_mut().any(|value| give(value, key, column, length, choice))
        }
        _ => false,
    }
}

/// What an answer without candles says: `the answer says: "Unknown API Key"`.
pub(super) fn complaint(value: &Value) -> Option<String> {
    let words = ["error", "message", "msg", "note", "information", "detail", "reason"];
    let says = |(key, value): (&String, &Value)| {
        let named = words.iter().any(|word| key.to_lowercase().contains(word))
            || (["s", "status"].contains(&key.as_str())
                && value
                    .as_str()
                    .is_some_and(|text| !["ok", "success"].contains(&text.to_lowercase().as_str())));
        let text = match value {
            Value::String(text) => text.clone(),
            Value::Array(items) => items.iter().find_map(Value::as_str)?.to_owned(),
            _ => return None,
        };
        (named && !text.trim().is_empty()).then_some(text)
    };
    let map = value.as_object()?;
    // The remarks of an answer that holds tables, or what looks like them, are no complaint.
    let holds = |value: &Value| value.as_object().is_some_and(|m| m.values().any(Value::is_object));
    if map.values().any(holds) {
        return None;
    }
    map.iter()
        .find_map(says)
        .or_else(|| map.values().find_map(complaint))
        .map(|text| text.chars().take(200).collect())
}

/// The zones that the answers of a file name beside their candles.
#[derive(Debug, Default)]
pub(super) struct Zones {
    /// The one that the times are said to be of.
    pub said: Option<String>,
    /// Others, each once: the times may be of them.
    pub beside: Vec<String>,
}

/// The zones that answers name: `"6. Time Zone"` says that the times are of it, the zone of an exchange does not.
///
/// # Errors
/// Answers whose times are said to be of different zones, in words.
pub(super) fn zones<'v>(values: impl Iterator<Item = &'v Value>) -> Result<Zones, String> {
    let (mut said, mut zones): (Vec<Option<String>>, _) = (Vec::new(), Zones::default());
    for value in values {
        let mut found = Vec::new();
        named(value, &mut found);
        said.extend(found.iter().filter(|(_, is_said)| *is_said).map(|(name, _)| Some(name.clone())));
        if found.iter().all(|(_, is_said)| !is_said) {
            said.push(None);
        }
        zones.beside.extend(found.into_iter().filter(|(_, is_said)| !is_said).map(|(name, _)| name));
    }
    zones.beside.sort_unstable();
    zones.beside.dedup();
    let Some(first) = said.iter().flatten().next().cloned() else { return Ok(zones) };
    if let Some(other) = said.iter().find(|name| name.as_ref() != Some(&first)) {
        let other = other.as_deref().unwrap_or("none");
        return Err(format!(
            "its answers name different zones, {first} and {other}: import each from a file of its own, or say --timezone \
             {first} if all times are of it"
        ));
    }
    zones.said = Some(first);
    Ok(zones)
}

fn named(value: &Value, out: &mut Vec<(String, bool)>) {
    let Some(map) = value.as_object() else { return };
    let own = |(key, value): (&String, &Value)| {
        let letters: String = key.chars().filter(|c| c.is_alphabetic()).collect::<String>().to_lowercase();
        let name = value.as_str().filter(|name| name.contains('/') || name.eq_ignore_ascii_case("utc"))?;
        (letters.contains("timezone")).then(|| (name.to_owned(), letters == "timezone"))
    };
    match map.iter().find_map(own) {
        Some(zone) => out.push(zone),
        None => map.values().for_each(|value| named(value, out)),
    }
}
