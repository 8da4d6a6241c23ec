//! Flows of volume. Where a row has none that is a number, nothing flows that is one.

use super::finite;
use crate::graph::column::{Column, Rows, Stream, bit};
use crate::graph::op;

/// The volume of row `t`; na without.
#[inline]
fn of(rows: &Rows<'_>, t: usize) -> f64 {
    rows.bars.volume.map_or(f64::NAN, |v| finite(v[t]))
}

/// Three times the typical price, in ticks.
#[inline]
fn typical(rows: &Rows<'_>, t: usize) -> i64 {
    rows.bars.high[t].wrapping_add(rows.bars.low[t]).wrapping_add(rows.bars.close[t])
}

/// The volume.
pub(super) fn volume(rows: &Rows<'_>, out: &mut Column) {
    let from = rows.from;
    out.numbers_mut(rows.len).iter_mut().enumerate().for_each(|(i, out)| *out = of(rows, from + i));
}

/// A flow.
pub(super) struct Flow {
    flow: op::Flow,
    /// The sum so far, of what is summed.
    sum: f64,
}

impl Flow {
    pub fn new(flow: op::Flow) -> Flow {
        Flow { flow, sum: 0.0 }
    }

    fn next(&mut self, rows: &Rows<'_>, t: usize) -> f64 {
        let v = of(rows, t);
        if v.is_nan() {
            return v;
        }
        let (y, bars) = (typical(rows, t), &rows.bars);
        match self.flow {
            op::Flow::Typical => y as f64 * v,
            op::Flow::Rising if t > 0 && y > typical(rows, t - 1) => y as f64 * v,
            op::Flow::Falling if t > 0 && y < typical(rows, t - 1) => y as f64 * v,
            op::Flow::Rising | op::Flow::Falling => 0.0,
            op::Flow::Chaikin => {
                let (high, low, close) = (bars.high[t], bars.low[t], bars.close[t]);
                let range = high.wrapping_sub(low);
                let above = close.wrapping_sub(low).wrapping_sub(high.wrapping_sub(close));
                if range == 0 { 0.0 } else { above as f64 / range as f64 * v }
            }
            op::Flow::Balance => {
                if t > 0 && bars.close[t] > bars.close[t - 1] {
                    self.sum += v;
                } else if t > 0 && bars.close[t] < bars.close[t - 1] {
                    self.sum -= v;
                }
                self.sum
            }
        }
    }
}

impl Stream for Flow {
    fn fill(&mut self, rows: &Rows<'_>, out: &mut Column) {
        for (i, out) in out.numbers_mut(rows.len).iter_mut().enumerate() {
            *out = finite(self.next(rows, rows.from + i));
        }
    }
}

/// The mean price weighted by volume since a condition was last true.
#[derive(Default)]
pub(super) struct VwapSince {
    /// The sums of price times volume and of volume.
    sums: Option<(f64, f64)>,
}

impl Stream for VwapSince {
    fn fill(&mut self, rows: &Rows<'_>, out: &mut Column) {
        let since = rows.column(0);
        for (i, out) in out.numbers_mut(rows.len).iter_mut().enumerate() {
            if bit(&since.truth, i) {
                self.sums = Some((0.0, 0.0));
            }
            let (t, v) = (rows.from + i, of(rows, rows.from + i));
            *out = f64::NAN;
            if let Some((priced, volume)) = &mut self.sums
                && !v.is_nan()
            {
                *priced += typical(rows, t) as f64 * v;
                *volume += v;
                if *volume > 0.0 {
                    *out = finite(*priced / *volume / 3.0);
                }
            }
        }
    }
}
