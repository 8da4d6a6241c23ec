//! The worked examples of docs/contract/luck.md that need more than one part of the crate.

#![allow(clippy::unwrap_used, reason = "a test that cannot set up should fail")]

use galapagos_engine::evaluation::BlockSum;
use galapagos_engine::q52::{block_start, fx};
use galapagos_validation::NullReason;
use galapagos_validation::bootstrap::{Blocks, Paths, bootstrap, mean_block};
use galapagos_validation::cscv::{Matrix, cscv, pbo};
use galapagos_validation::draws::{Streams, Test};
use galapagos_validation::perf::perf;
use galapagos_validation::random_entry::{Sleeve, Trade, placements, random_entry};
use galapagos_validation::reality::RealityCheck;

#[track_caller]
fn close(got: f64, expected: f64, half_digit: f64) {
    assert!((got - expected).abs() <= half_digit, "got {got}, expected {expected}");
}

/// Blocks of the sums of r and of r².
fn blocks(pairs: &[(f64, f64)]) -> Vec<BlockSum> {
    pairs.iter().map(|&(s1, s2)| BlockSum { s1: fx(s1).unwrap(), s2: fx(s2).unwrap() }).collect()
}

/// Three trials of 4 blocks of 10 returns.
fn three() -> [Vec<BlockSum>; 3] {
    [
        blocks(&[(0.02, 0.0006), (0.01, 0.0004), (-0.01, 0.0005), (0.03, 0.0009)]),
        blocks(&[(-0.01, 0.0005), (0.02, 0.0006), (0.02, 0.0007), (-0.02, 0.0008)]),
        blocks(&[(0.0, 0.0), (0.0, 0.0), (0.01, 0.0003), (0.01, 0.0002)]),
    ]
}

// Contract H8.
#[test]
fn three_trials_have_the_ratios_and_splits_of_the_example() {
    let masks = [3, 5, 6, 9, 10, 12];
    let expected = [
        [0.211576, 0.065863, 0.0, 0.293877, 0.249590, 0.117338],
        [0.065863, 0.063047, 0.249590, -0.184564, 0.0, 0.0],
        [0.0, 0.126892, 0.126892, 0.156074, 0.156074, 0.198956],
    ];
    let mut matrix = Matrix::new(4, 40).unwrap();
    for (trial, expected) in three().iter().zip(expected) {
        for (mask, expected) in masks.into_iter().zip(expected) {
            let of = |sum: fn(&BlockSum) -> i64| {
                (0..4).filter(|b| mask >> b & 1 == 1).map(|b| i128::from(sum(&trial[b]))).sum()
            };
            close(perf(of(|b| b.s1), of(|b| b.s2), 20, 0.0), expected, 5.1e-7);
        }
        assert!(matrix.push(trial));
    }
    let got = cscv(&matrix, 0.0, 1).unwrap();
    assert_eq!((got.splits, got.overfit_splits, got.loss_splits, got.pbo), (6, 6, 1, 1.0));
    close(got.median_logit, -1.0986, 5.1e-5);
    close(got.slope.unwrap(), -1.1789, 5.1e-5);
}

/// fynance and pypbo find the same of this matrix.
// Contract H8.
#[test]
fn a_matrix_of_sines_has_the_overfitting_that_other_packages_find() {
    for (count, expected) in [(4_usize, 2.0 / 3.0), (6, 0.4), (8, 52.0 / 70.0)] {
        let mut matrix = Matrix::new(count, 96).unwrap();
        for n in 0..10 {
            let n = f64::from(n);
            let value = |t: usize| {
                let t = t as f64;
                libm::sin(0.7 * t + 1.3 * n) + 0.05 * libm::cos(0.11 * t * (n + 1.0)) + 0.01 * (n - 4.5)
            };
            let sums = (0..count).map(|b| {
                let rows = b * 96 / count..(b + 1) * 96 / count;
                let sum = |of: &dyn Fn(f64) -> f64| rows.clone().map(|t| fx(of(value(t))).unwrap()).sum();
                BlockSum { s1: sum(&|r| r), s2: sum(&|r| r * r) }
            });
            assert!(matrix.push(&sums.collect::<Vec<_>>()));
        }
        assert_eq!(cscv(&matrix, 0.0, 2).unwrap().pbo, expected, "{count} blocks");
    }
}

