//! What is built, seen as the API server sees it.

use galapagos_crds::EvolutionJob;
use galapagos_protocol::tls::issue::Leaf;
use k8s_openapi::api::apps::v1::Deployment;
use k8s_openapi::api::batch::v1::Job;
use k8s_openapi::api::core::v1::{Container, PodTemplateSpec, Secret, Service};
use serde::Serialize;
use serde::de::DeserializeOwned;

use super::*;
use crate::certificates::Certificates;

fn site(spec: Value) -> Site {
    let mut all = json!({"marketData": {"volume": {"persistentVolumeClaim": {"claimName": "market-data"}}}});
    all.as_object_mut().unwrap().extend(spec.as_object().unwrap().clone());
    let pool: WorkerPool = serde_json::from_value(json!({
        "apiVersion": "galapagos.dev/v1alpha1", "kind": "WorkerPool",
        "metadata": {"name": "big", "namespace": "research"}, "spec": all,
    }))
    .unwrap();
    Site {
        namespace: "research".to_owned(),
        name: "btc".to_owned(),
        uid: "u-1".to_owned(),
        owner: OwnerReference {
            api_version: "galapagos.dev/v1alpha1".to_owned(),
            kind: "EvolutionJob".to_owned(),
            name: "btc".to_owned(),
            uid: "u-1".to_owned(),
            controller: Some(true),
            block_owner_deletion: Some(true),
        },
        pool: Arc::new(pool),
        image: "galapagos:1".to_owned(),
        pull_policy: None,
        secret: "btc-tls-12345678".to_owned(),
        colocation: Colocation::None,
        source: true,
        run_as_user: 65532,
    }
}

/// As the server's strict validation: nothing is unknown, misspelt or of another type.
fn strict<K: DeserializeOwned + Serialize>(built: Value) -> K {
    let typed: K = serde_json::from_value(built.clone()).unwrap();
    fn known(built: &Value, read: &Value, path: &str) {
        match (built, read) {
            (Value::Object(built), Value::Object(read)) => {
                for (key, value) in built {
                    let read = read.get(key).unwrap_or_else(|| panic!("{path}.{key} is unknown"));
                    known(value, read, &format!("{path}.{key}"));
                }
            }
            (Value::Array(built), Value::Array(read)) => {
                assert_eq!(built.len(), read.len(), "{path}");
                built
                    .iter()
                    .zip(read)
                    .enumerate()
                    .for_each(|(i, (b, r))| known(b, r, &format!("{path}[{i}]")));
            }
            (Value::Null, _) => panic!("{path} is null"),
            (built, read) => assert_eq!(built, read, "{path}"),
        }
    }
    known(&built, &without_empty(serde_json::to_value(&typed).unwrap(), &built), "");
    typed
}

/// Typed structs leave out some empty lists.
fn without_empty(mut read: Value, built: &Value) -> Value {
    if let (Value::Object(read), Value::Object(built)) = (&mut read, built) {
        for (key, value) in built {
            match read.get_mut(key) {
                Some(inner) => *inner = without_empty(inner.take(), value),
                None if value == &json!([]) || value == &json!({}) => {
                    drop(read.insert(key.clone(), value.clone()))
                }
                None => {}
            }
        }
    }
    read
}

fn coordinator_of(site: &Site) -> (Job, PodTemplateSpec) {
    let job: Job = strict(coordinator_job(site, 3, &json!({"generations": 50, "stop": {"patience": 10}})));
    let template = job.spec.clone().unwrap().template;
    (job, template)
}

fn workers_of(site: &Site) -> (Deployment, PodTemplateSpec) {
    let deployment: Deployment = strict(workers(site, 4));
    let template = deployment.spec.clone().unwrap().template;
    (deployment, template)
}

fn containers(template: &PodTemplateSpec) -> Vec<Container> {
    let spec = template.spec.clone().unwrap();
    spec.init_containers.into_iter().flatten().chain(spec.containers).collect()
}

