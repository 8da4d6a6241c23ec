//! Writes what is known of a job into its status, as seldom as possible and as soon as needed, and tells its events.

use std::sync::Arc;
use std::time::Duration;

use galapagos_crds::EvolutionJob;
use galapagos_crds::conditions::EventReason;
use galapagos_crds::status::{EvolutionJobStatus, Phase};
use jiff::Timestamp;
use kube::{Resource, ResourceExt};

use super::decide::{Decision, Workers};
use super::events::{Notice, between, fallbacks};
use super::observe::Observed;
use super::status::{Change, Facts, RemoteWorkers, Situation, build, differs, wait};
use super::{pod_state, site};
use crate::believed;
use crate::context::Context;
use crate::kinds::EVOLUTION_JOB;
use crate::memory::Done;
use crate::progress::SILENCE;
use crate::runtime::ids::{Identity, Uid};
use crate::runtime::kube_io::WriteError;

/// Time between two events about a better individual.
const BEST_EVERY: Duration = Duration::from_secs(60);
/// Damaged checkpoints of one job that this replica tells of.
const MOST_FALLBACKS: usize = 100;

/// Records the number of an attempt that the decision begins, before anything is made under it. Returns the job as it is
/// recorded.
///
/// # Errors
/// The write failed: a conflict if somebody else was faster.
pub async fn record_attempt(
    ctx: &Context,
    observed: &Observed,
    decision: &Decision,
    now: Timestamp,
) -> Result<Arc<EvolutionJob>, WriteError> {
    let job = &observed.job;
    let started = job.status.as_ref().and_then(|s| s.attempts.as_ref()).map_or(0, |a| a.started);
    if decision.attempts.started == started {
        return Ok(Arc::clone(job));
    }
    write_status(ctx, &observed.id, job, status(observed, job, decision, now)).await
}

/// Writes the status if it changed, unless only numbers did and they were written a moment ago. Returns when to look
/// again for what was not written.
///
/// # Errors
/// The write failed.
pub async fn report(
    ctx: &Context,
    observed: &Observed,
    recorded: Arc<EvolutionJob>,
    decision: &Decision,
    now: Timestamp,
) -> Result<Option<Duration>, WriteError> {
    let uid = &observed.id.uid;
    tell_fallbacks(ctx, observed);
    if let Some(wait) = not_heard_yet(ctx, observed, &recorded, decision) {
        return Ok(Some(wait));
    }
    let status = status(observed, &recorded, decision, now);
    let change = match differs(recorded.status.as_ref(), &status) {
        // No pod is left to wait for: this is what it has cost.
        Change::CostOnly if !observed.lives.iter().any(|life| life.goes_on(now)) => Change::LiveOnly,
        change => change,
    };
    let running = ctx.caches.jobs.state_filter(is_running).len();
    let last = ctx.memory.recent.last(uid, &Done::Status).map(|at| at.elapsed());
    let position = status.queue_position.and_then(|position| position.try_into().ok());
    match wait(change, last, running, position) {
        None => {}
        Some(Duration::ZERO) => {
            write_status(ctx, &observed.id, &recorded, status).await?;
        }
        Some(later) => return Ok(Some(later)),
    }
    acknowledge(ctx, observed, decision);
    Ok(None)
}

/// An operator that has just begun to lead has heard of no coordinator: what was last told of one that runs stays until
/// it answers, or has had the time to. Returns what is left of that time.
fn not_heard_yet(
    ctx: &Context,
    observed: &Observed,
    recorded: &EvolutionJob,
    decision: &Decision,
) -> Option<Duration> {
    let silent = observed.seen.is_none() && matches!(decision.situation, Situation::Running { .. });
    let left = SILENCE.checked_sub(ctx.since.elapsed())?;
    (silent && is_running(recorded)).then_some(left)
}

