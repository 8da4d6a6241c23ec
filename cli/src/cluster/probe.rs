//! What a pod of a pool can do: read its data, write its state, reach coordinators. The pod looks with the labels of a worker, so
//! that NetworkPolicies treat it as one; it is none of the operator's, who does not see it.

use super::findings::Finding;
use super::kubectl::Access;
use super::short_pod::{Mounted, Purpose, ShortPod, object};
use crate::exit::{CommandError, CommandResult};
use galapagos_crds::pool::market_data_claim;
use galapagos_crds::{EvolutionJob, WorkerPool};
use galapagos_worker::doctor::{Observed, PROGRESS_PORT as PROGRESS, Tried, WORK_PORT as WORK};
use serde_json::{Map, Value, json};
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

/// Where the market data are mounted.
const DATA: &str = "/data";
/// Where the state is mounted.
const STATE: &str = "/state";
/// How long the pod may take.
const PATIENCE: Duration = Duration::from_secs(120);
/// How long it lives at most, whatever becomes of this process.
const SECONDS: u32 = 180;
/// Most coordinators that are tried.
const MOST: usize = 8;

/// A coordinator that runs.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Coordinator {
    /// Its job.
    pub job: String,
    /// Address of its pod.
    pub address: String,
}

impl Coordinator {
    fn at(&self, port: u16) -> String {
        match self.address.contains(':') {
            true => format!("[{}]:{port}", self.address),
            false => format!("{}:{port}", self.address),
        }
    }
}

/// The coordinators of a pool among pods.
pub fn coordinators(pods: &[Value], pool: &str) -> Vec<Coordinator> {
    let label = |pod: &Value, name: &str| pod["metadata"]["labels"][name].as_str().map(str::to_owned);
    let running = pods.iter().filter(|pod| {
        pod["status"]["phase"] == "Running"
            && label(pod, "galapagos.dev/pool").as_deref() == Some(pool)
            && label(pod, "app.kubernetes.io/component").as_deref() == Some("coordinator")
    });
    let one = |pod: &Value| {
        let address = pod["status"]["podIP"].as_str()?.to_owned();
        Some(Coordinator { job: label(pod, "galapagos.dev/job")?, address })
    };
    running.filter_map(one).take(MOST).collect()
}

/// The image for a pod of a pool: what its template says, what the operator gives to pods, what a job of it has.
pub fn image(pool: &WorkerPool, operators: &[Value], jobs: &[EvolutionJob]) -> Option<String> {
    let containers =
        pool.spec.coordinator_template.0.get("spec").and_then(|spec| spec["containers"].as_array());
    let own = containers.into_iter().flatten().find(|c| c["name"] == "coordinator");
    let own = own.and_then(|c| c["image"].as_str()).map(str::to_owned);
    let given = || {
        let variables = operators
            .iter()
            .filter_map(|d| d["spec"]["template"]["spec"]["containers"].as_array())
            .flatten()
            .filter_map(|container| container["env"].as_array())
            .flatten();
        let image =
            |v: &Value| (v["name"] == "GALAPAGOS_IMAGE").then(|| v["value"].as_str().map(str::to_owned));
        variables.filter_map(image).flatten().next()
    };
    let worked = || jobs.iter().rev().find_map(|job| job.status.as_ref()?.provenance.as_ref()?.image.clone());
    own.or_else(given).or_else(worked)
}

/// The pod. `writes_data`: a job of the pool imports its data.
pub fn pod(pool: &WorkerPool, image: &str, reached: &[Coordinator], writes_data: bool, name: &str) -> Value {
    let pool_name = pool.metadata.name.as_deref().unwrap_or_default();
    let data_claim = market_data_claim(pool_name);
    let (state, state_claim) = pool.spec.state_storage(pool_name);
    let data = &pool.spec.market_data;
    let apart = pool.spec.state.is_some();
    let mut arguments = vec!["doctor".to_owned(), format!("--read={DATA}"), format!("--write={STATE}")];
    if writes_data {
        arguments.push(format!("--write={DATA}"));
    }
    for coordinator in reached {
        arguments.extend([WORK, PROGRESS].map(|port| format!("--connect={}", coordinator.at(port))));
    }
    let mut labels = Map::new();
    labels.insert("app.kubernetes.io/component".into(), json!("worker"));
    labels.insert("galapagos.dev/pool".into(), json!(pool_name));
    let volumes = vec![
        Mounted { name: "data", path: DATA, storage: data, made: &data_claim, read_only: !writes_data },
        Mounted {
            name: if apart { "state" } else { "data" },
            path: STATE,
            storage: state,
            made: &state_claim,
            read_only: false,
        },
    ];
    let purpose = Purpose { name, container: "doctor", labels, image, arguments, volumes, seconds: SECONDS };
    object(pool, pool.metadata.namespace.as_deref(), &purpose)
}

