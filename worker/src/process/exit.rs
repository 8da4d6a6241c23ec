//! How a role of this binary ends. Codes and reasons are of the wire (`galapagos_protocol::ends`): the operator reads
//! them.

use std::fmt;

use galapagos_market::ErrorKind;

pub use galapagos_protocol::ends::{Code, Failure};

/// The code of an error of the data.
pub fn code_of(kind: ErrorKind) -> Code {
    match kind {
        ErrorKind::Spec => Code::Spec,
        ErrorKind::Invalid => Code::DataInvalid,
        ErrorKind::Missing => Code::DataMissing,
        ErrorKind::Io => Code::Internal,
    }
}

/// An end that is not success.
#[derive(Debug)]
pub struct Exit {
    /// The exit code of the process.
    pub code: Code,
    /// The reason of a condition that this end leads to: that of its code, unless more is known.
    pub reason: Failure,
    /// Why, for logs and the termination message.
    pub error: anyhow::Error,
}

impl Exit {
    /// An end with a code, its reason and its error.
    pub fn new(code: Code, error: impl Into<anyhow::Error>) -> Exit {
        Exit { code, reason: code.reason(), error: error.into() }
    }

    /// Stopped by a signal.
    pub fn terminated() -> Exit {
        Exit::new(Code::Terminated, anyhow::anyhow!("stopped by a signal; the next attempt continues"))
    }
}

impl fmt::Display for Exit {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {:#}", self.reason, self.error)
    }
}

/// An error with its causes in one line.
pub fn with_causes(error: &dyn std::error::Error) -> String {
    let mut text = error.to_string();
    let mut cause = error.source();
    while let Some(error) = cause {
        text.push_str(&format!(": {error}"));
        cause = error.source();
    }
    text
}
