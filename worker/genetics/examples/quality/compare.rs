//! Searches as lines for programs: set, problem, searcher, evaluations, seed, value, with tabs between them. Values are
//! how far the best lies from the optimum, and volumes of fronts.

use galapagos_genetics::{Config, Evolution, Outcome, Searcher, Space};

use crate::common;
use crate::common::functions::{self, Problem};
use crate::fronts;
use crate::landscape::Landscape;

const SEARCHERS: &[(&str, Searcher)] = &[
    ("Evolution", Searcher::Evolution),
    ("TPE", Searcher::Tpe),
    ("CMAES", Searcher::Cmaes),
    ("Sobol", Searcher::Sobol),
    ("Random", Searcher::Random),
];

/// Population and generations: 300, 1,000 and 10,000 distinct evaluations.
const BUDGETS: &[(u32, u32)] = &[(20, 15), (20, 50), (100, 100)];

/// The best after some generations.
fn least(config: Config, space: Space, generations: u32, evaluate: impl Fn(&[u32]) -> Outcome) -> f64 {
    let mut run = Evolution::new(config, vec![common::species("one", space)]).unwrap();
    for _ in 0..generations {
        common::step(&mut run, |_, genome| evaluate(genome));
    }
    run.best().unwrap().outcome.fitness
}

pub fn print(seeds: u64, first: u64, landscapes: &[String]) {
    let landscapes: Vec<Landscape> = landscapes.iter().map(|path| Landscape::read(path)).collect();
    let line = |set: &str, problem: &str, searcher: &str, evaluations: u32, seed: u64, value: f64| {
        println!("{set}\t{problem}\t{searcher}\t{evaluations}\t{seed}\t{value:e}");
    };
    for seed in first..first + seeds {
        for &(population, generations) in BUDGETS {
            let evaluations = population * generations;
            for &(name, searcher) in SEARCHERS {
                let config = || Config { searcher, ..common::config(seed, population) };
                for function in functions::ALL {
                    let problem = Problem::new(function, seed);
                    let evaluate = |genome: &[u32]| Outcome::feasible(problem.value(genome));
                    let value = least(config(), problem.space(), generations, evaluate);
                    line("function", &format!("{function:?}"), name, evaluations, seed, value);
                }
                for landscape in &landscapes {
                    let value = least(config(), landscape.space(), generations, |g| landscape.behind(g));
                    line("landscape", &landscape.name, name, evaluations, seed, value);
                }
            }
        }
        for problem in fronts::ALL {
            let value = fronts::volume(problem, seed, 100, 100);
            line("front", problem.0, "Evolution", 10_000, seed, value);
        }
    }
}

/// The functions as lines: name, seed, half of the range, shift, rows of the rotation, and a genome's values in the range
/// with the function's, by which another program may check its own.
pub fn print_problems(seeds: u64, first: u64) {
    let numbers = |x: &[f64]| x.iter().map(|v| format!("{v:?}")).collect::<Vec<_>>().join(" ");
    for seed in first..first + seeds {
        for function in functions::ALL {
            let problem = Problem::new(function, seed);
            let rotation = problem.rotation().map(<[Vec<f64>]>::concat).unwrap_or_default();
            let genome: Vec<u32> = (1..=functions::DIMENSIONS as u32).map(|i| i << 24).collect();
            let at: Vec<f64> = genome
                .iter()
                .map(|&k| (2.0 * f64::from(k) / f64::from(1u32 << 28) - 1.0) * problem.half_range())
                .collect();
            let (half, value) = (problem.half_range(), problem.value(&genome));
            let (shift, rotation, at) = (numbers(problem.shift()), numbers(&rotation), numbers(&at));
            println!("{function:?}\t{seed}\t{half:?}\t{shift}\t{rotation}\t{at}\t{value:?}");
        }
    }
}
