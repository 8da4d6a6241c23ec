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
    #[inline(always)]
    fn fill(&mut self, rows: &Rows<'_>, out: &mut Column) {
        let x = rows.whole::<i64>(0);
        let lead = rows.lead(rows.column(0).start.saturating_add(self.n - 1));
        let out = out.numbers_mut(rows.len);
        let n = self.n;
        let old = self.history.push(x);
        match near(old, n) {
            Some(middle) => self.short(x, middle, out),
            None => self.long(x.len(), out),
        }
        out[..lead].fill(f64::NAN);
    }
}

/// A number from which all of some numbers are so little away that no moment of `n` of them leaves 63 bits.
#[inline(always)]
fn near(all: &[i64], n: usize) -> Option<i64> {
    let (mut least, mut most) = (i64::MAX, i64::MIN);
    for &x in all {
        least = if x < least { x } else { least };
        most = if x > most { x } else { most };
    }
    let middle = least.checked_add(most)? / 2;
    // n * squares and sum * sum are at most (n * far)^2, and n * far beside the number itself.
    let far = i128::from(most) - i128::from(least) + 1;
    let largest = (n as i128).checked_mul(far)?;
    (largest < 1 << 31).then_some(middle)
}

impl Deviation {
    /// The last rows of a block, with those of the window before them.
    #[inline(always)]
    fn rows(&self, len: usize) -> (&[i64], &[i64]) {
        let all = self.history.last(len);
        (&all[self.n..], all)
    }

    /// Of a block of numbers that are close to each other, in 64 bits: moments about `middle` are those about 0 but for
    /// the sums, and n * squares - sum * sum and n * x - sum are the same whole numbers.
    #[inline(always)]
    fn short(&mut self, x: &[i64], middle: i64, out: &mut [f64]) {
        let n = self.n as i64;
        let (new, old) = self.rows(x.len());
        let (mut sum, mut squares) = (0_i64, 0_i64);
        for &x in &old[..self.n] {
            let y = x - middle;
            sum += y;
            squares += y * y;
        }
        let denominator = self.denominator.map(|d| (self.n as i128 * d) as f64);
        let mut last = (sum, squares);
        for ((out, &x), &before) in out.iter_mut().zip(new).zip(old) {
            let (y, z) = (x - middle, before - middle);
            sum += y - z;
            squares += y * y - z * z;
            last = (sum, squares);
            let v = n * squares - sum * sum;
            *out = of_moments(v as f64, denominator, (n * y - sum) as f64);
        }
        let (sum, squares, c) = (i128::from(last.0), i128::from(last.1), i128::from(middle));
        self.sum = sum + i128::from(n) * c;
        self.squares = squares + 2 * c * sum + i128::from(n) * c * c;
    }

    /// Of any block.
    #[inline(always)]
    fn long(&mut self, len: usize, out: &mut [f64]) {
        let n = self.n as i128;
        let denominator = self.denominator.map(|d| (n * d) as f64);
        let (mut sum, mut squares) = (self.sum, self.squares);
        let (new, old) = self.rows(len);
        for ((out, &x), &before) in out.iter_mut().zip(new).zip(old) {
            sum += i128::from(x) - i128::from(before);
            squares = squares.wrapping_add(square(x)).wrapping_sub(square(before));
            let v = n.wrapping_mul(squares).wrapping_sub(sum.wrapping_mul(sum));
            let distance = if denominator.is_some() { 0.0 } else { rounded(n * i128::from(x) - sum) };
            *out = of_moments(rounded(v), denominator, distance);
        }
        (self.sum, self.squares) = (sum, squares);
    }
}

/// The deviation over a denominator, or the distance in deviations where there is none.
#[inline(always)]
fn of_moments(v: f64, denominator: Option<f64>, distance: f64) -> f64 {
    match denominator {
        Some(d) => finite(v.sqrt() / d),
        None if v == 0.0 => 0.0,
        None => finite(distance / v.sqrt()),
    }
}
