//! The Secret of a job: its certificates, and its manifest as its processes read it.

use galapagos_crds::EvolutionJob;
use serde_json::{Value, json};

use super::Site;
use crate::certificates::Certificates;
use crate::labels::Component;

/// Key of the authority's certificate.
pub(super) const CA: &str = "ca.crt";
/// Key of the manifest.
pub(super) const JOB: &str = "job.json";

/// Keys of certificate and private key of a role.
pub(super) fn pair(role: Component) -> (String, String) {
    (format!("{}.crt", role.as_str()), format!("{}.key", role.as_str()))
}

/// The Secret. It is made once and cannot be changed: what may change in a job reaches its coordinator otherwise.
pub fn secret(site: &Site, certificates: &Certificates, job: &EvolutionJob) -> Value {
    let Certificates { ca, coordinator, worker } = certificates;
    let manifest = json!({
        "apiVersion": format!("{}/{}", galapagos_crds::GROUP, galapagos_crds::VERSION),
        "kind": "EvolutionJob",
        "metadata": {"name": site.id.key.name, "namespace": site.id.key.namespace, "uid": site.id.uid},
        "spec": job.spec,
    });
    let mut data = json!({CA: ca, JOB: manifest.to_string()});
    for (role, leaf) in [(Component::Coordinator, coordinator), (Component::Worker, worker)] {
        let (certificate, key) = pair(role);
        data[certificate] = json!(leaf.certificate_pem);
        data[key] = json!(leaf.key_pem);
    }
    json!({
        "apiVersion": "v1",
        "kind": "Secret",
        "metadata": site.metadata(&site.secret, site.labels(Component::Tls)),
        "type": "Opaque",
        "immutable": true,
        "stringData": data,
    })
}
