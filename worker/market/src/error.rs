//! What can go wrong with market data, said so that a person can find it.

use std::path::{Path, PathBuf};

/// Result of this crate.
pub type Result<T> = std::result::Result<T, Error>;

/// The class of an error; callers map it to their exit codes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ErrorKind {
    /// An option, a name or a column choice is wrong: exit code 64.
    Spec,
    /// The data itself is wrong or was changed: exit code 65.
    Invalid,
    /// A file or a dataset is not there: exit code 66.
    Missing,
    /// The system failed to read or write; trying again may help: exit code 72.
    Io,
}

/// Where a wrong value stands.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Location {
    /// Path of the file.
    pub file: PathBuf,
    /// Line of a text file or row of a table, both counted from 1; 0 where no row is meant.
    pub row: u64,
    /// `line` for text files, `row` for tables.
    pub unit: &'static str,
    /// The column as the file names it.
    pub column: String,
    /// The value as it was read.
    pub value: String,
}

impl std::fmt::Display for Location {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{}", self.file.display())?;
        if self.row > 0 {
            write!(f, ", {} {}", self.unit, self.row)?;
        }
        if !self.column.is_empty() {
            write!(f, ", column {}", self.column)?;
        }
        if self.row > 0 { write!(f, ", value {:?}", self.value) } else { Ok(()) }
    }
}

/// The value of an option before what is wrong with it; nothing where none was given.
fn given(value: &str) -> String {
    if value.is_empty() { String::new() } else { format!("{value:?} ") }
}

/// Every error of this crate.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// An option has a value that cannot be used.
    #[error("{field}: {}{problem}", given(value))]
    Option {
        /// Name of the option.
        field: &'static str,
        /// The value that was given.
        value: String,
        /// Why it cannot be used and what to write instead.
        problem: String,
    },
    /// The file's layout was not understood.
    #[error("{}: {problem}", file.display())]
    Layout {
        /// Path of the file.
        file: PathBuf,
        /// What is missing and what to do.
        problem: String,
    },
    /// A value in the data is wrong.
    #[error("{location}: {problem}")]
    Value {
        /// File, row and column of the value.
        location: Location,
        /// What is wrong with it and what to do.
        problem: String,
    },
    /// A series as a whole is wrong.
    #[error("{symbol}: {problem}")]
    Series {
        /// Name of the symbol.
        symbol: String,
        /// What is wrong with it and what to do.
        problem: String,
    },
    /// A dataset file is cut, changed or not ours.
    #[error("dataset {dataset}: {}: {problem}", file.display())]
    Damaged {
        /// Name of the dataset.
        dataset: String,
        /// Path of the file.
        file: PathBuf,
        /// What is wrong with the file, in words.
        problem: String,
    },
    /// A dataset, a version of it or a symbol is not there.
    #[error("{what} is not there: {hint}")]
    Missing {
        /// What was looked for.
        what: String,
        /// What is there, or what to do.
        hint: String,
    },
    /// The system refused to read or write.
    #[error("{}: cannot {action}", path.display())]
    Io {
        /// What was tried, as a verb: `read`, `write`.
        action: &'static str,
        /// The path that it was tried on.
        path: PathBuf,
        /// The reason that the system gave.
        source: std::io::Error,
    },
}

impl Error {
    /// The class of this error.
    pub fn kind(&self) -> ErrorKind {
        match self {
            Error::Option { .. } => ErrorKind::Spec,
            Error::Layout { .. } | Error::Value { .. } | Error::Series { .. } | Error::Damaged { .. } => {
                ErrorKind::Invalid
            }
            Error::Missing { .. } => ErrorKind::Missing,
            Error::Io { source, .. } if source.kind() == std::io::ErrorKind::NotFound => ErrorKind::Missing,
            Error::Io { .. } => ErrorKind::Io,
        }
    }

    pub(crate) fn option(field: &'static str, value: impl Into<String>, problem: impl Into<String>) -> Self {
        Error::Option { field, value: value.into(), problem: problem.into() }
    }

    pub(crate) fn layout(file: &Path, problem: impl Into<String>) -> Self {
        Error::Layout { file: file.to_owned(), problem: problem.into() }
    }

    pub(crate) fn series(symbol: &str, problem: impl Into<String>) -> Self {
        Error::Series { symbol: symbol.to_owned(), problem: problem.into() }
    }

    /// The same error of a value with what to do behind it.
    pub(crate) fn hint(self, hint: &str) -> Self {
        match self {
            Error::Value { location, problem } => {
                Error::Value { location, problem: format!("{problem}; {hint}") }
            }
            other => other,
        }
    }

    pub(crate) fn io(action: &'static str, path: &Path, source: std::io::Error) -> Self {
        Error::Io { action, path: path.to_owned(), source }
    }
}
