//! What a run keeps on disk, and why it can be trusted after any kill.
//!
//! * [`atomic`]: a file or folder appears whole or not at all.
//! * [`run_folder`]: where a run lies, who may write it ([`lock`], epochs), and its commit mark `RESULT`.
//! * [`begun`]: the inputs of a run, for people.
//! * [`ledger`]: every distinct evaluation, append-only; memo and journal in one.
//!   Its `salvage` finds the good records among damage.
//! * [`checkpoint`]: the state at a generation boundary, and the one before. [`saves`] says which are flushed.
//! * [`exceptions`]: why individuals were set aside.
//! * [`digest`]: the inputs digest and the chain of result digests, byte by byte.
//!
//! Nothing here knows how evaluation happens.

pub mod atomic;
pub mod begun;
pub mod checkpoint;
pub mod digest;
pub mod exceptions;
pub mod ledger;
pub mod lock;
mod reader;
pub mod record;
pub mod run_folder;
mod salvage;
pub mod saves;
mod tail;

use std::path::{Path, PathBuf};

/// What can go wrong with a run's files.
#[derive(Debug, thiserror::Error)]
pub enum StorageError {
    /// The file system refused.
    #[error("cannot {action} {}: check that the folder exists, is writable and has room", path.display())]
    Io {
        /// What was tried, as a verb.
        action: &'static str,
        /// The path that it was tried on.
        path: PathBuf,
        /// The system's own words.
        source: std::io::Error,
    },
    /// What would be in the file has no JSON.
    #[error("{} cannot be written", path.display())]
    Json {
        /// Path of the file.
        path: PathBuf,
        /// What the JSON library said.
        source: serde_json::Error,
    },
    /// Another process runs the same job in the same folder.
    #[error("{} is in use by another run: wait for it, or give this run its own --results-dir", path.display())]
    Locked {
        /// Path of the lock file.
        path: PathBuf,
    },
    /// `--resume` without anything to resume.
    #[error("nothing to resume in {}: start the run without --resume", path.display())]
    NothingToResume {
        /// Where a checkpoint or a ledger was looked for.
        path: PathBuf,
    },
    /// `--resume` of a job whose inputs are others than those of its run.
    #[error("nothing to resume in {}: {difference}; change it back, or start the run without --resume", path.display())]
    OtherInputs {
        /// Where a checkpoint or a ledger was looked for.
        path: PathBuf,
        /// The run that there is, and which inputs differ.
        difference: String,
    },
    /// The folder belongs to other inputs (a copied or edited folder).
    #[error("{} does not belong to this job: it says {found}, expected {expected}; start over with --fresh", path.display())]
    Foreign {
        /// The file that says so.
        path: PathBuf,
        /// The inputs digest and engine that the file names.
        found: String,
        /// What it should say.
        expected: String,
    },
    /// A name that would leave the runs folder.
    #[error(
        "{what} {value:?} is not a name: use lower-case letters, digits, '-', '_' and '.', starting with a letter or digit"
    )]
    BadName {
        /// Namespace or job: which of the two names is wrong.
        what: &'static str,
        /// The name that was given.
        value: String,
    },
    /// A newer coordinator owns the run.
    #[error(
        "epoch {mine} of this process is older than epoch {newest} of the run folder: another attempt took over"
    )]
    OlderEpoch {
        /// The epoch this process claimed.
        mine: u64,
        /// The epoch of the newest attempt.
        newest: u64,
    },
}

/// Whether a reader whose newest format is `newest` (N) reads a file of `format`: N and N-1, of those from 1.
pub(crate) fn reads_format(format: u16, newest: u16) -> bool {
    format > 0 && (format == newest || format + 1 == newest)
}

impl StorageError {
    /// Wraps an error of JSON with the file that it was for.
    pub(crate) fn json(path: &Path) -> impl FnOnce(serde_json::Error) -> StorageError {
        move |source| StorageError::Json { path: path.to_owned(), source }
    }

    /// Wraps an I/O error with what was tried.
    pub fn io(action: &'static str, path: &Path) -> impl FnOnce(std::io::Error) -> StorageError {
        move |source| StorageError::Io { action, path: path.to_owned(), source }
    }
}
