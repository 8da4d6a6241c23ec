//! The controller of EvolutionJobs.
//!
//! [`reconcile`] is the list of its steps. Pure: [`validate`](mod@validate), [`decide`](mod@decide), [`events`], [`ending`], [`pod_state`],
//! [`children`], [`status`]. With the client: [`apply`](mod@apply), [`report`](mod@report). What is read comes from the caches ([`observe`](mod@observe)).

pub mod apply;
pub mod budget;
pub mod children;
pub mod decide;
pub mod ending;
pub mod events;
pub mod observe;
pub mod pod_state;
pub mod queue;
pub mod refusals;
pub mod refused_pods;
pub mod report;
pub mod rivals;
pub mod site;
pub mod status;
pub mod stream;
pub mod validate;
pub mod worker_trouble;

#[cfg(test)]
mod tests;

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::{Duration, Instant};

use galapagos_crds::conditions::{ReconcilingReason, condition};
use galapagos_crds::status::Phase;
use galapagos_crds::{EvolutionJob, WorkerPool};
use k8s_openapi::apimachinery::pkg::apis::meta::v1::Condition;
use kube::ResourceExt;
use kube::runtime::controller::Action;
use kube::runtime::reflector::ObjectRef;

use crate::context::Context;
use crate::plan::Share;
use crate::runtime::kube_io::WriteError;
use apply::Obstacle;
use decide::{Inputs, decide};
use observe::observe;
use status::{Situation, believed};

/// Everything is looked at again after this time, whatever the watches say.
const RESYNC: Duration = Duration::from_secs(600);
/// A name that is going away is asked for again.
const LEAVING: Duration = Duration::from_secs(1);
/// What a person has to put right is tried again.
const STALLED: Duration = Duration::from_secs(15);

/// A pool is judged within milliseconds; should that be lost, it is looked at again after this time.
const JUDGED: Duration = Duration::from_secs(2);

/// Longest wait of a job for the verdict on its pool.
const VERDICT: Duration = Duration::from_secs(10);

/// Why a reconcile has to be repeated.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// A write failed.
    #[error(transparent)]
    Write(#[from] WriteError),
    /// A child could not be made.
    #[error(transparent)]
    Apply(Obstacle),
}

/// Brings one job nearer to what its manifest says.
///
/// # Errors
/// [`Error`]: it is repeated with the back-off of this object.
pub async fn reconcile(job: Arc<EvolutionJob>, ctx: Arc<Context>) -> Result<Action, Error> {
    let uid = job.uid().unwrap_or_default();
    if !is_ours(&job) {
        return Ok(Action::await_change());
    }
    // From the caches; pods of workers that are missing are asked for.
    let mut observed = observe(job, &ctx.caches, ctx.hub.latest(&uid));
    if let Some(wait) = rivals::left_to_another(&ctx, &observed) {
        return Ok(Action::requeue(wait));
    }
    observed.trouble = worker_trouble::of(&ctx.pending, ctx.io.client(), &observed).await;
    let unjudged = observed.pool.as_deref().filter(|pool| validate::will_be_judged(pool));
    if unjudged.is_some_and(|pool| is_new(&observed) && waits_for_verdict(&ctx, &uid, pool)) {
        return Ok(Action::requeue(JUDGED));
    }
    let problem = ctx.budget.findings.validate(&observed.job, observed.pool.as_deref()).err();
    let share = share(&ctx, &observed, &uid);
    let (now, clock) = (ctx.clock.now(), Instant::now());
    observed.refused = refused_pods::of(&ctx.refused_pods, ctx.io.client(), &observed, now).await;
    let pool = observed.pool.as_deref();
    let in_vain = is_in_vain(&observed.job);
    let wait = || pool.is_some_and(|pool| others_wait(&ctx, pool));
    let overstayed = ctx.budget.overstays(&uid, in_vain, wait, clock);
    let set_back = pool.and_then(|pool| ctx.budget.is_set_back(&uid, pool, clock));
    let origin = |number| observed.pool.as_deref().map(|pool| site::origin(pool, &ctx.settings, number));
    let inputs = Inputs {
        observed: &observed,
        problem: problem.as_ref(),
        share: &share,
        origin: &origin,
        overstayed,
        set_back,
        now,
        clock,
    };
    let mut decision = decide(&inputs);

    // With the client. Numbers of attempts first, so that none is used twice.
    let mut recorded = observed.job.clone();
    if report::is_new_attempt(&observed.job, &decision) {
        recorded = report::write(&ctx, &observed, &recorded, &decision, now).await?;
    }
    let mut again = decision.recheck.map_or(RESYNC, |recheck| recheck.min(RESYNC));
    let (wanted, ready) = observed.replicas();
    if ready < wanted {
        again = again.min(worker_trouble::FRESH);
    }
    again = refused_pods::until_asked_again(&observed, now).map_or(again, |wait| wait.min(again));
    match apply::apply(&ctx, &observed, &decision.children).await {
        Ok(()) => {}
        Err(Obstacle::Stalled { reason, message }) => {
            // What runs goes on; only what it lacks is told.
            let phase = match decision.situation.phase() {
                Phase::Running => Phase::Running,
                _ => Phase::Preparing,
            };
            decision.situation = Situation::Stalled { reason, message, phase };
            again = again.min(STALLED);
        }
        Err(Obstacle::Leaving(what)) => {
            tracing::debug!(job = %observed.job.name_any(), what, "waits until it is gone");
            again = again.min(LEAVING);
        }
        Err(Obstacle::Write(WriteError::NamespaceEnding | WriteError::NotLeader)) => {
            return Ok(Action::await_change());
        }
        Err(other) => return Err(Error::Apply(other)),
    }
    stream::follow(&ctx, &observed, &decision);
    let gives_back = overstayed && decision.situation.phase() == Phase::Pending;
    let wait = report::report(&ctx, &observed, recorded, &decision, now).await?;
    if let Some(pool) = observed.pool.as_deref().filter(|_| gives_back) {
        ctx.budget.set_back(&uid, pool, clock);
        replan(&ctx, pool);
        again = again.min(JUDGED);
    }
    if in_vain {
        again = again.min(STALLED);
    }
    if observed.lives.iter().any(|life| life.goes_on(now)) {
        again = again.min(status::COST);
    }
    ctx.backoff.succeeded(&uid);
    Ok(Action::requeue(wait.map_or(again, |wait| wait.min(again))))
}

