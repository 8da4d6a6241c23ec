//! Average true ranges (C5) of the distinct periods of a batch, block by block. Along time each average waits for its own
//! last value, so periods run side by side; rows stay together, since who reads them reads single rows.

use super::BLOCK;
use super::columns::Columns;

/// The averages of a block of rows, in ticks.
#[derive(Default)]
pub(super) struct TrueRanges {
    periods: Vec<usize>,
    factors: Vec<f64>,
    values: Vec<f64>,
    rows: Vec<f64>,
}

impl TrueRanges {
    /// Of these periods, each once.
    pub(super) fn new(mut periods: Vec<usize>) -> TrueRanges {
        periods.sort_unstable();
        periods.dedup();
        let factors = periods.iter().map(|&n| 1.0 / n as f64).collect();
        let (values, rows) = (vec![0.0; periods.len()], vec![0.0; periods.len() * BLOCK]);
        TrueRanges { periods, factors, values, rows }
    }

    /// Position of a period, one of those given.
    pub(super) fn lane(&self, period: usize) -> usize {
        self.periods.partition_point(|&n| n < period)
    }

    /// Computes rows `from..to`; blocks are taken in order from row 0.
    #[inline(always)]
    pub(super) fn fill(&mut self, x: &Columns, from: usize, to: usize) {
        let TrueRanges { periods, factors, values, rows } = self;
        let longest = periods.last().copied().unwrap_or(0);
        let bars = [x.high(), x.low(), &x.close];
        for (t, out) in (from..to).zip(rows.chunks_exact_mut(periods.len())) {
            if t > longest {
                let range = true_range(bars, t);
                for (v, &k) in values.iter_mut().zip(&*factors) {
                    *v += (range - *v) * k;
                }
            } else if t > 0 {
                begin(periods, factors, values, true_range(bars, t), t);
            }
            out.copy_from_slice(values);
        }
    }

    /// The average of a lane in row `at` of the block.
    #[inline(always)]
    pub(super) fn at(&self, lane: usize, at: usize) -> f64 {
        self.rows[at * self.periods.len() + lane]
    }
}

/// A row up to the longest period: sums first, then the mean, then steps (C3).
fn begin(periods: &[usize], factors: &[f64], values: &mut [f64], range: f64, t: usize) {
    for ((v, &k), &n) in values.iter_mut().zip(factors).zip(periods) {
        if t > n {
            *v += (range - *v) * k;
            continue;
        }
        *v += range;
        if t == n {
            *v /= n as f64;
        }
    }
}

/// The range of row `t`, which is not the first.
#[inline(always)]
fn true_range([high, low, close]: [&[f64]; 3], t: usize) -> f64 {
    let (range, before) = (high[t] - low[t], close[t - 1]);
    let (up, down) = ((high[t] - before).abs(), (low[t] - before).abs());
    let widest = if up > range { up } else { range };
    if down > widest { down } else { widest }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::bars::Bars;
    use crate::batch::InstructionSet;
    use crate::execution::Execution;
    use crate::indicators::wilder::atr;
    use crate::prepared::Prepared;

    #[test]
    fn they_have_the_bits_of_the_indicator() {
        let close: Vec<i64> = (0..1300).map(|i| 9_000 + i * 7919 % 263).collect();
        let high: Vec<i64> = (0..1300).map(|i| close[i] + (i as i64 * 31) % 17).collect();
        let low: Vec<i64> = (0..1300).map(|i| close[i] - (i as i64 * 53) % 19).collect();
        let time_ms: Vec<i64> = (0..1300).map(|t| t * 60_000).collect();
        let bars = Bars {
            symbol: "X",
            decimals: 2,
            interval_ms: 60_000,
            time_ms: &time_ms,
            open: &close,
            high: &high,
            low: &low,
            close: &close,
            volume: None,
            funding: &[],
            signals: None,
        };
        let prepared = Prepared::new(bars, &Execution::default()).unwrap();
        let columns = Columns::new(&prepared, InstructionSet::PORTABLE, 1);
        let periods = [14, 5, 50, 14, 700];
        let mut ranges = TrueRanges::new(periods.to_vec());
        for (from, to) in [(0, 300), (300, 812), (812, 1300)] {
            ranges.fill(&columns, from, to);
            for n in periods {
                let expected = atr(&high, &low, &close, n);
                for t in (from..to).filter(|&t| t >= n) {
                    assert_eq!(ranges.at(ranges.lane(n), t - from), expected[t], "{n} rows at {t}");
                }
            }
        }
    }
}
