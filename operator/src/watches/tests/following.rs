//! The caches follow the server.

use std::time::Duration;

use kube::ResourceExt;
use kube::runtime::reflector::ObjectRef;
use serde_json::json;
use tokio::time::{Instant, sleep};

use super::server::{Server, WORKER_PODS, child, drain, job, pool};
use crate::runtime::watches::Settings;
use crate::watches::EVOLUTION_JOBS;

#[tokio::test(start_paused = true)]
async fn what_is_listed_and_what_is_told_afterwards_is_known() {
    let server = Server::default();
    server.holds("evolutionjobs", 10, &[job("a", "p", 5), job("b", "p", 6)]);
    let watched = server.watched(&Settings::default());
    watched.settled().await;
    assert_eq!(watched.caches.jobs.state().len(), 2);
    server.says("evolutionjobs", "ADDED", &job("c", "p", 11));
    server.says("evolutionjobs", "MODIFIED", &job("a", "q", 12));
    server.says("evolutionjobs", "DELETED", &job("b", "p", 13));
    watched.until("three changes", |w| w.caches.jobs.state().iter().all(|job| job.name_any() != "b")).await;
    let a = watched.caches.jobs.get(&ObjectRef::new("a").within("research")).unwrap();
    assert_eq!(a.spec.worker_pool_name, "q");
    assert!(watched.caches.jobs.get(&ObjectRef::new("c").within("research")).is_some());
}

#[tokio::test(start_paused = true)]
async fn a_stream_that_ends_is_taken_up_where_it_was() {
    let server = Server::default();
    server.holds("evolutionjobs", 10, &[job("a", "p", 5)]);
    let watched = server.watched(&Settings::default());
    watched.settled().await;
    server.says("evolutionjobs", "MODIFIED", &job("a", "p", 12));
    server.says(
        "evolutionjobs",
        "BOOKMARK",
        &json!({"kind": "EvolutionJob", "apiVersion": "x", "metadata": {"resourceVersion": "40"}}),
    );
    sleep(Duration::from_secs(5)).await;
    server.hangs_up("evolutionjobs");
    sleep(Duration::from_secs(5)).await;
    let seen = server.seen("evolutionjobs");
    assert_eq!(server.lists_seen("evolutionjobs"), 1);
    assert!(seen.last().unwrap().query.contains("resourceVersion=40"), "{seen:?}");
}

#[tokio::test(start_paused = true)]
async fn a_place_that_is_gone_makes_it_list_again_and_deletions_nobody_saw_are_told() {
    let server = Server::default();
    server.holds("evolutionjobs", 10, &[job("a", "p", 5), job("b", "q", 6)]);
    let watched = server.watched(&Settings::default());
    let mut requests = watched.settled().await;
    server.holds("evolutionjobs", 50, &[job("a", "p", 5)]);
    server.says("evolutionjobs", "ERROR", &json!({"kind": "Status", "code": 410, "message": "too old", "reason": "Expired", "status": "Failure"}));
    watched.until("the second list", |w| w.caches.jobs.state().len() == 1).await;
    sleep(Duration::from_millis(10)).await;
    assert_eq!(drain(&mut requests), (vec!["research/b".to_owned()], vec!["research/q".to_owned()]));
}

#[tokio::test(start_paused = true)]
async fn everything_is_listed_now_and_then_so_that_a_lost_event_is_found() {
    let server = Server::default();
    server.holds("evolutionjobs", 10, &[job("a", "p", 5)]);
    let watched = server.watched(&Settings { relist: Duration::from_secs(60), ..Settings::default() });
    watched.settled().await;
    server.holds("evolutionjobs", 20, &[job("a", "q", 15)]);
    let start = Instant::now();
    watched.until("the change", |w| w.caches.jobs.state()[0].spec.worker_pool_name == "q").await;
    assert!(start.elapsed() <= Duration::from_secs(75), "{:?}", start.elapsed());
}

#[tokio::test(start_paused = true)]
async fn what_is_doubted_is_listed_at_once_and_the_others_are_not() {
    let server = Server::default();
    server.holds("evolutionjobs", 10, &[job("a", "p", 5)]);
    let watched = server.watched(&Settings::default());
    watched.settled().await;
    server.holds("evolutionjobs", 20, &[job("a", "q", 15)]);
    let start = Instant::now();
    watched.caches.doubts.raise(EVOLUTION_JOBS);
    watched.until("the change", |w| w.caches.jobs.state()[0].spec.worker_pool_name == "q").await;
    assert!(start.elapsed() <= Duration::from_secs(5), "{:?}", start.elapsed());
    assert_eq!((server.lists_seen("evolutionjobs"), server.lists_seen("workerpools")), (2, 1));
}

#[tokio::test(start_paused = true)]
async fn one_object_that_cannot_be_read_blinds_for_no_other() {
    let mut broken = job("broken", "p", 4);
    broken["spec"]["population"]["size"] = json!("many");
    let server = Server::default();
    server.holds("evolutionjobs", 10, &[broken.clone(), job("a", "p", 5)]);
    let watched = server.watched(&Settings::default());
    watched.settled().await;
    server.says("evolutionjobs", "MODIFIED", &broken);
    server.says("evolutionjobs", "ADDED", &job("b", "p", 11));
    watched.until("b", |w| w.caches.jobs.state().len() == 2).await;
    let text = watched.metrics.text().unwrap();
    assert!(
        text.contains("watch_failures_total{watch=\"evolution_jobs\",failure=\"unreadable\"} 2"),
        "{text}"
    );
    assert_eq!(server.lists_seen("evolutionjobs"), 1);
}

