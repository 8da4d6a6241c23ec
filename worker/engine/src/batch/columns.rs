//! Columns of one symbol that every batch reads, computed once per job.

use super::InstructionSet;
use super::deviations::Moments;
use super::learning::Lessons;
use crate::indicators::window_sum::window_sum;
use crate::prepared::Prepared;
use std::sync::OnceLock;

/// Bars as the shared series read them: ticks as f64, running sums.
pub(super) struct Columns<'a> {
    /// Highest price of each row, in ticks.
    pub high: Vec<f64>,
    /// Lowest price of each row, in ticks.
    pub low: Vec<f64>,
    /// Closing price of each row, in ticks.
    pub close: Vec<f64>,
    /// Sums of the closes before each row; may wrap, differences are exact.
    pub sums: Vec<i64>,
    /// Volumes, where the symbol has any, and their sums over the 20 rows that end at each row.
    pub volume: Option<(&'a [f64], Vec<f64>)>,
    /// The largest tick of any column.
    pub largest: f64,
    /// Sums of returns, made where somebody reads them.
    moments: OnceLock<Option<Moments>>,
    /// What models learn from, made where there are some.
    lessons: OnceLock<Lessons>,
    prepared: &'a Prepared<'a>,
    set: InstructionSet,
    /// Those of the job, which share the room for models.
    symbols: usize,
}

impl<'a> Columns<'a> {
    pub(super) fn new(prepared: &'a Prepared<'a>, set: InstructionSet, symbols: usize) -> Columns<'a> {
        let bars = prepared.bars();
        let as_f64 = |x: &[i64]| x.iter().map(|&x| x as f64).collect::<Vec<f64>>();
        let mut sums = Vec::with_capacity(bars.len() + 1);
        let mut sum = 0_i64;
        sums.push(sum);
        for &c in bars.close {
            sum = sum.wrapping_add(c);
            sums.push(sum);
        }
        let largest = bars.high.iter().chain(bars.low).chain(bars.close).map(|x| x.unsigned_abs()).max();
        Columns {
            high: as_f64(bars.high),
            low: as_f64(bars.low),
            close: as_f64(bars.close),
            sums,
            volume: bars.volume.filter(|_| bars.has_volume()).map(|v| (v, window_sum(v, 20))),
            largest: largest.unwrap_or(0) as f64,
            moments: OnceLock::new(),
            lessons: OnceLock::new(),
            prepared,
            set,
            symbols,
        }
    }

    /// Sums of returns, if each is in range.
    pub(super) fn moments(&self) -> Option<&Moments> {
        self.moments.get_or_init(|| Moments::new(&self.close)).as_ref()
    }

    /// What models learn from, and those that were trained lately.
    pub(super) fn lessons(&self) -> &Lessons {
        self.lessons.get_or_init(|| Lessons::new(&self.prepared.bars(), self.set, self.symbols))
    }

    /// Whether products of ticks and factors up to `factor` in all are exact in f64.
    pub(super) fn exact(&self, factor: f64) -> bool {
        self.largest * factor < 9_007_199_254_740_992.0
    }
}
