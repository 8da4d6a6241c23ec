//! Back-testing with the same bits on every machine: bars in, signals, fills, account, metrics out.
//!
//! The crate is pure: no files, threads, clock or randomness from outside. A *strategy* turns bars and a
//! genome into [`signals::Signals`]; the *simulator* turns signals and [`execution::Execution`] options into an
//! account, bar by bar; [`evaluation::Evaluation`] is what one individual is worth. The scalar simulator is
//! the oracle: the batch path must return the same bits for every individual.
//!
//! ```
//! use galapagos_engine::backtest::{Backtest, backtest};
//! use galapagos_engine::bars::Bars;
//! use galapagos_engine::evaluation::{Metric, MetricSet};
//! use galapagos_engine::execution::Execution;
//! use galapagos_engine::genes::{GeneValue, Genome, Stops};
//! use galapagos_engine::prepared::Prepared;
//! use galapagos_engine::strategies::find;
//! use galapagos_engine::window::Rows;
//!
//! // Daily bars in ticks of a cent that fall for ten days and rise for thirty.
//! let close: Vec<i64> = (0..40).map(|t: i64| 10_000 + 100 * (t - 10).abs()).collect();
//! let time_ms: Vec<i64> = (0..40).map(|t| t * 86_400_000).collect();
//! let bars = Bars {
//!     symbol: "A", decimals: 2, interval_ms: 86_400_000, time_ms: &time_ms,
//!     open: &close, high: &close, low: &close, close: &close, volume: None, funding: &[], signals: None,
//! };
//! let found = find("sma_crossover").expect("it is built in");
//! let values = vec![GeneValue::Number(2.into()), GeneValue::Number(5.into())];
//! let genome = Genome { values, stops: Stops::default() };
//!
//! let exec = Execution::default();
//! let prepared = [Prepared::new(bars, &exec)?];
//! let rows = [Rows::after_warm_up(6)];
//! let run = Backtest { symbols: &prepared, rows: &rows, others: &[], exec: &exec, metrics: MetricSet::FULL };
//! let report = backtest(&run, found.strategy, &genome);
//! // The fast average is above the slow one at the second close after the turn, so it buys at the next open, 103, and
//! // is sold at the last close, 129.
//! let gained = report.evaluation.metrics.get(Metric::TotalReturn).expect("it has rows");
//! assert!((gained - (129.0 / 103.0 - 1.0)).abs() < 1e-12, "{gained}");
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```
//!
//! Ids such as X6, C10 or A3 are headings of docs/contract, where the rules stand with their worked examples.

mod account;
pub mod backtest;
pub mod bars;
pub mod batch;
pub mod beside;
pub mod buy_and_hold;
pub mod costs;
mod decider;
pub mod evaluation;
pub mod execution;
pub mod funding;
pub mod genes;
pub mod graph;
pub mod indicators;
pub mod interrupt;
pub mod metrics;
pub mod orders;
pub mod portfolio;
pub mod prepared;
pub mod q52;
pub mod rules;
pub mod signals;
pub mod simulator;
mod sizing;
mod stops;
pub mod strategies;
pub mod trace;
pub mod window;

/// The number of this engine. Raised with every change that may alter one bit of a result; part of every
/// inputs digest and result digest, and refused between processes when it differs.
pub const ENGINE: u32 = 2;
