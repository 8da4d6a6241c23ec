//! Why a write failed, told apart by what to do about it.

use kube::core::Status;
use thiserror::Error;

use super::{DEADLINE, Kind};
use crate::runtime::metrics::WriteOutcome;

/// Why a write failed.
#[derive(Debug, Error)]
pub enum WriteError {
    /// The fence is closed, or closed before the answer came. Nothing to do: the leader does it.
    #[error("this replica does not lead")]
    NotLeader,
    /// The object changed since it was read. Start again from what is observed.
    #[error("{message}")]
    Conflict {
        /// The server's words.
        message: String,
    },
    /// 400 or 422: the body is wrong, and stays wrong until somebody changes the pool or the job.
    #[error("{message}")]
    Invalid {
        /// The server's words.
        message: String,
    },
    /// A quota of the namespace does not allow it now.
    #[error("{message}")]
    Quota {
        /// The server's words.
        message: String,
    },
    /// RBAC, Pod Security or an admission policy says no.
    #[error("{message}")]
    Forbidden {
        /// The server's words.
        message: String,
    },
    /// The object, its namespace or its kind is not there.
    #[error("{message}")]
    NotFound {
        /// The server's words.
        message: String,
    },
    /// The namespace is being deleted: nothing can be created in it.
    #[error("the namespace is being deleted")]
    NamespaceEnding,
    /// No answer in time.
    #[error("no answer of the API server within {} s", DEADLINE.as_secs())]
    Timeout,
    /// A body that is no Kubernetes object with a name: a defect of the operator.
    #[error("cannot write {kind}: {message}")]
    Malformed {
        /// What was to be written.
        kind: &'static str,
        /// What is missing.
        message: String,
    },
    /// Anything else: connection, 5xx.
    #[error(transparent)]
    Other(kube::Error),
}

impl WriteError {
    /// Sorts an error of the client.
    pub(super) fn from_kube(error: kube::Error) -> WriteError {
        let kube::Error::Api(status) = &error else { return WriteError::Other(error) };
        let message = status.message.clone();
        match status.code {
            409 => WriteError::Conflict { message },
            400 | 413 | 415 | 422 => WriteError::Invalid { message },
            403 if is_namespace_ending(status) => WriteError::NamespaceEnding,
            403 if message.contains("exceeded quota") => WriteError::Quota { message },
            401 | 403 => WriteError::Forbidden { message },
            404 => WriteError::NotFound { message },
            _ => WriteError::Other(error),
        }
    }

    pub(super) fn malformed(kind: Kind, message: impl Into<String>) -> WriteError {
        WriteError::Malformed { kind: kind.as_str(), message: message.into() }
    }

    /// How it is counted.
    pub(super) fn outcome(&self) -> WriteOutcome {
        match self {
            WriteError::NotLeader => WriteOutcome::NotLeader,
            WriteError::Conflict { .. } => WriteOutcome::Conflict,
            WriteError::Invalid { .. }
            | WriteError::Quota { .. }
            | WriteError::Forbidden { .. }
            | WriteError::NotFound { .. }
            | WriteError::NamespaceEnding => WriteOutcome::Refused,
            WriteError::Timeout => WriteOutcome::Timeout,
            WriteError::Malformed { .. } | WriteError::Other(_) => WriteOutcome::Failed,
        }
    }
}

/// The server gives a cause for it since Kubernetes 1.11.
fn is_namespace_ending(status: &Status) -> bool {
    let cause = |details: &kube::core::response::StatusDetails| {
        details.causes.iter().any(|cause| cause.reason == "NamespaceTerminating")
    };
    status.details.as_ref().is_some_and(cause) || status.message.contains("because it is being terminated")
}
