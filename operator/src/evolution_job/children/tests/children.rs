//! Deployment, Service and Secret.

use galapagos_crds::EvolutionJob;
use galapagos_protocol::tls::issue::Leaf;
use k8s_openapi::api::core::v1::{Secret, Service};
use serde_json::{Value, json};

use super::{coordinator_of, site, strict, workers_of};
use crate::certificates::Certificates;
use crate::evolution_job::children::{coordinator_job, secret, service, workers};
use crate::labels;

#[test]
fn a_deployment_keeps_to_the_budget_and_its_selector_to_what_never_changes() {
    let (deployment, template) = workers_of(&site(json!({})));
    let spec = deployment.spec.unwrap();
    assert_eq!(spec.replicas, Some(4));
    let selector = spec.selector.match_labels.unwrap();
    let keys: Vec<_> = selector.keys().map(String::as_str).collect();
    assert_eq!(keys, ["app.kubernetes.io/component", "galapagos.dev/job-uid"]);
    let labels = template.metadata.unwrap().labels.unwrap();
    assert!(selector.iter().all(|(k, v)| labels.get(k) == Some(v)));
    let rolling = serde_json::to_value(spec.strategy.unwrap().rolling_update.unwrap()).unwrap();
    assert_eq!(rolling["maxSurge"], 0);
}

#[test]
fn a_service_leads_to_the_coordinator_of_the_attempt_ready_or_not() {
    let service: Service = strict(service(&site(json!({})), 3));
    let spec = service.spec.unwrap();
    let (_, template) = coordinator_of(&site(json!({})));
    let labels = template.metadata.unwrap().labels.unwrap();
    let selector = spec.selector.unwrap();
    assert!(selector.iter().all(|(k, v)| labels.get(k) == Some(v)));
    assert_eq!(selector[labels::ATTEMPT], "3");
    assert_eq!(spec.publish_not_ready_addresses, Some(true));
    let ports: Vec<_> = spec.ports.unwrap().into_iter().map(|p| p.port).collect();
    assert_eq!(ports, [7400, 7401]);
}

#[test]
fn a_secret_is_immutable_and_its_manifest_is_the_job_without_its_status() {
    let job: EvolutionJob = serde_json::from_value(json!({
        "apiVersion": "galapagos.dev/v1alpha1", "kind": "EvolutionJob",
        "metadata": {"name": "btc", "namespace": "research", "uid": "u-1", "annotations": {"secret": "x"}},
        "spec": {
            "marketData": {"dataset": "d", "symbols": ["A"], "interval": "1h"},
            "strategies": [{"name": "ema_crossover"}], "population": {"size": 100},
        },
        "status": {"phase": "Running"},
    }))
    .unwrap();
    let leaf = |text: &str| Leaf { certificate_pem: format!("{text} crt"), key_pem: format!("{text} key") };
    let certificates = Certificates { ca: "ca".to_owned(), coordinator: leaf("c"), worker: leaf("w") };
    let secret: Secret = strict(secret(&site(json!({})), &certificates, &job));
    assert_eq!(secret.immutable, Some(true));
    let data = secret.string_data.unwrap();
    let keys: Vec<_> = data.keys().map(String::as_str).collect();
    assert_eq!(
        keys,
        ["ca.crt", "coordinator.crt", "coordinator.key", "job.json", "worker.crt", "worker.key"]
    );
    let manifest: Value = serde_json::from_str(&data["job.json"]).unwrap();
    assert_eq!(manifest["metadata"], json!({"name": "btc", "namespace": "research", "uid": "u-1"}));
    assert_eq!(manifest.get("status"), None);
    let read: EvolutionJob = serde_json::from_value(manifest).unwrap();
    assert_eq!(read.spec, job.spec);
}

// Contract K2.
#[test]
fn every_child_belongs_to_its_job_and_can_be_found_again() {
    let site = site(json!({}));
    for child in [service(&site, 1), coordinator_job(&site, 1, &super::desired()), workers(&site, 1)] {
        let metadata = &child["metadata"];
        assert_eq!(metadata["ownerReferences"][0]["uid"], "u-1");
        assert_eq!(metadata["namespace"], "research");
        for (key, value) in [
            (labels::MANAGED_BY, "galapagos-operator"),
            (labels::POOL, "big"),
            (labels::JOB, "btc"),
            (labels::JOB_UID, "u-1"),
        ] {
            assert_eq!(metadata["labels"][key], value);
        }
    }
}
