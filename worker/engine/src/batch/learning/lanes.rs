//! Support vector machines trained side by side on the same rows: [`svm::train`] of up to `L` members at once.
//!
//! Each step of dual coordinate descent waits for the one before it, some 90 cycles long, most of which a processor has
//! nothing to do in. Members differ in their cost and in how many features they see; all read the same standardised row,
//! so a step of sixteen takes hardly longer than a step of one. Each member's operations and their order are those of
//! [`svm::train`]: features that it does not see have the weight 0, and adding 0 times a number changes no bit of a sum
//! that began at 0. Where a feature is not finite that does not hold, and members are trained one by one.

use super::lessons::{FEATURES, Row};
use crate::interrupt::Interrupt;
use crate::strategies::learning::svm;

/// The weight of each feature that is seen, then of the bias.
pub(super) type Weights = [f64; FEATURES + 1];

/// What a member differs in.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Kind {
    /// Features that it sees, from the first on.
    pub features: usize,
    /// Bits of the cost of a misclassified row, which is positive.
    pub cost: u64,
}

/// The weights of machines of several kinds, trained on standardised rows with labels of +1 and -1. They mean nothing once
/// `interrupt` has risen.
#[inline(always)]
pub(super) fn train(rows: &[Row], labels: &[f64], kinds: &[Kind], interrupt: Interrupt) -> Vec<Weights> {
    if !rows.iter().flatten().all(|x| x.is_finite()) {
        return kinds.iter().map(|&kind| alone(rows, labels, kind, interrupt)).collect();
    }
    let mut out = Vec::with_capacity(kinds.len());
    let mut left = kinds;
    while !left.is_empty() {
        let (these, rest) = left.split_at(left.len().min(16));
        if these.len() > 8 {
            together::<16>(rows, labels, these, interrupt, &mut out);
        } else {
            together::<8>(rows, labels, these, interrupt, &mut out);
        }
        left = rest;
    }
    out
}

fn alone(rows: &[Row], labels: &[f64], kind: Kind, interrupt: Interrupt) -> Weights {
    let input = |row: &Row| -> Vec<f64> { row[..kind.features].iter().copied().chain([1.0]).collect() };
    let inputs: Vec<Vec<f64>> = rows.iter().map(input).collect();
    let trained = svm::train(&inputs, labels, f64::from_bits(kind.cost), interrupt);
    let mut weights = [0.0; FEATURES + 1];
    weights[..kind.features].copy_from_slice(&trained[..kind.features]);
    weights[FEATURES] = trained[kind.features];
    weights
}

#[inline(always)]
fn together<const L: usize>(
    rows: &[Row],
    labels: &[f64],
    kinds: &[Kind],
    interrupt: Interrupt,
    out: &mut Vec<Weights>,
) {
    let seen = kinds.iter().map(|kind| kind.features).max().unwrap_or(0);
    let (mut d, mut sees) = ([1.0; L], [[0.0; L]; FEATURES]);
    for (lane, kind) in kinds.iter().enumerate() {
        d[lane] = 1.0 / (2.0 * f64::from_bits(kind.cost));
        sees[..kind.features].iter_mut().for_each(|row| row[lane] = 1.0);
    }
    let sees = &sees[..seen];
    let divisors: Vec<[f64; L]> = rows.iter().map(|row| divisor(row, kinds, &d)).collect();
    let mut alpha = vec![[0.0; L]; rows.len()];
    let (mut w, mut bias) = ([[0.0; L]; FEATURES], [0.0; L]);
    let w = &mut w[..seen];
    let (mut step, mut last) = ([0.0; L], rows.first().unwrap_or(&[0.0; FEATURES]));
    for _ in 0..svm::PASSES {
        if interrupt.is_asked() {
            break;
        }
        for (((x, &y), alpha), divisor) in rows.iter().zip(labels).zip(&mut alpha).zip(&divisors) {
            let (before, divisor) = (*alpha, *divisor);
            let mut product = [0.0; L];
            // The step of the row before is taken in the loop that reads the weights: on its own it would be compiled for
            // features side by side, whose weights lie apart, and take eight times as long.
            for (((w, &x), &last), sees) in w.iter_mut().zip(x).zip(last).zip(sees) {
                for (((w, product), step), sees) in w.iter_mut().zip(&mut product).zip(&step).zip(sees) {
                    *w += step * last * sees;
                    *product += *w * x;
                }
            }
            let members = before.iter().zip(&product).zip(&bias).zip(&d).zip(&divisor);
            for (next, ((((a, product), bias), d), divisor)) in step.iter_mut().zip(members) {
                let gradient = y * (product + bias) - 1.0 + d * a;
                let moved = a - gradient / divisor;
                *next = if moved > 0.0 { moved } else { 0.0 };
            }
            *alpha = step;
            step.iter_mut().zip(&before).for_each(|(step, a)| *step = (*step - a) * y);
            bias.iter_mut().zip(&step).for_each(|(bias, step)| *bias += step);
            last = x;
        }
    }
    for ((w, &last), sees) in w.iter_mut().zip(last).zip(sees) {
        w.iter_mut().zip(&step).zip(sees).for_each(|((w, step), sees)| *w += step * last * sees);
    }
    for lane in 0..kinds.len() {
        let mut weights = [0.0; FEATURES + 1];
        for (to, w) in weights.iter_mut().zip(w.iter()) {
            *to = w[lane];
        }
        weights[FEATURES] = bias[lane];
        out.push(weights);
    }
}

