//! Promises of the loop: what is asked, who survives, how species share the population.

mod common;

use std::collections::BTreeSet;

use common::*;
use galapagos_genetics::*;
use proptest::prelude::*;

fn two_species() -> Vec<Species> {
    vec![species("crossover", crossover_space()), species("oscillator", oscillator_space())]
}

fn variants() -> Vec<Config> {
    let mut ray = config(3, 60);
    ray.breeding.preset = Preset::Ray;
    let mut pbt = config(3, 60);
    pbt.breeding.preset = Preset::Pbt { resample: 0.25 };
    let differential = Breeding { sbx_share: 0.0, uniform_share: 0.0, ..Breeding::default() };
    vec![
        config(1, 60),
        ray,
        pbt,
        Config { searcher: Searcher::Random, ..config(4, 60) },
        Config { searcher: Searcher::Grid, ..config(5, 60) },
        Config { searcher: Searcher::Sobol, ..config(5, 60) },
        Config { searcher: Searcher::Tpe, ..config(5, 60) },
        Config { searcher: Searcher::Cmaes, ..config(5, 60) },
        Config { breeding: differential, goal: Goal::Maximise, ..config(6, 60) },
    ]
}

// Contract G5.
#[test]
fn every_candidate_is_canonical_and_new() {
    for config in variants() {
        let mut run = Evolution::new(config, two_species()).unwrap();
        let mut asked = BTreeSet::new();
        for _ in 0..30 {
            let (generation, _) = step(&mut run, landscape);
            for c in generation.candidates.iter() {
                let space = &run.species().nth(c.species).unwrap().space;
                assert_eq!(space.canonical(&c.genome).unwrap(), c.genome);
                assert!(!c.known && asked.insert((c.species, c.genome.clone())), "{c:?} is asked twice");
            }
        }
    }
}

// Contract G1.
#[test]
fn the_best_never_worsens_and_never_failed() {
    for config in variants() {
        let goal = config.goal;
        let mut run = Evolution::new(config, two_species()).unwrap();
        let mut before: Option<f64> = None;
        for _ in 0..30 {
            let (_, summary) = step(&mut run, landscape);
            let best = summary.best.unwrap();
            let worse = before.is_some_and(|b| if goal == Goal::Minimise { best > b } else { best < b });
            assert!(!worse);
            before = Some(best);
            assert_eq!(run.best().unwrap().outcome.class, Class::Feasible);
        }
    }
}

#[test]
fn the_population_is_shared_out_to_the_last_individual() {
    let mut run = Evolution::new(config(9, 101), two_species()).unwrap();
    assert_eq!(run.quotas(), [51, 50]);
    for _ in 0..40 {
        let (generation, _) = step(&mut run, |s, g| {
            // The second species is hopeless: it keeps its floor.
            Outcome::feasible(landscape(0, g).fitness + 1e6 * s as f64)
        });
        assert_eq!(generation.candidates.len(), 101);
        assert_eq!(run.quotas().iter().sum::<u32>(), 101);
    }
    // Targets are 89 and 12; rounding .8 of the quota and .2 of the target halts two short of them.
    assert_eq!(run.quotas(), [87, 14]);
}

#[test]
fn outcomes_that_cannot_be_ranked_are_refused() {
    let mut run = Evolution::new(config(1, 20), vec![species("a", crossover_space())]).unwrap();
    assert_eq!(run.tell(&[]), Err(Error::NotAsked));
    run.ask();
    assert!(matches!(run.tell(&[]), Err(Error::Outcomes { given: 0, expected: 20 })));
    let mut outcomes = vec![Outcome::feasible(1.0); 20];
    outcomes[7].fitness = f64::NAN;
    assert!(matches!(run.tell(&outcomes), Err(Error::NotFinite { index: 7, .. })));
    outcomes[7] = Outcome { fitness: f64::NAN, ..Outcome::failed() };
    assert_eq!(run.tell(&outcomes).unwrap().failed, 1);
}

