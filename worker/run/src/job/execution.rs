//! The manifest's `execution` block as the engine's options (contract X28).

use galapagos_crds::execution as spec;
use galapagos_crds::{Decimal, ExecutionSpec};
use galapagos_engine::execution::{Aggregate, Execution, Fill, Funding, Side, Window};

/// An option that the schema refuses too; met only when the manifest was not validated.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("execution.{field} = {value}: {problem}")]
pub struct ExecutionError {
    /// The field.
    pub field: &'static str,
    /// What it holds.
    pub value: String,
    /// What is wrong and what to write.
    pub problem: &'static str,
}

/// The engine's options for a block of the manifest and a calendar.
///
/// # Errors
/// Values outside the ranges that the schema states.
pub fn to_engine(spec: &ExecutionSpec, bars_per_year: f64) -> Result<Execution, ExecutionError> {
    let wrong = |field, value: &dyn std::fmt::Display, problem| ExecutionError {
        field,
        value: value.to_string(),
        problem,
    };
    let share = |field, value: Decimal| match value {
        v if v >= Decimal::ZERO && v < Decimal::ONE => Ok(v.to_f64()),
        v => Err(wrong(field, &v, "must be at least 0 and less than 1")),
    };
    let positive = |field, value: Decimal| match value {
        v if v > Decimal::ZERO => Ok(v.to_f64()),
        v => Err(wrong(field, &v, "must be above 0")),
    };
    let fraction = spec.sizing.fraction.as_ref().map_or(Decimal::ONE, |f| f.value);
    if fraction <= Decimal::ZERO || fraction > Decimal::ONE {
        return Err(wrong("sizing.fraction.value", &fraction, "must be above 0 and at most 1"));
    }
    if spec.leverage < Decimal::ONE {
        return Err(wrong("leverage", &spec.leverage, "must be at least 1"));
    }
    let margin = spec.resolved_maintenance_margin();
    if let Some(m) = margin
        && (m <= Decimal::ZERO || spec.leverage.to_f64() * m.to_f64() >= 1.0)
    {
        let problem =
            "must be above 0, and times leverage below 1: else every position is liquidated at once";
        return Err(wrong("liquidation.maintenanceMargin.value", &m, problem));
    }
    let steps = spec.exposure_steps();
    Ok(Execution {
        initial_capital: positive("initialCapital", spec.initial_capital)?,
        fill: match spec.fill {
            spec::Fill::NextOpen => Fill::NextOpen,
            spec::Fill::SameClose => Fill::SameClose,
        },
        side: match spec.side {
            spec::Side::Long => Side::Long,
            spec::Side::Short => Side::Short,
            spec::Side::LongShort => Side::LongShort,
        },
        taker_fee: share("takerFee", spec.taker_fee)?,
        maker_fee: share("makerFee", spec.maker_fee.unwrap_or(spec.taker_fee))?,
        slippage: share("slippage", spec.slippage)?,
        fraction: fraction.to_f64(),
        leverage: spec.leverage.to_f64(),
        maintenance_margin: margin.map(Decimal::to_f64),
        borrow_rate: spec.borrow_rate.to_f64(),
        funding: funding(&spec.funding)?,
        exposure_steps: steps.ok_or_else(|| {
            wrong(
                "exposureStep",
                &spec.exposure_step,
                "must be 1 divided by a whole number up to 1000, as 0.25",
            )
        })?,
        lot: spec.lot.map(|l| positive("lot", l)).transpose()?,
        final_close: spec.final_close,
        window: match spec.window {
            spec::Window::AfterWarmUp => Window::AfterWarmUp,
            spec::Window::Full => Window::Full,
        },
        warmup_bars: spec.warmup_bars.map(|n| n as usize),
        risk_free_rate: spec.risk_free_rate.to_f64(),
        aggregate: match spec.aggregate {
            spec::Aggregate::Portfolio => Aggregate::Portfolio,
            spec::Aggregate::Mean => Aggregate::Mean,
            spec::Aggregate::Median => Aggregate::Median,
            spec::Aggregate::Min => Aggregate::Min,
        },
        bars_per_year,
    })
}

fn funding(spec: &spec::Funding) -> Result<Funding, ExecutionError> {
    let Some(constant) = &spec.constant else {
        return Ok(if spec.series.is_some() { Funding::Series } else { Funding::None });
    };
    let wrong = |field, value: String, problem| Err(ExecutionError { field, value, problem });
    let billionths = constant.rate.to_decimal() * rust_decimal::Decimal::from(1_000_000_000);
    if !billionths.fract().is_zero() {
        return wrong(
            "funding.constant.rate",
            constant.rate.to_string(),
            "must be a multiple of 0.000000001",
        );
    }
    if constant.interval_hours == 0 {
        return wrong("funding.constant.intervalHours", "0".into(), "must be at least 1");
    }
    match i64::try_from(billionths.normalize().mantissa()) {
        Ok(rate_e9) => Ok(Funding::Constant { rate_e9, interval_hours: constant.interval_hours }),
        Err(_) => wrong("funding.constant.rate", constant.rate.to_string(), "is out of range"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    // Contract X28.
    #[test]
    fn the_defaults_of_manifest_and_engine_are_the_same() {
        assert_eq!(to_engine(&ExecutionSpec::default(), 365.0).unwrap(), Execution::default());
    }

    #[test]
    fn a_maker_fee_that_is_not_given_is_the_taker_fee() {
        let spec = ExecutionSpec { taker_fee: Decimal::new(1, 3), ..ExecutionSpec::default() };
        assert_eq!(to_engine(&spec, 365.0).unwrap().maker_fee, 0.001);
    }
}
