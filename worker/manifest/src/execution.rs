//! The `execution` block: what a simulator needs of it beyond its fields (contract X28).

use galapagos_crds::execution::ConstantFunding;
use galapagos_crds::{Decimal, ExecutionSpec};
use rust_decimal::Decimal as Exact;

use crate::finding::{Finding, first};

/// What follows from an `execution` block that is right.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Derived {
    /// Maintenance margin after defaults; `None`: no liquidation.
    pub maintenance_margin: Option<Decimal>,
    /// N of `exposureStep` = 1/N.
    pub exposure_steps: u32,
    /// The constant funding rate in billionths and the hours between two stamps.
    pub funding: Option<(i64, u32)>,
}

/// What follows from the block. Most of what is refused here the schema refuses too, which a file that a worker is given
/// has not passed.
///
/// # Errors
/// The first option that no account can have.
pub fn derived(spec: &ExecutionSpec) -> Result<Derived, Finding> {
    let mut findings = Vec::new();
    checked(spec, &mut findings).ok_or_else(|| first("spec.execution", findings))
}

const SHARE: &str = "must be at least 0 and less than 1";
const POSITIVE: &str = "must be greater than 0";

/// The same with every finding. `None` with at least one.
pub(crate) fn checked(spec: &ExecutionSpec, findings: &mut Vec<Finding>) -> Option<Derived> {
    let before = findings.len();
    let mut check = |holds: bool, field: &str, value: Decimal, problem: &str| {
        if !holds {
            findings.push(wrong(field, value, problem));
        }
    };
    let (zero, one) = (Decimal::ZERO, Decimal::ONE);
    let share = |v: Decimal| v >= zero && v < one;
    check(spec.initial_capital > zero, "initialCapital", spec.initial_capital, POSITIVE);
    check(share(spec.taker_fee), "takerFee", spec.taker_fee, SHARE);
    let maker_fee = spec.maker_fee.unwrap_or(zero);
    check(share(maker_fee), "makerFee", maker_fee, SHARE);
    check(share(spec.slippage), "slippage", spec.slippage, SHARE);
    let fraction = spec.sizing.fraction.as_ref().map_or(one, |f| f.value);
    let sizing = "must be greater than 0 and at most 1";
    check(fraction > zero && fraction <= one, "sizing.fraction.value", fraction, sizing);
    check(spec.leverage >= one, "leverage", spec.leverage, "must be at least 1");
    let margin = spec.resolved_maintenance_margin();
    if let Some(m) = margin {
        let problem =
            "must be above 0, and times leverage below 1: else every position is liquidated at once";
        let holds = m > zero && spec.leverage.to_f64() * m.to_f64() < 1.0;
        check(holds, "liquidation.maintenanceMargin.value", m, problem);
    }
    let lot = spec.lot.unwrap_or(one);
    check(lot > zero, "lot", lot, POSITIVE);
    let steps = spec.exposure_steps();
    let step = "must be 1 divided by a whole number up to 1000, as 0.25";
    check(steps.is_some(), "exposureStep", spec.exposure_step, step);
    let funding = spec.funding.constant.as_ref().and_then(|c| funding(c, findings));
    let derived = Derived { maintenance_margin: margin, exposure_steps: steps?, funding };
    (findings.len() == before).then_some(derived)
}

fn funding(constant: &ConstantFunding, findings: &mut Vec<Finding>) -> Option<(i64, u32)> {
    if constant.interval_hours == 0 {
        findings.push(wrong("funding.constant.intervalHours", Decimal::ZERO, "must be at least 1"));
    }
    let billionths = constant.rate.to_decimal() * Exact::from(1_000_000_000);
    let rate = billionths.fract().is_zero().then(|| i64::try_from(billionths.normalize().mantissa()).ok());
    let problem = match rate {
        Some(Some(rate)) => return Some((rate, constant.interval_hours)),
        Some(None) => "is out of range",
        None => "must be a multiple of 0.000000001",
    };
    findings.push(wrong("funding.constant.rate", constant.rate, problem));
    None
}

fn wrong(field: &str, value: Decimal, problem: &str) -> Finding {
    Finding::invalid(format!("spec.execution.{field}"), format!("{value}: {problem}"))
}
