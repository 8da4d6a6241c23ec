//! Problems of several objectives whose fronts are known: ZDT1-6 (Zitzler, Deb and Thiele 2000), DTLZ1-2 with three objectives
//! (Deb, Thiele, Laumanns and Zitzler 2005). Genes are those of the papers, numbers in 2^20 steps; all are minimised.

use std::f64::consts::{PI, TAU};

use galapagos_genetics::{Choice, Config, Evolution, Goal, Outcome, Several, Space};

use crate::common;

/// Name, genes, objectives, and the point that volumes are measured against.
type Problem = (&'static str, usize, &'static [f64], fn(&[f64]) -> Vec<f64>);

const STEPS: i64 = 1 << 20;

pub const ALL: &[Problem] = &[
    ("ZDT1", 30, &[1.1, 1.1], |x| two(x[0], 1.0 + 9.0 * mean(&x[1..]), |share| 1.0 - share.sqrt())),
    ("ZDT2", 30, &[1.1, 1.1], |x| two(x[0], 1.0 + 9.0 * mean(&x[1..]), |share| 1.0 - share * share)),
    ("ZDT3", 30, &[1.1, 1.1], |x| {
        let first = x[0];
        two(first, 1.0 + 9.0 * mean(&x[1..]), |share| {
            1.0 - share.sqrt() - share * libm::sin(10.0 * PI * first)
        })
    }),
    ("ZDT4", 10, &[1.1, 1.1], |x| {
        let rest = x[1..].iter().map(|v| 10.0 * v - 5.0).map(|v| v * v - 10.0 * libm::cos(2.0 * TAU * v));
        two(x[0], 91.0 + rest.sum::<f64>(), |share| 1.0 - share.sqrt())
    }),
    ("ZDT5", 80, &[34.1, 12.1], zdt5),
    ("ZDT6", 10, &[1.1, 1.1], |x| {
        let first = 1.0 - libm::exp(-4.0 * x[0]) * libm::pow(libm::sin(6.0 * PI * x[0]), 6.0);
        two(first, 1.0 + 9.0 * libm::pow(mean(&x[1..]), 0.25), |share| 1.0 - share * share)
    }),
    ("DTLZ1", 7, &[0.55, 0.55, 0.55], |x| {
        let wave = |v: &f64| (v - 0.5) * (v - 0.5) - libm::cos(20.0 * PI * (v - 0.5));
        let g = 1.0 + 100.0 * (5.0 + x[2..].iter().map(wave).sum::<f64>());
        vec![0.5 * g * x[0] * x[1], 0.5 * g * x[0] * (1.0 - x[1]), 0.5 * g * (1.0 - x[0])]
    }),
    ("DTLZ2", 12, &[1.1, 1.1, 1.1], |x| {
        let r = 1.0 + x[2..].iter().map(|v| (v - 0.5) * (v - 0.5)).sum::<f64>();
        let [(sin_a, cos_a), (sin_b, cos_b)] = [x[0], x[1]].map(|v| libm::sincos(v * PI / 2.0));
        vec![r * cos_a * cos_b, r * cos_a * sin_b, r * sin_a]
    }),
];

fn mean(x: &[f64]) -> f64 {
    x.iter().sum::<f64>() / x.len() as f64
}

fn two(first: f64, g: f64, shape: impl Fn(f64) -> f64) -> Vec<f64> {
    vec![first, g * shape(first / g)]
}

/// Genes are bits: 30 of the first variable, 5 of each of ten others.
fn zdt5(bits: &[f64]) -> Vec<f64> {
    let ones = |bits: &[f64]| bits.iter().sum::<f64>();
    let first = 1.0 + ones(&bits[..30]);
    let worth = |u: f64| if u == 5.0 { 1.0 } else { 2.0 + u };
    let g: f64 = bits[30..].chunks(5).map(|chunk| worth(ones(chunk))).sum();
    vec![first, g / first]
}

/// The volume of the archive after some generations.
pub fn volume(
    &(name, genes, reference, values): &Problem,
    seed: u64,
    population: u32,
    generations: u32,
) -> f64 {
    let steps = if name == "ZDT5" { 1 } else { STEPS };
    let genes = (0..genes).map(|i| common::integer(&format!("x{i}"), 0, steps)).collect();
    let several = Several {
        further: vec![Goal::Minimise; reference.len() - 1],
        reference: Some(reference.to_vec()),
        choice: Choice::Knee,
    };
    let config = Config { several: Some(several), ..common::config(seed, population) };
    let species = common::species(name, Space::new(genes, vec![]).unwrap());
    let mut run = Evolution::new(config, vec![species]).unwrap();
    let evaluate = |_: usize, genome: &[u32]| {
        let x: Vec<f64> = genome.iter().map(|&k| f64::from(k) / steps as f64).collect();
        let values = values(&x);
        let further = [1, 2, 3].map(|i| values.get(i).copied().unwrap_or(0.0));
        Outcome::feasible(values[0]).with_further(further)
    };
    let last = (0..generations).map(|_| common::step(&mut run, evaluate).1).last().unwrap();
    last.hypervolume.unwrap()
}
