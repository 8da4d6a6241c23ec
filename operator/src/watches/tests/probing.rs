//! Readiness and liveness.

use std::time::Duration;

use serde_json::json;
use tokio::time::{Instant, sleep};

use super::server::{Server, WORKER_PODS, Watched};
use crate::runtime::metrics::WatchFailure;
use crate::runtime::watches::Settings;
use crate::watches::{COORDINATOR_PODS, EVOLUTION_JOBS};

/// The lease is asked for all the time, and answered.
async fn while_the_lease_is_answered(watched: &Watched, time: Duration) {
    let start = Instant::now();
    while start.elapsed() < time {
        watched.health.pulse().answered();
        sleep(Duration::from_secs(2)).await;
    }
}

#[tokio::test(start_paused = true)]
async fn ready_is_when_every_cache_is_filled() {
    let server = Server::default();
    server.is_deaf_to("pods");
    let watched = server.watched(&Settings::default());
    sleep(Duration::from_secs(2)).await;
    assert_eq!(watched.health.ready().unwrap_err().waits, [(COORDINATOR_PODS, None)]);
    server.hears_again();
    watched.until("ready", |w| w.health.ready().is_ok()).await;
    assert!(watched.metrics.text().unwrap().contains("watch_up{watch=\"coordinator_pods\"} 1"));
}

#[tokio::test(start_paused = true)]
async fn a_leader_that_lacks_something_is_not_ready_and_says_what() {
    let server = Server::default();
    let watched = server.watched(&Settings::default());
    watched.until("ready", |w| w.health.ready().is_ok()).await;
    watched.health.in_trouble(Some("no authority".to_owned()));
    let missing = watched.health.ready().unwrap_err();
    assert!(missing.waits.is_empty() && missing.to_string().contains("no authority"), "{missing}");
    watched.health.in_trouble(None);
    assert!(watched.health.ready().is_ok());
}

#[tokio::test(start_paused = true)]
async fn a_missing_kind_is_awaited_and_told() {
    let server = Server::default();
    server.refuses("evolutionjobs", 404);
    let watched = server.watched(&Settings::default());
    sleep(Duration::from_secs(120)).await;
    let missing = watched.health.ready().unwrap_err();
    assert_eq!(missing.waits, [(EVOLUTION_JOBS, Some(WatchFailure::Missing))]);
    assert!(missing.to_string().contains("EvolutionJob"), "{missing}");
    assert!(watched.metrics.text().unwrap().contains("kind_missing{watch=\"evolution_jobs\"} 1"));
    server.holds("evolutionjobs", 5, &[]);
    let start = Instant::now();
    watched.until("ready", |w| w.health.ready().is_ok()).await;
    assert!(start.elapsed() <= Duration::from_secs(7), "{:?}", start.elapsed());
    assert!(watched.metrics.text().unwrap().contains("kind_missing{watch=\"evolution_jobs\"} 0"));
}

#[tokio::test(start_paused = true)]
async fn a_missing_kind_or_right_restarts_nobody() {
    let server = Server::default();
    server.refuses("evolutionjobs", 404);
    server.refuses("pods", 403);
    let watched = server.watched(&Settings::default());
    while_the_lease_is_answered(&watched, Duration::from_secs(7200)).await;
    assert_eq!(watched.health.stuck(), []);
}

#[tokio::test(start_paused = true)]
async fn quiet_watches_are_alive() {
    let server = Server::default();
    let watched = server.watched(&Settings::default());
    watched.settled().await;
    for _ in 0..120 {
        for plural in ["evolutionjobs", "pods"] {
            let bookmark = json!({"kind": "X", "apiVersion": "x", "metadata": {"resourceVersion": "40"}});
            server.says(plural, "BOOKMARK", &bookmark);
        }
        while_the_lease_is_answered(&watched, Duration::from_secs(60)).await;
        assert_eq!(watched.health.stuck(), []);
    }
    let opened = server.seen("evolutionjobs").len();
    assert!(opened <= 14, "a stream with bookmarks is not started anew: {opened}");
}

#[tokio::test(start_paused = true)]
async fn a_watch_that_stays_silent_while_the_server_answers_is_stuck() {
    let server = Server::default();
    let watched = server.watched(&Settings::default());
    watched.settled().await;
    server.is_deaf_to("pods");
    while_the_lease_is_answered(&watched, Duration::from_secs(500)).await;
    assert_eq!(watched.health.stuck(), []);
    while_the_lease_is_answered(&watched, Duration::from_secs(700)).await;
    assert_eq!(watched.health.stuck(), [COORDINATOR_PODS]);
    server.hears_again();
    // The deadline of the request that is under way, and the longest pause after it.
    while_the_lease_is_answered(&watched, Duration::from_secs(90)).await;
    assert_eq!(watched.health.stuck(), []);
}

#[tokio::test(start_paused = true)]
async fn an_outage_restarts_nobody_neither_while_it_lasts_nor_when_it_ends() {
    let server = Server::default();
    let watched = server.watched(&Settings::default());
    watched.settled().await;
    let children = ["jobs", "pods", WORKER_PODS, "deployments", "services", "networkpolicies"];
    for plural in ["evolutionjobs", "workerpools"].into_iter().chain(children) {
        server.is_deaf_to(plural);
        server.hangs_up(plural);
    }
    for _ in 0..360 {
        sleep(Duration::from_secs(20)).await;
        assert_eq!(watched.health.stuck(), []);
    }
    assert!(watched.health.ready().is_ok(), "what was known is still known");
    server.hears_again();
    for _ in 0..120 {
        while_the_lease_is_answered(&watched, Duration::from_secs(2)).await;
        assert_eq!(watched.health.stuck(), []);
    }
    assert!(watched.metrics.text().unwrap().contains("watch_up{watch=\"evolution_jobs\"} 1"));
}
