//! The little that must be remembered of the plan of a pool between two looks: places that were given and replicas that
//! were set while the caches do not show it yet, and what was wanted lately.

use std::collections::HashMap;
use std::sync::MutexGuard;
use std::time::{Duration, Instant};

use crate::origin::Edition;
use crate::plan::{Share, StabilizationWindow};
use crate::runtime::ids::Uid;
use crate::runtime::per_object::{Memories, PerObject};

/// What is remembered of jobs.
#[derive(Clone, Debug)]
pub struct Budget {
    jobs: PerObject<Remembered>,
}

/// What is remembered of one job.
#[derive(Debug, Default)]
pub struct Remembered {
    /// It was given a place that the caches may not show yet.
    pub has_place: bool,
    /// Replicas that were set last.
    pub set: Option<u32>,
    /// What it wanted lately.
    pub window: Option<StabilizationWindow>,
    /// What the last plan gave it.
    pub share: Option<Share>,
    /// Since when it has been admitted in vain.
    in_vain: Option<Instant>,
    /// Until when it gives way to others, and the edition of the pool in which that was decided.
    set_back: Option<(Instant, Edition)>,
}

/// How long a job may be admitted in vain for which others wait.
const IN_VAIN: Duration = Duration::from_secs(60);
/// How long it gives way to others then.
const SET_BACK: Duration = Duration::from_secs(300);

impl Remembered {
    /// How long it still gives way to others. A pool that was corrected is tried at once.
    pub fn set_back(&self, pool: &Edition, now: Instant) -> Option<Duration> {
        let (until, edition) = self.set_back.as_ref()?;
        let left = until.checked_duration_since(now).filter(|left| !left.is_zero())?;
        (edition == pool).then_some(left)
    }
}

impl Budget {
    /// No job is known.
    pub fn new(memories: &Memories) -> Budget {
        Budget { jobs: memories.another() }
    }

    /// All jobs, for a plan: two over half of each other's places would give too many.
    pub fn all(&self) -> MutexGuard<'_, HashMap<Uid, Remembered>> {
        self.jobs.all()
    }

    /// Replicas of a job's workers were set.
    pub fn set_replicas(&self, uid: &Uid, replicas: u32) {
        self.jobs.change(uid, |of_it| of_it.set = Some(replicas));
    }

    /// Whether the job has been admitted in vain for so long that others get it, if any wait. `in_vain`: whether it
    /// keeps it so now. The minute runs whether others wait or not: who comes later finds it over.
    pub fn overstays(
        &self,
        uid: &Uid,
        in_vain: bool,
        others_wait: impl FnOnce() -> bool,
        now: Instant,
    ) -> bool {
        if !in_vain {
            self.jobs.all().entry(uid.clone()).and_modify(|of_it| of_it.in_vain = None);
            return false;
        }
        let since = self.jobs.change(uid, |of_it| *of_it.in_vain.get_or_insert(now));
        now.saturating_duration_since(since) >= IN_VAIN && others_wait()
    }

    /// The job gives way to others for a while.
    pub fn set_back(&self, uid: &Uid, pool: Edition, now: Instant) {
        let set_back = Some((now + SET_BACK, pool));
        self.jobs.set(uid, Remembered { set_back, ..Remembered::default() });
    }

    /// How long it still does.
    pub fn is_set_back(&self, uid: &Uid, pool: &Edition, now: Instant) -> Option<Duration> {
        self.jobs.get(uid, |of_it| of_it.set_back(pool, now)).flatten()
    }

    /// The job is not admitted any more: it ended or was suspended.
    pub fn forget(&self, uid: &Uid) {
        self.jobs.forget(uid);
    }

    /// The position in the queue that the last plan gave to a job.
    pub fn position(&self, uid: &Uid) -> Option<u32> {
        self.jobs.get(uid, |of_it| of_it.share?.queue_position).flatten()
    }
}

#[cfg(test)]
mod tests {
    use galapagos_crds::WorkerPool;
    use serde_json::json;

    use super::*;
    use crate::runtime::ids::example::uid;

    #[test]
    fn a_place_that_is_left_to_others_is_so_until_the_pool_makes_other_pods() {
        let pool = |generation: i64, spec: serde_json::Value| {
            let pool: WorkerPool = serde_json::from_value(json!({
                "apiVersion": "galapagos.dev/v1alpha1", "kind": "WorkerPool",
                "metadata": {"name": "p", "uid": "u", "generation": generation}, "spec": spec,
            }))
            .unwrap();
            Edition::of(&pool)
        };
        let volume = json!({"volume": {"emptyDir": {}}});
        let (budget, now, a) = (Budget::new(&Memories::default()), Instant::now(), uid("a"));
        budget.set_back(&a, pool(1, json!({"marketData": volume})), now);
        let scaled = pool(2, json!({"marketData": volume, "maxWorkers": 7}));
        assert_eq!(budget.is_set_back(&a, &scaled, now), Some(SET_BACK));
        let corrected = pool(3, json!({"marketData": volume, "coordinatorTemplate": {"spec": {}}}));
        assert_eq!(budget.is_set_back(&a, &corrected, now), None);
        assert_eq!(budget.is_set_back(&a, &scaled, now + SET_BACK), None);
    }

    #[test]
    fn a_minute_in_vain_runs_whether_somebody_waits_or_not() {
        let (budget, now, a) = (Budget::new(&Memories::default()), Instant::now(), uid("a"));
        let overstays = |in_vain, waits: bool, at| budget.overstays(&a, in_vain, || waits, at);
        assert!(!overstays(true, false, now));
        assert!(!overstays(true, true, now + IN_VAIN / 2));
        assert!(!overstays(true, false, now + IN_VAIN), "nobody wants its place");
        assert!(
            overstays(true, true, now + IN_VAIN),
            "who came after half of it does not wait another minute"
        );
        assert!(!overstays(false, true, now + IN_VAIN));
        assert!(!overstays(true, true, now + IN_VAIN), "it begins anew");
    }
}
