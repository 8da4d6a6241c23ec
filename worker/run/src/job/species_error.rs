//! Why an entry of `strategies` in a manifest is not a species.

use galapagos_engine::genes::GeneError;
use galapagos_genetics::{GridError, SpaceError};

/// Why a strategy of the manifest is not a species.
#[derive(Clone, Debug, PartialEq, thiserror::Error)]
pub enum SpeciesError {
    /// The engine has no strategy of that name.
    #[error("strategy {name:?} is unknown; the strategies are {known}")]
    UnknownStrategy {
        /// What was asked for.
        name: String,
        /// All names that are known, separated by commas.
        known: String,
    },
    /// The same strategy twice, perhaps under an alias.
    #[error("strategy {name} is listed twice (aliases count): keep one entry")]
    Twice {
        /// Its name.
        name: String,
    },
    /// A gene that does not exist, or a value it cannot have.
    #[error("strategy {strategy}: {source}")]
    Gene {
        /// The strategy.
        strategy: String,
        /// What is wrong.
        source: Box<GeneError>,
    },
    /// A range that cannot be used.
    #[error("strategy {strategy}, gene {gene}: {problem}")]
    Range {
        /// The strategy.
        strategy: String,
        /// Name of the gene.
        gene: String,
        /// What is wrong and what to write.
        problem: String,
    },
    /// Values that do not make a grid.
    #[error("strategy {strategy}: {source}")]
    Grid {
        /// The strategy.
        strategy: String,
        /// What is wrong.
        source: Box<GridError>,
    },
    /// Genes and rules that do not make a space.
    #[error("strategy {strategy}: {source}")]
    Space {
        /// The strategy.
        strategy: String,
        /// What is wrong.
        source: Box<SpaceError>,
    },
}
