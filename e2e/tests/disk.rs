//! Full, broken and short-writing disks below the coordinator's state.

#![allow(clippy::unwrap_used, reason = "a failed unwrap fails the test")]

use std::time::Duration;

use galapagos_e2e::chaos::{Plan, count};
use galapagos_e2e::cluster::{Cluster, PATIENCE};
use galapagos_e2e::fault::{Fault, Trouble};
use galapagos_e2e::jobs::{self, Job};
use galapagos_e2e::outcome::Outcome;
use galapagos_e2e::process::{Process, ProcessEnd};
use galapagos_e2e::program;
use galapagos_e2e::scratch::Scratch;

/// Calls of one small job that the plans spread over.
const CALLS: u64 = 400;

#[test]
fn a_disk_that_fails_costs_an_attempt_and_no_byte() {
    let mut plan = Plan::new("a_disk_that_fails_costs_an_attempt_and_no_byte");
    let (mut hit, mut survived, mut wrong) = (0, 0, Vec::<String>::new());
    for round in 0..count(8, 400) {
        let scratch = Scratch::with_walk(1500);
        let file = jobs::write(scratch.path(), &Job::small(round % 7).manifest());
        let expected = Outcome::undisturbed(&scratch, &file);
        let mut cluster = Cluster::new(&scratch, "cluster", &file, plan.seed());
        cluster.start_workers(2);
        let trouble = Trouble::DISKS[round as usize % Trouble::DISKS.len()];
        for _ in 0..2 {
            let fault = Fault::draw(trouble, CALLS, plan.random());
            let (mut command, attempt) = cluster.command();
            let log = cluster.folder().join(format!("faults-{attempt}"));
            fault.load(&mut command, cluster.state(), &log);
            let coordinator = cluster.start(command, attempt);
            cluster.coordinator = Some(coordinator);
            let end = cluster.run_for(PATIENCE);
            let failures = std::fs::read_to_string(&log).unwrap_or_default().lines().count();
            plan.note(format!("round {round}: {fault:?}: {failures} failures, {end:?}"));
            hit += u64::from(failures > 0);
            let coordinator = cluster.coordinator.take().unwrap();
            match end {
                Some(ProcessEnd::DONE) => {
                    survived += u64::from(failures > 0);
                    cluster.assert_outcome(&expected, &format!("round {round}, during {fault:?}"));
                }
                // A broken disk is named as such; and short writes are no error at all.
                Some(ProcessEnd::STATE_NOT_WRITABLE) if failures > 0 && trouble != Trouble::ShortWrites => {}
                // Told at the end, so that the restart is looked at too.
                other => {
                    wrong.push(format!("round {round}: {fault:?}: {other:?}\n{}", coordinator.process.tail()))
                }
            }
        }
        assert_eq!(cluster.to_the_end(PATIENCE, |_| false), ProcessEnd::DONE);
        cluster.assert_outcome(&expected, &format!("round {round}, on a disk that works again"));
    }
    println!("{hit} attempts were hit, {survived} of them survived");
    assert!(wrong.is_empty(), "{} attempts ended wrongly:\n{}", wrong.len(), wrong.join("\n"));
    assert!(hit > 0, "no plan hit anything");
}

/// The layer itself, on the program without a coordinator.
#[test]
fn a_disk_that_fails_costs_a_local_run_and_no_byte() {
    let mut plan = Plan::new("a_disk_that_fails_costs_a_local_run_and_no_byte");
    let scratch = Scratch::with_walk(1500);
    let file = jobs::write(scratch.path(), &Job::small(1).manifest());
    let expected = Outcome::undisturbed(&scratch, &file);
    let (mut hit, mut failed) = (0, 0);
    for round in 0..count(12, 400) {
        let results = scratch.folder(&format!("results-{round}"));
        let trouble = Trouble::DISKS[round as usize % Trouble::DISKS.len()];
        let fault = Fault::draw(trouble, CALLS, plan.random());
        let log = scratch.path().join(format!("faults-{round}"));
        let run = |fault: Option<&Fault>| {
            let mut command = program::galapagos();
            command.arg("run").arg(&file).arg("--data-dir").arg(scratch.data());
            command.arg("--results-dir").arg(&results);
            if let Some(fault) = fault {
                fault.load(&mut command, &results, &log);
            }
            let mut process = Process::start("galapagos run", command, &scratch.path().join("run.log"));
            process.wait(Duration::from_secs(60))
        };
        let end = run(Some(&fault));
        let failures = std::fs::read_to_string(&log).unwrap_or_default().lines().count();
        plan.note(format!("round {round}: {fault:?}: {failures} failures, {end:?}"));
        hit += u64::from(failures > 0);
        if end == ProcessEnd::DONE {
            Outcome::read(&results).unwrap().assert_same(&expected, &format!("round {round}"));
        } else {
            failed += 1;
            assert!(matches!(end, ProcessEnd::Code(_)) && failures > 0, "round {round}: {fault:?}: {end:?}");
            assert_ne!(trouble, Trouble::ShortWrites, "round {round}: {fault:?}: {end:?}");
        }
        assert_eq!(run(None), ProcessEnd::DONE, "round {round}: {fault:?}");
        Outcome::read(&results).unwrap().assert_same(&expected, &format!("round {round}, repeated"));
    }
    println!("{hit} runs were hit, {failed} of them failed");
    assert!(hit > 0 && failed > 0, "no plan hit anything");
}
