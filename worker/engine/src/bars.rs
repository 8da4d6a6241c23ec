//! Bars of one symbol as the engine reads them: columns borrowed from wherever they lie.

use crate::beside::Signals;

/// The rows of one symbol, oldest first, all columns of the same length.
///
/// Prices are integer *ticks*: price x 10^`decimals`. Times are UTC milliseconds at bar **open**.
#[derive(Clone, Copy, Debug)]
pub struct Bars<'a> {
    /// Name of the symbol, as in the dataset.
    pub symbol: &'a str,
    /// Number of decimal places of a tick, at most 18: 10^18 is exact in i64 and in f64.
    pub decimals: u8,
    /// Nominal spacing of the bars in milliseconds.
    pub interval_ms: i64,
    /// Bar open times, UTC milliseconds, strictly rising.
    pub time_ms: &'a [i64],
    /// Opening prices in ticks.
    pub open: &'a [i64],
    /// Highest prices in ticks.
    pub high: &'a [i64],
    /// Lowest prices in ticks.
    pub low: &'a [i64],
    /// Closing prices in ticks.
    pub close: &'a [i64],
    /// Traded volume; `None` where the dataset has no such column. A column of zeros counts as none.
    pub volume: Option<&'a [f64]>,
    /// Funding stamps in time order; empty where there is no series.
    pub funding: &'a [FundingStamp],
    /// Columns of files of signals, if strategies read some.
    pub signals: Option<Signals<'a>>,
}

/// One funding payment of a perpetual contract.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct FundingStamp {
    /// UTC milliseconds, snapped to the minute.
    pub time_ms: i64,
    /// Rate in 1e-9 of the notional; longs pay when it is positive.
    pub rate_e9: i64,
    /// Mark or oracle price, if the series has one.
    pub mark: Option<f64>,
}

impl<'a> Bars<'a> {
    /// Number of rows, one per bar.
    pub fn len(&self) -> usize {
        self.time_ms.len()
    }

    /// Whether there is no row.
    pub fn is_empty(&self) -> bool {
        self.time_ms.is_empty()
    }

    /// 10^`decimals` as f64 (exact): ticks / scale = price, in one division.
    pub fn scale(&self) -> f64 {
        10_i64.pow(u32::from(self.decimals)) as f64
    }

    /// Whether any row has volume.
    pub fn has_volume(&self) -> bool {
        self.volume.is_some_and(|v| v.iter().any(|&x| x > 0.0))
    }

    /// The column of a file of signals, as `momentum.score`, a row for each bar.
    pub fn signal(&self, name: &str) -> Option<&'a [f64]> {
        self.signals?.column(name, self.len())
    }

    /// The rows from `start` on (all funding stamps are kept).
    pub fn skip(&self, start: usize) -> Bars<'a> {
        Bars {
            time_ms: &self.time_ms[start..],
            open: &self.open[start..],
            high: &self.high[start..],
            low: &self.low[start..],
            close: &self.close[start..],
            volume: self.volume.map(|v| &v[start..]),
            signals: self.signals.map(|signals| signals.skip(start)),
            ..*self
        }
    }

    /// The first `rows` rows (all funding stamps are kept: users filter them by time).
    pub fn truncate(&self, rows: usize) -> Bars<'a> {
        Bars {
            time_ms: &self.time_ms[..rows],
            open: &self.open[..rows],
            high: &self.high[..rows],
            low: &self.low[..rows],
            close: &self.close[..rows],
            volume: self.volume.map(|v| &v[..rows]),
            ..*self
        }
    }
}
