//! How signals become an account: fills, costs, size, funding, window.

use kube::KubeSchema;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::decimal::Decimal;
use crate::rules;

/// The simulated account.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, KubeSchema)]
#[serde(rename_all = "camelCase")]
#[x_kube(
    validation = Rule::new("!has(self.liquidation) || !has(self.liquidation.maintenanceMargin) || double(self.leverage) * double(self.liquidation.maintenanceMargin.value) < 1.0")
        .message("leverage times maintenance margin must be less than 1, else every position is liquidated when it is opened"),
    validation = Rule::new("has(self.liquidation) || double(self.leverage) < 20.0")
        .message("leverage of 20 or more needs an explicit liquidation block, since the default maintenance margin is 0.05")
)]
pub struct ExecutionSpec {
    /// Account at the start.
    #[serde(default = "ten_thousand")]
    #[x_kube(validation = rules::positive())]
    pub initial_capital: Decimal,
    /// When an order is filled.
    #[serde(default)]
    pub fill: Fill,
    /// Which positions are taken.
    #[serde(default)]
    pub side: Side,
    /// Fee of market orders, as a share of their value.
    #[serde(default = "zero")]
    #[x_kube(validation = rules::below_one())]
    pub taker_fee: Decimal,
    /// Fee of limit orders (take profit), as a share of their value. Absent: takerFee.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[x_kube(validation = rules::below_one())]
    pub maker_fee: Option<Decimal>,
    /// Adverse shift of market fills, as a share of the price.
    #[serde(default = "zero")]
    #[x_kube(validation = rules::below_one())]
    pub slippage: Decimal,
    /// How large a position is.
    #[serde(default)]
    pub sizing: Sizing,
    /// Multiple of the equity that an opening order may use.
    #[serde(default = "one")]
    #[x_kube(validation = rules::between("1.0", "1000.0"))]
    pub leverage: Decimal,
    /// When a position is liquidated. Absent: at a maintenance margin of 0.05 if leverage is above 1 or side is
    /// not Long, else never.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub liquidation: Option<Liquidation>,
    /// Cost of borrowing for short positions, as a share a year.
    #[serde(default = "zero")]
    #[x_kube(validation = rules::at_least("0.0"))]
    pub borrow_rate: Decimal,
    /// Funding of perpetual contracts.
    #[serde(default)]
    pub funding: Funding,
    /// Fractional targets are rounded to multiples of this: 1 divided by a whole number up to 1000.
    #[serde(default = "quarter")]
    #[x_kube(validation = Rule::new("double(self) >= 0.001 && double(self) <= 1.0 && [double(self) * double(int(1.0 / double(self) + 0.5))].exists(x, x > 0.999999999 && x < 1.000000001)")
        .message("must be 1 divided by a whole number up to 1000, as 0.25"))]
    pub exposure_step: Decimal,
    /// Quantities are rounded down to multiples of this. Absent: fractional quantities.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[x_kube(validation = rules::positive())]
    pub lot: Option<Decimal>,
    /// Whether an open position is closed, with costs, at the last close.
    #[serde(default = "yes")]
    pub final_close: bool,
    /// Which rows count towards metrics.
    #[serde(default)]
    pub window: Window,
    /// Raises the warm-up to this many rows. Absent: what the strategies need.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(range(min = 1, max = 100_000_000))]
    pub warmup_bars: Option<u32>,
    /// Risk-free rate a year, subtracted in the Sharpe ratio.
    #[serde(default = "zero")]
    pub risk_free_rate: Decimal,
    /// How several symbols become one result.
    #[serde(default)]
    pub aggregate: Aggregate,
}

/// When an order is filled.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub enum Fill {
    /// At the open after the close that decided it.
    #[default]
    NextOpen,
    /// At the close that decided it: optimistic, and marked so in every output.
    SameClose,
}

/// Which positions are taken.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub enum Side {
    /// Short signals become flat.
    #[default]
    Long,
    /// Long signals become flat.
    Short,
    /// Long and short signals are both taken.
    LongShort,
}

/// Which rows count towards metrics.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub enum Window {
    /// From the row after the job's longest warm-up: all individuals see the same rows.
    #[default]
    AfterWarmUp,
    /// Every row. For comparison with other back-testers only.
    Full,
}

/// How several symbols become one result.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub enum Aggregate {
    /// An equal share of the capital for each symbol; metrics of the sum.
    #[default]
    Portfolio,
    /// Mean of each metric over the symbols.
    Mean,
    /// Median of each metric over the symbols.
    Median,
    /// The worst symbol of each metric.
    Min,
}

