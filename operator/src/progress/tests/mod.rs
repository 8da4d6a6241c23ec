//! Streams to real servers over mutual TLS on this machine.

mod coordinator;
mod faults;
mod streams;
mod wishes;

use std::net::SocketAddr;
use std::sync::Arc;
use std::time::{Duration, SystemTime};

use galapagos_crds::EvolutionJob;
use galapagos_protocol::progress::{Desired, Final, Report};
use galapagos_protocol::tls::issue::Authority;
use kube::runtime::reflector::ObjectRef;
use tokio::sync::mpsc;

use super::{Hub, Patience, Seen};
use crate::certificates::Ca;
use crate::runtime::ids::Identity;
use crate::runtime::ids::example::{identity, uid};
use crate::runtime::per_object::Memories;
use coordinator::Coordinator;

/// More than anything here takes, unless it hangs.
const LIMIT: Duration = Duration::from_secs(30);

/// A hub, its authority, and what it triggered.
struct Scene {
    hub: Hub,
    memories: Memories,
    authority: Authority,
    triggered: mpsc::UnboundedReceiver<ObjectRef<EvolutionJob>>,
}

impl Scene {
    fn new() -> Scene {
        Scene::with(Patience::default())
    }

    fn with(patience: Patience) -> Scene {
        let authority = Authority::new(SystemTime::now()).unwrap();
        let same = Authority::from_pem(authority.certificate_pem(), authority.key_pem()).unwrap();
        let (triggers, triggered) = mpsc::unbounded_channel();
        let memories = Memories::default();
        let hub = Hub::with_patience(Arc::new(Ca::new(same)), triggers, &memories, patience);
        Scene { hub, memories, authority, triggered }
    }

    async fn coordinator(&self, uid: &str) -> Coordinator {
        Coordinator::start(&self.authority, uid, "127.0.0.1:0").await
    }

    fn watch(&self, uid: &str, address: SocketAddr, generations: u32) {
        self.hub.watch(&key(uid), address, 1, desired(generations));
    }

    /// What was heard last, once it is as wanted.
    async fn seen(&self, job: &str, wanted: impl Fn(&Seen) -> bool) -> Seen {
        eventually("a report as wanted", || self.hub.latest(&uid(job)).filter(&wanted)).await
    }

    async fn triggered(&mut self) -> ObjectRef<EvolutionJob> {
        tokio::time::timeout(LIMIT, self.triggered.recv()).await.expect("no trigger").unwrap()
    }
}

fn key(uid: &str) -> Identity {
    identity("lab", &format!("job-{uid}"), uid)
}

fn desired(generations: u32) -> Desired {
    Desired { generations, ..Desired::default() }
}

fn report(sequence: u64) -> Report {
    Report { sequence, generation: sequence as u32, generations: 50, ..Report::default() }
}

fn last_report(sequence: u64) -> Report {
    Report { r#final: Some(Final { succeeded: true, ..Final::default() }), ..report(sequence) }
}

/// Waits for a condition.
async fn eventually<T>(what: &str, condition: impl Fn() -> Option<T>) -> T {
    let began = std::time::Instant::now();
    loop {
        if let Some(found) = condition() {
            return found;
        }
        assert!(began.elapsed() < LIMIT, "{what}: not within {LIMIT:?}");
        tokio::time::sleep(Duration::from_millis(10)).await;
    }
}
