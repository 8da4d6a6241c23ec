//! A champion whose result and data are looked at again and again.

use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::SystemTime;

use galapagos_market::Dataset;
use galapagos_run::report::locate::result_folder;
use galapagos_run::results::ranking::parse;
use galapagos_run::signal::chosen::Chosen;
use galapagos_run::signal::decide::on_dataset;
use galapagos_run::signal::document::SignalDocument;
use galapagos_run::signal::error::SignalError;

/// A champion with its last signal.
#[derive(Debug)]
pub(super) struct Watched {
    /// What it is called in requests.
    pub name: String,
    path: PathBuf,
    rank: usize,
    data_dir: PathBuf,
    dataset: Option<String>,
    seen: Option<Seen>,
    current: Option<Arc<Current>>,
}

/// A champion and what it wants.
#[derive(Debug)]
pub(super) struct Current {
    /// The champion with its result.
    pub chosen: Chosen,
    /// What it wants.
    pub signal: SignalDocument,
}

/// By what a change is known.
#[derive(Clone, Debug, PartialEq, Eq)]
struct Seen {
    folder: PathBuf,
    result: Option<(u64, SystemTime)>,
    job: Option<(u64, SystemTime)>,
    dataset: String,
}

impl Watched {
    /// Of `[NAME=]RESULT[#RANK]`. What exists as it is written has no name before it.
    ///
    /// # Errors
    /// There is no such result.
    pub fn new(text: &str, data_dir: &Path, dataset: Option<&str>) -> Result<Watched, SignalError> {
        let rank = |text: &str| parse(text).ok_or_else(|| SignalError::Rank { given: text.to_owned() });
        let (path, number) = rank(text)?;
        let (name, path, number) = match text.split_once('=') {
            Some((name, rest)) if !path.exists() && !name.is_empty() && !name.contains('/') => {
                let (path, number) = rank(rest)?;
                (Some(name.to_owned()), path, number)
            }
            _ => (None, path, number),
        };
        let name = match name {
            Some(name) => name,
            None => {
                let chosen = Chosen::read(&newest(&path)?, number)?;
                let behind = if number == 1 { String::new() } else { format!("#{number}") };
                format!("{}{behind}", chosen.job())
            }
        };
        Ok(Watched {
            name,
            path,
            rank: number,
            data_dir: data_dir.to_owned(),
            dataset: dataset.map(str::to_owned),
            seen: None,
            current: None,
        })
    }

    /// What it wants; `None`: nothing was read yet.
    pub fn current(&self) -> Option<&Arc<Current>> {
        self.current.as_ref()
    }

    /// Looks at result and data, and decides anew if one of them is another; whether it is. What was known before stays where
    /// this fails.
    ///
    /// # Errors
    /// They cannot be read.
    pub fn look(&mut self) -> Result<bool, SignalError> {
        let folder = newest(&self.path)?;
        let dataset = match (&self.dataset, &self.current) {
            (Some(name), _) => name.clone(),
            (None, Some(current)) if self.seen.as_ref().is_some_and(|seen| seen.folder == folder) => {
                current.chosen.dataset().to_owned()
            }
            (None, _) => Chosen::read(&folder, self.rank)?.dataset().to_owned(),
        };
        let seen = Seen {
            result: identity(&folder.join("result.json")),
            job: identity(&folder.join("job.yaml")),
            folder,
            dataset: Dataset::latest(&self.data_dir, &dataset)?,
        };
        if self.seen.as_ref() == Some(&seen) {
            return Ok(false);
        }
        let chosen = Chosen::read(&seen.folder, self.rank)?;
        let signal = on_dataset(&chosen, &self.data_dir, self.dataset.as_deref())?;
        self.current = Some(Arc::new(Current { chosen, signal }));
        self.seen = Some(seen);
        Ok(true)
    }
}

/// The folder with the result that a path names: of a folder of runs, that of the run whose result is the newest.
fn newest(path: &Path) -> Result<PathBuf, SignalError> {
    let named = match result_folder(path) {
        Ok(folder) => return Ok(folder),
        Err(error) => error,
    };
    let runs = std::fs::read_dir(path).into_iter().flatten().flatten();
    let results = runs.filter_map(|run| {
        let folder = result_folder(&run.path()).ok()?;
        let time = identity(&folder.join("result.json"))?.1;
        Some((time, folder))
    });
    // Of two that came in the same instant the name decides, so that every replica takes the same.
    results.max().map(|(_, folder)| folder).ok_or_else(|| named.into())
}

fn identity(path: &Path) -> Option<(u64, SystemTime)> {
    let file = std::fs::metadata(path).ok()?;
    Some((file.len(), file.modified().ok()?))
}
