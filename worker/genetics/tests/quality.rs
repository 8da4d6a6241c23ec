//! Search quality is a promise: acceptance as in contract G7, on fresh seeds.

mod common;

use common::functions::{Function, minimise};

fn accepted(function: Function, limit: f64) {
    let seeds = 2_000..2_021;
    let results: Vec<f64> = seeds.map(|seed| minimise(function, common::config(seed, 100), 100)).collect();
    let good = results.iter().filter(|v| **v <= limit).count();
    assert!(good >= 19, "{function:?}: {good} of 21 at most {limit}: {results:?}");
}

#[test]
fn the_sphere_is_solved() {
    accepted(Function::Sphere, 1e-5);
}

#[test]
fn rastrigin_is_solved() {
    accepted(Function::Rastrigin, 0.05);
}

#[test]
fn ackley_is_solved() {
    accepted(Function::Ackley, 0.05);
}

#[test]
fn rosenbrock_reaches_the_valley() {
    accepted(Function::Rosenbrock, 9.5);
}

#[test]
fn schwefel_ends_at_most_three_basins_away() {
    accepted(Function::Schwefel, 360.0);
}

/// All four minima of Himmelblau's function are zero; any one will do.
#[test]
fn himmelblau_is_solved_on_a_grid_of_thousandths() {
    use galapagos_genetics::{Evolution, Outcome, Space};
    let genes = ["x", "y"].map(|name| common::real(name, "-5", "5", "0.001"));
    let space = Space::new(genes.to_vec(), vec![]).unwrap();
    let evaluate = |_: usize, g: &[u32]| {
        let [x, y] = [g[0], g[1]].map(|k| f64::from(k) * 0.001 - 5.0);
        let (a, b) = (x * x + y - 11.0, x + y * y - 7.0);
        Outcome::feasible(a * a + b * b)
    };
    let mut run = Evolution::new(common::config(1, 100), vec![common::species("h", space)]).unwrap();
    for _ in 0..60 {
        common::step(&mut run, evaluate);
    }
    let best = run.best().unwrap().outcome.fitness;
    assert!(best < 1e-4, "{best}");
}
