//! Evolution as a pure ask/tell loop: no files, clock or randomness from outside, and threads only where it is told how many.
//!
//! A *genome* is a tuple of indices into the grids of a species' genes, always in canonical form
//! ([`space::Space::repair`]). [`Evolution::ask`] gives a generation of candidates, the caller evaluates them in
//! any order, [`Evolution::tell`] takes the outcomes in index order and lets the best survive. The same
//! configuration gives the same candidates to the byte, on every machine, with any number of threads, and
//! across a restart from [`State`]. What a strategy is, what its fitness means and when a run ends is not known
//! here ([`stop()`] is offered to the caller, and never consulted by breeding).
//!
//! ```
//! use galapagos_genetics::{Breeding, Config, Evolution, GeneKind, GeneSpace, Goal, Grid, Outcome, Searcher, Space, Species};
//!
//! // One gene from 0 to 1000; the best value is 700.
//! let grid = Grid::linear("x", 0.into(), 1000.into(), 1.into())?;
//! let gene = GeneSpace { name: "x".into(), kind: GeneKind::Integer, grid, default: None };
//! let species = Species { name: "one".into(), space: Space::new(vec![gene], vec![])?, initial: vec![] };
//! let config = Config {
//!     seed: 7,
//!     population: 20,
//!     searcher: Searcher::Evolution,
//!     breeding: Breeding::default(),
//!     goal: Goal::Minimise,
//!     several: None,
//!     cells: None,
//!     islands: None,
//! };
//! let mut evolution = Evolution::new(config, vec![species])?;
//! for _ in 0..30 {
//!     let generation = evolution.ask();
//!     // This is the part that may run anywhere and in any order.
//!     let outcomes: Vec<_> = generation
//!         .candidates
//!         .iter()
//!         .map(|candidate| Outcome::feasible((f64::from(candidate.genome[0]) - 700.0).abs()))
//!         .collect();
//!     evolution.tell(&outcomes)?;
//! }
//! assert_eq!(evolution.best().map(|best| best.outcome.fitness), Some(0.0));
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```
//!
//! Ids such as G4 or C15 are headings of docs/contract; the rules of this crate are docs/contract/evolution.md.

mod archive;
mod axis;
mod best;
mod breed;
mod cells;
mod children;
mod choose;
mod cmaes;
mod compete;
mod condition;
pub mod config;
pub mod draws;
mod error;
mod evolution;
mod factor;
mod fingerprint;
mod front;
mod gauss;
mod generation;
pub mod grid;
mod group;
mod hypervolume;
mod islands;
mod joe_kuo;
mod kernels;
mod log_grid;
mod memory;
mod niche;
mod operators;
mod pbt;
mod quota;
pub mod rank;
mod rates;
mod ray;
mod repair;
mod rests;
mod resume;
mod searcher;
mod seen;
mod sobol;
pub mod space;
pub mod species;
mod state;
mod stats;
pub mod stop;
mod summary;
mod supply;
mod tpe;

pub use archive::MOST_SHOWN;
pub use best::Named;
pub use cells::MOST_CELLS;
pub use choose::distances;
pub use condition::Condition;
pub use config::{Breeding, Choice, Config, ConfigError, Preset, Searcher, Several};
pub use error::Error;
pub use evolution::Evolution;
pub use front::MOST_OBJECTIVES;
pub use generation::{Best, Candidate, Generation, Summary, Survivor};
pub use grid::{Grid, GridError};
pub use islands::{Islands, MOST_ISLANDS, Topology};
pub use rank::{Class, Goal, Outcome};
pub use space::{Constraint, GeneKind, GeneSpace, Genome, Space, SpaceError, When};
pub use species::{GenomeHasher, Species, genome_hash, species_id};
pub use state::{State, StateError};
pub use stop::{Progress, StopRules, StoppedBy, stop};
