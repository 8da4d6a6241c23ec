//! What a folder of signals says about itself, and their digest.

use crate::digest::hash_column;
use serde::{Deserialize, Serialize};

/// Version of the manifest and of the folder's layout.
pub const FORMAT: u32 = 1;
/// First bytes of the stream that the digest covers.
const STREAM_TAG: &[u8; 20] = b"galapagos.signals.v1";

/// The manifest of one version of signals.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct SignalsManifest {
    /// Version of this file.
    pub format: u32,
    /// Name of the signals.
    pub name: String,
    /// Digest of the dataset whose bars they belong to.
    pub dataset: String,
    /// The columns, in ascending order.
    pub columns: Vec<String>,
    /// The symbols, in ascending order.
    pub symbols: Vec<String>,
    /// Digest of all of it, 64 hex digits; also the name of the folder.
    pub digest: String,
}

/// The digest of signals while it grows.
pub(super) struct SignalsHash(blake3::Hasher);

impl SignalsHash {
    pub fn new(dataset: &str, columns: &[String], symbols: usize) -> SignalsHash {
        let mut hash = blake3::Hasher::new();
        hash.update(STREAM_TAG);
        // A digest of the dataset is always 64 hex digits.
        hash.update(
            blake3::Hash::from_hex(dataset).unwrap_or_else(|_| blake3::hash(dataset.as_bytes())).as_bytes(),
        );
        let mut all = SignalsHash(hash);
        all.count(columns.len());
        columns.iter().for_each(|column| all.text(column));
        all.count(symbols);
        all
    }

    fn count(&mut self, n: usize) {
        self.0.update(&(n as u64).to_le_bytes());
    }

    fn text(&mut self, text: &str) {
        self.count(text.len());
        self.0.update(text.as_bytes());
    }

    pub fn symbol(&mut self, symbol: &str, bars: usize) {
        self.text(symbol);
        self.count(bars);
    }

    pub fn column(&mut self, values: &[f64]) {
        hash_column(&mut self.0, values, |v| plain(v).to_bits().to_le_bytes());
    }

    pub fn finish(self) -> String {
        self.0.finalize().to_hex().to_string()
    }
}

/// A value as it is stored: one zero and one NaN.
pub(super) fn plain(value: f64) -> f64 {
    if value.is_nan() { f64::from_bits(0x7ff8_0000_0000_0000) } else { value + 0.0 }
}
