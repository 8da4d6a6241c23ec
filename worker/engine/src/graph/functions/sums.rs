//! Sums of windows: exact ones, those of f64 (C6), and the moments of exact numbers.

use super::blocked::{Blocked, Sum};
use super::finite;
use super::history::History;
use crate::graph::column::{Column, Rows, Stream, Whole as Number};

/// Exact sums.
pub(super) struct Whole<T> {
    n: usize,
    history: History<T>,
    sum: T,
}

impl<T: Number> Whole<T> {
    pub fn new(n: usize) -> Whole<T> {
        Whole { n, history: History::new(n, T::default()), sum: T::default() }
    }
}

impl<T: Number> Stream for Whole<T> {
    fn fill(&mut self, rows: &Rows<'_>, out: &mut Column) {
        let x = rows.whole::<T>(0);
        let old = self.history.push(x);
        let column = T::of_mut(out);
        column.clear();
        let mut sum = self.sum;
        column.extend(x.iter().zip(old).map(|(&new, &old)| {
            sum = sum.plus(new).minus(old);
            sum
        }));
        self.sum = sum;
        out.start = rows.column(0).start.saturating_add(self.n - 1);
    }
}

/// Sums of f64 (C6).
pub(super) struct WindowSum(Blocked<Sum>);

impl WindowSum {
    pub fn new(n: usize) -> WindowSum {
        WindowSum(Blocked::new(n, f64::NAN))
    }
}

impl Stream for WindowSum {
    #[inline(always)]
    fn fill(&mut self, rows: &Rows<'_>, out: &mut Column) {
        let out = out.numbers_mut(rows.len);
        self.0.fill(rows.numbers(0), out);
        out.iter_mut().for_each(|sum| *sum = finite(*sum));
    }
}

/// Standard deviation, or distance from the mean in these, of exact numbers of low weight.
pub(super) struct Deviation {
    n: usize,
    /// Of the numbers; none: the distance is due, which has none.
    denominator: Option<i128>,
    history: History<i64>,
    sum: i128,
    squares: i128,
}

impl Deviation {
    pub fn new(n: usize, denominator: Option<i128>) -> Deviation {
        Deviation { n, denominator, history: History::new(n, 0), sum: 0, squares: 0 }
    }
}

/// As f64. Most fit into 64 bits, which the processor rounds itself, to the same number.
#[inline(always)]
fn rounded(x: i128) -> f64 {
    match i64::try_from(x) {
        Ok(short) => short as f64,
        Err(_) => x as f64,
    }
}

#[inline(always)]
fn square(x: i64) -> i128 {
    i128::from(x) * i128::from(x)
}

impl Stream for Deviation {
    fn fill(&mut self, rows: &Rows<'_>, out: &mut Column) {
        let x = rows.whole::<i64>(0);
        let lead = rows.lead(rows.column(0).start.saturating_add(self.n - 1));
        let old = self.history.push(x);
        let n = self.n as i128;
        for (i, out) in out.numbers_mut(rows.len).iter_mut().enumerate() {
            self.sum += i128::from(x[i]) - i128::from(old[i]);
            self.squares = self.squares.wrapping_add(square(x[i])).wrapping_sub(square(old[i]));
            let v = n.wrapping_mul(self.squares).wrapping_sub(self.sum.wrapping_mul(self.sum));
            *out = if i < lead {
                f64::NAN
            } else if let Some(d) = self.denominator {
                finite(rounded(v).sqrt() / (n * d) as f64)
            } else if v == 0 {
                0.0
            } else {
                finite(rounded(n * i128::from(x[i]) - self.sum) / rounded(v).sqrt())
            };
        }
    }
}
