//! One symbol's rows: borrowed ([`Series`]) or owned ([`OwnedSeries`]).

/// One funding payment of a perpetual contract.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct FundingStamp {
    /// UTC milliseconds, snapped to the nearest minute (30 s up).
    pub time_ms: i64,
    /// Rate in 1e-9 of the notional; longs pay when it is positive.
    pub rate_e9: i64,
    /// Mark or oracle price, if the series has one.
    pub mark: Option<f64>,
}

/// The rows of one symbol, oldest first, all columns of the same length, borrowed from where they lie.
///
/// Prices are integer *ticks*: price x 10^`decimals`. Times are UTC milliseconds at bar **open**.
#[derive(Clone, Copy, Debug)]
pub struct Series<'a> {
    /// Name of the symbol.
    pub symbol: &'a str,
    /// Number of decimal places of a tick, at most [`MAX_DECIMALS`].
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
    /// Traded volume; `None` where the data has no such column.
    pub volume: Option<&'a [f64]>,
    /// Funding stamps in time order; empty where there is no series.
    pub funding: &'a [FundingStamp],
}

impl Series<'_> {
    /// Number of rows, one per bar.
    pub fn len(&self) -> usize {
        self.time_ms.len()
    }

    /// Whether there is no row.
    pub fn is_empty(&self) -> bool {
        self.time_ms.is_empty()
    }

    /// 10^`decimals` as f64, exact.
    pub fn scale(&self) -> f64 {
        scale(self.decimals)
    }

    /// A copy that owns its columns.
    pub fn to_owned(&self) -> OwnedSeries {
        OwnedSeries {
            symbol: self.symbol.to_owned(),
            decimals: self.decimals,
            interval_ms: self.interval_ms,
            time_ms: self.time_ms.to_vec(),
            open: self.open.to_vec(),
            high: self.high.to_vec(),
            low: self.low.to_vec(),
            close: self.close.to_vec(),
            volume: self.volume.map(<[f64]>::to_vec),
            funding: self.funding.to_vec(),
        }
    }
}

/// Most decimals of a tick: 10^18 is exact in i64 and in f64.
pub const MAX_DECIMALS: u8 = 18;

/// 10^`decimals` as f64, exact for the decimals of a tick.
pub(crate) fn scale(decimals: u8) -> f64 {
    10_i64.pow(u32::from(decimals.min(MAX_DECIMALS))) as f64
}

/// The rows of one symbol in memory; see [`Series`] for the meaning of the fields.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct OwnedSeries {
    /// Name of the symbol.
    pub symbol: String,
    /// Number of decimal places of a tick, at most [`MAX_DECIMALS`].
    pub decimals: u8,
    /// Nominal spacing of the bars in milliseconds.
    pub interval_ms: i64,
    /// Bar open times, UTC milliseconds, strictly rising.
    pub time_ms: Vec<i64>,
    /// Opening prices in ticks.
    pub open: Vec<i64>,
    /// Highest prices in ticks.
    pub high: Vec<i64>,
    /// Lowest prices in ticks.
    pub low: Vec<i64>,
    /// Closing prices in ticks.
    pub close: Vec<i64>,
    /// Traded volume; `None` where the data has no such column.
    pub volume: Option<Vec<f64>>,
    /// Funding stamps in time order.
    pub funding: Vec<FundingStamp>,
}

impl OwnedSeries {
    /// The same rows, borrowed.
    pub fn as_series(&self) -> Series<'_> {
        Series {
            symbol: &self.symbol,
            decimals: self.decimals,
            interval_ms: self.interval_ms,
            time_ms: &self.time_ms,
            open: &self.open,
            high: &self.high,
            low: &self.low,
            close: &self.close,
            volume: self.volume.as_deref(),
            funding: &self.funding,
        }
    }
}
