//! Options of the simulated account, by the names of the manifest's `execution` block (X28).

use rust_decimal::Decimal;

/// Everything that turns signals into an account. Fractions are f64 nearest to the manifest's decimals.
#[derive(Clone, Debug, PartialEq)]
pub struct Execution {
    /// Account at the start, > 0.
    pub initial_capital: f64,
    /// When an order is filled.
    pub fill: Fill,
    /// Which targets are taken.
    pub side: Side,
    /// Fee of market orders, as a fraction of the notional.
    pub taker_fee: f64,
    /// Fee of targets (limit orders).
    pub maker_fee: f64,
    /// Adverse shift of market fills, as a fraction of the price.
    pub slippage: f64,
    /// Share of equity an opening order uses.
    pub fraction: f64,
    /// Multiple of equity an opening order may use.
    pub leverage: f64,
    /// Maintenance margin; `None` = no liquidation.
    pub maintenance_margin: Option<f64>,
    /// Borrow cost of shorts, a year.
    pub borrow_rate: f64,
    /// Whether and how funding is paid.
    pub funding: Funding,
    /// 1 / exposureStep: targets are rounded to multiples of 1/N.
    pub exposure_steps: u32,
    /// Quantities are multiples of this; `None` = fractional.
    pub lot: Option<f64>,
    /// Whether an open position is closed at the last close.
    pub final_close: bool,
    /// Which rows count towards metrics, and where decisions start.
    pub window: Window,
    /// Raises the warm-up; `None` = the bound of the job.
    pub warmup_bars: Option<usize>,
    /// Risk-free rate a year.
    pub risk_free_rate: f64,
    /// How several symbols become one result.
    pub aggregate: Aggregate,
    /// Bars per year of the calendar (B).
    pub bars_per_year: f64,
}

/// When an order is filled.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Fill {
    /// At the open after the close that decided it.
    NextOpen,
    /// At the close that decided it: optimistic (X25).
    SameClose,
}

/// Which targets are taken (X24).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Side {
    /// Short targets become flat.
    Long,
    /// Long targets become flat.
    Short,
    /// Long and short targets are both taken.
    LongShort,
}

/// Which rows count (X20).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Window {
    /// From the row after the job's warm-up bound.
    AfterWarmUp,
    /// Every row; decisions start at the genome's own warm-up. For comparison with other back-testers.
    Full,
}

/// How several symbols become one result (X21).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Aggregate {
    /// One account per symbol with an equal share of the capital; metrics of their sum.
    Portfolio,
    /// Mean of each metric over the symbols.
    Mean,
    /// Median of each metric over the symbols.
    Median,
    /// The worst symbol of each metric.
    Min,
}

/// Funding of perpetual contracts (X7).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Funding {
    /// No funding is paid or received.
    None,
    /// Payments follow the dataset's own series of the symbol.
    Series,
    /// A constant rate (in 1e-9) every `interval_hours` from 00:00 UTC.
    Constant {
        /// Rate in 1e-9 of the notional.
        rate_e9: i64,
        /// Hours between two stamps.
        interval_hours: u32,
    },
}

/// Maintenance margin where the manifest names none: on for leverage and shorts (X6).
pub fn default_maintenance_margin(leverage: Decimal, side: Side) -> Option<f64> {
    (leverage > Decimal::ONE || side != Side::Long).then_some(0.05)
}

impl Default for Execution {
    /// The defaults of X28 on a continuous daily calendar.
    fn default() -> Self {
        Execution {
            initial_capital: 10_000.0,
            fill: Fill::NextOpen,
            side: Side::Long,
            taker_fee: 0.0,
            maker_fee: 0.0,
            slippage: 0.0,
            fraction: 1.0,
            leverage: 1.0,
            maintenance_margin: None,
            borrow_rate: 0.0,
            funding: Funding::None,
            exposure_steps: 4,
            lot: None,
            final_close: true,
            window: Window::AfterWarmUp,
            warmup_bars: None,
            risk_free_rate: 0.0,
            aggregate: Aggregate::Portfolio,
            bars_per_year: 365.0,
        }
    }
}
