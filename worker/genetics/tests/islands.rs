//! Populations that breed apart: what one island knows of another, and a run with islands is a run like any other.

#![allow(clippy::unwrap_used, reason = "a helper that fails is a failed test")]

mod common;

use std::collections::BTreeSet;

use common::{config, crossover_space, integer, landscape, oscillator_space, species, step};
use galapagos_genetics::*;

const RING: Islands = Islands { count: 3, migrate_every: 4, migrants: 2, topology: Topology::Ring };
const FULL: Islands = Islands { topology: Topology::Full, ..RING };

fn divided(islands: Islands) -> Config {
    Config { islands: Some(islands), ..config(9, 64) }
}

fn two() -> Vec<Species> {
    vec![species("one", crossover_space()), species("two", oscillator_space())]
}

/// One species whose genomes are a number each, the lowest the best; five survive on an island.
fn numbers(islands: Islands) -> Evolution {
    let mut config = Config { islands: Some(islands), ..config(3, 48) };
    config.breeding.parents = Some(5);
    let space = Space::new(vec![integer("x", 0, 9_999_999)], vec![]).unwrap();
    Evolution::new(config, vec![species("number", space)]).unwrap()
}

fn value(_: usize, genome: &[u32]) -> Outcome {
    Outcome::feasible(genome[0].into())
}

/// The survivors of each island, best first.
fn on_islands(run: &Evolution) -> Vec<Vec<u32>> {
    run.survivors().map(|s| s.genome[0]).collect::<Vec<_>>().chunks(5).map(<[u32]>::to_vec).collect()
}

// Contract G16.
#[test]
fn the_best_of_an_island_come_to_the_next_one_after_every_few_generations_and_not_between() {
    let all = |from: &[&Vec<u32>]| {
        let mut pool: Vec<u32> = from.iter().flat_map(|of| of.iter().copied()).collect();
        pool.sort_unstable();
        pool.dedup();
        pool.truncate(5);
        pool
    };
    for islands in [RING, FULL] {
        let mut apart = numbers(Islands { migrate_every: 1_000, ..islands });
        let mut run = numbers(islands);
        for _ in 0..3 {
            assert_eq!(step(&mut run, value), step(&mut apart, value));
            assert_eq!(on_islands(&run), on_islands(&apart));
        }
        assert_eq!(step(&mut run, value).0, step(&mut apart, value).0);
        let before = on_islands(&apart);
        let leaving: Vec<Vec<u32>> = before.iter().map(|own| own[..2].to_vec()).collect();
        let expected: Vec<Vec<u32>> = (0..3)
            .map(|to| match islands.topology {
                Topology::Ring => all(&[&before[to], &leaving[(to + 2) % 3]]),
                Topology::Full => all(&[&before[to], &leaving[(to + 1) % 3], &leaving[(to + 2) % 3]]),
            })
            .collect();
        assert_ne!(expected, before, "the case has no point");
        assert_eq!(on_islands(&run), expected);
        assert_ne!(step(&mut run, value).0, step(&mut apart, value).0);
    }
}

#[test]
fn islands_draw_apart_and_no_genome_is_asked_for_on_two() {
    let mut run = Evolution::new(divided(RING), two()).unwrap();
    let mut seen = BTreeSet::new();
    for generation in 0..15 {
        let (asked, summary) = step(&mut run, landscape);
        assert_eq!((asked.candidates.len(), summary.known), (64, 0), "{generation}");
        assert!(asked.candidates.iter().all(|c| seen.insert((c.species, c.genome.clone()))));
        assert!(asked.candidates.is_sorted_by_key(|c| c.species));
        assert_eq!(run.quotas().iter().sum::<u32>(), 64);
    }
    assert_eq!(run.evaluations().iter().sum::<u64>(), 15 * 64);
    let best = run.best().unwrap();
    let feasible = run.survivors().filter(|s| s.outcome.class == Class::Feasible);
    let lowest = feasible.map(|s| s.outcome.fitness).min_by(f64::total_cmp);
    assert_eq!(Some(best.outcome.fitness), lowest);
}

/// A small space is enumerated by all islands together, and then the run is exhausted.
#[test]
fn a_small_space_is_shared_by_all_islands() {
    for searcher in [Searcher::Evolution, Searcher::Random, Searcher::Grid, Searcher::Tpe] {
        let space = Space::new(vec![integer("x", 0, 99)], vec![]).unwrap();
        let mut run =
            Evolution::new(Config { searcher, ..divided(RING) }, vec![species("x", space)]).unwrap();
        let mut seen = BTreeSet::new();
        while !run.exhausted() {
            let (asked, _) = step(&mut run, value);
            assert!(asked.candidates.iter().all(|c| c.known || seen.insert(c.genome.clone())));
        }
        assert_eq!(seen.len(), 100, "{searcher:?}");
    }
}

