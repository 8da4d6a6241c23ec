//! Errors of market data as this command tells them.

use crate::exit::CommandError;
use galapagos_run::market::{Error, ErrorKind};

/// Whose fault it is: only a file system that fails is not the caller's.
pub fn blame(error: Error) -> CommandError {
    match error.kind() {
        ErrorKind::Io => CommandError::Internal(error.into()),
        ErrorKind::Spec | ErrorKind::Invalid | ErrorKind::Missing => CommandError::Invalid(error.into()),
    }
}
