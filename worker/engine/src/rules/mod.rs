//! Strategies of one's own: the rules of a manifest as a strategy of the engine. What they mean is
//! `docs/contract/rules.md`.

mod account;
mod code;
mod decisions;
mod latched;
mod lower;
mod own;
mod state;

pub(crate) use account::RulesAccount;
pub use decisions::Decisions;
pub(crate) use latched::Latched;
pub use own::Own;
