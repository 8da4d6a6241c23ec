//! What every pod keeps to, and what a template may change.

use serde_json::json;

use super::{container, containers, coordinator_of, site, variable, workers_of};
use crate::evolution_job::children::workers;
use crate::labels;

// Contract K12.
/// The profile `restricted` of the Pod Security Standards.
#[test]
fn pods_keep_to_pod_security_restricted() {
    for template in [coordinator_of(&site(json!({}))).1, workers_of(&site(json!({}))).1] {
        let spec = template.spec.clone().unwrap();
        let security = spec.security_context.clone().unwrap();
        assert_eq!(
            (security.run_as_non_root, security.run_as_user, security.fs_group),
            (Some(true), Some(65532), Some(65532))
        );
        assert_eq!(security.fs_group_change_policy.as_deref(), Some("OnRootMismatch"));
        assert_eq!(security.seccomp_profile.unwrap().type_, "RuntimeDefault");
        assert_eq!(spec.automount_service_account_token, Some(false));
        assert_eq!(spec.enable_service_links, Some(false));
        assert_eq!((spec.host_network, spec.host_pid, spec.host_ipc), (None, None, None));
        for container in containers(&template) {
            let security = container.security_context.unwrap();
            assert_eq!(security.allow_privilege_escalation, Some(false), "{}", container.name);
            assert_eq!(security.read_only_root_filesystem, Some(true));
            assert_eq!(security.capabilities.unwrap().drop, Some(vec!["ALL".to_owned()]));
        }
    }
}

#[test]
fn the_cluster_may_choose_the_user() {
    let mut site = site(json!({}));
    site.run_as_user = 0;
    let security = workers_of(&site).1.spec.unwrap().security_context.unwrap();
    assert_eq!((security.run_as_user, security.run_as_group, security.fs_group), (None, None, None));
    assert_eq!(security.run_as_non_root, Some(true));
}

#[test]
fn a_dead_node_is_given_up_soon_and_a_pod_leaves_soon() {
    let spec = coordinator_of(&site(json!({}))).1.spec.unwrap();
    assert_eq!(spec.termination_grace_period_seconds, Some(10));
    let tolerations: Vec<_> =
        spec.tolerations.unwrap().into_iter().map(|t| (t.key.unwrap(), t.toleration_seconds)).collect();
    assert_eq!(
        tolerations,
        [
            ("node.kubernetes.io/unreachable".to_owned(), Some(20)),
            ("node.kubernetes.io/not-ready".to_owned(), Some(20)),
        ]
    );
}

#[test]
fn local_worker_and_import_take_what_the_pool_says_of_workers() {
    let resources = json!({"limits": {"cpu": "2", "memory": "2Gi"}});
    let site =
        site(json!({"template": {"spec": {"containers": [{"name": "worker", "resources": resources}]}}}));
    let (_, coordinators) = coordinator_of(&site);
    for worker in [
        container(&workers_of(&site).1, "worker"),
        container(&coordinators, "local-worker"),
        container(&coordinators, "import"),
    ] {
        assert_eq!(
            serde_json::to_value(worker.resources.clone().unwrap()).unwrap(),
            resources,
            "no request of ours above it"
        );
        assert_eq!(variable(&worker, "GALAPAGOS_SLOTS").unwrap_or("2".to_owned()), "2");
    }
}

#[test]
fn resources_that_are_given_are_not_mixed_with_ours() {
    let tiny = json!({"limits": {"cpu": "10m", "memory": "32Mi"}});
    let (_, template) = coordinator_of(&site(json!({"coordinatorTemplate": {"spec": {
        "containers": [{"name": "coordinator", "resources": tiny}],
        "initContainers": [{"name": "local-worker", "resources": tiny}],
    }}})));
    for name in ["coordinator", "local-worker"] {
        assert_eq!(
            serde_json::to_value(container(&template, name).resources.unwrap()).unwrap(),
            tiny,
            "{name}"
        );
    }
}

