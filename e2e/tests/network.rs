//! Slow, silent and broken networks between workers and coordinator.

#![allow(clippy::unwrap_used, reason = "a failed unwrap fails the test")]

use std::time::{Duration, Instant};

use galapagos_e2e::chaos::{Plan, count};
use galapagos_e2e::cluster::{Cluster, PATIENCE};
use galapagos_e2e::jobs::{self, Job};
use galapagos_e2e::outcome::Outcome;
use galapagos_e2e::process::ProcessEnd;
use galapagos_e2e::proxy::{Network, Proxy};
use galapagos_e2e::random::Random;
use galapagos_e2e::scratch::Scratch;

/// Within this the work of a silent worker is given to others.
const REQUEUED: Duration = Duration::from_secs(15);

/// A network for a while.
fn trouble(random: &mut Random) -> (Network, Duration) {
    let milliseconds = |random: &mut Random, most| Duration::from_millis(1 + random.below(most));
    let fine = Network::FINE;
    let network = match random.below(8) {
        0 => Network::SILENT,
        1 => Network { silent_up: true, ..fine },
        2 => Network { silent_down: true, ..fine },
        3 => Network { refuse: true, ..fine },
        4 => Network { cut_after: Some(random.below(30_000)), ..fine },
        5 => Network { delay: milliseconds(random, 60), jitter: milliseconds(random, 60), ..fine },
        6 => Network { loss: (0.1, milliseconds(random, 400)), ..fine },
        _ => fine,
    };
    // Longer than keep-alive allows, sometimes.
    let most = if random.chance(0.15) { 14_000 } else { 2_500 };
    (network, milliseconds(random, most))
}

#[test]
fn a_network_that_breaks_in_every_way_changes_no_byte() {
    let mut plan = Plan::new("a_network_that_breaks_in_every_way_changes_no_byte");
    let scratch = Scratch::with_walk(6000);
    for round in 0..count(1, 25) {
        let file = jobs::write(scratch.path(), &Job::busy(round).manifest());
        let own = Scratch::new();
        galapagos_e2e::scratch::copy(&scratch.data(), &own.data());
        let expected = Outcome::undisturbed(&own, &file);
        let mut cluster = Cluster::new(&own, "cluster", &file, plan.seed());
        cluster.start_workers(3);
        cluster.start_coordinator();
        let mut troubles = 0;
        let end = loop {
            let (network, time) = trouble(plan.random());
            let network = if troubles < 10 { network } else { Network::FINE };
            let reset = plan.random().chance(0.3);
            plan.note(format!("round {round}: {network:?} for {time:?}, resets {reset}"));
            cluster.proxy.set(network);
            if reset {
                cluster.proxy.reset_all();
            }
            let time = if troubles < 10 { time } else { PATIENCE };
            if let Some(end) = cluster.run_for(time) {
                break end;
            }
            assert!(time < PATIENCE, "no end on a network that is fine again");
            troubles += 1;
        };
        assert_eq!(end, ProcessEnd::DONE);
        cluster.assert_outcome(&expected, &format!("round {round}"));
    }
}

// Contract W6.
#[test]
fn the_work_of_a_worker_that_falls_silent_is_done_by_others_within_fifteen_seconds() {
    let scratch = Scratch::with_walk(6000);
    let file = jobs::write(scratch.path(), &Job::busy(1).manifest());
    let expected = Outcome::undisturbed(&scratch, &file);
    let mut cluster = Cluster::new(&scratch, "cluster", &file, 1);
    cluster.start_coordinator();
    let addresses = cluster.connect().unwrap();
    cluster.start_workers(1);
    let silent = Proxy::start(2);
    silent.set_target(addresses.work);
    cluster.start_worker_at(silent.address());
    cluster.run_to_generation(2);
    silent.set(Network::SILENT);
    // A generation that began may be finished without the silent worker; the next one needs its leases back.
    let (begun, generation) = (Instant::now(), cluster.checkpoint());
    cluster.run_to_generation(generation + 2);
    let waited = begun.elapsed();
    assert!(waited < REQUEUED + Duration::from_secs(5), "two generations took {waited:?}");
    assert_eq!(cluster.to_the_end(PATIENCE, |_| false), ProcessEnd::DONE);
    cluster.assert_outcome(&expected, "one worker silent for good");
}
