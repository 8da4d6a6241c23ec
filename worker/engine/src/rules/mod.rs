//! Strategies of one's own: the rules of a manifest as a strategy of the engine. What they mean is
//! `docs/contract/rules.md`.

mod account;
mod ahead;
mod code;
mod decisions;
mod known;
mod lanes;
mod latched;
mod lower;
mod own;
mod state;

pub(crate) use account::RulesAccount;
pub(crate) use ahead::Ahead;
pub use decisions::Decisions;
pub(crate) use known::Known;
pub(crate) use latched::Latched;
pub(crate) use own::{Lowered, held_weight};
pub use own::{Own, calendar, stamps};
