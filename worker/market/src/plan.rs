//! What an import is asked for, what it tells while it runs, and how it ended.

use crate::check::{CheckOptions, SymbolReport};
use crate::error::{Error, ErrorKind};
use crate::publish::Published;
use crate::read::ReadOptions;
use std::path::{Path, PathBuf};

/// A file to read.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Input {
    /// Path of the file.
    pub path: PathBuf,
    /// Its symbol; `None`: the file's own column, else the name of the file.
    pub symbol: Option<String>,
}

/// What stands in a folder of files to import, in order of the names. Hidden names are passed over.
///
/// # Errors
/// The folder cannot be read.
pub fn folder_entries(path: &Path) -> std::io::Result<Vec<PathBuf>> {
    let mut out = Vec::new();
    for entry in std::fs::read_dir(path)? {
        let path = entry?.path();
        if path.file_name().is_some_and(|name| !name.to_string_lossy().starts_with('.')) {
            out.push(path);
        }
    }
    out.sort();
    Ok(out)
}

impl Input {
    /// A file whose symbol is found by itself.
    pub fn new(path: impl Into<PathBuf>) -> Self {
        Self { path: path.into(), symbol: None }
    }

    /// A file of one symbol.
    pub fn for_symbol(symbol: impl Into<String>, path: impl Into<PathBuf>) -> Self {
        Self { path: path.into(), symbol: Some(symbol.into()) }
    }
}

/// How to read and check files.
#[derive(Clone, Debug, Default)]
pub struct LoadOptions {
    /// Columns and the order of dates.
    pub read: ReadOptions,
    /// Interval, calendar and what is allowed.
    pub check: CheckOptions,
    /// Funding series, by symbol.
    pub funding: Vec<Input>,
}

/// Everything that one import needs to know.
#[derive(Clone, Debug)]
pub struct ImportPlan {
    /// Files with bars; several may belong to one symbol.
    pub inputs: Vec<Input>,
    /// The data directory, which is made if it is missing.
    pub data_dir: PathBuf,
    /// Name of the dataset.
    pub dataset: String,
    /// How to read and check.
    pub load: LoadOptions,
    /// Threads that read and check, at least 1.
    pub threads: usize,
    /// How often a file is read again after the system failed to read it.
    pub retries: u32,
    /// Whether the symbols that passed are published although others, or files, were refused.
    pub partial: bool,
    /// Whether the rows come to those of the latest version, if there is one, instead of taking their place. Symbols
    /// that are only there stay, as do those that are refused.
    pub append: bool,
}

/// What an import reports while it runs. Numbers of files are positions in [`ImportPlan::inputs`].
#[derive(Debug)]
pub enum ImportEvent<'a> {
    /// A file begins to be read.
    Started {
        /// Position of the file in [`ImportPlan::inputs`].
        file: usize,
    },
    /// Part of the file is read.
    Progress {
        /// Position of the file in [`ImportPlan::inputs`].
        file: usize,
        /// Bytes or rows done.
        done: u64,
        /// Bytes or rows of the whole file.
        total: u64,
    },
    /// The system failed; the file is read again.
    Retry {
        /// Position of the file in [`ImportPlan::inputs`].
        file: usize,
        /// Number of this attempt, from 1.
        attempt: u32,
        /// Why the system failed to read it.
        error: &'a Error,
    },
    /// All rows are read.
    Read {
        /// Position of the file in [`ImportPlan::inputs`].
        file: usize,
        /// Rows that the file holds.
        rows: u64,
    },
    /// The file is given up.
    FileFailed {
        /// Position of the file in [`ImportPlan::inputs`].
        file: usize,
        /// Why the file is refused.
        error: &'a Error,
    },
    /// A symbol passed all checks.
    Checked {
        /// What the checks found in the symbol.
        report: &'a SymbolReport,
    },
    /// A symbol is refused.
    SymbolFailed {
        /// Name of the symbol.
        symbol: &'a str,
        /// Why the symbol is refused.
        error: &'a Error,
    },
}

/// Receives events, from several threads.
pub type Observer<'a> = &'a (dyn Fn(ImportEvent<'_>) + Sync);

/// A file or a symbol that was not imported.
#[derive(Debug)]
pub struct ImportFailure {
    /// The symbol, or the file where its symbol is not known.
    pub what: String,
    /// Why it was refused.
    pub error: Error,
}

/// How an import ended.
#[derive(Debug)]
pub struct ImportSummary {
    /// The dataset; `None` if no symbol passed, or not everything did and the plan is not [`ImportPlan::partial`].
    pub published: Option<Published>,
    /// Symbols that are in it.
    pub symbols: Vec<SymbolReport>,
    /// Files and symbols that were refused, each with its error.
    pub failed: Vec<ImportFailure>,
    /// Symbols of the version before that the published one does not have.
    pub gone: Vec<String>,
}

impl ImportSummary {
    /// The class of the gravest failure, if there is one: invalid data, then faults, missing files and options.
    pub fn worst(&self) -> Option<ErrorKind> {
        let rank = [ErrorKind::Invalid, ErrorKind::Io, ErrorKind::Missing, ErrorKind::Spec];
        rank.into_iter().find(|k| self.failed.iter().any(|f| f.error.kind() == *k))
    }
}
