//! A table of what settings of the searchers do: median [90th percentile] of the best value.

use galapagos_genetics::{Breeding, Config, Searcher};

use crate::common;
use crate::common::functions::{self, minimise};

type Variant = (&'static str, u32, u32, fn(&mut Config));

const VARIANTS: &[Variant] = &[
    ("default, 100 x 100", 100, 100, |_| {}),
    ("no immigrants", 100, 100, |c| c.breeding.immigrants = 0.0),
    ("40 % DE", 100, 100, |c| shares(&mut c.breeding, 0.3, 0.3, 0.4)),
    ("SBX + PM only", 100, 100, |c| shares(&mut c.breeding, 1.0, 0.0, 0.0)),
    ("DE only", 100, 100, |c| shares(&mut c.breeding, 0.0, 0.0, 1.0)),
    ("random", 100, 100, |c| c.searcher = Searcher::Random),
    ("Sobol", 100, 100, |c| c.searcher = Searcher::Sobol),
    ("TPE", 100, 100, |c| c.searcher = Searcher::Tpe),
    ("CMA-ES", 100, 100, |c| c.searcher = Searcher::Cmaes),
    ("default, 20 x 50", 20, 50, |_| {}),
    ("random, 20 x 50", 20, 50, |c| c.searcher = Searcher::Random),
    ("TPE, 20 x 50", 20, 50, |c| c.searcher = Searcher::Tpe),
    ("CMA-ES, 20 x 50", 20, 50, |c| c.searcher = Searcher::Cmaes),
    ("1000 x 50", 1000, 50, |_| {}),
    ("71 x 50", 71, 50, |_| {}),
];

fn shares(breeding: &mut Breeding, sbx: f64, uniform: f64, differential: f64) {
    (breeding.sbx_share, breeding.uniform_share, breeding.differential_share) = (sbx, uniform, differential);
}

/// Prints it for seeds from `first` on.
pub fn print(seeds: u64, first: u64) {
    let names: Vec<String> = functions::ALL.iter().map(|f| format!("{f:?}")).collect();
    println!("| variant | {} |\n|---|{}", names.join(" | "), "---|".repeat(names.len()));
    for (name, population, generations, change) in VARIANTS {
        let seeds = if population * generations > 10_000 { seeds.min(11) } else { seeds };
        print!("| {name} |");
        for function in functions::ALL {
            let mut best: Vec<f64> = (first..first + seeds)
                .map(|seed| {
                    let mut config = common::config(seed, *population);
                    change(&mut config);
                    minimise(function, config, *generations)
                })
                .collect();
            best.sort_by(f64::total_cmp);
            let at = |share: f64| best[((best.len() - 1) as f64 * share).round() as usize];
            print!(" {:.1e} [{:.0e}] |", at(0.5), at(0.9));
        }
        println!();
    }
}