fn container(template: &PodTemplateSpec, name: &str) -> Container {
    containers(template).into_iter().find(|c| c.name == name).unwrap_or_else(|| panic!("no container {name}"))
}

fn variable(container: &Container, name: &str) -> Option<String> {
    container.env.iter().flatten().find(|e| e.name == name)?.value.clone()
}

/// Mounts as (volume, path, sub path, read only).
fn mounts(container: &Container) -> Vec<(String, String, String, bool)> {
    let mounts = container.volume_mounts.iter().flatten();
    mounts
        .map(|m| {
            let sub_path = m.sub_path.clone().unwrap_or_default();
            (m.name.clone(), m.mount_path.clone(), sub_path, m.read_only.unwrap_or(false))
        })
        .collect()
}

fn writes(container: &Container) -> Vec<String> {
    mounts(container).into_iter().filter(|m| !m.3).map(|m| m.1).collect()
}

#[test]
fn a_coordinators_pod_imports_then_starts_its_local_worker_and_then_the_coordinator() {
    let (_, template) = coordinator_of(&site(json!({})));
    let spec = template.spec.clone().unwrap();
    let init: Vec<_> = spec.init_containers.iter().flatten().map(|c| c.name.as_str()).collect();
    assert_eq!(init, ["import", "local-worker"]);
    assert_eq!(spec.containers.iter().map(|c| c.name.as_str()).collect::<Vec<_>>(), ["coordinator"]);
    let sidecar = container(&template, "local-worker");
    assert_eq!(sidecar.restart_policy.as_deref(), Some("Always"));
    assert_eq!(sidecar.startup_probe, None, "the coordinator must not wait for it");
    assert_eq!(container(&template, "import").restart_policy, None);
    assert_eq!(spec.restart_policy.as_deref(), Some("Never"));
}

#[test]
fn without_a_source_nothing_is_imported_and_nobody_writes_market_data() {
    let mut site = site(json!({"state": {"volume": {"persistentVolumeClaim": {"claimName": "state"}}}}));
    site.source = false;
    let (job, template) = coordinator_of(&site);
    assert!(containers(&template).iter().all(|c| c.name != "import"));
    let rules = job.spec.unwrap().pod_failure_policy.unwrap().rules;
    assert_eq!(rules.len(), 2, "a rule about a container that is not there is refused by the server");
    assert!(containers(&template).iter().all(|c| !writes(c).contains(&"/data".to_owned())));
}

#[test]
fn an_attempt_is_one_pod_whose_end_is_never_repeated_by_kubernetes() {
    let (job, _) = coordinator_of(&site(json!({})));
    assert_eq!(job.metadata.name.as_deref(), Some("btc-coordinator-3"));
    let spec = job.spec.unwrap();
    assert_eq!((spec.backoff_limit, spec.completions, spec.parallelism), (Some(0), Some(1), Some(1)));
    assert_eq!(spec.suspend, None, "that field belongs to queues");
    assert_eq!(spec.active_deadline_seconds, None);
}

