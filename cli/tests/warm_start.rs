//! `population.from`: a job that begins with the best of an earlier result.

#![allow(clippy::unwrap_used, reason = "a failed unwrap fails the test")]

mod common;

use common::{Sandbox, run_folder, small_job};
use serde_json::Value;

/// A sandbox in which the small job has run, and the folder of its run.
fn ran() -> (Sandbox, Value, String) {
    let sandbox = Sandbox::new();
    sandbox.walk(3000, 5);
    sandbox.write("job.yaml", small_job(24, 12));
    let result = sandbox.json(&["run", "job.yaml", "-o", "json"]);
    let folder = run_folder(&sandbox.path().join("results"), "small");
    let folder = folder.strip_prefix(sandbox.path()).unwrap().display().to_string();
    (sandbox, result, folder)
}

fn later(from: &str) -> String {
    small_job(24, 2)
        .replace("name: small", "name: later")
        .replace("seed: 9", &format!("seed: 4, from: {from}"))
}

#[test]
fn a_job_begins_with_the_best_of_an_earlier_result_and_evaluates_them_anew() {
    let (sandbox, before, folder) = ran();
    for from in [format!("{{result: {folder}, top: 7}}"), format!("\"{folder}/result/result.json\"")] {
        sandbox.write("later.yaml", later(&from));
        let rendered = sandbox.ok(&["render", "later.yaml"]).stdout;
        let expected = if from.contains("top") { 7 } else { 10 };
        assert_eq!(rendered.matches("\"strategy\":").count(), expected, "{rendered}");
        sandbox.write("rendered.yaml", &rendered);
        sandbox.ok(&["validate", "rendered.yaml"]);
        let after = sandbox.json(&["run", "later.yaml", "--fresh", "-o", "json"]);
        // The same rows and costs: the best of before is the best of the first generation, evaluated once more.
        assert_eq!(after["generations"][0]["best"], before["best"]["fitness"]);
        assert_eq!(after["evaluations"]["distinct"], 48);
        let again = sandbox.json(&["run", "rendered.yaml", "--fresh", "-o", "json"]);
        assert_eq!(again["result_digest"], after["result_digest"]);
    }
}

#[test]
fn only_individuals_of_the_jobs_own_strategies_are_taken() {
    let (sandbox, _, folder) = ran();
    let only = later(&format!("{{result: {folder}, top: 256}}"));
    let only =
        only.replace("  - {name: sma_crossover, genes: [{name: slow_period, min: 10, max: 120}]}\n", "");
    sandbox.write("only.yaml", only.replace("size: 24", "size: 300"));
    let rendered = sandbox.ok(&["render", "only.yaml"]).stdout;
    assert!(rendered.contains("rsi_filter") && !rendered.contains("sma_crossover"), "{rendered}");
    // As many of them, however many of others are better.
    let three = only.replace("top: 256", "top: 3");
    sandbox.write("three.yaml", three);
    assert_eq!(sandbox.ok(&["render", "three.yaml"]).stdout.matches("\"strategy\":").count(), 3);
    sandbox.write("other.yaml", only.replace("rsi_filter", "macd"));
    let refused = sandbox.run(&["render", "other.yaml"]);
    assert_eq!(refused.code, 2);
    assert!(refused.stderr.contains("no feasible individual of the job's strategies"), "{}", refused.stderr);
}

#[test]
fn what_is_wrong_with_a_warm_start_is_said_with_its_line() {
    let (sandbox, _, folder) = ran();
    for (from, said) in [
        (format!("{{result: {folder}, top: 0}}"), "top must be between 1 and 256"),
        (format!("{{result: {folder}, first: 3}}"), "write {result: PATH, top: N} on this line"),
        (format!("{{result: {folder}}}, initial: [{{strategy: rsi_filter}}]"), "keep one of them"),
        ("nowhere".to_owned(), "is no result"),
    ] {
        sandbox.write("later.yaml", later(&from));
        let refused = sandbox.run(&["run", "later.yaml"]);
        assert_eq!(refused.code, 2, "{}", refused.stderr);
        assert!(refused.stderr.contains(said), "{from}: {}", refused.stderr);
    }
    // What a cluster would be given says so.
    sandbox.write("later.yaml", later(&format!("{{result: {folder}}}")));
    let refused = sandbox.run(&["validate", "later.yaml"]);
    assert!(refused.stdout.contains("galapagos render"), "{}{}", refused.stdout, refused.stderr);
}