// Contract G5.
#[test]
fn a_small_space_is_asked_once_and_then_the_run_is_exhausted() {
    let small = || Space::new(vec![integer("a", 0, 5), integer("b", 0, 9)], vec![]).unwrap();
    for searcher in [Searcher::Evolution, Searcher::Random, Searcher::Grid] {
        for population in [12, 40] {
            let config = Config { searcher, ..config(2, population) };
            let mut run = Evolution::new(config, vec![species("small", small())]).unwrap();
            let mut asked = BTreeSet::new();
            while !run.exhausted() {
                let (generation, _) = step(&mut run, |_, g| Outcome::feasible(f64::from(g[0] * g[1])));
                assert!(!generation.candidates.is_empty());
                generation.candidates.iter().for_each(|c| assert!(asked.insert(c.genome.clone())));
            }
            assert_eq!(asked.len(), 60);
            assert!(run.ask().candidates.is_empty());
            assert!(run.tell(&[]).unwrap().exhausted);
        }
    }
}

// Contract G2.
#[test]
fn an_exhausted_species_gives_its_quota_back() {
    let tiny = Space::new(vec![integer("a", 0, 6)], vec![]).unwrap();
    let species = vec![species("tiny", tiny), species("crossover", crossover_space())];
    let mut run = Evolution::new(config(2, 40), species).unwrap();
    for _ in 0..5 {
        let (generation, summary) = step(&mut run, landscape);
        assert_eq!(generation.candidates.len(), 40);
        assert!(!summary.exhausted);
    }
    assert_eq!(run.quotas(), [0, 40]);
    assert_eq!(run.evaluations(), [7, 193]);
}

#[test]
fn a_warm_start_is_asked_first() {
    let mut warm = species("a", crossover_space());
    warm.initial = vec![[45, 0, 3].into(), [1, 2, 3].into(), [1, 2, 3].into()];
    let mut run = Evolution::new(config(1, 20), vec![warm.clone()]).unwrap();
    let generation = run.ask();
    // (50, 20) is out of order: repaired to (20, 50).
    assert_eq!(*generation.candidates[0].genome, [15, 30, 3]);
    assert_eq!(*generation.candidates[1].genome, [1, 2, 3]);
    assert_ne!(*generation.candidates[2].genome, [1, 2, 3]);
    warm.initial = vec![[46, 0, 0].into()];
    assert!(matches!(Evolution::new(config(1, 20), vec![warm]), Err(Error::Initial { index: 0, .. })));
}

#[test]
fn a_species_without_success_goes_extinct_only_if_asked_to() {
    let hopeless = |s: usize, g: &[u32]| if s == 1 { Outcome::failed() } else { landscape(0, g) };
    let mut config = config(1, 40);
    config.breeding.extinct_after_generations = 3;
    let mut run = Evolution::new(config, two_species()).unwrap();
    for _ in 0..3 {
        assert!(run.quotas()[1] > 0);
        step(&mut run, hopeless);
    }
    assert_eq!(run.quotas(), [40, 0]);
}

#[test]
fn two_species_with_one_name_are_refused() {
    let twins = vec![species("a", crossover_space()), species("a", oscillator_space())];
    assert!(matches!(Evolution::new(config(1, 40), twins), Err(Error::Collision { .. })));
}

#[test]
fn settings_out_of_range_are_named() {
    let error = Evolution::new(config(1, 15), two_species()).unwrap_err();
    assert!(error.to_string().contains("population = 15"), "{error}");
    let mut wrong = config(1, 40);
    wrong.breeding.immigrants = f64::NAN;
    assert!(Evolution::new(wrong, two_species()).is_err());
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(24))]

    /// Whatever arrives first: outcomes sorted by index before telling give the same run.
    #[test]
    fn the_order_of_arrival_changes_nothing(seed in 0_u64..1 << 53, order in any::<u64>()) {
        let mut plain = Evolution::new(config(seed, 32), two_species()).unwrap();
        let mut shuffled = plain.clone();
        for _ in 0..8 {
            let (expected, _) = step(&mut plain, landscape);
            let generation = shuffled.ask();
            prop_assert_eq!(&expected, &generation);
            let mut arrived: Vec<(usize, Outcome)> = generation
                .candidates
                .iter()
                .enumerate()
                .map(|(i, c)| (i, landscape(c.species, &c.genome)))
                .collect();
            arrived.sort_by_key(|(i, _)| (*i as u64).wrapping_mul(order | 1));
            arrived.sort_by_key(|(i, _)| *i);
            let outcomes: Vec<Outcome> = arrived.into_iter().map(|(_, o)| o).collect();
            shuffled.tell(&outcomes).unwrap();
        }
        prop_assert_eq!(plain.state().to_bytes(), shuffled.state().to_bytes());
    }
}
