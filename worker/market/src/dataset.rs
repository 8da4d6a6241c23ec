//! Opening a published dataset: mapped, checked against its digest, borrowed as slices.

use crate::digest::dataset_digest;
use crate::error::{Error, Result};
use crate::files::Files;
use crate::ipc;
use crate::layout::{Layout, bars_file, funding_file};
use crate::manifest::{Manifest, SymbolEntry};
use crate::map::{FileIdentity, map};
use crate::names::{Calendar, Interval};
use crate::series::{FundingStamp, Series};
use arrow::buffer::ScalarBuffer;
use std::path::{Path, PathBuf};
use std::sync::Arc;

/// An open dataset. Its columns are the memory-mapped files; nothing is copied but funding stamps.
#[derive(Debug)]
pub struct Dataset {
    manifest: Manifest,
    interval: Interval,
    folder: PathBuf,
    symbols: Vec<OpenSymbol>,
    files: Arc<Files>,
}

#[derive(Debug)]
struct OpenSymbol {
    name: String,
    decimals: u8,
    time: ScalarBuffer<i64>,
    ticks: [ScalarBuffer<i64>; 4],
    volume: Option<ScalarBuffer<f64>>,
    funding: Vec<FundingStamp>,
}

impl Dataset {
    /// Opens version `digest` (64 hex digits, with or without `blake3:` before them) of dataset `name` under
    /// `data_dir`, or the latest one, and recomputes its digest over every value.
    ///
    /// # Errors
    /// `Missing` if there is no such dataset or version, `Invalid` if a file is cut, changed or swapped,
    /// `Io` if it cannot be read.
    pub fn open(data_dir: &Path, name: &str, digest: Option<&str>) -> Result<Self> {
        let layout = Layout::open(data_dir)?;
        let digest = match digest {
            Some(d) => layout.version(name, d.strip_prefix("blake3:").unwrap_or(d))?,
            None => layout.latest(name)?,
        };
        Self::open_folder(&layout.folder(name, &digest), name, &digest)
    }

    /// The digest of the latest version of dataset `name` under `data_dir`, 64 hex digits; no file of it is opened.
    ///
    /// # Errors
    /// `Missing` if there is no such dataset, `Invalid` or `Io` if its name cannot be read.
    pub fn latest(data_dir: &Path, name: &str) -> Result<String> {
        Layout::open(data_dir)?.latest(name)
    }

    /// Opens the dataset in `folder`, which must have `digest`.
    pub(crate) fn open_folder(folder: &Path, name: &str, digest: &str) -> Result<Self> {
        let path = folder.join("manifest.json");
        // Before it is read: a change in between is seen later.
        let mut files = vec![(path.clone(), FileIdentity::read(&path)?)];
        let manifest = Manifest::read(folder, name)?;
        let damaged = |file: &Path, problem: String| Error::Damaged {
            dataset: name.into(),
            file: file.to_owned(),
            problem,
        };
        if manifest.name != name || manifest.digest != digest {
            let problem =
                format!("belongs to dataset {} {}, not to {name} {digest}", manifest.name, manifest.digest);
            return Err(damaged(&path, problem));
        }
        let interval = Interval::parse(&manifest.interval)?;
        let mut symbols = Vec::with_capacity(manifest.symbols.len());
        for entry in &manifest.symbols {
            symbols.push(open_symbol(folder, entry, &manifest, &mut files, &damaged)?);
        }
        let files = Arc::new(Files::new((name, digest), folder, files));
        let dataset = Self { manifest, interval, folder: folder.to_owned(), symbols, files };
        dataset.check_values()?;
        Ok(dataset)
    }

    /// Computes the digest over every value that is mapped.
    fn check_values(&self) -> Result<()> {
        let series: Vec<Series<'_>> = self.iter().collect();
        let found = dataset_digest(self.interval.ms(), &series);
        if found == self.digest() {
            return Ok(());
        }
        Err(Error::Damaged {
            dataset: self.name().to_owned(),
            file: self.folder.clone(),
            problem: format!("the data was changed: its digest is {found}; import it again"),
        })
    }

    /// Name of the dataset.
    pub fn name(&self) -> &str {
        &self.manifest.name
    }

    /// Its digest: 64 hex digits.
    pub fn digest(&self) -> &str {
        &self.manifest.digest
    }

    /// Nominal spacing of its bars.
    pub fn interval(&self) -> Interval {
        self.interval
    }

