//! Test functions, spaces and a loop, shared by tests, the quality table and the benchmark.
#![allow(dead_code, missing_docs, clippy::unwrap_used)] // each user needs a part of it, and only tests do

pub mod functions;

use galapagos_genetics::*;
use rust_decimal::Decimal;

/// A gene of the whole numbers min..=max.
pub fn integer(name: &str, min: i64, max: i64) -> GeneSpace {
    let grid = Grid::linear(name, min.into(), max.into(), Decimal::ONE).unwrap();
    GeneSpace { name: name.into(), kind: GeneKind::Integer, grid, default: None }
}

/// A gene of `n` categories, default the first.
pub fn category(name: &str, n: u32) -> GeneSpace {
    let grid = Grid::categories(name, n).unwrap();
    GeneSpace { name: name.into(), kind: GeneKind::Categorical, grid, default: Some(0) }
}

/// A gene of decimals given as text, default the first.
pub fn real(name: &str, min: &str, max: &str, step: &str) -> GeneSpace {
    let [min, max, step] = [min, max, step].map(|t| t.parse().unwrap());
    let grid = Grid::linear(name, min, max, step).unwrap();
    GeneSpace { name: name.into(), kind: GeneKind::Real, grid, default: Some(0) }
}

/// Three genes like those of a crossover strategy: two ordered periods and a threshold of 25 values.
pub fn crossover_space() -> Space {
    let threshold = Grid::log(
        "threshold",
        "0.00001".parse().unwrap(),
        "0.02".parse().unwrap(),
        "0.000001".parse().unwrap(),
        24,
    );
    let threshold =
        GeneSpace { name: "threshold".into(), kind: GeneKind::Real, grid: threshold.unwrap(), default: None };
    let genes = vec![integer("fast", 5, 50), integer("slow", 20, 200), threshold];
    Space::new(genes, vec![Constraint::Ordered { low: 0, high: 1 }]).unwrap()
}

/// Five genes with every kind of rule, like an oscillator with a mode.
pub fn oscillator_space() -> Space {
    let genes = vec![
        integer("period", 5, 30),
        real("low", "15", "40", "0.5"),
        real("high", "60", "85", "0.5"),
        category("mode", 2),
        real("exit", "50", "70", "1"),
        real("trail", "0", "5", "0.25"),
    ];
    let when = When { gene: 3, category: 0 };
    let rules = vec![
        Constraint::ActiveWhen { gene: 4, when },
        Constraint::Capped { gene: 4, cap: 2, margin: 5.into(), when: Some(when) },
        Constraint::ZeroBelow { gene: 5, below: 1.into() },
    ];
    Space::new(genes, rules).unwrap()
}

/// A species without a warm start.
pub fn species(name: &str, space: Space) -> Species {
    Species { name: name.into(), space, initial: vec![] }
}

/// The default configuration.
pub fn config(seed: u64, population: u32) -> Config {
    Config {
        seed,
        population,
        searcher: Searcher::Evolution,
        breeding: Breeding::default(),
        goal: Goal::Minimise,
        several: None,
        cells: None,
        islands: None,
    }
}

/// A cheap landscape with all classes of results.
pub fn landscape(species: usize, genome: &[u32]) -> Outcome {
    let distance = |(i, &k): (usize, &u32)| (f64::from(k) - 3.0 * (i as f64 + 1.0)).abs();
    let fitness = genome.iter().enumerate().map(distance).sum::<f64>() + species as f64;
    match genome.iter().sum::<u32>() % 11 {
        0 => Outcome::failed(),
        1 | 2 => Outcome::infeasible(fitness, f64::from(genome[0]) + 0.5),
        _ => Outcome::feasible(fitness),
    }
}

/// Asks, evaluates and tells one generation.
pub fn step(run: &mut Evolution, evaluate: impl Fn(usize, &[u32]) -> Outcome) -> (Generation, Summary) {
    let generation = run.ask();
    let outcomes: Vec<Outcome> =
        generation.candidates.iter().map(|c| evaluate(c.species, &c.genome)).collect();
    let summary = run.tell(&outcomes).unwrap();
    (generation, summary)
}
