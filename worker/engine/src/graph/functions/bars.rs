//! Prices of the bar.

use crate::graph::column::{Column, Rows, Stream};
use crate::graph::op;

/// A price column, as numerators.
pub(super) struct Field(op::Field);

impl Field {
    pub fn new(field: op::Field) -> Field {
        Field(field)
    }
}

/// The true range of row `t`, an exact number of ticks.
#[inline]
fn true_range(rows: &Rows<'_>, t: usize) -> i64 {
    let (high, low) = (rows.bars.high[t], rows.bars.low[t]);
    let range = high.wrapping_sub(low);
    if t == 0 {
        return range;
    }
    let before = rows.bars.close[t - 1];
    let (up, down) = (high.wrapping_sub(before).wrapping_abs(), low.wrapping_sub(before).wrapping_abs());
    let widest = if up > range { up } else { range };
    if down > widest { down } else { widest }
}

/// The larger of two movements if it is above 0.
#[inline]
fn movement(own: i64, other: i64) -> i64 {
    if own > other && own > 0 { own } else { 0 }
}

impl Stream for Field {
    fn fill(&mut self, rows: &Rows<'_>, out: &mut Column) {
        let bars = &rows.bars;
        let block = rows.from..rows.from + rows.len;
        let (o, h) = (&bars.open[block.clone()], &bars.high[block.clone()]);
        let (l, c) = (&bars.low[block.clone()], &bars.close[block.clone()]);
        let two = |i: usize| h[i].wrapping_add(l[i]);
        let three = |i: usize| two(i).wrapping_add(c[i]);
        let moved = |t: usize, up: bool| {
            if t == 0 {
                return 0;
            }
            let rise = bars.high[t].wrapping_sub(bars.high[t - 1]);
            let fall = bars.low[t - 1].wrapping_sub(bars.low[t]);
            if up { movement(rise, fall) } else { movement(fall, rise) }
        };
        out.start = 0;
        let all = 0..rows.len;
        out.narrow.clear();
        match self.0 {
            op::Field::Open => out.narrow.extend_from_slice(o),
            op::Field::High => out.narrow.extend_from_slice(h),
            op::Field::Low => out.narrow.extend_from_slice(l),
            op::Field::Close => out.narrow.extend_from_slice(c),
            op::Field::Two => out.narrow.extend(all.map(two)),
            op::Field::Three => out.narrow.extend(all.map(three)),
            op::Field::Four => out.narrow.extend(all.map(|i| three(i).wrapping_add(o[i]))),
            op::Field::Range => out.narrow.extend(block.map(|t| true_range(rows, t))),
            op::Field::Up | op::Field::Down => {
                out.start = 1;
                out.narrow.extend(block.map(|t| moved(t, self.0 == op::Field::Up)));
            }
        }
    }
}
