//! `kill -9` of the coordinator at any instant, then the next attempt.

use std::time::{Duration, Instant};

use galapagos_e2e::chaos::{Plan, count};
use galapagos_e2e::cluster::{Cluster, PATIENCE};
use galapagos_e2e::jobs::{self, Job};
use galapagos_e2e::outcome::Outcome;
use galapagos_e2e::process::End;
use galapagos_e2e::scratch::Scratch;
use galapagos_e2e::watcher::Watcher;

/// After so many kills in a row an attempt is left alone: a job that is always killed at its start would never end.
const IN_A_ROW: u32 = 6;

#[test]
fn killed_coordinators_redo_at_most_one_generation_and_change_no_byte() {
    let mut plan = Plan::new("killed_coordinators_redo_at_most_one_generation_and_change_no_byte");
    let wanted = count(25, 1000);
    let scratch = Scratch::with_walk(1500);
    let (mut kills, mut jobs_ended) = (0, 0);
    while kills < wanted {
        let job = Job::small(jobs_ended);
        let file = jobs::write(scratch.path(), &job.manifest());
        let undisturbed = Scratch::new();
        galapagos_e2e::scratch::copy(&scratch.data(), &undisturbed.data());
        let expected = Outcome::undisturbed(&undisturbed, &file);

        let mut cluster = Cluster::new(&scratch, &format!("job-{jobs_ended}"), &file, plan.seed());
        cluster.start_workers(2);
        let mut in_a_row = 0;
        let mut whole = Duration::from_millis(1500);
        loop {
            let before = cluster.checkpoint();
            let begun = Instant::now();
            cluster.start_coordinator();
            let life = plan.random().instant(whole);
            let life = if in_a_row < IN_A_ROW && kills < wanted { life } else { PATIENCE };
            let (end, watcher) = watched(&mut cluster, life, &job);
            assert_starts_where_it_was(watcher.as_ref(), before);
            assert!(cluster.checkpoint() >= before, "checkpoints are never lost");
            if let Some(end) = end {
                plan.note(format!("job {jobs_ended}: ended with {end:?} after {:?}", begun.elapsed()));
                assert_eq!(end, End::DONE);
                whole = whole.max(begun.elapsed());
                break;
            }
            assert!(life < PATIENCE, "the job does not end");
            cluster.coordinator.take().unwrap().process.kill();
            plan.note(format!(
                "job {jobs_ended}: killed after {life:?}, checkpoint {}",
                cluster.checkpoint()
            ));
            (kills, in_a_row) = (kills + 1, in_a_row + 1);
            if in_a_row == IN_A_ROW + 1 {
                in_a_row = 0;
            }
        }
        cluster.assert_outcome(&expected, &format!("job {jobs_ended} after {kills} kills"));
        jobs_ended += 1;
    }
    println!("{kills} kills, {jobs_ended} jobs ended");
}

/// Lets the coordinator live for a while; whoever could watch it did.
fn watched(cluster: &mut Cluster, life: Duration, job: &Job) -> (Option<End>, Option<Watcher>) {
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

/// The first thing a new attempt says of its work is not older than the last checkpoint.
fn assert_starts_where_it_was(watcher: Option<&Watcher>, checkpoint: u64) {
    let reports = watcher.map(Watcher::reports).unwrap_or_default();
    let mut last = checkpoint;
    for report in reports.iter().filter(|report| report.provenance.is_some() && report.message.is_empty()) {
        let generation = u64::from(report.generation);
        assert!(generation >= last, "generation {generation} after {last} (checkpoint {checkpoint})");
        last = generation;
    }
}
