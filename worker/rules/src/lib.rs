//! The language of own strategies: text to a tree, to a checked, typed, canonical graph. What it must do is
//! `docs/contract/rules.md`.
//!
//! [`read()`] takes a strategy from YAML or JSON values, [`check()`] checks it as a whole. No I/O, no clock, no engine:
//! what only the data can tell comes in as a [`Market`] or a [`Calendar`].
//!
//! ```
//! use galapagos_rules::{At, Market, check, read};
//!
//! let document = read(&serde_json::json!({
//!     "name": "my_cross",
//!     "genes": [{"name": "fast", "min": 5, "max": 50}, {"name": "slow", "min": 20, "max": 200}],
//!     "rules": {
//!         "language": 1,
//!         "let": {"f": "ema(close, $fast)", "s": "ema(close, $slow)"},
//!         "long": {"enter": "cross_up(f, s)", "exit": "f < s"},
//!         "order": ["fast < slow"],
//!     },
//! })).unwrap();
//! let strategy = check(&document, &Market::default()).unwrap();
//! assert_eq!(strategy.expressions[1].text, "(< (ema close $fast) (ema close $slow))");
//! assert_eq!(strategy.warm_up(At::Bounds, None).unwrap().rows, 601);
//! ```

mod canonical;
mod check;
mod constant;
mod document;
mod error;
mod exact;
pub mod functions;
mod gene;
mod graph;
mod inline;
mod lex;
pub mod lint;
mod order;
mod parse;
mod rational;
mod read;
pub mod reference;
mod scalar;
mod source;
mod stamps;
mod strategy;
mod structure;
mod suggest;
pub mod terms;
mod tree;
mod types;
mod warm_up;

pub use check::{Clause, LONGEST_PERIOD, Market, Signals};
pub use constant::{Genome, Value, defaults, value};
pub use document::{Document, Gene, Reentry, Rules, Scale, Side, Text};
pub use error::{Error, Excerpt, Kind};
pub use exact::{Exact, exact};
pub use gene::{Domain, GUARDS, Genes, MOST_GENES, Values};
pub use graph::{Graph, Node, NodeId, Op};
pub use inline::MOST_NODES;
pub use lex::LONGEST_TEXT;
pub use lex::is_name;
pub use order::Order;
pub use parse::DEEPEST;
pub use rational::{Interval, Rational, gcd};
pub use read::{RESERVED_KEYS, read};
pub use scalar::{Scalar, ScalarCondition};
pub use stamps::{StampCalendar, Stamps};
pub use strategy::{Expression, Strategy, WarmUp, check, short};
pub use structure::{LANGUAGE, MOST_LETS, MOST_ORDERS};
pub use suggest::nearest;
pub use tree::{Argument, Column, Expr, ExprKind, Operator, Timeframe};
pub use types::{Constant, Number, Type};
pub use warm_up::{At, Calendar, cause, first_defined, needs_calendar, warm_up};

/// The tree of an expression as it is written, lets and all.
pub fn parse(text: &str) -> Result<Expr, Box<Error>> {
    parse::parse(text, 0).map_err(|fault| Box::new(fault.at("")))
}
