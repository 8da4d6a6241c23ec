//! Lines that follow the price.

use super::finite;
use crate::graph::column::{Column, Rows, Stream};

/// A trailing line at a multiple of the average true range.
pub(super) struct Supertrend {
    factor: f64,
    /// Whether the side is due, not the line.
    side: bool,
    state: Option<Bands>,
    /// The close of the row before.
    before: f64,
}

#[derive(Clone, Copy)]
struct Bands {
    upper: f64,
    lower: f64,
    up: bool,
}

impl Supertrend {
    pub fn new(factor: f64, side: bool) -> Supertrend {
        Supertrend { factor, side, state: None, before: f64::NAN }
    }

    fn next(&self, middle: f64, range: f64, close: f64) -> Bands {
        let (upper, lower) = (middle + self.factor * range, middle - self.factor * range);
        let Some(old) = self.state else {
            return Bands { upper, lower, up: close >= middle };
        };
        let upper = if upper < old.upper || self.before > old.upper { upper } else { old.upper };
        let lower = if lower > old.lower || self.before < old.lower { lower } else { old.lower };
        let up = if old.up { close >= lower } else { close > upper };
        Bands { upper, lower, up }
    }
}

impl Stream for Supertrend {
    fn fill(&mut self, rows: &Rows<'_>, out: &mut Column) {
        let (middle, range, close) = (rows.numbers(0), rows.numbers(1), rows.numbers(2));
        for (i, out) in out.numbers_mut(rows.len).iter_mut().enumerate() {
            if range[i].is_nan() {
                *out = f64::NAN;
            } else {
                let bands = self.next(middle[i], range[i], close[i]);
                self.state = Some(bands);
                *out = match (self.side, bands.up) {
                    (true, up) => {
                        if up {
                            1.0
                        } else {
                            -1.0
                        }
                    }
                    (false, true) => finite(bands.lower),
                    (false, false) => finite(bands.upper),
                };
            }
            self.before = close[i];
        }
    }
}

/// The open of Heikin-Ashi bars.
#[derive(Default)]
pub(super) struct HeikinOpen {
    /// Open and close of the row before.
    before: Option<(f64, f64)>,
}

impl Stream for HeikinOpen {
    fn fill(&mut self, rows: &Rows<'_>, out: &mut Column) {
        let close = rows.numbers(0);
        for (i, out) in out.numbers_mut(rows.len).iter_mut().enumerate() {
            let t = rows.from + i;
            let open = match self.before {
                Some((open, close)) => (open + close) / 2.0,
                None => rows.bars.open[t].wrapping_add(rows.bars.close[t]) as f64 / 2.0,
            };
            self.before = Some((open, close[i]));
            *out = finite(open);
        }
    }
}
