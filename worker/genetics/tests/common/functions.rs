//! Functions to minimise, optimum 0, as in contract G7: ten dimensions, the optimum of sphere,
//! rastrigin and ackley shifted by up to 30 % of the range per seed, rotations drawn per seed.

use std::f64::consts::{E, PI, TAU};

use galapagos_genetics::draws::{DrawPosition, Draws, Purpose};
use galapagos_genetics::*;
use rust_decimal::Decimal;

pub const DIMENSIONS: usize = 10;

/// Values per gene: fine enough to stand for a continuous gene (the nearest point to any optimum of the sphere is
/// within 1e-12 of it in fitness).
const STEPS: u32 = 1 << 28;

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Function {
    Sphere,
    Rastrigin,
    Ackley,
    Rosenbrock,
    Schwefel,
    RotatedRastrigin,
    RotatedAckley,
}

pub const ALL: [Function; 7] = [
    Function::Sphere,
    Function::Rastrigin,
    Function::Ackley,
    Function::Rosenbrock,
    Function::Schwefel,
    Function::RotatedRastrigin,
    Function::RotatedAckley,
];

/// A function with its shift and rotation.
pub struct Problem {
    function: Function,
    half_range: f64,
    shift: Vec<f64>,
    rotation: Option<Vec<Vec<f64>>>,
}

impl Problem {
    pub fn new(function: Function, seed: u64) -> Problem {
        let half_range = match function {
            Function::Sphere | Function::Rastrigin | Function::RotatedRastrigin => 5.12,
            Function::Ackley | Function::RotatedAckley => 32.0,
            Function::Rosenbrock => 2.048,
            Function::Schwefel => 500.0,
        };
        let mut draws = Draws::new(seed);
        let purpose = Purpose::Uniform;
        draws.seek(DrawPosition { generation: u32::MAX, species: 0, purpose, attempt: 0, child: 0 });
        let shifted = !matches!(function, Function::Rosenbrock | Function::Schwefel);
        let mut shift = || if shifted { (draws.u01() * 2.0 - 1.0) * 0.3 * half_range } else { 0.0 };
        let shift = (0..DIMENSIONS).map(|_| shift()).collect();
        let rotated = matches!(function, Function::RotatedRastrigin | Function::RotatedAckley);
        Problem { function, half_range, shift, rotation: rotated.then(|| rotation(&mut draws)) }
    }

    /// Half the width of each gene's range, which lies about 0.
    pub fn half_range(&self) -> f64 {
        self.half_range
    }

    /// Where the optimum lies, before the rotation.
    pub fn shift(&self) -> &[f64] {
        &self.shift
    }

    /// Rows of the rotation; `None`: there is none.
    pub fn rotation(&self) -> Option<&[Vec<f64>]> {
        self.rotation.as_deref()
    }

    pub fn space(&self) -> Space {
        let range = Decimal::from(STEPS);
        let gene = |i| {
            let name = format!("x{i}");
            let grid = Grid::linear(&name, Decimal::ZERO, range, Decimal::ONE).unwrap();
            GeneSpace { name, kind: GeneKind::Real, grid, default: None }
        };
        Space::new((0..DIMENSIONS).map(gene).collect(), vec![]).unwrap()
    }

    pub fn value(&self, genome: &[u32]) -> f64 {
        let x: Vec<f64> = genome
            .iter()
            .zip(&self.shift)
            .map(|(&k, s)| (2.0 * f64::from(k) / f64::from(STEPS) - 1.0) * self.half_range - s)
            .collect();
        let x = match &self.rotation {
            None => x,
            Some(rows) => rows.iter().map(|row| row.iter().zip(&x).map(|(a, b)| a * b).sum()).collect(),
        };
        let n = x.len() as f64;
        let sum = |f: &dyn Fn(f64) -> f64| x.iter().map(|&v| f(v)).sum::<f64>();
        match self.function {
            Function::Sphere => sum(&|v| v * v),
            Function::Rastrigin | Function::RotatedRastrigin => {
                10.0 * n + sum(&|v| v * v - 10.0 * libm::cos(TAU * v))
            }
            Function::Ackley | Function::RotatedAckley => {
                let far = -20.0 * libm::exp(-0.2 * (sum(&|v| v * v) / n).sqrt());
                far - libm::exp(sum(&|v| libm::cos(TAU * v)) / n) + 20.0 + E
            }
            Function::Rosenbrock => x
                .windows(2)
                .map(|w| {
                    let (a, b) = (w[1] - w[0] * w[0], 1.0 - w[0]);
                    100.0 * a * a + b * b
                })
                .sum(),
            Function::Schwefel => 418.982_887_272_433_8 * n - sum(&|v| v * libm::sin(v.abs().sqrt())),
        }
    }
}

/// Rows of a random orthonormal matrix: normal entries, Gram and Schmidt.
fn rotation(draws: &mut Draws) -> Vec<Vec<f64>> {
    let mut rows: Vec<Vec<f64>> = vec![];
    while rows.len() < DIMENSIONS {
        let angle = |draws: &mut Draws| {
            let radius = (-2.0 * libm::log(1.0 - draws.u01())).sqrt();
            radius * libm::cos(2.0 * PI * draws.u01())
        };
        let mut row: Vec<f64> = (0..DIMENSIONS).map(|_| angle(draws)).collect();
        for other in &rows {
            let dot: f64 = row.iter().zip(other).map(|(a, b)| a * b).sum();
            row.iter_mut().zip(other).for_each(|(a, b)| *a -= dot * b);
        }
        let norm = row.iter().map(|v| v * v).sum::<f64>().sqrt();
        row.iter_mut().for_each(|v| *v /= norm);
        rows.push(row);
    }
    rows
}

/// The best value after some generations.
pub fn minimise(function: Function, config: Config, generations: u32) -> f64 {
    let problem = Problem::new(function, config.seed);
    let mut run = Evolution::new(config, vec![super::species("function", problem.space())]).unwrap();
    for _ in 0..generations {
        super::step(&mut run, |_, genome| Outcome::feasible(problem.value(genome)));
    }
    run.best().unwrap().outcome.fitness
}