#[test]
fn a_template_changes_what_is_usual_and_not_what_must_hold() {
    let template = json!({
        "metadata": {"labels": {"team": "quant", "galapagos.dev/job-uid": "forged"}, "annotations": {"note": "1"}},
        "spec": {
            "priorityClassName": "batch",
            "restartPolicy": "OnFailure",
            "automountServiceAccountToken": true,
            "terminationGracePeriodSeconds": 30,
            "securityContext": {"runAsUser": null, "fsGroup": 1000},
            "tolerations": [{"key": "spot", "operator": "Exists"}],
            "containers": [
                {"name": "worker", "image": "other:2", "args": ["--help"], "livenessProbe": null,
                 "env": [{"name": "GALAPAGOS_LOG_LEVEL", "value": "debug"}, {"name": "GALAPAGOS_JOB_UID", "value": "forged"}]},
                {"name": "side", "image": "side:1"},
            ],
            "volumes": [{"name": "scratch", "emptyDir": {}}],
        },
    });
    let (deployment, pod) = workers_of(&site(json!({"template": template})));
    let labels = pod.metadata.clone().unwrap().labels.unwrap();
    assert_eq!(labels["team"], "quant");
    assert_eq!(labels["galapagos.dev/job-uid"], "u-1");
    let spec = pod.spec.clone().unwrap();
    assert_eq!(spec.priority_class_name.as_deref(), Some("batch"));
    assert_eq!(spec.restart_policy.as_deref(), Some("Always"));
    assert_eq!(spec.automount_service_account_token, Some(false));
    assert_eq!(spec.termination_grace_period_seconds, Some(30));
    let security = spec.security_context.clone().unwrap();
    assert_eq!(
        (security.run_as_user, security.fs_group, security.run_as_non_root),
        (None, Some(1000), Some(true))
    );
    assert_eq!(spec.tolerations.clone().unwrap().len(), 3);
    let worker = container(&pod, "worker");
    assert_eq!(worker.image.as_deref(), Some("galapagos:1"), "one image for the whole life of a job");
    assert_eq!(worker.args, Some(vec!["worker".to_owned()]));
    assert_eq!(worker.liveness_probe, None);
    assert_eq!(variable(&worker, "GALAPAGOS_LOG_LEVEL").as_deref(), Some("debug"));
    assert_eq!(variable(&worker, "GALAPAGOS_JOB_UID").as_deref(), Some("u-1"));
    assert_eq!(container(&pod, "side").image.as_deref(), Some("side:1"));
    assert!(spec.volumes.unwrap().iter().any(|v| v.name == "scratch"));
    assert_eq!(deployment.metadata.labels.unwrap()["team"], "quant");
}

// Contract K8.
#[test]
fn an_upgrade_of_the_operator_rolls_no_pods() {
    for template in [coordinator_of(&site(json!({}))).1, workers_of(&site(json!({}))).1] {
        assert!(!serde_json::to_string(&template).unwrap().contains(labels::VERSION));
    }
    assert_eq!(
        workers(&site(json!({})), 1)["metadata"]["labels"][labels::VERSION],
        env!("CARGO_PKG_VERSION")
    );
}

#[test]
fn every_container_has_requests_and_limits_so_that_a_quota_of_limits_lets_it_in() {
    let site = site(json!({"slotsPerWorker": 3}));
    let (coordinator, workers) = (coordinator_of(&site).1, workers_of(&site).1);
    let all = [
        (&coordinator, "coordinator", "2"),
        (&coordinator, "local-worker", "3"),
        (&coordinator, "import", "3"),
        (&workers, "worker", "3"),
    ];
    for (template, name, cpu) in all {
        let resources = container(template, name).resources.unwrap();
        let (requests, limits) = (resources.requests.unwrap(), resources.limits.unwrap());
        assert_eq!(limits["cpu"].0, cpu, "{name}: a CPU for each thread");
        for kind in ["cpu", "memory"] {
            assert!(requests.contains_key(kind) && limits.contains_key(kind), "{name}: {kind}");
        }
    }
}
