//! Stamps and numbers as the tables of results write them.

use jiff::Timestamp;

/// A stamp as text; the number itself where it lies outside the calendar.
pub fn time(ms: i64) -> String {
    Timestamp::from_millisecond(ms).map_or_else(|_| ms.to_string(), |t| t.to_string())
}

/// A number as tables for people have it; nothing where it is undefined.
pub(super) fn number(value: Option<f64>) -> String {
    value.map_or_else(String::new, |v| v.to_string())
}
