//! Why a champion has no program.

use galapagos_manifest::Finding;

/// Why a champion has no program.
#[derive(Debug, thiserror::Error)]
pub enum ExportError {
    /// A built-in strategy that no rules say.
    #[error("{strategy} cannot be exported: {reason}")]
    NoRules {
        /// Name of the strategy.
        strategy: String,
        /// Why rules cannot say it.
        reason: String,
    },
    /// Something that the programs do not have.
    #[error("{strategy} cannot be exported: {what} has no counterpart in the generated code")]
    Unsayable {
        /// Name of the strategy.
        strategy: String,
        /// The function, clause, gene or option.
        what: String,
    },
    /// The rules do not check.
    #[error(transparent)]
    Finding(Box<Finding>),
    /// The options of the account are wrong.
    #[error("the account of the job: {0}")]
    Account(String),
}

impl From<Finding> for ExportError {
    fn from(error: Finding) -> ExportError {
        ExportError::Finding(Box::new(error))
    }
}
