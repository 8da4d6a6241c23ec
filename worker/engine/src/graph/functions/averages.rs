//! Averages that forget: C2 and C3. They start at the first row that is there; a row that is not leaves them as they
//! are.

use super::finite;

/// An average that, once it has begun, moves by a factor of the distance to the next value.
pub(super) trait Average: Clone + Send + 'static {
    /// The average with the next value.
    fn next(&mut self, x: f64) -> f64;

    /// Where it is and its factor, once it has begun.
    fn begun(&self) -> Option<(f64, f64)>;

    /// Puts one that has begun somewhere else.
    fn put(&mut self, value: f64);
}

/// Exponential average (C2).
#[derive(Clone)]
pub(super) struct Ema {
    a: f64,
    e: Option<f64>,
}

impl Ema {
    pub fn new(n: usize) -> Ema {
        Ema { a: 2.0 / (n as f64 + 1.0), e: None }
    }
}

impl Average for Ema {
    #[inline]
    fn next(&mut self, x: f64) -> f64 {
        if x.is_nan() {
            return f64::NAN;
        }
        let e = self.e.map_or(x, |e| e + self.a * (x - e));
        self.e = Some(e);
        finite(e)
    }

    fn begun(&self) -> Option<(f64, f64)> {
        self.e.map(|e| (e, self.a))
    }

    fn put(&mut self, value: f64) {
        self.e = Some(value);
    }
}

/// Wilder's average (C3).
#[derive(Clone)]
pub(super) struct Rma {
    n: usize,
    k: f64,
    /// Rows of the first mean so far, and their sum.
    taken: usize,
    sum: f64,
    w: f64,
}

impl Rma {
    pub fn new(n: usize) -> Rma {
        Rma { n, k: 1.0 / n as f64, taken: 0, sum: 0.0, w: 0.0 }
    }
}

impl Average for Rma {
    /// The average with the next value; na until it has as many as its first mean takes.
    #[inline]
    fn next(&mut self, x: f64) -> f64 {
        if x.is_nan() {
            return f64::NAN;
        }
        if self.taken < self.n {
            self.taken += 1;
            self.sum += x;
            if self.taken < self.n {
                return f64::NAN;
            }
            self.w = self.sum / self.n as f64;
        } else {
            self.w += (x - self.w) * self.k;
        }
        finite(self.w)
    }

    fn begun(&self) -> Option<(f64, f64)> {
        (self.taken == self.n).then_some((self.w, self.k))
    }

    fn put(&mut self, value: f64) {
        self.w = value;
    }
}
