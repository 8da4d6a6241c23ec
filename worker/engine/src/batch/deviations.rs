//! Standard deviations of the last returns, from running sums in 64 bits where no window leaves them: the same integers as
//! those of `indicators::moments` in half the width, so that rows are computed side by side.

use crate::q52::{UNITS, fx};

/// Running sums of the returns of the closes before each row, and of their squares. They may wrap; differences are exact.
pub(super) struct Moments {
    s1: Vec<i64>,
    s2: Vec<i64>,
    /// Returns of which no sum leaves 64 bits.
    longest: u64,
}

impl Moments {
    /// Of closes in ticks; `None` where a return is out of range.
    pub(super) fn new(close: &[f64]) -> Option<Moments> {
        let mut sums = Moments { s1: vec![0; 2], s2: vec![0; 2], longest: 0 };
        let (mut a, mut b, mut largest) = (0_i64, 0_i64, 1_u64);
        for pair in close.windows(2) {
            let m = pair[1] / pair[0] - 1.0;
            let (x, y) = (fx(m)?, fx(m * m)?);
            (a, b) = (a.wrapping_add(x), b.wrapping_add(y));
            for term in [x, y] {
                largest = if term.unsigned_abs() > largest { term.unsigned_abs() } else { largest };
            }
            sums.s1.push(a);
            sums.s2.push(b);
        }
        sums.longest = i64::MAX.unsigned_abs() / largest;
        Some(sums)
    }

    /// Whether windows of `n` returns are exact.
    pub(super) fn covers(&self, n: usize) -> bool {
        n as u64 <= self.longest
    }

    /// Deviations of `n` returns at rows from `from` on; not a number where there is none.
    #[inline(always)]
    pub(super) fn read(&self, n: usize, from: usize, out: &mut [f64]) {
        // Rows without a whole window.
        let head = n.saturating_sub(from).min(out.len());
        out[..head].fill(f64::NAN);
        let (out, first) = (&mut out[head..], from + head);
        if out.is_empty() {
            return;
        }
        let (last, before) = (first + 1, first + 1 - n);
        let (new1, old1) = (&self.s1[last..last + out.len()], &self.s1[before..]);
        let (new2, old2) = (&self.s2[last..last + out.len()], &self.s2[before..]);
        let count = n as f64;
        for (o, ((a, b), (c, d))) in out.iter_mut().zip(new1.iter().zip(old1).zip(new2.iter().zip(old2))) {
            let (s1, s2) = (a.wrapping_sub(*b) as f64 / UNITS, c.wrapping_sub(*d) as f64 / UNITS);
            let mean = s1 / count;
            let variance = (s2 - mean * mean * count) / (n - 1) as f64;
            *o = if variance > 0.0 { variance.sqrt() } else { f64::NAN };
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::indicators::moments::ReturnSums;

    #[test]
    fn they_have_the_bits_of_the_indicator() {
        let close: Vec<i64> = (0..700).map(|i| if i > 500 { 7 } else { 900 + i * 7919 % 263 }).collect();
        let ticks: Vec<f64> = close.iter().map(|&c| c as f64).collect();
        let (moments, sums) = (Moments::new(&ticks).unwrap(), ReturnSums::new(&close));
        assert!(moments.covers(500) && !moments.covers(1 << 20));
        for n in [2, 10, 50, 500] {
            for (from, to) in [(0, 100), (n, 600), (55, 567), (699, 700)] {
                let mut out = vec![0.0; to - from];
                moments.read(n, from, &mut out);
                for (t, got) in (from..to).zip(out) {
                    let expected = if t < n { None } else { sums.deviation(t, n) };
                    assert_eq!((!got.is_nan()).then_some(got), expected, "{n} rows at {t}");
                }
            }
        }
        assert!(Moments::new(&[1.0, 5000.0]).is_none());
    }
}
