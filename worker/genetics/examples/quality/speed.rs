//! What asking and telling a large generation costs, in processor time of one core, beside what is promised.

#![allow(clippy::disallowed_types, reason = "a measurement reads the clock, and nothing depends on it")]

use std::time::Instant;

use galapagos_genetics::{Choice, Config, Evolution, Goal, Outcome, Searcher, Several, Space};

use crate::common;

/// What is measured, searcher, candidates, objectives, and the goal in seconds.
const CASES: &[(&str, Searcher, u32, usize, f64)] = &[
    ("`Evolution`, two objectives (NSGA-II)", Searcher::Evolution, 100_000, 2, 1.0),
    ("`TPE`", Searcher::Tpe, 1_000, 1, 0.5),
    ("`CMAES`", Searcher::Cmaes, 100_000, 1, 1.5),
];

/// Seconds that this thread has run, where the system tells them, else since `start`.
fn spent(start: Instant) -> f64 {
    let told = std::fs::read_to_string("/proc/thread-self/schedstat").ok();
    let nanoseconds = told.and_then(|text| text.split(' ').next()?.parse::<f64>().ok());
    nanoseconds.map_or_else(|| start.elapsed().as_secs_f64(), |n| n / 1e9)
}

/// A line for each: what, candidates, seconds of the fastest of five generations, the goal.
pub fn print() {
    let start = Instant::now();
    for &(what, searcher, population, objectives, goal) in CASES {
        let genes = (0..40).map(|i| common::integer(&format!("x{i}"), 0, 1_000)).collect();
        let species = common::species("speed", Space::new(genes, vec![]).unwrap());
        let several = Several { further: vec![Goal::Minimise], reference: None, choice: Choice::Knee };
        let several = (objectives == 2).then_some(several);
        let mut run =
            Evolution::new(Config { searcher, several, ..common::config(1, population) }, vec![species])
                .unwrap();
        let value = |genome: &[u32], of: u32| genome.iter().map(|&k| f64::from(k % of)).sum::<f64>();
        let evaluate = |_: usize, genome: &[u32]| {
            Outcome::feasible(value(genome, 17)).with_further([value(genome, 23), 0.0, 0.0])
        };
        common::step(&mut run, evaluate);
        let seconds = (0..5).map(|_| {
            let before = spent(start);
            common::step(&mut run, evaluate);
            spent(start) - before
        });
        let fastest = seconds.min_by(f64::total_cmp).unwrap();
        println!("{what}\t{population}\t{fastest:.3}\t{goal}");
    }
}
