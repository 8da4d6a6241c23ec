//! Distance of a close from its average in standard deviations.

use super::sma::TickSums;

/// z = (c - mean) / sd (ddof 0) of the last `n` closes; 0 without variance; defined from row `n - 1`.
///
/// Sum and sum of squares are integers, so the variance never suffers from cancellation.
pub fn z_scores(close: &[i64], n: usize) -> Vec<f64> {
    let sums = TickSums::new(close);
    let mut squares = 0_i128;
    (0..close.len())
        .map(|t| {
            squares = squares.wrapping_add(square(close[t]));
            if t >= n {
                squares = squares.wrapping_sub(square(close[t - n]));
            }
            if t + 1 < n { 0.0 } else { z_score(close[t], sums.window(t, n), squares, n) }
        })
        .collect()
}

/// n Q - S^2: n^2 x the variance (ddof 0) of n values with sum S and sum of squares Q.
#[inline]
pub fn variance_times_n2(sum: i64, squares: i128, n: usize) -> i128 {
    (n as i128).wrapping_mul(squares).wrapping_sub(square(sum))
}

/// The z of close `c` among `n` closes with this sum and sum of squares.
#[inline]
pub fn z_score(c: i64, sum: i64, squares: i128, n: usize) -> f64 {
    let v = variance_times_n2(sum, squares, n);
    if v <= 0 { 0.0 } else { (n as i128 * i128::from(c) - i128::from(sum)) as f64 / (v as f64).sqrt() }
}

fn square(x: i64) -> i128 {
    i128::from(x) * i128::from(x)
}

#[cfg(test)]
mod tests {
    use super::*;

    // Contract R13.
    #[test]
    fn the_worked_example_holds() {
        let c = [100, 102, 101, 105];
        assert_eq!(variance_times_n2(408, c.iter().map(|&x| square(x)).sum(), 4), 56);
        assert!((z_scores(&c, 4)[3] - 1.6035674515).abs() < 5e-11);
    }

    #[test]
    fn a_flat_market_has_z_zero() {
        assert!(z_scores(&[777; 30], 10).iter().all(|&z| z == 0.0));
    }

    #[test]
    fn z_counts_the_bands_of_a_published_series() {
        // Tulip BB5,2 first: 80.530 / 82.426 / 84.322, so one standard deviation is .948.
        let z = z_scores(&crate::indicators::wilder::tests::TULIP, 5)[4];
        let sd = (83.61 - 82.426) / z;
        assert!((82.426 + 2.0 * sd - 84.322).abs() < 1e-3 && (82.426 - 2.0 * sd - 80.530).abs() < 1e-3);
    }
}
