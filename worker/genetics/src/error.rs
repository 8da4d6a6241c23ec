//! Why a run cannot be set up or continued.

use crate::config::ConfigError;
use crate::space::SpaceError;

/// Why a run cannot be set up or continued.
#[derive(Clone, Debug, PartialEq, thiserror::Error)]
pub enum Error {
    /// A setting outside its range.
    #[error(transparent)]
    Config(#[from] ConfigError),
    /// No species.
    #[error("no species: name at least one strategy")]
    NoSpecies,
    /// Two species share their draws.
    #[error("species {first} and {second} have the same 16-bit id; rename one of them")]
    Collision {
        /// One of the two.
        first: String,
        /// The other.
        second: String,
    },
    /// A warm-start genome does not fit its space.
    #[error("species {species}, initial genome {index}")]
    Initial {
        /// The species.
        species: String,
        /// Which of its initial genomes.
        index: usize,
        /// What is wrong.
        #[source]
        source: SpaceError,
    },
    /// `tell` without an open generation.
    #[error("no generation is open: ask before telling")]
    NotAsked,
    /// Not one outcome per candidate.
    #[error("{given} outcomes for {expected} candidates: give one per candidate, in index order")]
    Outcomes {
        /// Outcomes given.
        given: usize,
        /// Candidates asked for.
        expected: usize,
    },
    /// An outcome that cannot be ranked.
    #[error(
        "candidate {index}: fitness {fitness}, violation {violation}: must be finite; report it as failed"
    )]
    NotFinite {
        /// Index of the candidate.
        index: usize,
        /// What was given.
        fitness: f64,
        /// What was given.
        violation: f64,
    },
    /// A saved state belongs to another run, or is not consistent.
    #[error("saved state: {problem}")]
    State {
        /// What is wrong.
        problem: &'static str,
    },
}
