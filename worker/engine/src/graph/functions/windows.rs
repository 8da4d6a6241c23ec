//! Windows whose sums have a fixed order, oldest first: each row reads its whole window. Neighbouring rows are summed
//! side by side, which changes no sum.

use super::history::{History, Unbroken};
use super::{finite, widened};
use crate::graph::column::{Column, Rows, Stream};
use crate::graph::op;

/// Rows that are summed side by side: enough registers of sums that no addition waits for the one before.
const SIDE: usize = 32;

/// What becomes of windows: `xs` holds `L` of them, one row apart, `n` rows each; `own`: another input in the rows that
/// the windows end at.
trait Form: Send + 'static {
    fn rows<const L: usize>(&self, xs: &[f64], n: usize, own: &[f64]) -> [f64; L];
}

/// Sums of `L` windows, oldest row first from 0.0.
#[inline(always)]
fn sums<const L: usize>(xs: &[f64], n: usize, term: impl Fn(usize, usize, f64) -> f64) -> [f64; L] {
    let mut sums = [0.0; L];
    for i in 0..n {
        for (l, (sum, &x)) in sums.iter_mut().zip(&xs[i..i + L]).enumerate() {
            *sum += term(i, l, x);
        }
    }
    sums
}

/// What becomes of each of some numbers. `map` of an array may stand alone, and is plain Rust then.
#[inline(always)]
fn each<const L: usize>(mut all: [f64; L], of: impl Fn(f64) -> f64) -> [f64; L] {
    for x in &mut all {
        *x = of(*x);
    }
    all
}

struct Windows<F> {
    form: F,
    n: usize,
    history: History<f64>,
    unbroken: Unbroken,
    /// Whether another input stands beside the windows.
    beside: bool,
}

impl<F: Form> Stream for Windows<F> {
    #[inline(always)]
    fn fill(&mut self, rows: &Rows<'_>, out: &mut Column) {
        let (x, n) = (rows.numbers(0), self.n);
        let own = if self.beside { rows.numbers(1) } else { x };
        let all = self.history.push(x);
        let out = out.numbers_mut(rows.len);
        let mut t = 0;
        while t + SIDE <= rows.len {
            let side = self.form.rows::<SIDE>(&all[t..t + n + SIDE - 1], n, &own[t..t + SIDE]);
            out[t..t + SIDE].copy_from_slice(&side);
            t += SIDE;
        }
        for (i, out) in out[t..].iter_mut().enumerate() {
            let t = t + i;
            [*out] = self.form.rows::<1>(&all[t..t + n], n, &own[t..=t]);
        }
        if let Some(before) = self.unbroken.all(x) {
            let begun = (n - 1).saturating_sub(before);
            let (early, whole) = out.split_at_mut(if begun < out.len() { begun } else { out.len() });
            early.fill(f64::NAN);
            whole.iter_mut().for_each(|out| *out = finite(*out));
            return;
        }
        for (out, &x) in out.iter_mut().zip(x) {
            *out = if self.unbroken.next(x) < n { f64::NAN } else { finite(*out) };
        }
    }
}

struct Mean;

impl Form for Mean {
    #[inline(always)]
    fn rows<const L: usize>(&self, xs: &[f64], n: usize, _: &[f64]) -> [f64; L] {
        each(sums::<L>(xs, n, |_, _, x| x), |sum| sum / n as f64)
    }
}

/// The sum of the weights of a mean weighted by age.
pub(super) fn weights(n: usize) -> f64 {
    (n * (n + 1) / 2) as f64
}

/// A weighted mean or line of one window, in its order of operations.
pub(super) fn direct(window: op::Window, xs: &[f64]) -> f64 {
    let n = xs.len();
    let [result] = match window {
        op::Window::Weighted => Weighted.rows::<1>(xs, n, xs),
        other => Line { end: other == op::Window::End }.rows::<1>(xs, n, xs),
    };
    result
}

struct Weighted;

impl Form for Weighted {
    #[inline(always)]
    fn rows<const L: usize>(&self, xs: &[f64], n: usize, _: &[f64]) -> [f64; L] {
        let weights = weights(n);
        each(sums::<L>(xs, n, |i, _, x| (i as f64 + 1.0) * x), |sum| sum / weights)
    }
}

/// Standard deviations of windows about their means.
#[inline(always)]
fn deviations<const L: usize>(xs: &[f64], n: usize) -> ([f64; L], [f64; L]) {
    let means = Mean.rows::<L>(xs, n, &[]);
    let squares = sums::<L>(xs, n, |_, l, x| (x - means[l]) * (x - means[l]));
    (means, each(squares, |sum| (sum / n as f64).sqrt()))
}

struct Deviation;

impl Form for Deviation {
    #[inline(always)]
    fn rows<const L: usize>(&self, xs: &[f64], n: usize, _: &[f64]) -> [f64; L] {
        deviations::<L>(xs, n).1
    }
}

struct Score;

impl Form for Score {
    #[inline(always)]
    fn rows<const L: usize>(&self, xs: &[f64], n: usize, own: &[f64]) -> [f64; L] {
        let (means, deviations) = deviations::<L>(xs, n);
        std::array::from_fn(|l| if deviations[l] == 0.0 { 0.0 } else { (own[l] - means[l]) / deviations[l] })
    }
}

struct Rank;

impl Form for Rank {
    #[inline(always)]
    fn rows<const L: usize>(&self, xs: &[f64], n: usize, own: &[f64]) -> [f64; L] {
        each(sums::<L>(xs, n, |_, l, x| if x <= own[l] { 1.0 } else { 0.0 }), |count| count / n as f64)
    }
}

/// The line of least squares.
struct Line {
    end: bool,
}

impl Form for Line {
    #[inline(always)]
    fn rows<const L: usize>(&self, xs: &[f64], n: usize, _: &[f64]) -> [f64; L] {
        let rows = n as f64;
        let half = (rows - 1.0) / 2.0;
        let spread = rows * (rows * rows - 1.0) / 12.0;
        let slopes = each(sums::<L>(xs, n, |i, _, x| (i as f64 - half) * x), |sum| sum / spread);
        if !self.end {
            return slopes;
        }
        let means = Mean.rows::<L>(xs, n, &[]);
        std::array::from_fn(|l| means[l] + slopes[l] * half)
    }
}

/// The mean distance from another input.
struct Distance;

impl Form for Distance {
    #[inline(always)]
    fn rows<const L: usize>(&self, xs: &[f64], n: usize, own: &[f64]) -> [f64; L] {
        each(sums::<L>(xs, n, |_, l, x| (x - own[l]).abs()), |sum| sum / n as f64)
    }
}

/// A window of `n` rows.
pub(super) fn window(window: op::Window, n: usize) -> Box<dyn Stream> {
    fn of<F: Form>(form: F, n: usize, beside: bool) -> Box<dyn Stream> {
        let (history, unbroken) = (History::new(n - 1, f64::NAN), Unbroken::default());
        widened(Windows { form, n, history, unbroken, beside })
    }
    match window {
        op::Window::Mean => of(Mean, n, false),
        op::Window::Weighted => of(Weighted, n, false),
        op::Window::Deviation => of(Deviation, n, false),
        op::Window::Score => of(Score, n, false),
        op::Window::Rank => of(Rank, n, false),
        op::Window::Slope => of(Line { end: false }, n, false),
        op::Window::End => of(Line { end: true }, n, false),
        op::Window::Distance => of(Distance, n, true),
    }
}
