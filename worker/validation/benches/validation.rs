//! What is heavy among the tests of a find, on one thread: leaders and reality check of 38,412 trials, splits of 1,000,
//! bootstrap of an hourly and of a minute year.

#![allow(clippy::unwrap_used, missing_docs)]

use criterion::{Criterion, criterion_group, criterion_main};
use galapagos_engine::evaluation::{BLOCKS, BlockSum};
use galapagos_genetics::draws::Draws;
use galapagos_validation::bootstrap::{Paths, bootstrap};
use galapagos_validation::cscv::{Matrix, pbo};
use galapagos_validation::leaders::{Likeness, Trial, leaders};
use galapagos_validation::reality::RealityCheck;

const TRIALS: usize = 38_412;
/// How many of them resemble no other.
const DIFFERENT: usize = 2_000;
const RETURNS: u64 = 6_528;
/// 2^-52: a block earns about .03.
const BLOCK: f64 = 1.35e14;

/// Trials that are noisy copies of a few, as those of an evolution are.
fn trials(count: usize) -> Vec<[BlockSum; BLOCKS]> {
    let mut draws = Draws::new(1);
    let different: Vec<[f64; BLOCKS]> =
        (0..DIFFERENT).map(|_| std::array::from_fn(|_| draws.normal())).collect();
    let trial = |k: usize| {
        let own = different[k % DIFFERENT];
        own.map(|z| BlockSum { s1: ((z + 0.1 * draws.normal()) * BLOCK) as i64, s2: 10_i64.pow(14) })
    };
    (0..count).map(trial).collect()
}

fn of_trials(c: &mut Criterion) {
    let all = trials(TRIALS);
    let listed: Vec<Trial> =
        all.iter().enumerate().map(|(i, blocks)| Trial { blocks, hash: i as u128 }).collect();
    let mut group = c.benchmark_group("trials");
    group.sample_size(10);
    group.bench_function("leaders_38412", |b| {
        b.iter(|| leaders(&listed, RETURNS, 0.0, Likeness::default()).effective)
    });
    let mut matrix = Matrix::new(BLOCKS, RETURNS).unwrap();
    assert!(all[..1_000].iter().all(|t| matrix.push(t)));
    group.bench_function("splits_1000", |b| b.iter(|| pbo(&matrix, 0.0, 1).unwrap()));
    let mut check = RealityCheck::new(BLOCKS, RETURNS);
    assert!(all.iter().all(|t| check.push(t)));
    group.bench_function("reality_38412", |b| b.iter(|| check.test(&all[7], 1, 1_000, 1).unwrap()));
    group.finish();
    eprintln!("{:?} leaders", leaders(&listed, RETURNS, 0.0, Likeness::default()).effective);
}

fn of_returns(c: &mut Criterion) {
    let mut group = c.benchmark_group("bootstrap");
    group.sample_size(10);
    for rows in [6_528, 525_600] {
        let mut draws = Draws::new(2);
        let returns: Vec<f64> = (0..rows).map(|_| draws.normal() * 0.001).collect();
        let paths = Paths { mean_block: None, samples: 1_000, seed: 1 };
        group.bench_function(format!("{rows}_x_1000"), |b| {
            b.iter(|| bootstrap(&returns, 8_760.0, 0.0, paths, 1).unwrap())
        });
    }
    group.finish();
}

criterion_group!(benches, of_trials, of_returns);
criterion_main!(benches);
