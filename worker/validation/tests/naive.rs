//! The fast forms against the plainest ones, on any input; and nothing depends on the number of threads.

#![allow(clippy::unwrap_used, reason = "a test that cannot set up should fail")]

use galapagos_engine::evaluation::BlockSum;
use galapagos_engine::q52::{Sums, to_f64};
use galapagos_validation::bootstrap::{Blocks, Paths, bootstrap};
use galapagos_validation::cscv::{Cscv, Matrix, cscv};
use galapagos_validation::draws::{Streams, Test};
use galapagos_validation::leaders::{Likeness, Trial, leaders};
use galapagos_validation::perf::perf;
use galapagos_validation::random_entry::{Sleeve, Trade, placements, random_entry};
use galapagos_validation::reality::RealityCheck;
use proptest::collection::vec;
use proptest::prelude::*;

/// Trials of 16 blocks; some are copies of each other, some flat, some of the first are too large for 64 bits together.
fn any_trials(blocks: usize) -> impl Strategy<Value = Vec<Vec<BlockSum>>> {
    let block = prop_oneof![
        9 => (-400_i64..400, 1_i64..9).prop_map(|(s1, s2)| (s1 << 40, s2 << 42)),
        1 => (-1_i64..2).prop_map(|sign| (sign << 61, 1 << 61)),
        1 => Just((0, 0)),
    ];
    let trial = vec(block.prop_map(|(s1, s2)| BlockSum { s1, s2 }), blocks);
    (vec(trial, 1..12), vec(any::<prop::sample::Index>(), 0..6)).prop_map(|(mut trials, copies)| {
        for copy in copies {
            trials.push(copy.get(&trials).clone());
        }
        trials
    })
}

fn total(blocks: &[BlockSum]) -> (i128, i128) {
    (blocks.iter().map(|b| i128::from(b.s1)).sum(), blocks.iter().map(|b| i128::from(b.s2)).sum())
}

fn start(b: usize, blocks: usize, returns: u64) -> u64 {
    b as u64 * returns / blocks as u64
}

/// Split by split, with sums of 128 bits and ranks by sorting.
fn naive_splits(trials: &[Vec<BlockSum>], blocks: usize, returns: u64) -> (u64, u64, Vec<usize>) {
    let (mut overfit, mut losses, mut ranks) = (0, 0, Vec::new());
    for mask in (0..1_usize << blocks).filter(|m| m.count_ones() as usize * 2 == blocks) {
        let ratio = |trial: &Vec<BlockSum>, inside: bool| {
            let chosen = (0..blocks).filter(|b| (mask >> b & 1 == 1) == inside);
            let union: Vec<BlockSum> = chosen.clone().map(|b| trial[b]).collect();
            let n = chosen.map(|b| start(b + 1, blocks, returns) - start(b, blocks, returns)).sum();
            perf(total(&union).0, total(&union).1, n, 0.0)
        };
        let inside: Vec<f64> = trials.iter().map(|t| ratio(t, true)).collect();
        let best = inside.iter().copied().fold(f64::NEG_INFINITY, |a, b| if b > a { b } else { a });
        let best = inside.iter().position(|&x| x == best).unwrap();
        let mut outside: Vec<f64> = trials.iter().map(|t| ratio(t, false)).collect();
        let v = outside[best];
        outside.sort_by(f64::total_cmp);
        // Twice the average of the ranks, from 1, of those that are equal.
        let equal = outside.iter().enumerate().filter(|(_, x)| **x == v).map(|(i, _)| i + 1);
        let rank2 = 2 * equal.clone().sum::<usize>() / equal.count();
        overfit += u64::from(rank2 <= trials.len() + 1);
        losses += u64::from(v < 0.0);
        ranks.push(rank2);
    }
    ranks.sort_unstable();
    (overfit, losses, ranks)
}

fn naive_leaders(trials: &[Vec<BlockSum>], returns: u64, most: usize) -> (Vec<usize>, u64) {
    let ratio = |t: &[BlockSum]| perf(total(t).0, total(t).1, returns, 0.0);
    // Against another rate only what does not vary has a ratio of 0.
    let varies = |t: &[BlockSum]| perf(total(t).0, total(t).1, returns, 1e9) != 0.0;
    let mut order: Vec<usize> = (0..trials.len()).filter(|&i| varies(&trials[i])).collect();
    order.sort_by(|&a, &b| ratio(&trials[b]).total_cmp(&ratio(&trials[a])));
    let z = |i: usize| {
        let r: Vec<f64> = trials[i].iter().map(|b| to_f64(i128::from(b.s1))).collect();
        let mean = r.iter().sum::<f64>() / r.len() as f64;
        let length = r.iter().map(|x| (x - mean) * (x - mean)).sum::<f64>().sqrt();
        r.iter().map(|x| (x - mean) / length).collect::<Vec<f64>>()
    };
    let (mut found, mut beyond) = (Vec::<usize>::new(), 0);
    for i in order {
        let like = |&l: &usize| z(i).iter().zip(z(l)).fold(0.0, |sum, (a, b)| sum + a * b) >= 0.95;
        match found.iter().any(like) {
            true => {}
            false if found.len() < most => found.push(i),
            false => beyond += 1,
        }
    }
    let effective = found.len() as u64 + beyond;
    (found, effective)
}

