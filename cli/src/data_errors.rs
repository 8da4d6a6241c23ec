//! Errors of market data as this command tells them.

use crate::exit::Failure;
use galapagos_worker::market::{Error, ErrorKind};

/// Whose fault it is: only a file system that fails is not the caller's.
pub fn blame(error: Error) -> Failure {
    match error.kind() {
        ErrorKind::Io => Failure::Internal(error.into()),
        ErrorKind::Spec | ErrorKind::Invalid | ErrorKind::Missing => Failure::Invalid(error.into()),
    }
}

/// The error with its causes in one line.
pub fn text(error: &Error) -> String {
    let mut text = error.to_string();
    let mut cause = std::error::Error::source(error);
    while let Some(error) = cause {
        text.push_str(&format!(": {error}"));
        cause = error.source();
    }
    text
}
