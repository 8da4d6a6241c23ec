//! Bars whose future is taken away, or replaced by one that cannot have been foreseen.

use galapagos_engine::bars::{Bars, FundingStamp};
use galapagos_engine::beside::{OwnedColumns, Signals};

use crate::job::own_data::MOST_TICKS;

/// Rows of volume behind a cut, in turns.
const VOLUMES: [f64; 2] = [1e6, 1.0];
/// Values of files of signals behind a cut, in turns.
const SIGNALS: [f64; 3] = [1e6, f64::NAN, -1e6];
/// What is added to the rates of funding behind a cut, in 1e-9 of the notional.
const RATE: i64 = 10_000_000;

/// Rows whose bars are over at the instant `close_ms`.
pub fn rows_until(bars: &Bars<'_>, close_ms: i64) -> usize {
    bars.time_ms.partition_point(|&open| open.saturating_add(bars.interval_ms) <= close_ms)
}

/// The stamps that are known at the instant `close_ms`.
pub fn stamps_until(stamps: &[FundingStamp], close_ms: i64) -> &[FundingStamp] {
    &stamps[..stamps.partition_point(|stamp| stamp.time_ms <= close_ms)]
}

/// Bars with another future.
#[derive(Debug)]
pub struct Poisoned<'a> {
    bars: Bars<'a>,
    prices: [Vec<i64>; 4],
    volume: Option<Vec<f64>>,
    funding: Vec<FundingStamp>,
    signals: Option<OwnedColumns>,
}

impl<'a> Poisoned<'a> {
    /// The rows from `kept` on leap to and fro between thrice and a third of the last close before; what is due after
    /// `close_ms` has another rate. Columns of files of signals leap as well, and are unknown in every third row.
    pub fn new(bars: Bars<'a>, kept: usize, close_ms: i64) -> Poisoned<'a> {
        let last = kept.checked_sub(1).and_then(|t| bars.close.get(t)).or(bars.close.first());
        let last = last.copied().unwrap_or(1);
        let high = last.saturating_mul(3).min(MOST_TICKS - 1).max(last);
        let low = (last / 3).max(1);
        let price = |t: usize| if (t - kept).is_multiple_of(2) { high } else { low };
        let column = |own: &[i64]| {
            let replaced = |(t, &x): (usize, &i64)| if t < kept { x } else { price(t) };
            own.iter().enumerate().map(replaced).collect::<Vec<i64>>()
        };
        let volume = bars.volume.map(|own| {
            let replaced = |(t, &x): (usize, &f64)| if t < kept { x } else { VOLUMES[(t - kept + 1) % 2] };
            own.iter().enumerate().map(replaced).collect()
        });
        let known = stamps_until(bars.funding, close_ms).len();
        let mut funding = bars.funding.to_vec();
        funding[known..].iter_mut().for_each(|stamp| stamp.rate_e9 = stamp.rate_e9.saturating_add(RATE));
        let signals = bars.signals.map(|own| {
            let replaced = |(t, &x): (usize, &f64)| if t < kept { x } else { SIGNALS[(t - kept) % 3] };
            let column = |name: &str| {
                let values = bars.signal(name).into_iter().flatten().enumerate().map(replaced);
                (name.to_owned(), values.collect())
            };
            OwnedColumns(own.names().into_iter().map(column).collect())
        });
        let prices = [bars.open, bars.high, bars.low, bars.close].map(column);
        Poisoned { bars, prices, volume, funding, signals }
    }

    /// As the engine reads them.
    pub fn bars(&self) -> Bars<'_> {
        let [open, high, low, close] = &self.prices;
        let (volume, funding) = (self.volume.as_deref(), self.funding.as_slice());
        let signals = self.signals.as_ref().map(|columns| Signals::new(columns));
        Bars { open, high, low, close, volume, funding, signals, ..self.bars }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn behind_a_cut_all_is_different_and_before_it_nothing() {
        let (time, price) = ([0, 10, 20, 30, 40], [100, 110, 120, 130, 140]);
        let volume = [5.0; 5];
        let stamp = |time_ms| FundingStamp { time_ms, rate_e9: 7, mark: None };
        let funding = [stamp(20), stamp(30), stamp(31)];
        let columns = OwnedColumns(vec![("f.x".to_owned(), vec![9.0, 0.0, 1.0, 2.0, 3.0, 4.0, 5.0])]);
        let bars = Bars {
            symbol: "A",
            decimals: 0,
            interval_ms: 10,
            time_ms: &time,
            open: &price,
            high: &price,
            low: &price,
            close: &price,
            volume: Some(&volume),
            funding: &funding,
            signals: Some(Signals::new(&columns)),
        };
        let kept = rows_until(&bars, 30);
        assert_eq!((kept, rows_until(&bars, 29), rows_until(&bars, 9)), (3, 2, 0));
        let poisoned = Poisoned::new(bars, kept, 30);
        let now = poisoned.bars();
        assert_eq!((now.open, now.high), (&[100, 110, 120, 360, 40][..], &[100, 110, 120, 360, 40][..]));
        assert_eq!((now.low, now.close), (&[100, 110, 120, 360, 40][..], &[100, 110, 120, 360, 40][..]));
        assert_eq!(now.volume, Some(&[5.0, 5.0, 5.0, 1.0, 1e6][..]));
        let rates: Vec<i64> = now.funding.iter().map(|s| s.rate_e9).collect();
        assert_eq!(rates, [7, 7, 10_000_007]);
        assert_eq!(stamps_until(&funding, 30).len(), 2);
        let whole = Poisoned::new(bars, 2, 20);
        let shown =
            |bars: Bars<'_>| bars.signal("f.x").unwrap().iter().map(ToString::to_string).collect::<Vec<_>>();
        assert_eq!(shown(whole.bars()), ["9", "0", "1000000", "NaN", "-1000000"]);
        // Bars that begin later than the columns.
        assert_eq!(shown(Poisoned::new(bars.skip(1), 3, 40).bars()), ["0", "1", "2", "1000000"]);
        assert!(whole.bars().signal("f.y").is_none());
    }
}
