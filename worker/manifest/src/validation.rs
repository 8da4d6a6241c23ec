//! What the schema cannot say of the tests that follow a run: factors that rise, thresholds that something can reach.

use galapagos_crds::{Decimal, Gate, Gates, ValidationSpec};

use crate::finding::Finding;

/// Highest factor of `costStress`.
const MOST: Decimal = Decimal::new(10, 0);

/// Adds what is wrong with the tests of the winner.
pub(crate) fn checked(spec: &ValidationSpec, findings: &mut Vec<Finding>) {
    let fraction = spec.holdout.fraction;
    if fraction < Decimal::ZERO || fraction >= Decimal::ONE {
        let text = format!("{fraction} is no share that leaves rows to train on");
        findings.push(
            Finding::invalid("spec.validation.holdout.fraction", text)
                .advise("must be at least 0 and less than 1"),
        );
    }
    factors(&spec.cost_stress, findings);
    whole("pbo.blocks", spec.pbo.blocks, 16, 16, findings);
    whole("pbo.trials", spec.pbo.trials, 20, 10_000, findings);
    whole("bootstrap.samples", spec.bootstrap.samples, 100, 100_000, findings);
    if let Some(bars) = spec.bootstrap.mean_block_bars {
        whole("bootstrap.meanBlockBars", bars, 1, 100_000_000, findings);
    }
    whole("randomEntry.samples", spec.random_entry.samples, 100, 100_000, findings);
    whole("neighbourhood.steps", spec.neighbourhood.steps, 1, 1, findings);
    gates(&spec.gates, findings);
}

fn whole(field: &str, value: u32, least: u32, most: u32, findings: &mut Vec<Finding>) {
    if !(least..=most).contains(&value) {
        let allowed =
            if least == most { format!("must be {least}") } else { format!("must be {least} to {most}") };
        let path = format!("spec.validation.{field}");
        findings.push(Finding::invalid(path, format!("{value} is not allowed")).advise(allowed));
    }
}

fn factors(factors: &[Decimal], findings: &mut Vec<Finding>) {
    let path = "spec.validation.costStress";
    if factors.is_empty() || factors.len() > 8 {
        let text = format!("has {} factors", factors.len());
        findings.push(Finding::invalid(path, text).advise("write 1 to 8 of them, as in [\"1.5\", \"2\"]"));
    }
    for (i, &factor) in factors.iter().enumerate() {
        if factor < Decimal::ONE || factor > MOST {
            let text = format!("{factor} is no factor of costs");
            findings.push(Finding::invalid(format!("{path}[{i}]"), text).advise("must be 1 to 10"));
        }
    }
    if factors.windows(2).any(|pair| pair[0] >= pair[1]) {
        findings.push(Finding::invalid(path, "the factors do not rise").advise("write the smallest first"));
    }
}

fn gates(gates: &Gates, findings: &mut Vec<Finding>) {
    let share = [
        ("confidence", Some(gates.confidence)),
        ("walkForward", gates.walk_forward),
        ("pbo", Some(gates.pbo)),
        ("deflatedSharpe", Some(gates.deflated_sharpe)),
    ];
    for (name, gate) in share {
        let Some(threshold) = gate.and_then(Gate::threshold) else { continue };
        if threshold < Decimal::ZERO || threshold > Decimal::ONE {
            let text = format!("{threshold} is no probability");
            findings.push(
                Finding::invalid(format!("spec.validation.gates.{name}"), text)
                    .advise("must be 0 to 1, or Disabled"),
            );
        }
    }
    if let Some(threshold) = gates.trades.threshold()
        && (threshold < Decimal::ZERO || !threshold.to_decimal().is_integer())
    {
        let text = format!("{threshold} is no number of trades");
        findings.push(
            Finding::invalid("spec.validation.gates.trades", text)
                .advise("must be a whole number from 0 on, or Disabled"),
        );
    }
}
