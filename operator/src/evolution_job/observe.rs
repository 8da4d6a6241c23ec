//! What the caches know about one job: its pool and its children.

use std::sync::Arc;

use galapagos_crds::{EvolutionJob, WorkerPool};
use k8s_openapi::api::apps::v1::Deployment;
use k8s_openapi::api::batch::v1::Job;
use k8s_openapi::api::core::v1::Pod;
use kube::runtime::reflector::ObjectRef;

use super::status::WorkersTrouble;
use crate::life::Life;
use crate::names;
use crate::progress::Seen;
use crate::runtime::ids::{Identity, Name, Uid};
use crate::watches::Caches;

/// One attempt: a coordinator's Job and its pod, while there is one.
#[derive(Clone, Debug)]
pub struct Attempt {
    /// Its number, from 1.
    pub number: u32,
    /// Its Job.
    pub job: Arc<Job>,
    /// Its pod; the one that is not being deleted, if there are several.
    pub pod: Option<Arc<Pod>>,
}

impl Attempt {
    /// Name and UID of its Job; none if no API server knows it.
    pub fn identity(&self) -> Option<(Name, Uid)> {
        let name = self.job.metadata.name.as_deref().and_then(Name::new)?;
        Some((name, Uid::of(&self.job.metadata)?))
    }

    /// Whether its Job is being deleted.
    pub fn is_leaving(&self) -> bool {
        self.job.metadata.deletion_timestamp.is_some()
    }
}

/// A job and all that belongs to it.
#[derive(Clone, Debug)]
pub struct Observed {
    /// Which job.
    pub id: Identity,
    /// The job.
    pub job: Arc<EvolutionJob>,
    /// Its pool.
    pub pool: Option<Arc<WorkerPool>>,
    /// Its attempts by number, of which Jobs are there.
    pub attempts: Vec<Attempt>,
    /// Its workers.
    pub workers: Option<Arc<Deployment>>,
    /// How long its pods live, and lived of which that is not in its status yet.
    pub lives: Vec<Life>,
    /// Why workers do not come, if it is known.
    pub trouble: Option<WorkersTrouble>,
    /// Why Kubernetes makes no pod for its current attempt, in the words of its event.
    pub refused: Option<String>,
    /// What its coordinator said last.
    pub seen: Option<Seen>,
}

impl Observed {
    /// The attempt of this number.
    pub fn attempt(&self, number: u32) -> Option<&Attempt> {
        self.attempts.iter().find(|a| a.number == number)
    }

    /// Workers that should be there and workers that are.
    pub fn replicas(&self) -> (u32, u32) {
        let Some(workers) = &self.workers else { return (0, 0) };
        let wanted = workers.spec.as_ref().and_then(|s| s.replicas).unwrap_or(1);
        let ready = workers.status.as_ref().and_then(|s| s.ready_replicas).unwrap_or(0);
        (wanted.try_into().unwrap_or(0), ready.try_into().unwrap_or(0))
    }
}

/// Gathers it. `seen`: the last report of the job's coordinator.
pub fn observe(id: Identity, job: Arc<EvolutionJob>, caches: &Caches, seen: Option<Seen>) -> Observed {
    let namespace = id.namespace();
    let mine = |meta: &k8s_openapi::apimachinery::pkg::apis::meta::v1::ObjectMeta| {
        meta.namespace.as_deref() == Some(namespace)
            && meta
                .owner_references
                .iter()
                .flatten()
                .any(|o| o.uid == id.uid.as_str() && o.controller == Some(true))
    };
    let pods = caches
        .coordinator_pods
        .state_filter(|pod: &Pod| pod.metadata.namespace.as_deref() == Some(namespace));
    let mut attempts: Vec<Attempt> = caches
        .coordinators
        .state_filter(|job: &Job| mine(&job.metadata))
        .into_iter()
        .filter_map(|job| {
            // By name and owner: labels are anybody's.
            let (_, number) = names::attempt_of(job.metadata.name.as_deref()?)?;
            let owned = |pod: &&Arc<Pod>| {
                pod.metadata
                    .owner_references
                    .iter()
                    .flatten()
                    .any(|o| Some(&o.uid) == job.metadata.uid.as_ref())
            };
            let pod = pods.iter().filter(owned).min_by_key(|pod| pod.metadata.deletion_timestamp.is_some());
            Some(Attempt { number, pod: pod.cloned(), job })
        })
        .collect();
    attempts.sort_by_key(|a| a.number);
    let pool = ObjectRef::new(&job.spec.worker_pool_name).within(namespace);
    let workers = caches.workers.state_filter(|d: &Deployment| mine(&d.metadata)).into_iter().next();
    let cost = job.status.as_ref().and_then(|s| s.cost.as_ref());
    let lives = caches.lives.of_job(&id, cost.and_then(|c| c.counted_until.as_ref()).map(|at| at.0));
    let pool = caches.pools.get(&pool);
    Observed { id, pool, attempts, workers, lives, trouble: None, refused: None, seen, job }
}
