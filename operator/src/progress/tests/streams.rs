//! The hub as a whole: triggers, the end of streams, many of them.

use std::time::{Duration, Instant};

use super::coordinator::a_while;
use super::{Scene, eventually, last_report, report};

#[tokio::test]
async fn news_trigger_the_job_and_the_end_triggers_it_at_once() {
    let mut scene = Scene::new();
    let coordinator = scene.coordinator("a").await;
    scene.watch("a", coordinator.address, 50);
    let triggered = scene.triggered().await;
    assert_eq!((triggered.name.as_str(), triggered.namespace.as_deref()), ("job-a", Some("lab")));
    let began = Instant::now();
    for sequence in 2..12 {
        coordinator.says(report(sequence));
        scene.seen("a", |seen| seen.report.sequence == sequence).await;
    }
    coordinator.says(last_report(12));
    let mut count = 0;
    loop {
        scene.triggered().await;
        count += 1;
        if scene.hub.latest(&super::uid("a")).unwrap().report.r#final.is_some() && scene.triggered.is_empty()
        {
            break;
        }
    }
    let most = 2 + began.elapsed().as_secs();
    assert!(count <= most, "{count} triggers by {:?} of news", began.elapsed());
    a_while().await;
    assert!(scene.triggered.is_empty(), "nothing is new");
}

#[tokio::test]
async fn a_stopped_stream_ends_and_nobody_is_dialled_any_more() {
    let scene = Scene::new();
    let coordinator = scene.coordinator("a").await;
    scene.watch("a", coordinator.address, 50);
    scene.seen("a", |seen| seen.connected).await;
    assert_eq!(scene.hub.counts(), (1, 1));
    scene.hub.stop(&super::uid("a"));
    assert!(scene.hub.latest(&super::uid("a")).is_none());
    assert_eq!(scene.hub.counts(), (0, 0));
    eventually("the end of the stream", || (coordinator.closed() == 1).then_some(())).await;
    a_while().await;
    assert_eq!(coordinator.opened(), 1);
    scene.hub.stop(&super::uid("a"));
    scene.hub.acknowledge(&super::uid("a"), 3);

    scene.watch("a", coordinator.address, 50);
    scene.seen("a", |seen| seen.connected).await;
    assert_eq!(coordinator.opened(), 2);
    scene.memories.keep(|known| *known != super::uid("a"));
    eventually("the end of the stream", || (coordinator.closed() == 2).then_some(())).await;
}

#[tokio::test]
async fn the_last_hub_takes_its_streams_with_it() {
    let scene = Scene::new();
    let coordinator = scene.coordinator("a").await;
    scene.watch("a", coordinator.address, 50);
    scene.seen("a", |seen| seen.connected).await;
    drop(scene);
    eventually("the end of the stream", || (coordinator.closed() == 1).then_some(())).await;
}

#[tokio::test]
async fn a_uid_that_fits_no_certificate_is_no_stream_and_no_panic() {
    let scene = Scene::new();
    scene.watch("Not a label", "127.0.0.1:9".parse().unwrap(), 50);
    a_while().await;
    assert!(scene.hub.latest(&super::uid("Not a label")).is_none());
    scene.hub.stop(&super::uid("Not a label"));
}

#[tokio::test]
async fn a_hundred_streams_are_open_at_once_and_each_hears_its_own() {
    const JOBS: u64 = 100;
    let scene = Scene::new();
    let mut coordinators = Vec::new();
    for job in 0..JOBS {
        let coordinator = scene.coordinator(&job.to_string()).await;
        coordinator.says(report(1000 + job));
        coordinators.push(coordinator);
    }
    let began = Instant::now();
    for (job, coordinator) in coordinators.iter().enumerate() {
        scene.watch(&job.to_string(), coordinator.address, 50);
    }
    assert!(began.elapsed() < Duration::from_secs(1), "watching waits for somebody");
    for job in 0..JOBS {
        scene.seen(&job.to_string(), |seen| seen.report.sequence == 1000 + job).await;
    }
    assert_eq!(scene.hub.counts(), (100, 100));
    for (job, coordinator) in coordinators.iter().enumerate() {
        coordinator.says(report(2000 + job as u64));
    }
    for job in 0..JOBS {
        scene.seen(&job.to_string(), |seen| seen.report.sequence == 2000 + job).await;
        scene.hub.stop(&super::uid(&job.to_string()));
    }
    for coordinator in &coordinators {
        eventually("the end of the stream", || (coordinator.closed() == 1).then_some(())).await;
        assert_eq!(coordinator.opened(), 1);
    }
}