/// Lets a pod of the pool look, and says what it found. The pod is deleted before this returns.
///
/// # Errors
/// `stop` was raised.
pub fn look(
    access: &Access,
    pool: &WorkerPool,
    image: &str,
    reached: &[Coordinator],
    writes_data: bool,
    stop: &AtomicBool,
) -> CommandResult<Vec<Finding>> {
    let pool_name = pool.metadata.name.as_deref().unwrap_or_default();
    let about = format!("a pod of pool {pool_name}");
    let name = format!("{pool_name}-doctor-{:05}", std::process::id() % 100_000);
    let failed = |found: String, remedy: &str| Ok(vec![Finding::error(about.clone(), found, remedy)]);
    let pod = match ShortPod::create(access, &pod(pool, image, reached, writes_data, &name)) {
        Ok(pod) => pod,
        Err(e) => return failed(e.message(), "you need the right to make pods: ask for the role edit"),
    };
    let (target, began) = (format!("pod/{name}"), Instant::now());
    let phase = loop {
        if stop.load(Ordering::Relaxed) {
            return Err(CommandError::Interrupted("stopped; the pod that looked is removed".into()));
        }
        let phase = match access.text(&pod.here(&["get", &target, "-o", "jsonpath={.status.phase}"])) {
            Ok(phase) => phase,
            Err(e) => return failed(e.message(), "ask again: the answer about the pod did not come"),
        };
        if matches!(phase.as_str(), "Succeeded" | "Failed") {
            break phase;
        }
        if began.elapsed() > PATIENCE {
            let why = pod.why();
            let why =
                if why.is_empty() { format!("it is {phase} after {} s", PATIENCE.as_secs()) } else { why };
            return failed(
                why,
                "what keeps it from starting keeps coordinators and workers of the pool, too",
            );
        }
        std::thread::sleep(Duration::from_millis(500));
    };
    let said = access.text(&pod.here(&["logs", &target])).unwrap_or_default();
    let observed = said.lines().rev().find_map(|line| serde_json::from_str::<Vec<Observed>>(line).ok());
    match observed {
        Some(observed) => Ok(findings(pool_name, &observed, reached)),
        None => {
            let said = said.lines().last().unwrap_or("without a word").to_owned();
            failed(
                format!("{phase}: {said}"),
                "an image of an older release cannot look: name a newer one with --image",
            )
        }
    }
}

