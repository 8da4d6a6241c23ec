//! `kill -9` of the coordinator at any instant, then the next attempt.

#![allow(clippy::unwrap_used, reason = "a failed unwrap fails the test")]

use std::path::PathBuf;
use std::time::{Duration, Instant};

use galapagos_e2e::chaos::{Plan, count};
use galapagos_e2e::cluster::{Cluster, PATIENCE};
use galapagos_e2e::jobs::Job;
use galapagos_e2e::outcome::Outcome;
use galapagos_e2e::process::ProcessEnd;
use galapagos_e2e::scratch::Scratch;
use galapagos_e2e::watcher::Watcher;

/// After so many kills in a row an attempt is left alone: a job that is always killed at its start would never end.
const IN_A_ROW: u32 = 6;

/// Jobs that differ only in their seed take turns.
const JOBS: u64 = 4;

#[test]
fn killed_coordinators_redo_at_most_one_generation_and_change_no_byte() {
    let mut plan = Plan::new("killed_coordinators_redo_at_most_one_generation_and_change_no_byte");
    let wanted = count(25, 1000);
    let scratch = Scratch::with_walk(1500);
    let jobs: Vec<(Job, PathBuf, Outcome)> = (0..JOBS).map(|seed| undisturbed(&scratch, seed)).collect();
    let mut whole = Duration::ZERO;
    let (mut kills, mut ended, mut seen) = (0, 0, 0);
    while kills < wanted {
        let (job, file, expected) = &jobs[ended % jobs.len()];
        let mut cluster = Cluster::new(&scratch, &format!("job-{ended}"), file, plan.seed());
        cluster.start_workers(2);
        let mut in_a_row = 0;
        loop {
            let before = cluster.checkpoint();
            let begun = Instant::now();
            cluster.start_coordinator();
            // The first job of all only tells how long one takes.
            let alone = in_a_row == IN_A_ROW || whole.is_zero();
            let life = if alone { PATIENCE } else { plan.random().instant(whole) };
            let (end, watcher) = watched(&mut cluster, life, job);
            seen += assert_starts_where_it_was(watcher.as_ref(), before);
            assert!(cluster.checkpoint() >= before, "checkpoints are never lost");
            if let Some(end) = end {
                plan.note(format!("job {ended}: ended with {end:?} after {:?}", begun.elapsed()));
                assert_eq!(end, ProcessEnd::DONE);
                whole = whole.max(begun.elapsed());
                break;
            }
            assert!(!alone, "the job does not end");
            cluster.coordinator.take().unwrap().process.kill();
            plan.note(format!("job {ended}: killed after {life:?}, checkpoint {}", cluster.checkpoint()));
            (kills, in_a_row) = (kills + 1, in_a_row + 1);
        }
        cluster.assert_outcome(expected, &format!("job {ended} after {kills} kills"));
        std::fs::remove_dir_all(cluster.folder()).unwrap();
        ended += 1;
    }
    println!("{kills} kills, {ended} jobs ended, {seen} reports looked at");
    assert!(seen > 0, "nobody could watch");
}

/// A job, its file and what must come out of it.
fn undisturbed(scratch: &Scratch, seed: u64) -> (Job, PathBuf, Outcome) {
    let job = Job { generations: 30, ..Job::small(seed) };
    let file = scratch.write(&format!("job-{seed}.yaml"), &job.manifest());
    let own = Scratch::new();
    galapagos_e2e::scratch::copy(&scratch.data(), &own.data());
    let expected = Outcome::undisturbed(&own, &file);
    (job, file, expected)
}

/// Lets the coordinator live for a while; whoever could watch it did.
fn watched(cluster: &mut Cluster, life: Duration, job: &Job) -> (Option<ProcessEnd>, Option<Watcher>) {
    let begun = Instant::now();
    let mut watcher = None;
    loop {
        let step = life.saturating_sub(begun.elapsed()).min(Duration::from_millis(20));
        let end = cluster.run_for(step);
        let addresses = cluster.coordinator.as_ref().and_then(|c| c.addresses());
        if let (None, None, Some(addresses)) = (&end, &watcher, addresses) {
            let certificates = cluster.certificates.operator();
            watcher = Some(Watcher::start(addresses.progress, &certificates, job.generations));
        }
        if end.is_some() || begun.elapsed() >= life {
            return (end, watcher);
        }
    }
}

/// The first thing a new attempt says of its work is not older than the last checkpoint. How many reports there were.
fn assert_starts_where_it_was(watcher: Option<&Watcher>, checkpoint: u64) -> usize {
    let reports = watcher.map(Watcher::reports).unwrap_or_default();
    let mut last = checkpoint;
    for report in reports.iter().filter(|report| report.provenance.is_some() && report.message.is_empty()) {
        let generation = u64::from(report.generation);
        assert!(generation >= last, "generation {generation} after {last} (checkpoint {checkpoint})");
        last = generation;
    }
    reports.len()
}
