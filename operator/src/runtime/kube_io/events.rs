//! Events: sent once, counted when they repeat.
//!
//! Of core/v1, not of `events.k8s.io`: `kubectl describe` sorts by `lastTimestamp` alone, which the other group refuses
//! in a new event. Both are one object, with the times of both.
//!
//! Not kube's Recorder: it writes past the fence, takes two different notes for the same event, and names events by
//! the clock, so that an operator that crashed after sending sends again. Here an event's name follows from what it
//! says, and the server refuses the second one.

use http::Method;
use jiff::Timestamp;
use k8s_openapi::api::core::v1::ObjectReference;
use kube::runtime::events::EventType;
use serde_json::{Value, json};
use tracing::{debug, warn};

use super::write::{Failure, Target, request};
use super::{Kind, KubeIo, WriteError};
use crate::runtime::ids::Namespace;
use crate::runtime::metrics::{Verb, WriteOutcome};

/// Longest note, in bytes: the server refuses more where an event has a time in microseconds.
pub const MAX_NOTE: usize = 1024;
impl KubeIo {
    /// Sends an event about an object. Never fails: an event that cannot be sent is logged. One event for each
    /// (object, type, reason, action, note); `action` is what was done or tried, in CamelCase. Notes longer than
    /// [`MAX_NOTE`] are cut.
    pub async fn event(
        &self,
        about: &ObjectReference,
        type_: EventType,
        reason: &'static str,
        action: &str,
        note: &str,
    ) {
        self.inner.metrics.event(reason);
        let note = cut(note);
        let namespace = about.namespace.as_deref().and_then(Namespace::new).unwrap_or_else(Namespace::usual);
        let object = about.name.as_deref().unwrap_or_default();
        let name = event_name(about, type_, reason, action, note);
        let target = Target { verb: Verb::Event, kind: Kind::Event, namespace: &namespace, name: &name };
        let count = self.inner.event_counts.count(&name);
        let sent = if count == 1 {
            match self.post(target, about, type_, reason, action, note).await {
                // sent by this operator's life before
                Err(Failure::Exists) => self.repeat(target, 2).await,
                other => other,
            }
        } else {
            match self.repeat(target, count).await {
                // the server forgot it earlier than we did
                Err(Failure::Other(WriteError::NotFound { .. })) => {
                    self.post(target, about, type_, reason, action, note).await
                }
                other => other,
            }
        };
        let counted = match sent {
            Ok(_) => (Ok(()), WriteOutcome::Done),
            Err(failure) => failure.counted(),
        };
        if let Err(error) = self.count(target, counted) {
            self.inner.event_counts.forget(&name);
            let namespace = namespace.as_str();
            match error {
                WriteError::NotLeader | WriteError::NamespaceEnding => {
                    debug!(namespace, object, reason, %error, "event not sent");
                }
                error => warn!(namespace, object, reason, note, %error, "event not sent"),
            }
        }
    }

    async fn post(
        &self,
        target: Target<'_>,
        about: &ObjectReference,
        type_: EventType,
        reason: &'static str,
        action: &str,
        note: &str,
    ) -> Result<Value, Failure> {
        let (now, manager) = (Timestamp::now(), self.inner.manager);
        let body = json!({
            "apiVersion": "v1",
            "kind": "Event",
            "metadata": {"name": target.name, "namespace": target.namespace},
            "eventTime": micro_time(now),
            "firstTimestamp": time(now),
            "lastTimestamp": time(now),
            "count": 1,
            "type": type_name(type_),
            "reason": reason,
            "action": action,
            "message": note,
            "involvedObject": about,
            "source": {"component": manager},
            "reportingComponent": manager,
            "reportingInstance": self.inner.event_counts.instance,
        });
        let path = format!("{}?fieldManager={manager}", Kind::Event.path(target.namespace));
        self.send(target, request(Method::POST, &path, "application/json", &body).map_err(Failure::Other)?)
            .await
    }

    async fn repeat(&self, target: Target<'_>, count: i32) -> Result<Value, Failure> {
        let now = Timestamp::now();
        let body = json!({
            "lastTimestamp": time(now),
            "count": count,
            "series": {"count": count, "lastObservedTime": micro_time(now)},
        });
        let Target { namespace, name, .. } = target;
        let path = format!("{}/{name}?fieldManager={}", Kind::Event.path(namespace), self.inner.manager);
        let request =
            request(Method::PATCH, &path, "application/merge-patch+json", &body).map_err(Failure::Other)?;
        self.send(target, request).await
    }
}

/// The same for the same event, whichever life of the operator sends it.
fn event_name(
    about: &ObjectReference,
    type_: EventType,
    reason: &'static str,
    action: &str,
    note: &str,
) -> String {
    let mut hasher = blake3::Hasher::new();
    for part in [about.uid.as_deref().unwrap_or_default(), type_name(type_), reason, action, note] {
        hasher.update(&(part.len() as u64).to_le_bytes());
        hasher.update(part.as_bytes());
    }
    let hash = hasher.finalize().to_hex();
    format!("{}.{}", about.name.as_deref().unwrap_or("object"), &hash[..16])
}

const fn type_name(type_: EventType) -> &'static str {
    match type_ {
        EventType::Normal => "Normal",
        EventType::Warning => "Warning",
    }
}

fn cut(note: &str) -> &str {
    &note[..note.floor_char_boundary(MAX_NOTE)]
}

/// The server wants exactly six digits.
fn micro_time(at: Timestamp) -> String {
    format!("{at:.6}")
}

/// A time of the older fields, which know seconds alone.
fn time(at: Timestamp) -> String {
    format!("{at:.0}")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_note_is_cut_between_characters() {
        let note = "é".repeat(600);
        assert_eq!(cut(&note).len(), 1024);
        assert_eq!(cut(&format!("x{note}")).len(), 1023);
        assert_eq!(cut("short"), "short");
    }

    #[test]
    fn times_have_six_digits_or_none() {
        let at: Timestamp = "2026-01-01T00:00:00.9999999Z".parse().unwrap();
        assert_eq!(micro_time(at), "2026-01-01T00:00:00.999999Z");
        assert_eq!(time(at), "2026-01-01T00:00:00Z");
    }
}
