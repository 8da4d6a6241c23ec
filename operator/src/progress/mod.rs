//! What the coordinators of running jobs report: one stream per job, each in a task of its own.
//!
//! A reconcile only reads what was last heard and says what is wanted; it never waits for a coordinator. News come back
//! as triggers of the job's reconcile. Not covered: where a coordinator is (the caller knows its pod), and what becomes
//! of a report (the status builder).

mod alarm;
mod backoff;
mod desired;
mod requests;
mod stream;
#[cfg(test)]
mod tests;
mod trigger;

use std::fmt;
use std::net::{IpAddr, SocketAddr};
use std::sync::Arc;
use std::time::{Duration, Instant};

use galapagos_crds::EvolutionJob;
use galapagos_protocol::progress::{Desired, Report};
use galapagos_protocol::tls::{JobUid, TlsError};
use kube::runtime::reflector::ObjectRef;
use rustls::ClientConfig;
use tokio::sync::{mpsc, watch};
use tokio::task::JoinHandle;

use crate::runtime::ids::{Identity, Uid};
use crate::runtime::per_object::{Memories, PerObject};
pub use desired::desired;
use stream::{Patience, Stream};

/// A coordinator that was silent for so long is out of reach: it reports every 2 s.
pub const SILENCE: Duration = Duration::from_secs(15);

/// Where the operator's client certificates come from.
pub trait Credentials: Send + Sync + 'static {
    /// What to show to the coordinator of `job`.
    ///
    /// # Errors
    /// No certificate can be made.
    fn client_config(&self, job: &JobUid) -> Result<Arc<ClientConfig>, TlsError>;

    /// `job` is over: nobody will ask for it again.
    fn forget(&self, job: &JobUid);
}

/// What was last heard of a job's coordinator.
#[derive(Clone, Debug)]
pub struct Seen {
    /// The report.
    pub report: Arc<Report>,
    /// The attempt whose coordinator sent it: not always the present one.
    pub attempt: u32,
    /// Where that coordinator listens.
    pub address: IpAddr,
    /// When it came.
    pub at: Instant,
    /// Whether the stream that it came on is still open.
    pub connected: bool,
}

impl Seen {
    /// Whether the coordinator of `attempt` counts as reachable: a stream that broke off is not yet a coordinator that
    /// is lost.
    pub fn reachable(&self, attempt: u32, now: Instant) -> bool {
        self.attempt == attempt && now.saturating_duration_since(self.at) < SILENCE
    }
}

/// All streams. Clones are the same hub.
#[derive(Clone)]
pub struct Hub {
    shared: Arc<Shared>,
}

struct Shared {
    credentials: Arc<dyn Credentials>,
    triggers: mpsc::UnboundedSender<ObjectRef<EvolutionJob>>,
    streams: PerObject<Entry>,
    /// How many there are: news are told less often when there are many.
    count: Arc<watch::Sender<usize>>,
    patience: Patience,
}

struct Entry {
    job: Option<JobUid>,
    wish: watch::Sender<Wish>,
    heard: watch::Receiver<Heard>,
    task: JoinHandle<()>,
    credentials: Arc<dyn Credentials>,
    count: Arc<watch::Sender<usize>>,
}

// However it goes: by an end, or with its job while nobody looked.
impl Drop for Entry {
    fn drop(&mut self) {
        self.task.abort();
        self.count.send_modify(|count| *count -= 1);
        if let Some(job) = &self.job {
            self.credentials.forget(job);
        }
    }
}

/// What the reconcile wants of a stream.
#[derive(Clone, Debug, PartialEq)]
struct Wish {
    address: SocketAddr,
    attempt: u32,
    desired: Desired,
    /// Number of the final report that was recorded.
    acknowledged: Option<u64>,
}

/// What a stream knows.
#[derive(Clone, Debug, Default)]
struct Heard {
    seen: Option<Seen>,
    /// Why there is no stream now.
    problem: Option<String>,
}

impl fmt::Debug for Hub {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Hub").field("streams", &self.shared.streams).finish_non_exhaustive()
    }
}

