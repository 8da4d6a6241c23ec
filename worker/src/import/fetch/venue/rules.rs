//! What an exchange documents of a series: where it is, how much comes at once, and how often one may ask.

use std::time::Duration;

/// How an exchange gives one series.
#[derive(Clone, Copy, Debug)]
pub(in crate::import::fetch) struct Rules {
    /// Where it is, if nobody names another place.
    pub(in crate::import::fetch) host: &'static str,
    /// Rows in one answer at most.
    pub(in crate::import::fetch) page: i64,
    /// Number of the newest candles that exist, the forming one among them; absent: all of them.
    pub(in crate::import::fetch) newest_only: Option<i64>,
    /// Whether the oldest candle can be asked for.
    pub(in crate::import::fetch) has_first: bool,
    /// Between two requests.
    pub(in crate::import::fetch) pause: Duration,
    /// What the answers count as used in this minute, from which on the next minute is waited for.
    pub(in crate::import::fetch) most_weight: Option<u64>,
    /// Bytes of an answer at most; a thousand bars have 200 kB.
    pub(in crate::import::fetch) most_bytes: u64,
}

/// Bytes of a page at most.
pub(super) const PAGE_BYTES: u64 = 8 << 20;
