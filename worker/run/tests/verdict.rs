//! The verdict of whole runs: what changes it, and that it changes nothing else.

#![allow(clippy::unwrap_used, reason = "a failed unwrap fails the test")]

mod common;

use common::runs::finish;
use common::{manifest, publish_walk};
use galapagos_run::execute::Options;
use galapagos_run::results::validation::document::Validation;

const LIMITS: &str = "  generations: 3\n  limits: [{metric: trades, atLeast: 2}]\n";

fn verdict(root: &std::path::Path, data: &std::path::Path, validation: &str) -> (Validation, String, bool) {
    let job = manifest(&format!("{LIMITS}{validation}"));
    let (result, reused) = finish(data, &Options::new(root), &job);
    (result.validation.unwrap(), result.result_digest, reused)
}

#[test]
fn a_finished_run_is_judged_anew_by_other_rules_and_evaluates_nothing() {
    let (data, root) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
    publish_walk(data.path(), 500);
    let of = |validation: &str| verdict(root.path(), data.path(), validation);
    let (first, run, _) = of("");
    let (again, same_run, reused) = of("");
    assert!(reused && first == again && run == same_run);
    // Whoever has searched before needs more.
    let (searched, same_run, reused) = of("  validation: {priorTrials: 100000}\n");
    assert!(!reused, "the result is written anew");
    assert_eq!(run, same_run, "and the run is the same");
    let p = |v: &Validation| v.confidence.as_ref().unwrap().p_training;
    assert!(p(&searched) > p(&first), "{} {}", p(&searched), p(&first));
    assert_ne!(searched.digest, first.digest);
    // Whoever has looked at the holdout before learns less from it.
    let (looked, ..) = of("  validation: {priorLooks: 50}\n");
    let out = |v: &Validation| v.confidence.as_ref().unwrap().p_out_of_sample.unwrap();
    assert!(out(&looked) > out(&first));
}

#[test]
fn gates_are_those_of_the_manifest_in_their_order() {
    let (data, root) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
    publish_walk(data.path(), 500);
    let names = |v: &Validation| v.gates.iter().map(|g| g.name.clone()).collect::<Vec<_>>();
    let (default, ..) = verdict(root.path(), data.path(), "");
    assert_eq!(names(&default), ["lookAhead", "trades", "confidence", "costs", "neighbourhood"]);
    let chosen = "  validation: {gates: {lookAhead: false, trades: Disabled, confidence: Disabled, costs: Disabled, \
                  neighbourhood: Disabled, deflatedSharpe: 0, pbo: 1}}\n";
    let (chosen, ..) = verdict(root.path(), data.path(), chosen);
    assert_eq!(names(&chosen), ["pbo", "deflatedSharpe"]);
    let impossible = "  validation: {gates: {trades: 100000}}\n";
    let (impossible, ..) = verdict(root.path(), data.path(), impossible);
    assert_eq!((impossible.validated.as_str(), impossible.reason.as_str()), ("Unknown", "TooFewTrades"));
    assert_eq!(impossible.gates[1].passed, Some(false));
}

#[test]
fn a_test_without_a_value_says_why() {
    let (data, root) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
    publish_walk(data.path(), 500);
    let (verdict, ..) = verdict(root.path(), data.path(), "  validation: {holdout: {fraction: 0}}\n");
    assert_eq!(verdict.random_entry.holdout_reason.as_deref(), Some("NoHoldout"));
    let confidence = verdict.confidence.unwrap();
    assert_eq!(confidence.p_out_of_sample_reason.as_deref(), Some("NoHoldout"));
    assert_eq!(verdict.walk_forward_reason.as_deref(), Some("NotRequested"));
    // Twenty individuals in generation 0, some of which trade too little to win.
    assert!(verdict.pbo.is_some() != verdict.pbo_reason.is_some());
}
