//! What a run must always end with: the same digest, the same best, the same evaluations.

use std::path::{Path, PathBuf};

use serde_json::Value;

use crate::program;
use crate::scratch::{Scratch, files};

/// The part of a result that no number of workers and no trouble may change.
#[derive(Clone, PartialEq)]
pub struct Outcome {
    /// Chain over all generations, with its prefix.
    pub digest: String,
    /// The best individual.
    pub best: Value,
    /// Why the run stopped.
    pub stopped_by: Value,
    /// Distinct evaluations and other counters.
    pub counters: Value,
    /// The table of all evaluations, by generation and index.
    pub evaluations: Vec<u8>,
    /// What came out of the windows of walk-forward, and the table of their tests; null and empty without them.
    pub windows: (Value, Vec<u8>),
}

impl Outcome {
    /// Runs a job undisturbed in one process.
    pub fn undisturbed(scratch: &Scratch, job: &Path) -> Outcome {
        Outcome::of_command(scratch, job, "undisturbed", &[])
    }

    /// Runs a job by `galapagos run` with more arguments; its results go to the folder `name` of the scratch.
    pub fn of_command(scratch: &Scratch, job: &Path, name: &str, more: &[&str]) -> Outcome {
        let results = scratch.folder(name);
        let output = program::galapagos()
            .arg("run")
            .arg(job)
            .args(["-o", "json", "--data-dir"])
            .arg(scratch.data())
            .arg("--results-dir")
            .arg(&results)
            .args(more)
            .output()
            .unwrap();
        assert!(output.status.success(), "galapagos run: {}", String::from_utf8_lossy(&output.stderr));
        let outcome = Outcome::read(&results).expect("a run that succeeds leaves a result");
        let printed: Value = serde_json::from_slice(&output.stdout).unwrap();
        assert_eq!(printed["result_digest"], outcome.digest);
        outcome
    }

    /// The only published result below a state folder; `None` without one.
    pub fn read(state: &Path) -> Option<Outcome> {
        let (result, document) = published(state)?;
        Some(Outcome {
            digest: document["result_digest"].as_str().unwrap().to_owned(),
            best: document["best"].clone(),
            stopped_by: document["stopped_by"].clone(),
            counters: document["evaluations"].clone(),
            evaluations: std::fs::read(result.join("evaluations.parquet")).unwrap(),
            windows: (
                document["validation"]["walk_forward"].clone(),
                std::fs::read(result.join("best/walk_forward.csv")).unwrap_or_default(),
            ),
        })
    }

    /// # Panics
    /// The other differs; only the part that does is shown.
    pub fn assert_same(&self, other: &Outcome, context: &str) {
        // Counters first: an individual that was set aside explains the rest.
        assert_eq!(self.counters, other.counters, "{context}: counters");
        assert_eq!(self.digest, other.digest, "{context}: digest");
        assert_eq!(self.best, other.best, "{context}: best");
        assert_eq!(self.stopped_by, other.stopped_by, "{context}: reason of the stop");
        assert_eq!(self.windows.0, other.windows.0, "{context}: windows");
        assert!(self.windows.1 == other.windows.1, "{context}: the tables of the windows differ");
        assert!(self.evaluations == other.evaluations, "{context}: the tables of evaluations differ");
    }
}

/// The only published result below a state folder: where it lies, and its document.
pub fn published(state: &Path) -> Option<(PathBuf, Value)> {
    let marks = files(&runs(state), "/RESULT");
    assert!(marks.len() <= 1, "{marks:?}");
    let result = marks.first()?.parent()?.join("result");
    let read = |path: &Path| -> Value { serde_json::from_slice(&std::fs::read(path).unwrap()).unwrap() };
    let document = read(&result.join("result.json"));
    assert_eq!(read(&marks[0])["digest"], document["result_digest"]);
    Some((result, document))
}

/// Number of the newest checkpoint below a state folder: finished generations. 0 without one.
pub fn newest_checkpoint(state: &Path) -> u64 {
    files(&runs(state), "")
        .iter()
        .filter(|path| path.parent().is_some_and(|p| p.ends_with("checkpoints")))
        .filter_map(|path| path.file_name()?.to_str()?.parse().ok())
        .max()
        .unwrap_or(0)
}

fn runs(state: &Path) -> PathBuf {
    state.join("galapagos/runs")
}
