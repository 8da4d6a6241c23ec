//! Columns of one symbol that every batch reads, computed once per job.

use super::InstructionSet;
use super::deviations::Moments;
use super::learning::Lessons;
use crate::indicators::as_f64;
use crate::indicators::sma::TickSums;
use crate::indicators::window_sum::window_sum;
use crate::prepared::Prepared;
use std::sync::OnceLock;

/// Bars as the shared series read them: ticks as f64, running sums.
pub(super) struct Columns<'a> {
    /// Closing price of each row, in ticks.
    pub close: Vec<f64>,
    /// Volumes, where the symbol has any.
    pub volume: Option<&'a [f64]>,
    /// The largest tick of any column.
    pub largest: f64,
    /// What is made where somebody reads it: highest and lowest prices in ticks, sums.
    high: OnceLock<Vec<f64>>,
    low: OnceLock<Vec<f64>>,
    sums: OnceLock<TickSums>,
    volumes: OnceLock<Vec<f64>>,
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
        let largest = bars.high.iter().chain(bars.low).chain(bars.close).map(|x| x.unsigned_abs()).max();
        Columns {
            close: as_f64(bars.close),
            volume: bars.volume.filter(|_| bars.has_volume()),
            largest: largest.unwrap_or(0) as f64,
            high: OnceLock::new(),
            low: OnceLock::new(),
            sums: OnceLock::new(),
            volumes: OnceLock::new(),
            moments: OnceLock::new(),
            lessons: OnceLock::new(),
            prepared,
            set,
            symbols,
        }
    }

    /// Highest price of each row, in ticks.
    #[inline]
    pub(super) fn high(&self) -> &[f64] {
        self.high.get_or_init(|| as_f64(self.prepared.bars().high))
    }

    /// Lowest price of each row, in ticks.
    #[inline]
    pub(super) fn low(&self) -> &[f64] {
        self.low.get_or_init(|| as_f64(self.prepared.bars().low))
    }

    /// Sums of the closes before each row; may wrap, differences are exact.
    #[inline]
    pub(super) fn sums(&self) -> &[i64] {
        self.sums.get_or_init(|| TickSums::new(self.prepared.bars().close)).prefix()
    }

    /// Sums of the volumes over the 20 rows that end at each row; none without volumes.
    #[inline]
    pub(super) fn volumes(&self) -> &[f64] {
        self.volumes.get_or_init(|| self.volume.map(|v| window_sum(v, 20)).unwrap_or_default())
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
