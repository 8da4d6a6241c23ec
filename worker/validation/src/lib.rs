//! Is the find luck, and what would break it: the statistics that a run computes of its winner and its trials.
//!
//! The crate is pure: no files, no clock, no randomness but the keyed draws of [`draws`]. What is heavy takes a number
//! of `slots`, threads inside, and gives the same bits for any number of them. What could not be computed says why, by a
//! [`NullReason`].
//!
//! ```
//! use galapagos_validation::{confidence, find, timing};
//!
//! // A market that rises and falls, and an account that is out of it when it falls.
//! let market: Vec<f64> = (0..200).map(|t| f64::from(t * 37 % 100 - 45) * 2e-4).collect();
//! let account: Vec<f64> = market.iter().map(|&m| if m > 0.0 { m } else { 0.0 }).collect();
//! let beyond = timing::timing(&account, &market)?;
//! // The best of 256 different strategies.
//! let p = find::p_training(&beyond.returns, 256)?;
//! assert!(confidence::confidence(p, 200, None).value > 0.95);
//! # Ok::<(), galapagos_validation::NullReason>(())
//! ```
//!
//! Ids such as H3 or A1 are headings of docs/contract; the rules of this crate are docs/contract/luck.md.

pub mod band;
pub mod bootstrap;
pub mod concentration;
pub mod confidence;
pub mod cscv;
pub mod cuts;
pub mod draws;
pub mod find;
mod hits;
pub mod leaders;
pub mod neighbours;
pub mod normal;
pub mod participation;
mod paths;
pub mod perf;
pub mod periods;
pub mod random_entry;
pub mod random_genomes;
pub mod reality;
mod reason;
pub mod regimes;
pub mod series;
pub mod sharpe;
mod slots;
pub mod timing;
pub mod trials;
pub mod verdict;
pub mod walk_forward;

pub use hits::Hits;
pub use reason::NullReason;
