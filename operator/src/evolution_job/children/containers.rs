//! The containers of a job's pods, each in two layers: what is usual, and what must hold.

use galapagos_crds::Desired;
use serde_json::{Value, json};

use super::mounts::{self, DATA_DIR, JOB_DIR, STATE_DIR, TLS_DIR};
use super::secret::JOB;
use super::{Site, slots};
use crate::labels::Component;
use crate::names::{self, COORDINATOR, IMPORT, LOCAL_WORKER, WORKER};
use crate::ports::{HTTP_PORT, LOCAL_HTTP_PORT, PROGRESS_PORT, UI_PORT, WORK_PORT};
use crate::template;

/// Found by the image's PATH.
const PROGRAM: &str = "galapagos-worker";
/// What Kubernetes reads after the end of a container.
const TERMINATION_LOG: &str = "/dev/termination-log";
/// Name by which the local worker is known to its coordinator.
const LOCAL: &str = "local";

/// One container in two layers.
pub struct Container {
    /// What is usual.
    pub usual: Value,
    /// What must hold.
    pub held: Value,
}

/// The container `coordinator`.
pub fn coordinator(site: &Site, attempt: u32, desired: &Desired) -> Container {
    let pool = &site.pool.spec;
    let mut usual = usual(COORDINATOR);
    if !has_resources(template::container(&pool.coordinator_template, COORDINATOR)) {
        usual["resources"] = coordinator_resources();
    }
    probes(&mut usual, "http");
    // Nobody but `kubectl port-forward` arrives there; whoever wants none writes it empty.
    usual["env"] = json!([variable("GALAPAGOS_UI_ADDRESS", &format!("127.0.0.1:{UI_PORT}"))]);
    let mut held = held(site, COORDINATOR, COORDINATOR);
    let mut env = vec![
        variable("GALAPAGOS_JOB_UID", site.id.uid.as_str()),
        variable("GALAPAGOS_TLS_DIR", TLS_DIR),
        variable("GALAPAGOS_DATA_DIR", DATA_DIR),
        variable("GALAPAGOS_STATE_DIR", STATE_DIR),
        variable("GALAPAGOS_ATTEMPT", &attempt.to_string()),
        variable("GALAPAGOS_DESIRED", &desired.to_string()),
    ];
    if let Some(price) = pool.cost_per_worker_hour {
        env.push(variable("GALAPAGOS_PRICE_PER_WORKER_HOUR", &price.to_string()));
    }
    env.extend(version_of_data(site));
    extend(&mut held["env"], env);
    held["ports"] =
        json!([port("work", WORK_PORT), port("progress", PROGRESS_PORT), port("http", HTTP_PORT)]);
    held["volumeMounts"] = json!([
        mounts::job_mount(),
        mounts::tls_mount(Component::Coordinator),
        mounts::data_mount(pool, true),
        mounts::state_mount(pool),
    ]);
    Container { usual, held }
}

/// The init container `import`. It may take what the local worker takes later: a pod is reckoned by the larger.
pub fn import(site: &Site) -> Container {
    let usual = beside_coordinator(site, IMPORT);
    let mut held = held(site, IMPORT, IMPORT);
    let data = variable("GALAPAGOS_DATA_DIR", DATA_DIR);
    extend(&mut held["env"], [data].into_iter().chain(version_of_data(site)).collect());
    held["volumeMounts"] = json!([mounts::job_mount(), mounts::data_mount(&site.pool.spec, false)]);
    Container { usual, held }
}

/// What an earlier attempt found is kept, though a newer version may have been published since.
fn version_of_data(site: &Site) -> Option<Value> {
    site.dataset_digest.as_deref().map(|digest| variable("GALAPAGOS_DATASET_DIGEST", digest))
}

/// The sidecar `local-worker`: a process and a cgroup of its own, so that an individual that takes all memory cannot
/// end the coordinator.
pub fn local_worker(site: &Site) -> Container {
    let mut usual = beside_coordinator(site, LOCAL_WORKER);
    probes(&mut usual, "local-http");
    usual["env"] = json!([variable("GALAPAGOS_HTTP_ADDRESS", &format!("0.0.0.0:{LOCAL_HTTP_PORT}"))]);
    let coordinator = format!("127.0.0.1:{WORK_PORT}");
    let mut held = worker_held(site, LOCAL_WORKER, &coordinator);
    extend(&mut held["env"], vec![variable("GALAPAGOS_NAME", LOCAL)]);
    held["ports"] = json!([port("local-http", LOCAL_HTTP_PORT)]);
    // Without a startup probe the coordinator starts at once.
    held["restartPolicy"] = "Always".into();
    Container { usual, held }
}

