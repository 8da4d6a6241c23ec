//! The coordinator killed or frozen at one certain call to its file system, which is where an instant matters: between
//! a file and its rename, between a check and what it allows.

#![allow(clippy::unwrap_used, reason = "a failed unwrap fails the test")]

use std::path::Path;
use std::time::{Duration, Instant};

use rustix::process::Signal;

use galapagos_e2e::chaos::{Plan, count, full};
use galapagos_e2e::cluster::{Cluster, PATIENCE};
use galapagos_e2e::fault::{Fault, Trouble};
use galapagos_e2e::jobs::{self, Job};
use galapagos_e2e::outcome::{Outcome, published};
use galapagos_e2e::process::ProcessEnd;
use galapagos_e2e::scratch::{self, Scratch};

/// More calls than the small job makes: those beyond are never made, and the job just ends.
const CALLS: u64 = 320;

/// Starts the next attempt with a fault at one call about `path`.
fn start(cluster: &mut Cluster, fault: &Fault, path: &Path) {
    let (mut command, attempt) = cluster.command();
    let log = cluster.folder().join(format!("faults-{attempt}"));
    fault.load(&mut command, path, &log);
    let coordinator = cluster.start(command, attempt);
    cluster.coordinator = Some(coordinator);
}

fn job(generations: u32) -> (Scratch, std::path::PathBuf, Outcome) {
    let scratch = Scratch::with_walk(1500);
    let file = jobs::write(scratch.path(), &Job { generations, ..Job::small(3) }.manifest());
    let expected = Outcome::undisturbed(&scratch, &file);
    (scratch, file, expected)
}

/// All calls one after another, or some of them.
fn calls(plan: &mut Plan, few: u64, most: u64) -> Vec<u64> {
    let number = count(few, most);
    if full() && number >= CALLS {
        return (0..CALLS).collect();
    }
    // One of each stretch, so that start, middle and end are all hit.
    let stretch = CALLS / number;
    (0..number).map(|n| n * stretch + plan.random().below(stretch)).collect()
}

#[test]
fn killed_at_any_call_the_next_attempt_ends_with_the_same_bytes() {
    let mut plan = Plan::new("killed_at_any_call_the_next_attempt_ends_with_the_same_bytes");
    let (scratch, file, expected) = job(5);
    let mut killed = 0;
    for call in calls(&mut plan, 16, CALLS) {
        let mut cluster = Cluster::new(&scratch, &format!("call-{call}"), &file, plan.seed());
        cluster.start_workers(1);
        let state = cluster.state().to_owned();
        start(&mut cluster, &Fault::at(Trouble::Killed, call), &state);
        let end = cluster.run_for(PATIENCE);
        plan.note(format!("call {call}: {end:?}"));
        assert!(matches!(end, Some(ProcessEnd::DONE | ProcessEnd::Signal(9))), "call {call}: {end:?}");
        killed += u64::from(end == Some(ProcessEnd::Signal(9)));
        cluster.coordinator = None;
        assert_eq!(cluster.to_the_end(PATIENCE, |_| false), ProcessEnd::DONE);
        cluster.assert_outcome(&expected, &format!("killed at call {call}"));
    }
    println!("{killed} calls hit");
    assert!(killed > 0);
}

#[test]
fn frozen_at_any_call_and_woken_after_a_newer_attempt_it_changes_nothing() {
    let mut plan = Plan::new("frozen_at_any_call_and_woken_after_a_newer_attempt_it_changes_nothing");
    let (scratch, file, expected) = job(5);
    let (mut frozen, mut wrong) = (0, Vec::<String>::new());
    for call in calls(&mut plan, 3, 160) {
        let mut cluster = Cluster::new(&scratch, &format!("call-{call}"), &file, plan.seed());
        cluster.start_workers(1);
        let state = cluster.state().to_owned();
        start(&mut cluster, &Fault::at(Trouble::Frozen, call), &state);
        let stopped = until_stopped(&mut cluster);
        plan.note(format!("call {call}: stopped {stopped}"));
        if !stopped {
            cluster.assert_outcome(&expected, &format!("call {call} is never made"));
            continue;
        }
        frozen += 1;
        let mut first = cluster.coordinator.take().unwrap();
        cluster.start_coordinator();
        assert_eq!(cluster.run_for(PATIENCE), Some(ProcessEnd::DONE), "call {call}");
        first.process.signal(Signal::CONT);
        let end = first.process.wait(PATIENCE);
        // At its very first calls it has claimed nothing yet: then it is the newer one, and finds the result.
        if end != ProcessEnd::OLDER_EPOCH && end != ProcessEnd::DONE {
            wrong.push(format!("call {call}: {end:?}\n{}", first.process.tail()));
        }
        cluster.assert_outcome(&expected, &format!("frozen at call {call}"));
        // Whatever it may have written, the next attempt finds a result it believes.
        cluster.workers.clear();
        cluster.start_coordinator();
        assert_eq!(cluster.run_for(PATIENCE), Some(ProcessEnd::DONE), "call {call}, without workers");
        cluster.assert_outcome(&expected, &format!("frozen at call {call}, once more"));
    }
    println!("{frozen} calls hit");
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
    assert!(frozen > 0);
}

/// A job that was over is given more generations. The attempt that replaces its result sleeps just before it removes
/// the old one, and wakes when a newer attempt has published the new one.
#[test]
fn a_result_that_a_newer_attempt_published_is_not_removed_by_an_older_one() {
    let (scratch, file, _) = job(4);
    let mut cluster = Cluster::new(&scratch, "cluster", &file, 1);
    cluster.start_workers(1);
    assert_eq!(cluster.to_the_end(PATIENCE, |_| false), ProcessEnd::DONE);
    std::fs::write(&file, Job { generations: 6, ..Job::small(3) }.manifest()).unwrap();
    let own = Scratch::new();
    scratch::copy(&scratch.data(), &own.data());
    let expected = Outcome::undisturbed(&own, &file);
    let mark = published(cluster.state()).unwrap().0.with_file_name("RESULT");
    start(&mut cluster, &Fault::at(Trouble::FrozenAtRemoval, 0), &mark);
    if !until_stopped(&mut cluster) {
        // It replaces the result without removing it first: nothing to be caught at.
        return cluster.assert_outcome(&expected, "replaced");
    }
    let mut first = cluster.coordinator.take().unwrap();
    cluster.start_coordinator();
    assert_eq!(cluster.run_for(PATIENCE), Some(ProcessEnd::DONE));
    cluster.assert_outcome(&expected, "the newer attempt");
    first.process.signal(Signal::CONT);
    let end = first.process.wait(PATIENCE);
    cluster.assert_outcome(&expected, &format!("after the older one woke and ended with {end:?}"));
}

/// Whether the coordinator stopped; false if it came to its end.
fn until_stopped(cluster: &mut Cluster) -> bool {
    let begun = Instant::now();
    while cluster.run_for(Duration::from_millis(5)).is_none() {
        if cluster.coordinator.as_mut().unwrap().process.is_stopped() {
            return true;
        }
        assert!(begun.elapsed() < PATIENCE, "it neither stops nor ends");
    }
    false
}
