//! Events are told beside reconciling, in the order in which they happened: nobody waits for them.

use std::sync::Arc;

use galapagos_crds::conditions::EventReason;
use k8s_openapi::api::core::v1::ObjectReference;
use kube::runtime::events::EventType;
use tokio::sync::{mpsc, watch};

use crate::kube_io::KubeIo;

/// What was done when an event happened: the field `action` of all of them.
const ACTION: &str = "Reconcile";

struct Telling {
    about: ObjectReference,
    type_: EventType,
    reason: EventReason,
    note: String,
}

/// Takes events in. Clones are the same.
#[derive(Clone)]
pub struct Teller {
    events: mpsc::UnboundedSender<Telling>,
    /// Events that are not told yet.
    left: Arc<watch::Sender<usize>>,
}

impl Teller {
    /// The way in, and the task that tells what comes in until all ways in are dropped.
    pub fn new(io: KubeIo) -> (Teller, impl Future<Output = ()> + Send) {
        let (sender, mut events) = mpsc::unbounded_channel::<Telling>();
        let left = Arc::new(watch::Sender::new(0));
        let teller = Teller { events: sender, left: Arc::clone(&left) };
        let telling = async move {
            while let Some(Telling { about, type_, reason, note }) = events.recv().await {
                io.event(&about, type_, reason, ACTION, &note).await;
                left.send_modify(|left| *left -= 1);
            }
        };
        (teller, telling)
    }

    /// Tells an event. One that comes when this replica does not lead any more is not told.
    pub fn tell(&self, about: ObjectReference, type_: EventType, reason: EventReason, note: String) {
        self.left.send_modify(|left| *left += 1);
        let _ = self.events.send(Telling { about, type_, reason, note });
    }

    /// Returns when every event that was handed in is told.
    pub async fn all_told(&self) {
        let _ = self.left.subscribe().wait_for(|&left| left == 0).await;
    }
}
