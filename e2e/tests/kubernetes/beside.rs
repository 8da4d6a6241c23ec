//! Containers that others put into the pods of coordinators.

use std::time::{Duration, Instant};

use galapagos_crds::EvolutionJob;
use galapagos_crds::status::Phase;
use k8s_openapi::api::batch::v1::Job;
use k8s_openapi::api::core::v1::Pod;
use kube::api::PostParams;
use serde_json::{Value, json};
use tokio::time::sleep;

use crate::harness::cluster::cluster;
use crate::harness::manifests::{long, pool, small, with};
use crate::harness::reference::expected;
use crate::harness::wait::{PATIENCE, has_done, status};
use crate::harness::{Space, case};

/// Of an image of the cluster; it runs until it is stopped.
fn proxy() -> Value {
    json!({"name": "proxy", "image": "localhost/probe:e2e", "imagePullPolicy": "Never", "args": ["sleep"],
           "securityContext": {"allowPrivilegeEscalation": false, "runAsNonRoot": true,
                               "capabilities": {"drop": ["ALL"]}, "seccompProfile": {"type": "RuntimeDefault"}}})
}

/// As a mesh does it: every pod of a coordinator in the namespace gets the container.
fn injection(namespace: &str) -> [Value; 2] {
    let name = format!("beside-{namespace}");
    let patch = "[JSONPatch{op: \"add\", path: \"/spec/containers/-\", value: Object.spec.containers{name: \"proxy\", \
         image: \"localhost/probe:e2e\", imagePullPolicy: \"Never\", args: [\"sleep\"], \
         securityContext: Object.spec.containers.securityContext{allowPrivilegeEscalation: false, \
         capabilities: Object.spec.containers.securityContext.capabilities{drop: [\"ALL\"]}}}}]";
    let api = "admissionregistration.k8s.io/v1";
    [
        json!({"apiVersion": api, "kind": "MutatingAdmissionPolicy", "metadata": {"name": name}, "spec": {
            "reinvocationPolicy": "Never", "failurePolicy": "Fail",
            "matchConstraints": {
                "namespaceSelector": {"matchLabels": {"kubernetes.io/metadata.name": namespace}},
                "objectSelector": {"matchLabels": {"app.kubernetes.io/component": "coordinator"}},
                "resourceRules": [{"apiGroups": [""], "apiVersions": ["v1"], "resources": ["pods"],
                                   "operations": ["CREATE"]}],
            },
            "mutations": [{"patchType": "JSONPatch", "jsonPatch": {"expression": patch}}],
        }}),
        json!({"apiVersion": api, "kind": "MutatingAdmissionPolicyBinding", "metadata": {"name": name},
               "spec": {"policyName": name}}),
    ]
}

/// Waits until the API server has taken the policy up: it does so some time after the answer to its creation.
async fn acts(space: &Space) {
    let mut container = proxy();
    container["name"] = json!("main");
    let pod = json!({"apiVersion": "v1", "kind": "Pod",
                     "metadata": {"name": "trial", "labels": {"app.kubernetes.io/component": "coordinator"}},
                     "spec": {"containers": [container],
                              "securityContext": {"runAsNonRoot": true, "seccompProfile": {"type": "RuntimeDefault"}}}});
    let pod: Pod = serde_json::from_value(pod).unwrap();
    let trial = PostParams { dry_run: true, ..PostParams::default() };
    let end = Instant::now() + PATIENCE;
    while !has_proxy(&space.api::<Pod>().create(&trial, &pod).await.expect("the trial is allowed")) {
        assert!(Instant::now() < end, "the policy does not act");
        sleep(Duration::from_millis(200)).await;
    }
}

fn has_proxy(pod: &Pod) -> bool {
    pod.spec.iter().any(|spec| spec.containers.iter().any(|container| container.name == "proxy"))
}

async fn nothing_runs_on(space: &Space, job: &str) {
    space.none_left::<Pod>(&format!("galapagos.dev/job={job},app.kubernetes.io/component=coordinator")).await;
}

#[test]
fn a_container_that_a_policy_puts_beside_the_coordinator_decides_nothing() {
    case("beside", async |space: &Space| {
        for object in injection(&space.namespace) {
            cluster().apply(&object);
        }
        acts(space).await;
        let nowhere = json!({"dataset": "nowhere", "symbols": ["WALK"], "interval": "1h"});
        space.apply(&[pool("default", 0), small("evolve"), with(small("none"), "/spec/marketData", nowhere)]);
        let started = |j: &EvolutionJob| status(j).phase.is_some_and(|p| p != Phase::Pending);
        space.job_is("evolve", "starts", started).await;
        assert_eq!(space.digest("evolve").await, expected(&small("evolve")));
        let pods = space.pods("evolve", "coordinator").await;
        assert!(pods.iter().all(has_proxy), "the policy is there");
        space.failure("none", "DatasetNotFound").await;
        nothing_runs_on(space, "evolve").await;
        nothing_runs_on(space, "none").await;
        let name = format!("beside-{}", space.namespace);
        for kind in ["mutatingadmissionpolicybinding", "mutatingadmissionpolicy"] {
            space.kubectl(&["delete", kind, &name]);
        }
    });
}

#[test]
fn a_coordinator_that_dies_beside_a_container_of_the_template_is_repeated() {
    case("sidecar", async |space: &Space| {
        let container = pool("default", 0)["spec"]["coordinatorTemplate"]["spec"]["containers"][0].clone();
        let containers = json!([container, proxy()]);
        let pool = with(pool("default", 0), "/spec/coordinatorTemplate/spec/containers", containers);
        // Its liveness probe fails, and the kubelet kills it: the container beside it lives on.
        let probe = json!({"httpGet": {"path": "/nowhere", "port": "http"}, "initialDelaySeconds": 5,
                           "periodSeconds": 1, "failureThreshold": 1});
        let sick = with(pool.clone(), "/spec/coordinatorTemplate/spec/containers/0/livenessProbe", probe);
        let manifest = long("evolve");
        space.apply(&[sick, manifest.clone()]);
        space.job_is("evolve", "is on its way", has_done(1)).await;
        space.apply(&[pool]);
        space.job_is("evolve", "is repeated", |j| status(j).attempts.is_some_and(|a| a.started > 1)).await;
        space.ends_as_undisturbed(&manifest).await;
        nothing_runs_on(space, "evolve").await;
        assert_eq!(
            space.made::<Job>("evolve").await,
            [""; 0],
            "Jobs of which others would run on are deleted"
        );
    });
}
