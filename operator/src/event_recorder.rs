//! Events are recorded beside reconciling, in the order in which they happened: nobody waits for them.

use std::collections::HashMap;
use std::sync::Arc;

use galapagos_crds::conditions::EventReason;
use k8s_openapi::api::core::v1::ObjectReference;
use kube::runtime::events::EventType;
use tokio::sync::{mpsc, watch};

use crate::runtime::ids::Uid;
use crate::runtime::kube_io::{KubeIo, MAX_NOTE};
use crate::runtime::metrics::Metrics;

/// What was done when an event happened: the field `action` of all of them.
const ACTION: &str = "Reconcile";

/// Events that may wait to be recorded: more would only be recorded long after they mattered.
const MOST: usize = 1000;
/// Those of one object among them: what one job stirs up must not push out what happens to others.
const MOST_OF_ONE: usize = 50;

struct QueuedEvent {
    about: ObjectReference,
    type_: EventType,
    reason: EventReason,
    note: String,
}

/// Takes events in. Clones are the same.
#[derive(Clone)]
pub struct EventRecorder {
    events: mpsc::Sender<QueuedEvent>,
    /// Events that are not recorded yet, by the UID of their object, which may be gone by then: what is left goes with the
    /// recording and not with the object.
    left: Arc<watch::Sender<HashMap<Option<Uid>, usize>>>,
    metrics: Metrics,
}

impl EventRecorder {
    /// The way in, and the task that records what comes in until all ways in are dropped.
    pub fn new(io: KubeIo, metrics: Metrics) -> (EventRecorder, impl Future<Output = ()> + Send) {
        let (sender, mut events) = mpsc::channel::<QueuedEvent>(MOST);
        let left = Arc::new(watch::Sender::new(HashMap::new()));
        let recorder = EventRecorder { events: sender, left: Arc::clone(&left), metrics };
        let recording = async move {
            while let Some(QueuedEvent { about, type_, reason, note }) = events.recv().await {
                io.event(&about, type_, reason.as_str(), ACTION, &note).await;
                left.send_modify(|left| recorded(left, &uid(&about)));
            }
        };
        (recorder, recording)
    }

    /// Records an event. One that comes when this replica does not lead any more is not recorded, and neither is one for which
    /// there is no room: it is counted.
    pub fn record(&self, about: ObjectReference, type_: EventType, reason: EventReason, mut note: String) {
        note.truncate(note.floor_char_boundary(MAX_NOTE));
        let uid = uid(&about);
        let mut taken = false;
        // The check and the sending are one step: two reconciles of one object cannot both take its last place.
        self.left.send_modify(|left| {
            let of_it = left.get(&uid).copied().unwrap_or(0);
            if of_it < MOST_OF_ONE {
                taken = self.events.try_send(QueuedEvent { about, type_, reason, note }).is_ok();
            }
            if taken {
                left.insert(uid, of_it + 1);
            }
        });
        if !taken {
            self.metrics.event_dropped();
        }
    }

    /// Events that wait to be recorded.
    pub fn waiting(&self) -> usize {
        self.left.borrow().values().sum()
    }

    /// Returns when every event that was handed in is recorded.
    pub async fn all_recorded(&self) {
        let _ = self.left.subscribe().wait_for(HashMap::is_empty).await;
    }
}

fn uid(about: &ObjectReference) -> Option<Uid> {
    about.uid.as_deref().and_then(Uid::new)
}

/// One less of that object; what has none left is forgotten.
fn recorded(left: &mut HashMap<Option<Uid>, usize>, uid: &Option<Uid>) {
    if let Some(of_it) = left.get_mut(uid) {
        *of_it -= 1;
        if *of_it == 0 {
            left.remove(uid);
        }
    }
}

#[cfg(test)]
mod tests {
    use http::{Request, Response};
    use kube::Client;
    use kube::client::Body;
    use tower::service_fn;

    use super::*;
    use crate::metrics::Metrics;
    use crate::names::OPERATOR;
    use crate::runtime::leader::Fence;

    fn recorder() -> (EventRecorder, impl Future<Output = ()> + Send, Arc<Metrics>) {
        let refuse = service_fn(|_: Request<Body>| async {
            Ok::<_, std::convert::Infallible>(Response::builder().status(403).body(Body::empty()).unwrap())
        });
        let metrics = Arc::new(Metrics::new());
        let io = KubeIo::new(Client::new(refuse, "n"), OPERATOR, Fence::open(), metrics.runtime.clone());
        let (recorder, recording) = EventRecorder::new(io, metrics.runtime.clone());
        (recorder, recording, metrics)
    }

    fn record(recorder: &EventRecorder, uid: &str, note: String) {
        let about = ObjectReference { uid: Some(uid.to_owned()), ..ObjectReference::default() };
        recorder.record(about, EventType::Warning, EventReason::CheckpointFallback, note);
    }

    fn dropped(metrics: &Metrics) -> String {
        let text = metrics.text().unwrap();
        let line = text.lines().find(|l| l.starts_with("galapagos_operator_events_dropped_total "));
        line.unwrap().rsplit(' ').next().unwrap().to_owned()
    }

    #[tokio::test]
    async fn events_of_one_object_beyond_its_share_are_dropped_and_counted_and_others_are_told() {
        let (recorder, recording, metrics) = recorder();
        for i in 0..600_000 {
            record(&recorder, "loud", format!("{i}"));
        }
        record(&recorder, "quiet", "one".into());
        assert_eq!(recorder.waiting(), MOST_OF_ONE + 1);
        assert_eq!(dropped(&metrics), (600_000 - MOST_OF_ONE).to_string());
        let mut recording = std::pin::pin!(recording);
        tokio::select! {
            () = recorder.all_recorded() => {}
            () = &mut recording => panic!("it ends with its ways in"),
        }
        assert_eq!(recorder.waiting(), 0);
        record(&recorder, "loud", "again".into());
        assert_eq!(recorder.waiting(), 1);
    }

    #[tokio::test]
    async fn no_more_events_wait_than_there_is_room_for() {
        let (recorder, _telling, metrics) = recorder();
        for i in 0..MOST + 7 {
            record(&recorder, &i.to_string(), "x".repeat(10_000));
        }
        assert_eq!((recorder.waiting(), dropped(&metrics)), (MOST, "7".to_owned()));
    }
}
