//! What a dataset held before an import.

use crate::dataset::Dataset;
use crate::error::{Error, Result};
use crate::layout::Layout;
use crate::manifest::Manifest;
use crate::names::Interval;
use std::path::Path;

/// A dataset by its name, which need not be there.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Before<'a> {
    /// The data directory.
    pub data_dir: &'a Path,
    /// Name of the dataset.
    pub dataset: &'a str,
}

impl Before<'_> {
    /// The latest version, to which rows are added that are closes only or not, and of this interval if one was said.
    /// `None`: the dataset is new.
    ///
    /// # Errors
    /// `Spec` if it has other prices or another interval, and all of [`Dataset::open`].
    pub fn to_grow(self, close_only: bool, interval: Option<Interval>) -> Result<Option<Dataset>> {
        let latest = match Dataset::open(self.data_dir, self.dataset, None) {
            Err(Error::Missing { .. }) => return Ok(None),
            opened => opened?,
        };
        let refuse = |problem: String| Err(Error::option("append", self.dataset, problem));
        match (latest.is_close_only(), close_only) {
            (true, false) => refuse("has closes only: say --close-only".into()),
            (false, true) => refuse("has all prices: leave --close-only out".into()),
            _ => match interval.filter(|i| *i != latest.interval()) {
                Some(said) => refuse(format!(
                    "has bars of {}, not of {said}, and a dataset has one interval",
                    latest.interval()
                )),
                None => Ok(Some(latest)),
            },
        }
    }

    /// Symbols of the latest version, if there is one that can be read.
    pub fn symbols(self) -> Vec<String> {
        let read = || {
            let layout = Layout::open(self.data_dir)?;
            Manifest::read(&layout.folder(self.dataset, &layout.latest(self.dataset)?), self.dataset)
        };
        let symbols = read().map(|manifest| manifest.symbols).unwrap_or_default();
        symbols.into_iter().map(|entry| entry.symbol).collect()
    }
}
