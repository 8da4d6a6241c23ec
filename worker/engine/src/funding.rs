//! Funding of perpetual contracts and borrow of shorts as one running sum per row (X7, X8): a position of q
//! held between two rows pays q x (F at the later - F at the earlier).

use crate::bars::{Bars, FundingStamp};
use crate::execution::{Execution, Fill, Funding};
use std::collections::BTreeMap;

/// Why funding cannot be charged.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum FundingError {
    /// `funding: series` without a series.
    #[error(
        "symbol `{symbol}` has no funding series; import one, or use `funding: {{constant: {{rate, intervalHours}}}}`"
    )]
    NoSeries {
        /// Name of the symbol.
        symbol: String,
    },
    /// A hole in the series.
    #[error(
        "funding series of `{symbol}` has no stamp between {after_ms} and {before_ms} (UTC milliseconds), but its \
         cadence is {cadence_ms} ms; complete it, or use `funding: {{constant: {{rate, intervalHours}}}}`"
    )]
    Missing {
        /// Name of the symbol.
        symbol: String,
        /// The stamp before the hole.
        after_ms: i64,
        /// The stamp after the hole.
        before_ms: i64,
        /// The most frequent distance of two stamps.
        cadence_ms: i64,
    },
    /// A constant rate without an interval.
    #[error("`intervalHours` is 0; write at least 1")]
    NoInterval,
}

const HOUR_MS: i64 = 3_600_000;

/// A time snapped to the nearest minute, 30 seconds up: exchanges stamp their payments with jitter.
pub fn snap_to_minute(time_ms: i64) -> i64 {
    time_ms.saturating_add(30_000).div_euclid(60_000).saturating_mul(60_000)
}

/// The series' own cadence in milliseconds: the most frequent distance of two neighbours, ties: the shorter.
/// `None` below two stamps.
pub fn cadence_ms(stamps: &[FundingStamp]) -> Option<i64> {
    let mut counts = BTreeMap::<i64, usize>::new();
    for pair in stamps.windows(2) {
        *counts.entry(pair[1].time_ms - pair[0].time_ms).or_default() += 1;
    }
    let most = counts.values().copied().max()?;
    counts.into_iter().find(|&(_, n)| n == most).map(|(gap, _)| gap)
}

/// Checks that no stamp is missing inside the series.
///
/// # Errors
/// [`FundingError::Missing`] at the first distance longer than the cadence.
pub fn check_cadence(symbol: &str, stamps: &[FundingStamp]) -> Result<(), FundingError> {
    let Some(cadence_ms) = cadence_ms(stamps) else { return Ok(()) };
    match stamps.windows(2).find(|pair| pair[1].time_ms - pair[0].time_ms > cadence_ms) {
        Some(pair) => Err(FundingError::Missing {
            symbol: symbol.to_owned(),
            after_ms: pair[0].time_ms,
            before_ms: pair[1].time_ms,
            cadence_ms,
        }),
        None => Ok(()),
    }
}

/// The stamps of a constant rate (1e-9 of the notional) every `interval_hours` from 00:00 UTC on (counted from the
/// epoch, so that hours which do not divide a day keep their distance), from the first bar's open to the last bar's
/// close.
pub fn constant_stamps(bars: &Bars, rate_e9: i64, interval_hours: u32) -> Vec<FundingStamp> {
    let step = i64::from(interval_hours) * HOUR_MS;
    let (Some(&start), Some(&last)) = (bars.time_ms.first(), bars.time_ms.last()) else { return Vec::new() };
    if step == 0 {
        return Vec::new();
    }
    let end = last.saturating_add(bars.interval_ms);
    let mut out = Vec::new();
    let mut time_ms = start.div_euclid(step) * step;
    while time_ms <= end {
        if time_ms >= start {
            out.push(FundingStamp { time_ms, rate_e9, mark: None });
        }
        time_ms += step;
    }
    out
}

/// The running sums F of one symbol, by row, and one more for what is due by the close of the last row; absent where
/// nothing is ever charged.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Charges {
    long: Option<Vec<f64>>,
    short: Option<Vec<f64>>,
}