fn any_returns() -> impl Strategy<Value = Vec<f64>> {
    vec(prop_oneof![8 => (-90_i32..100).prop_map(|r| f64::from(r) * 1e-3), 1 => Just(0.0)], 20..200)
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 48, ..ProptestConfig::default() })]

    // Contract H8.
    #[test]
    fn splits_are_those_of_a_plain_count(
        (blocks, trials) in (1_usize..5).prop_flat_map(|half| (Just(2 * half), any_trials(2 * half))),
        returns in 40_u64..500,
    ) {
        let mut matrix = Matrix::new(blocks, returns).unwrap();
        prop_assert!(trials.iter().all(|t| matrix.push(t)));
        let got = cscv(&matrix, 0.0, 1).unwrap();
        let (overfit, losses, ranks) = naive_splits(&trials, blocks, returns);
        let q = ranks[ranks.len() / 2 - 1] as f64;
        let logit = libm::log(q / (2.0 * (trials.len() as f64 + 1.0) - q));
        prop_assert_eq!((got.overfit_splits, got.loss_splits, got.splits), (overfit, losses, ranks.len() as u64));
        prop_assert!((got.median_logit - logit).abs() < 1e-12);
        let Cscv { pbo, probability_of_loss, .. } = got;
        prop_assert!((0.0..=1.0).contains(&pbo) && (0.0..=1.0).contains(&probability_of_loss));
        for slots in [2, 3, 64] {
            prop_assert_eq!(cscv(&matrix, 0.0, slots).unwrap(), got);
        }
    }

    // Contract H7.
    #[test]
    fn leaders_are_those_of_comparing_all_with_all(trials in any_trials(16), most in 0_usize..12) {
        let all: Vec<Trial> =
            trials.iter().enumerate().map(|(i, blocks)| Trial { blocks, hash: i as u128 }).collect();
        let likeness = Likeness { most, ..Likeness::default() };
        let got = leaders(&all, 640, 0.0, likeness);
        let (found, effective) = naive_leaders(&trials, 640, most);
        prop_assert_eq!(&got.found, &found);
        prop_assert_eq!(got.effective, effective);
    }

    // Contract H7.
    #[test]
    fn copies_of_trials_change_no_number_of_leaders(trials in any_trials(16)) {
        let twice = [trials.clone(), trials.clone()].concat();
        let count = |trials: &[Vec<BlockSum>]| {
            let all: Vec<Trial> = trials.iter().map(|blocks| Trial { blocks, hash: 0 }).collect();
            leaders(&all, 640, 0.0, Likeness::default()).effective
        };
        // Blocks that all earned the same correlate with nothing, not even with themselves.
        prop_assume!(trials.iter().all(|t| t.iter().any(|b| b.s1 != t[0].s1)));
        prop_assert_eq!(count(&twice), count(&trials));
    }

    // Contract H11.
    #[test]
    fn a_reality_check_is_that_of_one_trial_after_the_other(trials in any_trials(16), seed in any::<u64>()) {
        let (t, samples) = (640_u64, 40);
        let mut check = RealityCheck::new(16, t);
        let kept: Vec<&Vec<BlockSum>> = trials.iter().filter(|trial| check.push(trial)).collect();
        prop_assume!(!kept.is_empty());
        let got = check.test(kept[0], seed, samples, 1).unwrap();
        let mut streams = Streams::new(seed);
        let mut hits = 0;
        for sample in 0..samples {
            let draws = streams.at(Test::RealityCheck, 0, sample);
            let w: Vec<f64> = (0..16).map(|_| draws.normal()).collect();
            let best = kept.iter().map(|trial| {
                let (s1, s2) = total(trial);
                let (n, mean) = (t as f64, to_f64(s1) / t as f64);
                let sd = ((to_f64(s2) - mean * mean * n) / (n - 1.0)).sqrt();
                let d = |j: usize| {
                    let rows = (start(j + 1, 16, t) - start(j, 16, t)) as f64;
                    (to_f64(i128::from(trial[j].s1)) - mean * rows) * (16.0_f64 / 15.0).sqrt() / (sd * n.sqrt())
                };
                (0..16).fold(0.0, |sum, j| sum + w[j] * d(j))
            });
            hits += u64::from(best.fold(f64::NEG_INFINITY, |a, b| if b > a { b } else { a }) >= got.t);
        }
        prop_assert_eq!(got.hits.hits, hits);
        prop_assert_eq!(got.trials, kept.len() as u64);
        prop_assert!(got.hits.p() > 0.0 && got.hits.p() <= 1.0);
        for slots in [2, 7] {
            prop_assert_eq!(check.test(kept[0], seed, samples, slots).unwrap(), got);
        }
    }

    // Contract H12.
    #[test]
    fn a_path_is_worth_what_walking_it_gives(returns in any_returns(), seed in any::<u64>(), length in 1_u64..30) {
        let paths = Paths { mean_block: Some(length), samples: 1, seed };
        let got = bootstrap(&returns, 252.0, 0.0, paths, 1).unwrap();
        let path = Blocks::new(returns.len(), length).path(seed, 0);
        let walked: Vec<f64> = path.iter().map(|&i| returns[i]).collect();
        let (mut equity, mut peak, mut lowest) = (1.0, 1.0, 1.0);
        for r in &walked {
            equity *= 1.0 + r;
            if equity > peak { peak = equity }
            if equity / peak < lowest { lowest = equity / peak }
        }
        let sums = Sums::from_returns(&walked).unwrap();
        let sharpe = perf(sums.s1, sums.s2, sums.returns, 0.0) * 252_f64.sqrt();
        prop_assert_eq!(got.sharpe, [sharpe; 2]);
        prop_assert_eq!(got.total_return, [equity - 1.0; 2]);
        prop_assert_eq!(got.max_drawdown, [1.0 - lowest; 2]);
    }

    // Contract H12.
    #[test]
    fn intervals_of_a_bootstrap_do_not_depend_on_threads(returns in any_returns(), seed in any::<u64>()) {
        let paths = Paths { mean_block: None, samples: 90, seed };
        let got = bootstrap(&returns, 252.0, 1e-5, paths, 1).unwrap();
        for [low, high] in [got.sharpe, got.total_return, got.max_drawdown] {
            prop_assert!(low <= high);
        }
        prop_assert!(got.losses.p() > 0.0 && got.losses.p() <= 1.0);
        for slots in [2, 8] {
            prop_assert_eq!(bootstrap(&returns, 252.0, 1e-5, paths, slots).unwrap(), got);
        }
    }

    // Contract H13.
    #[test]
    fn placed_trades_keep_their_lengths_and_never_overlap(
        lengths in vec(1_usize..9, 0..20), free in 0_usize..50, seed in any::<u64>(),
    ) {
        let rows = lengths.iter().sum::<usize>() + free;
        let mut streams = Streams::new(seed);
        let placed = placements(&lengths, rows, streams.at(Test::RandomEntry, 0, 0));
        let mut seen: Vec<usize> = placed.iter().map(|p| p.0).collect();
        seen.sort_unstable();
        prop_assert_eq!(seen, (0..lengths.len()).collect::<Vec<_>>());
        let mut end = 0;
        for (trade, offset) in placed {
            prop_assert!(offset >= end);
            end = offset + lengths[trade];
        }
        prop_assert!(end <= rows);
        if rows > free {
            let fewer = placements(&lengths, rows - free - 1, streams.at(Test::RandomEntry, 0, 0));
            prop_assert!(fewer.is_empty());
        }
    }

    // Contract H13.
    #[test]
    fn random_entries_of_symbols_are_added_up_whatever_the_threads(seed in any::<u64>(), bars in 1_usize..9) {
        let trades = [Trade { offset: 3, bars, short: false }, Trade { offset: 20, bars: 5, short: true }];
        let value = |trade: Trade, at: usize| (at as f64 - 10.0) * 1e-3 * if trade.short { -1.0 } else { 1.0 };
        let sleeve = |subject| Sleeve { subject, rows: 40, trades: &trades, value: &value };
        let got = random_entry(&[sleeve(0), sleeve(1)], seed, 60, 1).unwrap();
        prop_assert_eq!(got.trades, 4);
        prop_assert!(got.hits.hits <= 60);
        prop_assert_eq!(random_entry(&[sleeve(0), sleeve(1)], seed, 60, 7).unwrap(), got);
    }
}
