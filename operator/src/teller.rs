//! Events are told beside reconciling, in the order in which they happened: nobody waits for them.

use galapagos_crds::conditions::EventReason;
use k8s_openapi::api::core::v1::ObjectReference;
use kube::runtime::events::EventType;
use tokio::sync::mpsc;

use crate::kube_io::KubeIo;

/// What was done when an event happened: the field `action` of all of them.
const ACTION: &str = "Reconcile";

struct Telling {
    about: ObjectReference,
    type_: EventType,
    reason: EventReason,
    note: String,
}

/// Takes events in.
pub struct Teller(mpsc::UnboundedSender<Telling>);

impl Teller {
    /// The way in, and the task that tells what comes in until its way in is dropped.
    pub fn new(io: KubeIo) -> (Teller, impl Future<Output = ()> + Send) {
        let (sender, mut events) = mpsc::unbounded_channel::<Telling>();
        let telling = async move {
            while let Some(Telling { about, type_, reason, note }) = events.recv().await {
                io.event(&about, type_, reason, ACTION, &note).await;
            }
        };
        (Teller(sender), telling)
    }

    /// Tells an event. One that comes when this replica does not lead any more is not told.
    pub fn tell(&self, about: ObjectReference, type_: EventType, reason: EventReason, note: String) {
        let _ = self.0.send(Telling { about, type_, reason, note });
    }
}
