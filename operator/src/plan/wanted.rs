//! How many workers one job could use, beside the local worker that every coordinator has.

use super::{Job, Pool, Work};

/// A job that its local worker finishes in less time never starts another pod: to schedule and start one takes
/// seconds, and on a new node a minute.
const LOCAL_ENOUGH_SECONDS: f64 = 30.0;

/// Work that each worker should find. With less of it, starting the pod costs more than the worker saves.
const SECONDS_PER_WORKER: f64 = 10.0;

/// Workers that `job` could use now, before the budget of the pool and the delay before scaling down.
///
/// If the pool pins `individuals_per_worker`, population alone decides: one worker for each so many individuals of the
/// reported width. Of the population before the first report; without news after it, what exists stays.
///
/// Otherwise speed decides. With `remaining` individuals of `seconds_per_individual`:
/// - none while the local slots finish them in less than 30 s;
/// - else so many that each slot, local ones included, has about 10 s of work,
/// - but not more than find an individual while the local slots have one each.
///
/// While the speed is unknown (the first individuals are being evaluated, or the coordinator is out of reach) nothing
/// is known that would justify a change: what exists stays, as far as the width has use for it. A fresh job so starts
/// with its local worker, and neither an operator that starts again nor a coordinator that does costs a worker.
///
/// A job never wants fewer than `min_workers_per_job`.
#[must_use]
pub fn wanted(pool: &Pool, job: &Job) -> u32 {
    let width = job.work.as_ref().map_or(job.population, |work| work.width);
    let wanted = match pool.individuals_per_worker {
        Some(individuals) => {
            let pinned = width.div_ceil(individuals.max(1));
            if job.work.is_none() && job.known { pinned.min(job.replicas) } else { pinned }
        }
        None => {
            let useful = width.saturating_sub(job.local_slots.max(1)).div_ceil(pool.slots_per_worker.max(1));
            match job.work.as_ref().and_then(slot_seconds) {
                Some(work) => by_speed(pool, job, work).min(useful),
                None => job.replicas.min(useful),
            }
        }
    };
    wanted.max(pool.min_workers_per_job)
}

/// Seconds that one slot would need for everything that remains.
fn slot_seconds(work: &Work) -> Option<f64> {
    let seconds = work.seconds_per_individual.filter(|seconds| seconds.is_finite() && *seconds >= 0.0)?;
    Some(seconds * work.remaining as f64)
}

fn by_speed(pool: &Pool, job: &Job, slot_seconds: f64) -> u32 {
    let local = f64::from(job.local_slots.max(1));
    if slot_seconds < LOCAL_ENOUGH_SECONDS * local {
        return 0;
    }
    let slots = slot_seconds / SECONDS_PER_WORKER - local;
    // A cast from f64 saturates.
    (slots / f64::from(pool.slots_per_worker.max(1))).ceil() as u32
}
