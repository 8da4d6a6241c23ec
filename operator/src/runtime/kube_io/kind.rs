//! The kinds that are written.

use galapagos_crds::{EvolutionJob, WorkerPool};
use k8s_openapi::api::apps::v1::Deployment;
use k8s_openapi::api::batch::v1::Job;
use k8s_openapi::api::core::v1::{Event, PersistentVolumeClaim, Pod, Secret, Service};
use k8s_openapi::api::networking::v1::NetworkPolicy;
use kube::core::ApiResource;

/// A kind that the operator writes: the closed list behind its RBAC rules.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Kind {
    /// Certificates and the job's description.
    Secret,
    /// The coordinator's address.
    Service,
    /// An attempt of a coordinator.
    Job,
    /// Workers.
    Deployment,
    /// Who may talk to whom.
    NetworkPolicy,
    /// Claims made for a pool.
    PersistentVolumeClaim,
    /// Pods are deleted only.
    Pod,
    /// Status only.
    EvolutionJob,
    /// Status only.
    WorkerPool,
    /// Of core/v1.
    Event,
}

impl Kind {
    /// Its name in the Kubernetes API.
    pub const fn as_str(self) -> &'static str {
        match self {
            Kind::Secret => "Secret",
            Kind::Service => "Service",
            Kind::Job => "Job",
            Kind::Deployment => "Deployment",
            Kind::NetworkPolicy => "NetworkPolicy",
            Kind::PersistentVolumeClaim => "PersistentVolumeClaim",
            Kind::Pod => "Pod",
            Kind::EvolutionJob => "EvolutionJob",
            Kind::WorkerPool => "WorkerPool",
            Kind::Event => "Event",
        }
    }

    /// Group, version and plural.
    pub fn api_resource(self) -> ApiResource {
        match self {
            Kind::Secret => ApiResource::erase::<Secret>(&()),
            Kind::Service => ApiResource::erase::<Service>(&()),
            Kind::Job => ApiResource::erase::<Job>(&()),
            Kind::Deployment => ApiResource::erase::<Deployment>(&()),
            Kind::NetworkPolicy => ApiResource::erase::<NetworkPolicy>(&()),
            Kind::PersistentVolumeClaim => ApiResource::erase::<PersistentVolumeClaim>(&()),
            Kind::Pod => ApiResource::erase::<Pod>(&()),
            Kind::EvolutionJob => ApiResource::erase::<EvolutionJob>(&()),
            Kind::WorkerPool => ApiResource::erase::<WorkerPool>(&()),
            Kind::Event => ApiResource::erase::<Event>(&()),
        }
    }

    /// Whether a change of what is wanted raises `metadata.generation`. The others have only the resource version.
    pub(super) const fn has_generation(self) -> bool {
        matches!(
            self,
            Kind::Deployment | Kind::NetworkPolicy | Kind::Job | Kind::EvolutionJob | Kind::WorkerPool
        )
    }

    /// The path of its objects in a namespace.
    pub(super) fn path(self, namespace: &str) -> String {
        let resource = self.api_resource();
        let root = if resource.group.is_empty() { "/api" } else { "/apis" };
        format!("{root}/{}/namespaces/{namespace}/{}", resource.api_version, resource.plural)
    }
}
