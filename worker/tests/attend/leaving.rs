//! How a worker leaves, and how it comes back.

use std::collections::BTreeSet;
use std::time::{Duration, Instant};

use galapagos_engine::ENGINE;
use galapagos_protocol::work::farewell::Reason as Goodbye;
use galapagos_protocol::work::refusal::Reason;
use galapagos_protocol::work::worker_message::Message as Up;
use galapagos_run::storage::digest::Digest;
use galapagos_worker::attend::attend;
use galapagos_worker::process::Shell;

use super::common::manifest;
use super::coordinator::World;

const ANY: &str = "127.0.0.1:0";

/// A job whose strategy trains anew for each individual: batches that take minutes.
fn slow() -> World {
    let mut job = manifest("  generations: 1\n  evaluation: {timeoutSeconds: 300}\n");
    job.spec.strategies =
        vec![serde_json::from_value(serde_json::json!({"name": "linear_svc_classifier"})).unwrap()];
    World::new(40_000, &job)
}

// Contract W6.
#[tokio::test(flavor = "multi_thread")]
async fn a_worker_that_is_asked_to_leave_hands_everything_back_within_five_seconds() {
    let world = slow();
    let mut coordinator = world.coordinator(ANY).await;
    let worker = world.worker(coordinator.address, 2);
    let mut session = coordinator.ready(&world).await;
    let tasks = world.tasks(0, 1000);
    for lease in 1..=4 {
        session.batch(lease, &tasks).await;
    }
    tokio::time::sleep(Duration::from_millis(100)).await;
    let began = Instant::now();
    worker.stop.ask();
    let mut handed_back = BTreeSet::new();
    while let Some(message) = session.next().await {
        let lease = match message {
            Up::HandBack(lease) => lease,
            // What was ready when it was asked is not thrown away.
            Up::Results(results) if !handed_back.contains(&results.lease) => {
                assert!(!results.last, "it took minutes");
                continue;
            }
            other => panic!("{other:?} after the stop"),
        };
        assert_eq!(lease.epoch, session.epoch);
        assert!(handed_back.insert(lease.lease), "handed back twice");
    }
    assert_eq!(handed_back, BTreeSet::from([1, 2, 3, 4]));
    drop(session);
    assert_eq!(worker.code().await, 143);
    assert!(began.elapsed() < Duration::from_secs(5));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_worker_leaves_in_time_whatever_its_coordinator_does() {
    let world = slow();
    let mut coordinator = world.coordinator(ANY).await;
    // Nobody reads, nobody answers.
    for greeted in [false, true] {
        let worker = world.worker(coordinator.address, 1);
        let mut session = coordinator.session().await;
        if greeted {
            session.welcome(ENGINE, world.dataset(), world.job.digest).await;
            session.next().await.unwrap();
            session.batch(1, &world.tasks(0, 1000)).await;
        }
        let began = Instant::now();
        worker.stop.ask();
        assert_eq!(worker.code().await, 143);
        assert!(began.elapsed() < Duration::from_secs(5));
        drop(session);
    }
    // Nobody is there.
    let address = coordinator.vanish().await;
    let worker = world.worker(address, 1);
    tokio::time::sleep(Duration::from_millis(50)).await;
    let began = Instant::now();
    worker.stop.ask();
    assert_eq!(worker.code().await, 143);
    assert!(began.elapsed() < Duration::from_secs(1));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_coordinator_that_vanished_is_found_again_with_the_data_still_open() {
    let world = World::new(500, &manifest(""));
    let mut first = world.coordinator(ANY).await;
    let worker = world.worker(first.address, 2);
    let (mut session, measured) = first.ready_measured(&world).await;
    assert_eq!(measured, 0.0);
    let tasks = world.tasks(0, 5);
    session.batch(1, &tasks).await;
    assert_eq!(session.answers(&world, 1).await.len(), 5);
    // These are computed for nobody: the next coordinator must not hear of them.
    session.batch(2, &world.tasks(1, 3000)).await;
    session.batch(3, &world.tasks(1, 3000)).await;
    drop(session);
    let address = first.vanish().await;

    let mut second = world.coordinator(&address.to_string()).await;
    let mut session = second.session().await;
    session.epoch = 8;
    session.welcome(ENGINE, world.dataset(), world.job.digest).await;
    let Up::Ready(ready) = session.next().await.unwrap() else { panic!("not ready") };
    assert!(ready.strategy_bars_per_second > 0.0, "it was opened anew");
    session.batch(1, &tasks).await;
    let told: Vec<_> = session.answers(&world, 1).await.into_iter().map(|t| t.answer).collect();
    assert_eq!(told, world.answers(&tasks));
    session.farewell(Goodbye::Leaving).await;
    let third = second.ready(&world).await;
    third.farewell(Goodbye::Finished).await;
    assert_eq!(worker.code().await, 0);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_batch_of_another_epoch_ends_the_stream() {
    let world = World::new(500, &manifest(""));
    let mut coordinator = world.coordinator(ANY).await;
    let worker = world.worker(coordinator.address, 1);
    let mut session = coordinator.ready(&world).await;
    session.epoch -= 1;
    session.batch(1, &world.tasks(0, 1)).await;
    assert!(session.next().await.is_none());
    let session = coordinator.ready(&world).await;
    session.farewell(Goodbye::Finished).await;
    assert_eq!(worker.code().await, 0);
}

#[tokio::test(flavor = "multi_thread")]
async fn each_farewell_has_its_exit_code() {
    let world = World::new(500, &manifest(""));
    let mut coordinator = world.coordinator(ANY).await;
    let ends = [(Goodbye::Finished, 0), (Goodbye::EngineMismatch, 67), (Goodbye::Protocol, 72)];
    for (reason, code) in ends {
        for greeted in [false, true] {
            let worker = world.worker(coordinator.address, 1);
            let session = if greeted { coordinator.ready(&world).await } else { coordinator.session().await };
            session.farewell(reason).await;
            assert_eq!(worker.code().await, code, "{reason:?}, greeted {greeted}");
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_coordinator_of_another_engine_or_job_is_refused() {
    let world = World::new(500, &manifest(""));
    let mut coordinator = world.coordinator(ANY).await;
    let inputs = world.job.digest;
    let cases = [
        (ENGINE + 1, inputs, Reason::EngineMismatch, 67),
        (ENGINE, Digest::hash(b"another job"), Reason::OtherJob, 64),
    ];
    for (engine, inputs, reason, code) in cases {
        let worker = world.worker(coordinator.address, 1);
        let mut session = coordinator.session().await;
        session.welcome(engine, world.dataset(), inputs).await;
        let Up::Refusal(refusal) = session.next().await.unwrap() else { panic!("no refusal") };
        assert_eq!(refusal.reason, i32::from(reason));
        assert!(session.next().await.is_none());
        drop(session);
        assert_eq!(worker.code().await, code);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn wrong_settings_end_at_once_as_a_wrong_job() {
    let world = World::new(500, &manifest(""));
    let good = world.settings("127.0.0.1:1".parse().unwrap(), 1);
    let mut wrong = vec![good.clone(), good.clone(), good.clone(), good];
    wrong[0].job = world.data.path().join("none.json");
    wrong[1].job_uid = "another".to_owned();
    wrong[2].job_uid = "Not A Label".to_owned();
    wrong[3].tls_dir = world.data.path().to_owned();
    for settings in wrong {
        let shell = Shell::bare(tokio::runtime::Handle::current());
        assert_eq!(attend(settings, shell).await.unwrap_err().code as u8, 64);
    }
}
