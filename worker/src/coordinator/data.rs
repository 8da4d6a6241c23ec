//! The market data of a coordinator. It evaluates nothing before the end, so it keeps no map while it runs: only what
//! tells whether the files are still those that were opened.

use std::path::PathBuf;

use galapagos_crds::MarketData;
use galapagos_market::map::FileIdentity;
use galapagos_market::{Dataset, Error};

use super::exits;
use super::settings::Settings;
use crate::job::market::Market;
use crate::process::exit::Exit;

/// The files of a dataset as they were when it was opened.
#[derive(Debug)]
pub(super) struct DataFiles {
    dataset: String,
    files: Vec<(PathBuf, FileIdentity)>,
}

impl DataFiles {
    /// Those of an open dataset.
    ///
    /// # Errors
    /// They have changed since it was opened.
    pub fn of(dataset: &Dataset) -> Result<DataFiles, Error> {
        let folder = dataset.folder();
        let failed = |source| Error::Io { action: "read", path: folder.to_owned(), source };
        let mut files = Vec::new();
        for entry in std::fs::read_dir(folder).map_err(failed)? {
            let path = entry.map_err(failed)?.path();
            // Whatever else lies there is nobody's business.
            if !path.extension().is_some_and(|e| e == "arrow" || e == "json") {
                continue;
            }
            let identity = FileIdentity::of(&path)?;
            files.push((path, identity));
        }
        // What was there before is what is there after: so these are the identities of what was opened.
        dataset.check_unchanged()?;
        Ok(DataFiles { dataset: dataset.name().to_owned(), files })
    }

    /// Fails if a file was changed, replaced or removed.
    ///
    /// # Errors
    /// As [`Dataset::check_unchanged`].
    pub fn check_unchanged(&self) -> Result<(), Error> {
        for (path, identity) in &self.files {
            if FileIdentity::of(path)? != *identity {
                return Err(Error::Damaged {
                    dataset: self.dataset.clone(),
                    file: path.clone(),
                    problem: "was changed while it was in use; results computed from it are not valid".into(),
                });
            }
        }
        Ok(())
    }
}

/// Opens the data once more, every value checked: the version that the run is about.
///
/// # Errors
/// They are gone or were changed.
pub(super) fn reopen(settings: &Settings, data: &MarketData, digest: &str) -> Result<Market, Exit> {
    let data = MarketData { digest: Some(digest.to_owned()), ..data.clone() };
    Market::open(&settings.data_dir, &data).map_err(exits::market)
}
