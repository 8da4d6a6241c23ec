//! What the operator knows about the cluster: what it watches, the caches, and what a change has reconciled.

mod caches;
mod lives;
mod mapping;
mod start;
mod triggers;

use galapagos_crds::GROUP;

use crate::runtime::watches::Watch;

pub use caches::Caches;
pub use lives::Lives;
pub use start::start;
pub use triggers::{Requests, Triggers};

/// EvolutionJobs.
pub const EVOLUTION_JOBS: Watch =
    Watch { name: "evolution_jobs", kind: "EvolutionJob", defined_by: Some(GROUP) };
/// WorkerPools.
pub const WORKER_POOLS: Watch = Watch { name: "worker_pools", kind: "WorkerPool", defined_by: Some(GROUP) };
/// Jobs of coordinators.
pub const COORDINATORS: Watch = Watch { name: "coordinators", kind: "Job", defined_by: None };
/// Pods of coordinators.
pub const COORDINATOR_PODS: Watch = Watch { name: "coordinator_pods", kind: "Pod", defined_by: None };
/// Pods of workers, for how long they live.
pub const WORKER_PODS: Watch = Watch { name: "worker_pods", kind: "Pod", defined_by: None };
/// Deployments of workers.
pub const WORKERS: Watch = Watch { name: "workers", kind: "Deployment", defined_by: None };
/// Services of coordinators, metadata only.
pub const SERVICES: Watch = Watch { name: "services", kind: "Service", defined_by: None };
/// NetworkPolicies of pools, metadata only.
pub const NETWORK_POLICIES: Watch =
    Watch { name: "network_policies", kind: "NetworkPolicy", defined_by: None };

/// All of them.
pub const ALL: [Watch; 8] = [
    EVOLUTION_JOBS,
    WORKER_POOLS,
    COORDINATORS,
    COORDINATOR_PODS,
    WORKER_PODS,
    WORKERS,
    SERVICES,
    NETWORK_POLICIES,
];

#[cfg(test)]
mod tests;
