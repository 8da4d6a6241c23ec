//! The Job of an attempt.

use serde_json::json;

use super::{container, containers, coordinator_of, site, variable, workers_of, writes};

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
    assert_eq!(rules.len(), 3, "a rule about a container that is not there is refused by the server");
    assert!(containers(&template).iter().all(|c| !writes(c).contains(&"/data".to_owned())));
}

// Contract K5.
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
    let expected = ["coordinator", "import", "import", "coordinator"];
    assert_eq!(names, expected, "a rule without a name would match the local worker");
    assert!(named[..2].iter().all(|r| r.operator == "In" && r.values == [64, 65, 66, 67, 68]));
    assert!(named[2..].iter().all(|r| r.operator == "NotIn" && r.values == [0]), "every code is kept");
    let conditions = rules[2].on_pod_conditions.clone().unwrap();
    assert_eq!((conditions[0].type_.as_str(), conditions[0].status.as_str()), ("DisruptionTarget", "True"));
    assert!(rules.iter().all(|r| r.action == "FailJob"));
}

#[test]
fn each_role_is_told_what_it_needs_by_its_environment() {
    let site = site(json!({"slotsPerWorker": 3, "costPerWorkerHour": "0.04"}));
    let (_, coordinators) = coordinator_of(&site);
    let (_, workers) = workers_of(&site);
    let coordinator = container(&coordinators, "coordinator");
    let told = super::desired().to_string();
    for (name, expected) in [
        ("GALAPAGOS_JOB", "/etc/galapagos/job/job.json"),
        ("GALAPAGOS_JOB_UID", "u-1"),
        ("GALAPAGOS_TLS_DIR", "/etc/galapagos/tls"),
        ("GALAPAGOS_DATA_DIR", "/data"),
        ("GALAPAGOS_STATE_DIR", "/state"),
        ("GALAPAGOS_ATTEMPT", "3"),
        ("GALAPAGOS_DESIRED", told.as_str()),
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

// Contract K8.
#[test]
fn a_later_attempt_is_told_which_version_of_the_data_the_first_one_had() {
    let mut site = site(json!({}));
    let told = |site: &crate::evolution_job::children::Site| {
        let (_, template) = coordinator_of(site);
        ["import", "coordinator"]
            .map(|name| variable(&container(&template, name), "GALAPAGOS_DATASET_DIGEST"))
    };
    assert_eq!(told(&site), [None, None]);
    let digest = Some("blake3:ab".to_owned());
    site.dataset_digest.clone_from(&digest);
    assert_eq!(told(&site), [digest.clone(), digest]);
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
    let coordinator = container(&template, "coordinator");
    // The page is at no port that anybody but the pod itself reaches.
    assert_eq!(variable(&coordinator, "GALAPAGOS_UI_ADDRESS").as_deref(), Some("127.0.0.1:7402"));
    let local = container(&template, "local-worker");
    assert_eq!(variable(&local, "GALAPAGOS_HTTP_ADDRESS").as_deref(), Some("0.0.0.0:8081"));
    let probe = serde_json::to_value(local.liveness_probe.unwrap().http_get.unwrap()).unwrap();
    assert_eq!(probe, json!({"path": "/live", "port": "local-http"}));
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
