//! Who may talk to whom, as a table.

use std::sync::Arc;

use k8s_openapi::api::networking::v1::NetworkPolicy;
use kube::ResourceExt;
use serde_json::{Value, json};

use super::flows::{Peer, allowed, outside, pod};
use super::{job, observed, pool};
use crate::labels::{COMPONENT, NAME, POOL};
use crate::worker_pool::policies;

const HOME: &str = "research";

fn policies(fetches: bool, metrics_namespace: Option<&str>) -> Vec<NetworkPolicy> {
    let built = policies::both(&pool(json!({})), &[], fetches, metrics_namespace);
    built
        .into_iter()
        .map(|policy| {
            let typed: NetworkPolicy = serde_json::from_value(policy.clone()).unwrap();
            // Nothing that the server does not know.
            assert_eq!(serde_json::to_value(&typed).unwrap(), policy);
            typed
        })
        .collect()
}

fn of_pool(namespace: &str, component: &str, pool: &str) -> Peer {
    pod(namespace, &[(NAME, "galapagos"), (COMPONENT, component), (POOL, pool)])
}

fn coordinator() -> Peer {
    of_pool(HOME, "coordinator", "big")
}

fn worker() -> Peer {
    of_pool(HOME, "worker", "big")
}

fn operator() -> Peer {
    pod("galapagos-system", &[(NAME, "galapagos"), (COMPONENT, "operator")])
}

fn dns() -> Peer {
    pod("kube-system", &[("k8s-app", "kube-dns")])
}

// Contract K13.
#[test]
fn pods_talk_to_whom_they_must_and_to_nobody_else() {
    let closed = policies(false, None);
    let stranger = || pod(HOME, &[("app", "web")]);
    let table: Vec<(&str, Peer, Peer, &str, u16, bool)> = vec![
        ("workers fetch work", worker(), coordinator(), "TCP", 7400, true),
        ("the operator reads progress", operator(), coordinator(), "TCP", 7401, true),
        ("workers find their coordinator", worker(), dns(), "UDP", 53, true),
        ("long answers of DNS", worker(), dns(), "TCP", 53, true),
        ("DNS on the node", worker(), outside("169.254.20.10"), "UDP", 53, true),
        ("DNS behind another port", worker(), dns(), "UDP", 5353, true),
        ("workers of another pool", of_pool(HOME, "worker", "small"), coordinator(), "TCP", 7400, false),
        (
            "workers of another namespace",
            of_pool("other", "worker", "big"),
            coordinator(),
            "TCP",
            7400,
            false,
        ),
        ("strangers for work", stranger(), coordinator(), "TCP", 7400, false),
        ("strangers for progress", stranger(), coordinator(), "TCP", 7401, false),
        ("workers for progress", worker(), coordinator(), "TCP", 7401, false),
        ("the operator for work", operator(), coordinator(), "TCP", 7400, false),
        (
            "a pod called operator of something else",
            pod("x", &[(COMPONENT, "operator")]),
            coordinator(),
            "TCP",
            7401,
            false,
        ),
        ("the world to a coordinator", outside("8.8.8.8"), coordinator(), "TCP", 7400, false),
        ("workers to each other", worker(), worker(), "TCP", 8080, false),
        ("a coordinator to its workers", coordinator(), worker(), "TCP", 8080, false),
        (
            "workers to another pool's coordinator",
            worker(),
            of_pool(HOME, "coordinator", "small"),
            "TCP",
            7400,
            false,
        ),
        ("workers to the world", worker(), outside("8.8.8.8"), "TCP", 443, false),
        ("workers to the API server", worker(), outside("10.96.0.1"), "TCP", 443, false),
        ("workers to a cloud's metadata", worker(), outside("169.254.169.254"), "TCP", 80, false),
        ("a coordinator to the world", coordinator(), outside("8.8.8.8"), "TCP", 443, false),
        ("a coordinator to DNS", coordinator(), dns(), "UDP", 53, false),
        ("a coordinator to a stranger", coordinator(), stranger(), "TCP", 80, false),
        ("monitoring of a coordinator", pod("monitoring", &[]), coordinator(), "TCP", 8080, false),
        ("monitoring of a worker", pod("monitoring", &[]), worker(), "TCP", 8080, false),
    ];
    for (what, from, to, protocol, port, expected) in &table {
        assert_eq!(allowed(&closed, HOME, from, to, protocol, *port), *expected, "{what}");
    }
}