/// The container `worker`.
pub fn worker(site: &Site) -> Container {
    let mut usual = usual(WORKER);
    usual["resources"] = worker_resources(site);
    probes(&mut usual, "http");
    let coordinator = format!("{}:{WORK_PORT}", names::service(site.id.name()));
    let mut held = worker_held(site, WORKER, &coordinator);
    held["ports"] = json!([port("http", HTTP_PORT)]);
    Container { usual, held }
}

fn worker_held(site: &Site, name: &str, coordinator: &str) -> Value {
    let mut held = held(site, name, WORKER);
    let env = vec![
        variable("GALAPAGOS_JOB_UID", site.id.uid.as_str()),
        variable("GALAPAGOS_TLS_DIR", TLS_DIR),
        variable("GALAPAGOS_DATA_DIR", DATA_DIR),
        variable("GALAPAGOS_COORDINATOR", coordinator),
        variable("GALAPAGOS_SLOTS", &slots(&site.pool).to_string()),
    ];
    extend(&mut held["env"], env);
    held["volumeMounts"] = json!([
        mounts::job_mount(),
        mounts::tls_mount(Component::Worker),
        mounts::data_mount(&site.pool.spec, true),
    ]);
    held
}

fn usual(name: &str) -> Value {
    json!({
        "name": name,
        "securityContext": {
            "allowPrivilegeEscalation": false,
            "readOnlyRootFilesystem": true,
            "capabilities": {"drop": ["ALL"]},
        },
    })
}

fn held(site: &Site, name: &str, role: &str) -> Value {
    let mut held = json!({
        "name": name,
        "image": site.image,
        "command": [PROGRAM],
        "args": [role],
        "terminationMessagePath": TERMINATION_LOG,
        "env": [
            variable("GALAPAGOS_JOB", &format!("{JOB_DIR}/{JOB}")),
            variable("GALAPAGOS_TERMINATION_LOG", TERMINATION_LOG),
        ],
    });
    if let Some(policy) = &site.pull_policy {
        held["imagePullPolicy"] = policy.as_str().into();
    }
    held
}

/// A coordinator waits most of the time. Its memory is most when it tests the winner: `galapagos estimate` says how much.
fn coordinator_resources() -> Value {
    json!({"requests": {"cpu": "50m", "memory": "64Mi"}, "limits": {"cpu": "2", "memory": "1Gi"}})
}

/// What the pool's template says about workers, else little: a small cluster must be able to schedule it. With limits,
/// since a quota of limits refuses pods without: a thread for each slot needs no more than that.
fn worker_resources(site: &Site) -> Value {
    let given = template::container(&site.pool.spec.template, WORKER).and_then(|c| c.get("resources"));
    given.filter(|r| r.is_object()).cloned().unwrap_or_else(|| {
        json!({"requests": {"cpu": "250m", "memory": "128Mi"},
                   "limits": {"cpu": slots(&site.pool).to_string(), "memory": "2Gi"}})
    })
}

/// Resources are one value: our request beside a person's limit could be above it.
fn has_resources(container: Option<&Value>) -> bool {
    container.is_some_and(|c| c.get("resources").is_some())
}

/// An init container of the coordinator's pod that takes as much as a worker.
fn beside_coordinator(site: &Site, name: &str) -> Value {
    let mut usual = usual(name);
    if !has_resources(template::in_list(&site.pool.spec.coordinator_template, "initContainers", name)) {
        usual["resources"] = worker_resources(site);
    }
    usual
}

/// Liveness is patient: a node that is short of CPU must not lose its pods on top of it.
fn probes(container: &mut Value, port: &str) {
    container["livenessProbe"] = json!({
        "httpGet": {"path": "/live", "port": port},
        "periodSeconds": 10, "timeoutSeconds": 5, "failureThreshold": 6,
    });
    container["readinessProbe"] = json!({
        "httpGet": {"path": "/ready", "port": port},
        "periodSeconds": 2, "timeoutSeconds": 5, "failureThreshold": 3,
    });
}

fn port(name: &str, number: u16) -> Value {
    json!({"name": name, "containerPort": number, "protocol": "TCP"})
}

fn variable(name: &str, value: &str) -> Value {
    json!({"name": name, "value": value})
}

fn extend(list: &mut Value, items: Vec<Value>) {
    if let Value::Array(list) = list {
        list.extend(items);
    }
}
