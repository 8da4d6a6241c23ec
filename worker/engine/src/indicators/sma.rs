//! Simple moving averages as exact integer sums.

/// Prefix sums of integer ticks: the sum of any window in two reads.
#[derive(Clone, Debug)]
pub struct TickSums {
    prefix: Vec<i64>,
}

impl TickSums {
    /// Sums of `ticks`. The running total may wrap: differences stay exact as long as a window's sum fits i64.
    pub fn new(ticks: &[i64]) -> TickSums {
        let mut prefix = Vec::with_capacity(ticks.len() + 1);
        let mut sum = 0_i64;
        prefix.push(sum);
        for &x in ticks {
            sum = sum.wrapping_add(x);
            prefix.push(sum);
        }
        TickSums { prefix }
    }

    /// Sums of the ticks before each row, then of all.
    pub fn prefix(&self) -> &[i64] {
        &self.prefix
    }

    /// Sum of the last `n` ticks at row `t`; needs `t + 1 >= n`.
    #[inline]
    pub fn window(&self, t: usize, n: usize) -> i64 {
        self.prefix[t + 1].wrapping_sub(self.prefix[t + 1 - n])
    }

    /// The average of the last `n` ticks at each row; defined from row `n - 1`.
    pub fn averages(&self, n: usize) -> Vec<f64> {
        let rows = self.prefix.len() - 1;
        (0..rows).map(|t| if t + 1 < n { 0.0 } else { self.window(t, n) as f64 / n as f64 }).collect()
    }
}

/// Order of the `n`-row average with sum `a` against the `m`-row average with sum `b`, without a division (C1).
#[inline]
pub fn compare(a: i64, n: usize, b: i64, m: usize) -> std::cmp::Ordering {
    (i128::from(a) * m as i128).cmp(&(i128::from(b) * n as i128))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn averages_match_a_published_series() {
        // Tulip, 15 bars, SMA5 first and last to three decimals.
        let sma = TickSums::new(&crate::indicators::wilder::tests::TULIP).averages(5);
        assert_eq!(format!("{:.3} {:.3}", sma[4] / 100.0, sma[14] / 100.0), "82.426 86.804");
    }

    #[test]
    fn a_wrapped_prefix_leaves_windows_exact() {
        let sums = TickSums::new(&[i64::MAX, 5, 6, 7]);
        assert_eq!(sums.window(3, 3), 18);
        assert_eq!(sums.window(2, 2), 11);
    }

    // Contract C1.
    #[test]
    fn equal_averages_of_different_lengths_are_a_tie() {
        assert_eq!(compare(10, 1, 30, 3), std::cmp::Ordering::Equal);
        assert_eq!(compare(10, 1, 29, 3), std::cmp::Ordering::Greater);
    }
}
