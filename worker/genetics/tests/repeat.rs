//! A run is repeatable to the byte: from its seed, across a restart, whatever rule will stop it.

#![allow(clippy::unwrap_used)]

mod common;

use common::*;
use galapagos_genetics::*;
use proptest::prelude::*;

fn all_species() -> Vec<Species> {
    let tiny = Space::new(vec![integer("a", 0, 30), category("b", 3)], vec![]).unwrap();
    let middle = Space::new(vec![integer("a", 0, 30), integer("b", 0, 9)], vec![]).unwrap();
    vec![
        species("crossover", crossover_space()),
        species("oscillator", oscillator_space()),
        species("tiny", tiny),
        species("middle", middle),
    ]
}

fn settings() -> Vec<Config> {
    let mut ray = config(7, 64);
    ray.breeding.preset = Preset::Ray;
    let mut pbt = config(7, 64);
    pbt.breeding.preset = Preset::Pbt { resample: 0.25 };
    vec![
        config(7, 64),
        ray,
        Config { searcher: Searcher::Random, ..config(7, 64) },
        Config { searcher: Searcher::Grid, ..config(7, 64) },
        Config { searcher: Searcher::Sobol, ..config(7, 64) },
        Config { searcher: Searcher::Tpe, ..config(7, 64) },
        Config { searcher: Searcher::Cmaes, ..config(7, 64) },
        pbt,
    ]
}

/// BLAKE3 over species and genomes of all generations.
fn digest(config: Config, generations: u32) -> String {
    let mut run = Evolution::new(config, all_species()).unwrap();
    let mut hasher = blake3::Hasher::new();
    for _ in 0..generations {
        let (generation, _) = step(&mut run, landscape);
        for c in generation.candidates.iter() {
            hasher.update(&(c.species as u32).to_le_bytes());
            hasher.update(&[u8::from(c.known)]);
            c.genome.iter().for_each(|k| {
                hasher.update(&k.to_le_bytes());
            });
        }
    }
    hasher.finalize().to_hex()[..32].to_string()
}

/// Any change of draws, operators or selection shows here; such a change raises the engine's number.
#[test]
fn the_genomes_of_a_run_never_change() {
    let digests: Vec<String> = settings().into_iter().map(|c| digest(c, 20)).collect();
    assert_eq!(digests, GOLDEN);
}

const GOLDEN: [&str; 8] = [
    "3a76bc31c9a4e0e41b6d9084437041ee",
    "cb7228ee6fa9c124cc63a4121fc5f086",
    "54d89508bea2d6da5a61e2ff09676c4f",
    "740425a684026488e5ff882c41cb6e68",
    "3a647b3fa5f7bf18cbf96f7b4292e4ab",
    "46c883b698684f13a2551ba2ae01b4b8",
    "320a8fd768582706c624f41adf2a700c",
    "4023eaf159079e53c6b8713603a69340",
];

#[test]
fn a_resumed_run_equals_an_undisturbed_one_at_every_boundary() {
    for config in settings() {
        let mut whole = Evolution::new(config.clone(), all_species()).unwrap();
        let mut ledger: Vec<(usize, Genome)> = vec![];
        for _ in 0..25 {
            // A kill in the middle of a generation: asked, never told.
            let mut killed = whole.clone();
            killed.ask();
            let bytes = killed.state().to_bytes();
            assert_eq!(bytes, whole.state().to_bytes());
            let state = State::from_bytes(&bytes).unwrap();
            let mut resumed = Evolution::resume(config.clone(), all_species(), &state).unwrap();
            resumed.seed_seen(ledger.iter().map(|(s, g)| (*s, g))).unwrap();
            let expected = step(&mut whole, landscape);
            assert_eq!(step(&mut resumed, landscape), expected);
            assert_eq!(resumed.state(), whole.state());
            ledger.extend(expected.0.candidates.iter().map(|c| (c.species, c.genome.clone())));
        }
    }
}

#[test]
fn asking_twice_gives_the_same_candidates() {
    let mut run = Evolution::new(config(1, 64), all_species()).unwrap();
    assert_eq!(run.ask(), run.ask());
}

