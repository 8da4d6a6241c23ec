//! Highest and lowest of windows.

use super::blocked::{Blocked, Extreme, WholeExtreme};
use crate::graph::column::{Column, Rows, Stream, Whole as Number};

/// Of exact numbers.
pub(super) struct Whole<T: Number, const HIGHEST: bool> {
    n: usize,
    windows: Blocked<WholeExtreme<T, HIGHEST>>,
}

impl<T: Number, const HIGHEST: bool> Whole<T, HIGHEST> {
    pub fn new(n: usize) -> Self {
        Whole { n, windows: Blocked::new(n, T::default()) }
    }
}

impl<T: Number, const HIGHEST: bool> Stream for Whole<T, HIGHEST> {
    #[inline(always)]
    fn fill(&mut self, rows: &Rows<'_>, out: &mut Column) {
        let column = T::of_mut(out);
        column.resize(rows.len, T::default());
        self.windows.fill(rows.whole::<T>(0), column);
        out.start = rows.column(0).start.saturating_add(self.n - 1);
    }
}

/// Of numbers.
pub(super) struct Numbers<const HIGHEST: bool>(Blocked<Extreme<HIGHEST>>);

impl<const HIGHEST: bool> Numbers<HIGHEST> {
    pub fn new(n: usize) -> Self {
        Numbers(Blocked::new(n, f64::NAN))
    }
}

impl<const HIGHEST: bool> Stream for Numbers<HIGHEST> {
    #[inline(always)]
    fn fill(&mut self, rows: &Rows<'_>, out: &mut Column) {
        self.0.fill(rows.numbers(0), out.numbers_mut(rows.len));
    }
}
