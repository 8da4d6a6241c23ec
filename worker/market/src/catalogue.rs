//! What is in a data directory: the answers to `galapagos data list`, `show` and `check`.

use crate::dataset::Dataset;
use crate::error::{Error, Result};
use crate::gaps::{Gaps, count_gaps};
use crate::layout::Layout;
use crate::manifest::Manifest;
use crate::memory;
use crate::outliers::{Outlier, outliers};
use crate::signals;
use serde::Serialize;
use std::path::{Path, PathBuf};

/// Slots of the run whose memory is shown.
const SLOTS: u64 = 2;

/// One version of a dataset.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct VersionInfo {
    /// Name of the dataset.
    pub dataset: String,
    /// Digest, 64 hex digits.
    pub digest: String,
    /// Whether jobs that name no digest take it.
    pub latest: bool,
    /// Nominal spacing of the bars, as `1h`.
    pub interval: String,
    /// The calendar that a job takes where its manifest names none, as `continuous` or `sessions:252`.
    pub calendar: Option<String>,
    /// Whether the close stands for open, high and low.
    pub close_only: bool,
    /// Names of the symbols, ascending.
    pub symbols: Vec<String>,
    /// Rows of all symbols.
    pub rows: u64,
    /// First bar of any symbol, UTC milliseconds.
    pub from_ms: i64,
    /// Last bar of any symbol, UTC milliseconds.
    pub to_ms: i64,
    /// What is wrong with its manifest, if it cannot be read; then the fields above are empty.
    pub problem: Option<String>,
}

/// One symbol of a dataset.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct SymbolInfo {
    /// Name of the symbol.
    pub symbol: String,
    /// Number of rows, one per bar.
    pub rows: u64,
    /// First bar, UTC milliseconds.
    pub from_ms: i64,
    /// Last bar, UTC milliseconds.
    pub to_ms: i64,
    /// Decimals of a tick.
    pub decimals: u8,
    /// Missing bars, the longest gap and the share.
    pub gaps: Gaps,
    /// Whether there are volumes.
    pub volume: bool,
    /// Rows with volume 0 in a series that has volume.
    pub zero_volume_rows: u64,
    /// Number of moves from close to close over 20 times the median move.
    pub outliers: u64,
    /// The first of them.
    pub outliers_listed: Vec<Outlier>,
    /// Number of funding stamps; 0 where there is no funding series.
    pub funding_stamps: u64,
}

/// A dataset in detail.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct DatasetInfo {
    /// The version as in the list.
    pub version: VersionInfo,
    /// The symbols of the version, ascending by name.
    pub symbols: Vec<SymbolInfo>,
    /// Signals that are published with it, ascending by name.
    pub signals: Vec<SignalsInfo>,
    /// Folder that holds it.
    pub folder: PathBuf,
    /// Size of its files in bytes.
    pub file_bytes: u64,
    /// Memory that `galapagos run` takes at its peak on two slots, in bytes.
    pub memory_bytes: u64,
}

/// Signals of a dataset.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct SignalsInfo {
    /// Their name.
    pub name: String,
    /// Digest of the latest version, 64 hex digits.
    pub digest: String,
}

/// Result of checking one version.
#[derive(Debug)]
pub struct VersionCheck {
    /// Name of the dataset.
    pub dataset: String,
    /// Digest, 64 hex digits.
    pub digest: String,
    /// Why it cannot be used, if it cannot.
    pub problem: Option<Error>,
}

/// Every version of every dataset, by name and digest. Only manifests are read, a damaged one is listed as such.
///
/// # Errors
/// `Missing` if there is no data directory, `Io` if it cannot be read.
pub fn list(data_dir: &Path) -> Result<Vec<VersionInfo>> {
    let layout = Layout::open(data_dir)?;
    let mut found = Vec::new();
    for name in layout.names()? {
        let latest = layout.latest(&name).ok();
        for digest in layout.versions(&name)? {
            let is_latest = latest.as_ref() == Some(&digest);
            found.push(match Manifest::read(&layout.folder(&name, &digest), &name) {
                Ok(manifest) => version(&manifest, is_latest),
                Err(error) => VersionInfo {
                    dataset: name.clone(),
                    digest,
                    latest: is_latest,
                    interval: String::new(),
                    calendar: None,
                    close_only: false,
                    symbols: Vec::new(),
                    rows: 0,
                    from_ms: 0,
                    to_ms: 0,
                    problem: Some(error.to_string()),
                },
            });
        }
    }
    Ok(found)
}

