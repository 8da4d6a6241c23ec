//! What is asked of an exchange, and what a row of its answer is.

pub use galapagos_crds::{Exchange as Venue, Traded as Market};
use galapagos_market::Interval;

/// The candles of one symbol over one range.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Question {
    /// Where.
    pub venue: Venue,
    /// Spot or perpetual.
    pub market: Market,
    /// As the exchange calls it.
    pub symbol: String,
    /// Length of a bar.
    pub interval: Interval,
    /// First stamp that counts, UTC milliseconds.
    pub from_ms: i64,
    /// The stamp before which bars count; absent: the last bar that has ended.
    pub to_ms: Option<i64>,
}

/// Which series of a symbol.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Kind {
    /// Its candles.
    Bars,
    /// Its funding payments.
    Funding,
    /// Its oldest candle alone.
    First,
}

/// A range of stamps: the first is in it, the last is not.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Window {
    pub(super) start_ms: i64,
    pub(super) end_ms: i64,
}

/// One request, at whatever host.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Request {
    /// Path and query.
    pub(super) path: String,
    /// JSON to post; absent: it is a GET.
    pub(super) body: Option<String>,
}

/// One row of an answer: a candle with open, high, low, close and volume, or a payment with its rate and mark. Numbers
/// stay the text that the exchange sent.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Row {
    pub(super) time_ms: i64,
    pub(super) cells: Vec<String>,
}

/// Why an answer gives no rows.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Unusable {
    /// The exchange asks for patience, or the answer was cut: another attempt may help.
    Passing(String),
    /// The exchange says that it will not give this.
    Refused(String),
    /// It is none of the documented answers.
    Strange(String),
}
