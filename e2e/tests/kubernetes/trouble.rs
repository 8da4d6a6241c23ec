//! Pods are killed, evicted and drained; the result is the same.

use galapagos_crds::EvolutionJob;
use galapagos_e2e::random::Random;
use k8s_openapi::api::core::v1::Pod;
use kube::ResourceExt;
use kube::api::EvictParams;
use serde_json::json;

use crate::harness::cluster::cluster;
use crate::harness::manifests::{long, pool, with};
use crate::harness::wait::{PATIENCE, has_done, status};
use crate::harness::{Space, alone, case};

/// A pool whose jobs have two workers from their start to their end.
fn two_workers() -> serde_json::Value {
    with(pool("default", 2), "/spec/minWorkersPerJob", json!(2))
}

#[test]
fn kills_of_coordinator_and_workers_change_nothing() {
    case("kills", async |space: &Space| {
        let manifest = long("evolve");
        space.apply(&[two_workers(), manifest.clone()]);
        let mut random = Random::new(chaos_seed());
        let mut coordinators = 0;
        for generation in [2, 4, 6, 8, 10] {
            space.job_is("evolve", "goes on", has_done(generation)).await;
            let role = if random.below(2) == 0 { "coordinator" } else { "worker" };
            let mut pods = space.pods("evolve", role).await;
            pods.truncate(1);
            coordinators += usize::from(role == "coordinator") * pods.len();
            space.kill(&pods).await;
        }
        if coordinators == 0 {
            space.kill(&space.pods("evolve", "coordinator").await).await;
            coordinators = 1;
        }
        space.ends_as_undisturbed(&manifest).await;
        let attempts = status(&space.jobs().get("evolve").await.unwrap()).attempts.unwrap();
        assert_eq!(attempts.faults, 0, "who is killed from outside is not blamed: {attempts:?}");
        assert!(attempts.started > 1 && attempts.started <= 1 + i32::try_from(coordinators).unwrap());
    });
}

/// The seed of everything random; told, so that it can be repeated.
pub fn chaos_seed() -> u64 {
    let seed = std::env::var("GALAPAGOS_CHAOS_SEED").ok().and_then(|s| s.parse().ok());
    let seed = seed.unwrap_or_else(|| u64::from(std::process::id()));
    println!("GALAPAGOS_CHAOS_SEED={seed}");
    seed
}

#[test]
fn an_evicted_coordinator_goes_on_elsewhere() {
    case("evict", async |space: &Space| {
        let manifest = long("evolve");
        space.apply(&[two_workers(), manifest.clone()]);
        space.job_is("evolve", "is on its way", has_done(2)).await;
        let pods = space.pods("evolve", "coordinator").await;
        space.api::<Pod>().evict(&pods[0].name_any(), &EvictParams::default()).await.unwrap();
        let next = space
            .job_is("evolve", "has a second attempt", |j| status(j).attempts.is_some_and(|a| a.started == 2));
        let attempts = status(&next.await).attempts.unwrap();
        assert_eq!((attempts.faults, attempts.disruptions), (0, 1));
        space.ends_as_undisturbed(&manifest).await;
        let events = space.kubectl(&["get", "events", "-o", "jsonpath={.items[*].reason}"]);
        assert!(events.contains("AttemptLost"), "{events}");
    });
}

#[test]
fn a_coordinator_that_dies_by_itself_is_a_fault() {
    case("fault", async |space: &Space| {
        // Memory for the start, not for the run: the kernel kills it. Once is enough to be told.
        let poor = json!({"name": "coordinator", "resources": {"limits": {"cpu": "500m", "memory": "6Mi"}}});
        let pool = with(pool("default", 0), "/spec/coordinatorTemplate/spec/containers/0", poor);
        let job = with(with(long("evolve"), "/spec/backoffLimit", json!(0)), "/spec/generations", json!(10));
        space.apply(&[pool, job]);
        let message = space.failure("evolve", "BackoffLimitExceeded").await;
        assert!(message.contains("backoffLimit"), "{message}");
        let attempts = status(&space.jobs().get("evolve").await.unwrap()).attempts.unwrap();
        assert_eq!((attempts.started, attempts.faults), (1, 1));
    });
}

#[test]
fn a_drained_node_costs_no_result() {
    alone("drain", async |space: &Space| {
        let manifest = long("evolve");
        space.apply(&[two_workers(), manifest.clone()]);
        space.job_is("evolve", "is on its way", has_done(2)).await;
        let node = node_of(&space.pods("evolve", "coordinator").await[0]);
        let drain =
            ["drain", &node, "--ignore-daemonsets", "--delete-emptydir-data", "--force", "--timeout=90s"];
        // The pods of this namespace only: nobody else's.
        let output =
            cluster().kubectl().args(drain).args(["--pod-selector", "galapagos.dev/job=evolve"]).output();
        cluster().kubectl().args(["uncordon", &node]).output().unwrap();
        let output = output.unwrap();
        assert!(output.status.success(), "{}", crate::harness::cluster::said(&output));
        space.ends_as_undisturbed(&manifest).await;
        let attempts = status(&space.jobs().get("evolve").await.unwrap()).attempts.unwrap();
        assert_eq!((attempts.started, attempts.faults, attempts.disruptions), (2, 0, 1));
    });
}

#[test]
fn a_node_without_power_costs_no_result() {
    alone("power", async |space: &Space| {
        // On the second node as long as there is one; the first has the control plane and the operator.
        let affinity = json!({"nodeAffinity": {"preferredDuringSchedulingIgnoredDuringExecution": [{
            "weight": 100,
            "preference": {"matchExpressions": [{"key": "kubernetes.io/hostname", "operator": "In", "values": ["node2"]}]},
        }]}});
        let pool = with(two_workers(), "/spec/coordinatorTemplate/spec/affinity", affinity);
        let manifest = long("evolve");
        space.apply(&[pool, manifest.clone()]);
        space.job_is("evolve", "is on its way", has_done(3)).await;
        let pods = space.pods("evolve", "coordinator").await;
        assert_eq!(node_of(&pods[0]), "node2");
        cluster().kill_node(2);
        // Whatever happens now: others need the node.
        let dead = Booted(2);
        let has_a_second = |j: &EvolutionJob| status(j).attempts.is_some_and(|a| a.started == 2);
        space.job_is_within("evolve", 2 * PATIENCE, "has a second attempt", has_a_second).await;
        space.job_is("evolve", "goes on while the node is dead", has_done(5)).await;
        drop(dead);
        space.ends_as_undisturbed(&manifest).await;
        let attempts = status(&space.jobs().get("evolve").await.unwrap()).attempts.unwrap();
        assert_eq!((attempts.started, attempts.faults, attempts.disruptions), (2, 0, 1));
    });
}

/// Boots a node when it is dropped.
struct Booted(u32);

impl Drop for Booted {
    fn drop(&mut self) {
        cluster().start_node(self.0);
    }
}

fn node_of(pod: &Pod) -> String {
    pod.spec.as_ref().and_then(|s| s.node_name.clone()).expect("a pod that runs has a node")
}
