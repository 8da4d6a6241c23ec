//! The prices of fills (X2). Simulator and batch path compute them by the same operations: v / x and v * (1 / x) differ
//! in the last bit.

/// What market orders pay and get, with slippage and fee, by the price of the market.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Costs {
    slipped_up: f64,
    slipped_down: f64,
    charged_up: f64,
    charged_down: f64,
}

impl Costs {
    /// Those of a taker fee and a slippage, both as fractions.
    pub fn new(taker_fee: f64, slippage: f64) -> Costs {
        Costs {
            slipped_up: 1.0 + slippage,
            slipped_down: 1.0 - slippage,
            charged_up: 1.0 + taker_fee,
            charged_down: 1.0 - taker_fee,
        }
    }

    /// x (1 + s): what a market order pays for one unit, before the fee.
    #[inline(always)]
    pub fn buy(&self, market: f64) -> f64 {
        market * self.slipped_up
    }

    /// x (1 - s): what a market order gets for one unit, before the fee.
    #[inline(always)]
    pub fn sell(&self, market: f64) -> f64 {
        market * self.slipped_down
    }

    /// buy (1 + f): cash spent for one unit.
    #[inline(always)]
    pub fn gross_buy(&self, market: f64) -> f64 {
        self.buy(market) * self.charged_up
    }

    /// sell (1 - f): cash received for one unit.
    #[inline(always)]
    pub fn net_sell(&self, market: f64) -> f64 {
        self.sell(market) * self.charged_down
    }

    /// 1 / `gross_buy`: units a long gets for one of cash.
    #[inline(always)]
    pub fn inv_buy(&self, market: f64) -> f64 {
        1.0 / self.gross_buy(market)
    }

    /// 1 / (sell (1 + f)): units a short sells for one of equity.
    #[inline(always)]
    pub fn inv_sell(&self, market: f64) -> f64 {
        1.0 / (self.sell(market) * self.charged_up)
    }
}
