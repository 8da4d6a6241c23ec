//! Half of the workers killed every second.

use std::time::Duration;

use galapagos_e2e::chaos::{Plan, count};
use galapagos_e2e::cluster::Cluster;
use galapagos_e2e::jobs::{self, Job};
use galapagos_e2e::outcome::Outcome;
use galapagos_e2e::process::ProcessEnd;
use galapagos_e2e::scratch::Scratch;

const WORKERS: usize = 4;
/// More than any run needs, even on a busy machine.
const LIMIT: Duration = Duration::from_secs(300);

#[test]
fn half_of_the_workers_killed_every_second_changes_no_byte() {
    let mut plan = Plan::new("half_of_the_workers_killed_every_second_changes_no_byte");
    let scratch = Scratch::with_walk(20_000);
    for round in 0..count(1, 20) {
        let job = Job { generations: 160, ..Job::busy(round) };
        let file = jobs::write(scratch.path(), &job.manifest());
        let own = Scratch::new();
        galapagos_e2e::scratch::copy(&scratch.data(), &own.data());
        let expected = Outcome::undisturbed(&own, &file);

        let mut cluster = Cluster::new(&own, "cluster", &file, plan.seed());
        cluster.start_coordinator();
        cluster.connect();
        cluster.start_workers(WORKERS);
        let mut kills = 0;
        let begun = std::time::Instant::now();
        let end = loop {
            if let Some(end) = cluster.run_for(Duration::from_secs(1)) {
                break end;
            }
            assert!(begun.elapsed() < LIMIT, "no end after {LIMIT:?}, {kills} kills");
            let first = plan.random().below(WORKERS as u64) as usize;
            for n in 0..WORKERS / 2 {
                let victim = (first + n) % WORKERS;
                cluster.workers[victim].0.kill();
                plan.note(format!("round {round}: killed worker at position {victim}"));
                kills += 1;
            }
            cluster.restart_workers();
        };
        assert_eq!(end, ProcessEnd::DONE);
        assert!(kills >= 4, "the job is too short for this test: {kills} kills");
        cluster.assert_outcome(&expected, &format!("round {round}, {kills} kills"));
    }
}
