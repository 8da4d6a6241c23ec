//! A stamp as results write it.

use jiff::Timestamp;

/// A stamp as text; the number itself where it lies outside the calendar.
pub fn time(ms: i64) -> String {
    Timestamp::from_millisecond(ms).map_or_else(|_| ms.to_string(), |t| t.to_string())
}