fn version(manifest: &Manifest, latest: bool) -> VersionInfo {
    let symbols = &manifest.symbols;
    VersionInfo {
        dataset: manifest.name.clone(),
        digest: manifest.digest.clone(),
        latest,
        interval: manifest.interval.clone(),
        calendar: manifest.calendar.map(|c| c.to_string()),
        close_only: manifest.close_only,
        symbols: symbols.iter().map(|s| s.symbol.clone()).collect(),
        rows: symbols.iter().map(|s| s.rows).sum(),
        from_ms: symbols.iter().map(|s| s.from_ms).min().unwrap_or_default(),
        to_ms: symbols.iter().map(|s| s.to_ms).max().unwrap_or_default(),
        problem: None,
    }
}

/// A dataset in detail. It is opened, so its digest is checked.
///
/// # Errors
/// As [`Dataset::open`].
pub fn show(data_dir: &Path, name: &str, digest: Option<&str>) -> Result<DatasetInfo> {
    let dataset = Dataset::open(data_dir, name, digest)?;
    let latest = Layout::open(data_dir)?.latest(name).ok();
    let symbols = dataset
        .iter()
        .map(|s| {
            let zeros = s.volume.map_or(0, |v| v.iter().filter(|&&v| v == 0.0).count());
            let (outliers, outliers_listed) = outliers(s.time_ms, s.close);
            Ok(SymbolInfo {
                outliers,
                outliers_listed,
                symbol: s.symbol.to_owned(),
                rows: s.len() as u64,
                from_ms: s.time_ms.first().copied().unwrap_or_default(),
                to_ms: s.time_ms.last().copied().unwrap_or_default(),
                decimals: s.decimals,
                gaps: count_gaps(&s, dataset.interval(), dataset.calendar())?,
                volume: s.volume.is_some(),
                zero_volume_rows: if zeros == s.len() { 0 } else { zeros as u64 },
                funding_stamps: s.funding.len() as u64,
            })
        })
        .collect::<Result<Vec<SymbolInfo>>>()?;
    let version = version(dataset.manifest(), latest.as_deref() == Some(dataset.digest()));
    let memory_bytes = memory::of_run(version.rows, SLOTS);
    let (folder, file_bytes) = (dataset.folder().to_owned(), dataset.file_bytes());
    let signals = signals::find(&dataset)?.into_iter().map(|(name, digest)| SignalsInfo { name, digest });
    Ok(DatasetInfo { version, symbols, signals: signals.collect(), folder, file_bytes, memory_bytes })
}

/// Checks every value of the latest signals of a dataset.
fn check_signals(dataset: &Dataset) -> Result<()> {
    for (name, digest) in signals::find(dataset)? {
        signals::open(dataset, &name, Some(&digest), &[])?;
    }
    Ok(())
}

/// Opens every version of dataset `name` (of all datasets if `None`) and checks every value against its digest.
///
/// # Errors
/// `Missing` if there is nothing of that name, `Io` if the directory cannot be read. Damaged versions are in
/// the answer.
pub fn check(data_dir: &Path, name: Option<&str>) -> Result<Vec<VersionCheck>> {
    let layout = Layout::open(data_dir)?;
    let names = match name {
        Some(name) => {
            if layout.versions(name)?.is_empty() {
                layout.latest(name)?;
            }
            vec![name.to_owned()]
        }
        None => layout.names()?,
    };
    let mut checks = Vec::new();
    for name in names {
        for digest in layout.versions(&name)? {
            let opened = Dataset::open_folder(&layout.folder(&name, &digest), &name, &digest);
            let problem = opened.and_then(|dataset| check_signals(&dataset)).err();
            checks.push(VersionCheck { dataset: name.clone(), digest, problem });
        }
        // A name without a usable latest version cannot be opened by jobs that pin none.
        if let Err(problem) = layout.latest(&name).and_then(|d| layout.version(&name, &d)) {
            checks.push(VersionCheck { dataset: name, digest: "LATEST".into(), problem: Some(problem) });
        }
    }
    Ok(checks)
}
