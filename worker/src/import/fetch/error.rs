//! Why data could not be fetched. Each says of which symbol, at which host, and what to do.

use std::path::PathBuf;
use std::time::Duration;

use galapagos_run::storage::StorageError;

use crate::process::exit::Code;

/// Why data could not be fetched. What is there already stays, and is not asked for again.
#[derive(Debug, thiserror::Error)]
pub enum FetchError {
    /// It makes no sense to ask.
    #[error("{0}")]
    Question(String),
    /// The other host cannot be used.
    #[error("{flag}: {problem}")]
    Endpoint {
        /// The flag of the command that names it.
        flag: &'static str,
        /// Why.
        problem: String,
    },
    /// The exchange does not give it.
    #[error("{symbol}: {host} refuses: {answer}")]
    Refused {
        /// As the exchange calls it.
        symbol: String,
        /// Who was asked.
        host: String,
        /// What it says.
        answer: String,
    },
    /// There is nothing in the range.
    #[error("{symbol}: {host} has no bars of the range{why}")]
    Empty {
        /// As the exchange calls it.
        symbol: String,
        /// Who was asked.
        host: String,
        /// What is known of the reason, with what is before it.
        why: String,
    },
    /// The answer is none of the documented ones.
    #[error(
        "{symbol}: {host} answers in a way that its documents do not know: {answer}. Nothing is imported; another \
         attempt goes on where this one stopped"
    )]
    Strange {
        /// As the exchange calls it.
        symbol: String,
        /// Who was asked.
        host: String,
        /// What was found.
        answer: String,
    },
    /// It did not answer well, however often it was asked.
    #[error(
        "{symbol}: {host} {problem}, {attempts} times. Nothing is imported, and {done} of {total} pages are kept: run \
         the same command again, it goes on there"
    )]
    Unreachable {
        /// As the exchange calls it.
        symbol: String,
        /// Who was asked.
        host: String,
        /// What happened last.
        problem: String,
        /// How often it was asked for the page.
        attempts: u32,
        /// Pages of the symbol that are there.
        done: usize,
        /// Pages of the symbol.
        total: usize,
    },
    /// It asks to be left alone for longer than anybody waits.
    #[error(
        "{symbol}: {host} answers with status {status} and asks for {} of rest. Nothing is imported: run the same \
         command again after it, it goes on where it stopped",
        in_words(*wait)
    )]
    Banned {
        /// As the exchange calls it.
        symbol: String,
        /// Who was asked.
        host: String,
        /// The HTTP status.
        status: u16,
        /// How long.
        wait: Duration,
    },
    /// Somebody fetches the same.
    #[error("{symbol}: another process fetches the same into {}", folder.display())]
    Busy {
        /// As the exchange calls it.
        symbol: String,
        /// The folder of both.
        folder: PathBuf,
    },
    /// The folder of the pages cannot be used.
    #[error(transparent)]
    Disk(#[from] StorageError),
    /// Somebody asked the process to leave.
    #[error("stopped: run the same command again, it goes on with the page after the last one")]
    Stopped,
}

fn in_words(time: Duration) -> String {
    match time.as_secs() {
        seconds if seconds < 120 => format!("{seconds} seconds"),
        seconds => format!("{} minutes", seconds.div_ceil(60)),
    }
}

impl FetchError {
    /// The exit code that it means.
    pub fn code(&self) -> Code {
        match self {
            FetchError::Question(_) | FetchError::Endpoint { .. } => Code::Spec,
            FetchError::Refused { .. } | FetchError::Empty { .. } => Code::DataMissing,
            FetchError::Strange { .. }
            | FetchError::Unreachable { .. }
            | FetchError::Banned { .. }
            | FetchError::Busy { .. }
            | FetchError::Disk(_) => Code::Internal,
            FetchError::Stopped => Code::Terminated,
        }
    }
}
