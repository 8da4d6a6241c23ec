//! Errors of market data as this command tells them.

use crate::exit::Failure;
use galapagos_run::market::{Error, ErrorKind};

/// Whose fault it is: only a file system that fails is not the caller's.
pub fn blame(error: Error) -> Failure {
    match error.kind() {
        ErrorKind::Io => Failure::Internal(error.into()),
        ErrorKind::Spec | ErrorKind::Invalid | ErrorKind::Missing => Failure::Invalid(error.into()),
    }
}
