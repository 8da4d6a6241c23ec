//! Jobs that another operator runs.
//!
//! Two operators over the same namespaces are a mistake of an installation, which neither can see: they have different
//! Leases, in different namespaces. Both know the coordinator's Job though, and only one can have made it. It carries the
//! name of that one and of its authority; the other cannot speak to this coordinator, and leaves the job alone as long as
//! somebody reports on it.

use std::collections::HashMap;
use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use galapagos_crds::conditions::EventReason;
use galapagos_crds::{EvolutionJob, EvolutionJobStatus};
use kube::runtime::events::EventType;
use kube::{Resource, ResourceExt};
use tokio::time::Instant;

use super::ending;
use super::observe::{Attempt, Observed};
use crate::annotations;
use crate::certificates::Ca;
use crate::context::Context;
use crate::settings::Settings;

/// An operator of which nothing was seen for so long is gone: its jobs are taken over.
const ALIVE: Duration = Duration::from_secs(60);

/// What the Jobs of this operator carry: its namespace and its authority. One that was moved with its authority is the
/// same; one whose authority was replaced is, too.
pub fn this_operator(settings: &Settings, ca: &Ca) -> String {
    let namespace = settings.own_namespace.as_deref().unwrap_or_default();
    format!("{namespace} {}", &ca.fingerprint()[..16])
}

/// The namespace of the operator that made something, if it is another one.
fn another<'a>(made_by: &'a str, this: &str) -> Option<&'a str> {
    let ((namespace, authority), (ours, our_authority)) = (made_by.split_once(' ')?, this.split_once(' ')?);
    (namespace != ours && authority != our_authority).then_some(namespace)
}

/// The statuses of jobs of others, by UID, and when each was first seen as it is.
#[derive(Debug, Default)]
pub struct Rivals(Mutex<HashMap<String, (EvolutionJobStatus, Instant)>>);

impl Rivals {
    /// Whether somebody changed the status lately. Who has just begun to look waits as long.
    fn reports(&self, uid: &str, status: &EvolutionJobStatus, now: Instant) -> bool {
        let mut known = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let (seen, since) = known.entry(uid.to_owned()).or_insert_with(|| (status.clone(), now));
        if seen != status {
            (*seen, *since) = (status.clone(), now);
        }
        now.saturating_duration_since(*since) < ALIVE
    }

    /// Keeps what is known of jobs that are there.
    pub fn retain(&self, is_there: impl Fn(&str) -> bool) {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).retain(|uid, _| is_there(uid));
    }
}

/// When to look again at a job that is left to another operator; none if it is not. Tells of it, once for each attempt.
pub fn left_to_another(ctx: &Context, observed: &Observed) -> Option<Duration> {
    let job = &*observed.job;
    let (attempt, status) = (current(observed)?, job.status.as_ref()?);
    let made_by = attempt.job.annotations().get(annotations::OPERATOR)?;
    let this = this_operator(&ctx.settings, &ctx.ca);
    let other = another(made_by, &this)?;
    tell(ctx, job, attempt.number, other);
    ctx.rivals.reports(&job.uid()?, status, Instant::now()).then_some(ALIVE)
}

/// The attempt that goes on.
fn current(observed: &Observed) -> Option<&Attempt> {
    let number = observed.job.status.as_ref()?.attempts.as_ref()?.started.try_into().ok()?;
    let attempt = observed.attempt(number).filter(|a| !a.is_leaving())?;
    ending::of(&attempt.job, attempt.pod.as_deref()).is_none().then_some(attempt)
}

fn tell(ctx: &Context, job: &EvolutionJob, attempt: u32, other: &str) {
    let (uid, what) = (job.uid().unwrap_or_default(), format!("rival {attempt}"));
    if ctx.recent.last(&uid, &what).is_some() {
        return;
    }
    ctx.recent.note(&uid, &what);
    let ours = ctx.settings.own_namespace.as_deref().unwrap_or_default();
    let note = format!(
        "attempt {attempt} was started by the operator of namespace {other}; that of namespace {ours} leaves the job alone \
         while its status changes: have one operator for a namespace, and uninstall the other or give each its own namespaces"
    );
    tracing::warn!(
        namespace = job.namespace(),
        job = job.name_any(),
        attempt,
        other,
        "another operator runs this job"
    );
    ctx.events.tell(job.object_ref(&()), EventType::Warning, EventReason::OtherOperator, note);
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn another_operator_has_another_namespace_and_another_authority() {
        assert_eq!(another("a 1", "b 2"), Some("a"));
        assert_eq!(another("a 1", "a 1"), None);
        assert_eq!(another("a 1", "b 1"), None, "it was moved with its authority");
        assert_eq!(another("a 1", "a 2"), None, "its authority was replaced");
        assert_eq!(another("", "a 1"), None);
    }

    #[test]
    fn one_that_reports_is_alive_and_one_that_does_not_is_gone_after_a_minute() {
        let (rivals, now) = (Rivals::default(), Instant::now());
        let status = |generation| EvolutionJobStatus { generation: Some(generation), ..Default::default() };
        let at = |seconds| now + Duration::from_secs(seconds);
        assert!(rivals.reports("a", &status(1), at(0)), "it may just not have been seen yet");
        assert!(rivals.reports("a", &status(1), at(59)));
        assert!(rivals.reports("a", &status(2), at(60)));
        assert!(rivals.reports("a", &status(2), at(119)));
        assert!(!rivals.reports("a", &status(2), at(120)));
        rivals.retain(|_| false);
        assert!(rivals.reports("a", &status(2), at(120)));
    }
}
