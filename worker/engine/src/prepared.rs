//! Everything about one symbol and one set of options that no genome changes, computed once.

use crate::bars::{Bars, FundingStamp};
use crate::costs::Costs;
use crate::execution::{Execution, Fill, Funding};
use crate::funding::{Charges, FundingError, constant_stamps};

/// Prices, cost columns and charges of one symbol. Build it from bars that end where the window ends.
#[derive(Clone, Debug)]
pub struct Prepared<'a> {
    bars: Bars<'a>,
    constant: Option<Vec<FundingStamp>>,
    /// Opening price of each row.
    pub open: Vec<f64>,
    /// Highest price of each row.
    pub high: Vec<f64>,
    /// Lowest price of each row.
    pub low: Vec<f64>,
    /// Closing price of each row.
    pub close: Vec<f64>,
    /// Fill prices of market orders.
    pub costs: Costs,
    /// Running funding and borrow.
    pub charges: Charges,
    has_volume: bool,
}

impl<'a> Prepared<'a> {
    /// The columns of `bars` under `exec`. With constant funding its stamps replace those of the bars.
    ///
    /// # Errors
    /// [`FundingError`] where funding is asked for and cannot be charged.
    pub fn new(bars: Bars<'a>, exec: &Execution) -> Result<Prepared<'a>, FundingError> {
        let scale = bars.scale();
        let price = |ticks: &[i64]| ticks.iter().map(|&x| x as f64 / scale).collect::<Vec<f64>>();
        let (open, high, low, close) =
            (price(bars.open), price(bars.high), price(bars.low), price(bars.close));
        let constant = match exec.funding {
            Funding::Constant { rate_e9, interval_hours } => {
                Some(constant_stamps(&bars, rate_e9, interval_hours))
            }
            Funding::None | Funding::Series => None,
        };
        let funded = Bars { funding: constant.as_deref().unwrap_or(bars.funding), ..bars };
        let charges = Charges::new(&funded, exec, &open, &close)?;
        let market = if exec.fill == Fill::SameClose { &close } else { &open };
        let costs = Costs::new(market, exec.taker_fee, exec.slippage);
        Ok(Prepared { has_volume: bars.has_volume(), bars, constant, open, high, low, close, costs, charges })
    }

    /// The bars with the funding stamps that the options name: what strategies read.
    pub fn bars(&self) -> Bars<'_> {
        Bars { funding: self.constant.as_deref().unwrap_or(self.bars.funding), ..self.bars }
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
