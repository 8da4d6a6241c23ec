//! How long pods live, as the watches see it.

use std::time::Duration;

use jiff::Timestamp;
use serde_json::{Value, json};
use tokio::time::sleep;

use super::server::{Server, WORKER_PODS, Watched, drain};
use crate::life::Life;
use crate::runtime::ids::example::identity;
use crate::runtime::watches::Settings;

/// A pod of the job a, whose UID is u, in the namespace research.
fn pod(name: &str, phase: &str, start: &str, end: Option<&str>) -> Value {
    let ended = end.map(|end| {
        json!([{"name": "c", "image": "i", "imageID": "i", "ready": false, "restartCount": 0,
                "state": {"terminated": {"exitCode": 0, "finishedAt": end}}}])
    });
    json!({
        "apiVersion": "v1", "kind": "Pod",
        "metadata": {"name": name, "namespace": "research", "uid": format!("uid-{name}"), "resourceVersion": "20",
            "annotations": {"a": "b"}, "labels": {"galapagos.dev/job": "a", "galapagos.dev/job-uid": "u"}},
        "spec": {"containers": [{"name": "c"}]},
        "status": {"phase": phase, "startTime": start, "podIP": "10.0.0.1", "containerStatuses": ended},
    })
}

fn life(start: &str, end: Option<&str>) -> Life {
    Life { start: start.parse().unwrap(), end: end.map(|end| end.parse().unwrap()) }
}

fn lives(watched: &Watched, counted_until: Option<&str>) -> Vec<Life> {
    let mut lives = watched
        .caches
        .lives
        .of_job(&identity("research", "a", "u"), counted_until.map(|at| at.parse::<Timestamp>().unwrap()));
    lives.sort_by_key(|life| life.start);
    lives
}

const T0: &str = "2026-01-01T00:00:00Z";
const T1: &str = "2026-01-01T00:00:30Z";
const T2: &str = "2026-01-01T00:00:50Z";

async fn a_moment() {
    sleep(Duration::from_millis(100)).await;
}

#[tokio::test(start_paused = true)]
async fn both_kinds_of_pods_live_for_their_job_and_for_no_other() {
    let server = Server::default();
    server.holds("pods", 10, &[pod("c", "Running", T0, None)]);
    server.holds(WORKER_PODS, 10, &[pod("w", "Running", T1, None)]);
    let watched = server.watched(&Settings::default());
    watched.settled().await;
    assert_eq!(lives(&watched, None), [life(T0, None), life(T1, None)]);
    assert_eq!(watched.caches.lives.of_job(&identity("research", "a", "other"), None), []);
    assert_eq!(
        watched.caches.lives.of_job(&identity("elsewhere", "a", "u"), None),
        [],
        "a label of another namespace"
    );
}

#[tokio::test(start_paused = true)]
async fn a_pod_that_is_gone_is_known_by_what_its_deletion_told_until_it_is_counted() {
    let server = Server::default();
    server.holds(WORKER_PODS, 10, &[pod("w", "Running", T0, None), pod("x", "Running", T1, None)]);
    let watched = server.watched(&Settings::default());
    let mut requests = watched.settled().await;
    server.says(WORKER_PODS, "DELETED", &pod("w", "Failed", T0, Some(T2)));
    a_moment().await;
    assert_eq!(drain(&mut requests).0, ["research/a"], "its end is to be counted");
    let all = [life(T0, Some(T2)), life(T1, None)];
    assert_eq!(lives(&watched, None), all);
    assert_eq!(lives(&watched, Some(T1)), all, "not yet to its end");
    assert_eq!(lives(&watched, Some(T2)), [life(T1, None)]);
}

#[tokio::test(start_paused = true)]
async fn a_pod_that_vanished_while_nobody_looked_lived_until_that_was_seen() {
    let server = Server::default();
    server.holds(WORKER_PODS, 10, &[pod("w", "Running", T0, None)]);
    let watched = server.watched(&Settings::default());
    watched.settled().await;
    let mut other = pod("w", "Running", T2, None);
    other["metadata"]["uid"] = json!("another of its name");
    let before = Timestamp::now();
    server.says(WORKER_PODS, "MODIFIED", &other);
    a_moment().await;
    let [first, second] = lives(&watched, None)[..] else { panic!("{:?}", lives(&watched, None)) };
    assert_eq!(second, life(T2, None));
    assert!(first.end.is_some_and(|end| before <= end && end <= Timestamp::now()), "{first:?}");
}

#[tokio::test(start_paused = true)]
async fn a_pod_without_the_label_of_its_job_is_counted_no_more_and_does_not_live_for_ever() {
    let server = Server::default();
    server.holds(WORKER_PODS, 10, &[pod("w", "Running", T0, None)]);
    let watched = server.watched(&Settings::default());
    watched.settled().await;
    let mut taken = pod("w", "Running", T0, None);
    taken["metadata"]["labels"] = json!({"galapagos.dev/job": "a"});
    server.says(WORKER_PODS, "MODIFIED", &taken);
    a_moment().await;
    let found = lives(&watched, None);
    assert!(found.iter().all(|life| !life.goes_on(Timestamp::now())) && found.len() == 1, "{found:?}");
    server.says(WORKER_PODS, "MODIFIED", &pod("w", "Running", T0, None));
    a_moment().await;
    assert_eq!(lives(&watched, None), [life(T0, None)], "it was put right");
}

#[tokio::test(start_paused = true)]
async fn the_end_of_a_worker_is_news_for_its_job_once_and_its_start_is_not() {
    let server = Server::default();
    let watched = server.watched(&Settings::default());
    let mut requests = watched.settled().await;
    let nothing: [&str; 0] = [];
    for (type_, pod, asked) in [
        ("ADDED", pod("w", "Running", T0, None), &nothing[..]),
        ("MODIFIED", pod("w", "Failed", T0, Some(T2)), &["research/a"][..]),
        ("DELETED", pod("w", "Failed", T0, Some(T2)), &nothing[..]),
    ] {
        server.says(WORKER_PODS, type_, &pod);
        a_moment().await;
        assert_eq!(drain(&mut requests).0, asked, "{type_}");
    }
}

#[tokio::test(start_paused = true)]
async fn of_a_worker_nothing_is_kept_but_its_life() {
    let server = Server::default();
    server.holds(WORKER_PODS, 10, &[pod("w", "Running", T0, None), pod("x", "Failed", T0, Some(T1))]);
    let watched = server.watched(&Settings::default());
    watched.settled().await;
    let pods = watched.caches.worker_pods.state();
    assert_eq!(pods.len(), 2);
    for pod in pods {
        assert!(pod.spec.is_none() && pod.metadata.annotations.is_none());
        assert_eq!(pod.status.as_ref().unwrap().pod_ip, None);
    }
    assert_eq!(lives(&watched, None).len(), 2);
}
