//! Which jobs are admitted, and who waits in which order.

use super::{Job, Pool};

/// The position of each job in the queue, from 1, or `None` if it runs. `jobs` are in the order of their rank.
///
/// A job that is admitted stays so, even if the pool now allows fewer: stopping a coordinator loses the generation at
/// hand, and a lower number is reached soon enough as jobs end.
pub(super) fn admit(pool: &Pool, jobs: &[&Job]) -> Vec<Option<u32>> {
    let running = jobs.iter().filter(|job| job.admitted).count();
    let mut free = (pool.max_concurrent_jobs as usize).saturating_sub(running);
    let mut waiting = 0;
    jobs.iter()
        .map(|job| {
            if job.admitted {
                return None;
            }
            if free > 0 {
                free -= 1;
                return None;
            }
            waiting += 1;
            Some(waiting)
        })
        .collect()
}
