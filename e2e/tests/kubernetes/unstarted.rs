//! Pods that are refused or fit nowhere: told in the words of who refuses, healed by whoever corrects it, and no hindrance
//! to the jobs behind. And children that were edited beyond merging.

use galapagos_crds::EvolutionJob;
use k8s_openapi::api::core::v1::Service;
use serde_json::{Value, json};

use crate::harness::manifests::{long, pool, small, with};
use crate::harness::reference::expected;
use crate::harness::wait::{PATIENCE, has_done, is_true, status, until};
use crate::harness::{Space, case};

fn says(job: &EvolutionJob, text: &str) {
    let conditions = status(job).conditions;
    let stalled = conditions.iter().find(|c| c.type_ == "Stalled").expect("it is stalled");
    assert!(stalled.message.contains(text), "{text}: {}", stalled.message);
}

/// Attempts that were lost to it.
fn counted(job: &EvolutionJob) -> (i32, i32) {
    let attempts = status(job).attempts.unwrap();
    (attempts.faults, attempts.disruptions)
}

/// A pool that says nothing of resources.
fn plain() -> Value {
    let plain = with(pool("default", 0), "/spec/template", json!({}));
    with(plain, "/spec/coordinatorTemplate", json!({}))
}

#[test]
fn a_quota_of_limits_lets_pods_in_that_say_nothing_of_resources() {
    case("limits", async |space: &Space| {
        let quota = json!({"apiVersion": "v1", "kind": "ResourceQuota", "metadata": {"name": "limits"},
                           "spec": {"hard": {"limits.cpu": "8", "limits.memory": "8Gi", "requests.cpu": "4"}}});
        space.apply(&[quota]);
        space.kubectl(&["wait", "resourcequota/limits", "--for=jsonpath={.status.hard}", "--timeout=30s"]);
        space.apply(&[plain(), small("evolve")]);
        assert_eq!(space.digest("evolve").await, expected(&small("evolve")));
    });
}

#[test]
fn a_pod_that_is_refused_is_told_and_made_again_once_the_pool_or_the_limit_is_corrected() {
    case("refused", async |space: &Space| {
        let of = |job: &str| with(small(job), "/spec/workerPoolName", json!(job));
        let template = "/spec/coordinatorTemplate/spec";
        let class = |field: &str| with(pool(field, 0), &format!("{template}/{field}"), json!("nowhere"));
        let classes = [("priorityClassName", "PriorityClass"), ("runtimeClassName", "RuntimeClass")];
        for (field, _) in classes {
            let name = field.to_lowercase();
            let pool = with(class(field), "/metadata/name", json!(name));
            space.apply(&[pool, of(&name)]);
        }
        for (field, kind) in classes {
            let name = field.to_lowercase();
            let found = space.job_is(&name, "is told", is_true("Stalled", "InvalidTemplate")).await;
            says(&found, kind);
            space.edit(
                &format!("wpool/{name}"),
                json!({"spec": {"coordinatorTemplate": {"spec": {field: null}}}}),
            );
        }
        for (field, _) in classes {
            let name = field.to_lowercase();
            assert_eq!(space.digest(&name).await, expected(&of(&name)));
            assert_eq!(counted(&space.jobs().get(&name).await.unwrap()), (0, 0), "nobody failed");
        }
        let limits = json!({"apiVersion": "v1", "kind": "LimitRange", "metadata": {"name": "few"},
                            "spec": {"limits": [{"type": "Container", "max": {"memory": "64Mi"}}]}});
        space.apply(&[limits, pool("default", 0), small("evolve")]);
        let found = space.job_is("evolve", "is told", is_true("Stalled", "InvalidTemplate")).await;
        says(&found, "maximum memory usage per Container is 64Mi");
        space.kubectl(&["delete", "limitrange", "few"]);
        assert_eq!(space.digest("evolve").await, expected(&small("evolve")));
    });
}

#[test]
fn a_job_that_fits_on_no_node_is_told_lets_others_go_first_and_heals() {
    case("unplaced", async |space: &Space| {
        let nowhere = json!({"kubernetes.io/hostname": "nowhere"});
        let one = with(pool("default", 0), "/spec/maxConcurrentJobs", json!(1));
        let elsewhere = with(one.clone(), "/spec/coordinatorTemplate/spec/nodeSelector", nowhere);
        space.apply(&[elsewhere, small("first")]);
        let found = space.job_is("first", "is told", is_true("Stalled", "Unschedulable")).await;
        says(&found, "0/2 nodes");
        space.apply(&[small("second")]);
        let stalled = is_true("Stalled", "Unschedulable");
        until(&space.jobs(), "second", 2 * PATIENCE, "gets the place", stalled).await;
        says(&space.jobs().get("first").await.unwrap(), "0/2 nodes");
        space.kubectl(&[
            "patch",
            "wpool/default",
            "--type=json",
            "-p",
            r#"[{"op": "remove", "path": "/spec/coordinatorTemplate/spec/nodeSelector"}]"#,
        ]);
        for name in ["first", "second"] {
            assert_eq!(space.digest(name).await, expected(&small(name)));
            assert_eq!(counted(&space.jobs().get(name).await.unwrap()), (0, 0));
        }
    });
}

#[test]
fn a_port_of_the_service_that_was_edited_by_hand_is_put_right() {
    case("edited", async |space: &Space| {
        space.apply(&[pool("default", 0), long("evolve")]);
        space.job_is("evolve", "is on its way", has_done(1)).await;
        let services = space.api::<Service>();
        let before = services.get("evolve-coordinator").await.unwrap().spec.unwrap();
        let edit = r#"[{"op": "replace", "path": "/spec/ports/0/port", "value": 9999}]"#;
        space.kubectl(&["patch", "service/evolve-coordinator", "--type=json", "-p", edit]);
        let ports = |s: &Service| -> Vec<i32> {
            s.spec.iter().flat_map(|s| s.ports.iter().flatten()).map(|p| p.port).collect()
        };
        let is_right = |s: &Service| ports(s) == [7400, 7401];
        let after = until(&services, "evolve-coordinator", PATIENCE, "is put right", is_right).await;
        assert_eq!(after.spec.unwrap().cluster_ip, before.cluster_ip);
        let job = space.jobs().get("evolve").await.unwrap();
        assert!(status(&job).conditions.iter().all(|c| c.type_ != "Stalled"), "nobody is blamed");
    });
}