impl Hub {
    /// No streams. `triggers`: where jobs go that have news. `memories`: by which streams of jobs end that are gone. Must
    /// be called inside a runtime by the time of `watch`.
    pub fn new(
        credentials: Arc<dyn Credentials>,
        triggers: mpsc::UnboundedSender<ObjectRef<EvolutionJob>>,
        memories: &Memories,
    ) -> Hub {
        Hub::with_patience(credentials, triggers, memories, Patience::default())
    }

    fn with_patience(
        credentials: Arc<dyn Credentials>,
        triggers: mpsc::UnboundedSender<ObjectRef<EvolutionJob>>,
        memories: &Memories,
        patience: Patience,
    ) -> Hub {
        let (streams, count) = (memories.another(), Arc::new(watch::Sender::new(0)));
        Hub { shared: Arc::new(Shared { credentials, triggers, streams, count, patience }) }
    }

    /// The coordinator of `attempt` listens at `address`: opens a stream to it, or leads the open one there if it is
    /// another address or attempt. `desired` is sent first, whenever it differs from the last call, and after every
    /// reconnect. Calling it again with the same arguments does nothing. Never waits.
    pub fn watch(&self, job: &Identity, address: SocketAddr, attempt: u32, desired: Desired) {
        let mut streams = self.shared.streams.all();
        if let Some(entry) = streams.get(&job.uid).filter(|entry| !entry.task.is_finished()) {
            entry.wish.send_if_modified(|wish| {
                // What was acknowledged belongs to one attempt.
                let acknowledged = wish.acknowledged.filter(|_| wish.attempt == attempt);
                let new = Wish { address, attempt, desired, acknowledged };
                let differs = *wish != new;
                *wish = new;
                differs
            });
            return;
        }
        let wish = watch::Sender::new(Wish { address, attempt, desired, acknowledged: None });
        let (hear, heard) = watch::channel(Heard::default());
        let credentials = Arc::clone(&self.shared.credentials);
        let task = tokio::spawn(stream::run(Stream {
            job: job.clone(),
            credentials: Arc::clone(&credentials),
            wish: wish.subscribe(),
            hear,
            triggers: self.shared.triggers.clone(),
            count: self.shared.count.subscribe(),
            patience: self.shared.patience,
        }));
        let count = Arc::clone(&self.shared.count);
        count.send_modify(|count| *count += 1);
        let shown = JobUid::new(job.uid.as_str()).ok();
        let before =
            streams.insert(job.uid.clone(), Entry { job: shown, wish, heard, task, credentials, count });
        drop(streams);
        drop(before);
    }

    /// Closes the stream of a job and forgets what was heard. Nothing if there is none.
    pub fn stop(&self, uid: &Uid) {
        self.shared.streams.forget(uid);
    }

    /// What was last heard, of whatever attempt.
    pub fn latest(&self, uid: &Uid) -> Option<Seen> {
        self.shared.streams.get(uid, |entry| entry.heard.borrow().seen.clone()).flatten()
    }

    /// Why there is no stream at the moment; `None` while there is one, before the first try, and without a watch.
    pub fn problem(&self, uid: &Uid) -> Option<String> {
        self.shared.streams.get(uid, |entry| entry.heard.borrow().problem.clone()).flatten()
    }

    /// The final report `sequence` is recorded in the status: its coordinator may leave. It is told once; when its stream
    /// ends after that, it is not dialled again.
    pub fn acknowledge(&self, uid: &Uid, sequence: u64) {
        self.shared.streams.get(uid, |entry| {
            entry.wish.send_if_modified(|wish| {
                let newest = wish.acknowledged.max(Some(sequence));
                let differs = newest != wish.acknowledged;
                wish.acknowledged = newest;
                differs
            })
        });
    }

    /// Streams that are open, and all that should be.
    pub fn counts(&self) -> (usize, usize) {
        let streams = self.shared.streams.all();
        let connected = |entry: &&Entry| entry.heard.borrow().seen.as_ref().is_some_and(|s| s.connected);
        (streams.values().filter(connected).count(), streams.len())
    }
}
