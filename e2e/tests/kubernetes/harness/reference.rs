//! What one undisturbed process finds for a job of the tests, worked out once for all of them.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, PoisonError};

use galapagos_e2e::outcome::Outcome;
use galapagos_e2e::scratch::{self, Scratch};
use serde_json::Value;

use super::manifests::with;
use super::space::{data, lasting};

/// Runs of one job by their number of generations.
type Runs = Arc<Mutex<BTreeMap<u64, (Scratch, Outcome)>>>;

/// Runs of jobs by what their manifest says beside a name and a number of generations.
static JOBS: Mutex<BTreeMap<String, Runs>> = Mutex::new(BTreeMap::new());

/// The digest that `galapagos run` finds for a manifest on this machine, in one process.
pub fn expected(job: &Value) -> String {
    expected_outcome(job).digest
}

/// All that it finds. A run that somebody has asked for before with fewer generations is not repeated but goes on.
pub fn expected_outcome(job: &Value) -> Outcome {
    let key = with(job["spec"].clone(), "/generations", Value::Null).to_string();
    let runs = JOBS.lock().unwrap_or_else(PoisonError::into_inner).entry(key).or_default().clone();
    // Whoever asks for the same job meanwhile waits, and has less to do then.
    let mut runs = runs.lock().unwrap_or_else(PoisonError::into_inner);
    let generations = job["spec"]["generations"].as_u64().expect("a job of the tests tells its generations");
    if let Some((_, outcome)) = runs.get(&generations) {
        return outcome.clone();
    }
    let own = lasting();
    scratch::copy(&data().data(), &own.data());
    if let Some((_, (shorter, _))) = runs.range(..generations).next_back() {
        scratch::copy(&shorter.folder(RESULTS), &own.folder(RESULTS));
    }
    // Under one name: a run is found again by it.
    let job = with(job.clone(), "/metadata/name", "reference".into());
    let outcome = Outcome::of_command(&own, &own.write("job.yaml", &job.to_string()), RESULTS, &[]);
    runs.insert(generations, (own, outcome.clone()));
    outcome
}

/// Folder of a run's results.
const RESULTS: &str = "results";
