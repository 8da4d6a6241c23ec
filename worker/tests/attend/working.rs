//! What a worker answers.

use std::collections::BTreeMap;

use galapagos_genetics::genome_hash;
use galapagos_protocol::work::farewell::Reason as Goodbye;
use galapagos_run::run::evaluator::{Exception, Task};
use galapagos_worker::wire::{ReceivedAnswer, answer_from_wire};

use super::common::manifest;
use super::coordinator::World;

const ANY: &str = "127.0.0.1:0";

#[tokio::test(flavor = "multi_thread")]
async fn a_worker_evaluates_to_the_bit_what_this_process_does() {
    let world = World::new(500, &manifest(""));
    let mut coordinator = world.coordinator(ANY).await;
    let worker = world.worker(coordinator.address, 2);
    let mut session = coordinator.ready(&world).await;
    for (lease, species, n) in [(1, 0, 40), (2, 1, 1), (3, 1, 7), (4, 0, 0)] {
        let tasks = world.tasks(species, n);
        session.batch(lease, &tasks).await;
        let name = world.job.species[species].name();
        let expected: Vec<ReceivedAnswer> = tasks
            .iter()
            .zip(world.answers(&tasks))
            .map(|(task, answer)| ReceivedAnswer {
                index: task.index as u32,
                genome_hash: genome_hash(name, &task.genome),
                answer,
            })
            .collect();
        assert_eq!(session.answers(&world, lease).await, expected);
    }
    session.farewell(Goodbye::Finished).await;
    assert_eq!(worker.code().await, 0);
}

#[tokio::test(flavor = "multi_thread")]
async fn batches_sent_ahead_are_all_answered_whatever_the_number_of_slots() {
    let world = World::new(500, &manifest(""));
    for slots in [1, 3] {
        let mut coordinator = world.coordinator(ANY).await;
        let worker = world.worker(coordinator.address, slots);
        let mut session = coordinator.ready(&world).await;
        let most = 2 * slots as u64;
        let tasks = world.tasks(0, 60);
        let mut answered = BTreeMap::new();
        let mut next = 1;
        while next <= most {
            session.batch(next, &tasks).await;
            next += 1;
        }
        // Each answer makes room for one more at once.
        while answered.len() < 20 {
            let results = session.results().await;
            assert!(results.last);
            answered.insert(results.lease, results.results);
            if next <= 20 {
                session.batch(next, &tasks).await;
                next += 1;
            }
        }
        let expected = world.answers(&tasks);
        for results in answered.into_values() {
            let received: Vec<_> = results.into_iter().map(|r| answer_from_wire(r).unwrap().answer).collect();
            assert_eq!(received, expected);
        }
        session.farewell(Goodbye::Finished).await;
        assert_eq!(worker.code().await, 0);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_not_of_the_job_is_an_exception_and_the_worker_lives_on() {
    let world = World::new(500, &manifest(""));
    let mut coordinator = world.coordinator(ANY).await;
    let worker = world.worker(coordinator.address, 1);
    let mut session = coordinator.ready(&world).await;
    let good = world.tasks(0, 2);
    let with = |species: usize, genome: &[u32]| Task { index: 9, species, genome: genome.into() };
    let strange = [
        with(99, &[1, 2]),
        with(u32::MAX as usize, &[]),
        with(0, &[]),
        with(0, &[u32::MAX, 0, 0, 0, 0, 0]),
        with(0, &vec![0; 10_000]),
    ];
    for (lease, bad) in strange.into_iter().enumerate() {
        let tasks = [good[0].clone(), bad, good[1].clone()];
        session.batch(lease as u64, &tasks).await;
        let received = session.answers(&world, lease as u64).await;
        let answers: Vec<_> = received.into_iter().map(|t| t.answer).collect();
        let expected = world.answers(&good);
        assert_eq!((&answers[0], &answers[2]), (&expected[0], &expected[1]));
        assert!(matches!(answers[1], Err(Exception::Panicked(_))), "{:?}", answers[1]);
    }
    session.farewell(Goodbye::Finished).await;
    assert_eq!(worker.code().await, 0);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_batch_of_any_size_is_answered_in_bounded_messages() {
    let world = World::new(300, &manifest(""));
    let mut coordinator = world.coordinator(ANY).await;
    let worker = world.worker(coordinator.address, 1);
    let mut session = coordinator.ready(&world).await;
    for (lease, n) in [(1, 1000), (2, 1001), (3, 2500)] {
        let tasks = world.tasks(0, n);
        session.batch(lease, &tasks).await;
        let received = session.answers(&world, lease).await;
        let indices: Vec<u32> = received.iter().map(|t| t.index).collect();
        assert_eq!(indices, (0..n as u32).collect::<Vec<_>>());
    }
    session.farewell(Goodbye::Finished).await;
    assert_eq!(worker.code().await, 0);
}

/// Handing them back would say that the worker leaves; holding them would have no bound.
#[tokio::test(flavor = "multi_thread")]
async fn more_batches_than_a_worker_can_hold_end_the_stream_and_it_comes_back() {
    let world = World::new(500, &manifest(""));
    let mut coordinator = world.coordinator(ANY).await;
    let worker = world.worker(coordinator.address, 1);
    let mut session = coordinator.ready(&world).await;
    let tasks = world.tasks(1, 2000);
    let mut lease = 1;
    while lease <= 9 && session.offer_batch(lease, &tasks).await {
        lease += 1;
    }
    while session.next().await.is_some() {}
    let mut again = coordinator.ready(&world).await;
    again.batch(1, &tasks[..3]).await;
    assert_eq!(again.answers(&world, 1).await.len(), 3);
    again.farewell(Goodbye::Finished).await;
    assert_eq!(worker.code().await, 0);
}
