//! Back-testing with the same bits on every machine: bars in, signals, fills, account, metrics out.
//!
//! The crate is pure: no files, threads, clock or randomness from outside. A *strategy* turns bars and a
//! genome into [`signals::Signals`]; the *simulator* turns signals and [`execution::Execution`] options into an
//! account, bar by bar; [`evaluation::Evaluation`] is what one individual is worth. The scalar simulator is
//! the oracle: the batch path must return the same bits for every individual.
//!
//! Ids such as X6, C10 or A3 are headings of docs/contract, where the rules stand with their worked examples.

mod account;
pub mod backtest;
pub mod bars;
pub mod batch;
pub mod buy_and_hold;
pub mod costs;
pub mod evaluation;
pub mod execution;
pub mod funding;
pub mod genes;
pub mod indicators;
pub mod interrupt;
pub mod metrics;
pub mod orders;
pub mod portfolio;
pub mod prepared;
pub mod q52;
pub mod signals;
pub mod simulator;
mod stops;
pub mod strategies;
pub mod trace;
pub mod validation;
pub mod window;

/// The number of this engine. Raised with every change that may alter one bit of a result; part of every
/// inputs digest and result digest, and refused between processes when it differs.
pub const ENGINE: u32 = 2;
