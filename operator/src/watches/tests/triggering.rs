//! What changed asks for the right reconciles.

use std::time::Duration;

use serde_json::json;
use tokio::time::sleep;

use super::server::{Server, child, drain, job, pool};
use crate::runtime::ids::example::key;
use crate::runtime::watches::Settings;

type Names = (Vec<String>, Vec<String>);

fn names(jobs: &[&str], pools: &[&str]) -> Names {
    let full = |names: &[&str]| names.iter().map(|name| format!("research/{name}")).collect();
    (full(jobs), full(pools))
}

/// Jobs a and b in pool p, c in p and finished, d in pool q.
fn server() -> Server {
    let server = Server::default();
    let mut done = job("c", "p", 3);
    done["status"] = json!({"phase": "Succeeded"});
    server.holds("evolutionjobs", 10, &[job("a", "p", 1), job("b", "p", 2), done, job("d", "q", 4)]);
    server.holds("workerpools", 10, &[pool("p", 5), pool("q", 6)]);
    server
}

async fn asked(type_: &str, plural: &str, object: serde_json::Value) -> Names {
    let server = server();
    let watched = server.watched(&Settings::default());
    let mut requests = watched.settled().await;
    server.says(plural, type_, &object);
    sleep(Duration::from_millis(100)).await;
    drain(&mut requests)
}

#[tokio::test(start_paused = true)]
async fn a_job_concerns_itself_and_its_pool() {
    let mut edited = job("a", "p", 20);
    edited["spec"]["suspend"] = json!(true);
    assert_eq!(asked("MODIFIED", "evolutionjobs", edited).await, names(&["a"], &["p"]));
    assert_eq!(asked("DELETED", "evolutionjobs", job("a", "p", 20)).await, names(&["a"], &["p"]));
}

/// What a coordinator counts is our own writing: with every such write the pool would look at all its jobs.
#[tokio::test(start_paused = true)]
async fn numbers_in_the_status_of_a_job_do_not_concern_its_pool_and_its_phase_does() {
    let mut known = job("c", "p", 20);
    known["status"] = json!({"phase": "Succeeded", "queuePosition": 3, "evaluations": {"completed": 5}});
    assert_eq!(asked("MODIFIED", "evolutionjobs", known.clone()).await, names(&["c"], &[]));
    known["status"]["phase"] = json!("Running");
    assert_eq!(asked("MODIFIED", "evolutionjobs", known).await, names(&["c"], &["p"]));
}

#[tokio::test(start_paused = true)]
async fn a_job_that_moves_concerns_both_pools() {
    assert_eq!(asked("MODIFIED", "evolutionjobs", job("a", "q", 20)).await, names(&["a"], &["p", "q"]));
}

#[tokio::test(start_paused = true)]
async fn a_changed_pool_concerns_its_jobs_that_are_not_finished() {
    let mut changed = pool("p", 20);
    changed["metadata"]["generation"] = json!(2);
    assert_eq!(asked("MODIFIED", "workerpools", changed).await, names(&["a", "b"], &["p"]));
    assert_eq!(asked("DELETED", "workerpools", pool("p", 20)).await, names(&["a", "b"], &["p"]));
    assert_eq!(asked("ADDED", "workerpools", pool("new", 20)).await, names(&[], &["new"]));
}

/// Its counts change with every pod; else every pod of one job would wake all jobs.
#[tokio::test(start_paused = true)]
async fn the_counts_of_a_pool_concern_no_job_but_its_conditions_do() {
    let mut counts = pool("p", 20);
    counts["status"] = json!({"replicas": 3, "readyReplicas": 1});
    assert_eq!(asked("MODIFIED", "workerpools", counts.clone()).await, names(&[], &["p"]));
    counts["status"]["conditions"] = json!([{
        "type": "Ready", "status": "False", "reason": "VolumeNotFound", "message": "", "lastTransitionTime": "2026-01-01T00:00:00Z",
    }]);
    assert_eq!(asked("MODIFIED", "workerpools", counts).await, names(&["a", "b"], &["p"]));
}

#[tokio::test(start_paused = true)]
async fn a_child_concerns_its_job_and_a_policy_its_pool() {
    for (plural, kind) in
        [("jobs", "Job"), ("pods", "Pod"), ("deployments", "Deployment"), ("services", "Service")]
    {
        let object = child(kind, "x", ("galapagos.dev/job", "a"), 20);
        assert_eq!(asked("ADDED", plural, object).await, names(&["a"], &[]), "{plural}");
    }
    let policy = child("NetworkPolicy", "x", ("galapagos.dev/pool", "p"), 20);
    assert_eq!(asked("ADDED", "networkpolicies", policy).await, names(&[], &["p"]));
}

#[tokio::test(start_paused = true)]
async fn who_begins_to_lead_is_told_everything_and_who_does_not_lead_queues_nothing() {
    let server = server();
    let watched = server.watched(&Settings::default());
    watched.filled().await;
    assert!(!watched.triggers.jobs.send(key("research", "a").of_kind()), "nobody listens");
    let mut requests = watched.triggers.connect(&watched.caches);
    assert_eq!(drain(&mut requests), names(&["a", "b", "c", "d"], &["p", "q"]));
    assert!(watched.triggers.jobs.send(key("research", "a").of_kind()));
    drop(requests);
    assert!(!watched.triggers.jobs.send(key("research", "a").of_kind()), "nobody listens any more");
}