// Contract H8.
#[test]
fn few_trials_and_few_returns_have_no_splits() {
    let of = |trials: usize, returns| {
        let mut matrix = Matrix::new(4, returns).unwrap();
        (0..trials).for_each(|_| assert!(matrix.push(&three()[0])));
        pbo(&matrix, 0.0, 1).map(|c| c.trials)
    };
    assert_eq!(of(19, 40), Err(NullReason::TooFewTrials));
    assert_eq!(of(20, 31), Err(NullReason::TooShort));
    assert_eq!(of(20, 32), Ok(20));
    assert!(Matrix::new(5, 40).is_none() && Matrix::new(18, 40).is_none() && Matrix::new(0, 40).is_none());
    let mut matrix = Matrix::new(4, 40).unwrap();
    assert!(!matrix.push(&three()[0][..3]) && matrix.trials() == 0);
    assert_eq!(cscv(&matrix, 0.0, 1), Err(NullReason::TooFewTrials));
}

// Contract H12.
#[test]
fn a_bootstrap_takes_the_path_of_the_example() {
    assert_eq!(Blocks::new(12, 3).path(0, 0), [2, 2, 3, 11, 5, 6, 7, 8, 9, 10, 7, 8]);
    assert_eq!([1, 8, 9, 2_016, 525_600].map(mean_block), [1, 2, 3, 13, 81]);
    let single = Blocks::new(50, 1).path(3, 4);
    assert!(single.windows(2).any(|w| w[1] != w[0] + 1) && single.len() == 50);
}

// Contract H12.
#[test]
fn a_bootstrap_of_too_little_says_so() {
    let paths = Paths { mean_block: None, samples: 100, seed: 1 };
    assert_eq!(bootstrap(&[0.01; 19], 252.0, 0.0, paths, 1), Err(NullReason::TooShort));
    assert_eq!(bootstrap(&[f64::NAN; 20], 252.0, 0.0, paths, 1), Err(NullReason::NotFinite));
    let flat = bootstrap(&[0.01; 20], 252.0, 0.0, paths, 1).unwrap();
    assert_eq!((flat.sharpe, flat.max_drawdown, flat.losses.p()), ([0.0; 2], [0.0; 2], 1.0));
}

// Contract H13.
#[test]
fn trades_are_placed_as_in_the_examples() {
    let placed = |lengths: &[usize], rows, seed| {
        let mut streams = Streams::new(seed);
        placements(lengths, rows, streams.at(Test::RandomEntry, 0, 0))
    };
    assert_eq!(placed(&[3, 5], 20, 7), [(1, 0), (0, 13)]);
    assert_eq!(placed(&[1, 1, 1, 1], 4, 0), [(3, 0), (2, 1), (0, 2), (1, 3)]);
    assert_eq!(placed(&[2, 3], 4, 0), []);
}

// Contract H13.
#[test]
fn entries_that_cannot_be_placed_say_why() {
    let value = |_: Trade, _: usize| 0.01;
    let of = |trades: &[Trade], value: &(dyn Fn(Trade, usize) -> f64 + Sync)| {
        random_entry(&[Sleeve { subject: 0, rows: 10, trades, value }], 1, 50, 1)
    };
    let trade = Trade { offset: 2, bars: 4, short: false };
    assert_eq!(of(&[], &value), Err(NullReason::NoTrades));
    assert_eq!(of(&[Trade { offset: 7, ..trade }], &value), Err(NullReason::NotReplayable));
    assert_eq!(of(&[trade, trade, trade], &value), Err(NullReason::NotReplayable));
    assert_eq!(of(&[trade], &|_, _| f64::NAN), Err(NullReason::NotFinite));
    // Wherever it begins it is worth the same, and equal is as good.
    assert_eq!(of(&[trade], &value).unwrap().hits.p(), 1.0);
}

// Contract H11.
#[test]
fn a_reality_check_of_too_little_says_so() {
    let sums = |t: usize| {
        let rows = |b| block_start(b + 1, t) - block_start(b, t);
        (0..16).map(|b| BlockSum { s1: (b as i64 - 7) << 40, s2: (rows(b) as i64) << 44 }).collect::<Vec<_>>()
    };
    let test = |t: usize| {
        let mut check = RealityCheck::new(16, t as u64);
        assert!(
            check.push(&sums(t)) && !check.push(&[BlockSum::default(); 16]) && !check.push(&sums(t)[..15])
        );
        (check.test(&sums(t), 1, 99, 1).map(|r| r.trials), check.test(&[BlockSum::default(); 16], 1, 99, 1))
    };
    assert_eq!(test(31).0, Err(NullReason::TooShort));
    assert_eq!(test(32), (Ok(1), Err(NullReason::FlatReturns)));
}
