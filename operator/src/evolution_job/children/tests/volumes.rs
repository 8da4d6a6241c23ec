//! Who sees which files, and where pods must run because of them.

use k8s_openapi::api::core::v1::{Container, PodTemplateSpec};
use serde_json::json;

use super::{container, containers, coordinator_of, mounts, site, workers_of, writes};
use crate::worker_pool::colocation::Colocation;

#[test]
fn market_data_are_written_by_the_import_alone_and_runs_by_the_coordinator_alone() {
    let site = site(json!({
        "marketData": {"volume": {"nfs": {"server": "s", "path": "/x"}}, "subPath": "prices"},
        "state": {"volume": {"persistentVolumeClaim": {"claimName": "state"}}, "subPath": "runs"},
    }));
    let (_, coordinators) = coordinator_of(&site);
    let (_, workers) = workers_of(&site);
    assert_eq!(writes(&container(&coordinators, "import")), ["/data"]);
    assert_eq!(writes(&container(&coordinators, "coordinator")), ["/state"]);
    assert!(writes(&container(&coordinators, "local-worker")).is_empty());
    assert!(writes(&container(&workers, "worker")).is_empty());
    let all: Vec<_> =
        containers(&coordinators).iter().chain(&containers(&workers)).flat_map(mounts).collect();
    for (volume, path, sub_path, _) in &all {
        match path.as_str() {
            "/data" => assert_eq!((volume.as_str(), sub_path.as_str()), ("galapagos-market-data", "prices")),
            "/state" => assert_eq!((volume.as_str(), sub_path.as_str()), ("galapagos-state", "runs")),
            _ => assert_eq!(sub_path, ""),
        }
    }
    let volumes = workers.spec.unwrap().volumes.unwrap();
    assert!(volumes.iter().all(|v| v.name != "galapagos-state"), "a worker has no business there");
}

#[test]
fn without_a_place_of_their_own_runs_lie_on_the_market_data_volume() {
    let (_, template) = coordinator_of(&site(json!({
        "marketData": {"volume": {"persistentVolumeClaim": {"claimName": "c"}}, "subPath": "all"},
    })));
    let coordinator = mounts(&container(&template, "coordinator"));
    let volume = "galapagos-market-data".to_owned();
    assert!(coordinator.contains(&(volume.clone(), "/data".to_owned(), "all".to_owned(), true)));
    assert!(coordinator.contains(&(volume, "/state".to_owned(), "all".to_owned(), false)));
    let claims =
        template.spec.unwrap().volumes.unwrap().into_iter().filter(|v| v.persistent_volume_claim.is_some());
    assert_eq!(claims.count(), 1);
}

#[test]
fn a_claim_made_from_a_template_is_mounted_by_its_name_and_any_other_source_passes_through() {
    let template = json!({"accessModes": ["ReadWriteMany"], "resources": {"requests": {"storage": "1Gi"}}});
    let (_, made) = workers_of(&site(json!({"marketData": {"claimTemplate": template}})));
    let claim = |t: PodTemplateSpec| {
        let volume = t.spec.unwrap().volumes.unwrap().into_iter().find(|v| v.name == "galapagos-market-data");
        volume.unwrap()
    };
    assert_eq!(claim(made).persistent_volume_claim.unwrap().claim_name, "big-market-data");
    let image = json!({"reference": "data:1", "pullPolicy": "IfNotPresent"});
    let (_, image) = workers_of(&site(json!({"marketData": {"volume": {"image": image}}})));
    assert_eq!(claim(image).image.unwrap().reference.as_deref(), Some("data:1"));
}

// Contract K13.
#[test]
fn no_role_sees_the_key_of_the_other() {
    let (_, coordinators) = coordinator_of(&site(json!({})));
    let (_, workers) = workers_of(&site(json!({})));
    let keys = |template: &PodTemplateSpec, container: &Container| -> Vec<String> {
        let volumes = template.spec.clone().unwrap().volumes.unwrap();
        let mounted = container.volume_mounts.iter().flatten().map(|m| m.name.clone());
        let mut keys: Vec<_> = mounted
            .filter_map(|name| volumes.iter().find(|v| v.name == name)?.secret.clone())
            .flat_map(|secret| {
                assert_eq!(
                    (secret.secret_name.as_deref(), secret.default_mode),
                    (Some("btc-tls-12345678"), Some(0o440))
                );
                secret.items.expect("all keys of a Secret without items").into_iter().map(|i| i.key)
            })
            .collect();
        keys.sort();
        keys
    };
    let of = |name: &str| keys(&coordinators, &container(&coordinators, name));
    assert_eq!(of("coordinator"), ["ca.crt", "coordinator.crt", "coordinator.key", "job.json"]);
    assert_eq!(of("local-worker"), ["ca.crt", "job.json", "worker.crt", "worker.key"]);
    assert_eq!(of("import"), ["job.json"]);
    assert_eq!(
        keys(&workers, &container(&workers, "worker")),
        ["ca.crt", "job.json", "worker.crt", "worker.key"]
    );
    let volumes = workers.spec.unwrap().volumes.unwrap();
    assert!(volumes.iter().all(|v| v.name != "galapagos-coordinator-tls"));
}

#[test]
fn pods_share_a_node_where_a_volume_leaves_no_choice_whatever_the_template_says() {
    let theirs = json!({"labelSelector": {"matchLabels": {"app": "cache"}}, "topologyKey": "zone"});
    let affinity = json!({"podAffinity": {"requiredDuringSchedulingIgnoredDuringExecution": [theirs]}});
    let mut site = site(json!({"template": {"spec": {"affinity": affinity}}}));
    let selectors = |template: PodTemplateSpec| -> Vec<Vec<(String, String)>> {
        let terms = template.spec.unwrap().affinity.and_then(|a| a.pod_affinity).unwrap_or_default();
        let terms = terms.required_during_scheduling_ignored_during_execution.unwrap_or_default();
        terms
            .into_iter()
            .map(|t| t.label_selector.unwrap().match_labels.unwrap().into_iter().collect())
            .collect()
    };
    assert_eq!(selectors(coordinator_of(&site).1).len(), 0);
    assert_eq!(selectors(workers_of(&site).1).len(), 1);
    site.colocation = Colocation::All;
    let pair = |k: &str, v: &str| (k.to_owned(), v.to_owned());
    let beside = [pair("app.kubernetes.io/component", "coordinator"), pair("galapagos.dev/job-uid", "u-1")];
    assert_eq!(selectors(workers_of(&site).1)[1], beside);
    let term = &selectors(coordinator_of(&site).1)[0];
    let labels = coordinator_of(&site).1.metadata.unwrap().labels.unwrap();
    assert!(term.iter().all(|(k, v)| labels.get(k) == Some(v)), "the first coordinator must match itself");
    site.colocation = Colocation::Coordinators;
    assert_eq!(selectors(workers_of(&site).1).len(), 1);
    assert_eq!(selectors(coordinator_of(&site).1).len(), 1);
}