/// The length of a row squared, bias included, as each member sees it, and D.
#[inline(always)]
fn divisor<const L: usize>(row: &Row, kinds: &[Kind], d: &[f64; L]) -> [f64; L] {
    let (mut squares, mut sum) = ([0.0; FEATURES + 1], 0.0);
    for (to, x) in squares[1..].iter_mut().zip(row) {
        sum += x * x;
        *to = sum;
    }
    let mut out = *d;
    for (out, kind) in out.iter_mut().zip(kinds) {
        *out += squares[kind.features] + 1.0;
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Numbers about 0, the same everywhere.
    fn rows(n: usize) -> Vec<Row> {
        let mut x = 1_u64;
        let mut next = || {
            x = x.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
            (x >> 40) as f64 / (1 << 23) as f64 - 1.0
        };
        (0..n).map(|_| std::array::from_fn(|_| next())).collect()
    }

    // Contract R11.
    #[test]
    fn machines_side_by_side_have_the_bits_of_each_alone() {
        let mut rows = rows(80);
        // A feature without deviation is 0 in all rows.
        rows.iter_mut().for_each(|row| row[6] = 0.0);
        let labels: Vec<f64> = (0..80).map(|i| if i % 3 == 0 { -1.0 } else { 1.0 }).collect();
        let kind = |(features, cost): (usize, f64)| Kind { features, cost: cost.to_bits() };
        let all = (1..=FEATURES).flat_map(|features| [0.015625, 1.0, 16.0].map(|cost| (features, cost)));
        let kinds: Vec<Kind> = all.map(kind).collect();
        for count in [1, 7, 8, 9, 16, 17, kinds.len()] {
            for kinds in kinds.chunks(count) {
                let together = train(&rows, &labels, kinds, Interrupt::NEVER);
                let one_by_one = kinds.iter().map(|&kind| alone(&rows, &labels, kind, Interrupt::NEVER));
                let bits = |weights: Weights| weights.map(f64::to_bits);
                assert!(together.into_iter().map(bits).eq(one_by_one.map(bits)), "{count} side by side");
            }
        }
    }

    #[test]
    fn a_feature_that_is_no_number_spoils_only_those_who_see_it() {
        let mut rows = rows(60);
        rows[17][5] = f64::INFINITY;
        let labels: Vec<f64> = (0..60).map(|i| if i % 2 == 0 { -1.0 } else { 1.0 }).collect();
        let kinds = [5, 6].map(|features| Kind { features, cost: 1.0_f64.to_bits() });
        let trained = train(&rows, &labels, &kinds, Interrupt::NEVER);
        assert!(trained[0].iter().all(|w| w.is_finite()));
        assert!(trained[1].iter().any(|w| w.is_nan()));
    }
}
