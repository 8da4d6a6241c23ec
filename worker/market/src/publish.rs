//! Publishing a dataset: written aside, made durable, renamed under its digest, never touched again.

use crate::check::SymbolReport;
use crate::dataset::Dataset;
use crate::digest::Stream;
use crate::error::{Error, Result};
use crate::ipc;
use crate::ipc_bars::write_bars;
use crate::layout::{Layout, bars_file, funding_file, make_readable, replace_file, sync_folder};
use crate::manifest::{FORMAT, Manifest, SymbolEntry};
use crate::names::{Calendar, Interval, check_dataset_name, is_symbol};
use crate::series::Series;
use crate::series_blocks::{ByColumn, SeriesBlocks};
use std::fs::File;
use std::io::{BufWriter, Write};
use std::path::{Path, PathBuf};

/// The version that [`publish`] wrote or found.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Published {
    /// Digest of the dataset: 64 hex digits.
    pub digest: String,
    /// Folder that holds it.
    pub folder: PathBuf,
    /// What was there before.
    pub outcome: PublishOutcome,
}

/// Whether publishing changed anything.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum PublishOutcome {
    /// A new version was written and is now the latest.
    New,
    /// The same data was already the latest version: nothing was written.
    Unchanged,
    /// The same data was there: only the suggested calendar or the mark of the latest version was changed.
    Updated,
    /// The same version was there but damaged; it was moved aside and written again.
    Repaired,
}

/// Publishes `series` as the latest version of dataset `name`.
///
/// The caller has checked the rows ([`crate::check`]); here only names are. The same data again is a no-op.
///
/// # Errors
/// `Spec` for names that are not legal or no series at all, `Io` if it cannot be written.
pub fn publish(
    data_dir: &Path,
    name: &str,
    interval: Interval,
    calendar: Option<Calendar>,
    series: &[Series<'_>],
) -> Result<Published> {
    publish_as(data_dir, name, interval, Origin { calendar, close_only: false }, series)
}

/// What the import knows of bars beyond their values.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Origin {
    /// When the market trades, if it was said.
    pub calendar: Option<Calendar>,
    /// The close stands for open, high and low.
    pub close_only: bool,
}

/// As [`publish`], of bars of some origin.
///
/// # Errors
/// As [`publish`].
pub fn publish_as(
    data_dir: &Path,
    name: &str,
    interval: Interval,
    origin: Origin,
    series: &[Series<'_>],
) -> Result<Published> {
    publish_rows(data_dir, name, interval, origin, series.iter().copied().map(Rows::lent).collect())
}

/// One symbol to publish: what the manifest says of it, what is known of it, and its rows, which may lie on disk.
pub(crate) struct Rows<'a> {
    pub entry: SymbolEntry,
    bare: Series<'a>,
    columns: Columns<'a>,
}

