//! The one check of manifests: what is wrong with an EvolutionJob that neither its schema nor the rules in it can say.
//!
//! Strategies, genes and metrics are looked up in a [`Catalogue`](galapagos_crds::Catalogue); ranges are checked by
//! making their grids, by the same code with which a worker makes the grids that it runs. [`check()`] gives all findings.
//! The operator refuses a job by the first of them, the command line adds line and column to each, and a worker refuses
//! what cannot be run: all three say the same words. No I/O, no clock.
//!
//! What only the data can tell (volume, a funding series, other symbols, bars for the warm-up) is not checked here.
//!
//! ```
//! use galapagos_crds::{Catalogue, EvolutionJob};
//!
//! let job: EvolutionJob = serde_json::from_value(serde_json::json!({
//!     "apiVersion": "galapagos.dev/v1alpha1", "kind": "EvolutionJob", "metadata": {"name": "example"},
//!     "spec": {
//!         "marketData": {"dataset": "btc", "symbols": ["BTC"], "interval": "1h"},
//!         "strategies": [{"name": "sma_crossover", "genes": [{"name": "fast_perod", "min": 5, "max": 50}]}],
//!         "population": {"size": 100},
//!     },
//! }))?;
//! let findings = galapagos_manifest::check(&job, Catalogue::embedded());
//! assert_eq!(
//!     findings[0].to_string(),
//!     r#"spec.strategies[0].genes[0].name: strategy "sma_crossover" has no gene "fast_perod"; did you mean "fast_period"?"#
//! );
//! # Ok::<(), serde_json::Error>(())
//! ```

pub mod cells;
mod check;
mod conditions;
mod dates;
mod execution;
pub mod fetch;
mod finding;
mod gene;
mod initial;
mod measures;
mod own;
mod range;
mod rules;
mod signals;
mod source;
mod space;
pub mod suggest;
mod validation;
mod walk_forward;
mod when;

pub use check::{check, check_strategy};
pub use dates::{Dates, SPELLING, dates, show as show_stamp, stamp_ms};
pub use execution::{Derived, derived};
pub use finding::{Finding, Weight};
pub use measures::{Measure, limits, objectives};
pub use signals::unpublished;
pub use source::wanted;
pub use space::{SearchSpace, unknown_strategy};
