//! What a job consists of in the cluster, as JSON: Secret, Service, the coordinator's Job, the workers' Deployment.
//! Pure: no client, no clock.
//!
//! A pod template is made of three layers, of which the later wins: what is usual here, what the pool's template says,
//! and what must hold for the pods to work. People may change or remove (`null`) everything of the first.
#![cfg_attr(not(test), deny(clippy::disallowed_methods, clippy::disallowed_types))]

mod containers;
mod coordinator;
mod mounts;
mod pod;
mod secret;
mod service;
mod slots;
mod workers;

#[cfg(test)]
mod tests;

use std::sync::Arc;

use galapagos_crds::WorkerPool;
use k8s_openapi::apimachinery::pkg::apis::meta::v1::OwnerReference;
use kube::ResourceExt;
use serde_json::{Map, Value, json};

use crate::labels::{self, Component};
use crate::runtime::ids::Identity;
use crate::worker_pool::colocation::Colocation;

pub use coordinator::coordinator_job;
pub use mounts::JOB as JOB_VOLUME;
pub use secret::secret;
pub use service::service;
pub use slots::slots;
pub use workers::workers;

/// Where a job runs: what its children have in common.
#[derive(Clone, Debug)]
pub struct Site {
    /// The job.
    pub id: Identity,
    /// The job as the owner of its children.
    pub owner: OwnerReference,
    /// Its pool.
    pub pool: Arc<WorkerPool>,
    /// Image of all its containers, fixed by its first attempt.
    pub image: String,
    /// When that is pulled; none: what the cluster does.
    pub pull_policy: Option<String>,
    /// Name of its Secret.
    pub secret: String,
    /// Which pods must share a node.
    pub colocation: Colocation,
    /// The version of the data that an earlier attempt evolved on.
    pub dataset_digest: Option<String>,
    /// Whether the job says where its data come from.
    pub source: bool,
    /// User and group of its processes; 0: the cluster chooses.
    pub run_as_user: i64,
}

impl Site {
    fn labels(&self, component: Component) -> Map<String, Value> {
        labels::of_job(component, &self.pool.name_any(), self.id.name(), self.id.uid.as_str())
    }

    /// `metadata` of a child.
    fn metadata(&self, name: &str, labels: Map<String, Value>) -> Value {
        json!({
            "name": name,
            "namespace": self.id.key.namespace,
            "labels": labels::versioned(labels),
            "ownerReferences": [self.owner],
        })
    }
}
