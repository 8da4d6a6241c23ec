//! A job's place in its pool: what the plan gives it, whether it keeps a place in vain for which others wait, and whether it
//! has to wait until its pool is judged.

use std::collections::BTreeMap;
use std::time::{Duration, Instant};

use galapagos_crds::conditions::{ReconcilingReason, condition};
use galapagos_crds::status::Phase;
use galapagos_crds::{EvolutionJob, WorkerPool};
use k8s_openapi::apimachinery::pkg::apis::meta::v1::Condition;
use kube::ResourceExt;
use kube::runtime::reflector::ObjectRef;

use super::decide::{self, Decision};
use super::observe::Observed;
use super::{budget, validate};
use crate::believed;
use crate::context::Context;
use crate::memory::Done;
use crate::origin::Edition;
use crate::plan::Share;
use crate::runtime::ids::Uid;

/// Longest wait of a job for the verdict on its pool.
const VERDICT: Duration = Duration::from_secs(10);

/// The place of a job.
#[derive(Clone, Debug)]
pub struct Place {
    /// What the plan gives to the job.
    pub share: Share,
    /// Whether it has a place and its pod is refused or fits nowhere.
    pub in_vain: bool,
    /// Whether it has been so for long, and others wait.
    pub overstayed: bool,
    /// How long it gives way to others; none if it is not.
    pub set_back: Option<Duration>,
}

impl Place {
    /// As it is now. Others whose share changes by it are looked at as well.
    pub fn of(ctx: &Context, observed: &Observed, clock: Instant) -> Place {
        let (uid, budget) = (&observed.id.uid, &ctx.memory.budget);
        let share = share(ctx, observed);
        let pool = observed.pool.as_deref();
        let in_vain = is_in_vain(&observed.job);
        let wait = || pool.is_some_and(|pool| others_wait(ctx, pool));
        let overstayed = budget.overstays(uid, in_vain, wait, clock);
        let set_back = pool.and_then(|pool| budget.is_set_back(uid, &Edition::of(pool), clock));
        Place { share, in_vain, overstayed, set_back }
    }

    /// Leaves it to others, if that was decided. Returns whether it was.
    pub fn give_back(&self, ctx: &Context, observed: &Observed, decision: &Decision, clock: Instant) -> bool {
        let gives_back = self.overstayed && decision.situation.phase() == Phase::Pending;
        let Some(pool) = observed.pool.as_deref().filter(|_| gives_back) else { return false };
        ctx.memory.budget.set_back(&observed.id.uid, Edition::of(pool), clock);
        replan(ctx, pool);
        true
    }
}

/// Whether the job is admitted and its pod is refused or fits nowhere.
fn is_in_vain(job: &EvolutionJob) -> bool {
    let Some(status) = &job.status else { return false };
    let unmade =
        |c: &Condition| c.type_ == condition::STALLED && c.status == "True" && decide::is_in_vain(&c.reason);
    believed::phase(status) == Some(Phase::Preparing) && status.conditions.iter().any(unmade)
}

/// Whether jobs wait to be admitted to the pool.
fn others_wait(ctx: &Context, pool: &WorkerPool) -> bool {
    let (namespace, name) = (pool.namespace(), pool.name_any());
    let queued = ReconcilingReason::Queued.as_str();
    let waits = |job: &EvolutionJob| {
        let conditions = job.status.as_ref().map(|s| &*s.conditions).unwrap_or_default();
        job.namespace() == namespace
            && job.spec.worker_pool_name == name
            && conditions.iter().any(|c| c.type_ == condition::RECONCILING && c.reason == queued)
    };
    !ctx.caches.jobs.state_filter(waits).is_empty()
}

/// Whether the job waits to be let in, with nothing to tell, and its pool is still to be judged. The pool's own reconcile
/// comes first, and its verdict wakes the job. One that does not come, since the pool cannot be reconciled or a watch did
/// not tell, is not waited for.
pub fn awaits_verdict(ctx: &Context, observed: &Observed) -> bool {
    let Some(pool) = observed.pool.as_deref().filter(|pool| validate::will_be_judged(pool)) else {
        return false;
    };
    let job = &observed.job;
    let is_new = !believed::has_place(job.status.as_ref())
        && !believed::is_over(job)
        && job.spec.suspend != Some(true);
    let Some(judged) = Uid::of(&pool.metadata).filter(|_| is_new) else { return false };
    let verdict = Done::Verdict { pool: judged, generation: pool.metadata.generation };
    let (recent, uid) = (&ctx.memory.recent, &observed.id.uid);
    match recent.last(uid, &verdict) {
        Some(since) => since.elapsed() < VERDICT,
        None => {
            recent.note(uid, verdict);
            true
        }
    }
}

fn share(ctx: &Context, observed: &Observed) -> Share {
    let (job, uid) = (&observed.job, &observed.id.uid);
    if believed::is_over(job) || job.spec.suspend == Some(true) {
        ctx.memory.budget.forget(uid);
    }
    let Some(pool) = &observed.pool else {
        // Without a pool what runs goes on with what it has.
        let (admitted, workers) = (believed::has_place(job.status.as_ref()), observed.replicas().0);
        return Share { admitted, queue_position: None, wanted: workers, workers };
    };
    plan(ctx, pool, Some(job)).get(uid).copied().unwrap_or_default()
}

/// Plans a pool anew and has the jobs looked at whose share changes.
pub fn replan(ctx: &Context, pool: &WorkerPool) {
    plan(ctx, pool, None);
}

fn plan(ctx: &Context, pool: &WorkerPool, asking: Option<&EvolutionJob>) -> BTreeMap<Uid, Share> {
    let (plan, changed) = budget::plan(pool, &ctx.memory, &ctx.caches, &ctx.hub);
    let asking = asking.map(ObjectRef::from_obj);
    for job in changed.into_iter().filter(|job| Some(job) != asking.as_ref()) {
        ctx.triggers.jobs.send(job);
    }
    plan
}
