//! What stalls a pool before it is used.

use std::sync::Arc;

use galapagos_crds::conditions::StalledReason;
use k8s_openapi::api::core::v1::PersistentVolumeClaim;
use serde_json::{Value, json};

use super::observed;
use crate::worker_pool::PoolFinding;
use crate::worker_pool::validate::validate;

fn problem(spec: Value) -> PoolFinding {
    validate(&observed(spec.clone())).expect_err(&spec.to_string())
}

fn claim(value: Value) -> Option<Arc<PersistentVolumeClaim>> {
    Some(Arc::new(serde_json::from_value(value).unwrap()))
}

fn on_claim() -> Value {
    json!({"marketData": {"volume": {"persistentVolumeClaim": {"claimName": "prices"}}}})
}

#[test]
fn usual_templates_are_accepted() {
    for spec in [
        json!({}),
        json!({"template": {"spec": {"containers": [{"name": "worker", "resources": {}}]}}}),
        json!({"template": {"metadata": {"labels": {"a": "b"}}, "spec": {"nodeSelector": {}, "initContainers": null}}}),
        json!({"coordinatorTemplate": {"spec": {
            "containers": [{"name": "coordinator"}, {"name": "side", "image": "x"}],
            "initContainers": [{"name": "import"}, {"name": "local-worker"}, {"name": "fetch", "image": "y"}],
        }}}),
    ] {
        assert_eq!(validate(&observed(spec.clone())), Ok(()), "{spec}");
    }
}

#[test]
fn a_template_of_the_wrong_shape_is_told_with_its_place() {
    for (spec, expected) in [
        (json!({"template": {"spec": []}}), "spec.template.spec must be an object"),
        (json!({"template": {"containers": []}}), "spec.template.containers is no field of a pod template"),
        (
            json!({"coordinatorTemplate": {"spec": {"containers": {}}}}),
            "spec.coordinatorTemplate.spec.containers must be a list",
        ),
        (
            json!({"template": {"spec": {"containers": [1]}}}),
            "spec.template.spec.containers[0] must be an object",
        ),
        (
            json!({"template": {"spec": {"containers": [{"image": "x"}]}}}),
            "spec.template.spec.containers[0] must have a name",
        ),
        (
            json!({"template": {"spec": {"containers": [{"name": "worker"}, {"name": "worker"}]}}}),
            "there are two containers worker",
        ),
        (
            json!({"template": {"spec": {"containers": [{"name": "wroker"}]}}}),
            "call it worker to change that of Galapagos",
        ),
        (
            json!({"coordinatorTemplate": {"spec": {"initContainers": [{"name": "x"}]}}}),
            "call it import or local-worker",
        ),
        (
            json!({"template": {"metadata": {"labels": {"a": 1}}}}),
            "spec.template.metadata.labels: the value of a must be a string",
        ),
    ] {
        let problem = problem(spec);
        assert_eq!(problem.reason, StalledReason::InvalidTemplate);
        assert!(problem.message.contains(expected), "{} has not {expected}", problem.message);
    }
}

#[test]
fn a_claim_must_exist_and_stay() {
    assert_eq!(problem(on_claim()), PoolFinding {
        reason: StalledReason::VolumeNotFound,
        message: "spec.marketData: there is no PersistentVolumeClaim prices in this namespace: create it, or name another"
            .to_owned(),
    });
    let with = |found: Value| {
        let mut observed = observed(on_claim());
        observed.market_data = claim(found);
        validate(&observed)
    };
    // One that waits for its first pod is as good as bound.
    assert_eq!(with(json!({"status": {"phase": "Pending"}})), Ok(()));
    assert_eq!(with(json!({"status": {"phase": "Bound"}})), Ok(()));
    for gone in [
        json!({"status": {"phase": "Lost"}}),
        json!({"metadata": {"deletionTimestamp": "2026-01-01T00:00:00Z"}}),
    ] {
        assert_eq!(with(gone).unwrap_err().reason, StalledReason::VolumeNotFound);
    }
}

#[test]
fn the_claim_of_the_state_is_looked_at_too() {
    let mut spec = json!({});
    spec["state"] = json!({"volume": {"persistentVolumeClaim": {"claimName": "runs"}}});
    let problem = problem(spec);
    assert_eq!(problem.reason, StalledReason::VolumeNotFound);
    assert!(problem.message.starts_with("spec.state: there is no PersistentVolumeClaim runs"));
}

#[test]
fn a_claim_is_made_from_a_template_unless_somebody_elses_has_its_name() {
    let spec = json!({"marketData": {"claimTemplate": {"accessModes": ["ReadWriteMany"]}}});
    assert_eq!(validate(&observed(spec.clone())), Ok(()));
    let with = |labels: Value| {
        let mut observed = observed(spec.clone());
        observed.market_data = claim(json!({"metadata": {"name": "big-market-data", "labels": labels}}));
        validate(&observed).map_err(|p| p.reason)
    };
    let ours = |pool: &str| json!({"app.kubernetes.io/managed-by": "galapagos-operator", "galapagos.dev/pool": pool});
    assert_eq!(with(ours("big")), Ok(()), "it outlived an earlier pool of this name");
    assert_eq!(with(ours("other")), Err(StalledReason::NameTaken));
    assert_eq!(with(json!({})), Err(StalledReason::NameTaken));
}

#[test]
fn a_volume_is_one_source() {
    for volume in [json!({"nfs": {}, "image": {}}), json!({"nfs": "s"}), json!({"persistentVolumeClaim": {}})]
    {
        let problem = problem(json!({"marketData": {"volume": volume}}));
        assert_eq!(problem.reason, StalledReason::InvalidTemplate);
        assert!(problem.message.starts_with("spec.marketData.volume"), "{}", problem.message);
    }
}

#[test]
fn runs_need_a_place_that_can_be_written() {
    let image = json!({"volume": {"image": {"reference": "prices:1"}}});
    let problem = problem(json!({"marketData": image}));
    assert!(problem.message.starts_with("spec.marketData.volume.image is read only"), "{}", problem.message);
    let nfs = json!({"volume": {"nfs": {"server": "s", "path": "/", "readOnly": true}}});
    assert!(validate(&observed(json!({"state": nfs}))).is_err());
    let apart = json!({"marketData": image, "state": {"volume": {"nfs": {"server": "s", "path": "/"}}}});
    assert_eq!(validate(&observed(apart)), Ok(()));
}
