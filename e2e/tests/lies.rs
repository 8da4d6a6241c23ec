//! Duplicated, reordered, late and forged results, from a man in the middle with proper certificates.

#![allow(clippy::unwrap_used, reason = "a failed unwrap fails the test")]

use std::time::Duration;

use galapagos_e2e::chaos::{Plan, count};
use galapagos_e2e::cluster::{Cluster, PATIENCE};
use galapagos_e2e::jobs::{self, Job};
use galapagos_e2e::outcome::Outcome;
use galapagos_e2e::process::ProcessEnd;
use galapagos_e2e::relay::{Mischief, Relay};
use galapagos_e2e::scratch::Scratch;

/// A job with a relay between its two workers and the coordinator.
struct Case {
    cluster: Cluster,
    relay: Relay,
    expected: Outcome,
    /// Last, because what is dropped before it shows its logs.
    _scratch: Scratch,
}

fn case(plan: &mut Plan, seed: u64) -> Case {
    let scratch = Scratch::with_walk(3000);
    let file = jobs::write(scratch.path(), &Job::small(seed).manifest());
    let expected = Outcome::undisturbed(&scratch, &file);
    let mut cluster = Cluster::new(&scratch, "cluster", &file, plan.seed());
    let certificates = &cluster.certificates;
    let relay = Relay::start(plan.seed(), &certificates.coordinator(), &certificates.worker());
    for _ in 0..2 {
        cluster.start_worker_at(relay.address());
    }
    Case { cluster, relay, expected, _scratch: scratch }
}

impl Case {
    fn start(&mut self) {
        self.cluster.start_coordinator();
        let addresses = self.cluster.connect().expect("it listens");
        self.relay.set_target(addresses.work);
    }

    fn ends_undisturbed(mut self, context: &str) {
        assert_eq!(self.cluster.run_for(PATIENCE), Some(ProcessEnd::DONE), "{context}");
        self.cluster.assert_outcome(&self.expected, context);
        assert!(self.relay.done() > 0, "{context}: nothing was disturbed");
    }
}

#[test]
fn duplicated_reordered_and_zombie_results_change_no_byte() {
    let mut plan = Plan::new("duplicated_reordered_and_zombie_results_change_no_byte");
    for round in 0..count(2, 40) {
        let mut case = case(&mut plan, round);
        case.relay.set(Mischief::Echo);
        // Coordinators of several epochs, so that results of a dead one reach the next.
        for _ in 0..plan.random().below(4) {
            case.start();
            let life = Duration::from_millis(300 + plan.random().below(1500));
            if case.cluster.run_for(life).is_some() {
                break;
            }
            plan.note(format!("round {round}: killed after {life:?}"));
            case.cluster.coordinator.take().unwrap().process.kill();
        }
        if case.cluster.coordinator.is_none() {
            case.start();
        }
        case.ends_undisturbed(&format!("round {round}"));
    }
}

/// What is forged comes first, so it would count if it were believed. And it is the worker's fault, not that of the
/// individuals it held: none may be set aside for it.
fn is_never_believed(kind: Mischief, test: &'static str) {
    let mut plan = Plan::new(test);
    let mut case = case(&mut plan, 1);
    case.start();
    case.relay.set(kind);
    // A coordinator may well turn such a worker out: after a while it behaves.
    if case.cluster.run_for(Duration::from_secs(3)).is_none() {
        case.relay.set(Mischief::None);
    }
    case.ends_undisturbed(test);
}

#[test]
fn results_of_another_epoch_are_never_believed() {
    is_never_believed(Mischief::ForgeEpoch, "results_of_another_epoch_are_never_believed");
}

#[test]
fn results_of_another_engine_are_never_believed() {
    is_never_believed(Mischief::ForgeEngine, "results_of_another_engine_are_never_believed");
}

#[test]
fn results_of_other_data_are_never_believed() {
    is_never_believed(Mischief::ForgeDataset, "results_of_other_data_are_never_believed");
}

// Contract W2.
#[test]
fn results_of_other_genomes_are_never_believed() {
    is_never_believed(Mischief::ForgeGenome, "results_of_other_genomes_are_never_believed");
}

#[test]
fn results_of_other_individuals_are_never_believed() {
    is_never_believed(Mischief::ForgeIndex, "results_of_other_individuals_are_never_believed");
}

#[test]
fn results_that_are_no_numbers_are_never_believed() {
    is_never_believed(Mischief::ForgeMetric, "results_that_are_no_numbers_are_never_believed");
}

// Contract W2.
#[test]
fn two_different_answers_to_one_question_end_the_job() {
    let mut plan = Plan::new("two_different_answers_to_one_question_end_the_job");
    let mut case = case(&mut plan, 1);
    case.start();
    case.relay.set(Mischief::Contradict);
    assert_eq!(case.cluster.run_for(PATIENCE), Some(ProcessEnd::INTERNAL));
    assert!(case.relay.done() > 0);
    assert_eq!(Outcome::read(case.cluster.state()).map(|o| o.digest), None);
}
