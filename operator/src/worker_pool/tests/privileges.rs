//! What a pool gives its pods beyond their own containers.

use clap::Parser;
use serde_json::{Value, json};

use super::pool;
use crate::settings::Settings;
use crate::worker_pool::privileges::check;

fn settings(flags: &[&str]) -> Settings {
    let usual = ["operator", "--image", "i", "--own-namespace", "galapagos-system"];
    Settings::parse_from(usual.iter().chain(flags))
}

/// Pods with it, as workers and as coordinators, are refused by the field's name, and allowed by the flag.
fn assert_refused(spec: Value, field: &str) {
    for template in ["template", "coordinatorTemplate"] {
        let mut with = json!({});
        with[template] = json!({"spec": spec});
        assert_pool_refused(with, &format!("spec.{template}.spec.{field}"));
    }
}

fn assert_pool_refused(spec: Value, field: &str) {
    let pool = pool(spec.clone());
    let message = check(&pool, &settings(&[])).expect_err(&spec.to_string());
    assert!(message.starts_with(&format!("{field} is not allowed: ")), "{message} is not about {field}");
    assert!(message.contains("--allow-privileged-templates"), "{message}");
    assert_eq!(check(&pool, &settings(&["--allow-privileged-templates"])), Ok(()));
}

// Contract K12.
#[test]
fn a_service_account_is_not_a_pools_to_give() {
    assert_refused(json!({"serviceAccountName": "admin"}), "serviceAccountName");
    assert_refused(json!({"serviceAccount": "admin"}), "serviceAccount");
    assert_refused(json!({"automountServiceAccountToken": true}), "automountServiceAccountToken");
    let token = json!({"name": "t", "projected": {"sources": [{"configMap": {"name": "c"}},
                                                              {"serviceAccountToken": {"path": "token"}}]}});
    assert_refused(
        json!({"volumes": [{"name": "v", "emptyDir": {}}, token]}),
        "volumes[1].projected.sources[1].serviceAccountToken",
    );
}

#[test]
fn the_node_is_not_a_pools_to_give() {
    for host in ["hostNetwork", "hostPID", "hostIPC"] {
        assert_refused(json!({host: true}), host);
    }
    assert_refused(json!({"volumes": [{"name": "v", "hostPath": {"path": "/"}}]}), "volumes[0].hostPath");
    let process = json!({"securityContext": {"windowsOptions": {"hostProcess": true}}});
    assert_refused(process, "securityContext.windowsOptions.hostProcess");
    let sysctl = json!({"securityContext": {"sysctls": [{"name": "kernel.msgmax", "value": "1"}]}});
    assert_refused(sysctl, "securityContext.sysctls");
    for place in ["marketData", "state"] {
        let mut spec = json!({});
        spec[place] = json!({"volume": {"hostPath": {"path": "/etc"}}});
        assert_pool_refused(spec, &format!("spec.{place}.volume.hostPath"));
    }
}

