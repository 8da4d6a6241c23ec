//! The manifest's `execution` block as the engine's options (contract X28).

use galapagos_crds::execution as spec;
use galapagos_crds::{Decimal, ExecutionSpec};
use galapagos_engine::execution::{Aggregate, Execution, Fill, Funding, Side, Window};
use galapagos_manifest::{Finding, derived};

/// The engine's options for a block of the manifest and a calendar.
///
/// # Errors
/// The first option that no account can have.
pub fn to_engine(spec: &ExecutionSpec, bars_per_year: f64) -> Result<Execution, Finding> {
    let derived = derived(spec)?;
    let fraction = spec.sizing.fraction.as_ref().map_or(Decimal::ONE, |f| f.value);
    Ok(Execution {
        initial_capital: spec.initial_capital.to_f64(),
        fill: match spec.fill {
            spec::Fill::NextOpen => Fill::NextOpen,
            spec::Fill::SameClose => Fill::SameClose,
        },
        side: match spec.side {
            spec::Side::Long => Side::Long,
            spec::Side::Short => Side::Short,
            spec::Side::LongShort => Side::LongShort,
        },
        taker_fee: spec.taker_fee.to_f64(),
        maker_fee: spec.maker_fee.unwrap_or(spec.taker_fee).to_f64(),
        slippage: spec.slippage.to_f64(),
        fraction: fraction.to_f64(),
        leverage: spec.leverage.to_f64(),
        maintenance_margin: derived.maintenance_margin.map(Decimal::to_f64),
        borrow_rate: spec.borrow_rate.to_f64(),
        funding: match derived.funding {
            Some((rate_e9, interval_hours)) => Funding::Constant { rate_e9, interval_hours },
            None if spec.funding.series.is_some() => Funding::Series,
            None => Funding::None,
        },
        exposure_steps: derived.exposure_steps,
        lot: spec.lot.map(Decimal::to_f64),
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
