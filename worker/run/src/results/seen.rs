//! How often the holdout of a dataset was looked at, by whatever job: kept beside the datasets, in `looks.json`. Each
//! result that shows rows as a holdout is a look at them; whoever tries jobs until one of them pleases there has searched
//! on these rows too. It is a help to memory, not a guard: a data folder that cannot be written counts nothing.

use std::fs;
use std::path::{Path, PathBuf};
use std::time::Duration;

use galapagos_engine::window::split_holdout;
use serde::{Deserialize, Serialize};

use crate::job::dates;
use crate::job::market::Market;
use crate::job::resolve::ResolvedJob;
use crate::run::driver::Driver;
use crate::storage::atomic;
use crate::storage::lock::RunLock;

/// How long another run may hold the file.
const PATIENCE: Duration = Duration::from_secs(5);
/// Looks that are kept; the oldest are forgotten.
const MOST: usize = 10_000;

/// Stamps that a result has shown as its holdout.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Window {
    /// Digest of the dataset, with prefix.
    pub dataset_digest: String,
    /// First stamp, UTC milliseconds.
    pub from_ms: i64,
    /// Last stamp.
    pub to_ms: i64,
}

/// A result that has shown a holdout.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Look {
    /// Digest of the dataset.
    pub dataset_digest: String,
    /// First stamp of the holdout, UTC milliseconds.
    pub from_ms: i64,
    /// Its last stamp.
    pub to_ms: i64,
    /// Digest of the job's inputs.
    pub inputs_digest: String,
    /// Digest of the result.
    pub result_digest: String,
    /// Distinct evaluations behind it.
    pub trials: u64,
}

#[derive(Debug, Default, Serialize, Deserialize)]
struct Looks {
    looks: Vec<Look>,
}

/// What was done before with the rows of a window.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Before {
    /// Results of other inputs that have shown some of these rows as their holdout.
    pub looks: u32,
    /// Evaluations behind them.
    pub trials: u64,
}

/// The file of looks for a market's data folder.
pub fn file(market: &Market) -> Option<PathBuf> {
    // <data>/galapagos/datasets/<name>/<digest>
    let root = market.dataset().folder().ancestors().nth(3)?;
    Some(root.join("looks.json"))
}

/// The holdout of a job on its data; `None` without one.
pub fn window(job: &ResolvedJob, market: &Market) -> Option<Window> {
    let bars = market.bars();
    let counted = |times: &'_ [i64]| dates::start(times, job.dates.from_ms);
    let times: Vec<&[i64]> = bars.iter().map(|b| &b.time_ms[counted(b.time_ms)..]).collect();
    let from_ms = split_holdout(&times, job.holdout).from_ms?;
    let to_ms = times.iter().filter_map(|t| t.last().copied()).max()?;
    Some(Window { dataset_digest: job.dataset_digest.clone(), from_ms, to_ms })
}

impl Window {
    fn meets(&self, look: &Look) -> bool {
        look.dataset_digest == self.dataset_digest && look.from_ms <= self.to_ms && self.from_ms <= look.to_ms
    }
}

/// Notes the result that a driver has come to; see [`note`]. `None` without a holdout, too.
pub fn noted(job: &ResolvedJob, market: &Market, driver: &Driver<'_>) -> Option<u32> {
    let (file, window) = (file(market)?, window(job, market)?);
    let (inputs, result) = (job.digest.to_string(), driver.digest().to_string());
    note(&file, &window, &inputs, &result, driver.evolution().progress().evaluations)
}