#[test]
fn containers_of_all_lists_keep_to_themselves() {
    for (container, field) in [
        (json!({"securityContext": {"privileged": true}}), "securityContext.privileged"),
        (
            json!({"securityContext": {"allowPrivilegeEscalation": true}}),
            "securityContext.allowPrivilegeEscalation",
        ),
        (
            json!({"securityContext": {"capabilities": {"add": ["SYS_ADMIN"]}}}),
            "securityContext.capabilities.add",
        ),
        (json!({"securityContext": {"procMount": "Unmasked"}}), "securityContext.procMount"),
        // What is taken away by null would leave less than what is usual.
        (json!({"securityContext": null}), "securityContext"),
        (
            json!({"securityContext": {"allowPrivilegeEscalation": null}}),
            "securityContext.allowPrivilegeEscalation",
        ),
        (json!({"securityContext": {"seccompProfile": null}}), "securityContext.seccompProfile"),
        (
            json!({"securityContext": {"seccompProfile": {"type": "Unconfined"}}}),
            "securityContext.seccompProfile.type",
        ),
        (
            json!({"securityContext": {"appArmorProfile": {"type": "Unconfined"}}}),
            "securityContext.appArmorProfile.type",
        ),
        (
            json!({"securityContext": {"seLinuxOptions": {"type": "spc_t"}}}),
            "securityContext.seLinuxOptions.type",
        ),
        (json!({"ports": [{"containerPort": 1}, {"containerPort": 2, "hostPort": 2}]}), "ports[1].hostPort"),
        (
            json!({"livenessProbe": {"httpGet": {"host": "10.0.0.1", "port": 1}}}),
            "livenessProbe.httpGet.host",
        ),
        (
            json!({"lifecycle": {"preStop": {"tcpSocket": {"host": "h", "port": 1}}}}),
            "lifecycle.preStop.tcpSocket.host",
        ),
    ] {
        for list in ["containers", "initContainers", "ephemeralContainers"] {
            let mut mine = container.clone();
            mine["name"] = "mine".into();
            assert_refused(json!({list: [{"name": "first"}, mine]}), &format!("{list}[1].{field}"));
        }
    }
    let pod = json!({"securityContext": {"seccompProfile": {"type": "Unconfined"}}});
    assert_refused(pod, "securityContext.seccompProfile.type");
    assert_refused(json!({"securityContext": null}), "securityContext");
    assert_refused(json!({"securityContext": {"seccompProfile": null}}), "securityContext.seccompProfile");
    let key = "container.apparmor.security.beta.kubernetes.io/worker";
    assert_pool_refused(
        json!({"template": {"metadata": {"annotations": {key: "unconfined"}}}}),
        &format!("spec.template.metadata.annotations[{key}]"),
    );
}

#[test]
fn ordinary_templates_and_the_volumes_of_the_samples_are_allowed() {
    for spec in [
        json!({}),
        json!({"template": {"spec": {
            "serviceAccountName": null, "automountServiceAccountToken": false, "hostNetwork": false,
            "nodeSelector": {"privileged": "true"}, "volumes": [{"name": "v", "emptyDir": {}},
                {"name": "s", "secret": {"secretName": "s"}}, {"name": "c", "projected": {"sources": []}}],
            "securityContext": {"runAsUser": null, "fsGroup": 1, "seccompProfile": {"type": "RuntimeDefault"},
                                "seLinuxOptions": {"level": "s0:c1,c2"}},
            "containers": [{"name": "worker", "ports": [{"containerPort": 1, "hostPort": 0}],
                "livenessProbe": {"httpGet": {"path": "/live", "port": 1}},
                "securityContext": {"privileged": false, "allowPrivilegeEscalation": false, "procMount": "Default",
                                    "capabilities": {"drop": ["ALL"], "add": []}}}],
        }}}),
        json!({"state": {"claimTemplate": {"accessModes": ["ReadWriteOnce"]}}}),
    ] {
        assert_eq!(check(&pool(spec.clone()), &settings(&[])), Ok(()), "{spec}");
    }
    for sample in ["single-node", "shared-claims", "claim-template"] {
        let path = format!("{}/../deploy/examples/pools/{sample}.yaml", env!("CARGO_MANIFEST_DIR"));
        let all: Vec<Value> = serde_yaml::from_multiple(&std::fs::read_to_string(path).unwrap()).unwrap();
        let pool = all.into_iter().find(|object| object["kind"] == "WorkerPool").unwrap();
        assert_eq!(check(&serde_json::from_value(pool).unwrap(), &settings(&[])), Ok(()), "{sample}");
    }
}

#[test]
fn the_namespace_with_the_authority_of_all_jobs_has_no_pools() {
    let mut home = pool(json!({}));
    home.metadata.namespace = Some("galapagos-system".to_owned());
    let message = check(&home, &settings(&[])).unwrap_err();
    assert!(
        message.starts_with("metadata.namespace: pools are not allowed in galapagos-system"),
        "{message}"
    );
    assert!(!message.contains("Leave it out"), "there is no field to leave out: {message}");
    assert_eq!(check(&home, &settings(&["--allow-privileged-templates"])), Ok(()));
    // An operator for that one namespace has nobody else's.
    assert_eq!(check(&home, &settings(&["--namespace", "galapagos-system"])), Ok(()));
}
