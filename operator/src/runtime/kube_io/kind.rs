//! The kinds that are written.

use k8s_openapi::api::apps::v1::Deployment;
use k8s_openapi::api::batch::v1::Job;
use k8s_openapi::api::core::v1::{Event, PersistentVolumeClaim, Pod, Secret, Service};
use k8s_openapi::api::networking::v1::NetworkPolicy;
use kube::core::ApiResource;

use crate::runtime::ids::Namespace;

/// A kind that the operator writes: the closed list behind its RBAC rules.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Kind {
    /// Of core/v1.
    Secret,
    /// Of core/v1.
    Service,
    /// Of batch/v1.
    Job,
    /// Of apps/v1.
    Deployment,
    /// Of networking.k8s.io/v1.
    NetworkPolicy,
    /// Of core/v1.
    PersistentVolumeClaim,
    /// Of core/v1.
    Pod,
    /// Of core/v1.
    Event,
    /// A kind that the operator brings.
    Own(Own),
}

/// A kind of the operator's own, in namespaces and with a status.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Own {
    /// Its API group.
    pub group: &'static str,
    /// Its version.
    pub version: &'static str,
    /// Its name in manifests.
    pub kind: &'static str,
    /// Its name in paths.
    pub plural: &'static str,
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
            Kind::Event => "Event",
            Kind::Own(own) => own.kind,
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
            Kind::Event => ApiResource::erase::<Event>(&()),
            Kind::Own(Own { group, version, kind, plural }) => ApiResource {
                group: group.to_owned(),
                version: version.to_owned(),
                api_version: format!("{group}/{version}"),
                kind: kind.to_owned(),
                plural: plural.to_owned(),
            },
        }
    }

    /// Whether a change of what is wanted raises `metadata.generation`. The others have only the resource version.
    pub(super) const fn has_generation(self) -> bool {
        matches!(self, Kind::Deployment | Kind::NetworkPolicy | Kind::Job | Kind::Own(_))
    }

    /// The path of its objects in a namespace.
    pub(super) fn path(self, namespace: &Namespace) -> String {
        let resource = self.api_resource();
        let root = if resource.group.is_empty() { "/api" } else { "/apis" };
        format!("{root}/{}/namespaces/{namespace}/{}", resource.api_version, resource.plural)
    }
}
