//! Everything about one symbol and one set of options that no genome changes, computed once.

use crate::bars::{Bars, FundingStamp};
use crate::costs::Costs;
use crate::execution::{Execution, Fill, Funding};
use crate::funding::{Charges, FundingError, constant_stamps};
use std::sync::OnceLock;

/// Prices and charges of one symbol. Build it from bars that end where the window ends.
#[derive(Clone, Debug)]
pub struct Prepared<'a> {
    bars: Bars<'a>,
    constant: Option<Vec<FundingStamp>>,
    /// Opening price of each row.
    pub open: Vec<f64>,
    /// Closing price of each row.
    pub close: Vec<f64>,
    /// What market orders pay and get.
    pub costs: Costs,
    /// Running funding and borrow.
    pub charges: Charges,
    has_volume: bool,
    fill: Fill,
    /// Highest and lowest prices, made where somebody reads them.
    high: OnceLock<Vec<f64>>,
    low: OnceLock<Vec<f64>>,
}

impl<'a> Prepared<'a> {
    /// The columns of `bars` under `exec`. With constant funding its stamps replace those of the bars.
    ///
    /// # Errors
    /// [`FundingError`] where funding is asked for and cannot be charged.
    pub fn new(bars: Bars<'a>, exec: &Execution) -> Result<Prepared<'a>, FundingError> {
        let (open, close) = (prices(&bars, bars.open), prices(&bars, bars.close));
        let constant = match exec.funding {
            Funding::Constant { rate_e9, interval_hours } => {
                Some(constant_stamps(&bars, rate_e9, interval_hours))
            }
            Funding::None | Funding::Series => None,
        };
        let funded = Bars { funding: constant.as_deref().unwrap_or(bars.funding), ..bars };
        let charges = Charges::new(&funded, exec, &open, &close)?;
        Ok(Prepared {
            has_volume: bars.has_volume(),
            bars,
            constant,
            open,
            close,
            costs: Costs::new(exec.taker_fee, exec.slippage),
            charges,
            fill: exec.fill,
            high: OnceLock::new(),
            low: OnceLock::new(),
        })
    }

    /// The bars with the funding stamps that the options name: what strategies read.
    pub fn bars(&self) -> Bars<'_> {
        Bars { funding: self.constant.as_deref().unwrap_or(self.bars.funding), ..self.bars }
    }

    /// Highest price of each row.
    pub fn high(&self) -> &[f64] {
        self.high.get_or_init(|| prices(&self.bars, self.bars.high))
    }

    /// Lowest price of each row.
    pub fn low(&self) -> &[f64] {
        self.low.get_or_init(|| prices(&self.bars, self.bars.low))
    }

    /// What the orders of a row are filled at, before slippage: its open, or with `SameClose` its close.
    #[inline(always)]
    pub fn market(&self, row: usize) -> f64 {
        self.markets()[row]
    }

    /// The same of all rows.
    #[inline(always)]
    pub fn markets(&self) -> &[f64] {
        match self.fill {
            Fill::NextOpen => &self.open,
            Fill::SameClose => &self.close,
        }
    }

    /// Number of rows, one per bar.
    pub fn len(&self) -> usize {
        self.close.len()
    }

    /// Whether there is no row.
    pub fn is_empty(&self) -> bool {
        self.close.is_empty()
    }

    /// Whether orders and stops act in row `t` (X16): a row without volume trades nothing, if the series has any.
    pub fn is_tradable(&self, t: usize) -> bool {
        !self.has_volume || self.bars.volume.is_none_or(|v| v[t] > 0.0)
    }
}

/// Ticks as prices.
fn prices(bars: &Bars, ticks: &[i64]) -> Vec<f64> {
    let scale = bars.scale();
    ticks.iter().map(|&x| x as f64 / scale).collect()
}