/// Whether this operator runs the job.
fn is_ours(job: &EvolutionJob) -> bool {
    job.spec.managed_by == galapagos_crds::job::MANAGED_BY && job.metadata.deletion_timestamp.is_none()
}

/// Whether the job has a place and its pod is refused or fits nowhere.
fn is_in_vain(job: &EvolutionJob) -> bool {
    let Some(status) = &job.status else { return false };
    let unmade =
        |c: &Condition| c.type_ == condition::STALLED && c.status == "True" && decide::is_in_vain(&c.reason);
    believed::phase(status) == Some(Phase::Preparing) && status.conditions.iter().any(unmade)
}

/// Whether jobs wait for a place in the pool.
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

/// Whether the job waits to be let in, with nothing to tell.
fn is_new(observed: &observe::Observed) -> bool {
    let job = &observed.job;
    !decide::has_place(job.status.as_ref()) && !decide::is_over(job) && job.spec.suspend != Some(true)
}

/// The pool's own reconcile comes first, and its verdict wakes the job. One that does not come, since the pool cannot be
/// reconciled or a watch did not tell, is not waited for.
fn waits_for_verdict(ctx: &Context, uid: &str, pool: &WorkerPool) -> bool {
    let generation = pool.metadata.generation.unwrap_or_default();
    let what = format!("verdict on {} {generation}", pool.uid().unwrap_or_default());
    match ctx.recent.last(uid, &what) {
        Some(since) => since.elapsed() < VERDICT,
        None => {
            ctx.recent.note(uid, &what);
            true
        }
    }
}

/// What the plan gives to the job. Others whose share changes by it are looked at as well.
fn share(ctx: &Context, observed: &observe::Observed, uid: &str) -> Share {
    let status = observed.job.status.as_ref();
    if decide::is_over(&observed.job) || observed.job.spec.suspend == Some(true) {
        ctx.budget.forget(uid);
    }
    let Some(pool) = &observed.pool else {
        // Without a pool what runs goes on with what it has.
        let workers = observed.replicas().0;
        return Share { admitted: decide::has_place(status), queue_position: None, wanted: workers, workers };
    };
    plan(ctx, pool, Some(&observed.job)).get(uid).copied().unwrap_or_default()
}

/// Plans a pool anew and has the jobs looked at whose share changes.
pub fn replan(ctx: &Context, pool: &WorkerPool) {
    plan(ctx, pool, None);
}

fn plan(ctx: &Context, pool: &WorkerPool, asking: Option<&EvolutionJob>) -> BTreeMap<String, Share> {
    let (plan, changed) = ctx.budget.plan(pool, &ctx.caches, &ctx.hub);
    let asking = asking.map(ObjectRef::from_obj);
    for job in changed.into_iter().filter(|job| Some(job) != asking.as_ref()) {
        ctx.triggers.jobs.send(job);
    }
    plan
}
