//! The condition that says whether the find of a job is more than luck.

use galapagos_crds::conditions::{ValidatedReason, condition};
use galapagos_crds::status::Validated;
use k8s_openapi::apimachinery::pkg::apis::meta::v1::Condition;

use super::draft::{Draft, find};
use super::known::Known;
use super::situation::Situation;

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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_reason_has_its_own_name_in_the_condition() {
        for &known in ValidatedReason::ALL {
            assert_eq!(reason(known.as_str()), known);
        }
        assert_eq!(reason("FullMoon"), ValidatedReason::Unknown);
    }
}
