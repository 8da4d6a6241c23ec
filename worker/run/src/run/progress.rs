//! What a run says about itself while it runs.

use std::time::Duration;

use galapagos_crds::GeneValue;
use galapagos_engine::evaluation::Metrics;

use super::front_news::FrontNews;
use super::limits::Spent;
use super::state::{Counters, GenerationReport};
use crate::storage::digest::Digest;

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

/// What the driver reports while it runs.
#[derive(Clone, Debug, PartialEq)]
pub enum RunEvent<'a> {
    /// The run begins, or goes on after its checkpoint.
    Started {
        /// Generations done by earlier attempts.
        done: u32,
        /// Generations of the job.
        generations: u32,
        /// Strategies in the order of quotas.
        species: &'a [String],
        /// The generations that are done, oldest first.
        history: &'a [GenerationReport],
    },
    /// Some of a generation's individuals are evaluated.
    Evaluated {
        /// Number of the generation, from 0.
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
        /// What no individual so far dominates; `None` with one objective.
        front: Option<&'a FrontNews>,
        /// The best feasible fitness of each species, in the order of quotas; `None` too with several objectives.
        species: &'a [Option<f64>],
        /// Counters of the whole run.
        counters: &'a Counters,
        /// The digest chain up to here.
        digest: Digest,
        /// Time to make it durable.
        checkpoint: Duration,
    },
    /// A window of walk-forward has finished a generation, or goes on after its checkpoint.
    Window {
        /// Windows that are done.
        done: usize,
        /// All of them.
        windows: usize,
        /// Generations that are done in the window that is furthest behind.
        generation: u32,
        /// Generations of each.
        generations: u32,
        /// What they have taken so far, together.
        spent: Spent,
    },
    /// Nothing is left to evolve: the winner is tested and the result is written.
    Testing,
    /// An individual could not be evaluated and is set aside.
    Quarantined {
        /// Name of its strategy.
        strategy: &'a str,
        /// Its genes, by name.
        genome: &'a [(String, GeneValue)],
        /// Why it could not be evaluated.
        problem: String,
    },
    /// Something of the run's state was damaged: the run goes on from the checkpoint before it or from the start, with
    /// every evaluation that is still good.
    Fallback(String),
    /// Something else a person should know; the run goes on.
    Warning(String),
}

/// Receives what a run reports, on the driver's own thread.
pub trait Observer {
    /// Called from the thread that runs the driver.
    fn observe(&mut self, event: RunEvent<'_>);
}

/// Receives nothing.
#[derive(Clone, Copy, Debug, Default)]
pub struct Silent;

impl Observer for Silent {
    fn observe(&mut self, _: RunEvent<'_>) {}
}

impl<F: FnMut(RunEvent<'_>)> Observer for F {
    fn observe(&mut self, event: RunEvent<'_>) {
        self(event);
    }
}