enum Columns<'a> {
    Lent(Series<'a>),
    Blocks(&'a SeriesBlocks),
}

impl<'a> Rows<'a> {
    /// Rows in memory.
    pub(crate) fn lent(series: Series<'a>) -> Self {
        Self { entry: entry(&series), bare: series, columns: Columns::Lent(series) }
    }

    /// Rows of an import, with its report of them.
    pub(crate) fn of(series: &'a SeriesBlocks, report: &SymbolReport) -> Self {
        let bare = series.bare();
        let (rows, from_ms, to_ms) = (report.rows, report.from_ms, report.to_ms);
        let entry = SymbolEntry { rows, from_ms, to_ms, ..entry(&bare) };
        Self { entry, bare, columns: Columns::Blocks(series) }
    }

    fn columns(&self) -> &dyn ByColumn {
        match &self.columns {
            Columns::Lent(series) => series,
            Columns::Blocks(series) => *series,
        }
    }
}

/// As [`publish_as`], of rows that need not be in memory.
pub(crate) fn publish_rows(
    data_dir: &Path,
    name: &str,
    interval: Interval,
    origin: Origin,
    mut sorted: Vec<Rows<'_>>,
) -> Result<Published> {
    check_dataset_name(name)?;
    sorted.sort_by(|a, b| a.entry.symbol.cmp(&b.entry.symbol));
    if sorted.is_empty() || sorted.iter().any(|s| s.entry.rows == 0) {
        return Err(Error::option("dataset", name, "would have no bars"));
    }
    for symbol in sorted.iter().map(|s| &s.entry.symbol) {
        // `X.funding` would share its file with the funding of `X`.
        if !is_symbol(symbol) || symbol.ends_with(".funding") {
            return Err(Error::option(
                "symbol",
                symbol,
                "is no symbol: use up to 32 letters, digits, '.', '_' and '-'",
            ));
        }
    }
    if let Some(twice) =
        sorted.windows(2).find(|w| w[0].entry.symbol.eq_ignore_ascii_case(&w[1].entry.symbol))
    {
        return Err(Error::option(
            "symbol",
            &twice[1].entry.symbol,
            "is there twice (upper and lower case count as the same)",
        ));
    }
    let mut stream = Stream::new(interval.ms(), sorted.len());
    sorted.iter().try_for_each(|s| stream.add(&s.bare, s.columns()))?;
    let manifest = Manifest {
        format: FORMAT,
        name: name.to_owned(),
        interval: interval.to_string(),
        calendar: origin.calendar,
        close_only: origin.close_only,
        symbols: sorted.iter().map(|s| s.entry.clone()).collect(),
        digest: stream.digest(),
        checksum: String::new(),
    };
    let layout = Layout::create(data_dir)?;
    let parent = layout.dataset(name);
    std::fs::create_dir_all(&parent).map_err(|e| Error::io("write", &parent, e))?;
    let folder = layout.folder(name, &manifest.digest);
    let mut outcome = match folder.exists() {
        false => PublishOutcome::New,
        true => reuse(&folder, &manifest)?,
    };
    if matches!(outcome, PublishOutcome::New | PublishOutcome::Repaired) {
        write_folder(&parent, &folder, &manifest, interval, &sorted)?;
    }
    if layout.latest(name).ok().as_deref() != Some(&manifest.digest) {
        replace_file(&parent, "LATEST", format!("{}\n", manifest.digest).as_bytes())?;
        outcome = if outcome == PublishOutcome::Unchanged { PublishOutcome::Updated } else { outcome };
    }
    Ok(Published { digest: manifest.digest, folder, outcome })
}

fn entry(s: &Series<'_>) -> SymbolEntry {
    SymbolEntry {
        symbol: s.symbol.to_owned(),
        rows: s.len() as u64,
        from_ms: s.time_ms.first().copied().unwrap_or_default(),
        to_ms: s.time_ms.last().copied().unwrap_or_default(),
        decimals: s.decimals,
        volume: s.volume.is_some(),
        funding: s.funding.len() as u64,
    }
}

/// Decides about a version that is there already.
fn reuse(folder: &Path, wanted: &Manifest) -> Result<PublishOutcome> {
    match Dataset::open_folder(folder, &wanted.name, &wanted.digest) {
        Ok(found) => {
            let calendar = wanted.calendar.or(found.calendar());
            if (found.calendar(), found.is_close_only()) == (calendar, wanted.close_only) {
                return Ok(PublishOutcome::Unchanged);
            }
            let dressed = Manifest { calendar, ..wanted.clone() };
            replace_file(folder, "manifest.json", &dressed.to_bytes())?;
            Ok(PublishOutcome::Updated)
        }
        Err(Error::Damaged { .. } | Error::Io { .. }) => {
            let aside = (1..1000).map(|n| folder.with_extension(format!("broken-{n}"))).find(|p| !p.exists());
            let aside = aside.unwrap_or_else(|| folder.with_extension("broken"));
            std::fs::rename(folder, &aside).map_err(|e| Error::io("move aside", folder, e))?;
            Ok(PublishOutcome::Repaired)
        }
        Err(other) => Err(other),
    }
}

fn write_folder(
    parent: &Path,
    folder: &Path,
    manifest: &Manifest,
    interval: Interval,
    sorted: &[Rows<'_>],
) -> Result<()> {
    let temp = tempfile::Builder::new()
        .prefix(".tmp-")
        .tempdir_in(parent)
        .map_err(|e| Error::io("write", parent, e))?;
    let interval = interval.to_string();
    for rows in sorted {
        let s = &rows.bare;
        let bars = temp.path().join(bars_file(s.symbol));
        write_file(&bars, |out| write_bars(out, &bars, s, rows.columns(), &interval))?;
        if !s.funding.is_empty() {
            let funding = temp.path().join(funding_file(s.symbol));
            write_file(&funding, |out| ipc::write_funding(out, s))?;
        }
    }
    replace_file(temp.path(), "manifest.json", &manifest.to_bytes())?;
    make_readable(temp.path()).map_err(|e| Error::io("write", temp.path(), e))?;
    match std::fs::rename(temp.path(), folder) {
        Ok(()) => {
            // The folder is no longer under its temporary name, so there is nothing left to delete.
            let _ = temp.keep();
            sync_folder(parent)
        }
        // Another import of the same data was faster: what it wrote is the same.
        Err(_) if folder.join("manifest.json").exists() => Ok(()),
        Err(e) => Err(Error::io("write", folder, e)),
    }
}

pub(crate) fn write_file(
    path: &Path,
    write: impl FnOnce(&mut BufWriter<File>) -> std::result::Result<(), arrow::error::ArrowError>,
) -> Result<()> {
    let failed = |e| Error::io("write", path, e);
    let mut out = BufWriter::with_capacity(1 << 20, File::create(path).map_err(failed)?);
    write(&mut out).map_err(|e| match e {
        arrow::error::ArrowError::IoError(_, source) => failed(source),
        // Rows that could not be read back.
        arrow::error::ArrowError::ExternalError(other) => match other.downcast::<Error>() {
            Ok(error) => *error,
            Err(other) => failed(std::io::Error::other(other)),
        },
        other => failed(std::io::Error::other(other)),
    })?;
    out.flush().map_err(failed)?;
    out.get_ref().sync_all().map_err(failed)
}
