//! Why a manifest cannot be run, in words that name the field and what to write.

use galapagos_genetics::ConfigError;

use super::execution::ExecutionError;
use super::species_error::SpeciesError;

/// Why a manifest cannot be run.
#[derive(Debug, thiserror::Error)]
pub enum ResolveError {
    /// The manifest has no name.
    #[error("metadata.name is missing: give the job a name")]
    NoName,
    /// A strategy or gene is wrong.
    #[error(transparent)]
    Species(#[from] SpeciesError),
    /// The account's options are wrong.
    #[error(transparent)]
    Execution(#[from] ExecutionError),
    /// Population or breeding are out of range.
    #[error(transparent)]
    Config(#[from] ConfigError),
    /// A metric that does not exist.
    #[error("{field}: metric {name:?} is unknown; the metrics are {known}")]
    UnknownMetric {
        /// Where it stands.
        field: &'static str,
        /// What was given.
        name: String,
        /// All names.
        known: String,
    },
    /// Neither job nor dataset say how many bars a year has.
    #[error(
        "how many bars a year has is not known: set marketData.calendar to {{type: Continuous}} or {{type: Sessions, barsPerYear: N}}, or import the data with --calendar"
    )]
    NoCalendar,
    /// A strategy needs data that are not there.
    #[error("strategy {strategy} needs {what}")]
    NeedsData {
        /// The strategy.
        strategy: String,
        /// What is missing and how to give it.
        what: &'static str,
    },
    /// A warm-start individual of a strategy that the job does not have.
    #[error("population.initial: strategy {name:?} is not one of the job's strategies")]
    InitialStrategy {
        /// The name.
        name: String,
    },
    /// A field that must not be empty or out of range.
    #[error("{field} {problem}")]
    Field {
        /// The field.
        field: &'static str,
        /// What is wrong and what to write.
        problem: &'static str,
    },
    /// The inputs cannot be written as JSON.
    #[error("the resolved inputs cannot be written")]
    Json(#[from] serde_json::Error),
    /// An interval or another name of the data is wrong.
    #[error(transparent)]
    Market(#[from] galapagos_market::Error),
}
