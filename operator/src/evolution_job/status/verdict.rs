//! The verdict about the best individual, as a coordinator tells it at the end and as the API has it.

use galapagos_crds::conditions::{ValidatedReason, condition};
use galapagos_crds::status::{Validated, Verdict};
use galapagos_protocol::progress as wire;
use k8s_openapi::apimachinery::pkg::apis::meta::v1::Condition;

use super::conditions::{Draft, find};
use super::fit::{MAX_NAME, shorten};
use super::known::Known;
use super::large;
use super::situation::Situation;

/// Bytes of the condition's message.
const SENTENCE: usize = 256;
/// Bounds of the schema.
const MAX_GATES: usize = 16;
const MAX_GATE: usize = 32;

/// A verdict as it was told, and its sentence for the condition.
pub(super) fn heard(told: &wire::Validation) -> (Verdict, String) {
    let count = |n: u64| (n > 0).then_some(large(n));
    let statuses = [Validated::True, Validated::False];
    let status = statuses.into_iter().find(|status| status.as_str() == told.validated);
    let failed = told.failed.iter().map(|gate| name(gate, MAX_GATE)).filter(|gate| !gate.is_empty());
    let reason = name(&told.reason, MAX_NAME);
    let verdict = Verdict {
        validated: status.unwrap_or_default(),
        reason: if reason.is_empty() { ValidatedReason::Unknown.to_string() } else { reason },
        confidence: told.confidence.and_then(four_digits),
        required: told.required_sharpe.and_then(four_digits),
        sharpe: told.timing_sharpe.and_then(four_digits),
        trials: count(told.trials),
        effective_trials: count(told.effective_trials),
        failed: failed.take(MAX_GATES).collect(),
    };
    (verdict, shorten(&told.summary, SENTENCE))
}

/// The condition `Validated`. Of a job that is not at its end it tells nothing, whatever was told before.
pub(super) fn validated(situation: &Situation, known: &Known, before: &[Condition]) -> Draft {
    let draft = |holds, reason: ValidatedReason, message: String| Draft {
        type_: condition::VALIDATED,
        holds,
        reason: reason.as_str(),
        message,
    };
    let unknown = |reason, text: &str| draft(None, reason, text.to_owned());
    match situation {
        Situation::Succeeded { .. } => {}
        Situation::Failed { .. } => {
            return unknown(ValidatedReason::NotComputed, "The job failed: there is no result to judge.");
        }
        _ => return unknown(ValidatedReason::NotYet, "The best individual is judged at the end of the job."),
    }
    let Some(verdict) = &known.validation else {
        return unknown(
            ValidatedReason::NotComputed,
            "The coordinator told no verdict: it is of a release that gives none, or there was no room for it. If there \
             is one, result.json has it.",
        );
    };
    // Its sentence is kept in the condition alone.
    let recorded = || find(before, condition::VALIDATED).map(|c| c.message.clone());
    let sentence = known.sentence.clone().or_else(recorded).filter(|text| !text.is_empty());
    draft(
        match verdict.validated {
            Validated::True => Some(true),
            Validated::False => Some(false),
            Validated::Unknown => None,
        },
        reason(&verdict.reason),
        sentence.unwrap_or_else(|| "The verdict is in status.validation.".to_owned()),
    )
}

fn reason(told: &str) -> ValidatedReason {
    ValidatedReason::ALL.iter().copied().find(|r| r.as_str() == told).unwrap_or(ValidatedReason::Unknown)
}

/// What of a text may be a name of ours: others would only take room.
fn name(text: &str, most: usize) -> String {
    text.chars().filter(char::is_ascii_alphanumeric).take(most).collect()
}

/// A number for people, to four significant digits.
fn four_digits(number: f64) -> Option<String> {
    // -0 is no number for people.
    let text = number.is_finite().then(|| format!("{:.3e}", number + 0.0))?;
    let exponent: i32 = text.split_once('e')?.1.parse().ok()?;
    if !(-4..9).contains(&exponent) {
        return Some(text);
    }
    let decimals = usize::try_from(3 - exponent).unwrap_or(0);
    text.parse::<f64>().ok().map(|rounded| format!("{rounded:.decimals$}"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_have_four_significant_digits() {
        for (number, text) in [
            (0.99944, "0.9994"),
            (0.999_96, "1.000"),
            (1.264_49, "1.264"),
            (-0.123_456, "-0.1235"),
            (0.000_123_456, "0.0001235"),
            (0.000_012_345_6, "1.235e-5"),
            (38_412.0, "38410"),
            (9.999_96e8, "1.000e9"),
            (0.0, "0.000"),
            (-0.0, "0.000"),
            (f64::MIN, "-1.798e308"),
        ] {
            assert_eq!(four_digits(number).as_deref(), Some(text), "{number}");
        }
        for none in [f64::NAN, f64::INFINITY] {
            assert_eq!(four_digits(none), None);
        }
    }

    #[test]
    fn every_reason_has_its_own_name_in_the_condition() {
        for &known in ValidatedReason::ALL {
            assert_eq!(reason(known.as_str()), known);
        }
        assert_eq!(reason("FullMoon"), ValidatedReason::Unknown);
    }
}
