//! Jobs that another operator runs.
//!
//! Two operators over the same namespaces are a mistake of an installation, which neither can see: they have different
//! Leases, in different namespaces. Both know the coordinator's Job though, and only one can have made it. It carries the
//! name of that one and of its authority; the other cannot speak to this coordinator, and leaves the job alone as long as
//! somebody reports on it.

use std::time::Duration;

use galapagos_crds::conditions::EventReason;
use kube::runtime::events::EventType;
use kube::{Resource, ResourceExt};
use tokio::time::Instant;

use super::ending;
use super::observe::{Attempt, Observed};
use crate::annotations;
use crate::context::Context;
use crate::memory::{ALIVE, Done};
use crate::origin::Maker;

/// When to look again at a job that is left to another operator; none if it is not. Tells of it, once for each attempt.
pub fn left_to_another(ctx: &Context, observed: &Observed) -> Option<Duration> {
    let job = &*observed.job;
    let (attempt, status) = (current(observed)?, job.status.as_ref()?);
    let made_by = Maker::read(attempt.job.annotations().get(annotations::OPERATOR)?)?;
    if !made_by.is_another_than(&ctx.maker) {
        return None;
    }
    tell(ctx, observed, attempt.number, &made_by);
    ctx.memory.rivals.reports(&observed.id.uid, status, Instant::now()).then_some(ALIVE)
}

/// The attempt that goes on.
fn current(observed: &Observed) -> Option<&Attempt> {
    let number = observed.job.status.as_ref()?.attempts.as_ref()?.started.try_into().ok()?;
    let attempt = observed.attempt(number).filter(|a| !a.is_leaving())?;
    ending::of_attempt(&attempt.job, attempt.pod.as_deref()).is_none().then_some(attempt)
}

fn tell(ctx: &Context, Observed { id, job, .. }: &Observed, attempt: u32, other: &Maker) {
    let what = Done::Rival(attempt);
    if ctx.memory.recent.last(&id.uid, &what).is_some() {
        return;
    }
    ctx.memory.recent.note(&id.uid, what);
    let (other, ours) = (other.namespace.as_str(), ctx.maker.namespace.as_str());
    let note = format!(
        "attempt {attempt} was started by the operator of namespace {other}; that of namespace {ours} leaves the job alone \
         while its status changes: have one operator for a namespace, and uninstall the other or give each its own namespaces"
    );
    tracing::warn!(
        namespace = id.namespace(),
        job = id.name(),
        attempt,
        other,
        "another operator runs this job"
    );
    ctx.events.record(job.object_ref(&()), EventType::Warning, EventReason::OtherOperator, note);
}
