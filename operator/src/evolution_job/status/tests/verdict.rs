//! The verdict about the best individual: told at the end, and not before.

use galapagos_crds::EvolutionJobStatus;
use galapagos_crds::conditions::{CompleteReason, condition as types};
use galapagos_crds::status::{Validated, Verdict};
use galapagos_protocol::last_words;
use galapagos_protocol::progress::{Report, Validation};
use k8s_openapi::apimachinery::pkg::apis::meta::v1::Time;

use super::facts::{facts, final_report, report, running, situations, verdict};
use super::schema::problems;
use super::{at, condition};
use crate::evolution_job::status::{Facts, Situation, build};

fn succeeded() -> Situation {
    Situation::Succeeded { reason: CompleteReason::Patience, reported: None }
}

/// The last report with another verdict.
fn judged(validation: Option<Validation>) -> Report {
    let mut report = final_report();
    report.r#final.as_mut().unwrap().validation = validation;
    report
}

fn ended(validation: Option<Validation>) -> EvolutionJobStatus {
    build(None, &Facts { report: Some(&judged(validation)), ..facts(succeeded()) }, at(70))
}

/// The condition as `Status/Reason: message`.
fn shown(status: &EvolutionJobStatus) -> String {
    let found = condition(status, types::VALIDATED).unwrap();
    format!("{}/{}: {}", found.status, found.reason, found.message)
}

#[test]
fn the_end_brings_the_verdict_with_the_sentence_of_the_gate_that_failed() {
    let status = ended(Some(verdict()));
    let expected = Verdict {
        validated: Validated::False,
        reason: "LikelyLuck".into(),
        confidence: Some("0.8123".into()),
        required: Some("1.264".into()),
        sharpe: Some("0.9000".into()),
        trials: Some(38_412),
        effective_trials: Some(256),
        failed: vec!["confidence".into(), "costs".into()],
    };
    assert_eq!(status.validation, Some(expected));
    assert_eq!(shown(&status), format!("False/LikelyLuck: {}", verdict().summary));
    let passes = Validation { validated: "True".into(), reason: "AllGatesPassed".into(), ..verdict() };
    let status = ended(Some(passes));
    assert!(shown(&status).starts_with("True/AllGatesPassed: "));
    assert_eq!(condition(&status, types::COMPLETE).unwrap().status, "True");
}

/// A holdout that is known before the end would be looked at more than once.
#[test]
fn before_the_end_nothing_of_a_verdict_is_told() {
    let report = judged(Some(verdict()));
    let before = ended(Some(verdict()));
    for situation in situations().into_iter().filter(|s| !matches!(s, Situation::Succeeded { .. })) {
        for old in [None, Some(&before)] {
            let status = build(old, &Facts { report: Some(&report), ..facts(situation.clone()) }, at(80));
            assert_eq!(status.validation, None, "{situation:?}");
            let expected = if situation.is_terminal() { "Unknown/NotComputed" } else { "Unknown/NotYet" };
            assert!(shown(&status).starts_with(expected), "{}", shown(&status));
            let text = serde_json::to_string(&status).unwrap();
            assert!(!text.contains("LikelyLuck") && !text.contains("0.8123"), "{text}");
        }
    }
}

#[test]
fn a_verdict_stays_when_nobody_tells_it_any_more() {
    let status = ended(Some(verdict()));
    let again = build(Some(&status), &facts(succeeded()), at(500));
    assert_eq!((shown(&again), &again.validation), (shown(&status), &status.validation));
}

#[test]
fn a_job_that_goes_on_after_its_end_has_no_verdict_until_the_next_one() {
    let first = ended(Some(verdict()));
    let extended = Facts { generations: 80, generation: 4, ..facts(Situation::Starting) };
    let second = build(Some(&first), &extended, at(100));
    assert_eq!(second.validation, None);
    assert!(shown(&second).starts_with("Unknown/NotYet"));
    let heard = report();
    let third = build(Some(&second), &Facts { report: Some(&heard), ..facts(running()) }, at(110));
    assert_eq!(third.validation, None);
    let passes = Validation { validated: "True".into(), reason: "AllGatesPassed".into(), ..verdict() };
    let last = judged(Some(passes));
    let fourth = build(Some(&third), &Facts { report: Some(&last), ..facts(succeeded()) }, at(120));
    assert_eq!(fourth.validation.as_ref().map(|v| v.validated), Some(Validated::True));
    let since = condition(&fourth, types::VALIDATED).unwrap().last_transition_time.clone();
    assert_eq!(since, Time(at(120)));
}

#[test]
fn the_last_words_bring_the_verdict_when_the_stream_did_not() {
    let words = last_words::read(&last_words::write(&judged(Some(verdict())))).unwrap();
    let before = build(None, &Facts { report: Some(&report()), ..facts(running()) }, at(0));
    let told = Facts { report: Some(&report()), last_words: Some(&words), ..facts(succeeded()) };
    let status = build(Some(&before), &told, at(70));
    assert_eq!(status.validation, ended(Some(verdict())).validation);
    assert!(shown(&status).starts_with("False/LikelyLuck"));
}

#[test]
fn a_coordinator_that_tells_no_verdict_leaves_it_unknown() {
    let status = ended(None);
    assert_eq!(status.validation, None);
    assert!(shown(&status).starts_with("Unknown/NotComputed"), "{}", shown(&status));
}

#[test]
fn a_reason_of_a_later_release_is_unknown_in_the_condition_and_named_in_the_status() {
    let status = ended(Some(Validation { reason: "FullMoon".into(), ..verdict() }));
    assert_eq!(status.validation.as_ref().unwrap().reason, "FullMoon");
    assert_eq!(shown(&status), format!("False/Unknown: {}", verdict().summary));
    // A status that no condition may have.
    let status = ended(Some(Validation { validated: "Perhaps".into(), ..verdict() }));
    assert_eq!(condition(&status, types::VALIDATED).unwrap().status, "Unknown");
    assert_eq!(status.validation.unwrap().validated, Validated::Unknown);
}

#[test]
fn a_verdict_of_any_size_is_at_most_a_kibibyte_within_the_schema() {
    let definition = galapagos_crds::crd::evolution_job();
    let schema = &galapagos_crds::crd::schema(&definition)["properties"]["status"];
    for text in ["a".repeat(5000), "é\u{1}\"".repeat(5000)] {
        let status = ended(Some(Validation {
            validated: text.clone(),
            reason: text.clone(),
            summary: text.clone(),
            confidence: Some(-f64::MIN_POSITIVE),
            required_sharpe: Some(f64::NEG_INFINITY),
            timing_sharpe: Some(f64::MIN),
            trials: u64::MAX,
            effective_trials: u64::MAX,
            failed: vec![text; 100],
        }));
        let verdict = status.validation.as_ref().unwrap();
        assert!(serde_json::to_string(verdict).unwrap().len() <= 1024, "{verdict:?}");
        assert_eq!(verdict.required, None, "JSON has no infinity");
        assert!(condition(&status, types::VALIDATED).unwrap().message.len() <= 256);
        assert_eq!(problems(schema, &serde_json::to_value(&status).unwrap()), Vec::<String>::new());
    }
}
