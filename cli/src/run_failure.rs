//! Whose fault it is when a job cannot run.

use crate::data_errors;
use crate::exit::Failure;
use galapagos_run::execute::ExecuteError;
use galapagos_run::job::market::MarketError;
use galapagos_run::job::resolve::ResolveError;
use galapagos_run::run::driver::RunError;
use galapagos_run::storage::StorageError;

/// Of the data.
pub fn blame_market(error: MarketError) -> Failure {
    match error {
        MarketError::Data(error) => data_errors::blame(error),
        MarketError::Interval { .. } => Failure::Invalid(error.into()),
    }
}

/// Of the manifest.
pub fn blame_resolve(error: ResolveError) -> Failure {
    match error {
        ResolveError::Json(_) => Failure::Internal(error.into()),
        other => Failure::Invalid(other.into()),
    }
}

/// Of a run.
pub fn blame_execute(error: ExecuteError) -> Failure {
    match error {
        ExecuteError::Problem(error) => Failure::Invalid(error.into()),
        ExecuteError::Market(error) => data_errors::blame(error),
        ExecuteError::Storage(error) => blame_storage(error),
        ExecuteError::Run(RunError::Storage(error)) => blame_storage(error),
        ExecuteError::Run(error @ (RunError::Genetics(_) | RunError::EvaluationFailed { .. })) => {
            Failure::Invalid(error.into())
        }
        other => Failure::Internal(other.into()),
    }
}

fn blame_storage(error: StorageError) -> Failure {
    match error {
        StorageError::Io { .. } | StorageError::Json { .. } | StorageError::OlderEpoch { .. } => {
            Failure::Internal(error.into())
        }
        other => Failure::Invalid(other.into()),
    }
}
