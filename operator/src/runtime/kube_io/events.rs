//! Events: told once, counted when they repeat.
//!
//! Of core/v1, not of `events.k8s.io`: `kubectl describe` sorts by `lastTimestamp` alone, which the other group refuses
//! in a new event. Both are one object, with the times of both.
//!
//! Not kube's Recorder: it writes past the fence, takes two different notes for the same event, and names events by
//! the clock, so that an operator that crashed after telling tells again. Here an event's name follows from what it
//! says, and the server refuses the second one.

use std::collections::HashMap;
use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use galapagos_crds::conditions::EventReason;
use http::Method;
use jiff::Timestamp;
use k8s_openapi::api::core::v1::ObjectReference;
use kube::runtime::events::EventType;
use serde_json::{Value, json};
use tokio::time::Instant;
use tracing::{debug, warn};

use super::write::{Failure, Target, request};
use super::{FIELD_MANAGER, Kind, KubeIo, WriteError};
use crate::metrics::{Verb, WriteOutcome};

/// Longest note, in bytes: the server refuses more where an event has a time in microseconds.
pub const MAX_NOTE: usize = 1024;
/// Repetitions are counted on the first event for so long; the server keeps an event for an hour.
const REMEMBERED: Duration = Duration::from_secs(50 * 60);
/// Events in memory; beyond it the oldest are forgotten.
const MOST: usize = 10_000;

/// The events that this process told lately.
pub(super) struct Told {
    instance: String,
    events: Mutex<HashMap<String, Series>>,
}

#[derive(Clone, Copy)]
struct Series {
    count: i32,
    first: Instant,
}

impl Told {
    pub(super) fn new() -> Told {
        let host = std::env::var("HOSTNAME").ok().filter(|host| !host.is_empty() && host.len() <= 128);
        Told { instance: host.unwrap_or_else(|| FIELD_MANAGER.to_owned()), events: Mutex::default() }
    }

    /// How often the event of that name has been told, this time included.
    fn count(&self, name: &str) -> i32 {
        let now = Instant::now();
        let mut events = self.events.lock().unwrap_or_else(PoisonError::into_inner);
        if events.len() >= MOST {
            events.retain(|_, series| now.duration_since(series.first) < REMEMBERED);
        }
        if events.len() >= MOST {
            events.clear();
        }
        let series = events.entry(name.to_owned()).or_insert(Series { count: 0, first: now });
        if now.duration_since(series.first) >= REMEMBERED {
            *series = Series { count: 0, first: now };
        }
        series.count = series.count.saturating_add(1);
        series.count
    }

    fn forget(&self, name: &str) {
        self.events.lock().unwrap_or_else(PoisonError::into_inner).remove(name);
    }
}

impl KubeIo {
    /// Tells an event about an object. Never fails: an event that cannot be told is logged. One event for each
    /// (object, type, reason, action, note); `action` is what was done or tried, in CamelCase. Notes longer than
    /// [`MAX_NOTE`] are cut.
    pub async fn event(
        &self,
        about: &ObjectReference,
        type_: EventType,
        reason: EventReason,
        action: &str,
        note: &str,
    ) {
        self.inner.metrics.event(reason);
        let note = cut(note);
        let namespace = about.namespace.as_deref().unwrap_or("default");
        let object = about.name.as_deref().unwrap_or_default();
        let name = event_name(about, type_, reason, action, note);
        let target = Target { verb: Verb::Event, kind: Kind::Event, namespace, name: &name };
        let count = self.inner.told.count(&name);
        let told = if count == 1 {
            match self.tell(target, about, type_, reason, action, note).await {
                // told by this operator's life before
                Err(Failure::Exists) => self.repeat(target, 2).await,
                other => other,
            }
        } else {
            match self.repeat(target, count).await {
                // the server forgot it earlier than we did
                Err(Failure::Other(WriteError::NotFound { .. })) => {
                    self.tell(target, about, type_, reason, action, note).await
                }
                other => other,
            }
        };
        let counted = match told {
            Ok(_) => (Ok(()), WriteOutcome::Done),
            Err(failure) => failure.counted(),
        };
        if let Err(error) = self.count(target, counted) {
            self.inner.told.forget(&name);
            match error {
                WriteError::NotLeader | WriteError::NamespaceEnding => {
                    debug!(namespace, object, reason = reason.as_str(), %error, "event not told");
                }
                error => warn!(namespace, object, reason = reason.as_str(), note, %error, "event not told"),
            }
        }
    }

    async fn tell(
        &self,
        target: Target<'_>,
        about: &ObjectReference,
        type_: EventType,
        reason: EventReason,
        action: &str,
        note: &str,
    ) -> Result<Value, Failure> {
        let now = Timestamp::now();
        let body = json!({
            "apiVersion": "v1",
            "kind": "Event",
            "metadata": {"name": target.name, "namespace": target.namespace},
            "eventTime": micro_time(now),
            "firstTimestamp": time(now),
            "lastTimestamp": time(now),
            "count": 1,
            "type": type_name(type_),
            "reason": reason.as_str(),
            "action": action,
            "message": note,
            "involvedObject": about,
            "source": {"component": FIELD_MANAGER},
            "reportingComponent": FIELD_MANAGER,
            "reportingInstance": self.inner.told.instance,
        });
        let path = format!("{}?fieldManager={FIELD_MANAGER}", Kind::Event.path(target.namespace));
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
        let path =
            format!("{}/{}?fieldManager={FIELD_MANAGER}", Kind::Event.path(target.namespace), target.name);
        let request =
            request(Method::PATCH, &path, "application/merge-patch+json", &body).map_err(Failure::Other)?;
        self.send(target, request).await
    }
}

/// The same for the same event, whichever life of the operator tells it.
fn event_name(
    about: &ObjectReference,
    type_: EventType,
    reason: EventReason,
    action: &str,
    note: &str,
) -> String {
    let mut hasher = blake3::Hasher::new();
    for part in [about.uid.as_deref().unwrap_or_default(), type_name(type_), reason.as_str(), action, note] {
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
