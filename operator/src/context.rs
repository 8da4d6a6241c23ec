//! What every reconcile may use: handles, nothing computed.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};

use jiff::Timestamp;
use tokio::time::Instant;

use crate::certificates::Ca;
use crate::evolution_job::budget::Budget;
use crate::metrics::Metrics;
use crate::progress::Hub;
use crate::runtime::backoff::Backoff;
use crate::runtime::kube_io::KubeIo;
use crate::settings::Settings;
use crate::teller::Teller;
use crate::watches::{Caches, Triggers};

/// Handles that the controllers share.
pub struct Context {
    /// The only way to write.
    pub io: KubeIo,
    /// Where events are told.
    pub events: Teller,
    /// What is watched.
    pub caches: Caches,
    /// How to have an object looked at.
    pub triggers: Triggers,
    /// The streams of running coordinators.
    pub hub: Hub,
    /// Who signs the certificates of jobs.
    pub ca: Arc<Ca>,
    /// The arguments of the process.
    pub settings: Settings,
    /// What is counted.
    pub metrics: Arc<Metrics>,
    /// Failures by object.
    pub backoff: Backoff,
    /// Places and replicas by pool.
    pub budget: Budget,
    /// The time of the world.
    pub clock: Clock,
    /// When this replica began to lead.
    pub since: std::time::Instant,
    /// When something was done last.
    pub recent: Recent,
    /// What the server refused lately.
    pub refusals: crate::evolution_job::refusals::Refusals,
    /// What became of jobs that another operator runs.
    pub rivals: crate::evolution_job::rivals::Rivals,
    /// Why pods of coordinators are missing, as it was a moment ago.
    pub refused_pods: crate::evolution_job::refused_pods::RefusedPods,
    /// Why workers of jobs are missing, as it was a moment ago.
    pub pending: crate::evolution_job::worker_trouble::Pending,
    /// Claims of pools as they were a moment ago.
    pub claims: crate::worker_pool::Claims,
}

/// The time of the world; tests turn it.
pub struct Clock(pub Box<dyn Fn() -> Timestamp + Send + Sync>);

impl Default for Clock {
    fn default() -> Clock {
        Clock(Box::new(Timestamp::now))
    }
}

impl Clock {
    /// It now.
    pub fn now(&self) -> Timestamp {
        (self.0)()
    }
}

/// When something was last done for an object, for what may be done only so often. Keys: UID and what.
#[derive(Debug, Default)]
pub struct Recent(Mutex<HashMap<(String, String), Instant>>);

impl Recent {
    /// When it was done; none if it was not.
    pub fn last(&self, uid: &str, what: &str) -> Option<Instant> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).get(&(uid.to_owned(), what.to_owned())).copied()
    }

    /// It is done now.
    pub fn note(&self, uid: &str, what: &str) {
        let mut known = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        known.insert((uid.to_owned(), what.to_owned()), Instant::now());
    }

    /// How many things of that kind are remembered of an object.
    pub fn count(&self, uid: &str, kind: &str) -> usize {
        let known = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        known.keys().filter(|(of, what)| of == uid && what.starts_with(kind)).count()
    }

    /// Keeps what is known of objects that are there.
    pub fn retain(&self, is_there: impl Fn(&str) -> bool) {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).retain(|(uid, _), _| is_there(uid));
    }
}
