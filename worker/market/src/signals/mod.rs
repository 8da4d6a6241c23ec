//! Files of signals: columns that were computed elsewhere, checked against the bars of a dataset and published with it.
//!
//! ```text
//! <dataset>/<digest>/signals/<name>/LATEST                          digest of the version last imported
//! <dataset>/<digest>/signals/<name>/<digest>/manifest.json
//! <dataset>/<digest>/signals/<name>/<digest>/<symbol>.arrow         a row for each bar, NaN where nothing is known
//! ```
//!
//! The digest is BLAKE3 over, with every integer little-endian: ASCII `galapagos.signals.v1`; the 32 bytes of the
//! dataset's digest; the number of columns as u64, and of each the length of its name as u64 and the name; the number
//! of symbols as u64, and of each in ascending order the length of its name, the name, the number of its bars as u64,
//! and the f64 bits of all columns one after the other, -0.0 written as 0.0 and whatever is no number as the bits
//! 7ff8000000000000.

mod align;
mod import;
mod manifest;
mod store;

pub use import::{SignalsImport, import_signals};
pub use manifest::SignalsManifest;
pub use store::{SignalsVersion, SymbolColumns, find, open};

use crate::publish::PublishOutcome;

/// What was published.
#[derive(Clone, Debug, serde::Serialize)]
pub struct SignalsReport {
    /// Name of the signals.
    pub name: String,
    /// Their digest: 64 hex digits.
    pub digest: String,
    /// Digest of the version of the dataset that they belong to.
    pub dataset: String,
    /// What was there before.
    #[serde(skip)]
    pub outcome: Option<PublishOutcome>,
    /// The columns.
    pub columns: Vec<ColumnReport>,
    /// The symbols.
    pub symbols: Vec<SymbolReport>,
    /// What else is to be known.
    pub notes: Vec<String>,
}

/// A column that was published.
#[derive(Clone, Debug, serde::Serialize)]
pub struct ColumnReport {
    /// Its name.
    pub column: String,
    /// Bars in which it has a value.
    pub known: u64,
    /// The least value.
    pub least: Option<f64>,
    /// The greatest.
    pub most: Option<f64>,
}

/// A symbol with signals.
#[derive(Clone, Debug, serde::Serialize)]
pub struct SymbolReport {
    /// Its name.
    pub symbol: String,
    /// Its bars.
    pub bars: u64,
    /// Bars for which the file has a row.
    pub rows: u64,
    /// Open time of the first of them.
    pub from_ms: i64,
    /// Open time of the last of them.
    pub to_ms: i64,
}