#[test]
fn only_coordinator_and_import_decide_the_class_of_a_failure() {
    let (job, _) = coordinator_of(&site(json!({})));
    let rules = job.spec.unwrap().pod_failure_policy.unwrap().rules;
    let named: Vec<_> = rules.iter().filter_map(|r| r.on_exit_codes.as_ref()).collect();
    let names: Vec<_> = named.iter().map(|r| r.container_name.clone().unwrap()).collect();
    assert_eq!(names, ["coordinator", "import"], "a rule without a name would match the local worker");
    assert!(named.iter().all(|r| r.operator == "In" && r.values == [64, 65, 66, 67, 68]));
    let conditions = rules.last().unwrap().on_pod_conditions.clone().unwrap();
    assert_eq!(
        (conditions[0].type_.as_str(), conditions[0].status.as_deref()),
        ("DisruptionTarget", Some("True"))
    );
    assert!(rules.iter().all(|r| r.action == "FailJob"));
}

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
fn each_role_is_told_what_it_needs_by_its_environment() {
    let site = site(json!({"slotsPerWorker": 3, "costPerWorkerHour": "0.04"}));
    let (_, coordinators) = coordinator_of(&site);
    let (_, workers) = workers_of(&site);
    let coordinator = container(&coordinators, "coordinator");
    for (name, expected) in [
        ("GALAPAGOS_JOB", "/etc/galapagos/job/job.json"),
        ("GALAPAGOS_JOB_UID", "u-1"),
        ("GALAPAGOS_TLS_DIR", "/etc/galapagos/tls"),
        ("GALAPAGOS_DATA_DIR", "/data"),
        ("GALAPAGOS_STATE_DIR", "/state"),
        ("GALAPAGOS_ATTEMPT", "3"),
        ("GALAPAGOS_DESIRED", r#"{"generations":50,"stop":{"patience":10}}"#),
        ("GALAPAGOS_PRICE_PER_WORKER_HOUR", "0.04"),
        ("GALAPAGOS_TERMINATION_LOG", "/dev/termination-log"),
    ] {
        assert_eq!(variable(&coordinator, name).as_deref(), Some(expected), "{name}");
    }
    let local = container(&coordinators, "local-worker");
    let remote = container(&workers, "worker");
    assert_eq!(variable(&local, "GALAPAGOS_COORDINATOR").as_deref(), Some("127.0.0.1:7400"));
    assert_eq!(variable(&remote, "GALAPAGOS_COORDINATOR").as_deref(), Some("btc-coordinator:7400"));
    for worker in [&local, &remote] {
        assert_eq!(variable(worker, "GALAPAGOS_SLOTS").as_deref(), Some("3"));
    }
    assert_eq!(coordinator.args, Some(vec!["coordinator".to_owned()]));
    assert_eq!(local.args, Some(vec!["worker".to_owned()]));
    assert_eq!(container(&coordinators, "import").args, Some(vec!["import".to_owned()]));
}

#[test]
fn two_roles_in_one_pod_have_their_probes_at_two_ports() {
    let (_, template) = coordinator_of(&site(json!({})));
    let ports = |name: &str| -> Vec<(String, i32)> {
        let c = container(&template, name);
        c.ports.into_iter().flatten().map(|p| (p.name.unwrap(), p.container_port)).collect()
    };
    assert_eq!(
        ports("coordinator"),
        [("work".to_owned(), 7400), ("progress".to_owned(), 7401), ("http".to_owned(), 8080)]
    );
    assert_eq!(ports("local-worker"), [("local-http".to_owned(), 8081)]);
    let local = container(&template, "local-worker");
    assert_eq!(variable(&local, "GALAPAGOS_HTTP_ADDRESS").as_deref(), Some("0.0.0.0:8081"));
    let probe = serde_json::to_value(local.liveness_probe.unwrap().http_get.unwrap()).unwrap();
    assert_eq!(probe, json!({"path": "/live", "port": "local-http"}));
}

/// The `restricted` profile of the Pod Security Standards.
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
            serde_json::to_value(worker.resources.unwrap()).unwrap(),
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

#[test]
fn init_containers_of_the_template_run_before_ours() {
    let (_, template) = coordinator_of(&site(json!({"coordinatorTemplate": {"spec": {"initContainers": [
        {"name": "local-worker", "env": [{"name": "GALAPAGOS_LOG_LEVEL", "value": "debug"}]},
        {"name": "fetch", "image": "fetch:1"},
    ]}}})));
    let names: Vec<_> =
        template.spec.clone().unwrap().init_containers.unwrap().into_iter().map(|c| c.name).collect();
    assert_eq!(names, ["fetch", "import", "local-worker"]);
    let local = container(&template, "local-worker");
    assert_eq!(variable(&local, "GALAPAGOS_LOG_LEVEL").as_deref(), Some("debug"));
    assert!(local.security_context.is_some());
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

#[test]
fn every_child_belongs_to_its_job_and_can_be_found_again() {
    let site = site(json!({}));
    for child in [service(&site, 1), coordinator_job(&site, 1, &json!({})), workers(&site, 1)] {
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
