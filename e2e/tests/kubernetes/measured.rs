//! What the operator costs and how fast it is, as a table: `make measure-operator`. Needs a machine with nothing else to
//! do. Nothing here can fail for being slow.

use std::process::{Child, Stdio};
use std::time::{Duration, Instant};

use futures::future::join_all;
use galapagos_crds::EvolutionJob;
use galapagos_crds::status::Phase;
use k8s_openapi::api::apps::v1::Deployment;
use k8s_openapi::api::core::v1::Pod;
use serde_json::{Value, json};

use crate::harness::cluster::cluster;
use crate::harness::manifests::{job, long, pool, small, with};
use crate::harness::wait::{is_in, status, until, until_all};
use crate::harness::{Space, alone};

/// Limit of each wait.
const LIMIT: Duration = Duration::from_secs(300);
/// Jobs that are applied at once.
const JOBS: usize = 100;
/// Workers on nodes that exist in the API only.
const WORKERS: u32 = 100;

#[test]
#[ignore = "a measurement: make measure-operator"]
fn memory_of_an_idle_operator() {
    alone("idle", async |_: &Space| {
        for (process, resident, anonymous) in operators() {
            println!(
                "process {process}: resident {resident:.1} MB, without a file behind it {anonymous:.1} MB"
            );
        }
    });
}

/// Processes of the operator on this machine, with megabytes.
fn operators() -> Vec<(String, f64, f64)> {
    let mut found = Vec::new();
    for entry in std::fs::read_dir("/proc").unwrap().filter_map(Result::ok) {
        let command = std::fs::read(entry.path().join("cmdline")).unwrap_or_default();
        if !command.starts_with(b"/galapagos-operator") {
            continue;
        }
        let text = std::fs::read_to_string(entry.path().join("status")).unwrap_or_default();
        let megabytes = |field: &str| {
            let line = text.lines().find_map(|line| line.strip_prefix(field))?;
            Some(line.trim().trim_end_matches("kB").trim().parse::<f64>().ok()? * 1024.0 / 1e6)
        };
        let name = entry.file_name().to_string_lossy().into_owned();
        found.extend(megabytes("VmRSS:").zip(megabytes("RssAnon:")).map(|(all, own)| (name, all, own)));
    }
    found
}

#[test]
#[ignore = "a measurement: make measure-operator"]
fn from_apply_to_the_first_results() {
    alone("first", async |space: &Space| {
        space.apply(&[pool("default", 0)]);
        for i in 0..5 {
            let name = format!("evolve-{i}");
            let manifest = with(long(&name), "/spec/population/seed", json!(100 + i));
            let begun = Instant::now();
            space.apply(&[manifest]);
            until(&space.jobs(), &name, LIMIT, "runs", is_in(Phase::Running)).await;
            let runs = begun.elapsed();
            until(&space.jobs(), &name, LIMIT, "has results", |j: &EvolutionJob| {
                status(j).evaluations.is_some_and(|e| e.completed > 0)
            })
            .await;
            println!(
                "from apply to Running {:.1} s, to the first finished generation in the status {:.1} s",
                runs.as_secs_f64(),
                begun.elapsed().as_secs_f64()
            );
            space.kubectl(&["delete", "evojob", &name]);
        }
    });
}

#[test]
#[ignore = "a measurement: make measure-operator"]
fn first_conditions_of_many_jobs_at_once() {
    alone("many", async |space: &Space| {
        space.apply(&[with(pool("default", 0), "/spec/maxConcurrentJobs", json!(1))]);
        let manifests: Vec<Value> = (0..JOBS).map(|i| small(&format!("job-{i}"))).collect();
        let jobs = space.jobs();
        let all = until_all(&jobs, "", LIMIT, "have conditions", |all| {
            let told = |j: &&EvolutionJob| !status(j).conditions.is_empty();
            all.iter().filter(told).count() == JOBS
        });
        let begun = Instant::now();
        let made = async {
            let results = join_all(manifests.iter().map(|m| space.send("POST", m, false))).await;
            assert!(results.iter().all(Result::is_ok), "{results:?}");
            begun.elapsed()
        };
        let (made, _) = tokio::join!(made, all);
        let told = begun.elapsed().as_secs_f64();
        println!(
            "{JOBS} jobs: made in {:.2} s, all have conditions after {told:.2} s: {:.0} jobs/s",
            made.as_secs_f64(),
            JOBS as f64 / told
        );
    });
}

#[test]
#[ignore = "a measurement: make measure-operator"]
fn many_workers_on_nodes_that_exist_in_the_api_only() {
    alone("kwok", async |space: &Space| {
        let _nodes = Fake::nodes(2);
        let each = json!({"kwok.x-k8s.io/node": "fake"});
        let tolerations = json!([{"key": "kwok.x-k8s.io/node", "operator": "Exists"}]);
        let pool = with(pool("default", WORKERS), "/spec/individualsPerWorker", json!(100));
        let pool = with(pool, "/spec/template/spec/nodeSelector", each);
        let pool = with(pool, "/spec/template/spec/tolerations", tolerations);
        let many = with(job("evolve", 100 * WORKERS, 3), "/spec/execution/window", json!("Full"));
        let wanted = i32::try_from(WORKERS).unwrap();
        let deployments = space.api::<Deployment>();
        let asked = async {
            let has = |d: &Deployment| d.spec.as_ref().and_then(|s| s.replicas) == Some(wanted);
            until(&deployments, "evolve-workers", LIMIT, "has all replicas", has).await;
            Instant::now()
        };
        let pods = space.api::<Pod>();
        let there = async {
            let labels = "app.kubernetes.io/component=worker";
            until_all(&pods, labels, LIMIT, "are there", |all| all.len() == WORKERS as usize).await;
            Instant::now()
        };
        let begun = Instant::now();
        space.apply(&[pool, many]);
        let (asked, there) = tokio::join!(asked, there);
        println!(
            "{WORKERS} workers: asked for {:.2} s after apply, all pods made {:.2} s after that",
            asked.duration_since(begun).as_secs_f64(),
            there.saturating_duration_since(asked).as_secs_f64()
        );
    });
}

/// Nodes played by kwok, until it is dropped.
struct Fake {
    kwok: Child,
    names: Vec<String>,
}

impl Fake {
    fn nodes(count: u32) -> Fake {
        let names: Vec<_> = (0..count).map(|i| format!("fake-{i}")).collect();
        let mut command = cluster().kwok();
        let kwok = command.stdout(Stdio::null()).stderr(Stdio::null()).spawn().unwrap();
        for name in &names {
            let node = json!({"apiVersion": "v1", "kind": "Node", "metadata": {
                "name": name,
                "annotations": {"kwok.x-k8s.io/node": "fake"},
                "labels": {"kwok.x-k8s.io/node": "fake", "kubernetes.io/hostname": name},
            }, "spec": {"taints": [{"key": "kwok.x-k8s.io/node", "value": "fake", "effect": "NoSchedule"}]}});
            cluster().apply(&node);
        }
        Fake { kwok, names }
    }
}

impl Drop for Fake {
    fn drop(&mut self) {
        let mut command = cluster().kubectl();
        let removed = command.args(["delete", "node", "--ignore-not-found"]).args(&self.names).output();
        drop((removed, self.kwok.kill(), self.kwok.wait()));
    }
}
