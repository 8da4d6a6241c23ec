//! Ctrl-C: a safe point, a message how to continue, exit code 130; and the continued run is the undisturbed one.

#![allow(clippy::unwrap_used, reason = "a failed unwrap fails the test")]
#![cfg(unix)]

mod common;

use common::{Sandbox, small_job};
use std::io::{BufRead, BufReader, Read};
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

fn interrupt(child: &Child) {
    let status = Command::new("kill").args(["-INT", &child.id().to_string()]).status().unwrap();
    assert!(status.success());
}

/// A job that takes some seconds, interrupted after its first generation. Returns code and the rest of stderr.
fn interrupted(sandbox: &Sandbox, results: &str, signals: u32) -> (i32, String) {
    let arguments = ["run", "job.yaml", "--results-dir", results, "--slots", "1", "-o", "json"];
    let mut child = sandbox.command(&arguments).stdout(Stdio::null()).stderr(Stdio::piped()).spawn().unwrap();
    let mut lines = BufReader::new(child.stderr.take().unwrap());
    let mut text = String::new();
    while !text.contains("\"generation\":1") {
        assert_ne!(lines.read_line(&mut text).unwrap(), 0, "the run ended: {text}");
    }
    for _ in 0..signals {
        interrupt(&child);
    }
    lines.read_to_string(&mut text).unwrap();
    (child.wait().unwrap().code().unwrap_or(-1), text)
}

#[test]
fn an_interrupted_run_says_how_to_continue_and_continues_to_the_same_bytes() {
    let sandbox = Sandbox::new();
    sandbox.walk(20_000, 5);
    sandbox.write("job.yaml", small_job(60, 30));
    let (code, stderr) = interrupted(&sandbox, "r", 1);
    assert_eq!(code, 130, "{stderr}");
    assert!(stderr.contains("galapagos run job.yaml"), "{stderr}");
    for line in stderr.lines().skip(1) {
        serde_json::from_str::<serde_json::Value>(line).unwrap_or_else(|e| panic!("{e}: {line}"));
    }
    let resumed = sandbox.json(&["run", "job.yaml", "--results-dir", "r", "--resume", "-o", "json"]);
    let whole = sandbox.json(&["run", "job.yaml", "--results-dir", "whole", "-o", "json"]);
    assert_eq!(resumed["result_digest"], whole["result_digest"]);
    assert_eq!(resumed["best"], whole["best"]);
}

#[test]
fn a_resume_after_changed_inputs_says_which_changed() {
    let sandbox = Sandbox::new();
    sandbox.walk(600, 1);
    sandbox.write("job.yaml", small_job(20, 3));
    let ended = sandbox.run(&["run", "job.yaml"]);
    assert!([0, 4].contains(&ended.code), "{}", ended.stderr);
    let refused = sandbox.run(&["run", "job.yaml", "--resume", "--set", "population.seed=777"]);
    assert_eq!(refused.code, 2, "{}", refused.stderr);
    let told = refused.stderr.contains("began with other inputs: inputs.seed was ")
        && refused.stderr.contains(" and is 777");
    assert!(told, "{}", refused.stderr);
    // Another import of the same name.
    sandbox.walk(700, 1);
    let refused = sandbox.run(&["run", "job.yaml", "--resume"]);
    assert!(refused.stderr.contains("began with other inputs: dataset was "), "{}", refused.stderr);
}

#[test]
fn a_second_signal_ends_the_process_at_once() {
    let sandbox = Sandbox::new();
    sandbox.walk(20_000, 5);
    sandbox.write("job.yaml", small_job(60, 3000));
    assert_eq!(interrupted(&sandbox, "r", 2).0, 130);
}

/// A job whose evaluations take about a second for 100,000 bars.
const SLOW: &str = "\
apiVersion: galapagos.dev/v1alpha1
kind: EvolutionJob
metadata: {name: slow}
spec:
  marketData: {dataset: walk, symbols: [WALK], interval: 1h, calendar: {type: Continuous}}
  strategies: [{name: pca_tree_quantile}]
  population: {size: 20, seed: 9}
  generations: 3
";

/// Estimates the slow job, with a signal once its folder is there; returns how long the folder was there, the exit code
/// and what is left of it.
fn estimated(bars: u32, signal: bool) -> (Duration, i32, usize) {
    let sandbox = Sandbox::new();
    sandbox.walk(bars, 5);
    sandbox.write("job.yaml", SLOW);
    let scratch = sandbox.path().join("tmp");
    std::fs::create_dir(&scratch).unwrap();
    let mut command = sandbox.command(&["estimate", "job.yaml"]);
    let mut child =
        command.env("TMPDIR", &scratch).stdout(Stdio::null()).stderr(Stdio::null()).spawn().unwrap();
    let count = || std::fs::read_dir(&scratch).unwrap().count();
    let look = || std::thread::sleep(Duration::from_millis(10));
    while count() == 0 {
        assert!(child.try_wait().unwrap().is_none(), "it ended without a folder");
        look();
    }
    let began = Instant::now();
    if signal {
        interrupt(&child);
    }
    let code = child.wait().unwrap().code().unwrap_or(-1);
    (began.elapsed(), code, count())
}

#[test]
fn an_interrupted_estimate_leaves_no_folder_behind() {
    let (_, code, left) = estimated(100_000, true);
    assert_eq!((code, left), (130, 0));
}

#[test]
fn an_estimate_runs_generations_for_two_seconds_though_an_individual_takes_longer() {
    let (lasted, code, left) = estimated(500_000, false);
    assert_eq!((code, left), (0, 0));
    assert!(lasted < Duration::from_secs(4), "{lasted:?}");
}
