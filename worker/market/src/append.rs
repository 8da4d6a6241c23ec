//! A series that grows: rows of a published one and rows of files, joined by stamp. Where both have a row they must say
//! the same to the tick, since only a person can tell which of two prices is right.

use crate::error::{Error, Result};
use crate::series::{FundingStamp, OwnedSeries, Series};
use crate::stamp::show;
use std::cmp::Ordering;

/// Rows of `old` and of `new`, each stamp once, and a sentence on what came in.
///
/// # Errors
/// `Invalid` for the first stamp at which the two differ, volumes on one side only, and prices that one tick cannot
/// express.
pub(crate) fn grow(old: &Series<'_>, new: OwnedSeries) -> Result<(OwnedSeries, String)> {
    let symbol = old.symbol;
    let decimals = old.decimals.max(new.decimals);
    let (old, new) = (rescale(&old.to_owned(), decimals)?, rescale(&new, decimals)?);
    let problem = match (&old.volume, &new.volume) {
        (None, Some(_)) => {
            "the dataset has no volumes and the files have: leave them out with --columns volume="
        }
        (Some(_), None) => {
            "the dataset has volumes and the files have none: import all of it anew without --append"
        }
        _ => "",
    };
    if !problem.is_empty() {
        return Err(Error::series(symbol, problem));
    }
    let mut out = OwnedSeries { decimals, interval_ms: old.interval_ms, ..empty(&old) };
    let (mut i, mut j, mut both) = (0, 0, 0);
    while i < old.time_ms.len() || j < new.time_ms.len() {
        let order = match (old.time_ms.get(i), new.time_ms.get(j)) {
            (Some(a), Some(b)) => a.cmp(b),
            (Some(_), None) => Ordering::Less,
            _ => Ordering::Greater,
        };
        match order {
            Ordering::Less => {
                push(&mut out, &old, i);
                i += 1;
            }
            Ordering::Greater => {
                push(&mut out, &new, j);
                j += 1;
            }
            Ordering::Equal => {
                same(symbol, &old, i, &new, j)?;
                push(&mut out, &old, i);
                (i, j, both) = (i + 1, j + 1, both + 1);
            }
        }
    }
    out.funding.clone_from(&old.funding);
    let added = new.time_ms.len() - both;
    let note = match (old.time_ms.last(), both) {
        (Some(&last), 0) => format!("{added} bars came to {} that end at {}", old.time_ms.len(), show(last)),
        _ => format!(
            "{added} bars came to {}; {both} were there already with the same values",
            old.time_ms.len()
        ),
    };
    Ok((out, note))
}

fn empty(like: &OwnedSeries) -> OwnedSeries {
    OwnedSeries {
        symbol: like.symbol.clone(),
        volume: like.volume.as_ref().map(|_| Vec::new()),
        ..OwnedSeries::default()
    }
}

fn push(out: &mut OwnedSeries, from: &OwnedSeries, row: usize) {
    out.time_ms.push(from.time_ms[row]);
    out.open.push(from.open[row]);
    out.high.push(from.high[row]);
    out.low.push(from.low[row]);
    out.close.push(from.close[row]);
    if let (Some(out), Some(from)) = (&mut out.volume, &from.volume) {
        out.push(from[row]);
    }
}

/// The same prices in finer ticks.
fn rescale(series: &OwnedSeries, decimals: u8) -> Result<OwnedSeries> {
    let factor = 10_i64.pow(u32::from(decimals - series.decimals));
    let column = |ticks: &[i64]| ticks.iter().map(|&t| t.checked_mul(factor)).collect::<Option<Vec<i64>>>();
    let columns = [&series.open, &series.high, &series.low, &series.close].map(|c| column(c));
    let [Some(open), Some(high), Some(low), Some(close)] = columns else {
        let problem = format!(
            "has prices that no tick of {decimals} decimals can hold beside the others: import all of it anew without --append"
        );
        return Err(Error::series(&series.symbol, problem));
    };
    Ok(OwnedSeries { decimals, open, high, low, close, ..series.clone() })
}

fn same(symbol: &str, old: &OwnedSeries, i: usize, new: &OwnedSeries, j: usize) -> Result<()> {
    let columns = [
        ("open", &old.open, &new.open),
        ("high", &old.high, &new.high),
        ("low", &old.low, &new.low),
        ("close", &old.close, &new.close),
    ];
    let scale = crate::series::scale(old.decimals);
    let price = columns.into_iter().find(|(_, a, b)| a[i] != b[j]);
    let found = price.map(|(name, a, b)| (name, a[i] as f64 / scale, b[j] as f64 / scale)).or_else(|| {
        let (a, b) = (old.volume.as_ref()?[i], new.volume.as_ref()?[j]);
        (a.to_bits() != b.to_bits()).then_some(("volume", a, b))
    });
    let Some((name, there, here)) = found else { return Ok(()) };
    Err(differs(symbol, name, old.time_ms[i], Some(there), Some(here)))
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
