//! The price columns every fill reads (X2). Simulator and batch path read the same ones: v / x and v * (1 / x)
//! differ in the last bit.

/// Market prices of each row with slippage, fee and their reciprocals.
#[derive(Clone, Debug, PartialEq)]
pub struct Costs {
    /// x (1 + s): what a market order pays for one unit, before the fee.
    pub buy: Vec<f64>,
    /// x (1 - s): what a market order gets for one unit, before the fee.
    pub sell: Vec<f64>,
    /// buy (1 + f): cash spent for one unit.
    pub gross_buy: Vec<f64>,
    /// sell (1 - f): cash received for one unit.
    pub net_sell: Vec<f64>,
    /// 1 / `gross_buy`: units a long gets for one of cash.
    pub inv_buy: Vec<f64>,
    /// 1 / (sell (1 + f)): units a short sells for one of equity.
    pub inv_sell: Vec<f64>,
}

impl Costs {
    /// The columns from the price a market order is filled at (open, or close with `SameClose`), the taker fee and
    /// the slippage, both as fractions.
    pub fn new(price: &[f64], taker_fee: f64, slippage: f64) -> Costs {
        let map = |f: &dyn Fn(f64) -> f64, x: &[f64]| x.iter().map(|&x| f(x)).collect::<Vec<f64>>();
        let buy = map(&|x| x * (1.0 + slippage), price);
        let sell = map(&|x| x * (1.0 - slippage), price);
        let gross_buy = map(&|x| x * (1.0 + taker_fee), &buy);
        let net_sell = map(&|x| x * (1.0 - taker_fee), &sell);
        let inv_buy = map(&|x| 1.0 / x, &gross_buy);
        let inv_sell = map(&|x| 1.0 / (x * (1.0 + taker_fee)), &sell);
        Costs { buy, sell, gross_buy, net_sell, inv_buy, inv_sell }
    }
}
