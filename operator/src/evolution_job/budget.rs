//! The plan of a pool over what is cached, and the little that must be remembered for it between two looks: places
//! that were given and replicas that were set while the caches do not show it yet, and what was wanted lately.

use std::collections::{BTreeMap, HashMap};
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use galapagos_crds::{EvolutionJob, WorkerPool};
use jiff::Timestamp;
use kube::ResourceExt;
use kube::runtime::reflector::ObjectRef;

use super::children::slots;
use super::validate::Findings;
use super::{decide, queue, site, validate};
use crate::plan::{self, Share, Window};
use crate::progress::{Hub, SILENCE};
use crate::watches::Caches;

/// What is remembered of jobs, by UID.
#[derive(Debug, Default)]
pub struct Budget {
    jobs: Mutex<HashMap<String, Memory>>,
    /// What was found on their manifests.
    pub findings: Findings,
}

#[derive(Debug, Default)]
struct Memory {
    /// It was given a place that the caches may not show yet.
    has_place: bool,
    /// Replicas that were set last.
    set: Option<u32>,
    window: Option<Window>,
    /// What the last plan gave it.
    share: Option<Share>,
    /// Since when it has kept its place in vain.
    in_vain: Option<Instant>,
    /// Until when its place is left to others, and the edition of the pool in which that was decided.
    set_back: Option<(Instant, String)>,
}

/// How long a job may keep a place in vain for which others wait.
const IN_VAIN: Duration = Duration::from_secs(60);
/// How long it leaves its place to others then.
const SET_BACK: Duration = Duration::from_secs(300);

impl Memory {
    /// How long its place is still left to others. A pool that was corrected is tried at once.
    fn set_back(&self, pool: &WorkerPool, now: Instant) -> Option<Duration> {
        let (until, edition) = self.set_back.as_ref()?;
        let left = until.checked_duration_since(now).filter(|left| !left.is_zero())?;
        (*edition == site::edition(pool)).then_some(left)
    }
}

impl Budget {
    fn jobs(&self) -> MutexGuard<'_, HashMap<String, Memory>> {
        self.jobs.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Replicas of a job's workers were set.
    pub fn set_replicas(&self, uid: &str, replicas: u32) {
        self.jobs().entry(uid.to_owned()).or_default().set = Some(replicas);
    }

    /// Whether the job has kept its place in vain for so long that others get it, if any wait. `in_vain`: whether it
    /// keeps it so now. The minute runs whether others wait or not: who comes later finds it over.
    pub fn overstays(
        &self,
        uid: &str,
        in_vain: bool,
        others_wait: impl FnOnce() -> bool,
        now: Instant,
    ) -> bool {
        let since = {
            let mut jobs = self.jobs();
            if !in_vain {
                jobs.entry(uid.to_owned()).and_modify(|of_it| of_it.in_vain = None);
                return false;
            }
            *jobs.entry(uid.to_owned()).or_default().in_vain.get_or_insert(now)
        };
        now.saturating_duration_since(since) >= IN_VAIN && others_wait()
    }

    /// The job leaves its place to others for a while.
    pub fn set_back(&self, uid: &str, pool: &WorkerPool, now: Instant) {
        let set_back = Some((now + SET_BACK, site::edition(pool)));
        self.jobs().insert(uid.to_owned(), Memory { set_back, ..Memory::default() });
    }

    /// How long it still does.
    pub fn is_set_back(&self, uid: &str, pool: &WorkerPool, now: Instant) -> Option<Duration> {
        self.jobs().get(uid)?.set_back(pool, now)
    }

    /// The job has no place any more: it ended or was suspended.
    pub fn forget(&self, uid: &str) {
        self.jobs().remove(uid);
    }

    /// The place in the queue that the last plan gave to a job.
    pub fn place(&self, uid: &str) -> Option<u32> {
        self.jobs().get(uid)?.share?.queue_position
    }

    /// Keeps what is known of jobs that are there.
    pub fn retain(&self, is_there: impl Fn(&str) -> bool) {
        self.jobs().retain(|uid, _| is_there(uid));
        self.findings.retain(is_there);
    }

