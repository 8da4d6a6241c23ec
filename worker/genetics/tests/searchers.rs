//! What each searcher promises: better than uniform draws where there is something to learn, the same run after a restart, also
//! with several objectives.

#![allow(clippy::unwrap_used, reason = "a helper that fails is a failed test")]

mod common;

use common::functions::{Function, minimise};
use common::{category, config, integer, landscape, real, species, step};
use galapagos_genetics::*;

const SEEDS: std::ops::Range<u64> = 7_100..7_111;

/// The best values over fresh seeds, lowest first.
fn reached(searcher: Searcher, find: impl Fn(Config) -> f64, population: u32) -> Vec<f64> {
    let of = |seed| find(Config { searcher, ..config(seed, population) });
    let mut best: Vec<f64> = SEEDS.map(of).collect();
    best.sort_by(f64::total_cmp);
    best
}

/// Nine of eleven seeds are better than the best of Random's.
fn beats_random(searcher: Searcher, find: impl Fn(Config) -> f64 + Copy, population: u32) {
    let (own, random) = (reached(searcher, find, population), reached(Searcher::Random, find, population));
    assert!(own[8] < random[0], "{searcher:?}: {own:?}, random: {random:?}");
}

/// Branin's function of two genes of 1,501 values, above its minimum.
fn branin(config: Config, generations: u32) -> f64 {
    let genes = vec![real("x", "-5", "10", "0.01"), real("y", "0", "15", "0.01")];
    let space = Space::new(genes, vec![]).unwrap();
    let value = |_: usize, genome: &[u32]| {
        let [x, y] = [f64::from(genome[0]) * 0.01 - 5.0, f64::from(genome[1]) * 0.01];
        let pi = std::f64::consts::PI;
        let a = y - 5.1 / (4.0 * pi * pi) * x * x + 5.0 / pi * x - 6.0;
        let b = 10.0 * (1.0 - 1.0 / (8.0 * pi)) * libm::cos(x) + 10.0;
        Outcome::feasible(a * a + b - 0.397_887_357_729_738)
    };
    let mut run = Evolution::new(config, vec![species("branin", space)]).unwrap();
    (0..generations).for_each(|_| drop(step(&mut run, value)));
    run.best().unwrap().outcome.fitness
}

// Contract G13.
#[test]
fn those_that_learn_beat_random_on_the_sphere() {
    for searcher in [Searcher::Tpe, Searcher::Cmaes] {
        beats_random(searcher, |config| minimise(Function::Sphere, config, 20), 50);
    }
}

#[test]
fn those_that_learn_beat_random_on_rastrigin() {
    for searcher in [Searcher::Tpe, Searcher::Cmaes] {
        beats_random(searcher, |config| minimise(Function::Rastrigin, config, 60), 50);
    }
}

#[test]
fn cmaes_finds_a_minimum_of_branin() {
    let best = reached(Searcher::Cmaes, |config| branin(config, 20), 20);
    assert!(best[8] < 0.01, "{best:?}");
    beats_random(Searcher::Cmaes, |config| branin(config, 20), 20);
}

/// Of two genes uniform draws are hard to beat: medians.
#[test]
fn tpe_is_better_than_random_on_branin_in_the_median() {
    let [tpe, random] =
        [Searcher::Tpe, Searcher::Random].map(|searcher| reached(searcher, |config| branin(config, 20), 20));
    assert!(tpe[5] < random[5], "{tpe:?}, random: {random:?}");
}

/// The first 256 points have one in each of 16 by 16 cells, whatever the seed.
#[test]
fn sobol_leaves_no_cell_empty() {
    let gap = |config: Config| {
        let space = Space::new(vec![integer("x", 0, 9_999), integer("y", 0, 9_999)], vec![]).unwrap();
        let mut run = Evolution::new(config, vec![species("plane", space)]).unwrap();
        let (generation, _) = step(&mut run, landscape);
        // Cells without a point.
        let mut cells = [false; 256];
        generation
            .candidates
            .iter()
            .for_each(|c| cells[(c.genome[0] / 625 * 16 + c.genome[1] / 625) as usize] = true);
        cells.iter().filter(|full| !**full).count() as f64
    };
    let (sobol, random) = (reached(Searcher::Sobol, gap, 256), reached(Searcher::Random, gap, 256));
    assert_eq!(sobol, [0.0; 11], "each cell has its point");
    assert!(random[0] > 50.0, "{random:?}");
}

#[test]
fn categories_are_learned() {
    let find = |config: Config| {
        let genes = (0..12).map(|i| category(&format!("c{i}"), 6)).collect();
        let space = Space::new(genes, vec![]).unwrap();
        let wrong = |_: usize, genome: &[u32]| {
            let wrong = genome.iter().enumerate().filter(|(i, k)| **k != (i % 6) as u32).count();
            Outcome::feasible(wrong as f64)
        };
        let mut run = Evolution::new(config, vec![species("names", space)]).unwrap();
        (0..30).for_each(|_| drop(step(&mut run, wrong)));
        run.best().unwrap().outcome.fitness
    };
    for searcher in [Searcher::Tpe, Searcher::Cmaes] {
        beats_random(searcher, find, 40);
        let best = reached(searcher, find, 40);
        assert!(best[8] <= 1.0, "{searcher:?}: {best:?}");
    }
}

// Contract C5.
#[test]
fn with_several_objectives_too_a_run_goes_on_from_its_state_as_if_undisturbed() {
    let outcome = |s: usize, genome: &[u32]| {
        let first = landscape(s, genome);
        let second = genome.iter().map(|&k| (f64::from(k) - 9.0).abs()).sum::<f64>();
        if first.class == Class::Failed { first } else { first.with_further([second, 0.0, 0.0]) }
    };
    for searcher in [Searcher::Sobol, Searcher::Tpe, Searcher::Cmaes] {
        let several = Several { further: vec![Goal::Minimise], reference: None, choice: Choice::Knee };
        let config = Config { searcher, several: Some(several), ..config(5, 40) };
        let all =
            || vec![species("one", common::crossover_space()), species("two", common::oscillator_space())];
        let mut run = Evolution::new(config.clone(), all()).unwrap();
        let mut seen: Vec<(usize, Genome)> = vec![];
        for _ in 0..12 {
            let state = State::from_bytes(&run.state().to_bytes()).unwrap();
            let mut again = Evolution::resume(config.clone(), all(), &state).unwrap();
            again.seed_seen(seen.iter().map(|(s, g)| (*s, g))).unwrap();
            let expected = step(&mut run, outcome);
            assert_eq!(step(&mut again, outcome), expected);
            assert_eq!(again.state().to_bytes(), run.state().to_bytes());
            seen.extend(expected.0.candidates.iter().map(|c| (c.species, c.genome.clone())));
        }
        let other = Config { searcher: Searcher::Evolution, ..config };
        assert!(Evolution::resume(other, all(), &run.state()).is_err());
    }
}
