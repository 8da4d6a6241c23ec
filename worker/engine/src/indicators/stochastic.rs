//! The stochastic oscillator: where the close lies between the lowest low and the highest high of a window, 0
//! to 100.

use super::channel::{highest, lowest};

/// %K of `k` rows, 0 to 100, and 50 where the window has no range; defined from row `k - 1`.
pub fn percent_k(high: &[i64], low: &[i64], close: &[i64], k: usize) -> Vec<f64> {
    let (top, bottom) = (highest(high, k), lowest(low, k));
    (0..close.len())
        .map(|t| {
            let range = i128::from(top[t]) - i128::from(bottom[t]);
            let above = 100 * (i128::from(close[t]) - i128::from(bottom[t]));
            if t + 1 < k {
                0.0
            } else if range == 0 {
                50.0
            } else {
                above as f64 / range as f64
            }
        })
        .collect()
}

/// %D: the mean of the last `d` values of %K, summed oldest first; defined from row `k + d - 2`.
pub fn percent_d(percent_k: &[f64], k: usize, d: usize) -> Vec<f64> {
    (0..percent_k.len())
        .map(|t| {
            if t + 2 < k + d {
                return 0.0;
            }
            let mut sum = 0.0;
            for &x in &percent_k[t + 1 - d..=t] {
                sum += x;
            }
            sum / d as f64
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    // Contract R4.
    #[test]
    fn the_worked_example_holds() {
        let h = [100, 120, 130, 120, 140, 150];
        let l = [90, 100, 110, 100, 110, 120];
        let c = [95, 115, 115, 105, 130, 125];
        let k = percent_k(&h, &l, &c, 3);
        assert_eq!((k[2], k[4], k[5]), (62.5, 75.0, 50.0));
        assert!((k[3] - 16.6667).abs() < 5e-5);
        let d = percent_d(&k, 3, 2);
        assert!((d[3] - 39.583333).abs() < 5e-7 && (d[4] - 45.833333).abs() < 5e-7);
        assert_eq!(d[5], 62.5);
    }

    #[test]
    fn a_window_without_range_reads_fifty() {
        assert!(percent_k(&[5; 9], &[5; 9], &[5; 9], 3)[2..].iter().all(|&k| k == 50.0));
    }
}
