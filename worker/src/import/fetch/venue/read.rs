//! Reads values of JSON as exchanges write them. Nothing is converted: a price is text before and after.

use serde_json::Value;

use crate::import::fetch::question::Unusable;

/// Longest number that is taken for one.
const LONGEST: usize = 40;

fn strange(what: &str, found: &Value) -> Unusable {
    let text: String = found.to_string().chars().take(60).collect();
    Unusable::Strange(format!("{what} is {text}"))
}

/// An array.
pub(super) fn list<'a>(what: &str, value: &'a Value) -> Result<&'a [Value], Unusable> {
    value.as_array().map(Vec::as_slice).ok_or_else(|| strange(&format!("{what}, no list,"), value))
}

/// A field of an object, or a place in an array.
pub(super) fn at<I: serde_json::value::Index + std::fmt::Display>(
    row: &Value,
    index: I,
) -> Result<&Value, Unusable> {
    row.get(&index).ok_or_else(|| strange(&format!("a row without {index}"), row))
}

/// A time in units of `unit_ms` milliseconds.
pub(super) fn time(value: &Value, unit_ms: i64) -> Result<i64, Unusable> {
    let time = value.as_i64().filter(|t| *t >= 0).and_then(|t| t.checked_mul(unit_ms));
    time.ok_or_else(|| strange("a time", value))
}

/// A price, which every exchange here sends as text.
pub(super) fn price(value: &Value) -> Result<String, Unusable> {
    let digits = |text: &str| {
        text.len() <= LONGEST
            && text.bytes().any(|b| b.is_ascii_digit())
            && text.bytes().all(|b| b.is_ascii_digit() || b == b'.')
            && text.bytes().filter(|b| *b == b'.').count() <= 1
    };
    match value.as_str() {
        Some(text) if digits(text) => Ok(text.to_owned()),
        _ => Err(strange("a price", value)),
    }
}

/// A volume: text, or a number of JSON.
pub(super) fn volume(value: &Value) -> Result<String, Unusable> {
    match value.as_f64() {
        // A volume is stored as this very number.
        Some(number) if number >= 0.0 => Ok(number.to_string()),
        _ => price(value).map_err(|_| strange("a volume", value)),
    }
}

/// A rate of funding, as text.
pub(super) fn rate(value: &Value) -> Result<String, Unusable> {
    let text = value.as_str().unwrap_or_default();
    let unsigned = Value::from(text.strip_prefix('-').unwrap_or(text));
    price(&unsigned).map(|_| text.to_owned()).map_err(|_| strange("a rate of funding", value))
}

/// A text as part of a query.
pub(super) fn encoded(text: &str) -> String {
    let plain = |b: u8| b.is_ascii_alphanumeric() || b"-._~".contains(&b);
    text.bytes().map(|b| if plain(b) { char::from(b).to_string() } else { format!("%{b:02X}") }).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn a_price_is_the_text_that_was_sent_and_nothing_else_is_one() {
        for text in ["0.01634790", "7", "123456789012345.123456789012345"] {
            assert_eq!(price(&json!(text)).unwrap(), text);
        }
        for wrong in
            [json!(1.5), json!(""), json!("."), json!("1,5"), json!("1e5"), json!("-1"), json!("1\n2")]
        {
            assert!(matches!(price(&wrong), Err(Unusable::Strange(_))), "{wrong}");
        }
        assert_eq!(rate(&json!("-0.0001")).unwrap(), "-0.0001");
        assert!(rate(&json!("--1")).is_err());
    }

    #[test]
    fn a_symbol_cannot_add_to_a_query() {
        assert_eq!(encoded("XBT/USD&since=1"), "XBT%2FUSD%26since%3D1");
    }
}
