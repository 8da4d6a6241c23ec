//! What a checkpoint keeps besides the evolution: history and counters.

use galapagos_genetics::Progress;
use serde::{Deserialize, Serialize};

/// One finished generation, as checkpoints, `generations.csv` and observers have it. All but `seconds` is the same
/// in every run of the job.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct GenerationReport {
    /// Number of the generation, from 0.
    pub generation: u32,
    /// Best feasible fitness of the run so far; of several objectives the first one's value of the chosen individual.
    pub best: Option<f64>,
    /// Strategy of the best individual.
    pub strategy: Option<String>,
    /// Median fitness of the generation's feasible individuals.
    pub median: Option<f64>,
    /// Interquartile range of the fitness of the generation's feasible individuals.
    pub spread: Option<f64>,
    /// Mean over genes of the share of distinct values.
    pub diversity: f64,
    /// Individuals within all limits.
    pub feasible: u32,
    /// Individuals outside a limit.
    pub infeasible: u32,
    /// Individuals without a result.
    pub failed: u32,
    /// Individuals that had been asked for before.
    pub cached: u32,
    /// Distinct evaluations of the run so far.
    pub distinct: u64,
    /// Individuals each species may ask for next, in the order of the manifest.
    pub quotas: Vec<u32>,
    /// Seconds the generation took in the process that ran it.
    pub seconds: f64,
    /// Individuals of all generations that no other dominates; `None` with one objective.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub front: Option<u32>,
    /// The volume that they dominate below the reference point; `None` with one objective.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub hypervolume: Option<f64>,
}

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
    /// A report for every finished generation, oldest first.
    pub history: Vec<GenerationReport>,
    /// Whether every space was exhausted after the last one.
    pub exhausted: bool,
    /// Counters of the run so far.
    pub counters: Counters,
}

impl DriverState {
    /// The history as stop rules read it.
    pub fn progress(&self) -> Vec<Progress> {
        let last = self.history.len().saturating_sub(1);
        let at = |(i, g): (usize, &GenerationReport)| Progress {
            best: g.best.and(g.hypervolume).or(g.best),
            evaluations: g.distinct,
            exhausted: self.exhausted && i == last,
        };
        self.history.iter().enumerate().map(at).collect()
    }
}
