//! What to fetch, what is told on the way, and what comes of it.

use std::path::{Path, PathBuf};
use std::sync::atomic::AtomicBool;
use std::time::Duration;

use super::error::FetchError;
use super::question::Question;
use super::work::Work;

/// What to fetch, and how.
#[derive(Debug)]
pub struct Order<'a> {
    /// One for each symbol.
    pub questions: &'a [Question],
    /// Whether to fetch funding too.
    pub funding: bool,
    /// Another host than the exchange's own.
    pub endpoint: Option<&'a str>,
    /// Whether a host that is named may lie in a private network: where who names it is at home.
    pub private: bool,
    /// Where the monthly files of Binance are; absent: pages alone.
    pub dumps: Option<&'a str>,
    /// Root of the data, where the pages are kept.
    pub root: &'a Path,
    /// How often a page is asked for again.
    pub retries: u32,
    /// The time, UTC milliseconds.
    pub now_ms: i64,
    /// Raised to end it.
    pub stop: &'a AtomicBool,
}

/// What is reported while it runs. Numbers of symbols are positions in [`Order::questions`].
#[derive(Debug)]
pub enum FetchEvent<'a> {
    /// Pages are there.
    Pages {
        /// Position of the symbol.
        symbol: usize,
        /// Pages that are there.
        done: usize,
        /// Pages of the symbol, as far as it is known.
        total: usize,
    },
    /// The host is asked again later.
    Waits {
        /// Position of the symbol.
        symbol: usize,
        /// Who is waited for.
        host: &'a str,
        /// Why.
        problem: &'a str,
        /// How long.
        wait: Duration,
    },
}

/// All of one symbol, in files.
#[derive(Debug)]
pub struct Fetched {
    /// Its candles, in one or more files that the importer reads.
    pub bars: Vec<PathBuf>,
    /// Its funding: time, rate, and mark where all have one.
    pub funding: Option<PathBuf>,
    /// What was left out, in sentences.
    pub notes: Vec<String>,
    pub(super) work: Work,
}

impl Fetched {
    /// Removes the files: what they held is published.
    ///
    /// # Errors
    /// The folder cannot be removed.
    pub fn remove(self) -> Result<(), FetchError> {
        Ok(self.work.remove()?)
    }
}
