//! Whose fault it is when a job cannot run.

use crate::data_errors;
use crate::exit::CommandError;
use galapagos_run::execute::ExecuteError;
use galapagos_run::job::market::MarketError;
use galapagos_run::job::resolve::ResolveError;
use galapagos_run::job::walk_forward::WalkForwardError;
use galapagos_run::run::driver::RunError;
use galapagos_run::signal::error::SignalError;
use galapagos_run::storage::StorageError;

/// Whose fault an error of the data is.
pub fn blame_market(error: MarketError) -> CommandError {
    match error {
        MarketError::Data(error) => data_errors::blame(error),
        other => CommandError::Invalid(other.into()),
    }
}

/// Whose fault an error of the manifest is.
pub fn blame_resolve(error: ResolveError) -> CommandError {
    match error {
        ResolveError::Json(_) => CommandError::Internal(error.into()),
        other => CommandError::Invalid(other.into()),
    }
}

/// Whose fault an error of the run is.
pub fn blame_execute(error: ExecuteError) -> CommandError {
    match error {
        ExecuteError::Problem(error) => CommandError::Invalid(error.into()),
        ExecuteError::WalkForward(error @ WalkForwardError::TooShort(_)) => {
            CommandError::Invalid(error.into())
        }
        ExecuteError::Market(error) => data_errors::blame(error),
        ExecuteError::Storage(error) => blame_storage(error),
        ExecuteError::Run(RunError::Storage(error)) => blame_storage(error),
        ExecuteError::Run(error @ (RunError::Genetics(_) | RunError::EvaluationFailed { .. })) => {
            CommandError::Invalid(error.into())
        }
        other => CommandError::Internal(other.into()),
    }
}

fn blame_storage(error: StorageError) -> CommandError {
    match error {
        StorageError::Io { .. } | StorageError::Json { .. } | StorageError::OlderEpoch { .. } => {
            CommandError::Internal(error.into())
        }
        other => CommandError::Invalid(other.into()),
    }
}

/// Whose fault it is that there is no signal.
pub fn blame_signal(error: SignalError) -> CommandError {
    if error.is_of_the_input() {
        CommandError::Invalid(error.into())
    } else {
        CommandError::Internal(error.into())
    }
}