// Contract G3.
/// Stop rules are not part of the configuration at all: a longer run begins with the shorter one.
#[test]
fn a_run_is_a_prefix_of_a_longer_one() {
    let history = |rules: StopRules| {
        let mut run = Evolution::new(config(11, 64), all_species()).unwrap();
        let (mut progress, mut states) = (vec![], vec![]);
        while stop(&progress, &rules, Goal::Minimise).is_none() {
            step(&mut run, landscape);
            progress.push(run.progress());
            states.push(run.state().to_bytes());
        }
        states
    };
    let long = history(StopRules::after(30));
    for rules in [
        StopRules::after(10),
        StopRules { patience: Some(3), ..StopRules::after(30) },
        StopRules { max_evaluations: Some(500), ..StopRules::after(30) },
    ] {
        let short = history(rules);
        assert_eq!(short, long[..short.len()]);
    }
}

#[test]
fn a_state_of_another_run_is_refused() {
    let run = Evolution::new(config(1, 64), all_species()).unwrap();
    let state = run.state();
    assert!(Evolution::resume(config(2, 64), all_species(), &state).is_err());
    let mut fewer = all_species();
    fewer.pop();
    assert!(Evolution::resume(config(1, 64), fewer, &state).is_err());
}

#[test]
fn every_cut_and_every_flipped_bit_is_noticed() {
    let mut run = Evolution::new(config(1, 40), all_species()).unwrap();
    step(&mut run, landscape);
    let bytes = run.state().to_bytes();
    for end in 0..bytes.len() {
        assert!(State::from_bytes(&bytes[..end]).is_err());
    }
    for bit in (0..bytes.len() * 8).step_by(7) {
        let mut flipped = bytes.clone();
        flipped[bit / 8] ^= 1 << (bit % 8);
        assert!(State::from_bytes(&flipped).is_err());
    }
}

proptest! {
    /// Garbage with a valid checksum reaches the parser behind it.
    #[test]
    fn garbage_never_panics(mut body in prop::collection::vec(any::<u8>(), 0..400), sealed in any::<bool>()) {
        if sealed {
            let mut start = b"GLPS\x01\x00".to_vec();
            start.append(&mut body);
            body = start;
            let hash = blake3::hash(&body);
            body.extend(hash.as_bytes());
        }
        if let Ok(state) = State::from_bytes(&body) {
            prop_assert!(Evolution::resume(config(1, 64), all_species(), &state).is_err());
        }
    }
}

// Contract G6.
/// Enough children of each species and island for several threads, and one species most of whose children are known.
#[test]
fn any_number_of_threads_breeds_the_same_candidates() {
    let wide = || {
        let genes = || (0..4).map(|i| integer(&format!("x{i}"), 0, 10_000)).collect();
        let space = Space::new(genes(), vec![]).unwrap();
        let narrow = Space::new(vec![integer("a", 0, 79), integer("b", 0, 79)], vec![]).unwrap();
        vec![species("one", space), species("oscillator", oscillator_space()), species("narrow", narrow)]
    };
    let islands = Islands { count: 2, migrate_every: 2, migrants: 2, topology: Topology::Ring };
    let divided = Config { cells: Some(0.3), islands: Some(islands), ..config(3, 8_000) };
    for config in [config(3, 3_000), divided] {
        let mut runs =
            [1, 2, 3, 16].map(|threads| (threads, Evolution::new(config.clone(), wide()).unwrap()));
        for _ in 0..4 {
            let asked = runs.each_mut().map(|(threads, run)| run.ask_on(*threads).candidates);
            assert!(asked.iter().all(|candidates| *candidates == asked[0]));
            let outcomes: Vec<Outcome> = asked[0]
                .iter()
                .map(|c| landscape(c.species, &c.genome).in_cell(Some((c.genome[0] % 5) as u16)))
                .collect();
            runs.iter_mut().for_each(|(_, run)| assert!(run.tell(&outcomes).is_ok()));
        }
    }
}
