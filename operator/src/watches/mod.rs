//! What the operator knows about the cluster: one supervised watch per kind, each with its own back-off, cache and
//! health; what they see decides what is reconciled.
//!
//! Not kube's `watcher`: it swallows bookmarks, and without them nobody can tell a quiet watch from a dead one.

mod caches;
mod lives;
mod mapping;

pub use caches::{Caches, Requests, Settings, Tasks, Trigger, Triggers, start};
pub use lives::Lives;

/// The watches of the operator.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Watch {
    /// EvolutionJobs.
    EvolutionJobs,
    /// WorkerPools.
    WorkerPools,
    /// Jobs of coordinators.
    Coordinators,
    /// Pods of coordinators.
    CoordinatorPods,
    /// Pods of workers, for how long they live.
    WorkerPods,
    /// Deployments of workers.
    Workers,
    /// Services of coordinators, metadata only.
    Services,
    /// NetworkPolicies of pools, metadata only.
    NetworkPolicies,
}

impl Watch {
    /// All of them.
    pub const ALL: [Watch; 8] = [
        Watch::EvolutionJobs,
        Watch::WorkerPools,
        Watch::Coordinators,
        Watch::CoordinatorPods,
        Watch::WorkerPods,
        Watch::Workers,
        Watch::Services,
        Watch::NetworkPolicies,
    ];

    /// The name in metrics and logs.
    pub const fn as_str(self) -> &'static str {
        match self {
            Watch::EvolutionJobs => "evolution_jobs",
            Watch::WorkerPools => "worker_pools",
            Watch::Coordinators => "coordinators",
            Watch::CoordinatorPods => "coordinator_pods",
            Watch::WorkerPods => "worker_pods",
            Watch::Workers => "workers",
            Watch::Services => "services",
            Watch::NetworkPolicies => "network_policies",
        }
    }

    /// The kind that is watched.
    pub const fn kind(self) -> &'static str {
        match self {
            Watch::EvolutionJobs => "EvolutionJob",
            Watch::WorkerPools => "WorkerPool",
            Watch::Coordinators => "Job",
            Watch::CoordinatorPods | Watch::WorkerPods => "Pod",
            Watch::Workers => "Deployment",
            Watch::Services => "Service",
            Watch::NetworkPolicies => "NetworkPolicy",
        }
    }

    /// Whether the kind comes with Galapagos' own definitions.
    pub const fn is_own(self) -> bool {
        matches!(self, Watch::EvolutionJobs | Watch::WorkerPools)
    }

    pub(crate) const fn index(self) -> usize {
        self as usize
    }
}

#[cfg(test)]
mod tests;
