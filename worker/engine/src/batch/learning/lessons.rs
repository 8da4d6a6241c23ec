//! What strategies that train learn from on one symbol: made once, and read by all batches.

use super::forests::{Grown, Projection};
use super::machines::Taught;
use super::recent::Recent;
use crate::bars::Bars;
use crate::batch::InstructionSet;
use crate::indicators::features::{Features, NAMES};
use crate::q52::fx;
use crate::strategies::learning::{HORIZON, LEAST_ROWS, training_rows};
use std::ops::Range;
use std::sync::{Mutex, MutexGuard, PoisonError};

/// The number of features.
pub(super) const FEATURES: usize = NAMES.len();

/// The features of a row of the market, side by side.
pub(super) type Row = [f64; FEATURES];

/// Bytes that trained models of each kind take at most, those of all symbols together.
const ROOM: usize = 24 << 20;

/// A target beyond the range of [`fx`].
const OUT_OF_RANGE: i64 = i64::MIN;

/// Features, labels and targets of all rows, and the models that were trained of them lately.
pub(in crate::batch) struct Lessons {
    pub(super) set: InstructionSet,
    pub(super) rows: Vec<Row>,
    closes: Vec<i64>,
    /// The return to the horizon in units of 2^-52.
    targets: Vec<i64>,
    pub(super) taught: Mutex<Recent<(usize, usize), Taught>>,
    pub(super) projections: Mutex<Recent<(usize, usize, usize), Projection>>,
    pub(super) grown: Mutex<Recent<(usize, usize, usize, u64), Grown>>,
}

impl Lessons {
    pub(in crate::batch) fn new(bars: &Bars, set: InstructionSet, symbols: usize) -> Lessons {
        let room = ROOM / symbols.max(1);
        let features = Features::new(bars);
        let row = |t: usize| features.columns.each_ref().map(|column| column[t]);
        let target = |i: usize| {
            let (now, then) = (bars.close[i] as f64, bars.close[i + HORIZON] as f64);
            fx(then / now - 1.0).unwrap_or(OUT_OF_RANGE)
        };
        Lessons {
            set,
            rows: (0..bars.len()).map(row).collect(),
            closes: bars.close.to_vec(),
            targets: (0..bars.len().saturating_sub(HORIZON)).map(target).collect(),
            taught: Mutex::new(Recent::new(room)),
            projections: Mutex::new(Recent::new(room)),
            grown: Mutex::new(Recent::new(room)),
        }
    }

    /// The training rows of a refit, if there are enough.
    pub(super) fn training(&self, t: usize, window: usize) -> Option<Range<usize>> {
        Some(training_rows(t, window)).filter(|rows| rows.len() >= LEAST_ROWS)
    }

    /// Whether the close of the horizon is higher.
    pub(super) fn rises(&self, row: usize) -> bool {
        self.closes[row + HORIZON] > self.closes[row]
    }

    /// The returns to the horizon, if all are in range.
    pub(super) fn targets(&self, rows: Range<usize>) -> Option<&[i64]> {
        Some(&self.targets[rows]).filter(|targets| !targets.contains(&OUT_OF_RANGE))
    }
}

/// What others have trained, for a moment.
pub(super) fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

/// Mean and standard deviation (ddof 0) of each feature: [`population`] of all features side by side.
///
/// [`population`]: crate::indicators::moments::population
pub(super) struct Standard {
    mean: Row,
    deviation: Row,
}

impl Standard {
    #[inline(always)]
    pub(super) fn fit(rows: &[Row]) -> Standard {
        let n = rows.len() as f64;
        let mut mean = [0.0; FEATURES];
        for row in rows {
            mean.iter_mut().zip(row).for_each(|(sum, x)| *sum += x);
        }
        mean.iter_mut().for_each(|sum| *sum /= n);
        let mut deviation = [0.0; FEATURES];
        for row in rows {
            for ((squares, x), mean) in deviation.iter_mut().zip(row).zip(&mean) {
                *squares += (x - mean) * (x - mean);
            }
        }
        deviation.iter_mut().for_each(|squares| *squares = (*squares / n).sqrt());
        Standard { mean, deviation }
    }

    /// The standardised features; one without deviation is 0.
    #[inline(always)]
    pub(super) fn apply(&self, row: &Row) -> Row {
        let mut out = [0.0; FEATURES];
        for (((z, x), mean), sd) in out.iter_mut().zip(row).zip(&self.mean).zip(&self.deviation) {
            let scaled = (x - mean) / sd;
            *z = if *sd == 0.0 { 0.0 } else { scaled };
        }
        out
    }
}
