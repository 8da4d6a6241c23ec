//! What goes up a stream.

use super::coordinator::a_while;
use super::{Scene, eventually, last_report, report};

// Contract K8.
#[tokio::test]
async fn what_is_desired_goes_up_first_and_at_every_change_on_the_same_stream() {
    let scene = Scene::new();
    let coordinator = scene.coordinator("a").await;
    scene.watch("a", coordinator.address, 50);
    scene.seen("a", |seen| seen.connected && seen.attempt == 1).await;
    for generations in [50, 50, 80, 80, 20] {
        scene.watch("a", coordinator.address, generations);
        eventually("the wish", || (coordinator.wishes().last()?.1 == generations).then_some(())).await;
    }
    assert_eq!(coordinator.wishes(), [(1, 50), (1, 80), (1, 20)]);
    assert_eq!(coordinator.opened(), 1);
}

#[tokio::test]
async fn the_final_report_is_acknowledged_once_and_its_coordinator_is_left_alone() {
    let scene = Scene::new();
    let coordinator = scene.coordinator("a").await;
    scene.watch("a", coordinator.address, 50);
    scene.seen("a", |seen| seen.connected).await;
    coordinator.says(last_report(7));
    let seen = scene.seen("a", |seen| seen.report.r#final.is_some()).await;
    assert_eq!(coordinator.acknowledged(), [0_u64; 0], "only what is recorded is acknowledged");
    for _ in 0..3 {
        scene.hub.acknowledge(&super::uid("a"), seen.report.sequence);
        scene.watch("a", coordinator.address, 50);
    }
    eventually("an acknowledgement", || coordinator.acknowledged().pop()).await;
    a_while().await;
    assert_eq!(coordinator.acknowledged(), [7]);

    let address = coordinator.killed().await;
    scene.seen("a", |seen| !seen.connected).await;
    let listener = std::net::TcpListener::bind(address).unwrap();
    listener.set_nonblocking(true).unwrap();
    a_while().await;
    assert!(listener.accept().is_err(), "a coordinator that may leave was dialled again");
    let kept = scene.hub.latest(&super::uid("a")).unwrap();
    assert_eq!((kept.report.sequence, kept.attempt), (7, 1));
}

#[tokio::test]
async fn a_final_report_that_was_not_acknowledged_is_fetched_again() {
    let scene = Scene::new();
    let first = scene.coordinator("a").await;
    scene.watch("a", first.address, 50);
    scene.seen("a", |seen| seen.connected).await;
    first.says(last_report(7));
    scene.seen("a", |seen| seen.report.sequence == 7).await;
    let address = first.killed().await;
    let again = super::Coordinator::start(&scene.authority, "a", &address.to_string()).await;
    again.says(last_report(7));
    scene.seen("a", |seen| seen.connected).await;
    scene.hub.acknowledge(&super::uid("a"), 7);
    eventually("an acknowledgement", || again.acknowledged().pop()).await;
    assert_eq!(again.acknowledged(), [7]);
}

#[tokio::test]
async fn what_was_acknowledged_in_one_attempt_is_not_in_the_next() {
    let scene = Scene::new();
    let first = scene.coordinator("a").await;
    scene.watch("a", first.address, 50);
    first.says(last_report(7));
    scene.seen("a", |seen| seen.report.sequence == 7).await;
    scene.hub.acknowledge(&super::uid("a"), 7);
    eventually("an acknowledgement", || first.acknowledged().pop()).await;
    let second = scene.coordinator("a").await;
    second.says(report(3));
    scene.hub.watch(&super::key("a"), second.address, 2, super::desired(80));
    scene.seen("a", |seen| seen.attempt == 2 && seen.report.sequence == 3).await;
    a_while().await;
    assert_eq!(second.wishes(), [(1, 80)]);
    assert!(second.acknowledged().is_empty());
}
