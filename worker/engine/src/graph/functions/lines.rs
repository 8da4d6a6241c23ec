//! Weighted means and lines of least squares through exact numbers: where all sums are whole numbers that f64 holds,
//! they are the same in any order, and each row costs the same whatever n.

use super::finite;
use super::history::History;
use super::windows::{direct, weights};
use crate::graph::column::{Column, Rows, Stream};
use crate::graph::op::Window;

/// Whole numbers below this are f64, and so are their halves.
const EXACT: i64 = 1 << 52;

/// A window of numerators over a power of two.
pub(super) struct Lines {
    window: Window,
    n: usize,
    denominator: f64,
    history: History<i64>,
    /// The sum of the window, and that weighted by age from 1 on.
    sum: i64,
    weighted: i64,
    /// The largest numerator whose sums are exact, and how many rows without a larger one there are.
    largest: i64,
    small: usize,
}

impl Lines {
    pub fn new(window: Window, n: usize, denominator: i128) -> Lines {
        let largest = EXACT / (n as i64 * (n as i64 + 1));
        let (history, denominator) = (History::new(n, 0), denominator as f64);
        Lines { window, n, denominator, history, sum: 0, weighted: 0, largest, small: 0 }
    }

    /// The window from its sums.
    #[inline]
    fn line(&self) -> f64 {
        let n = self.n as f64;
        let (sum, weighted) = (self.sum as f64 / self.denominator, self.weighted as f64 / self.denominator);
        if self.window == Window::Weighted {
            return weighted / weights(self.n);
        }
        // Twice the sum of (i - h) * x_i.
        let turned = 2 * (self.weighted - self.sum) - (self.n as i64 - 1) * self.sum;
        let slope = turned as f64 / 2.0 / self.denominator / (n * (n * n - 1.0) / 12.0);
        if self.window == Window::Slope { slope } else { sum / n + slope * ((n - 1.0) / 2.0) }
    }
}

impl Stream for Lines {
    fn fill(&mut self, rows: &Rows<'_>, out: &mut Column) {
        let x = rows.whole::<i64>(0);
        let lead = rows.lead(rows.column(0).start.saturating_add(self.n - 1));
        // Taken apart, so that the sums can change beside it.
        let mut history = std::mem::replace(&mut self.history, History::new(0, 0));
        let all = history.push(x);
        let mut window = Vec::new();
        for (i, out) in out.numbers_mut(rows.len).iter_mut().enumerate() {
            let n = self.n as i64;
            let fits = x[i].unsigned_abs() <= self.largest.unsigned_abs();
            self.small = if fits { self.small + 1 } else { 0 };
            self.weighted = self.weighted.wrapping_sub(self.sum).wrapping_add(n.wrapping_mul(x[i]));
            self.sum = self.sum.wrapping_add(x[i]).wrapping_sub(all[i]);
            *out = if i < lead {
                f64::NAN
            } else if self.small >= self.n {
                finite(self.line())
            } else {
                window.clear();
                window.extend(all[i + 1..=i + self.n].iter().map(|&x| x as f64 / self.denominator));
                finite(direct(self.window, &window))
            };
        }
        self.history = history;
    }
}
