//! Mean and standard deviation of returns from exact sums in units of 2^-52 (A4).

use crate::q52::{fx, to_f64};

/// Running sums of the returns c / c1 - 1 and of their squares.
#[derive(Clone, Debug)]
pub struct ReturnSums {
    s1: Vec<i128>,
    s2: Vec<i128>,
    out_of_range: Vec<u32>,
}

impl ReturnSums {
    /// Sums over closes in ticks; row 0 has no return.
    pub fn new(close: &[i64]) -> ReturnSums {
        let (mut a, mut b, mut bad) = (0_i128, 0_i128, 0_u32);
        let mut sums = ReturnSums { s1: vec![0], s2: vec![0], out_of_range: vec![0] };
        for t in 0..close.len() {
            if t > 0 {
                let m = close[t] as f64 / close[t - 1] as f64 - 1.0;
                match (fx(m), fx(m * m)) {
                    (Some(x), Some(y)) => {
                        a += i128::from(x);
                        b += i128::from(y);
                    }
                    _ => bad += 1,
                }
            }
            sums.s1.push(a);
            sums.s2.push(b);
            sums.out_of_range.push(bad);
        }
        sums
    }

    /// Standard deviation (ddof 1) of the last `n` returns at row `t`; needs `t >= n >= 2`. `None` if a return is
    /// out of range or rounding leaves no variance.
    pub fn deviation(&self, t: usize, n: usize) -> Option<f64> {
        let from = t + 1 - n;
        if self.out_of_range[t + 1] != self.out_of_range[from] {
            return None;
        }
        let (s1, s2) = (self.s1[t + 1] - self.s1[from], self.s2[t + 1] - self.s2[from]);
        let mean = to_f64(s1) / n as f64;
        let variance = (to_f64(s2) - mean * mean * n as f64) / (n - 1) as f64;
        (variance > 0.0).then(|| variance.sqrt())
    }
}

/// Standard deviation (ddof 0) of `x`, and its mean, both summed in order.
pub fn population(x: &[f64]) -> (f64, f64) {
    let n = x.len() as f64;
    let mut sum = 0.0;
    for &v in x {
        sum += v;
    }
    let mean = sum / n;
    let mut squares = 0.0;
    for &v in x {
        squares += (v - mean) * (v - mean);
    }
    (mean, (squares / n).sqrt())
}

#[cfg(test)]
mod tests {
    use super::*;

    // Contract A4, R9.
    #[test]
    fn deviations_are_those_of_a_sample() {
        let sums = ReturnSums::new(&[1000, 1100, 990, 1089]);
        // returns .1, -.1, .1
        let sd = sums.deviation(3, 3).unwrap();
        assert!((sd - (0.04_f64 / 3.0).sqrt()).abs() < 1e-14);
    }

    #[test]
    fn a_flat_window_has_no_deviation() {
        assert_eq!(ReturnSums::new(&[5; 9]).deviation(8, 4), None);
    }
}
