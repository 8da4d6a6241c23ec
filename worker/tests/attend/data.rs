//! Data that are missing, damaged, or changed under the worker: never a wrong score.

use std::fs::OpenOptions;
use std::os::unix::fs::FileExt;
use std::path::Path;
use std::time::Duration;

use galapagos_engine::ENGINE;
use galapagos_protocol::work::refusal::Reason;
use galapagos_protocol::work::worker_message::Message as Up;
use galapagos_run::storage::digest::Digest;
use galapagos_worker::wire::answer_from_wire;

use super::common::manifest;
use super::coordinator::World;

const ANY: &str = "127.0.0.1:0";

/// Changes prices in place, without changing the size.
fn rewrite(file: &Path) {
    let size = std::fs::metadata(file).unwrap().len();
    let file = OpenOptions::new().write(true).open(file).unwrap();
    let bytes = vec![0x11; (size / 3) as usize];
    file.write_all_at(&bytes, size / 3).unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn a_version_that_is_not_there_is_refused_as_missing() {
    let world = World::new(500, &manifest(""));
    let mut coordinator = world.coordinator(ANY).await;
    let worker = world.worker(coordinator.address, 1);
    let mut session = coordinator.session().await;
    session.welcome(ENGINE, Digest::hash(b"no such version"), world.job.digest).await;
    let Up::Refusal(refusal) = session.next().await.unwrap() else { panic!("no refusal") };
    assert_eq!(refusal.reason, i32::from(Reason::DataMissing));
    drop(session);
    assert_eq!(worker.code().await, 66);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_damaged_version_is_refused_as_invalid() {
    let world = World::new(500, &manifest(""));
    rewrite(&world.dataset_folder().join("AAA.arrow"));
    let mut coordinator = world.coordinator(ANY).await;
    let worker = world.worker(coordinator.address, 1);
    let mut session = coordinator.session().await;
    session.welcome(ENGINE, world.dataset(), world.job.digest).await;
    let Up::Refusal(refusal) = session.next().await.unwrap() else { panic!("no refusal") };
    assert_eq!(refusal.reason, i32::from(Reason::DataInvalid));
    drop(session);
    assert_eq!(worker.code().await, 65);
}

#[tokio::test(flavor = "multi_thread")]
async fn data_rewritten_under_load_never_give_a_wrong_score() {
    for round in 0..4 {
        let world = World::new(2000, &manifest(""));
        let tasks = world.tasks(0, 300);
        let expected = world.answers(&tasks);
        let mut coordinator = world.coordinator(ANY).await;
        let worker = world.worker(coordinator.address, 2);
        let mut session = coordinator.ready(&world).await;
        for lease in 1..=4 {
            session.batch(lease, &tasks).await;
        }
        let file = world.dataset_folder().join("AAA.arrow");
        let change = tokio::task::spawn_blocking(move || {
            std::thread::sleep(Duration::from_millis(20 + 7 * round));
            rewrite(&file);
        });
        let mut next = 5;
        let refusal = loop {
            match session.next().await.unwrap() {
                Up::Results(results) => {
                    let answers = results.results.into_iter().map(|r| answer_from_wire(r).unwrap());
                    answers.for_each(|told| assert_eq!(told.answer, expected[told.index as usize]));
                    session.batch(next, &tasks).await;
                    next += 1;
                }
                Up::HandBack(_) => {}
                Up::Refusal(refusal) => break refusal,
                other => panic!("{other:?}"),
            }
        };
        assert_eq!(refusal.reason, i32::from(Reason::DataInvalid));
        assert!(session.next().await.is_none(), "something after the refusal");
        drop(session);
        assert_eq!(worker.code().await, 65);
        change.await.unwrap();
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn data_changed_between_two_coordinators_are_refused_before_any_work() {
    let world = World::new(500, &manifest(""));
    let mut coordinator = world.coordinator(ANY).await;
    let worker = world.worker(coordinator.address, 1);
    let session = coordinator.ready(&world).await;
    rewrite(&world.dataset_folder().join("AAA.arrow"));
    drop(session);
    let mut session = coordinator.session().await;
    session.welcome(ENGINE, world.dataset(), world.job.digest).await;
    let Up::Refusal(refusal) = session.next().await.unwrap() else { panic!("no refusal") };
    assert_eq!(refusal.reason, i32::from(Reason::DataInvalid));
    drop(session);
    assert_eq!(worker.code().await, 65);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_worker_that_comes_after_an_import_with_another_calendar_takes_the_one_of_the_job() {
    let mut job = manifest("");
    let own = job.spec.market_data.calendar.take();
    let calendar = own.as_ref().and_then(|c| c.bars_per_year);
    // The dataset suggests nothing; the job was resolved with what it suggested once.
    let world = World::resolved(500, &job, own);
    let mut coordinator = world.coordinator(ANY).await;
    let _worker = world.worker(coordinator.address, 1);
    let mut session = coordinator.session().await;
    session.calendar = calendar;
    session.welcome(ENGINE, world.dataset(), world.job.digest).await;
    let said = session.next().await.unwrap();
    let Up::Ready(ready) = said else { panic!("not ready: {said:?}") };
    assert_eq!(ready.inputs_digest, world.job.digest.bytes());
}
