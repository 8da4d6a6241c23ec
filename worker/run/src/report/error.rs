//! Why there is no report.

use std::path::{Path, PathBuf};

use crate::pictures::PictureError;

/// Why a report cannot be made.
#[derive(Debug, thiserror::Error)]
pub enum ReportError {
    /// The path is that of something else.
    #[error(
        "{} is no result: name the folder of a run, the folder result in it, or a result.json",
        path.display()
    )]
    NoResult {
        /// What was given.
        path: PathBuf,
    },
    /// The run has no result yet.
    #[error(
        "the run in {} has not ended, so it has no result/result.json: the command that began it continues it",
        path.display()
    )]
    Unfinished {
        /// The run folder.
        path: PathBuf,
    },
    /// A file cannot be read.
    #[error("cannot read {}", path.display())]
    Read {
        /// The file.
        path: PathBuf,
        /// The system's own words.
        source: std::io::Error,
    },
    /// A file is larger than any that a run writes.
    #[error("{} has more than {limit} bytes: it is no file of a result", path.display())]
    TooLarge {
        /// The file.
        path: PathBuf,
        /// The most that is read.
        limit: u64,
    },
    /// A later release wrote it.
    #[error("{} has the schema {found:?}; this program reads {known:?}: use the release that made the result", path.display())]
    Schema {
        /// The file.
        path: PathBuf,
        /// What it says.
        found: String,
        /// What is read here.
        known: &'static str,
    },
    /// `result.json` is no result.
    #[error("{} is not the JSON of a result", path.display())]
    Json {
        /// The file.
        path: PathBuf,
        /// What the JSON library said.
        source: serde_json::Error,
    },
    /// A line of a table is wrong.
    #[error("{}, line {line}: {problem}", path.display())]
    Table {
        /// The file.
        path: PathBuf,
        /// Its number, from 1.
        line: u64,
        /// What is wrong with it.
        problem: String,
    },
    /// The table of evaluations cannot be read.
    #[error("{} cannot be read as a table of evaluations: {problem}", path.display())]
    Ledger {
        /// The file.
        path: PathBuf,
        /// What the library said.
        problem: String,
    },
    /// A chart cannot be drawn.
    #[error(transparent)]
    Picture(#[from] PictureError),
}

impl ReportError {
    /// Whether what was given is at fault, not the machine or the program.
    pub fn is_of_the_input(&self) -> bool {
        !matches!(self, ReportError::Read { .. } | ReportError::Picture(_))
    }

    /// Wraps an I/O error with its file.
    pub(crate) fn read(path: &Path) -> impl FnOnce(std::io::Error) -> ReportError {
        move |source| ReportError::Read { path: path.to_owned(), source }
    }
}
