//! A series that grows: rows of a published one and rows of files, joined by stamp. Where both have a row they must say
//! the same to the tick, since only a person can tell which of two prices is right.

use crate::error::{Error, Result};
use crate::series::{FundingStamp, Series};
use crate::series_blocks::{Bar, ByColumn, Growing, SeriesBlocks};
use crate::stamp::show;

/// Rows of `old` and of `new`, each stamp once, and a sentence on what came in.
///
/// # Errors
/// `Invalid` for the first stamp at which the two differ, volumes on one side only, and prices that one tick cannot
/// express.
pub(crate) fn grow(old: &Series<'_>, new: SeriesBlocks) -> Result<(SeriesBlocks, String)> {
    let symbol = old.symbol;
    let decimals = old.decimals.max(new.decimals);
    let (olds, news) = (Finer::of(old.decimals, decimals), Finer::of(new.decimals, decimals));
    for column in 1..5 {
        old.each_ticks(column, &mut |ticks| olds.check(symbol, ticks))?;
    }
    for column in 1..5 {
        new.each_ticks(column, &mut |ticks| news.check(symbol, ticks))?;
    }
    let problem = match (old.volume.is_some(), new.has_volume) {
        (false, true) => {
            "the dataset has no volumes and the files have: leave them out with --columns volume="
        }
        (true, false) => {
            "the dataset has volumes and the files have none: import all of it anew without --append"
        }
        _ => "",
    };
    if !problem.is_empty() {
        return Err(Error::series(symbol, problem));
    }
    let like =
        SeriesBlocks { decimals, interval_ms: old.interval_ms, funding: old.funding.to_vec(), ..new.like() };
    let mut out = Growing::new(SeriesBlocks { symbol: symbol.to_owned(), ..like });
    let bar = |at: usize| Bar {
        time_ms: old.time_ms[at],
        prices: olds.prices([old.open, old.high, old.low, old.close].map(|column| column[at])),
        volume: old.volume.map(|volume| volume[at]),
    };
    let (mut i, mut both) = (0, 0);
    new.each(|row| {
        let row = Bar { prices: news.prices(row.prices), ..row };
        while i < old.len() && old.time_ms[i] < row.time_ms {
            out.push(bar(i))?;
            i += 1;
        }
        if i < old.len() && old.time_ms[i] == row.time_ms {
            same(symbol, decimals, bar(i), row)?;
            (i, both) = (i + 1, both + 1);
        }
        out.push(row)
    })?;
    (i..old.len()).try_for_each(|at| out.push(bar(at)))?;
    let added = new.len() - both;
    let note = match (old.time_ms.last(), both) {
        (Some(&last), 0) => format!("{added} bars came to {} that end at {}", old.len(), show(last)),
        _ => format!("{added} bars came to {}; {both} were there already with the same values", old.len()),
    };
    Ok((out.finish()?, note))
}

/// The same prices in finer ticks.
#[derive(Clone, Copy)]
struct Finer {
    factor: i64,
    decimals: u8,
}

impl Finer {
    fn of(from: u8, to: u8) -> Self {
        Self { factor: 10_i64.pow(u32::from(to - from)), decimals: to }
    }

    fn check(self, symbol: &str, ticks: &[i64]) -> Result<()> {
        if ticks.iter().all(|tick| tick.checked_mul(self.factor).is_some()) {
            return Ok(());
        }
        let problem = format!(
            "has prices that no tick of {} decimals can hold beside the others: import all of it anew without --append",
            self.decimals
        );
        Err(Error::series(symbol, problem))
    }

    /// Prices that were checked.
    fn prices(self, prices: [i64; 4]) -> [i64; 4] {
        prices.map(|price| price.saturating_mul(self.factor))
    }
}

fn same(symbol: &str, decimals: u8, there: Bar, here: Bar) -> Result<()> {
    let scale = crate::series::scale(decimals);
    let names = ["open", "high", "low", "close"];
    let price = (0..4).find(|&at| there.prices[at] != here.prices[at]);
    let found = price.map(|at| (names[at], there.prices[at] as f64 / scale, here.prices[at] as f64 / scale));
    let found = found.or_else(|| {
        let (a, b) = there.volume.zip(here.volume)?;
        (a.to_bits() != b.to_bits()).then_some(("volume", a, b))
    });
    let Some((name, old, new)) = found else { return Ok(()) };
    Err(differs(symbol, name, there.time_ms, Some(old), Some(new)))
}

fn differs(symbol: &str, column: &str, time_ms: i64, there: Option<f64>, here: Option<f64>) -> Error {
    let shown = |value: Option<f64>| value.map_or_else(|| "nothing".to_owned(), |v| v.to_string());
    let (there, here) = (shown(there), shown(here));
    let problem = format!(
        "{column} of {} is {there} in the dataset and {here} in the files: only you can say which is right. Leave the row \
         out of the files, or import all of it anew without --append",
        show(time_ms)
    );
    Error::series(symbol, problem)
}

/// Funding stamps of both, each once.
///
/// # Errors
/// `Invalid` for the first stamp with two rates or two marks.
pub(crate) fn join_funding(
    symbol: &str,
    old: &[FundingStamp],
    new: &[FundingStamp],
) -> Result<Vec<FundingStamp>> {
    let mut all: Vec<(FundingStamp, bool)> =
        old.iter().map(|&s| (s, false)).chain(new.iter().map(|&s| (s, true))).collect();
    all.sort_by_key(|(s, is_new)| (s.time_ms, *is_new));
    let mut out: Vec<FundingStamp> = Vec::with_capacity(all.len());
    for (stamp, is_new) in all {
        match out.last() {
            Some(last) if is_new && last.time_ms == stamp.time_ms => {
                let rate = |s: &FundingStamp| s.rate_e9 as f64 / 1e9;
                let values = [
                    ("the funding rate", Some(rate(last)), Some(rate(&stamp))),
                    ("the mark of the funding", last.mark, stamp.mark),
                ];
                if let Some((name, there, here)) = values.into_iter().find(|(_, there, here)| there != here) {
                    return Err(differs(symbol, name, stamp.time_ms, there, here));
                }
            }
            _ => out.push(stamp),
        }
    }
    Ok(out)
}
