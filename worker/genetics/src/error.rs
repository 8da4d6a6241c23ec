//! Why a run cannot be set up or continued.

use crate::config::ConfigError;
use crate::space::SpaceError;

/// Why a run cannot be set up or continued.
#[derive(Clone, Debug, PartialEq, thiserror::Error)]
pub enum Error {
    /// A setting outside its range.
    #[error(transparent)]
    Config(#[from] ConfigError),
    /// The list of species is empty.
    #[error("no species: name at least one strategy")]
    NoSpecies,
    /// Two species share their draws.
    #[error("species {first} and {second} have the same 16-bit id; rename one of them")]
    Collision {
        /// One of the two.
        first: String,
        /// The other one, named later in the list.
        second: String,
    },
    /// A warm-start genome does not fit its space.
    #[error("species {species}, initial genome {index}")]
    Initial {
        /// Name of the species.
        species: String,
        /// Which of its initial genomes.
        index: usize,
        /// Why the genome does not fit.
        #[source]
        source: SpaceError,
    },
    /// `tell` without an open generation.
    #[error("no generation is open: ask before telling")]
    NotAsked,
    /// Not one outcome per candidate.
    #[error("{given} outcomes for {expected} candidates: give one per candidate, in index order")]
    Outcomes {
        /// Number of outcomes given to [`crate::Evolution::tell`].
        given: usize,
        /// Number of candidates that the open generation has.
        expected: usize,
    },
    /// An outcome that cannot be ranked.
    #[error(
        "candidate {index}: fitness {fitness}, violation {violation}: must be finite; report it as failed"
    )]
    NotFinite {
        /// Index of the candidate.
        index: usize,
        /// The fitness given.
        fitness: f64,
        /// The violation given, a sum of shares.
        violation: f64,
    },
    /// A saved state belongs to another run, or is not consistent.
    #[error("saved state: {problem}")]
    State {
        /// What does not fit, in words.
        problem: &'static str,
    },
}
