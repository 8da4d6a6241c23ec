//! The same job on any number of processes, started by `galapagos run --workers` or one by one: the same result, to the
//! byte, as in one process.

use galapagos_e2e::cluster::{Cluster, PATIENCE};
use galapagos_e2e::jobs;
use galapagos_e2e::outcome::Outcome;
use galapagos_e2e::process::ProcessEnd;
use galapagos_e2e::scratch::Scratch;

/// A sample manifest on one, two and four workers, compared with `galapagos run`.
fn sample_is_the_same_on_any_number_of_workers(name: &str) {
    let scratch = Scratch::with_stocks();
    let job = jobs::write(scratch.path(), &jobs::sample(name, 3));
    let expected = Outcome::undisturbed(&scratch, &job);
    assert!(expected.digest.starts_with("blake3:"), "{}", expected.digest);
    let own = Outcome::of_command(&scratch, &job, "own-workers", &["--workers", "2"]);
    own.assert_same(&expected, &format!("{name}, galapagos run --workers 2"));
    for workers in [1, 2, 4] {
        let mut cluster = Cluster::new(&scratch, &format!("{workers}-workers"), &job, 1);
        cluster.start_workers(workers);
        assert_eq!(cluster.to_the_end(PATIENCE, |_| false), ProcessEnd::DONE);
        cluster.assert_outcome(&expected, &format!("{name}, {workers} workers"));
    }
}

#[test]
fn daily_stocks_are_the_same_on_any_number_of_workers() {
    sample_is_the_same_on_any_number_of_workers("stocks-daily.yaml");
}

#[test]
fn several_symbols_are_the_same_on_any_number_of_workers() {
    sample_is_the_same_on_any_number_of_workers("several-symbols.yaml");
}

#[test]
fn all_strategies_are_the_same_on_any_number_of_workers() {
    sample_is_the_same_on_any_number_of_workers("all-strategies.yaml");
}
