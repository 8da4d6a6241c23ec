//! What a run says about itself while it runs.

use std::time::Duration;

use galapagos_crds::GeneValue;
use galapagos_engine::evaluation::Metrics;
use serde::{Deserialize, Serialize};

use super::state::Counters;
use crate::storage::digest::Digest;

/// One finished generation, as checkpoints, `generations.csv` and observers have it. All but `seconds` is the same
/// in every run of the job.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct GenerationReport {
    /// Number of the generation, from 0.
    pub generation: u32,
    /// Best feasible fitness of the run so far.
    pub best: Option<f64>,
    /// Strategy of the best individual.
    pub strategy: Option<String>,
    /// Median fitness of the generation's feasible individuals.
    pub median: Option<f64>,
    /// Their interquartile range.
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
}

/// How a run is doing now; not part of any result.
#[derive(Clone, Debug, PartialEq)]
pub struct Pace {
    /// Generations of the job.
    pub generations: u32,
    /// Individuals whose result came from a ledger (an interrupted attempt or another job), so far.
    pub reused: u64,
    /// Distinct evaluations x counted rows x symbols / evaluation seconds of this process.
    pub strategy_bars_per_second: f64,
    /// Seconds until the last generation at the present pace.
    pub eta_seconds: Option<f64>,
}

/// Something happened.
#[derive(Clone, Debug, PartialEq)]
pub enum Event<'a> {
    /// The run begins.
    Started {
        /// Generations done by earlier attempts.
        done: u32,
        /// Generations of the job.
        generations: u32,
        /// Strategies in the order of quotas.
        species: &'a [String],
    },
    /// Some of a generation's individuals are evaluated.
    Evaluated {
        /// The generation.
        generation: u32,
        /// Individuals with a result.
        done: usize,
        /// Individuals of the generation.
        of: usize,
    },
    /// A generation is finished and on disk.
    Generation {
        /// What it was worth.
        report: &'a GenerationReport,
        /// How the run is doing.
        pace: &'a Pace,
        /// Genome of the best individual.
        best: &'a [(String, GeneValue)],
        /// Its metrics; `None` if it could not be evaluated.
        metrics: Option<&'a Metrics>,
        /// Counters of the whole run.
        counters: &'a Counters,
        /// The digest chain up to here.
        digest: Digest,
        /// Time to make it durable.
        checkpoint: Duration,
    },
    /// An individual could not be evaluated and is set aside.
    Quarantined {
        /// Its strategy.
        strategy: &'a str,
        /// Its genome.
        genome: &'a [(String, GeneValue)],
        /// Why.
        problem: String,
    },
    /// Something of the run's state was damaged: the run goes on from the checkpoint before it or from the start, with
    /// every evaluation that is still good.
    Fallback(String),
    /// Something else a person should know; the run goes on.
    Warning(String),
}

/// Who is told.
pub trait Observer {
    /// Called from the thread that runs the driver.
    fn observe(&mut self, event: Event<'_>);
}

/// Nobody.
#[derive(Clone, Copy, Debug, Default)]
pub struct Silent;

impl Observer for Silent {
    fn observe(&mut self, _: Event<'_>) {}
}

impl<F: FnMut(Event<'_>)> Observer for F {
    fn observe(&mut self, event: Event<'_>) {
        self(event);
    }
}
