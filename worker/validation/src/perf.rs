//! Sharpe ratio per bar of any union of blocks (H4), a number in every case: what does not vary is cash, 0.

use galapagos_engine::evaluation::BlockSum;
use galapagos_engine::q52::to_f64;

/// (mean - riskless)/sqrt(squares/(n - 1)) of n returns with the exact sums s1 of r and s2 of r², where mean = s1/n and
/// squares = s2 - mean·mean·n; 0 if squares <= 1e-10·s2, or below two returns. `riskless` is the rate of a bar.
pub fn perf(s1: i128, s2: i128, returns: u64, riskless: f64) -> f64 {
    of_numbers(to_f64(s1), to_f64(s2), returns as f64, riskless)
}

/// [`perf`] of sums that are numbers already.
pub(crate) fn of_numbers(s1: f64, s2: f64, n: f64, riskless: f64) -> f64 {
    let mean = s1 / n;
    let squares = s2 - mean * mean * n;
    if n < 2.0 || squares <= 1e-10 * s2 {
        return 0.0;
    }
    (mean - riskless) / (squares / (n - 1.0)).sqrt()
}

/// Sums of r and r² over all blocks.
pub(crate) fn totals(blocks: &[BlockSum]) -> (i128, i128) {
    let sum = |of: fn(&BlockSum) -> i64| blocks.iter().map(|b| i128::from(of(b))).sum();
    (sum(|b| b.s1), sum(|b| b.s2))
}

/// Whether the returns behind the sums have no variance worth the name (X23).
pub(crate) fn is_flat(s1: i128, s2: i128, returns: u64) -> bool {
    let (n, s2) = (returns as f64, to_f64(s2));
    let mean = to_f64(s1) / n;
    s2 - mean * mean * n <= 1e-10 * s2
}

/// The first return of block `b` of `blocks`.
pub(crate) fn block_start(b: usize, blocks: usize, returns: u64) -> u64 {
    (b as u128 * u128::from(returns) / blocks as u128) as u64
}

#[cfg(test)]
mod tests {
    use super::*;
    use galapagos_engine::metrics::sharpe_of_sums;
    use galapagos_engine::q52::{Sums, fx};

    // Contract H4.
    #[test]
    fn unions_of_the_example_have_its_ratios() {
        let blocks = [(0.02, 0.0006), (0.01, 0.0004), (-0.01, 0.0005), (0.03, 0.0009)];
        let sums = blocks.map(|(s1, s2)| BlockSum { s1: fx(s1).unwrap(), s2: fx(s2).unwrap() });
        for (part, expected) in
            [(&sums[..2], 0.2115759861), (&sums[2..], 0.1173376152), (&sums, 0.1614605795)]
        {
            let (s1, s2) = totals(part);
            let got = perf(s1, s2, 10 * part.len() as u64, 0.0);
            assert!((got - expected).abs() < 5.1e-11, "{got}");
        }
    }

    // Contract H4.
    #[test]
    fn a_ratio_is_that_of_the_account_and_cash_has_none() {
        let returns = [0.01, -0.02, 0.03, 0.0];
        let sums = Sums::from_returns(&returns).unwrap();
        assert_eq!(Some(perf(sums.s1, sums.s2, 4, 0.0)), sharpe_of_sums(sums.s1, sums.s2, 4));
        assert!(perf(sums.s1, sums.s2, 4, 0.001) < perf(sums.s1, sums.s2, 4, 0.0));
        let flat = Sums::from_returns(&[0.01; 50]).unwrap();
        assert_eq!((perf(flat.s1, flat.s2, 50, 0.0), is_flat(flat.s1, flat.s2, 50)), (0.0, true));
        assert_eq!((perf(0, 0, 9, 0.1), perf(5, 5, 1, 0.0), perf(0, 0, 0, 0.0)), (0.0, 0.0, 0.0));
    }
}
