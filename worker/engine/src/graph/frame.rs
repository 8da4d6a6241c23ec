//! Bars of higher timeframes and of other symbols, and which of them a row sees: `docs/contract/rules.md`, D7.

use crate::bars::Bars;
use galapagos_rules::Timeframe;

/// The bars of a frame.
#[derive(Debug)]
pub(crate) enum Source<'a> {
    /// Of the data.
    Given(Bars<'a>),
    /// Made of others.
    Made(Aggregated<'a>),
}

impl Source<'_> {
    pub fn bars(&self) -> Bars<'_> {
        match self {
            Source::Given(bars) => *bars,
            Source::Made(made) => made.bars(),
        }
    }
}

/// Bars of a higher timeframe.
#[derive(Debug)]
pub(crate) struct Aggregated<'a> {
    symbol: &'a str,
    decimals: u8,
    interval_ms: i64,
    time_ms: Vec<i64>,
    prices: [Vec<i64>; 4],
    volume: Option<Vec<f64>>,
    /// The last row of each.
    last: Vec<usize>,
}

impl<'a> Aggregated<'a> {
    /// Buckets without a row do not exist.
    pub fn new(symbol: &'a str, bars: &Bars<'_>, timeframe: Timeframe) -> Aggregated<'a> {
        let seconds = i64::try_from(timeframe.seconds()).unwrap_or(i64::MAX);
        let length = seconds.saturating_mul(1_000);
        let mut made = Aggregated {
            symbol,
            decimals: bars.decimals,
            interval_ms: length,
            time_ms: Vec::new(),
            prices: Default::default(),
            volume: bars.volume.map(|_| Vec::new()),
            last: Vec::new(),
        };
        for (t, &open) in bars.time_ms.iter().enumerate() {
            made.take(bars, t, timeframe.begin(open, 1_000));
        }
        made
    }

    fn take(&mut self, bars: &Bars<'_>, t: usize, begin: i64) {
        let volume = bars.volume.map_or(0.0, |v| v[t]);
        let [open, high, low, close] = &mut self.prices;
        match self.last.last_mut() {
            Some(last) if self.time_ms.last() == Some(&begin) => {
                *last = t;
                high.iter_mut().last().into_iter().for_each(|h| *h = larger(*h, bars.high[t]));
                low.iter_mut().last().into_iter().for_each(|l| *l = smaller(*l, bars.low[t]));
                close.iter_mut().last().into_iter().for_each(|c| *c = bars.close[t]);
                let sum = self.volume.as_mut().and_then(|v| v.last_mut());
                sum.into_iter().for_each(|sum| *sum += volume);
            }
            _ => {
                self.last.push(t);
                self.time_ms.push(begin);
                open.push(bars.open[t]);
                high.push(bars.high[t]);
                low.push(bars.low[t]);
                close.push(bars.close[t]);
                self.volume.iter_mut().for_each(|v| v.push(volume));
            }
        }
    }

    fn bars(&self) -> Bars<'_> {
        Bars {
            symbol: self.symbol,
            decimals: self.decimals,
            interval_ms: self.interval_ms,
            time_ms: &self.time_ms,
            open: &self.prices[0],
            high: &self.prices[1],
            low: &self.prices[2],
            close: &self.prices[3],
            volume: self.volume.as_deref(),
            funding: &[],
            signals: None,
        }
    }
}

fn larger(a: i64, b: i64) -> i64 {
    if a > b { a } else { b }
}

fn smaller(a: i64, b: i64) -> i64 {
    if a < b { a } else { b }
}

/// How many bars of a frame the rows of the one above see, from row to row.
#[derive(Debug, Default)]
pub(crate) struct Sight {
    seen: usize,
}

impl Sight {
    /// The number that row `t` of `above` sees, and whether the last of them is too old to count. Rows are asked for
    /// in order.
    pub fn at(&mut self, source: &Source<'_>, above: &Bars<'_>, t: usize) -> (usize, bool) {
        let close = above.time_ms[t].saturating_add(above.interval_ms);
        let bars = source.bars();
        let end = |i: usize| bars.time_ms[i].saturating_add(bars.interval_ms);
        match source {
            Source::Made(made) => {
                while self.seen < bars.len() && end(self.seen) <= close && made.last[self.seen] <= t {
                    self.seen += 1;
                }
                (self.seen, false)
            }
            Source::Given(_) => {
                while self.seen < bars.len() && end(self.seen) <= close {
                    self.seen += 1;
                }
                let old = self.seen > 0 && end(self.seen - 1) < close.saturating_sub(above.interval_ms);
                (self.seen, old)
            }
        }
    }
}