#[test]
fn the_first_individuals_are_dealt_to_the_islands_in_turn() {
    let initial: Vec<Genome> = (0..7_u32).map(|i| vec![1_000 + i].into()).collect();
    let space = Space::new(vec![integer("x", 0, 9_999_999)], vec![]).unwrap();
    let given = Species { name: "x".into(), space, initial };
    let mut run = Evolution::new(Config { islands: Some(RING), ..config(3, 48) }, vec![given]).unwrap();
    let asked: Vec<u32> = run.ask().candidates.iter().map(|c| c.genome[0]).collect();
    let of = |island: usize, n: usize| asked[16 * island..16 * island + n].to_vec();
    assert_eq!(
        [of(0, 3), of(1, 2), of(2, 2)],
        [vec![1_000, 1_003, 1_006], vec![1_001, 1_004], vec![1_002, 1_005]]
    );
}

// Contract C5.
#[test]
fn with_every_searcher_and_several_objectives_a_run_goes_on_from_its_state_as_if_undisturbed() {
    let outcome = |s: usize, genome: &[u32]| {
        let first = landscape(s, genome);
        // The second species is on every front: what it is worth by the second objective nobody beats.
        let second = genome.iter().map(|&k| (f64::from(k) - 9.0).abs()).sum::<f64>() - 1e4 * s as f64;
        let cell = Some((genome[0] % 4) as u16);
        if first.class == Class::Failed {
            first
        } else {
            first.with_further([second, 0.0, 0.0]).in_cell(cell)
        }
    };
    let several = Several { further: vec![Goal::Minimise], reference: None, choice: Choice::Knee };
    let searchers = [
        Searcher::Evolution,
        Searcher::Random,
        Searcher::Grid,
        Searcher::Sobol,
        Searcher::Tpe,
        Searcher::Cmaes,
    ];
    let objectives = [None, Some(several)];
    let cases = searchers.iter().flat_map(|s| objectives.iter().map(move |several| (*s, several.clone())));
    let mut second = false;
    for ((searcher, several), islands) in cases.zip([RING, FULL].into_iter().cycle()) {
        let config = Config { searcher, several, cells: Some(0.2), ..divided(islands) };
        let mut run = Evolution::new(config.clone(), two()).unwrap();
        let mut seen: Vec<(usize, Genome)> = vec![];
        for _ in 0..10 {
            let state = State::from_bytes(&run.state().to_bytes()).unwrap();
            second |= run.front().iter().any(|(individual, _)| individual.species == 1);
            let mut again = Evolution::resume(config.clone(), two(), &state).unwrap();
            again.seed_seen(seen.iter().map(|(s, g)| (*s, g))).unwrap();
            let expected = step(&mut run, outcome);
            assert_eq!(step(&mut again, outcome), expected, "{searcher:?}");
            assert_eq!(again.state().to_bytes(), run.state().to_bytes());
            assert_eq!(again.cells(), run.cells());
            seen.extend(expected.0.candidates.iter().map(|c| (c.species, c.genome.clone())));
        }
        let other = Config { islands: Some(Islands { migrants: 3, ..islands }), ..config.clone() };
        assert!(Evolution::resume(other, two(), &run.state()).is_err());
        assert!(Evolution::resume(Config { islands: None, ..config }, two(), &run.state()).is_err());
    }
    assert!(second, "no front had an individual of the second species");
}

#[test]
fn what_tpe_finds_on_one_island_is_known_to_the_density_of_the_next() {
    let tpe = |islands: Islands| {
        let mut run = Evolution::new(Config { searcher: Searcher::Tpe, ..divided(islands) }, two()).unwrap();
        (0..4).for_each(|_| drop(step(&mut run, landscape)));
        run.ask().candidates.to_vec()
    };
    assert_ne!(tpe(RING), tpe(Islands { migrate_every: 1_000, ..RING }));
}

/// Any change of seeds, migration or order shows here; such a change raises the engine's number.
#[test]
fn the_genomes_of_a_run_with_islands_never_change() {
    let digest = |islands: Islands| {
        let mut run = Evolution::new(divided(islands), two()).unwrap();
        let mut hasher = blake3::Hasher::new();
        for _ in 0..20 {
            for c in step(&mut run, landscape).0.candidates.iter() {
                hasher.update(&(c.species as u32).to_le_bytes());
                for k in &c.genome[..] {
                    hasher.update(&k.to_le_bytes());
                }
            }
        }
        hasher.finalize().to_hex()[..32].to_string()
    };
    let expected = ["b125348e5e92f41a2d692af947948d72", "3469affd920b4ac0ac8e923a83d17593"];
    assert_eq!([digest(RING), digest(FULL)], expected);
}

#[test]
fn an_island_without_room_for_its_species_is_refused() {
    let refused = |population: u32, islands: Islands| {
        let error = Config { islands: Some(islands), ..config(1, population) }.check(2).unwrap_err();
        error.to_string()
    };
    assert_eq!(refused(47, RING), "population = 47: must be at least 8 for each species on each island");
    let one = Islands { count: 1, ..RING };
    assert_eq!(refused(64, one), "islands.count = 1: must be between 2 and 64");
    let never = Islands { migrate_every: 0, ..RING };
    assert_eq!(refused(64, never), "islands.migrateEvery = 0: must be at least 1");
    let nobody = Islands { migrants: 0, ..RING };
    assert_eq!(refused(64, nobody), "islands.migrants = 0: must be at least 1");
    assert!(Config { islands: Some(RING), ..config(1, 48) }.check(2).is_ok());
}
