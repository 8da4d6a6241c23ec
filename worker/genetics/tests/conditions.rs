//! Conditions over genes: every individual keeps them, whoever proposes it, and they rest with inactive genes.

#![allow(clippy::unwrap_used, reason = "a helper that fails is a failed test")]

mod common;

use common::{category, config, integer, species, step};
use galapagos_genetics::{
    Condition, Config, Constraint, Evolution, Outcome, Searcher, Space, SpaceError, When,
};

/// a + b <= 60 by drawing again, c <= a / 2 by moving c.
fn conditions() -> Vec<Condition> {
    let sum = Condition::new("a + b <= 60", vec![0, 1], None, |g| g[0] + g[1] <= 60);
    let half = Condition::new("c <= a / 2", vec![0, 2], Some(2), |g| 2 * g[2] <= g[0]);
    vec![sum, half]
}

fn kept(genome: &[u32]) -> bool {
    genome[0] + genome[1] <= 60 && 2 * genome[2] <= genome[0]
}

fn space(most: i64) -> Space {
    let genes = ["a", "b", "c"].map(|name| integer(name, 0, most)).to_vec();
    Space::new(genes, vec![]).unwrap().under(conditions()).unwrap()
}

fn outcome(_: usize, genome: &[u32]) -> Outcome {
    Outcome::feasible(-genome.iter().map(|&k| f64::from(k)).sum::<f64>())
}

// Contract G15.
#[test]
fn every_individual_of_every_searcher_keeps_the_conditions_and_none_is_asked_twice() {
    for searcher in [
        Searcher::Evolution,
        Searcher::Random,
        Searcher::Grid,
        Searcher::Sobol,
        Searcher::Tpe,
        Searcher::Cmaes,
    ] {
        let config = Config { searcher, ..config(3, 40) };
        let mut run = Evolution::new(config, vec![species("one", space(199))]).unwrap();
        let mut seen = std::collections::BTreeSet::new();
        for _ in 0..12 {
            let (generation, _) = step(&mut run, outcome);
            assert_eq!(generation.candidates.len(), 40, "{searcher:?}");
            for c in generation.candidates.iter() {
                assert!(kept(&c.genome), "{searcher:?}: {:?}", c.genome);
                assert!(seen.insert(c.genome.clone()) != c.known, "{searcher:?}: {:?}", c.genome);
            }
        }
    }
}

#[test]
fn a_gene_is_moved_to_the_nearest_value_with_few_looks_however_many_there_are() {
    let looks = std::sync::Arc::new(std::sync::atomic::AtomicU32::new(0));
    let counted = looks.clone();
    let far = Condition::new("a >= b + 500000 or a <= 3", vec![0, 1], Some(0), move |g| {
        counted.fetch_add(1, std::sync::atomic::Ordering::Relaxed);
        g[0] >= g[1] + 500_000 || g[0] <= 3
    });
    let genes = ["a", "b"].map(|name| integer(name, 0, 1_000_000)).to_vec();
    let space = Space::new(genes, vec![]).unwrap().under(vec![far]).unwrap();
    looks.store(0, std::sync::atomic::Ordering::Relaxed);
    for (given, kept) in [
        ([400_000, 123_456], [623_456, 123_456]),
        ([623_450, 123_456], [623_456, 123_456]),
        ([40, 123_456], [3, 123_456]),
        ([5, 900_000], [3, 900_000]),
        ([0, 7], [0, 7]),
    ] {
        assert_eq!(*space.canonical(&given).unwrap(), kept);
    }
    let looks = looks.load(std::sync::atomic::Ordering::Relaxed);
    assert!(looks < 600, "{looks} looks");
}

#[test]
fn the_best_under_conditions_is_found() {
    let mut run = Evolution::new(config(1, 60), vec![species("one", space(199))]).unwrap();
    (0..30).for_each(|_| drop(step(&mut run, outcome)));
    // a = 60, b = 0, c = 30.
    assert_eq!(run.best().unwrap().outcome.fitness, -90.0);
}

#[test]
fn a_small_space_is_enumerated_without_what_breaks_a_condition() {
    let small = Space::new(["a", "b", "c"].map(|name| integer(name, 0, 3)).to_vec(), vec![]).unwrap();
    let small = small.under(vec![Condition::new("a > b", vec![0, 1], None, |g| g[0] > g[1])]).unwrap();
    let mut run = Evolution::new(config(1, 60), vec![species("one", small)]).unwrap();
    let (generation, summary) = step(&mut run, outcome);
    assert_eq!(generation.candidates.len(), 6 * 4);
    assert!(summary.exhausted && generation.candidates.iter().all(|c| c.genome[0] > c.genome[1]));
}

#[test]
fn a_broken_condition_moves_its_gene_to_the_nearest_value_that_keeps_it() {
    let space = space(199);
    for (from, to) in [([40, 9, 35], [40, 9, 20]), ([41, 9, 21], [41, 9, 20]), ([40, 9, 20], [40, 9, 20])] {
        let mut genome = from;
        space.repair(&mut genome);
        assert_eq!(genome, to);
        space.repair(&mut genome);
        assert_eq!(genome, to, "a repaired genome stays as it is");
    }
    // The other condition moves nothing: the genome is refused as it is.
    let mut genome = [70, 9, 60];
    space.repair(&mut genome);
    assert_eq!(genome, [70, 9, 60]);
    assert!(!space.allows(&genome));
    let refused = space.canonical(&genome).unwrap_err().to_string();
    assert_eq!(refused, "genome: it breaks the condition a + b <= 60");
}

#[test]
fn a_condition_rests_while_one_of_its_genes_is_inactive() {
    let genes = vec![integer("a", 0, 9), category("mode", 2), common::real("exit", "0", "9", "1")];
    let active = Constraint::ActiveWhen { gene: 2, when: When { gene: 1, category: 1 } };
    let above = Condition::new("exit > a", vec![2, 0], None, |g| g[2] > g[0]);
    let space = Space::new(genes, vec![active]).unwrap().under(vec![above]).unwrap();
    assert!(space.allows(&[5, 0, 0]), "inactive");
    assert!(!space.allows(&[5, 1, 0]) && space.allows(&[5, 1, 6]));
}

#[test]
fn conditions_that_no_genome_keeps_are_refused_by_what_they_say() {
    let genes = || vec![integer("a", 0, 9), integer("b", 0, 9)];
    let never = Condition::new("a > b + 9", vec![0, 1], Some(0), |g| g[0] > g[1] + 9);
    let error = Space::new(genes(), vec![]).unwrap().under(vec![never]).unwrap_err();
    assert_eq!(error, SpaceError::Rare { text: "a > b + 9".into() });
    // One of a hundred is found.
    let corner = Condition::new("a + b >= 18", vec![0, 1], None, |g| g[0] + g[1] >= 18);
    assert!(Space::new(genes(), vec![]).unwrap().under(vec![corner]).is_ok());
}
