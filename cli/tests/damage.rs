//! Torn, cut and flipped files of a run: the one before is used, with a warning, and the result is the same.

#![allow(clippy::unwrap_used, reason = "a failed unwrap fails the test")]

mod common;

use common::{Finished, Sandbox, run_folder, small_job};
use std::fs;
use std::path::{Path, PathBuf};

/// A run of 6 generations that is then extended to 12, as `results`.
fn begun(sandbox: &Sandbox, results: &str) -> PathBuf {
    sandbox.ok(&["run", "job.yaml", "--results-dir", results, "--set", "spec.generations=6", "-o", "json"]);
    run_folder(&sandbox.path().join(results), "small")
}

fn extended(sandbox: &Sandbox, results: &str) -> Finished {
    sandbox.ok(&["run", "job.yaml", "--results-dir", results, "--set", "spec.generations=12", "-o", "json"])
}

fn prepared() -> (Sandbox, String) {
    let sandbox = Sandbox::new();
    sandbox.walk(2000, 5);
    sandbox.write("job.yaml", small_job(20, 12));
    let whole = sandbox.json(&["run", "job.yaml", "--results-dir", "whole", "-o", "json"]);
    let digest = whole["result_digest"].as_str().unwrap().to_owned();
    (sandbox, digest)
}

fn newest_checkpoint(run: &Path) -> PathBuf {
    let mut files: Vec<PathBuf> =
        fs::read_dir(run.join("checkpoints")).unwrap().map(|entry| entry.unwrap().path()).collect();
    files.sort_by_key(|path| path.file_stem().unwrap().to_str().unwrap().parse::<u64>().unwrap_or(0));
    files.pop().unwrap()
}

#[test]
fn a_run_that_is_extended_is_the_run_of_that_length() {
    let (sandbox, digest) = prepared();
    begun(&sandbox, "extended");
    assert_eq!(extended(&sandbox, "extended").json()["result_digest"], digest);
}

#[test]
fn a_damaged_checkpoint_falls_back_to_the_one_before_with_a_warning() {
    let (sandbox, digest) = prepared();
    type Damage = fn(Vec<u8>) -> Vec<u8>;
    let damages: [(&str, Damage); 4] = [
        ("empty", |_| Vec::new()),
        ("cut", |bytes| bytes[..bytes.len() / 2].to_vec()),
        ("flipped", |mut bytes| {
            let middle = bytes.len() / 2;
            bytes[middle] ^= 0x10;
            bytes
        }),
        ("longer", |mut bytes| {
            bytes.extend_from_slice(b"torn");
            bytes
        }),
    ];
    for (name, damage) in damages {
        let run = begun(&sandbox, name);
        let file = newest_checkpoint(&run);
        fs::write(&file, damage(fs::read(&file).unwrap())).unwrap();
        let ended = extended(&sandbox, name);
        assert_eq!(ended.json()["result_digest"], digest, "{name}");
        assert!(
            ended.stderr.contains("WARN") && ended.stderr.contains("checkpoint"),
            "{name}: {}",
            ended.stderr
        );
    }
}

#[test]
fn without_any_valid_checkpoint_the_ledger_saves_the_work_and_the_result_is_the_same() {
    let (sandbox, digest) = prepared();
    let run = begun(&sandbox, "none");
    for entry in fs::read_dir(run.join("checkpoints")).unwrap() {
        fs::write(entry.unwrap().path(), b"GLPC").unwrap();
    }
    let ended = extended(&sandbox, "none");
    assert_eq!(ended.json()["result_digest"], digest);
    assert!(ended.stderr.contains("WARN"), "{}", ended.stderr);
}

#[test]
fn a_damaged_ledger_costs_evaluations_but_no_bit_of_the_result() {
    let (sandbox, digest) = prepared();
    type Damage = fn(&mut Vec<u8>);
    let damages: [(&str, Damage); 3] = [
        ("torn", |bytes| bytes.truncate(bytes.len() - 7)),
        ("flipped", |bytes| {
            let at = bytes.len() * 2 / 3;
            bytes[at] ^= 1;
        }),
        ("garbage", |bytes| bytes.extend((0..100).map(|i| (i * 37) as u8))),
    ];
    for (name, damage) in damages {
        let run = begun(&sandbox, name);
        let file = run.join("evaluations.log");
        let mut bytes = fs::read(&file).unwrap();
        damage(&mut bytes);
        fs::write(&file, bytes).unwrap();
        let ended = extended(&sandbox, name);
        assert_eq!(ended.json()["result_digest"], digest, "{name}");
        assert!(
            ended.stderr.contains("WARN") && ended.stderr.contains("evaluations.log"),
            "{name}: {}",
            ended.stderr
        );
    }
}
