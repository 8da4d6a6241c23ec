//! The caches: what is known of the cluster.

use galapagos_crds::{EvolutionJob, WorkerPool};
use k8s_openapi::api::apps::v1::Deployment;
use k8s_openapi::api::batch::v1::Job;
use k8s_openapi::api::core::v1::{Pod, Service};
use k8s_openapi::api::networking::v1::NetworkPolicy;
use kube::core::PartialObjectMeta;
use kube::runtime::reflector::Store;

use super::lives::Lives;
use crate::runtime::watches::Doubts;

/// The objects that the operator knows. They may be late, never wrong.
#[derive(Clone)]
pub struct Caches {
    /// All EvolutionJobs.
    pub jobs: Store<EvolutionJob>,
    /// All WorkerPools.
    pub pools: Store<WorkerPool>,
    /// The Jobs of coordinators, one an attempt.
    pub coordinators: Store<Job>,
    /// Their pods.
    pub coordinator_pods: Store<Pod>,
    /// The pods of workers, without what is not asked for.
    pub worker_pods: Store<Pod>,
    /// How long both kinds of pods live or lived.
    pub lives: Lives,
    /// The Deployments of workers.
    pub workers: Store<Deployment>,
    /// The Services of coordinators.
    pub services: Store<PartialObjectMeta<Service>>,
    /// The NetworkPolicies of pools.
    pub policies: Store<PartialObjectMeta<NetworkPolicy>>,
    /// How to have one of them filled anew.
    pub doubts: Doubts,
}

impl Caches {
    /// Returns when every cache has been filled.
    pub async fn filled(&self) {
        // the writers live as long as the tasks; should one end, its cache is never filled and `Tasks` tells
        let ready = [
            self.jobs.wait_until_ready().await.is_ok(),
            self.pools.wait_until_ready().await.is_ok(),
            self.coordinators.wait_until_ready().await.is_ok(),
            self.coordinator_pods.wait_until_ready().await.is_ok(),
            self.worker_pods.wait_until_ready().await.is_ok(),
            self.workers.wait_until_ready().await.is_ok(),
            self.services.wait_until_ready().await.is_ok(),
            self.policies.wait_until_ready().await.is_ok(),
        ];
        if ready.contains(&false) {
            std::future::pending::<()>().await;
        }
    }
}
