//! The gates that a job asks for, with what the find has for each.

use galapagos_crds::Gate as Threshold;
use galapagos_engine::evaluation::Metric;
use galapagos_validation::NullReason;
use galapagos_validation::verdict::{Asked, Facts, Gate, Measure};

use super::against_trials::timing_sharpe;
use super::document::{CostStress, Validation};
use super::find::Find;

/// What sentences say beside values.
pub(super) fn facts(find: &Find<'_>, trials: u64) -> Facts {
    let largest = find.spec().cost_stress.last().map_or(1.0, |factor| factor.to_f64());
    Facts { trials, cost_factor: largest }
}

/// The gates that are on.
pub(super) fn asked(find: &Find<'_>, found: &Validation) -> Vec<Asked> {
    let gates = &find.spec().gates;
    let threshold = |gate: Gate| match gate {
        Gate::LookAhead => gates.look_ahead.then_some(Measure::Flag(true)),
        Gate::Trades => number(gates.trades),
        Gate::Confidence => number(gates.confidence),
        Gate::Costs => number(gates.costs),
        Gate::Neighbourhood => number(gates.neighbourhood),
        Gate::WalkForward => number(find.spec().walk_forward_gate()),
        Gate::Holdout => number(gates.holdout),
        Gate::HoldoutRatio => number(gates.holdout_ratio),
        Gate::Pbo => number(gates.pbo),
        Gate::DeflatedSharpe => number(gates.deflated_sharpe),
    };
    let ask = |gate: Gate| Some(Asked { gate, threshold: threshold(gate)?, value: value(gate, find, found) });
    Gate::ALL.into_iter().filter_map(ask).collect()
}

fn number(threshold: Threshold) -> Option<Measure> {
    threshold.threshold().map(|t| Measure::Number(t.to_f64()))
}

fn value(gate: Gate, find: &Find<'_>, found: &Validation) -> Result<Measure, NullReason> {
    let or = |value: Option<f64>, reason: NullReason| value.map(Measure::Number).ok_or(reason);
    let held = || find.holdout.as_ref().ok_or(NullReason::NoHoldout);
    match gate {
        Gate::LookAhead => {
            found.look_ahead.as_ref().map(|l| Measure::Flag(l.passed)).ok_or(NullReason::NotReplayable)
        }
        Gate::Trades => or(find.metric(Metric::Trades), NullReason::NoTrades),
        Gate::Confidence => or(found.confidence.as_ref().map(|c| c.value), named(&found.confidence_reason)),
        Gate::Costs => or(found.costs.last().map(CostStress::value), NullReason::NotRequested),
        Gate::Neighbourhood => {
            or(found.neighbourhood.as_ref().map(|n| n.median), named(&found.neighbourhood_reason))
        }
        Gate::WalkForward => {
            let walk = found.walk_forward.as_ref().ok_or(named(&found.walk_forward_reason))?;
            or(walk.p.map(|p| 1.0 - p), named(&walk.p_reason))
        }
        Gate::Holdout => or(timing_sharpe(find, held()?), NullReason::FlatReturns),
        Gate::HoldoutRatio => {
            let after =
                held()?.report.evaluation.metrics.get(Metric::Sharpe).ok_or(NullReason::FlatReturns)?;
            let before = find.metric(Metric::Sharpe).filter(|s| *s > 0.0).ok_or(NullReason::NotPositive)?;
            Ok(Measure::Number(after / before))
        }
        Gate::Pbo => or(found.pbo.as_ref().map(|p| p.value), named(&found.pbo_reason)),
        Gate::DeflatedSharpe => or(find.deflated_sharpe, NullReason::FlatReturns),
    }
}

/// The reason of a name in the document.
fn named(reason: &Option<String>) -> NullReason {
    let found = NullReason::ALL.into_iter().find(|r| Some(r.name()) == reason.as_deref());
    found.unwrap_or(NullReason::NotRequested)
}
