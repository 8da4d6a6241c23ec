//! Coordinators that hang, vanish, come back, or are somebody else.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::{Duration, Instant, SystemTime};

use galapagos_protocol::progress::Report;
use galapagos_protocol::tls::issue::Authority;
use tokio::net::TcpListener;

use super::coordinator::{Coordinator, a_while};
use super::{Patience, Scene, desired, eventually, key, report};

/// For coordinators that are silent; an honest one must not be taken for such on a busy machine.
const SHORT: Patience = Patience {
    dial: Duration::from_millis(500),
    silence: Duration::from_secs(2),
    settled: Duration::from_secs(5),
};

#[tokio::test]
async fn after_a_reset_it_is_dialled_again_and_told_first_what_is_desired() {
    let scene = Scene::new();
    let first = scene.coordinator("a").await;
    scene.watch("a", first.address, 50);
    first.says(report(9));
    scene.seen("a", |seen| seen.report.sequence == 9).await;
    let address = first.killed().await;
    let lost = scene.seen("a", |seen| !seen.connected).await;
    assert_eq!(lost.report.sequence, 9, "what was last heard is kept");
    eventually("a reason", || scene.hub.problem(&super::uid("a"))).await;
    scene.watch("a", address, 60);

    let second = Coordinator::start(&scene.authority, "a", &address.to_string()).await;
    second.says(report(2));
    scene.seen("a", |seen| seen.connected && seen.report.sequence == 2).await;
    assert_eq!(second.wishes(), [(1, 60)]);
    assert_eq!(scene.hub.problem(&super::uid("a")), None);
}

#[tokio::test]
async fn another_address_is_dialled_at_once() {
    let scene = Scene::new();
    let first = scene.coordinator("a").await;
    scene.watch("a", first.address, 50);
    scene.seen("a", |seen| seen.connected).await;
    let second = scene.coordinator("a").await;
    scene.hub.watch(&key("a"), second.address, 2, desired(50));
    scene.seen("a", |seen| seen.connected && seen.attempt == 2).await;
    eventually("the end of the first stream", || (first.closed() == 1).then_some(())).await;
    assert_eq!((first.opened(), second.opened()), (1, 1));
}

#[tokio::test]
async fn a_coordinator_that_hangs_anywhere_blocks_nobody_else() {
    let scene = Scene::with(SHORT);
    // It takes connections and says nothing.
    let mute = TcpListener::bind("127.0.0.1:0").await.unwrap();
    // It shakes hands, takes the call, and never reports.
    let idle = scene.coordinator("idle").await;
    idle.reports.send_replace(None);
    let alive = scene.coordinator("alive").await;
    let began = Instant::now();
    scene.watch("mute", mute.local_addr().unwrap(), 50);
    scene.watch("idle", idle.address, 50);
    scene.watch("alive", alive.address, 50);
    assert!(began.elapsed() < Duration::from_millis(500), "watching waits for somebody");
    for sequence in 2..20 {
        alive.says(report(sequence));
        scene.seen("alive", |seen| seen.report.sequence == sequence).await;
    }
    for hung in ["mute", "idle"] {
        let problem = eventually("a reason", || scene.hub.problem(&super::uid(hung))).await;
        assert!(problem.contains("did not answer") || problem.contains("no report"), "{problem}");
        assert!(scene.hub.latest(&super::uid(hung)).is_none());
    }
    eventually("another try", || (idle.opened() > 1).then_some(())).await;
    drop(mute);
}

#[tokio::test]
async fn a_coordinator_that_falls_silent_is_out_of_reach_and_its_job_is_told() {
    let mut scene = Scene::with(SHORT);
    let coordinator = scene.coordinator("a").await;
    scene.watch("a", coordinator.address, 50);
    scene.seen("a", |seen| seen.connected).await;
    assert_eq!(scene.triggered().await.name, "job-a");
    coordinator.reports.send_replace(None);
    scene.triggered().await;
    let seen = scene.hub.latest(&super::uid("a")).unwrap();
    assert!(seen.at.elapsed() >= SHORT.silence);
    scene.seen("a", |seen| !seen.connected).await;
}