    /// Plans the pool. Jobs that are admitted keep their place from now on. With it come the jobs whose share is not
    /// what the last plan gave them.
    pub fn plan(
        &self,
        pool: &WorkerPool,
        caches: &Caches,
        hub: &Hub,
    ) -> (BTreeMap<String, Share>, Vec<ObjectRef<EvolutionJob>>) {
        let mut jobs = jobs_of(pool, caches, &self.findings);
        let replicas = replicas(pool, caches);
        let budget = budget(pool);
        // One at a time: two plans over half of each other's places would give too many.
        let mut memory = self.jobs();
        // The runtime's clock, which tests can turn.
        let now = tokio::time::Instant::now().into_std();
        jobs.retain(|job| {
            let of_it = job.uid().and_then(|uid| memory.get(&uid));
            of_it.is_none_or(|of_it| of_it.set_back(pool, now).is_none())
        });
        let delay = Duration::from_secs(pool.spec.scale_down_delay_seconds.into());
        let mut inputs: Vec<plan::Job> = jobs
            .iter()
            .map(|job| {
                let uid = job.uid().unwrap_or_default();
                let of_it = memory.entry(uid.clone()).or_default();
                let seen = hub.latest(&uid).filter(|s| now.saturating_duration_since(s.at) < SILENCE);
                let shown = replicas.get(&uid).copied().unwrap_or(0);
                plan::Job {
                    priority: job.spec.priority,
                    created: job.metadata.creation_timestamp.as_ref().map_or(Timestamp::UNIX_EPOCH, |t| t.0),
                    admitted: of_it.has_place || decide::has_place(job.status.as_ref()),
                    population: job.spec.population.size,
                    work: seen.and_then(|s| {
                        let work = s.report.work.as_ref()?;
                        Some(plan::Work {
                            width: work.width,
                            seconds_per_individual: work.seconds_per_individual,
                            remaining: work.remaining,
                        })
                    }),
                    known: job.status.as_ref().is_some_and(|s| s.generation.is_some()),
                    local_slots: budget.slots_per_worker,
                    replicas: shown.max(of_it.set.unwrap_or(0)),
                    floor: 0,
                    uid,
                }
            })
            .collect();
        for input in &mut inputs {
            let window = memory.entry(input.uid.clone()).or_default().window.get_or_insert_with(|| {
                // A new leader does not know what was wanted before: what is there was.
                let mut window = Window::new();
                window.note(now, input.replicas);
                window
            });
            if input.admitted {
                window.note(now, plan::wanted(&budget, input));
            }
            input.floor = window.maximum(now, delay);
        }
        let usable = validate::is_judged(pool) && validate::accepted(pool).is_ok();
        let plan = plan::plan(&budget, &inputs);
        let mut changed = Vec::new();
        for job in &jobs {
            let uid = job.uid().unwrap_or_default();
            let Some(share) = plan.get(&uid) else { continue };
            let of_it = memory.entry(uid).or_default();
            // A place in a pool that cannot be used is none: once it can, priorities decide anew.
            of_it.has_place = share.admitted && (usable || decide::has_place(job.status.as_ref()));
            if of_it.share.replace(*share).map(heeded) != Some(heeded(*share)) {
                changed.push(ObjectRef::from_obj(&**job));
            }
        }
        (plan, changed)
    }
}

/// What a job is woken for. Places move with every job that ends; if each told all that wait, writes would grow with the
/// square of the queue: those that are not at its head are looked after by [`super::queue`].
fn heeded(share: Share) -> impl PartialEq {
    let place = share.queue_position.map(|place| place.min(queue::HEAD + 1));
    (share.admitted, place, share.workers)
}

/// What the pool allows.
pub fn budget(pool: &WorkerPool) -> plan::Pool {
    let spec = &pool.spec;
    plan::Pool {
        max_workers: spec.max_workers,
        min_workers_per_job: spec.min_workers_per_job,
        individuals_per_worker: spec.individuals_per_worker,
        slots_per_worker: slots(pool),
        max_concurrent_jobs: spec.max_concurrent_jobs,
    }
}

/// The jobs that want a place in the pool.
fn jobs_of(pool: &WorkerPool, caches: &Caches, findings: &Findings) -> Vec<std::sync::Arc<EvolutionJob>> {
    let (namespace, name) = (pool.namespace(), pool.name_any());
    caches.jobs.state_filter(|job: &EvolutionJob| {
        job.namespace() == namespace
            && job.spec.worker_pool_name == name
            && job.spec.managed_by == galapagos_crds::job::MANAGED_BY
            && job.metadata.deletion_timestamp.is_none()
            && !decide::is_over(job)
            && job.spec.suspend != Some(true)
            // A job that cannot start must not take the place of one that can.
            && (decide::has_place(job.status.as_ref()) || findings.manifest(job).is_ok())
    })
}

/// Replicas of workers by UID of the job.
fn replicas(pool: &WorkerPool, caches: &Caches) -> HashMap<String, u32> {
    let of_pool = caches.workers.state_filter(|d: &k8s_openapi::api::apps::v1::Deployment| {
        d.namespace() == pool.namespace() && d.labels().get(crate::labels::POOL) == Some(&pool.name_any())
    });
    let replicas = of_pool.iter().filter_map(|d| {
        let uid = d.labels().get(crate::labels::JOB_UID)?.clone();
        Some((uid, d.spec.as_ref()?.replicas.unwrap_or(1).try_into().unwrap_or(0)))
    });
    replicas.collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn a_place_that_is_left_to_others_is_so_until_the_pool_makes_other_pods() {
        let pool = |generation: i64, spec: serde_json::Value| -> WorkerPool {
            serde_json::from_value(json!({
                "apiVersion": "galapagos.dev/v1alpha1", "kind": "WorkerPool",
                "metadata": {"name": "p", "uid": "u", "generation": generation}, "spec": spec,
            }))
            .unwrap()
        };
        let volume = json!({"volume": {"emptyDir": {}}});
        let (budget, now) = (Budget::default(), Instant::now());
        budget.set_back("a", &pool(1, json!({"marketData": volume})), now);
        let scaled = pool(2, json!({"marketData": volume, "maxWorkers": 7}));
        assert_eq!(budget.is_set_back("a", &scaled, now), Some(SET_BACK));
        let corrected = pool(3, json!({"marketData": volume, "coordinatorTemplate": {"spec": {}}}));
        assert_eq!(budget.is_set_back("a", &corrected, now), None);
        assert_eq!(budget.is_set_back("a", &scaled, now + SET_BACK), None);
    }

    #[test]
    fn a_minute_in_vain_runs_whether_somebody_waits_or_not() {
        let (budget, now) = (Budget::default(), Instant::now());
        let overstays = |in_vain, waits: bool, at| budget.overstays("a", in_vain, || waits, at);
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
