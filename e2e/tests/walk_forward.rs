//! The windows of walk-forward on workers: the same bytes as in one process, whatever is killed on the way.

#![allow(clippy::unwrap_used, reason = "a failed unwrap fails the test")]

use std::path::PathBuf;
use std::time::{Duration, Instant};

use galapagos_e2e::chaos::{Plan, count};
use galapagos_e2e::cluster::{Cluster, PATIENCE};
use galapagos_e2e::jobs::{self, Job};
use galapagos_e2e::outcome::Outcome;
use galapagos_e2e::process::ProcessEnd;
use galapagos_e2e::relay::{Mischief, Relay};
use galapagos_e2e::scratch::Scratch;
use galapagos_e2e::watcher::Watcher;

const WINDOWS: u32 = 3;

fn manifest(job: &Job) -> String {
    format!("{}  validation: {{walkForward: {{windows: {WINDOWS}}}}}\n", job.manifest())
}

/// A job with windows, and what must come out of it.
fn case(job: &Job) -> (Scratch, PathBuf, Outcome) {
    let scratch = Scratch::with_walk(3000);
    let file = jobs::write(scratch.path(), &manifest(job));
    let expected = Outcome::undisturbed(&scratch, &file);
    let windows = expected.windows.0["windows"].as_array().expect("it has windows");
    assert_eq!(windows.len(), WINDOWS as usize);
    (scratch, file, expected)
}

#[test]
fn windows_come_out_the_same_on_workers_and_their_progress_is_told() {
    // Its windows take longer than the coordinator lets pass between two reports.
    let job = Job { generations: 200, ..Job::small(3) };
    let (scratch, file, expected) = case(&job);
    let mut cluster = Cluster::new(&scratch, "two", &file, 1);
    cluster.start_workers(2);
    cluster.start_coordinator();
    let progress = cluster.connect().unwrap().progress;
    let watcher = Watcher::start(progress, &cluster.certificates.operator(), job.generations);
    assert_eq!(cluster.run_for(PATIENCE), Some(ProcessEnd::DONE));
    cluster.assert_outcome(&expected, "two workers");
    let reports = watcher.reports();
    let told: Vec<_> = reports.iter().filter_map(|report| report.walk_forward).collect();
    let last = told.last().expect("windows were told of");
    assert_eq!((last.done, last.windows), (WINDOWS, WINDOWS));
    assert_eq!((last.generation, last.generations), (job.generations, job.generations));
    assert!(told.windows(2).all(|pair| pair[0].done <= pair[1].done), "{told:?}");
    // What workers are planned by: the windows are work still to be done, and then they are evaluated side by side.
    let remaining = reports[0].work.unwrap().remaining;
    assert!(remaining > u64::from(job.generations * job.population), "{remaining}");
    let widths = reports.iter().filter(|r| r.walk_forward.is_some()).map(|r| r.work.unwrap().width);
    assert!(widths.max().unwrap() > job.population, "{told:?}");
    let cost = |report: &galapagos_protocol::progress::Report| report.workers.unwrap().worker_seconds;
    let before = reports.iter().rev().find(|report| report.walk_forward.is_none()).map(cost).unwrap();
    assert!(reports.last().map(cost).unwrap() > before, "windows cost too");
}

#[test]
fn windows_whose_coordinator_and_workers_are_killed_at_any_instant_change_no_byte() {
    let mut plan =
        Plan::new("windows_whose_coordinator_and_workers_are_killed_at_any_instant_change_no_byte");
    let (scratch, file, expected) = case(&Job::small(4));
    let mut alone = Cluster::new(&scratch, "alone", &file, plan.seed());
    alone.start_workers(2);
    let begun = Instant::now();
    assert_eq!(alone.to_the_end(PATIENCE, |_| false), ProcessEnd::DONE);
    let whole = begun.elapsed();
    for round in 0..count(2, 60) {
        let mut cluster = Cluster::new(&scratch, &format!("round-{round}"), &file, plan.seed());
        cluster.start_workers(2);
        let mut ended = false;
        for _ in 0..6 {
            cluster.start_coordinator();
            cluster.connect();
            let (first, second) = (plan.random().instant(whole / 2), plan.random().instant(whole / 2));
            ended = cluster.run_for(first).is_some();
            if ended {
                break;
            }
            let worker = plan.random().below(2) as usize;
            cluster.workers[worker].0.kill();
            plan.note(format!("round {round}: worker {worker} killed after {first:?}"));
            ended = cluster.run_for(second).is_some();
            if ended {
                break;
            }
            cluster.coordinator.take().unwrap().process.kill();
            plan.note(format!("round {round}: coordinator killed {second:?} later"));
        }
        if !ended {
            cluster.coordinator = None;
            assert_eq!(cluster.to_the_end(PATIENCE, |_| false), ProcessEnd::DONE);
        }
        cluster.assert_outcome(&expected, &format!("round {round}"));
        std::fs::remove_dir_all(cluster.folder()).unwrap();
    }
}

#[test]
fn a_worker_that_knows_no_windows_evaluates_nothing_of_such_a_job() {
    let mut plan = Plan::new("a_worker_that_knows_no_windows_evaluates_nothing_of_such_a_job");
    let (scratch, file, expected) = case(&Job::small(5));
    let mut cluster = Cluster::new(&scratch, "cluster", &file, plan.seed());
    let certificates = &cluster.certificates;
    let relay = Relay::start(plan.seed(), &certificates.coordinator(), &certificates.worker());
    relay.set(Mischief::ForgetWindows);
    cluster.start_worker_at(relay.address());
    cluster.start_coordinator();
    relay.set_target(cluster.connect().unwrap().work);
    let begun = Instant::now();
    while relay.done() == 0 {
        assert_eq!(cluster.run_for(Duration::from_millis(50)), None);
        assert!(begun.elapsed() < PATIENCE, "no worker came");
    }
    assert_eq!(cluster.run_for(Duration::from_millis(500)), None);
    assert_eq!(cluster.checkpoint(), 0);
    relay.set(Mischief::None);
    assert_eq!(cluster.run_for(PATIENCE), Some(ProcessEnd::DONE));
    cluster.assert_outcome(&expected, "workers of this release");
}

#[test]
fn windows_with_too_few_rows_end_the_job_with_their_reason_before_any_worker_is_needed() {
    let scratch = Scratch::with_walk(1000);
    let job = format!("{}  validation: {{walkForward: {{windows: 50}}}}\n", Job::small(1).manifest());
    let file = jobs::write(scratch.path(), &job);
    let mut cluster = Cluster::new(&scratch, "short", &file, 1);
    cluster.start_coordinator();
    let end = cluster.run_for(PATIENCE).unwrap();
    assert!(end.is_permanent(), "{end:?}");
    let message = cluster.coordinator.as_ref().unwrap().message();
    assert!(message.contains("WindowTooShort"), "{message}");
}
