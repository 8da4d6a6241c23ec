//! Why Kubernetes makes no pod for an attempt: the controller of Jobs tells it in an event only. Events are not watched:
//! they are asked for, seldom, and only while a pod is missing.

use std::time::Duration;

use jiff::Timestamp;
use k8s_openapi::api::core::v1::Event;
use kube::api::ListParams;
use kube::{Api, Client};

use super::observe::{Attempt, Observed};
use super::{ending, pod_state};
use crate::context::Context;
use crate::runtime::ids::Uid;

/// How long an answer is used.
const FRESH: Duration = Duration::from_secs(10);
/// What was not answered, since there is no event yet or no server, is asked again after this time.
const AGAIN: Duration = Duration::from_secs(15);
/// Events that are looked at. Equal ones are one with a count.
const LOOKED_AT: u32 = 50;

/// Why the current attempt has no pod, if that is known.
pub async fn ask(ctx: &Context, observed: &Observed, now: Timestamp) -> Option<String> {
    let attempt = Uid::of(&missing(observed, now)?.job.metadata)?;
    let (known, id) = (&ctx.memory.refused_pods, &observed.id);
    if let Some((_, said)) = known.recent(&id.uid, FRESH).filter(|(of, _)| *of == attempt) {
        return said;
    }
    let said = asked(ctx.io.client(), id.namespace(), &attempt).await;
    known.note(&id.uid, (attempt, said.clone()));
    said
}

/// The current attempt, if Kubernetes should have made a pod for it by now and has not.
fn missing(observed: &Observed, now: Timestamp) -> Option<&Attempt> {
    let number = observed.job.status.as_ref()?.attempts.as_ref()?.started.try_into().ok()?;
    let attempt = observed.attempt(number).filter(|a| a.pod.is_none())?;
    pod_state::awaited(&attempt.job, None, now)?;
    ending::of_attempt(&attempt.job, None).is_none().then_some(attempt)
}

/// When to ask again why there is no pod, if nothing was answered.
pub fn until_asked_again(observed: &Observed, now: Timestamp) -> Option<Duration> {
    (observed.refused.is_none() && missing(observed, now).is_some()).then_some(AGAIN)
}

/// An API server that does not answer now is asked again later.
async fn asked(client: &Client, namespace: &str, uid: &Uid) -> Option<String> {
    let fields = format!("involvedObject.uid={uid},reason=FailedCreate");
    let found = Api::<Event>::namespaced(client.clone(), namespace)
        .list(&ListParams::default().fields(&fields).limit(LOOKED_AT))
        .await
        .inspect_err(|error| tracing::debug!(namespace, %error, "events cannot be listed"));
    latest(&found.ok()?.items)
}

fn latest(events: &[Event]) -> Option<String> {
    let at = |e: &Event| {
        let last = e.last_timestamp.as_ref().map(|t| t.0);
        last.or(e.event_time.as_ref().map(|t| t.0)).or(e.metadata.creation_timestamp.as_ref().map(|t| t.0))
    };
    let latest = events.iter().max_by_key(|e| at(e))?;
    let text = latest.message.as_deref()?;
    // The name of a pod that was not made tells nobody anything, and it is another each time.
    let text = text.strip_prefix("(combined from similar events): ").unwrap_or(text);
    let why = text.strip_prefix("Error creating: ").unwrap_or(text);
    let why = match why.split_once(" is forbidden: ") {
        Some((before, why)) if before.starts_with("pods ") => why,
        _ => why,
    };
    Some(why.trim_end_matches('.').to_owned()).filter(|why| !why.is_empty())
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use super::*;
    use serde_json::json;

    #[test]
    fn the_latest_refusal_is_told_without_the_name_of_a_pod_that_is_not_there() {
        let event = |at: &str, message: &str| -> Event {
            let body = json!({"metadata": {}, "involvedObject": {}, "lastTimestamp": at, "message": message});
            serde_json::from_value(body).unwrap()
        };
        let old =
            event("2026-01-01T00:00:00Z", "Error creating: pods \"j-1-x\" is forbidden: exceeded quota: few");
        let new = event(
            "2026-01-01T00:01:00Z",
            "Error creating: pods \"j-1-y\" is forbidden: no PriorityClass with name high was found",
        );
        let told = latest(&[new.clone(), old]);
        assert_eq!(told.as_deref(), Some("no PriorityClass with name high was found"));
        let many = format!("(combined from similar events): {}", new.message.unwrap());
        assert_eq!(latest(&[event("2026-01-01T00:02:00Z", &many)]), told);
        assert_eq!(latest(&[]), None);
    }

    #[test]
    fn a_refusal_of_which_nothing_was_heard_is_asked_for_again() {
        let made = "2026-01-01T00:00:00Z";
        let job = json!({
            "apiVersion": "galapagos.dev/v1alpha1", "kind": "EvolutionJob", "metadata": {"name": "j"},
            "spec": {"marketData": {"dataset": "d", "symbols": ["A"], "interval": "1h"},
                     "strategies": [{"name": "ema_crossover"}], "population": {"size": 100}},
            "status": {"attempts": {"started": 1}},
        });
        let attempt = json!({"metadata": {"name": "j-coordinator-1", "creationTimestamp": made}});
        let attempt =
            Attempt { number: 1, job: Arc::new(serde_json::from_value(attempt).unwrap()), pod: None };
        let mut observed = Observed {
            id: crate::runtime::ids::example::identity("n", "j", "u"),
            job: Arc::new(serde_json::from_value(job).unwrap()),
            pool: None,
            attempts: vec![attempt],
            workers: None,
            trouble: None,
            refused: None,
            lives: Vec::new(),
            seen: None,
        };
        let at = |seconds| made.parse::<Timestamp>().unwrap() + Duration::from_secs(seconds);
        assert_eq!(until_asked_again(&observed, at(1)), None, "its pod is about to come");
        assert_eq!(until_asked_again(&observed, at(60)), Some(AGAIN));
        observed.refused = Some("no".to_owned());
        assert_eq!(until_asked_again(&observed, at(60)), None);
        observed.refused = None;
        observed.attempts[0].pod = Some(Default::default());
        assert_eq!(until_asked_again(&observed, at(60)), None);
    }
}