#[test]
fn a_job_that_imports_over_https_opens_public_addresses_to_coordinators_and_nothing_more() {
    let open = policies(true, None);
    let may =
        |from: &Peer, to: &Peer, protocol: &str, port: u16| allowed(&open, HOME, from, to, protocol, port);
    assert!(may(&coordinator(), &outside("93.184.216.34"), "TCP", 443));
    assert!(may(&coordinator(), &outside("2606:2800::1"), "TCP", 443));
    assert!(may(&coordinator(), &dns(), "UDP", 53));
    for address in [
        "169.254.169.254",
        "10.96.0.1",
        "172.16.0.1",
        "192.168.1.1",
        "100.64.0.1",
        "127.0.0.1",
        "fe80::1",
        "fd00::1",
    ] {
        assert!(!may(&coordinator(), &outside(address), "TCP", 443), "{address}");
    }
    assert!(!may(&coordinator(), &outside("93.184.216.34"), "TCP", 80));
    assert!(!may(&coordinator(), &worker(), "TCP", 8080));
    assert!(!may(&worker(), &outside("93.184.216.34"), "TCP", 443));
}

#[test]
fn metrics_are_open_to_the_namespace_that_is_named_and_to_no_other() {
    let open = policies(false, Some("monitoring"));
    let reader = pod("monitoring", &[("app", "prometheus")]);
    for (to, port, expected) in [
        (coordinator(), 8080, true),
        (coordinator(), 8081, true),
        (worker(), 8080, true),
        (coordinator(), 7400, false),
        (worker(), 8081, false),
    ] {
        assert_eq!(allowed(&open, HOME, &reader, &to, "TCP", port), expected, "{port}");
        assert!(!allowed(&open, HOME, &pod("other", &[]), &to, "TCP", port));
    }
}

#[test]
fn only_jobs_that_may_still_start_open_the_way_to_the_world() {
    let http = json!({"http": {"url": "https://example.org/x.csv", "sha256": "0".repeat(64)}});
    let fetches = |phase: Option<&str>, source: Value| {
        let mut observed = observed(json!({}));
        observed.jobs = vec![Arc::new(job(phase, source))];
        observed.fetches()
    };
    assert!(fetches(None, http.clone()) && fetches(Some("Running"), http.clone()));
    assert!(fetches(Some("Suspended"), http.clone()));
    let exchange = json!({"fetch": {"exchange": "Binance", "from": "2024-01-01"}});
    assert!(fetches(None, exchange.clone()) && !fetches(Some("Failed"), exchange));
    assert!(!fetches(Some("Succeeded"), http.clone()) && !fetches(Some("Failed"), http));
    assert!(!fetches(Some("Running"), json!({"path": "raw/x.csv"})) && !fetches(None, Value::Null));
}

#[test]
fn policies_belong_to_their_pool_and_select_by_what_pods_have() {
    for policy in policies(true, None) {
        assert_eq!(policy.namespace().as_deref(), Some(HOME));
        assert_eq!(policy.owner_references()[0].uid, "p1");
        assert_eq!(policy.labels()[POOL], "big");
        let selector = policy.spec.unwrap().pod_selector.unwrap().match_labels.unwrap();
        assert_eq!(selector.keys().map(String::as_str).collect::<Vec<_>>(), [COMPONENT, NAME, POOL]);
    }
}

#[test]
fn policies_stay_while_pods_of_the_pools_jobs_run_though_the_pool_is_deleted() {
    let named = |name: &str, uid: &str, status: Value| {
        let mut job = job(None, Value::Null);
        (job.metadata.name, job.metadata.uid) = (Some(name.to_owned()), Some(uid.to_owned()));
        job.status = serde_json::from_value(status).unwrap();
        Arc::new(job)
    };
    let mut observed = observed(json!({}));
    observed.jobs = vec![
        named(
            "runs",
            "j2",
            json!({"phase": "Running", "attempts": {"started": 1, "faults": 0, "disruptions": 0}}),
        ),
        named("starts", "j1", json!({"phase": "Preparing"})),
        named("waits", "j3", json!({"phase": "Pending", "queuePosition": 1})),
        named("ended", "j4", json!({"phase": "Succeeded"})),
        named("sleeps", "j5", json!({"phase": "Suspended"})),
    ];
    for policy in policies::both(&observed.pool, &observed.users(), false, None) {
        let policy: NetworkPolicy = serde_json::from_value(policy).unwrap();
        let owners = policy.owner_references();
        let of: Vec<_> =
            owners.iter().map(|o| (o.kind.as_str(), o.uid.as_str(), o.controller == Some(true))).collect();
        // An object goes with its last owner: with the pool, unless a job of it has pods.
        let expected =
            [("WorkerPool", "p1", true), ("EvolutionJob", "j1", false), ("EvolutionJob", "j2", false)];
        assert_eq!(of, expected);
        assert!(owners.iter().all(|o| o.api_version == "galapagos.dev/v1alpha1"));
    }
}
