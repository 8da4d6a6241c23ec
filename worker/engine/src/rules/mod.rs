//! Strategies of one's own: the rules of a manifest as a strategy of the engine. What they mean is
//! `docs/contract/rules.md`.

mod own;

pub use own::Own;
