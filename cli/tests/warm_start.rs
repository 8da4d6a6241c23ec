//! `population.from`: a job that begins with the best of an earlier result.

#![allow(clippy::unwrap_used, reason = "a failed unwrap fails the test")]

mod common;

use common::{Sandbox, run_folder, small_job};
use serde_json::Value;
use std::path::Path;

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
fn a_job_is_named_instead_of_its_folder_and_its_newest_finished_run_is_meant() {
    let (sandbox, _, folder) = ran();
    // Another run of the same job, which ended later, and one that did not end.
    sandbox.write("again.yaml", small_job(24, 3).replace("seed: 9", "seed: 10"));
    sandbox.ok(&["run", "again.yaml"]);
    let runs = sandbox.path().join("results/galapagos/runs/local/small");
    let newest = std::fs::read_dir(&runs)
        .unwrap()
        .map(|e| e.unwrap().path())
        .find(|p| p.is_dir() && !p.ends_with(Path::new(&folder).file_name().unwrap()));
    let newest = newest.unwrap();
    sandbox.write("later.yaml", later("{result: small, top: 5}"));
    let by_name = sandbox.ok(&["render", "later.yaml"]).stdout;
    let newest = newest.strip_prefix(sandbox.path()).unwrap().display().to_string();
    sandbox.write("later.yaml", later(&format!("{{result: {newest}, top: 5}}")));
    assert_eq!(by_name, sandbox.ok(&["render", "later.yaml"]).stdout);
    sandbox.write("later.yaml", later("small"));
    sandbox.ok(&["run", "later.yaml"]);
    // Where its results are is said as for run.
    let refused = sandbox.run(&["run", "later.yaml", "--fresh", "--results-dir", "elsewhere"]);
    assert!(refused.stderr.contains("no run of a job \"small\" in elsewhere"), "{}", refused.stderr);
    // A run that has not ended has nothing to begin with.
    for run in std::fs::read_dir(&runs).unwrap().map(|e| e.unwrap().path()).filter(|p| p.is_dir()) {
        std::fs::remove_dir_all(run.join("result")).unwrap();
    }
    let refused = sandbox.run(&["run", "later.yaml", "--fresh"]);
    assert_eq!(refused.code, 2);
    assert!(refused.stderr.contains("no run of small has ended yet"), "{}", refused.stderr);
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
        (
            format!("{{result: {folder}, first: 3}}"),
            "write {result: PATH or the name of a job, top: N} on this line",
        ),
        (format!("{{result: {folder}}}, initial: [{{strategy: rsi_filter}}]"), "keep one of them"),
        ("nowhere".to_owned(), "no run of a job \"nowhere\""),
        ("nowhere/result".to_owned(), "is no result"),
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
