//! Where a price stands among those before.

use super::averages::{Average, Rma};
use super::finite;
use crate::graph::column::{Column, Rows, Stream};

/// Relative strength (C4) of changes.
pub(super) struct Rsi {
    gain: Rma,
    loss: Rma,
}

impl Rsi {
    pub fn new(n: usize) -> Rsi {
        Rsi { gain: Rma::new(n), loss: Rma::new(n) }
    }
}

impl Stream for Rsi {
    fn fill(&mut self, rows: &Rows<'_>, out: &mut Column) {
        let change = rows.numbers(0);
        for (out, &d) in out.numbers_mut(rows.len).iter_mut().zip(change) {
            if d.is_nan() {
                *out = f64::NAN;
                continue;
            }
            let g = self.gain.next(if d > 0.0 { d } else { 0.0 });
            let l = self.loss.next(if d < 0.0 { -d } else { 0.0 });
            *out = if g + l == 0.0 { 50.0 } else { finite(100.0 * g / (g + l)) };
        }
    }
}

/// A function of the highest high, the lowest low and the close, all exact; ticks below 2^47 leave room for a factor.
fn of_range(rows: &Rows<'_>, out: &mut Column, of: impl Fn(i64, i64, i64) -> f64) {
    let (high, low, close) = (rows.whole::<i64>(0), rows.whole::<i64>(1), rows.whole::<i64>(2));
    let lead = rows.lead(rows.column(0).start);
    for (i, out) in out.numbers_mut(rows.len).iter_mut().enumerate() {
        *out = if i < lead { f64::NAN } else { of(high[i], low[i], close[i]) };
    }
}

/// %K (R4).
pub(super) fn stochastic(rows: &Rows<'_>, out: &mut Column) {
    of_range(rows, out, |high, low, close| {
        if high == low {
            50.0
        } else {
            close.wrapping_sub(low).wrapping_mul(100) as f64 / high.wrapping_sub(low) as f64
        }
    });
}

/// Williams %R.
pub(super) fn williams(rows: &Rows<'_>, out: &mut Column) {
    of_range(rows, out, |high, low, close| {
        if high == low {
            -50.0
        } else {
            high.wrapping_sub(close).wrapping_mul(-100) as f64 / high.wrapping_sub(low) as f64
        }
    });
}

/// The channel index of a typical price, its mean and its mean distance.
pub(super) fn channel(rows: &Rows<'_>, out: &mut Column) {
    let (y, mean, distance) = (rows.numbers(0), rows.numbers(1), rows.numbers(2));
    for (i, out) in out.numbers_mut(rows.len).iter_mut().enumerate() {
        let index = (y[i] - mean[i]) / (0.015 * distance[i]);
        *out = if distance[i] == 0.0 { 0.0 } else { finite(index) };
    }
}