/// Notes a result that shows `window`, and answers how many results have shown some of its rows, this one included. The
/// same result counts once. `None`: looks cannot be kept there.
pub fn note(file: &Path, window: &Window, inputs: &str, result: &str, trials: u64) -> Option<u32> {
    let _lock = RunLock::wait(&file.with_extension("lock"), PATIENCE).ok().flatten()?;
    let mut all = read(file);
    if !all.looks.iter().any(|look| look.result_digest == result && window.meets(look)) {
        all.looks.push(Look {
            dataset_digest: window.dataset_digest.clone(),
            from_ms: window.from_ms,
            to_ms: window.to_ms,
            inputs_digest: inputs.to_owned(),
            result_digest: result.to_owned(),
            trials,
        });
        let forgotten = all.looks.len().saturating_sub(MOST);
        all.looks.drain(..forgotten);
        let bytes = serde_json::to_vec_pretty(&all).ok()?;
        atomic::write(file, &bytes).ok()?;
    }
    Some(all.looks.iter().filter(|look| window.meets(look)).count() as u32)
}

/// What results of other inputs than `inputs` have done with the rows of `window`.
pub fn before(file: &Path, window: &Window, inputs: &str) -> Before {
    let mut before = Before::default();
    let mut jobs: Vec<(String, u64)> = Vec::new();
    for look in read(file).looks.into_iter().filter(|look| window.meets(look) && look.inputs_digest != inputs)
    {
        before.looks = before.looks.saturating_add(1);
        // A job that went on has the evaluations of its earlier results, too.
        match jobs.iter_mut().find(|(job, _)| *job == look.inputs_digest) {
            Some((_, trials)) => *trials = (*trials).max(look.trials),
            None => jobs.push((look.inputs_digest, look.trials)),
        }
    }
    before.trials = jobs.iter().map(|job| job.1).sum();
    before
}

/// A file that is not there, or that is no list of looks, is an empty one.
fn read(file: &Path) -> Looks {
    fs::read(file).ok().and_then(|bytes| serde_json::from_slice(&bytes).ok()).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn window(from_ms: i64, to_ms: i64) -> Window {
        Window { dataset_digest: "blake3:d".to_owned(), from_ms, to_ms }
    }

    #[test]
    fn a_result_is_one_look_at_all_windows_that_it_meets() {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("looks.json");
        let note = |w: &Window, inputs: &str, result: &str, trials| note(&file, w, inputs, result, trials);
        let (late, early) = (window(80, 100), window(0, 50));
        assert_eq!(before(&file, &late, "a"), Before::default());
        assert_eq!(note(&late, "a", "a1", 30), Some(1));
        assert_eq!(note(&late, "a", "a1", 30), Some(1), "the same result again");
        assert_eq!(note(&late, "a", "a2", 50), Some(2), "more generations");
        assert_eq!(note(&window(70, 90), "b", "b1", 20), Some(3), "some of its rows");
        assert_eq!(note(&early, "c", "c1", 9), Some(1));
        let other = Window { dataset_digest: "blake3:e".to_owned(), ..late.clone() };
        assert_eq!(note(&other, "c", "c2", 9), Some(1));
        // The evaluations of a job that went on count once.
        assert_eq!(before(&file, &late, "new"), Before { looks: 3, trials: 70 });
        assert_eq!(before(&file, &late, "a"), Before { looks: 1, trials: 20 });
    }

    #[test]
    fn many_at_once_lose_no_look() {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("looks.json");
        std::thread::scope(|scope| {
            for k in 0..8 {
                let file = &file;
                scope.spawn(move || {
                    for i in 0..5 {
                        assert!(note(file, &window(0, 9), "x", &format!("{k} {i}"), 1).is_some());
                    }
                });
            }
        });
        assert_eq!(note(&file, &window(0, 9), "x", "last", 1), Some(41));
    }

    #[test]
    fn a_folder_that_cannot_be_written_and_a_damaged_file_fail_nothing() {
        assert_eq!(note(Path::new("/proc/nowhere/looks.json"), &window(0, 1), "a", "a1", 1), None);
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("looks.json");
        fs::write(&file, b"{").unwrap();
        assert_eq!(before(&file, &window(0, 1), "a"), Before::default());
        assert_eq!(note(&file, &window(0, 1), "a", "a1", 1), Some(1));
    }
}