async fn write_status(
    ctx: &Context,
    id: &Identity,
    recorded: &EvolutionJob,
    status: EvolutionJobStatus,
) -> Result<Arc<EvolutionJob>, WriteError> {
    let version = recorded.resource_version().unwrap_or_default();
    let written: EvolutionJob = ctx.io.patch_status(EVOLUTION_JOB, &id.key, &version, &status).await?;
    ctx.memory.recent.note(&id.uid, Done::Status);
    let mut old = recorded.status.clone().unwrap_or_default();
    if old.phase != status.phase {
        let from = old.phase.map_or_else(String::new, |p| format!("{p:?}"));
        let to = status.phase.map_or_else(String::new, |p| format!("{p:?}"));
        tracing::info!(namespace = id.namespace(), job = id.name(), from, to, "phase");
    }
    // A phase that somebody else wrote was never reached: nothing is told of it.
    old.phase = believed::phase(&old);
    for notice in between(&old, &status) {
        if notice.reason == EventReason::Completed {
            ctx.metrics.completed(status.validation.as_ref().map(|verdict| verdict.validated));
        }
        tell(ctx, recorded, &id.uid, notice);
    }
    Ok(Arc::new(written))
}

fn tell(ctx: &Context, job: &EvolutionJob, uid: &Uid, notice: Notice) {
    if notice.reason == EventReason::GenerationBest {
        if ctx.memory.recent.last(uid, &Done::Best).is_some_and(|at| at.elapsed() < BEST_EVERY) {
            return;
        }
        ctx.memory.recent.note(uid, Done::Best);
    }
    ctx.events.record(job.object_ref(&()), notice.event_type(), notice.reason, notice.note);
}

/// A damaged checkpoint changes nothing in a status: it is told when a coordinator first reports it.
fn tell_fallbacks(ctx: &Context, observed: &Observed) {
    let Some(seen) = &observed.seen else { return };
    let (recent, uid) = (&ctx.memory.recent, &observed.id.uid);
    for notice in fallbacks(&seen.report) {
        let told = Done::Fallback { epoch: seen.report.epoch, note: notice.note.clone() };
        let is_one = |done: &Done| matches!(done, Done::Fallback { .. });
        // Whoever reports chooses the text and the epoch: what is remembered of them has an end.
        if recent.last(uid, &told).is_none() && recent.count(uid, is_one) < MOST_FALLBACKS {
            recent.note(uid, told);
            tell(ctx, &observed.job, uid, notice);
        }
    }
}

fn is_running(job: &EvolutionJob) -> bool {
    job.status.as_ref().and_then(believed::phase) == Some(Phase::Running)
}

/// The coordinator whose end is recorded may leave.
fn acknowledge(ctx: &Context, observed: &Observed, decision: &Decision) {
    let ended = matches!(decision.situation, Situation::Succeeded { .. } | Situation::Failed { .. });
    if let Some(seen) = observed.seen.as_ref().filter(|s| ended && s.report.r#final.is_some()) {
        ctx.hub.acknowledge(&observed.id.uid, seen.report.sequence);
    }
}

fn status(
    observed: &Observed,
    recorded: &EvolutionJob,
    decision: &Decision,
    now: Timestamp,
) -> EvolutionJobStatus {
    let job = &observed.job;
    let (wanted, ready) = observed.replicas();
    // Only an image that works is kept for all attempts: a wrong one may be corrected.
    let current = u32::try_from(decision.attempts.started).ok().and_then(|n| observed.attempt(n));
    let image = current.filter(|_| decision.situation.is_running()).and_then(|a| site::image_of(&a.job));
    let awaited = current.and_then(|a| pod_state::awaited(&a.job, a.pod.as_deref(), now));
    let begun = decision.attempts.started > 0;
    let facts = Facts {
        generation: job.metadata.generation.unwrap_or_default(),
        situation: decision.situation.clone(),
        awaited,
        generations: decision.generations(observed),
        population: job.spec.population.size,
        report: observed.seen.as_ref().map(|s| &*s.report),
        last_words: decision.words.as_ref(),
        attempts: decision.attempts.clone(),
        workers: RemoteWorkers {
            desired: match decision.children.workers {
                Workers::Keep => wanted,
                Workers::Set(replicas) => replicas,
                Workers::Remove => 0,
            },
            ready,
            trouble: observed.trouble.clone(),
        },
        lives: &observed.lives,
        started: begun.then_some(now),
        ended: None,
        image: image.as_deref(),
        price: observed.pool.as_ref().and_then(|p| p.spec.cost_per_worker_hour),
    };
    build(recorded.status.as_ref(), &facts, now)
}
