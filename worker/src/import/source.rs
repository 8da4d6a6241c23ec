//! `marketData.source`: a dataset that does not exist yet is made from files of the user.

use std::path::Path;
use std::sync::atomic::AtomicBool;

use galapagos_crds::{CalendarType, MarketData};
use galapagos_market::import::Observer;
use galapagos_market::{
    Calendar, CheckOptions, ColumnChoice, ErrorKind, ImportPlan, Interval, LoadOptions, Published,
    ReadOptions, catalogue,
};

use super::download::{Download, Fetcher};
use super::error::ImportError;
use super::path;

/// How often a file is read again when the system fails to read it.
const RETRIES: u32 = 2;

/// Whether there is something to import.
#[derive(Debug)]
pub enum Need {
    /// The dataset exists as the job wants it.
    Nothing {
        /// The version that the job gets, 64 hex digits.
        digest: String,
    },
    /// The dataset does not exist; it can be imported.
    Import(Box<Prepared>),
}

/// An import that is ready to run.
#[derive(Debug)]
pub struct Prepared {
    plan: ImportPlan,
    pinned: Option<String>,
    /// Kept until the import is done.
    _download: Option<Download>,
}

/// How an import is done.
#[derive(Debug)]
pub struct How<'a> {
    /// Files read at the same time.
    pub threads: usize,
    /// Fetches what is not on the volume.
    pub fetcher: &'a Fetcher,
    /// Raised to end a download.
    pub stop: &'a AtomicBool,
}

/// Looks for the job's dataset below `data_dir` and, if it is absent, for its source, which is downloaded.
///
/// # Errors
/// The dataset is absent and the source is too, or may not be used.
pub fn prepare(data: &MarketData, data_dir: &Path, how: &How<'_>) -> Result<Need, ImportError> {
    if let Some(digest) = existing(data, data_dir)? {
        return Ok(Need::Nothing { digest });
    }
    let absent = || ImportError::NoSource { dataset: data.dataset.clone(), data_dir: data_dir.to_owned() };
    let source = data.source.as_ref().ok_or_else(absent)?;
    let calendar = data.calendar.as_ref().map(|c| match (c.type_, c.bars_per_year) {
        (CalendarType::Sessions, Some(bars_per_year)) => Calendar::Sessions { bars_per_year },
        _ => Calendar::Continuous,
    });
    let check = CheckOptions {
        interval: Some(Interval::parse(&data.interval)?),
        calendar,
        max_gap_share: source.gaps.max_share.to_f64(),
        repair: false,
        // The same file gives the same dataset on every worker, whenever it reads it.
        now_ms: None,
    };
    let mut columns = ColumnChoice::default();
    if source.close_only {
        columns = columns.close_only()?;
    }
    tracing::info!(dataset = data.dataset, "the dataset does not exist yet: importing it");
    let (inputs, download) = match (&source.path, &source.http) {
        (Some(relative), _) => (path::inputs(data_dir, relative, &data.symbols)?, None),
        (None, Some(http)) => {
            let download =
                how.fetcher.fetch(&http.url, &http.sha256, &data_dir.join("galapagos"), how.stop)?;
            (vec![path::input(download.path(), &data.symbols)], Some(download))
        }
        (None, None) => return Err(absent()),
    };
    let plan = ImportPlan {
        inputs,
        data_dir: data_dir.to_owned(),
        dataset: data.dataset.clone(),
        load: LoadOptions {
            read: ReadOptions { columns, ..ReadOptions::default() },
            check,
            funding: Vec::new(),
        },
        threads: how.threads,
        retries: RETRIES,
        // A dataset that lacks a symbol of the job would exist from then on, and would not be imported again.
        partial: false,
        append: false,
    };
    Ok(Need::Import(Box::new(Prepared { plan, pinned: data.digest.clone(), _download: download })))
}

/// Cores of this machine.
pub fn cores() -> usize {
    std::thread::available_parallelism().map_or(1, usize::from)
}

/// The version that a job without a pin gets, or the pinned one.
fn existing(data: &MarketData, data_dir: &Path) -> Result<Option<String>, ImportError> {
    let all = match catalogue::list(data_dir) {
        Ok(all) => all,
        Err(error) if error.kind() == ErrorKind::Missing => return Ok(None),
        Err(error) => return Err(error.into()),
    };
    // A version whose manifest is damaged is written again by an import of the same data.
    let versions: Vec<_> =
        all.into_iter().filter(|v| v.dataset == data.dataset && v.problem.is_none()).collect();
    let Some(digest) = &data.digest else {
        return Ok(versions.into_iter().find(|v| v.latest).map(|v| v.digest));
    };
    let hex = digest.strip_prefix("blake3:").unwrap_or(digest);
    match versions.iter().any(|v| v.digest == hex) {
        true => Ok(Some(hex.to_owned())),
        false if versions.is_empty() => Ok(None),
        false => Err(ImportError::NoSuchVersion {
            dataset: data.dataset.clone(),
            digest: digest.clone(),
            data_dir: data_dir.to_owned(),
        }),
    }
}

impl Prepared {
    /// What will be read.
    pub fn plan(&self) -> &ImportPlan {
        &self.plan
    }

    /// Reads, checks and publishes.
    ///
    /// # Errors
    /// A file or a symbol is refused, the dataset cannot be written, or it is not the one that the job pins.
    pub fn publish(&self, observer: Observer<'_>) -> Result<Published, ImportError> {
        let summary = galapagos_market::import(&self.plan, observer)?;
        if !summary.failed.is_empty() {
            return Err(ImportError::Refused { failed: summary.failed });
        }
        // Nothing refused and nothing published: there was no symbol at all.
        let published = summary.published.ok_or(ImportError::Refused { failed: Vec::new() })?;
        match &self.pinned {
            Some(pinned) if pinned.strip_prefix("blake3:").unwrap_or(pinned) != published.digest => {
                Err(ImportError::OtherData { pinned: pinned.clone(), found: published.digest })
            }
            _ => Ok(published),
        }
    }
}
