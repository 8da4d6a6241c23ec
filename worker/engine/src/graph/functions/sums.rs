//! Sums of windows: exact ones, those of f64 (C6), and the moments of exact numbers.

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

/// Sums of f64 (C6): of blocks that begin at multiples of n, so that nothing is ever subtracted.
pub(super) struct WindowSum {
    n: usize,
    /// Sums from each row of the last whole block to its end.
    tail: Vec<f64>,
    /// The rows of this block so far, and their sum.
    rows: Vec<f64>,
    head: f64,
}

impl WindowSum {
    pub fn new(n: usize) -> WindowSum {
        WindowSum { n, tail: Vec::new(), rows: Vec::with_capacity(n), head: 0.0 }
    }

    #[inline]
    fn next(&mut self, x: f64) -> f64 {
        let i = self.rows.len();
        self.rows.push(x);
        self.head += x;
        if i + 1 < self.n {
            return self.tail.get(i + 1).map_or(f64::NAN, |tail| finite(tail + self.head));
        }
        let whole = self.head;
        // The sums to the end of a block take the place of its rows.
        let mut sum = x;
        for row in self.rows[..i].iter_mut().rev() {
            sum += *row;
            *row = sum;
        }
        std::mem::swap(&mut self.tail, &mut self.rows);
        self.rows.clear();
        self.head = 0.0;
        finite(whole)
    }
}

impl Stream for WindowSum {
    fn fill(&mut self, rows: &Rows<'_>, out: &mut Column) {
        let x = rows.numbers(0);
        out.numbers_mut(rows.len).iter_mut().zip(x).for_each(|(o, &x)| *o = self.next(x));
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
                finite((v as f64).sqrt() / (n * d) as f64)
            } else if v == 0 {
                0.0
            } else {
                finite((n * i128::from(x[i]) - self.sum) as f64 / (v as f64).sqrt())
            };
        }
    }
}
