//! Highest and lowest of windows, in constant time a row (a queue of candidates).

use crate::graph::column::{Column, Rows, Stream, Whole as Number};
use std::collections::VecDeque;

/// What can still be the extreme of a window, from the extreme on; later rows are less extreme.
struct Candidates<T, const HIGHEST: bool> {
    n: usize,
    queue: VecDeque<(usize, T)>,
}

impl<T: Copy + PartialOrd, const HIGHEST: bool> Candidates<T, HIGHEST> {
    fn new(n: usize) -> Self {
        Candidates { n, queue: VecDeque::new() }
    }

    /// Takes row `t`.
    #[inline]
    fn take(&mut self, t: usize, x: T) {
        let beaten = |old: T| if HIGHEST { old <= x } else { old >= x };
        while self.queue.back().is_some_and(|&(_, old)| beaten(old)) {
            self.queue.pop_back();
        }
        self.queue.push_back((t, x));
    }

    /// The extreme of the window that ends at row `t`.
    #[inline]
    fn extreme(&mut self, t: usize) -> Option<T> {
        while self.queue.front().is_some_and(|&(row, _)| row + self.n <= t) {
            self.queue.pop_front();
        }
        self.queue.front().map(|&(_, x)| x)
    }
}

/// Of exact numbers.
pub(super) struct Whole<T, const HIGHEST: bool>(Candidates<T, HIGHEST>);

impl<T: Number, const HIGHEST: bool> Whole<T, HIGHEST> {
    pub fn new(n: usize) -> Self {
        Whole(Candidates::new(n))
    }
}

impl<T: Number, const HIGHEST: bool> Stream for Whole<T, HIGHEST> {
    fn fill(&mut self, rows: &Rows<'_>, out: &mut Column) {
        let column = T::of_mut(out);
        column.clear();
        for (i, &x) in rows.whole::<T>(0).iter().enumerate() {
            self.0.take(rows.from + i, x);
            column.push(self.0.extreme(rows.from + i).unwrap_or(x));
        }
        out.start = rows.column(0).start.saturating_add(self.0.n - 1);
    }
}

/// Of numbers.
pub(super) struct Numbers<const HIGHEST: bool> {
    candidates: Candidates<f64, HIGHEST>,
    /// The first row whose window has no na, as far as is known.
    whole_from: usize,
}

impl<const HIGHEST: bool> Numbers<HIGHEST> {
    pub fn new(n: usize) -> Self {
        Numbers { candidates: Candidates::new(n), whole_from: n - 1 }
    }
}

impl<const HIGHEST: bool> Stream for Numbers<HIGHEST> {
    fn fill(&mut self, rows: &Rows<'_>, out: &mut Column) {
        let x = rows.numbers(0);
        for (i, (out, &x)) in out.numbers_mut(rows.len).iter_mut().zip(x).enumerate() {
            let t = rows.from + i;
            if x.is_nan() {
                self.whole_from = t + self.candidates.n;
            } else {
                self.candidates.take(t, x);
            }
            let extreme = self.candidates.extreme(t);
            *out = extreme.filter(|_| t >= self.whole_from).unwrap_or(f64::NAN);
        }
    }
}