/// How large a position is. Exactly one member.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, KubeSchema)]
#[serde(rename_all = "camelCase")]
#[x_kube(validation = rules::exactly_one(&["fraction"]))]
pub struct Sizing {
    /// A share of the equity.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub fraction: Option<FractionSizing>,
}

/// A share of the equity.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, KubeSchema)]
#[serde(rename_all = "camelCase")]
pub struct FractionSizing {
    /// The share, above 0 and at most 1.
    #[x_kube(validation = Rule::new("double(self) > 0.0 && double(self) <= 1.0").message("must be greater than 0 and at most 1"))]
    pub value: Decimal,
}

/// When a position is liquidated. Exactly one member.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, KubeSchema)]
#[serde(rename_all = "camelCase")]
#[x_kube(validation = rules::exactly_one(&["maintenanceMargin", "none"]))]
pub struct Liquidation {
    /// When the equity falls to this share of the position.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub maintenance_margin: Option<MaintenanceMargin>,
    /// Positions are never liquidated.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub none: Option<Nothing>,
}

/// The margin at which a position is liquidated.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, KubeSchema)]
#[serde(rename_all = "camelCase")]
pub struct MaintenanceMargin {
    /// Share of the position's value.
    #[x_kube(validation = Rule::new("double(self) > 0.0 && double(self) < 1.0").message("must be greater than 0 and less than 1"))]
    pub value: Decimal,
}

/// Funding of perpetual contracts. Exactly one member.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, KubeSchema)]
#[serde(rename_all = "camelCase")]
#[x_kube(validation = rules::exactly_one(&["none", "series", "constant"]))]
pub struct Funding {
    /// No funding is paid or received.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub none: Option<Nothing>,
    /// The dataset's own series.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub series: Option<Nothing>,
    /// The same rate at every stamp.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub constant: Option<ConstantFunding>,
}

/// The same funding rate at every stamp.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, KubeSchema)]
#[serde(rename_all = "camelCase")]
pub struct ConstantFunding {
    /// Share of the position's value; long positions pay it when it is above 0. A multiple of 0.000000001.
    #[x_kube(validation = rules::between("-1.0", "1.0"))]
    pub rate: Decimal,
    /// Hours between two stamps, counted from 00:00 UTC.
    #[schemars(range(min = 1, max = 24))]
    #[x_kube(validation = Rule::new("24 % self == 0").message("must divide 24"))]
    pub interval_hours: u32,
}

/// A member of a union that has nothing to say: `{}`.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Nothing {}

fn zero() -> Decimal {
    Decimal::ZERO
}

fn one() -> Decimal {
    Decimal::ONE
}

fn quarter() -> Decimal {
    Decimal::new(25, 2)
}

fn ten_thousand() -> Decimal {
    Decimal::new(10_000, 0)
}

fn yes() -> bool {
    true
}

impl Default for Sizing {
    fn default() -> Self {
        Sizing { fraction: Some(FractionSizing { value: Decimal::ONE }) }
    }
}

impl Default for Funding {
    fn default() -> Self {
        Funding { none: Some(Nothing {}), series: None, constant: None }
    }
}

impl Default for ExecutionSpec {
    fn default() -> Self {
        ExecutionSpec {
            initial_capital: ten_thousand(),
            fill: Fill::NextOpen,
            side: Side::Long,
            taker_fee: zero(),
            maker_fee: None,
            slippage: zero(),
            sizing: Sizing::default(),
            leverage: one(),
            liquidation: None,
            borrow_rate: zero(),
            funding: Funding::default(),
            exposure_step: quarter(),
            lot: None,
            final_close: yes(),
            window: Window::AfterWarmUp,
            warmup_bars: None,
            risk_free_rate: zero(),
            aggregate: Aggregate::Portfolio,
        }
    }
}

impl ExecutionSpec {
    /// Maintenance margin after defaults; `None`: no liquidation (contract X6).
    pub fn resolved_maintenance_margin(&self) -> Option<Decimal> {
        match &self.liquidation {
            Some(l) => l.maintenance_margin.as_ref().map(|m| m.value),
            None => (self.leverage > Decimal::ONE || self.side != Side::Long).then(|| Decimal::new(5, 2)),
        }
    }

    /// N of `exposureStep` = 1/N; `None` if it is not 1 divided by a whole number (refused by the schema).
    pub fn exposure_steps(&self) -> Option<u32> {
        let step = self.exposure_step.to_decimal();
        let n = rust_decimal::Decimal::ONE.checked_div(step)?.round();
        let off = (step.checked_mul(n)? - rust_decimal::Decimal::ONE).abs();
        let n = u32::try_from(i64::try_from(n.trunc().mantissa()).ok()?).ok()?;
        (off < rust_decimal::Decimal::new(1, 9) && (1..=1000).contains(&n)).then_some(n)
    }
}
