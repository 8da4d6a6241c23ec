//! What a checkpoint keeps besides the evolution: history and counters.

use galapagos_genetics::Progress;
use serde::{Deserialize, Serialize};

use super::progress::GenerationReport;

/// Counters of a run. All but the seconds are the same in every run of the job.
#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Counters {
    /// Individuals that had been asked for before.
    pub cached: u64,
    /// Individuals without a result.
    pub failed: u64,
    /// Individuals that no attempt could evaluate.
    pub exceptions: u64,
    /// Seconds of running over all attempts.
    pub seconds: f64,
    /// The same, each counted as often as there were workers.
    #[serde(default)]
    pub worker_seconds: f64,
}

/// The driver's part of a checkpoint.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct DriverState {
    /// Every finished generation.
    pub history: Vec<GenerationReport>,
    /// Whether every space was exhausted after the last one.
    pub exhausted: bool,
    /// Counters.
    pub counters: Counters,
}

impl DriverState {
    /// The history as stop rules read it.
    pub fn progress(&self) -> Vec<Progress> {
        let last = self.history.len().saturating_sub(1);
        let at = |(i, g): (usize, &GenerationReport)| Progress {
            best: g.best,
            evaluations: g.distinct,
            exhausted: self.exhausted && i == last,
        };
        self.history.iter().enumerate().map(at).collect()
    }
}
