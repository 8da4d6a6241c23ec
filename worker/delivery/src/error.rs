//! Why a result is not delivered.

use std::path::{Path, PathBuf};

use galapagos_run::report::error::ReportError;
use galapagos_run::storage::StorageError;

/// Why a result is not delivered.
#[derive(Debug, thiserror::Error)]
pub enum DeliveryError {
    /// What was named is no result.
    #[error(transparent)]
    Result(#[from] ReportError),
    /// Nothing that was named has a finished run.
    #[error(
        "there is no finished run below {}: name the folder of a run, the folder result in it, or a folder above runs",
        path.display()
    )]
    NoRun {
        /// The folder.
        path: PathBuf,
    },
    /// The files of a result do not fit each other.
    #[error("the result in {} is not whole: {problem}; the command that made it makes it again", path.display())]
    NotWhole {
        /// The folder of the result.
        path: PathBuf,
        /// What does not fit.
        problem: String,
    },
    /// What `--to` says is no destination.
    #[error("{text:?} is no destination: {problem}")]
    Destination {
        /// What was written, without a password.
        text: String,
        /// What is wrong, and what to write.
        problem: String,
    },
    /// A folder cannot be read or written.
    #[error(transparent)]
    Storage(#[from] StorageError),
    /// A file of a result cannot be read.
    #[error("cannot read {}", path.display())]
    Read {
        /// The file.
        path: PathBuf,
        /// The system's own words.
        source: std::io::Error,
    },
    /// What was named is no address of objects.
    #[error("{text:?} is no address of files: {problem}")]
    Address {
        /// What was written.
        text: String,
        /// What is wrong, and what to write.
        problem: String,
    },
    /// A copy of an object cannot be written.
    #[error("cannot write {}", path.display())]
    Write {
        /// The file.
        path: PathBuf,
        /// The system's own words.
        source: std::io::Error,
    },
    /// The destination refuses, and goes on refusing until somebody changes something.
    #[error("{to} refuses: {problem}")]
    Refused {
        /// The destination, without a password.
        to: String,
        /// Why, and what to do.
        problem: String,
    },
    /// The destination cannot be reached, or fails: later it may not.
    #[error("{to} cannot be used now: {problem}")]
    Unavailable {
        /// The destination, without a password.
        to: String,
        /// The words of the library.
        problem: String,
    },
    /// The destination does not take this result; it may take others.
    #[error("{to} does not take {name}: {problem}")]
    NotTaken {
        /// The destination, without a password.
        to: String,
        /// Namespace and name of the job.
        name: String,
        /// Its words.
        problem: String,
    },
    /// Where the result should lie is something else.
    #[error("{place} holds something else than this result ({problem}): move it away")]
    Taken {
        /// The place at the destination.
        place: String,
        /// What is there.
        problem: String,
    },
}

impl DeliveryError {
    /// Whether somebody must change what was asked for: a path, a destination, a password.
    pub fn is_invalid(&self) -> bool {
        use DeliveryError::{Address, Destination, NoRun, NotTaken, NotWhole, Refused, Result, Taken};
        matches!(
            self,
            Result(_)
                | NoRun { .. }
                | NotWhole { .. }
                | NotTaken { .. }
                | Destination { .. }
                | Address { .. }
                | Refused { .. }
                | Taken { .. }
        )
    }

    pub(crate) fn read(path: &Path) -> impl FnOnce(std::io::Error) -> DeliveryError {
        let path = path.to_owned();
        move |source| DeliveryError::Read { path, source }
    }
}

/// The words of an error and of all that caused it.
pub(crate) fn chain(error: &dyn std::error::Error) -> String {
    let mut words = error.to_string();
    let mut next = error.source();
    while let Some(cause) = next {
        let said = cause.to_string();
        // Many libraries repeat the words of the cause in their own.
        if !words.contains(&said) {
            words = format!("{words}: {said}");
        }
        next = cause.source();
    }
    words
}
