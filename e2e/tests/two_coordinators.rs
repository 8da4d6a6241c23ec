//! Two attempts on one state folder: the newer one takes over, the older one gets nothing accepted.

#![allow(clippy::unwrap_used, reason = "a failed unwrap fails the test")]

use std::time::Duration;

use rustix::process::Signal;

use galapagos_e2e::chaos::{Plan, count};
use galapagos_e2e::cluster::{Cluster, PATIENCE};
use galapagos_e2e::jobs::{self, Job};
use galapagos_e2e::outcome::Outcome;
use galapagos_e2e::process::ProcessEnd;
use galapagos_e2e::scratch::Scratch;

fn running(plan: &mut Plan, round: u64) -> (Scratch, Cluster, Outcome) {
    let scratch = Scratch::with_walk(3000);
    let file = jobs::write(scratch.path(), &Job::busy(round).manifest());
    let expected = Outcome::undisturbed(&scratch, &file);
    let mut cluster = Cluster::new(&scratch, "cluster", &file, plan.seed());
    cluster.start_workers(2);
    cluster.start_coordinator();
    let generation = 1 + plan.random().below(4);
    cluster.run_to_generation(generation);
    (scratch, cluster, expected)
}

#[test]
fn a_newer_attempt_takes_over_and_the_older_one_leaves() {
    let mut plan = Plan::new("a_newer_attempt_takes_over_and_the_older_one_leaves");
    for round in 0..count(2, 30) {
        let (_scratch, mut cluster, expected) = running(&mut plan, round);
        let mut first = cluster.coordinator.take().unwrap();
        // The streams to the first one stay open; new ones lead to the second.
        cluster.start_coordinator();
        cluster.connect();
        assert_eq!(first.process.wait(PATIENCE), ProcessEnd::OLDER_EPOCH);
        assert_eq!(cluster.run_for(PATIENCE), Some(ProcessEnd::DONE));
        cluster.assert_outcome(&expected, &format!("round {round}"));
    }
}

/// A machine that was cut off and comes back finds that time has gone on.
#[test]
fn a_coordinator_that_was_frozen_changes_nothing_when_it_wakes() {
    let mut plan = Plan::new("a_coordinator_that_was_frozen_changes_nothing_when_it_wakes");
    for round in 0..count(2, 30) {
        let (_scratch, mut cluster, expected) = running(&mut plan, round);
        let mut first = cluster.coordinator.take().unwrap();
        first.process.signal(Signal::STOP);
        cluster.start_coordinator();
        let early = plan.random().chance(0.5);
        if early {
            // In the middle of the second one's work.
            let generation = cluster.checkpoint() + 1;
            cluster.run_to_generation(generation);
            plan.note(format!("round {round}: wakes at generation {generation}"));
        } else {
            assert_eq!(cluster.run_for(PATIENCE), Some(ProcessEnd::DONE));
            plan.note(format!("round {round}: wakes after the end"));
        }
        first.process.signal(Signal::CONT);
        assert_eq!(first.process.wait(PATIENCE), ProcessEnd::OLDER_EPOCH, "round {round}");
        if early {
            assert_eq!(cluster.run_for(PATIENCE), Some(ProcessEnd::DONE));
        }
        std::thread::sleep(Duration::from_millis(50));
        cluster.assert_outcome(&expected, &format!("round {round}"));
    }
}
