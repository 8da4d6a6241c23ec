//! The plan of a pool over what is cached, and over what is remembered of its jobs where the caches are late.

use std::collections::{BTreeMap, HashMap};
use std::sync::Arc;
use std::time::Duration;

use galapagos_crds::{EvolutionJob, WorkerPool};
use jiff::Timestamp;
use kube::ResourceExt;
use kube::runtime::reflector::ObjectRef;

use super::children::slots;
use super::{queue, validate};
use crate::believed;
use crate::memory::{Findings, Memory};
use crate::origin::Edition;
use crate::plan::{self, Share, StabilizationWindow};
use crate::progress::{Hub, SILENCE};
use crate::runtime::ids::Uid;
use crate::watches::Caches;

/// Plans the pool. Jobs that are admitted stay so from now on. With it come the jobs whose share is not
/// what the last plan gave them.
pub fn plan(
    pool: &WorkerPool,
    remembered: &Memory,
    caches: &Caches,
    hub: &Hub,
) -> (BTreeMap<Uid, Share>, Vec<ObjectRef<EvolutionJob>>) {
    let mut jobs = jobs_of(pool, caches, &remembered.findings);
    let replicas = replicas(pool, caches);
    let budget = budget(pool);
    // One at a time: two plans over half of each other's places would give too many.
    let mut memory = remembered.budget.all();
    // The runtime's clock, which tests can turn.
    let now = tokio::time::Instant::now().into_std();
    let edition = Edition::of(pool);
    jobs.retain(|(uid, _)| memory.get(uid).is_none_or(|of_it| of_it.set_back(&edition, now).is_none()));
    let delay = Duration::from_secs(pool.spec.scale_down_delay_seconds.into());
    let mut inputs: Vec<plan::Job> = jobs
        .iter()
        .map(|(uid, job)| {
            let of_it = memory.entry(uid.clone()).or_default();
            let seen = hub.latest(uid).filter(|s| now.saturating_duration_since(s.at) < SILENCE);
            let shown = replicas.get(uid).copied().unwrap_or(0);
            plan::Job {
                priority: job.spec.priority,
                created: job.metadata.creation_timestamp.as_ref().map_or(Timestamp::UNIX_EPOCH, |t| t.0),
                admitted: of_it.has_place || believed::has_place(job.status.as_ref()),
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
                uid: uid.clone(),
            }
        })
        .collect();
    for input in &mut inputs {
        let window = memory.entry(input.uid.clone()).or_default().window.get_or_insert_with(|| {
            // A new leader does not know what was wanted before: what is there was.
            let mut window = StabilizationWindow::new();
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
    for (uid, job) in &jobs {
        let Some(share) = plan.get(uid) else { continue };
        let of_it = memory.entry(uid.clone()).or_default();
        // A place in a pool that cannot be used is none: once it can, priorities decide anew.
        of_it.has_place = share.admitted && (usable || believed::has_place(job.status.as_ref()));
        if of_it.share.replace(*share).map(heeded) != Some(heeded(*share)) {
            changed.push(ObjectRef::from_obj(&**job));
        }
    }
    (plan, changed)
}

/// What a job is woken for. Places move with every job that ends; if each told all that wait, writes would grow with the
/// square of the queue: those that are not at its head are looked after by [`super::queue`].
fn heeded(share: Share) -> impl PartialEq {
    let position = share.queue_position.map(|position| position.min(queue::HEAD + 1));
    (share.admitted, position, share.workers)
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

/// The jobs that want to be admitted to the pool.
fn jobs_of(pool: &WorkerPool, caches: &Caches, findings: &Findings) -> Vec<(Uid, Arc<EvolutionJob>)> {
    let (namespace, name) = (pool.namespace(), pool.name_any());
    let jobs = caches.jobs.state_filter(|job: &EvolutionJob| {
        job.namespace() == namespace
            && job.spec.worker_pool_name == name
            && job.spec.managed_by == galapagos_crds::job::MANAGED_BY
            && job.metadata.deletion_timestamp.is_none()
            && !believed::is_over(job)
            && job.spec.suspend != Some(true)
            // A job that cannot start must not take the place of one that can.
            && (believed::has_place(job.status.as_ref()) || validate::manifest(findings, job).is_ok())
    });
    jobs.into_iter().filter_map(|job| Some((Uid::of(&job.metadata)?, job))).collect()
}

/// Replicas of workers by UID of the job.
fn replicas(pool: &WorkerPool, caches: &Caches) -> HashMap<Uid, u32> {
    let of_pool = caches.workers.state_filter(|d: &k8s_openapi::api::apps::v1::Deployment| {
        d.namespace() == pool.namespace() && d.labels().get(crate::labels::POOL) == Some(&pool.name_any())
    });
    let replicas = of_pool.iter().filter_map(|d| {
        let uid = Uid::new(d.labels().get(crate::labels::JOB_UID)?)?;
        Some((uid, d.spec.as_ref()?.replicas.unwrap_or(1).try_into().unwrap_or(0)))
    });
    replicas.collect()
}
