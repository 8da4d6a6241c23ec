//! Who evaluates what next: the coordinator's table of leases. Pure: time is passed in, there is no I/O and no lock,
//! so that every rule can be tested on a fake clock.
//!
//! A generation's individuals, of the job itself or of a window of its walk-forward, are [`LeaseTable::submit`]ted, cut into batches and granted by [`LeaseTable::next`];
//! answers come back through [`LeaseTable::deliver`], which gives what is settled now. Each individual is settled
//! exactly once, whatever is lost, late, doubled or reordered on the way.
//!
//! Whoever drives the table asks `next` for **every** worker, round after round until a whole round grants nothing,
//! after each change (submit, join, leave, hand-back, delivery, expiry) and about once a second besides: a second copy
//! of a slow batch is due by time alone. It calls [`LeaseTable::expire`] when [`LeaseTable::next_expiry`] has come.
//!
//! * [`table`]: the table itself and its gauges; `grant`, `answer` and `ending` are its three acts.
//! * `individual`: where each individual stands, and how often it failed; `generations`: those of several evolutions
//!   beside each other.
//! * `queue`: what waits, in the order in which it is granted.
//! * `size`: how many individuals make a batch; `pace`: what an individual costs.
//! * `leases`, `workers`: what is out, and with whom.
//! * `bits`: the fingerprint by which two answers are compared.

mod answer;
mod bits;
mod counts;
mod ending;
mod generations;
mod grant;
mod individual;
mod leases;
mod pace;
mod queue;
mod size;
pub mod table;
#[cfg(test)]
mod tests;
mod workers;

use std::time::Duration;

pub use counts::Counts;
pub use table::LeaseTable;

use galapagos_run::job::resolve::ResolvedJob;
use galapagos_run::run::evaluator::{Answer, Task};

/// A worker for the time of its stream: numbers are never used twice.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct WorkerId(pub u64);

/// What individuals have in common that cost alike: rows and strategy.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Kind {
    /// The window of walk-forward that they train in; `None`: the job itself.
    pub window: Option<u32>,
    /// Position of the species in the job.
    pub species: usize,
}

/// What became of an individual, said once.
#[derive(Clone, Debug, PartialEq)]
pub struct Settled {
    /// The window that it is of; `None`: the job itself.
    pub window: Option<u32>,
    /// Index inside the generation.
    pub index: usize,
    /// What became of it.
    pub answer: Answer,
}

/// What the job grants to each evaluation.
#[derive(Clone, Copy, Debug)]
pub struct Terms {
    /// Time for one individual (`evaluation.timeoutSeconds`).
    pub timeout: Duration,
    /// Failed attempts after which an individual is set aside; 0 counts as 1.
    pub attempts: u32,
    /// How long a slot should be busy with one batch.
    pub target: Duration,
    /// Rows that one evaluation of the job looks at: by them the table sees which species share series. 0: not known.
    pub bars: u64,
}

impl Terms {
    /// The usual length of a batch: what a kill costs at most, and far above the cost of a message.
    pub const TARGET: Duration = Duration::from_millis(100);

    /// Those of a job whose evaluations look at `bars` rows.
    pub fn for_job(job: &ResolvedJob, bars: u64) -> Terms {
        Terms {
            timeout: Duration::from_secs(u64::from(job.failures.timeout_seconds)),
            attempts: job.failures.attempts,
            target: Terms::TARGET,
            bars,
        }
    }
}

/// A batch and the right to evaluate it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Grant {
    /// Number of the lease; never used twice in an epoch.
    pub lease: u64,
    /// From receipt; after it the individuals may be given to others.
    pub deadline: Duration,
    /// The window of walk-forward that they are of; `None`: the job itself.
    pub window: Option<u32>,
    /// Individuals of one species, neighbours in the order of their genomes.
    pub tasks: Vec<Task>,
}

/// What a worker says about a lease.
#[derive(Clone, Debug, PartialEq)]
pub struct Delivery {
    /// Number of the lease.
    pub lease: u64,
    /// Epoch that the lease carried.
    pub epoch: u64,
    /// Index inside the generation, and what became of it.
    pub items: Vec<(u32, Answer)>,
    /// Nothing more follows for this lease.
    pub last: bool,
    /// Time a slot spent on the whole lease; looked at with `last` only. Zero: not reported.
    pub busy: Duration,
    /// The largest batch the worker wants from now on; 0: any.
    pub largest_batch: u32,
}

/// Two workers gave different answers for the same individual: no result of this run could be reproduced.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error(
    "individual {index} of this generation was evaluated twice with different results: evaluation is not \
     deterministic; compare the workers' machines and report it with the run folder"
)]
pub struct Nondeterminism {
    /// Index inside the generation.
    pub index: usize,
}
