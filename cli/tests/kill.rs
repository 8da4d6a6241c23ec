//! `kill -9` at any instant, then the same command: the result is that of an undisturbed run, to the byte.

#![allow(clippy::unwrap_used, reason = "a failed unwrap fails the test")]

mod common;

use common::{Sandbox, run_folder, small_job};
use std::process::{Child, Stdio};
use std::time::{Duration, Instant};

/// Kills that must hit a living process.
const KILLS: u32 = 200;
/// The same for each of several kinds of jobs.
const KILLS_OF_EACH: u32 = 12;
/// Seed of the delays, unless GALAPAGOS_KILL_SEED names another.
const SEED: u64 = 20_240_229;

/// SplitMix64 (Steele, Lea, Flood 2014): a stream of delays that a seed repeats.
struct Delays(u64);

impl Delays {
    fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        z ^ (z >> 31)
    }

    /// Up to `most`, short ones more often: the start, where files are opened and claimed, is where runs are fragile.
    fn delay(&mut self, most: Duration) -> Duration {
        let x = (self.next() >> 11) as f64 / (1u64 << 53) as f64;
        let y = (self.next() >> 11) as f64 / (1u64 << 53) as f64;
        most.mul_f64(if self.next().is_multiple_of(4) { x * y * y } else { x })
    }
}

fn start(sandbox: &Sandbox, job: &str, results: &str, slots: &str) -> Child {
    let mut command =
        sandbox.command(&["run", job, "--results-dir", results, "--slots", slots, "-o", "json"]);
    command.stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap()
}

/// Whether the process is still alive when the delay is over.
fn outlives(child: &mut Child, delay: Duration) -> bool {
    let end = Instant::now() + delay;
    while Instant::now() < end {
        if child.try_wait().unwrap().is_some() {
            return false;
        }
        std::thread::sleep(Duration::from_micros(500).min(delay));
    }
    child.try_wait().unwrap().is_none()
}

/// A job that is run, killed and run again until so many kills have hit it.
struct Case<'a> {
    sandbox: &'a Sandbox,
    job: &'a str,
    kills: u32,
    seed: u64,
}

impl Case<'_> {
    /// The result is that of an undisturbed run, each time the job comes to its end.
    fn holds(&self, delays: &mut Delays) {
        let Case { sandbox, job, seed, .. } = *self;
        let begun = Instant::now();
        let undisturbed = format!("undisturbed-{job}");
        let expected = sandbox.json(&["run", job, "--results-dir", &undisturbed, "-o", "json"]);
        let whole = begun.elapsed();
        let digest = expected["result_digest"].as_str().unwrap().to_owned();
        assert!(digest.starts_with("blake3:"), "{digest}");

        let (mut kills, mut runs, mut in_a_row) = (0, 0, 0);
        while kills < self.kills || runs == 0 {
            let results = format!("killed-{job}-{runs}");
            let slots = if runs % 2 == 0 { "1" } else { "2" };
            let mut child = start(sandbox, job, &results, slots);
            // A run that is always killed early would never end: after many kills in a row one attempt is left alone.
            let most = if in_a_row < 12 && kills < self.kills {
                whole.mul_f64(0.9)
            } else {
                Duration::from_secs(600)
            };
            if outlives(&mut child, delays.delay(most)) {
                child.kill().unwrap();
                child.wait().unwrap();
                kills += 1;
                in_a_row += 1;
                continue;
            }
            let output = child.wait_with_output().unwrap();
            let stderr = String::from_utf8_lossy(&output.stderr);
            let at = format!("{job}, seed {seed}, run {runs}, {kills} kills");
            assert_eq!(output.status.code(), Some(0), "{at}: {stderr}");
            let result: serde_json::Value = serde_json::from_slice(&output.stdout).unwrap();
            assert_eq!(result["result_digest"], digest, "{at}");
            assert_eq!(result["best"], expected["best"], "{at}");
            assert_eq!(front(sandbox, &results), front(sandbox, &undisturbed), "{at}");
            runs += 1;
            in_a_row = 0;
        }
        println!("{job}: {kills} kills, {runs} runs ended");
    }
}

/// The front of the only run below a folder; empty of one objective.
fn front(sandbox: &Sandbox, results: &str) -> String {
    let folder = run_folder(&sandbox.path().join(results), "small");
    std::fs::read_to_string(folder.join("result/front.csv")).unwrap_or_default()
}

fn delays() -> Delays {
    let seed = std::env::var("GALAPAGOS_KILL_SEED").ok().and_then(|s| s.parse().ok()).unwrap_or(SEED);
    println!("GALAPAGOS_KILL_SEED={seed}");
    Delays(seed)
}

#[test]
fn two_hundred_kills_do_not_change_one_byte_of_the_result() {
    let sandbox = Sandbox::new();
    sandbox.walk(3000, 5);
    sandbox.write("job.yaml", small_job(24, 40));
    let mut delays = delays();
    let seed = delays.0;
    Case { sandbox: &sandbox, job: "job.yaml", kills: KILLS, seed }.holds(&mut delays);
}

// Contract C5, J3.
#[test]
fn kills_change_no_byte_whatever_searches_and_whatever_is_searched_for() {
    let sandbox = Sandbox::new();
    sandbox.walk(3000, 5);
    let two = "{metric: sharpe}, {metric: max_drawdown, goal: Minimize}";
    let cases = [
        ("sobol", "  searcher: Sobol\n".to_owned()),
        ("tpe", "  searcher: TPE\n".to_owned()),
        ("cmaes", "  searcher: CMAES\n".to_owned()),
        ("two", format!("  objectives: [{two}]\n")),
        ("three", format!("  objectives: [{two}, {{metric: exposure, goal: Minimize}}]\n")),
        (
            "cells",
            "  archive: {cells: [{metric: trades, edges: [10, 40]}, {metric: exposure, edges: [\"0.3\"]}], share: \"0.5\"}\n"
                .to_owned(),
        ),
        ("islands", "  islands: {count: 2, migrateEvery: 2}\n".to_owned()),
        ("pbt", "  breeding: {preset: PBT}\n".to_owned()),
        (
            "islands-by-tpe-two",
            format!("  searcher: TPE\n  objectives: [{two}]\n  islands: {{count: 3, migrateEvery: 3, topology: Full}}\n"),
        ),
        ("two-by-tpe", format!("  searcher: TPE\n  objectives: [{two}]\n")),
    ];
    let mut delays = delays();
    let seed = delays.0;
    for (name, fields) in cases {
        let job = format!("{name}.yaml");
        sandbox.write(&job, small_job(48, 24) + &fields);
        Case { sandbox: &sandbox, job: &job, kills: KILLS_OF_EACH, seed }.holds(&mut delays);
    }
}
