//! The verdict about the best individual, as a coordinator tells it at the end, as the API has it.

use galapagos_crds::conditions::ValidatedReason;
use galapagos_crds::status::{Validated, Verdict};
use galapagos_protocol::progress as wire;

use super::fit::{MAX_NAME, shorten};
use super::large;

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
}
