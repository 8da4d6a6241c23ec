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
pub mod obstacle;
pub mod place;
pub mod pod_state;
pub mod queue;
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

use std::sync::Arc;
use std::time::{Duration, Instant};

use galapagos_crds::EvolutionJob;
use galapagos_crds::status::Phase;
use jiff::Timestamp;
use kube::runtime::controller::Action;

use crate::context::Context;
use crate::origin::Origin;
use crate::runtime::ids::{Identity, Unidentified};
use crate::runtime::kube_io::WriteError;
use decide::{Decision, Inputs, decide};
use observe::{Observed, observe};
use obstacle::{Obstacle, STALLED};
use place::Place;
use status::Situation;

/// Everything is looked at again after this time, whatever the watches say.
const RESYNC: Duration = Duration::from_secs(600);
/// A name that is going away is asked for again.
const LEAVING: Duration = Duration::from_secs(1);
/// A pool is judged within milliseconds; should that be lost, it is looked at again after this time.
const JUDGED: Duration = Duration::from_secs(2);

/// Why a reconcile has to be repeated.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// The API server gave it no name.
    #[error(transparent)]
    Unidentified(#[from] Unidentified),
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
    if !is_ours(&job) {
        return Ok(Action::await_change());
    }
    let id = Identity::of(&job.metadata)?;
    let seen = ctx.hub.latest(&id.uid);
    let mut observed = observe(id, job, &ctx.caches, seen);
    if let Some(wait) = rivals::left_to_another(&ctx, &observed) {
        return Ok(Action::requeue(wait));
    }
    if place::awaits_verdict(&ctx, &observed) {
        return Ok(Action::requeue(JUDGED));
    }
    let (now, clock) = (ctx.clock.now(), Instant::now());
    ask_what_is_missing(&ctx, &mut observed, now).await;
    let place = Place::of(&ctx, &observed, clock);
    let mut decision = decision(&ctx, &observed, &place, now, clock);
    // Numbers of attempts before their Jobs, so that none is used twice.
    let recorded = report::record_attempt(&ctx, &observed, &decision, now).await?;
    let mut again = until_next_look(&observed, &place, &decision, now);
    match apply::apply(&ctx, &observed, &decision.children).await {
        Ok(()) => {}
        Err(Obstacle::Stalled { reason, message }) => {
            // What runs goes on; only what it lacks is told.
            let is_running = decision.situation.phase() == Phase::Running;
            let phase = if is_running { Phase::Running } else { Phase::Preparing };
            decision.situation = Situation::Stalled { reason, message, phase };
            again = again.min(STALLED);
        }
        Err(Obstacle::Leaving(what)) => {
            tracing::debug!(job = %observed.id.name(), what, "waits until it is gone");
            again = again.min(LEAVING);
        }
        Err(Obstacle::Write(WriteError::NamespaceEnding | WriteError::NotLeader)) => {
            return Ok(Action::await_change());
        }
        Err(other) => return Err(Error::Apply(other)),
    }
    stream::follow(&ctx, &observed, &decision);
    let wait = report::report(&ctx, &observed, recorded, &decision, now).await?;
    if place.give_back(&ctx, &observed, &decision, clock) {
        again = again.min(JUDGED);
    }
    ctx.memory.backoff.succeeded(&observed.id.uid);
    Ok(Action::requeue(wait.map_or(again, |wait| wait.min(again))))
}

/// Whether this operator runs the job.
fn is_ours(job: &EvolutionJob) -> bool {
    job.spec.managed_by == galapagos_crds::job::MANAGED_BY && job.metadata.deletion_timestamp.is_none()
}

/// Asks the server for what no watch tells: why pods of workers, or of the coordinator, are missing.
async fn ask_what_is_missing(ctx: &Context, observed: &mut Observed, now: Timestamp) {
    observed.trouble = worker_trouble::ask(ctx, observed).await;
    observed.refused = refused_pods::ask(ctx, observed, now).await;
}

/// What becomes of the job.
fn decision(ctx: &Context, observed: &Observed, place: &Place, now: Timestamp, clock: Instant) -> Decision {
    let pool = observed.pool.as_deref();
    let problem = validate::validate(&ctx.memory.findings, &observed.job, pool).err();
    decide(&Inputs {
        observed,
        problem: problem.as_ref(),
        share: &place.share,
        origin: &|attempt| pool.map(|pool| Origin::of(pool, &ctx.settings, attempt)),
        overstayed: place.overstayed,
        set_back: place.set_back,
        now,
        clock,
    })
}

/// When to look again though nothing changes, as far as it is known before anything is made.
fn until_next_look(observed: &Observed, place: &Place, decision: &Decision, now: Timestamp) -> Duration {
    let (wanted, ready) = observed.replicas();
    let looks = [
        decision.recheck,
        (ready < wanted).then_some(worker_trouble::FRESH),
        refused_pods::until_asked_again(observed, now),
        place.in_vain.then_some(STALLED),
        observed.lives.iter().any(|life| life.goes_on(now)).then_some(status::COST),
    ];
    looks.into_iter().flatten().fold(RESYNC, Duration::min)
}
