//! The market phase of own strategies: checked expressions to columns, block by block. What each expression gives is
//! `docs/contract/rules.md`.
//!
//! A [`Plan`] takes canonical trees with the values of their genes. Whatever is the same in several trees, genomes or
//! strategies is one node of it. [`Columns`] holds what the trees give in all rows; [`Blocks`] gives the same a block of
//! rows at a time.
//!
//! Numbers are f64 with NaN for na, in ticks to the power that their type says. Exact numbers are whole numbers over a
//! constant denominator, in i64 wherever they fit, and are rounded only where f64 is due. Conditions are two bits a
//! row: true, and known.
//!
//! ```
//! use galapagos_engine::bars::Bars;
//! use galapagos_engine::graph::{Columns, Market, Plan};
//! use galapagos_engine::interrupt::Interrupt;
//! use galapagos_rules::{check, read};
//!
//! let document = read(&serde_json::json!({
//!     "name": "dip", "genes": [{"name": "n", "min": 2, "max": 50}],
//!     "rules": {"language": 1, "long": {"enter": "close < sma(close, $n)"}},
//! })).unwrap();
//! let strategy = check(&document, &galapagos_rules::Market::default()).unwrap();
//!
//! let (price, time) = ([100, 102, 98, 99], [0, 60_000, 120_000, 180_000]);
//! let bars = Bars {
//!     symbol: "A", decimals: 2, interval_ms: 60_000, time_ms: &time,
//!     open: &price, high: &price, low: &price, close: &price, volume: None, funding: &[], signals: None,
//! };
//! let mut plan = Plan::new(bars.decimals, Vec::new());
//! let genome = [("n".to_owned(), "2".to_owned())].into();
//! let enter = plan.add(&strategy.expressions[0].tree, &genome).unwrap();
//! let columns = Columns::compute(&plan, &Market::alone(bars), Interrupt::NEVER);
//! let met: Vec<Option<bool>> = (0..4).map(|t| columns.conditions(enter).truth(t)).collect();
//! assert_eq!(met, [None, Some(false), Some(true), Some(false)]);
//! ```

mod blocks;
mod column;
mod columns;
mod compile;
mod frame;
mod functions;
mod fused;
mod memo;
mod op;
mod parts;
mod places;
mod plan;
mod rounding;
mod seen;

pub use blocks::Blocks;
pub(crate) use column::{word_of_one, word_of_two};
pub use columns::{Columns, Conditions};
pub(crate) use functions::{clock::day_number, finite};
pub(crate) use fused::Aside;
pub(crate) use memo::{Memo, Parts};
pub(crate) use op::Comparison;
pub use plan::{Decimals, Plan, PlanError, Slot};

use crate::bars::Bars;

/// Rows of a block.
const ROWS: usize = 512;

/// The bars that columns are about.
#[derive(Clone, Copy, Debug)]
pub struct Market<'a> {
    /// Those of the symbol that is traded.
    pub bars: Bars<'a>,
    /// Those of all symbols that `of` may name.
    pub others: &'a [Bars<'a>],
}

impl<'a> Market<'a> {
    /// Only the symbol that is traded.
    pub fn alone(bars: Bars<'a>) -> Market<'a> {
        Market { bars, others: &[] }
    }

    /// The symbols that `of` may name, with the decimals of their prices.
    pub fn decimals(&self) -> Vec<Decimals> {
        self.others.iter().map(|bars| (bars.symbol.to_owned(), bars.decimals)).collect()
    }

    /// The bars of another symbol; no rows, if there is none of this name.
    fn other(&self, name: &str) -> Bars<'a> {
        let found = self.others.iter().find(|bars| bars.symbol == name).copied();
        found.unwrap_or(self.bars.truncate(0))
    }
}
