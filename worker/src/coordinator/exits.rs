//! Which exit code an error of this role ends with.

use galapagos_run::execute::ExecuteError;
use galapagos_run::job::market::MarketError;
use galapagos_run::job::problem::ProblemError;
use galapagos_run::job::walk_forward::WalkForwardError;
use galapagos_run::results::ResultError;
use galapagos_run::run::driver::RunError;
use galapagos_run::storage::StorageError;

use super::work_server::ServeError;
use crate::process::exit::{Code, Exit, Failure, code_of};

/// The exit of an error of the data.
pub fn data(error: galapagos_market::Error) -> Exit {
    let code = code_of(error.kind());
    let reason = match &error {
        galapagos_market::Error::Damaged { .. } => Failure::DataChanged,
        _ => code.reason(),
    };
    Exit { reason, ..Exit::new(code, error) }
}

/// Of data and job together.
pub fn market(error: MarketError) -> Exit {
    match error {
        MarketError::Data(error) => data(error),
        error => Exit::new(Code::Spec, error),
    }
}

/// Of the state folder: not writable unless it says otherwise, with the user who tried.
pub fn storage(error: StorageError) -> Exit {
    match error {
        StorageError::OlderEpoch { .. } => Exit::new(Code::OlderEpoch, error),
        StorageError::BadName { .. } => Exit::new(Code::Spec, error),
        StorageError::Io { .. } => not_writable(error),
        other => Exit::new(Code::Internal, other),
    }
}

fn not_writable(error: impl std::error::Error + Send + Sync + 'static) -> Exit {
    let uid = rustix::process::geteuid().as_raw();
    let hint = format!(
        "user id {uid} cannot write the state folder: check fsGroup and owner, that the volume is mounted for writing, \
         and that it has room"
    );
    Exit::new(Code::StateNotWritable, anyhow::Error::new(error).context(hint))
}

/// The exit of a job that does not fit its data.
pub fn problem(error: ProblemError) -> Exit {
    Exit::new(Code::Spec, error)
}

/// Of windows of walk-forward that cannot be laid.
pub fn walk_forward(error: WalkForwardError) -> Exit {
    match error {
        WalkForwardError::TooShort(_) => {
            Exit { reason: Failure::WindowTooShort, ..Exit::new(Code::Spec, error) }
        }
        WalkForwardError::Digest(_) => Exit::new(Code::Internal, error),
    }
}

/// Of the serving side.
pub fn server(error: ServeError) -> Exit {
    match error {
        ServeError::Tls(error) => Exit::new(Code::Spec, error),
        other => Exit::new(Code::Internal, other),
    }
}

/// The exit of a run that failed.
pub fn run(error: RunError) -> Exit {
    match error {
        RunError::Storage(error) => storage(error),
        RunError::Genetics(error) => Exit::new(Code::Spec, error),
        error @ RunError::EvaluationFailed { .. } => Exit::new(Code::EvaluationFailed, error),
        other => Exit::new(Code::Internal, other),
    }
}

/// Of the end of the run.
pub fn execute(error: ExecuteError) -> Exit {
    match error {
        ExecuteError::Problem(error) => problem(error),
        ExecuteError::WalkForward(error) => walk_forward(error),
        ExecuteError::Storage(error) => storage(error),
        ExecuteError::Run(error) => run(error),
        ExecuteError::Market(error) => data(error),
        ExecuteError::Result(ResultError::Problem(error)) => problem(error),
        ExecuteError::Result(ResultError::Storage(error)) => storage(error),
        other => Exit::new(Code::Internal, other),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_champion_that_is_not_what_the_ledger_says_is_an_internal_error() {
        let error = ResultError::NotDeterministic {
            strategy: "sma_crossover".into(),
            genome: "fast_period=5".into(),
            difference: "sharpe was 1.0 and is 2.0 now".into(),
        };
        let exit = execute(error.into());
        assert_eq!(exit.code, Code::Internal);
        assert!(
            exit.to_string().contains("fast_period=5") && exit.to_string().contains("determinism is broken")
        );
    }
}