#[tokio::test]
async fn a_server_with_another_certificate_is_never_listened_to() {
    let scene = Scene::new();
    let stranger = Authority::new(SystemTime::now()).unwrap();
    let foreign = Coordinator::start(&stranger, "a", "127.0.0.1:0").await;
    let neighbour = Coordinator::showing(&scene.authority, "b", "other", "127.0.0.1:0").await;
    scene.watch("a", foreign.address, 50);
    scene.watch("b", neighbour.address, 50);
    for uid in ["a", "b"] {
        let problem = eventually("a reason", || scene.hub.problem(&super::uid(uid))).await;
        assert!(problem.contains(&format!("is not coordinator.{uid}.galapagos.internal")), "{problem}");
        assert!(scene.hub.latest(&super::uid(uid)).is_none());
    }
    a_while().await;
    assert_eq!((foreign.opened(), neighbour.opened()), (0, 0));
    assert!(foreign.counts.refused() <= 2, "what cannot help is not tried all the time");

    // The right one at another address ends the long wait.
    let right = scene.coordinator("a").await;
    let began = Instant::now();
    scene.watch("a", right.address, 50);
    scene.seen("a", |seen| seen.connected).await;
    assert!(began.elapsed() < Duration::from_secs(5));
}

#[tokio::test]
async fn a_closed_port_is_tried_a_few_times_a_second_at_most() {
    let scene = Scene::new();
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    let tries = Arc::new(AtomicUsize::new(0));
    let counted = Arc::clone(&tries);
    let refusing = tokio::spawn(async move {
        loop {
            drop(listener.accept().await);
            counted.fetch_add(1, Ordering::SeqCst);
        }
    });
    scene.watch("a", address, 50);
    tokio::time::sleep(Duration::from_secs(2)).await;
    let tried = tries.load(Ordering::SeqCst);
    assert!((1..=10).contains(&tried), "{tried} tries in two seconds");
    refusing.abort();
}

#[tokio::test]
async fn reports_that_come_in_floods_are_passed_on_five_times_a_second_and_the_newest_is() {
    let scene = Scene::new();
    let coordinator = scene.coordinator("a").await;
    scene.watch("a", coordinator.address, 50);
    scene.seen("a", |seen| seen.report.sequence == 1).await;
    let flooding = async {
        for sequence in 2..2000 {
            coordinator.says(report(sequence));
            tokio::time::sleep(Duration::from_millis(1)).await;
        }
    };
    let began = Instant::now();
    let counting = async {
        let (mut last, mut passed) = (0, 0);
        loop {
            let sequence = scene.hub.latest(&super::uid("a")).map_or(0, |seen| seen.report.sequence);
            passed += u64::from(sequence != last);
            last = sequence;
            if sequence == 1999 {
                break passed;
            }
            tokio::time::sleep(Duration::from_millis(2)).await;
        }
    };
    let both = async { tokio::join!(flooding, counting).1 };
    let passed = tokio::time::timeout(super::LIMIT, both).await.expect("the newest report is lost");
    let most = 2 + (began.elapsed().as_millis() / 200) as u64;
    assert!(passed <= most, "{passed} reports in {:?}", began.elapsed());
}

#[tokio::test]
async fn the_last_report_is_heard_though_its_stream_ends_at_once() {
    let scene = Scene::new();
    let coordinator = scene.coordinator("a").await;
    scene.watch("a", coordinator.address, 50);
    scene.seen("a", |seen| seen.report.sequence == 1).await;
    for sequence in 2..10 {
        coordinator.says(report(sequence));
        tokio::time::sleep(Duration::from_millis(5)).await;
    }
    tokio::time::sleep(Duration::from_millis(60)).await;
    coordinator.killed().await;
    let seen = scene.seen("a", |seen| !seen.connected).await;
    assert_eq!(seen.report.sequence, 9);
}

#[tokio::test]
async fn a_report_is_kept_within_bounds_and_one_that_is_too_large_is_not_taken() {
    let scene = Scene::new();
    let coordinator = scene.coordinator("a").await;
    scene.watch("a", coordinator.address, 50);
    let many = Report { fallbacks: vec!["x".repeat(4); 8000], message: "m".repeat(5000), ..report(2) };
    coordinator.says(many);
    let seen = scene.seen("a", |seen| seen.report.sequence == 2).await;
    assert_eq!((seen.report.fallbacks.len(), seen.report.message.len()), (10, 1024));

    coordinator.says(Report { message: "m".repeat(70_000), ..report(3) });
    scene.seen("a", |seen| !seen.connected).await;
    eventually("a reason", || scene.hub.problem(&super::uid("a"))).await;
    assert_eq!(scene.hub.latest(&super::uid("a")).unwrap().report.sequence, 2);
}
