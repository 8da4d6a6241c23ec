//! How processes end that are asked to, and jobs that are over.

#![allow(clippy::unwrap_used, reason = "a failed unwrap fails the test")]

use std::time::{Duration, Instant};

use rustix::process::Signal;

use galapagos_e2e::chaos::{Plan, count};
use galapagos_e2e::cluster::{Cluster, PATIENCE};
use galapagos_e2e::jobs::{self, Job};
use galapagos_e2e::outcome::{Outcome, published};
use galapagos_e2e::process::ProcessEnd;
use galapagos_e2e::scratch::Scratch;

/// Within this a process is gone that was asked to leave.
const LEAVES: Duration = Duration::from_secs(5);

struct Case {
    cluster: Cluster,
    expected: Outcome,
    /// Last, because what is dropped before it shows its logs.
    _scratch: Scratch,
}

fn case(bars: u32, job: &Job) -> Case {
    let scratch = Scratch::with_walk(bars);
    let file = jobs::write(scratch.path(), &job.manifest());
    let expected = Outcome::undisturbed(&scratch, &file);
    let cluster = Cluster::new(&scratch, "cluster", &file, 1);
    Case { cluster, expected, _scratch: scratch }
}

#[test]
fn a_coordinator_asked_to_leave_is_gone_in_five_seconds_and_nothing_is_lost() {
    let mut plan = Plan::new("a_coordinator_asked_to_leave_is_gone_in_five_seconds_and_nothing_is_lost");
    for round in 0..count(2, 60) {
        let mut case = case(3000, &Job::busy(round));
        case.cluster.start_workers(2);
        case.cluster.start_coordinator();
        case.cluster.connect();
        let life = plan.random().duration(Duration::from_millis(1500));
        plan.note(format!("round {round}: asked after {life:?}"));
        if case.cluster.run_for(life).is_none() {
            let before = case.cluster.checkpoint();
            let mut first = case.cluster.coordinator.take().unwrap();
            first.process.signal(Signal::TERM);
            let end = first.process.wait(LEAVES);
            assert!(end == ProcessEnd::TERMINATED || end == ProcessEnd::DONE, "{end:?}");
            assert!(case.cluster.checkpoint() >= before);
        }
        assert_eq!(case.cluster.to_the_end(PATIENCE, |_| false), ProcessEnd::DONE);
        case.cluster.assert_outcome(&case.expected, &format!("round {round}"));
    }
}

/// A deployment that is scaled up and down all the time: work is handed back, nobody is blamed.
#[test]
fn workers_asked_to_leave_all_the_time_change_no_byte() {
    let mut plan = Plan::new("workers_asked_to_leave_all_the_time_change_no_byte");
    for round in 0..count(1, 20) {
        let mut case = case(12_000, &Job::busy(round));
        case.cluster.start_workers(3);
        case.cluster.start_coordinator();
        case.cluster.connect();
        let begun = Instant::now();
        let end = loop {
            if let Some(end) = case.cluster.run_for(Duration::from_millis(300)) {
                break end;
            }
            assert!(begun.elapsed() < PATIENCE, "no end");
            let victim = plan.random().below(3) as usize;
            let worker = &mut case.cluster.workers[victim].0;
            worker.signal(Signal::TERM);
            let end = worker.wait(LEAVES);
            assert!(end == ProcessEnd::TERMINATED || end == ProcessEnd::DONE, "{end:?}");
        };
        assert_eq!(end, ProcessEnd::DONE);
        case.cluster.assert_outcome(&case.expected, &format!("round {round}"));
    }
}

/// Its connection stays open and it says nothing: its work is given to others, and what it says later is too late.
#[test]
fn a_worker_that_is_frozen_and_wakes_changes_no_byte() {
    let mut case = case(12_000, &Job::busy(5));
    case.cluster.start_workers(2);
    case.cluster.start_coordinator();
    case.cluster.run_to_generation(1);
    case.cluster.workers[0].0.signal(Signal::STOP);
    let (begun, generation) = (Instant::now(), case.cluster.checkpoint());
    case.cluster.run_to_generation(generation + 2);
    assert!(begun.elapsed() < Duration::from_secs(20), "{:?}", begun.elapsed());
    case.cluster.workers[0].0.signal(Signal::CONT);
    assert_eq!(case.cluster.run_for(PATIENCE), Some(ProcessEnd::DONE));
    case.cluster.assert_outcome(&case.expected, "frozen worker");
}

#[test]
fn a_job_that_is_over_is_answered_from_its_result_without_workers() {
    let mut case = case(1500, &Job::small(8));
    case.cluster.start_workers(1);
    assert_eq!(case.cluster.to_the_end(PATIENCE, |_| false), ProcessEnd::DONE);
    let last_words = |cluster: &Cluster| -> serde_json::Value {
        serde_json::from_str(&cluster.coordinator.as_ref().unwrap().message()).unwrap()
    };
    let first = last_words(&case.cluster);
    let (result, _) = published(case.cluster.state()).unwrap();
    assert_eq!(first["resultDigest"], case.expected.digest);
    assert_eq!(case.cluster.state().join(first["resultPath"].as_str().unwrap()), result);
    case.cluster.workers.clear();
    case.cluster.start_coordinator();
    assert_eq!(case.cluster.run_for(PATIENCE), Some(ProcessEnd::DONE));
    assert_eq!(last_words(&case.cluster)["resultDigest"], first["resultDigest"]);
    case.cluster.assert_outcome(&case.expected, "answered");
}
