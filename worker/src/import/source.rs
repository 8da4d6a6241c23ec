//! `marketData.source`: a dataset that does not exist yet is made from files of the user, or from what an exchange gives.

use std::path::Path;

use galapagos_crds::MarketData;
use galapagos_market::Observer;
use galapagos_market::{ErrorKind, ImportPlan, Interval, LoadOptions, Published, catalogue};

use super::download::Download;
use super::error::ImportError;
use super::fetch::Fetched;
use super::how::How;
use super::{exchange, options, path};

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
    kept: Kept,
}

/// Files that are needed until the dataset is published.
#[derive(Debug)]
enum Kept {
    Nothing,
    /// It vanishes with the value.
    Download(#[expect(dead_code, reason = "only kept")] Download),
    /// Another attempt goes on with them, unless the dataset is published.
    Pages(Vec<Fetched>),
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
    let (read, check) = (options::read(source)?, options::check(data, source)?);
    tracing::info!(dataset = data.dataset, "the dataset does not exist yet: importing it");
    let mut funding = Vec::new();
    for file in &source.funding {
        let symbols = file.symbol.as_ref().map_or(data.symbols.as_slice(), std::slice::from_ref);
        funding.extend(path::inputs(data_dir, &file.path, symbols)?);
    }
    let (inputs, kept) = match (&source.path, &source.http, &source.fetch) {
        (Some(relative), ..) => (path::inputs(data_dir, relative, &data.symbols)?, Kept::Nothing),
        (None, Some(http), _) => {
            let download =
                how.fetcher.fetch(&http.url, &http.sha256, &data_dir.join("galapagos"), how.stop)?;
            (vec![path::input(download.path(), &data.symbols)], Kept::Download(download))
        }
        (None, None, Some(fetch)) => {
            let interval = check.interval.map_or_else(|| Interval::parse(&data.interval), Ok)?;
            let answers = exchange::ask(data, fetch, interval, data_dir, how)?;
            funding = answers.funding;
            (answers.bars, Kept::Pages(answers.fetched))
        }
        (None, None, None) => return Err(absent()),
    };
    let plan = ImportPlan {
        inputs,
        data_dir: data_dir.to_owned(),
        dataset: data.dataset.clone(),
        load: LoadOptions { read, check, funding },
        threads: how.threads,
        retries: RETRIES,
        // A dataset that lacks a symbol of the job would exist from then on, and would not be imported again.
        partial: false,
        append: false,
    };
    Ok(Need::Import(Box::new(Prepared { plan, pinned: data.digest.clone(), kept })))
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
    pub fn publish(self, observer: Observer<'_>) -> Result<Published, ImportError> {
        let summary = galapagos_market::import(&self.plan, observer)?;
        if !summary.failed.is_empty() {
            return Err(ImportError::Refused { failed: summary.failed });
        }
        // Nothing refused and nothing published: there was no symbol at all.
        let published = summary.published.ok_or(ImportError::Refused { failed: Vec::new() })?;
        if let Kept::Pages(fetched) = self.kept {
            fetched.into_iter().try_for_each(Fetched::remove)?;
        }
        match &self.pinned {
            Some(pinned) if pinned.strip_prefix("blake3:").unwrap_or(pinned) != published.digest => {
                Err(ImportError::OtherData { pinned: pinned.clone(), found: published.digest })
            }
            _ => Ok(published),
        }
    }
}
