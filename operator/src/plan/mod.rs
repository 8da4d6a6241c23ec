//! The plan of one pool: which of its jobs run, and how many workers each of them has.
//!
//! Pure: no client, no clock, no state. The same pool and jobs give the same plan in whatever order they are listed,
//! and planning again over an applied plan changes nothing once what had to fall has fallen.
//!
//! 1. [`admit`]: by priority, age and UID, up to `max_concurrent_jobs`. An admission holds until the job ends or is
//!    suspended: priority decides who waits, it never stops a job that runs.
//! 2. [`wanted`](mod@wanted): what each admitted job could use, by its population or by its measured speed.
//! 3. [`share`]: who gets how many of `max_workers`, and how many of them may be set now.
//!
//! Priority is strict for workers: a job that wants them all leaves none to a lower priority, which then evolves with
//! the local worker of its coordinator alone. That worker belongs to no budget and is counted nowhere here.
#![cfg_attr(not(test), deny(clippy::disallowed_methods, clippy::disallowed_types))]

pub mod admit;
pub mod share;
pub mod wanted;
pub mod window;

#[cfg(test)]
mod examples;
#[cfg(test)]
mod properties;

use std::cmp::{Ordering, Reverse};
use std::collections::BTreeMap;

use jiff::Timestamp;

use crate::runtime::ids::Uid;

pub use wanted::wanted;
pub use window::StabilizationWindow;

/// What a pool allows.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Pool {
    /// Workers of all its jobs together.
    pub max_workers: u32,
    /// Workers that a job which runs wants at least.
    pub min_workers_per_job: u32,
    /// One worker for each so many individuals, whatever their speed.
    pub individuals_per_worker: Option<u32>,
    /// Individuals that one worker evaluates side by side. 0 is read as 1.
    pub slots_per_worker: u32,
    /// Jobs that run at the same time.
    pub max_concurrent_jobs: u32,
}

/// What a coordinator last reported about the work it has.
#[derive(Clone, Debug, PartialEq)]
pub struct Work {
    /// Individuals that can be evaluated side by side.
    pub width: u32,
    /// Seconds that one slot needs for one individual. `None`: not measured yet.
    pub seconds_per_individual: Option<f64>,
    /// Individuals that are still to be evaluated until the job ends.
    pub remaining: u64,
}

/// One job of the pool that is neither finished nor suspended.
#[derive(Clone, Debug, PartialEq)]
pub struct Job {
    /// UID of the object.
    pub uid: Uid,
    /// A higher one goes first.
    pub priority: i32,
    /// When the object was created.
    pub created: Timestamp,
    /// Whether it is admitted already.
    pub admitted: bool,
    /// `population.size`: the width that is assumed without news.
    pub population: u32,
    /// News of its coordinator. `None`: out of reach, or not started yet.
    pub work: Option<Work>,
    /// Whether its coordinator has ever reported.
    pub known: bool,
    /// Individuals that its local worker evaluates side by side. 0 is read as 1.
    pub local_slots: u32,
    /// Workers that are set now.
    pub replicas: u32,
    /// The most that it wanted within the delay before scaling down, see [`StabilizationWindow`].
    pub floor: u32,
}

/// What the plan gives to one job.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Share {
    /// Whether it may run.
    pub admitted: bool,
    /// Its position among those that wait, from 1; `None` once it is admitted.
    pub queue_position: Option<u32>,
    /// Workers that it could use now, before budget and delay; 0 while it waits to be admitted.
    pub wanted: u32,
    /// Workers to be set now.
    pub workers: u32,
}

/// Plans a pool: one share per job, by UID.
///
/// # Guarantees
/// - The workers set never exceed `max_workers`, and neither do, summed over the jobs, the larger of those that exist
///   and those to be set. If more exist already (the pool was made smaller), nobody rises until others have fallen.
/// - Equal needs of one priority get numbers that differ by at most 1, whatever exists now, once all have settled.
/// - A larger pool never gives a job less.
/// - If nothing but the plan changes what exists, the second application of it settles everything.
#[must_use]
pub fn plan(pool: &Pool, jobs: &[Job]) -> BTreeMap<Uid, Share> {
    let mut jobs: Vec<&Job> = jobs.iter().collect();
    jobs.sort_by(|a, b| by_rank(a, b));
    let positions = admit::admit(pool, &jobs);
    let wanted: Vec<u32> = jobs
        .iter()
        .zip(&positions)
        .map(|(job, place)| if place.is_none() { wanted(pool, job) } else { 0 })
        .collect();
    let claims: Vec<share::Claim> = (jobs.iter().zip(&positions).zip(&wanted))
        .map(|((job, place), &wanted)| share::Claim {
            priority: job.priority,
            need: if place.is_none() { wanted.max(job.floor) } else { 0 },
            existing: job.replicas,
        })
        .collect();
    let workers = share::workers(pool.max_workers, &claims);
    (jobs.iter().zip(positions).zip(wanted).zip(workers))
        .map(|(((job, queue_position), wanted), workers)| {
            (job.uid.clone(), Share { admitted: queue_position.is_none(), queue_position, wanted, workers })
        })
        .collect()
}

/// Higher priority first, then the older job, then the smaller UID.
fn by_rank(a: &Job, b: &Job) -> Ordering {
    let rank = |job: &Job| (Reverse(job.priority), job.created);
    rank(a).cmp(&rank(b)).then_with(|| a.uid.cmp(&b.uid))
}
