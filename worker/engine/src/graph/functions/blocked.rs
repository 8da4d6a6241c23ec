//! Windows as the tail of one block of n rows and the head of the next (C6): each row is joined to others twice,
//! whatever n, and nothing is ever taken away.

use crate::graph::column::Whole;

/// How two stretches of rows become one.
pub(super) trait Join: Send + 'static {
    type Row: Copy + Send + 'static;

    fn join(a: Self::Row, b: Self::Row) -> Self::Row;
}

/// Sums of f64.
pub(super) struct Sum;

impl Join for Sum {
    type Row = f64;

    #[inline(always)]
    fn join(a: f64, b: f64) -> f64 {
        a + b
    }
}

/// The highest or lowest number; na beside anything is na.
pub(super) struct Extreme<const HIGHEST: bool>;

impl<const HIGHEST: bool> Join for Extreme<HIGHEST> {
    type Row = f64;

    #[inline(always)]
    fn join(a: f64, b: f64) -> f64 {
        let first = if HIGHEST { a > b } else { a < b };
        if first || a.is_nan() { a } else { b }
    }
}

/// The highest or lowest numerator.
pub(super) struct WholeExtreme<T, const HIGHEST: bool>(std::marker::PhantomData<T>);

impl<T: Whole, const HIGHEST: bool> Join for WholeExtreme<T, HIGHEST> {
    type Row = T;

    #[inline(always)]
    fn join(a: T, b: T) -> T {
        let first = if HIGHEST { a > b } else { a < b };
        if first { a } else { b }
    }
}

/// Windows of n rows.
pub(super) struct Blocked<J: Join> {
    n: usize,
    /// What becomes of each row of the last whole block and those behind it.
    tail: Vec<J::Row>,
    /// The rows of this block so far, and what becomes of them.
    rows: Vec<J::Row>,
    head: J::Row,
}

impl<J: Join> Blocked<J> {
    /// Before the first row; the rows before it are `none`.
    pub fn new(n: usize, none: J::Row) -> Blocked<J> {
        Blocked { n, tail: vec![none; n], rows: Vec::with_capacity(n), head: none }
    }

    /// Takes the next rows and writes what becomes of the window that ends at each.
    #[inline(always)]
    pub fn fill(&mut self, x: &[J::Row], out: &mut [J::Row]) {
        let mut t = 0;
        while t < x.len() {
            let (i, rest) = (self.rows.len(), self.n - self.rows.len());
            let run = if x.len() - t < rest { x.len() - t } else { rest };
            let (xs, out) = (&x[t..t + run], &mut out[t..t + run]);
            let mut head = self.head;
            for (j, (out, &x)) in out.iter_mut().zip(xs).enumerate() {
                head = if i + j == 0 { x } else { J::join(head, x) };
                *out = head;
            }
            self.head = head;
            // The last row of a block needs no tail.
            for (out, &tail) in out.iter_mut().zip(&self.tail[i + 1..]) {
                *out = J::join(tail, *out);
            }
            self.rows.extend_from_slice(xs);
            if run == rest {
                self.turn();
            }
            t += run;
        }
    }

    /// A whole block becomes the last one: what becomes of its rows takes their place, from the end.
    fn turn(&mut self) {
        let mut behind: Option<J::Row> = None;
        for row in self.rows.iter_mut().rev() {
            let joined = behind.map_or(*row, |behind| J::join(*row, behind));
            (*row, behind) = (joined, Some(joined));
        }
        std::mem::swap(&mut self.tail, &mut self.rows);
        self.rows.clear();
    }
}
