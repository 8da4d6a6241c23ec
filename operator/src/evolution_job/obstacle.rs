//! Why something of a job could not be made.

use std::time::Duration;

use galapagos_crds::conditions::StalledReason;

use crate::certificates::CaError;
use crate::runtime::ids::Unidentified;
use crate::runtime::kube_io::WriteError;

/// What a person has to put right is tried again after this time.
pub const STALLED: Duration = Duration::from_secs(15);

/// Why something could not be made.
#[derive(Debug, thiserror::Error)]
pub enum Obstacle {
    /// A person has to do something.
    #[error("{message}")]
    Stalled {
        /// The reason of the condition.
        reason: StalledReason,
        /// What is in the way.
        message: String,
    },
    /// It will be possible soon: what bears the name is going away.
    #[error("waits until {0} is gone")]
    Leaving(String),
    /// The API server gave something no name.
    #[error(transparent)]
    Unidentified(#[from] Unidentified),
    /// The server did not do it.
    #[error(transparent)]
    Write(#[from] WriteError),
    /// The server could not be asked.
    #[error("a child cannot be read")]
    Read(#[source] kube::Error),
    /// No certificates.
    #[error(transparent)]
    Certificates(#[from] CaError),
}

impl Obstacle {
    pub(super) fn stalled(reason: StalledReason, message: impl Into<String>) -> Obstacle {
        Obstacle::Stalled { reason, message: message.into() }
    }

    /// What the server refused, as a condition if a person has to act.
    pub(super) fn from_write(error: WriteError, what: &str) -> Obstacle {
        match error {
            WriteError::Invalid { message } => {
                Obstacle::stalled(StalledReason::InvalidTemplate, format!("{what} is refused: {message}"))
            }
            WriteError::Forbidden { message } => {
                Obstacle::stalled(StalledReason::InvalidTemplate, format!("{what} is forbidden: {message}"))
            }
            WriteError::Quota { message } => {
                Obstacle::stalled(StalledReason::QuotaExceeded, format!("{what} exceeds a quota: {message}"))
            }
            other => Obstacle::Write(other),
        }
    }
}
