//! How a run ends, well or not.

use galapagos_genetics as genetics;

use super::evaluator::{EvaluatorError, Exception};
use crate::storage::StorageError;

/// Why a run cannot go on.
#[derive(Debug, thiserror::Error)]
pub enum RunError {
    /// The files of the run cannot be read or written.
    #[error(transparent)]
    Storage(#[from] StorageError),
    /// The evolution refused its input.
    #[error(transparent)]
    Genetics(#[from] genetics::Error),
    /// The evaluator itself failed: no worker can take part, or the data changed.
    #[error(transparent)]
    Evaluator(#[from] EvaluatorError),
    /// An individual could not be evaluated and the job says `onFailure: Fail`.
    #[error("{strategy} {genome} could not be evaluated: {exception}; evaluation.onFailure is Fail")]
    EvaluationFailed {
        /// Name of the strategy.
        strategy: String,
        /// The genes of the individual as text.
        genome: String,
        /// Why it could not be evaluated.
        exception: Exception,
    },
    /// The driver's state cannot be written.
    #[error("the state of the run cannot be written")]
    State(#[from] serde_json::Error),
}

/// Which rule ended a run that has a result.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Completion {
    /// All generations are done.
    GenerationsReached,
    /// The best feasible fitness reached `stop.target`.
    TargetReached,
    /// No better feasible individual was found for `stop.patience` generations.
    Patience,
    /// The run lasted `stop.maxDurationSeconds`.
    DurationReached,
    /// The run spent `stop.maxEvaluations` or `stop.maxCost`.
    BudgetSpent,
    /// Every point of every space was evaluated.
    SpaceExhausted,
    /// `generations` was lowered to what is done.
    StoppedByUser,
}

impl Completion {
    /// All of them, in the order of their declaration.
    pub const ALL: [Completion; 7] = [
        Completion::GenerationsReached,
        Completion::TargetReached,
        Completion::Patience,
        Completion::DurationReached,
        Completion::BudgetSpent,
        Completion::SpaceExhausted,
        Completion::StoppedByUser,
    ];

    /// Its name in a result, which is that of a condition's reason.
    pub const fn as_str(self) -> &'static str {
        match self {
            Completion::GenerationsReached => "GenerationsReached",
            Completion::TargetReached => "TargetReached",
            Completion::Patience => "Patience",
            Completion::DurationReached => "DurationReached",
            Completion::BudgetSpent => "BudgetSpent",
            Completion::SpaceExhausted => "SpaceExhausted",
            Completion::StoppedByUser => "StoppedByUser",
        }
    }
}

/// How a run ended.
#[derive(Debug)]
pub enum Ended {
    /// A stop rule holds at a generation boundary.
    Finished(Completion),
    /// It was asked to stop; the same command continues.
    Interrupted,
}
