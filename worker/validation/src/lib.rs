//! Is the find luck, and what would break it: the statistics that a run computes of its winner and its trials.
//!
//! The crate is pure: no files, no clock, no randomness but the keyed draws of [`draws`]. What is heavy takes a number
//! of `slots`, threads inside, and gives the same bits for any number of them. What could not be computed says why, by a
//! [`NullReason`].
//!
//! Ids such as H3 or A1 are headings of docs/contract; the rules of this crate are docs/contract/luck.md.

pub mod draws;
pub mod normal;
mod reason;
pub mod sharpe;
pub mod walk_forward;

pub use reason::NullReason;