/// What is remembered of objects without a UID would be mixed.
#[tokio::test(start_paused = true)]
async fn an_object_that_has_no_uid_or_no_namespace_is_left_out() {
    let (mut nobody, mut nowhere) = (job("nobody", "p", 4), job("nowhere", "p", 4));
    nobody["metadata"]["uid"] = json!("");
    nowhere["metadata"].as_object_mut().unwrap().remove("namespace");
    let server = Server::default();
    server.holds("evolutionjobs", 10, &[nobody.clone(), nowhere, job("a", "p", 5)]);
    let watched = server.watched(&Settings::default());
    watched.settled().await;
    server.says("evolutionjobs", "MODIFIED", &nobody);
    server.says("evolutionjobs", "ADDED", &job("b", "p", 11));
    watched.until("b", |w| w.caches.jobs.state().len() == 2).await;
    let text = watched.metrics.text().unwrap();
    assert!(
        text.contains("watch_failures_total{watch=\"evolution_jobs\",failure=\"unreadable\"} 3"),
        "{text}"
    );
}

#[tokio::test(start_paused = true)]
async fn a_broken_watch_slows_down_no_other() {
    let server = Server::default();
    server.is_deaf_to("workerpools");
    server.refuses("deployments", 500);
    let watched = server.watched(&Settings::default());
    sleep(Duration::from_secs(1)).await;
    server.says("evolutionjobs", "ADDED", &job("a", "p", 11));
    let start = Instant::now();
    watched.until("a", |w| w.caches.jobs.state().len() == 1).await;
    assert!(start.elapsed() < Duration::from_secs(1));
    sleep(Duration::from_secs(600)).await;
    let tries = server.lists_seen("deployments");
    assert!((15..80).contains(&tries), "{tries} tries in ten minutes");
    server.holds("deployments", 5, &[child("Deployment", "w", ("galapagos.dev/job", "a"), 3)]);
    server.hears_again();
    watched.filled().await;
    assert_eq!(watched.caches.workers.state().len(), 1);
}

#[tokio::test(start_paused = true)]
async fn a_stream_that_is_refused_is_tried_again_without_a_new_list() {
    let server = Server::default();
    server.refuses_stream_once("pods", 500);
    let watched = server.watched(&Settings::default());
    watched.settled().await;
    sleep(Duration::from_secs(3)).await;
    server.says("pods", "ADDED", &child("Pod", "x", ("galapagos.dev/job", "a"), 3));
    watched.until("the pod", |w| w.caches.coordinator_pods.state().len() == 1).await;
    assert_eq!(server.lists_seen("pods"), 1);
}

#[tokio::test(start_paused = true)]
async fn only_our_children_are_asked_for_and_no_more_of_them_than_is_read() {
    let server = Server::default();
    let watched = server.watched(&Settings::default());
    watched.settled().await;
    for plural in ["jobs", "pods", WORKER_PODS, "deployments", "services", "networkpolicies"] {
        for seen in server.seen(plural) {
            assert!(seen.query.contains("managed-by%3Dgalapagos-operator"), "{seen:?}");
            let metadata_only = seen.accept.contains("PartialObjectMetadata");
            assert_eq!(metadata_only, matches!(plural, "services" | "networkpolicies"), "{seen:?}");
        }
    }
    assert!(server.seen("pods").iter().all(|seen| seen.query.contains("component%3Dcoordinator")));
    assert!(server.seen("evolutionjobs").iter().all(|seen| !seen.query.contains("labelSelector")));
    assert!(server.seen("jobs").iter().all(|seen| seen.path == "/apis/batch/v1/jobs"));
}

#[tokio::test(start_paused = true)]
async fn with_a_namespace_nothing_is_asked_outside_of_it() {
    let server = Server::default();
    let watched = server.watched(&Settings { namespace: Some("research".into()), ..Settings::default() });
    watched.settled().await;
    let children = ["jobs", "pods", WORKER_PODS, "deployments", "services", "networkpolicies"];
    for plural in ["evolutionjobs", "workerpools"].into_iter().chain(children) {
        assert!(
            server.seen(plural).iter().all(|seen| seen.path.contains("/namespaces/research/")),
            "{plural}"
        );
    }
}

#[tokio::test(start_paused = true)]
async fn what_nobody_reads_is_not_kept() {
    let mut big = pool("p", 5);
    big["metadata"]["managedFields"] = json!([{"manager": "kubectl", "operation": "Update"}]);
    big["metadata"]["annotations"] =
        json!({"kubectl.kubernetes.io/last-applied-configuration": "{}", "note": "kept"});
    let server = Server::default();
    server.holds("workerpools", 10, &[big]);
    let watched = server.watched(&Settings::default());
    watched.settled().await;
    let pool = &watched.caches.pools.state()[0];
    assert!(pool.metadata.managed_fields.is_none());
    assert_eq!(pool.annotations().keys().collect::<Vec<_>>(), ["note"]);
}
