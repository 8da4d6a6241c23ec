//! `manifest.json`: what a dataset folder says about itself.

use crate::error::{Error, Result};
use crate::names::{Calendar, Interval, check_dataset_name, is_digest, is_symbol};
use crate::series::MAX_DECIMALS;
use serde::{Deserialize, Serialize};
use std::path::Path;

/// Version of the manifest and of the folder's layout.
pub const FORMAT: u32 = 1;
/// Upper limit of a manifest's size in bytes; a longer file is not one of ours.
const MAX_BYTES: u64 = 16 << 20;

/// The manifest of one dataset version.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Manifest {
    /// Version of this file, [`FORMAT`].
    pub format: u32,
    /// Name of the dataset.
    pub name: String,
    /// Nominal spacing of the bars, as `1h`.
    pub interval: String,
    /// When the market trades: a suggestion, outside the digest.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub calendar: Option<Calendar>,
    /// Open, high and low are the close, since the files had no other price. Outside the digest, as a job's result is
    /// the same; jobs whose stops act inside bars are refused. Left out where it does not hold.
    #[serde(skip_serializing_if = "std::ops::Not::not", default)]
    pub close_only: bool,
    /// The symbols in ascending order.
    pub symbols: Vec<SymbolEntry>,
    /// Digest of the canonical stream, 64 hex digits; also the name of the folder.
    pub digest: String,
    /// BLAKE3 of this manifest with this field empty: finds a changed calendar, which the digest does not cover.
    pub checksum: String,
}

/// One symbol in the manifest.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct SymbolEntry {
    /// Name of the symbol; its file is `<symbol>.arrow`.
    pub symbol: String,
    /// Number of rows, one per bar.
    pub rows: u64,
    /// Open time of the first bar, UTC milliseconds.
    pub from_ms: i64,
    /// Open time of the last bar, UTC milliseconds.
    pub to_ms: i64,
    /// Decimals of a tick.
    pub decimals: u8,
    /// Whether there are volumes.
    pub volume: bool,
    /// Number of funding stamps; above 0 they are in `<symbol>.funding.arrow`.
    pub funding: u64,
}

impl Manifest {
    /// Reads and checks the manifest in `folder`.
    ///
    /// # Errors
    /// `Missing` or `Io` if it cannot be read, `Invalid` if it is not a manifest or was changed.
    pub fn read(folder: &Path, dataset: &str) -> Result<Self> {
        let path = folder.join("manifest.json");
        let size = std::fs::metadata(&path).map_err(|e| Error::io("read", &path, e))?.len();
        let damaged =
            |problem: String| Error::Damaged { dataset: dataset.into(), file: path.clone(), problem };
        if size > MAX_BYTES {
            return Err(damaged(format!("{size} bytes is too long for a manifest; import the data again")));
        }
        let bytes = std::fs::read(&path).map_err(|e| Error::io("read", &path, e))?;
        Self::parse(&bytes).map_err(damaged)
    }

    /// Parses and checks the bytes of a manifest.
    ///
    /// # Errors
    /// A sentence that says what is wrong.
    pub fn parse(bytes: &[u8]) -> std::result::Result<Self, String> {
        let m: Manifest = serde_json::from_slice(bytes)
            .map_err(|e| format!("is no manifest: {e}; import the data again"))?;
        if m.format != FORMAT {
            return Err(format!("has format {}, this program reads {FORMAT}", m.format));
        }
        if m.checksum != m.sum() {
            return Err(
                "was changed after it was written (its checksum differs); import the data again".into()
            );
        }
        check_dataset_name(&m.name).map_err(|e| e.to_string())?;
        Interval::parse(&m.interval).map_err(|e| e.to_string())?;
        if !is_digest(&m.digest) {
            return Err(format!("digest {:?} is not 64 hex digits", m.digest));
        }
        if m.symbols.is_empty() {
            return Err("names no symbol".into());
        }
        for s in &m.symbols {
            if !is_symbol(&s.symbol) || s.decimals > MAX_DECIMALS || s.rows == 0 || s.from_ms > s.to_ms {
                return Err(format!("the entry of symbol {:?} cannot be right", s.symbol));
            }
        }
        if !m.symbols.windows(2).all(|w| w[0].symbol < w[1].symbol) {
            return Err("the symbols are not in ascending order".into());
        }
        Ok(m)
    }

    /// The bytes to store, with the checksum filled in.
    pub fn to_bytes(&self) -> Vec<u8> {
        let sealed = Manifest { checksum: self.sum(), ..self.clone() };
        let mut bytes = sealed.plain();
        bytes.push(b'\n');
        bytes
    }

    fn sum(&self) -> String {
        blake3::hash(&Manifest { checksum: String::new(), ..self.clone() }.plain()).to_hex().to_string()
    }

    /// Serialising strings and integers into memory cannot fail; an empty answer would fail the checksum.
    fn plain(&self) -> Vec<u8> {
        serde_json::to_vec_pretty(self).unwrap_or_default()
    }
}