/// What the pod saw, as findings.
pub fn findings(pool: &str, observed: &[Observed], reached: &[Coordinator]) -> Vec<Finding> {
    let of = |observed: &Observed| {
        let folder = if observed.at == DATA { "market data" } else { "state" };
        let found = observed.found.clone();
        match (observed.tried, observed.worked) {
            (Tried::Read, worked) => {
                let about = format!("pool {pool}: reading {folder}");
                let remedy = "pods run as user 65532: let it read the volume, or set coordinatorTemplate.spec.securityContext";
                if worked { Finding::ok(about, found) } else { Finding::error(about, found, remedy) }
            }
            (Tried::Write, worked) => {
                let about = format!("pool {pool}: writing {folder}");
                let remedy = "pods run as user 65532: let it write the volume, or set fsGroup in coordinatorTemplate.spec.securityContext";
                if worked { Finding::ok(about, found) } else { Finding::error(about, found, remedy) }
            }
            (Tried::Connect, worked) => {
                let is = |port: u16| reached.iter().find(|c| c.at(port) == observed.at);
                match (is(WORK), is(PROGRESS)) {
                    (Some(c), _) if worked => {
                        Finding::ok(format!("job {}: port {WORK} for workers", c.job), found)
                    }
                    (Some(c), _) => Finding::error(
                        format!("job {}: port {WORK} for workers", c.job),
                        found,
                        format!(
                            "workers of the pool get no work: let pods of one pool reach each other on {WORK}, on all nodes"
                        ),
                    ),
                    (_, Some(c)) => {
                        // Policies that act keep it for the operator; whether that one gets through shows in the job.
                        let found = if worked {
                            found
                        } else {
                            format!("kept from workers, as it should be ({found})")
                        };
                        Finding::ok(format!("job {}: port {PROGRESS} for the operator", c.job), found)
                    }
                    (None, None) => Finding::warning(observed.at.clone(), found, ""),
                }
            }
        }
    };
    observed.iter().map(of).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::cluster::example;
    use crate::cluster::findings::Level;

    fn pool(spec: Value) -> WorkerPool {
        serde_json::from_value(json!({
            "apiVersion": "galapagos.dev/v1alpha1", "kind": "WorkerPool",
            "metadata": {"name": "big", "namespace": "research"}, "spec": spec,
        }))
        .unwrap()
    }

    fn coordinator(address: &str) -> Coordinator {
        Coordinator { job: "btc".into(), address: address.into() }
    }

    #[test]
    fn the_pod_has_the_volumes_of_the_pool_and_the_network_of_a_worker() {
        let data = json!({"volume": {"persistentVolumeClaim": {"claimName": "data"}}, "subPath": "lab"});
        let one = pod(&pool(json!({"marketData": data})), "i", &[coordinator("10.0.0.7")], false, "p");
        let labels = json!({"app.kubernetes.io/name": "galapagos", "app.kubernetes.io/component": "worker",
                            "galapagos.dev/pool": "big"});
        assert_eq!(one["metadata"]["labels"], labels);
        let container = &one["spec"]["containers"][0];
        let command = [
            "/galapagos-worker",
            "doctor",
            "--read=/data",
            "--write=/state",
            "--connect=10.0.0.7:7400",
            "--connect=10.0.0.7:7401",
        ];
        assert_eq!(container["command"], json!(command));
        // Data and state on one volume: it is mounted twice, once read only.
        let volume = json!({"name": "data", "persistentVolumeClaim": {"claimName": "data"}});
        assert_eq!(one["spec"]["volumes"], json!([volume]));
        let mounts = json!([
            {"name": "data", "mountPath": "/data", "readOnly": true, "subPath": "lab"},
            {"name": "data", "mountPath": "/state", "subPath": "lab"},
        ]);
        assert_eq!(container["volumeMounts"], mounts);
        // A state of its own: the data may be a volume that nobody can write.
        let state = json!({"claimTemplate": {"accessModes": ["ReadWriteOnce"]}});
        let two = pod(&pool(json!({"marketData": data, "state": state})), "i", &[], false, "p");
        let volumes = json!([
            {"name": "data", "persistentVolumeClaim": {"claimName": "data", "readOnly": true}},
            {"name": "state", "persistentVolumeClaim": {"claimName": "big-state"}},
        ]);
        assert_eq!(two["spec"]["volumes"], volumes);
        // Who imports writes the data too.
        let three = pod(&pool(json!({"marketData": data})), "i", &[], true, "p");
        assert!(three["spec"]["containers"][0]["command"].to_string().contains("--write=/data"));
        assert_eq!(three["spec"]["containers"][0]["volumeMounts"][0]["readOnly"], Value::Null);
        assert_eq!(coordinator("fd00::7").at(7400), "[fd00::7]:7400");
    }

    #[test]
    fn the_image_is_that_which_pods_of_the_pool_would_have() {
        let data = json!({"claimTemplate": {}});
        let plain = pool(json!({"marketData": data}));
        let own = json!({"spec": {"containers": [{"name": "coordinator", "image": "mine"}]}});
        let own = pool(json!({"marketData": data, "coordinatorTemplate": own}));
        let operator = json!({"spec": {"template": {"spec": {"containers": [
            {"name": "operator", "image": "x", "env": [{"name": "GALAPAGOS_IMAGE", "value": "given"}]},
        ]}}}});
        let job = example("btc", &json!({"provenance": {"image": "worked"}}));
        let jobs = std::slice::from_ref(&job);
        assert_eq!(image(&own, std::slice::from_ref(&operator), jobs).as_deref(), Some("mine"));
        assert_eq!(image(&plain, &[operator], jobs).as_deref(), Some("given"));
        assert_eq!(image(&plain, &[], jobs).as_deref(), Some("worked"));
        assert_eq!(image(&plain, &[], &[]), None);
    }

    #[test]
    fn what_it_saw_is_told_with_what_to_do() {
        let all = [coordinator("10.0.0.7")];
        let saw = |tried, at: &str, worked| Observed { tried, at: at.into(), worked, found: "words".into() };
        let observed = [
            saw(Tried::Read, "/data", true),
            saw(Tried::Write, "/state", false),
            saw(Tried::Connect, "10.0.0.7:7400", false),
            saw(Tried::Connect, "10.0.0.7:7401", false),
        ];
        let found = findings("big", &observed, &all);
        let levels: Vec<Level> = found.iter().map(|f| f.level).collect();
        assert_eq!(levels, [Level::Ok, Level::Error, Level::Error, Level::Ok]);
        assert!(found[1].about.contains("writing state") && found[1].remedy.contains("fsGroup"), "{found:?}");
        assert!(found[2].about.contains("job btc") && found[2].remedy.contains("7400"), "{found:?}");
        assert!(found[3].found.contains("as it should be"), "{found:?}");
    }

    #[test]
    fn only_coordinators_of_the_pool_that_run_are_tried() {
        let pod = |pool: &str, component: &str, phase: &str| {
            json!({"metadata": {"labels": {"galapagos.dev/pool": pool, "galapagos.dev/job": "btc",
                                           "app.kubernetes.io/component": component}},
                   "status": {"phase": phase, "podIP": "10.0.0.7"}})
        };
        let pods = [
            pod("big", "coordinator", "Running"),
            pod("big", "worker", "Running"),
            pod("small", "coordinator", "Running"),
            pod("big", "coordinator", "Pending"),
        ];
        assert_eq!(coordinators(&pods, "big"), [coordinator("10.0.0.7")]);
    }
}
