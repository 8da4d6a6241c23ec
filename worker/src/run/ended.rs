//! How a run ends, well or not.

use galapagos_genetics as genetics;

use super::evaluator::EvaluatorError;
use crate::protocol::ends::Completion;
use crate::storage::StorageError;

/// Why a run cannot go on.
#[derive(Debug, thiserror::Error)]
pub enum RunError {
    /// The run's files.
    #[error(transparent)]
    Storage(#[from] StorageError),
    /// The evolution refused its input.
    #[error(transparent)]
    Genetics(#[from] genetics::Error),
    /// Nobody can evaluate.
    #[error(transparent)]
    Evaluator(#[from] EvaluatorError),
    /// An individual could not be evaluated and the job says `onFailure: Fail`.
    #[error("{strategy} {genome} could not be evaluated: {problem}; evaluation.onFailure is Fail")]
    EvaluationFailed {
        /// Its strategy.
        strategy: String,
        /// Its genes.
        genome: String,
        /// Why.
        problem: String,
    },
    /// The driver's state cannot be written.
    #[error("the state of the run cannot be written")]
    State(#[from] serde_json::Error),
}

/// How a run ended.
#[derive(Debug)]
pub enum Ended {
    /// A stop rule holds at a generation boundary.
    Finished(Completion),
    /// It was asked to stop; the same command continues.
    Interrupted,
}