    /// The calendar suggested at import, if any.
    pub fn calendar(&self) -> Option<Calendar> {
        self.manifest.calendar
    }

    /// Whether the close stands for open, high and low, since the files had no other price.
    pub fn is_close_only(&self) -> bool {
        self.manifest.close_only
    }

    /// The manifest as stored.
    pub fn manifest(&self) -> &Manifest {
        &self.manifest
    }

    /// The folder that holds this version.
    pub fn folder(&self) -> &Path {
        &self.folder
    }

    /// Size of its files in bytes.
    pub fn file_bytes(&self) -> u64 {
        self.files.bytes()
    }

    /// Names of the symbols, ascending.
    pub fn symbols(&self) -> impl Iterator<Item = &str> {
        self.symbols.iter().map(|s| s.name.as_str())
    }

    /// All symbols in ascending order of their names.
    pub fn iter(&self) -> impl Iterator<Item = Series<'_>> {
        self.symbols.iter().map(|s| s.series(self.interval))
    }

    /// The rows of one symbol.
    ///
    /// # Errors
    /// `Missing` if the dataset has no such symbol; the error names those it has.
    pub fn symbol(&self, name: &str) -> Result<Series<'_>> {
        let found = self.symbols.iter().find(|s| s.name == name);
        found.map(|s| s.series(self.interval)).ok_or_else(|| Error::Missing {
            what: format!("symbol {name} of dataset {}", self.name()),
            hint: format!("it has {}", self.symbols().collect::<Vec<_>>().join(", ")),
        })
    }

    /// Its files, to be watched without keeping the map.
    pub fn files(&self) -> &Arc<Files> {
        &self.files
    }

    /// As [`Files::check_unchanged`], to be called before results are accepted; after a touch what is mapped must have
    /// the digest too, since that is what results were computed from.
    ///
    /// # Errors
    /// `Damaged` if the values are not those that were opened, `Missing` for a file that is gone.
    pub fn check_unchanged(&self) -> Result<Option<PathBuf>> {
        self.files.check_with(|| self.check_values())
    }
}

impl OpenSymbol {
    fn series(&self, interval: Interval) -> Series<'_> {
        let [open, high, low, close] = &self.ticks;
        Series {
            symbol: &self.name,
            decimals: self.decimals,
            interval_ms: interval.ms(),
            time_ms: &self.time,
            open,
            high,
            low,
            close,
            volume: self.volume.as_deref(),
            funding: &self.funding,
        }
    }
}

fn open_symbol(
    folder: &Path,
    entry: &SymbolEntry,
    manifest: &Manifest,
    files: &mut Vec<(PathBuf, FileIdentity)>,
    damaged: &impl Fn(&Path, String) -> Error,
) -> Result<OpenSymbol> {
    let path = folder.join(bars_file(&entry.symbol));
    let (bytes, identity) = map(&path)?;
    let bars = ipc::read_bars(&bytes).map_err(|problem| damaged(&path, problem))?;
    files.push((path.clone(), identity));
    ipc::check_prices(&bars).map_err(|problem| damaged(&path, problem))?;
    if bars.symbol != entry.symbol {
        return Err(damaged(
            &path,
            format!("holds symbol {}, not {}: files were swapped", bars.symbol, entry.symbol),
        ));
    }
    let range = (bars.time.first().copied(), bars.time.last().copied());
    if bars.interval != manifest.interval
        || bars.decimals != entry.decimals
        || bars.time.len() as u64 != entry.rows
        || range != (Some(entry.from_ms), Some(entry.to_ms))
        || bars.volume.is_some() != entry.volume
    {
        return Err(damaged(
            &path,
            "does not fit the manifest (interval, decimals, rows, range or volume)".into(),
        ));
    }
    let funding = if entry.funding > 0 {
        let path = folder.join(funding_file(&entry.symbol));
        let (bytes, identity) = map(&path)?;
        files.push((path.clone(), identity));
        let stamps = ipc::read_funding(&bytes, &entry.symbol).map_err(|problem| damaged(&path, problem))?;
        if stamps.len() as u64 != entry.funding {
            return Err(damaged(
                &path,
                format!("has {} stamps, the manifest says {}", stamps.len(), entry.funding),
            ));
        }
        stamps
    } else {
        Vec::new()
    };
    let ipc::Bars { symbol: name, decimals, time, ticks, volume, interval: _, prices: _ } = bars;
    Ok(OpenSymbol { name, decimals, time, ticks, volume, funding })
}
