//! When a status is worth a write.

use std::time::Duration;

use galapagos_crds::EvolutionJobStatus;

use crate::evolution_job::queue;

/// Least time between two writes of numbers of one job.
const LEAST: Duration = Duration::from_secs(5);
/// The same, if nothing but the cost is new.
pub const COST: Duration = Duration::from_secs(60);
/// Writes of numbers a second, of all running jobs together.
const RATE: f64 = 20.0;

/// What is different between two statuses.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Change {
    /// Nothing.
    None,
    /// What it costs, which rises every second.
    CostOnly,
    /// Numbers and texts: they can wait.
    LiveOnly,
    /// Phase, a condition, an end, an attempt: somebody may wait for it.
    Transition,
}

/// What is different between the status as it was read and the one to be written.
pub fn differs(old: Option<&EvolutionJobStatus>, new: &EvolutionJobStatus) -> Change {
    match old {
        None => Change::Transition,
        Some(old) if old == new => Change::None,
        Some(old) if without_cost(old) == without_cost(new) => Change::CostOnly,
        Some(old) if lasting(old) == lasting(new) => Change::LiveOnly,
        Some(_) => Change::Transition,
    }
}

fn without_cost(status: &EvolutionJobStatus) -> EvolutionJobStatus {
    EvolutionJobStatus { cost: None, ..status.clone() }
}

/// How long to wait with a write: `None`: nothing to write; zero: now. `last`: time since this job's status was last
/// written; `running`: jobs that run; `position`: its position in the queue.
pub fn wait(
    change: Change,
    last: Option<Duration>,
    running: usize,
    position: Option<u32>,
) -> Option<Duration> {
    let interval = match position {
        Some(position) => queue::pause(position).max(LEAST),
        None => LEAST.max(Duration::from_secs_f64(running as f64 / RATE)),
    };
    let interval = match change {
        Change::None => return None,
        Change::Transition => return Some(Duration::ZERO),
        Change::LiveOnly => interval,
        Change::CostOnly => interval.max(COST),
    };
    Some(last.map_or(Duration::ZERO, |last| interval.saturating_sub(last)))
}

/// The parts of a status that scripts wait for and decisions rest on.
fn lasting(status: &EvolutionJobStatus) -> impl PartialEq + use<'_> {
    let conditions: Vec<_> =
        status.conditions.iter().map(|c| (&c.type_, &c.status, &c.reason, c.observed_generation)).collect();
    let provenance = status.provenance.as_ref();
    (
        (status.observed_generation, status.phase, conditions),
        (&status.start_time, &status.completion_time, &status.attempts, &status.results, &status.validation),
        provenance.map(|p| (&p.image, &p.result_digest, &p.dataset_digest, &p.stopped_by)),
        status.generations,
    )
}
