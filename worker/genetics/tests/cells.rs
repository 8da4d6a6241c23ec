//! The best of each cell of behaviour: kept over all generations, bred from, and part of a saved state.

#![allow(clippy::unwrap_used, reason = "a helper that fails is a failed test")]

mod common;

use common::{config, integer, species, step};
use galapagos_genetics::{Class, Config, Evolution, Outcome, Space, Species, State};
use std::collections::BTreeMap;

/// Two genes of 0..=99. Good is a high first gene alone, so that without cells the second loses its variety.
fn two_genes() -> Vec<Species> {
    let space = || Space::new(vec![integer("good", 0, 99), integer("kind", 0, 99)], vec![]).unwrap();
    vec![species("one", space()), species("two", space())]
}

/// The cell is the tenth of the second gene; the middle ones are in none, and every eleventh is not feasible.
fn outcome(_: usize, genome: &[u32]) -> Outcome {
    let cell = (!(40..50).contains(&genome[1])).then_some((genome[1] / 10) as u16);
    let cost = f64::from(99 - genome[0]);
    match genome[0] % 11 {
        0 => Outcome::infeasible(cost, 1.0).in_cell(cell),
        _ => Outcome::feasible(cost).in_cell(cell),
    }
}

fn run(share: Option<f64>) -> Evolution {
    Evolution::new(Config { cells: share, ..config(5, 60) }, two_genes()).unwrap()
}

// Contract G14.
#[test]
fn each_cell_has_the_best_feasible_individual_that_was_ever_in_it() {
    let mut run = run(Some(0.3));
    let mut best: BTreeMap<u16, (f64, usize, Vec<u32>)> = BTreeMap::new();
    for _ in 0..12 {
        let (generation, _) = step(&mut run, outcome);
        for c in generation.candidates.iter() {
            let o = outcome(c.species, &c.genome);
            let (Class::Feasible, Some(cell)) = (o.class, o.cell) else { continue };
            let found = (o.fitness, c.species, c.genome.to_vec());
            let held = best.entry(cell).or_insert_with(|| found.clone());
            if (found.0, found.1, &found.2) < (held.0, held.1, &held.2) {
                *held = found;
            }
        }
        let shown: Vec<_> = run
            .cells()
            .iter()
            .map(|(c, s)| (*c, (s.outcome.fitness, s.species, s.genome.to_vec())))
            .collect();
        assert_eq!(shown, best.clone().into_iter().collect::<Vec<_>>());
    }
    assert_eq!(
        best.keys().copied().collect::<Vec<_>>(),
        [0, 1, 2, 3, 5, 6, 7, 8, 9],
        "the case has no point"
    );
}

#[test]
fn parents_from_cells_improve_kinds_that_survivors_leave_behind() {
    // A kind with a higher number is better whatever else, so survivors are soon of the last; each has its own best values.
    let behind = |_: usize, genome: &[u32]| {
        let cell = genome[0] / 10;
        let far = |&k: &u32| f64::from(k.abs_diff(10 * cell));
        (cell as u16, genome[1..].iter().map(far).sum::<f64>())
    };
    let outcome = |species: usize, genome: &[u32]| {
        let (cell, behind) = behind(species, genome);
        Outcome::feasible(behind + 1000.0 * f64::from(9 - cell)).in_cell(Some(cell))
    };
    let sum = |share: f64, seed: u64| {
        let genes = ["kind", "a", "b", "c", "d"].map(|name| integer(name, 0, 99)).to_vec();
        let all = vec![species("one", Space::new(genes, vec![]).unwrap())];
        let config = Config { cells: Some(share), ..config(seed, 60) };
        let mut run = Evolution::new(config, all).unwrap();
        (0..30).for_each(|_| drop(step(&mut run, outcome)));
        assert_eq!(run.cells().len(), 10);
        run.cells().iter().map(|(_, s)| behind(0, s.genome).1).sum::<f64>()
    };
    for seed in 0..5 {
        let (without, with) = (sum(0.0, seed), sum(0.5, seed));
        assert!(with < 0.7 * without, "seed {seed}: {with} with, {without} without parents from cells");
    }
}

// Contract G14, C5.
#[test]
fn a_run_with_cells_goes_on_from_its_saved_state_as_if_undisturbed() {
    let config = || Config { cells: Some(0.4), ..config(5, 60) };
    let mut first = run(Some(0.4));
    let mut seen = Vec::new();
    for _ in 0..4 {
        let (generation, _) = step(&mut first, outcome);
        seen.extend(generation.candidates.iter().map(|c| (c.species, c.genome.clone())));
    }
    let bytes = first.state().to_bytes();
    let state = State::from_bytes(&bytes).unwrap();
    assert_eq!(state.to_bytes(), bytes);
    let mut again = Evolution::resume(config(), two_genes(), &state).unwrap();
    again.seed_seen(seen).unwrap();
    for _ in 0..4 {
        assert_eq!(step(&mut again, outcome), step(&mut first, outcome));
        assert_eq!(again.cells(), first.cells());
    }
    assert_eq!(again.state().to_bytes(), first.state().to_bytes());
    for other in [None, Some(0.5)] {
        assert!(Evolution::resume(Config { cells: other, ..config() }, two_genes(), &state).is_err());
    }
    // Every cut of it is refused.
    assert!((0..bytes.len()).all(|n| State::from_bytes(&bytes[..n]).is_err()));
}

#[test]
fn cells_without_a_share_of_children_change_no_candidate() {
    let (mut with, mut without) = (run(Some(0.0)), run(None));
    for _ in 0..6 {
        assert_eq!(step(&mut with, outcome), step(&mut without, outcome));
    }
    assert!(without.cells().is_empty() && !with.cells().is_empty());
}
