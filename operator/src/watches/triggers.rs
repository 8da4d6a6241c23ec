//! The channels of what is to be reconciled.

use galapagos_crds::{EvolutionJob, WorkerPool};
use kube::runtime::reflector::ObjectRef;
use tokio::sync::mpsc;

use super::caches::Caches;
use crate::runtime::watches::Trigger;

/// Where to say that something has to be reconciled. On a replica that does not lead nothing is queued.
#[derive(Clone)]
pub struct Triggers {
    /// EvolutionJobs.
    pub jobs: Trigger<EvolutionJob>,
    /// WorkerPools.
    pub pools: Trigger<WorkerPool>,
}

/// What is to be reconciled.
pub struct Requests {
    /// EvolutionJobs.
    pub jobs: mpsc::UnboundedReceiver<ObjectRef<EvolutionJob>>,
    /// WorkerPools.
    pub pools: mpsc::UnboundedReceiver<ObjectRef<WorkerPool>>,
}

impl Default for Triggers {
    fn default() -> Triggers {
        Triggers::new()
    }
}

impl Triggers {
    /// Nobody listens yet.
    pub fn new() -> Triggers {
        Triggers { jobs: Trigger::new(), pools: Trigger::new() }
    }

    /// Listens, from now on instead of who listened before. Everything that is known comes first: what happened
    /// while nobody listened was not queued.
    pub fn connect(&self, caches: &Caches) -> Requests {
        let requests = Requests { jobs: self.jobs.connect(), pools: self.pools.connect() };
        for pool in caches.pools.state() {
            self.pools.send(ObjectRef::from_obj(&*pool));
        }
        for job in caches.jobs.state() {
            self.jobs.send(ObjectRef::from_obj(&*job));
        }
        requests
    }
}
