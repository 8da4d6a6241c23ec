//! Limits that change while a job runs reach its coordinator over the stream of progress.

#![allow(clippy::unwrap_used, reason = "a failed unwrap fails the test")]

use galapagos_e2e::certificates::Certificates;
use galapagos_e2e::cluster::{Cluster, PATIENCE};
use galapagos_e2e::jobs::{self, Job};
use galapagos_e2e::outcome::Outcome;
use galapagos_e2e::process::ProcessEnd;
use galapagos_e2e::scratch::Scratch;
use galapagos_e2e::watcher::Watcher;
use galapagos_protocol::progress::Desired;

fn watch(cluster: &mut Cluster, generations: u32) -> Watcher {
    let address = cluster.connect().unwrap().progress;
    let certificates: &Certificates = &cluster.certificates;
    Watcher::start(address, &certificates.operator(), generations)
}

/// Everything of the last report that must be there for whoever records it.
fn assert_final(watcher: &Watcher, expected: &Outcome, generations: u32) {
    let reports = watcher.reports();
    assert!(reports.windows(2).all(|pair| pair[0].sequence <= pair[1].sequence));
    let last = reports.last().unwrap();
    let end = last.r#final.as_ref().unwrap();
    assert!(end.succeeded);
    assert_eq!((end.reason.as_str(), &end.result_digest), ("GenerationsReached", &expected.digest));
    assert_eq!((last.generation, last.generations), (generations, generations));
    assert_eq!(last.best.as_ref().unwrap().strategy, expected.best["strategy"].as_str().unwrap());
    assert!(!last.best.as_ref().unwrap().holdout.is_empty());
    assert!(last.history.len() as u32 <= 20.min(generations));
}

#[test]
fn generations_raised_while_a_job_runs_are_run_too() {
    let scratch = Scratch::with_walk(6000);
    let longer = jobs::write(&scratch.folder("longer"), &Job { generations: 20, ..Job::busy(3) }.manifest());
    let expected = Outcome::undisturbed(&scratch, &longer);
    let file = jobs::write(scratch.path(), &Job { generations: 6, ..Job::busy(3) }.manifest());
    let mut cluster = Cluster::new(&scratch, "cluster", &file, 1);
    cluster.start_coordinator();
    let watcher = watch(&mut cluster, 20);
    // Its wish is heard before there is a worker.
    while watcher.reports().last().is_none_or(|r| r.generations != 20) {
        std::thread::sleep(std::time::Duration::from_millis(5));
    }
    cluster.start_workers(2);
    assert_eq!(cluster.run_for(PATIENCE), Some(ProcessEnd::DONE));
    cluster.assert_outcome(&expected, "raised");
    assert_final(&watcher, &expected, 20);
}

#[test]
fn a_finished_job_goes_on_when_its_generations_are_raised() {
    let scratch = Scratch::with_walk(3000);
    let longer = jobs::write(&scratch.folder("longer"), &Job { generations: 14, ..Job::small(4) }.manifest());
    let expected = Outcome::undisturbed(&scratch, &longer);
    let file = jobs::write(scratch.path(), &Job { generations: 5, ..Job::small(4) }.manifest());
    let mut cluster = Cluster::new(&scratch, "cluster", &file, 1);
    cluster.start_workers(1);
    assert_eq!(cluster.to_the_end(PATIENCE, |_| false), ProcessEnd::DONE);
    std::fs::copy(longer, file).unwrap();
    cluster.start_workers(1);
    cluster.start_coordinator();
    assert_eq!(cluster.run_for(PATIENCE), Some(ProcessEnd::DONE));
    cluster.assert_outcome(&expected, "gone on");
}

#[test]
fn generations_lowered_below_the_present_one_stop_the_job_with_the_best_so_far() {
    let scratch = Scratch::with_walk(6000);
    let file = jobs::write(scratch.path(), &Job { generations: 5000, ..Job::busy(5) }.manifest());
    let mut cluster = Cluster::new(&scratch, "cluster", &file, 1);
    cluster.start_workers(2);
    cluster.start_coordinator();
    cluster.run_to_generation(2);
    let watcher = watch(&mut cluster, 1);
    assert_eq!(cluster.run_for(PATIENCE), Some(ProcessEnd::DONE));
    let found = Outcome::read(cluster.state()).unwrap();
    assert_eq!(found.stopped_by, "GenerationsReached");
    let reached = watcher.reports().last().unwrap().generation;
    assert!((2..5000).contains(&reached), "{reached}");
    let shorter =
        jobs::write(&scratch.folder("shorter"), &Job { generations: reached, ..Job::busy(5) }.manifest());
    found.assert_same(&Outcome::undisturbed(&scratch, &shorter), "lowered");
}

#[test]
fn a_job_whose_pods_have_cost_its_limit_ends_though_its_generations_have_not() {
    let scratch = Scratch::with_walk(6000);
    let file = jobs::write(scratch.path(), &Job { generations: 5000, ..Job::busy(6) }.manifest());
    let mut cluster = Cluster::new(&scratch, "cluster", &file, 1);
    cluster.start_workers(2);
    let (mut command, attempt) = cluster.command();
    command.args(["--price-per-worker-hour", "3600"]);
    cluster.coordinator = Some(cluster.start(command, attempt));
    cluster.run_to_generation(1);
    let limit = 1_000_000;
    let desired = |worker_seconds| Desired {
        generations: 5000,
        patience: Some(100_000),
        max_cost: Some(limit.to_string()),
        worker_seconds: Some(worker_seconds),
        ..Desired::default()
    };
    let address = cluster.connect().unwrap().progress;
    let operator = cluster.certificates.operator();
    let cheap = Watcher::wanting(address, &operator, desired(limit - 1));
    cluster.run_to_generation(4);
    drop(cheap);
    let dear = Watcher::wanting(address, &operator, desired(limit));
    assert_eq!(cluster.run_for(PATIENCE), Some(ProcessEnd::DONE));
    assert_eq!(Outcome::read(cluster.state()).unwrap().stopped_by, "BudgetSpent");
    let last = dear.reports().pop().unwrap();
    assert!(last.workers.unwrap().worker_seconds < 10_000.0, "its own count is far below the limit");
    assert!((4..5000).contains(&last.generation), "{}", last.generation);
}