impl Charges {
    /// The sums for these options. `open` and `close` are prices; the bars' funding stamps must already be those
    /// that the options name.
    ///
    /// # Errors
    /// [`FundingError`] where the options ask for a series that is absent or has holes.
    pub fn new(bars: &Bars, exec: &Execution, open: &[f64], close: &[f64]) -> Result<Charges, FundingError> {
        let stamps = match exec.funding {
            Funding::None => &[],
            Funding::Series if bars.funding.is_empty() => {
                return Err(FundingError::NoSeries { symbol: bars.symbol.to_owned() });
            }
            Funding::Constant { interval_hours: 0, .. } => return Err(FundingError::NoInterval),
            Funding::Series | Funding::Constant { .. } => bars.funding,
        };
        if exec.funding == Funding::Series {
            check_cadence(bars.symbol, stamps)?;
        }
        let mark = if exec.fill == Fill::SameClose { close } else { open };
        let funded = exec.funding != Funding::None;
        let lends = exec.borrow_rate != 0.0;
        let sum = |rate: f64| {
            running(bars, stamps, exec.fill, (mark, close), |t| {
                if rate == 0.0 { 0.0 } else { close[t - 1] * rate / exec.bars_per_year }
            })
        };
        let long = funded.then(|| sum(0.0));
        let short = if lends { Some(sum(exec.borrow_rate)) } else { long.clone() };
        Ok(Charges { long, short })
    }

    /// F of a side at a row; at the row after the last: at the last close.
    pub fn at(&self, short: bool, row: usize) -> f64 {
        let column = if short { &self.short } else { &self.long };
        column.as_ref().map_or(0.0, |f| f[row])
    }

    /// The column of a side; `None` = zero everywhere.
    pub fn column(&self, short: bool) -> Option<&[f64]> {
        if short { self.short.as_deref() } else { self.long.as_deref() }
    }
}

/// F row by row, starting with 0 at row 0. With `NextOpen` bar t has the stamps in (open t-1, open t], with
/// `SameClose` those in (open t, open t+1], the last row those up to its close. The element after the last row is F at
/// the last close: with `NextOpen` it adds the stamps in (last open, last close], at the last close where they have no
/// mark. Only a final close pays those; borrow is charged at rows alone (X8).
fn running(
    bars: &Bars,
    stamps: &[FundingStamp],
    fill: Fill,
    (mark, close): (&[f64], &[f64]),
    borrow: impl Fn(usize) -> f64,
) -> Vec<f64> {
    let n = bars.len();
    let Some(&last_open) = bars.time_ms.last() else { return vec![0.0] };
    let last_close = last_open.saturating_add(bars.interval_ms);
    let end_of = |t: usize| match fill {
        Fill::NextOpen if t < n => bars.time_ms[t],
        Fill::SameClose if t + 1 < n => bars.time_ms[t + 1],
        Fill::NextOpen | Fill::SameClose => last_close,
    };
    let mut next = 0;
    let mut f = 0.0;
    let mut out = Vec::with_capacity(n + 1);
    for (t, &price) in mark.iter().chain(close.last()).enumerate() {
        while let Some(stamp) = stamps.get(next) {
            if snap_to_minute(stamp.time_ms) > end_of(t) {
                break;
            }
            // What falls on row 0 or before is held by nobody.
            if t > 0 {
                f += stamp.mark.unwrap_or(price) * (stamp.rate_e9 as f64 / 1e9);
            }
            next += 1;
        }
        if t > 0 && t < n {
            // Subtracted, because the q of a short is negative and it pays q x (change of F).
            f -= borrow(t);
        }
        out.push(f);
    }
    out
}

/// The row from whose close on each stamp is known.
pub(crate) fn known_from(bars: &Bars) -> Vec<usize> {
    let row =
        |time_ms: i64| bars.time_ms.partition_point(|&open| open.saturating_add(bars.interval_ms) < time_ms);
    bars.funding.iter().map(|stamp| row(stamp.time_ms)).collect()
}
