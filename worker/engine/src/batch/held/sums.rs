//! Exact sums of the returns E / E1 - 1 of rows with an unchanged position.

use crate::q52::{UNITS, fx};
use std::cell::Cell;

/// Adding it rounds to a whole number, half to even, whose low bits are those of the sum.
const SHIFT: f64 = 1.5 * UNITS;

/// Sums of fx(r) and fx(r^2) over all rows of `x` but the first, with E = k + q x. All |r| must be below 1/4 and
/// there must be at most 2,048 rows.
///
/// Integers without a conversion, so that rows go side by side in any order.
#[inline(always)]
pub(super) fn usual(x: &[f64], k: f64, q: f64) -> (i64, i64) {
    let (mut s1, mut s2) = (0_u64, 0_u64);
    let Some((_, now)) = x.split_first() else { return (0, 0) };
    for (&c, &c1) in now.iter().zip(x) {
        let r = (k + q * c) / (k + q * c1) - 1.0;
        s1 = s1.wrapping_add((r * UNITS + SHIFT).to_bits());
        s2 = s2.wrapping_add((r * r * UNITS + SHIFT).to_bits());
    }
    let shifts = SHIFT.to_bits().wrapping_mul(now.len() as u64);
    (s1.wrapping_sub(shifts) as i64, s2.wrapping_sub(shifts) as i64)
}

/// The same for any returns; `None` where a term or a sum leaves 64 bits.
#[inline(never)]
pub(super) fn unusual(x: &[f64], k: f64, q: f64) -> Option<(i64, i64)> {
    let (mut s1, mut s2) = (0_i64, 0_i64);
    for pair in x.windows(2) {
        let r = (k + q * pair[1]) / (k + q * pair[0]) - 1.0;
        s1 = s1.checked_add(fx(r)?)?;
        s2 = s2.checked_add(fx(r * r)?)?;
    }
    Some((s1, s2))
}

/// Both sums of returns that are known; `small`: all of them are usual.
#[inline(always)]
pub(super) fn of(returns: &[Cell<f64>], small: bool) -> Option<(i64, i64)> {
    if !small {
        let mut terms = returns.iter().map(Cell::get);
        return terms.try_fold((0_i64, 0_i64), |(s1, s2), r| {
            Some((s1.checked_add(fx(r)?)?, s2.checked_add(fx(r * r)?)?))
        });
    }
    let (mut s1, mut s2) = (0_u64, 0_u64);
    for r in returns.iter().map(Cell::get) {
        s1 = s1.wrapping_add((r * UNITS + SHIFT).to_bits());
        s2 = s2.wrapping_add((r * r * UNITS + SHIFT).to_bits());
    }
    let shifts = SHIFT.to_bits().wrapping_mul(returns.len() as u64);
    Some((s1.wrapping_sub(shifts) as i64, s2.wrapping_sub(shifts) as i64))
}

/// Both sums of the ratios of an equity from row to row; `small`: all of them are usual.
#[inline(always)]
pub(in crate::batch) fn ratios(equity: &[f64], small: bool) -> Option<(i64, i64)> {
    // 0 + 1 x is x itself.
    if small { Some(usual(equity, 0.0, 1.0)) } else { unusual(equity, 0.0, 1.0) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn both_sums_are_those_of_single_returns() {
        let x: Vec<f64> = (0..600).map(|i| 100.0 + f64::from(i * 7919 % 263) * 0.03).collect();
        for (k, q) in [(0.0, 3.7), (2000.0, -9.3), (-500.0, 21.0)] {
            for rows in [1, 2, 9, 64, 600] {
                assert_eq!(Some(usual(&x[..rows], k, q)), unusual(&x[..rows], k, q), "{k} {q} {rows}");
            }
        }
        assert_eq!(unusual(&[1.0, 3000.0], 0.0, 1.0), None);
    }
}
