//! Moves that stand out: outliers, and those that look like a split.

use crate::check::SymbolReport;
use crate::decimal::Decimal;
use crate::error::Result;
use crate::median::median;
use crate::series::Series;
use crate::series_blocks::{Bar, ByColumn, SeriesBlocks};
use crate::stamp::show;
use serde::Serialize;

/// A move is an outlier above this many times the median move.
const OUTLIER: f64 = 20.0;
/// Outliers that are listed one by one.
const LISTED: usize = 20;
/// Outliers and splits that a note lists.
const NOTED: usize = 5;
/// Ratios of shares after a split to those before; the reverse ones are reported, too.
const SPLITS: [(u32, u32); 14] = [
    (3, 2),
    (2, 1),
    (3, 1),
    (4, 1),
    (5, 1),
    (6, 1),
    (7, 1),
    (8, 1),
    (10, 1),
    (15, 1),
    (20, 1),
    (25, 1),
    (50, 1),
    (100, 1),
];
/// How far an open may lie from the price that the split alone would give.
const NEAR: f64 = 0.04;
/// A split stands out: it is this many times the mean move of the other bars at least.
const STANDS_OUT: f64 = 8.0;

/// A move far larger than usual: reported, not refused.
#[derive(Clone, Copy, Debug, PartialEq, Serialize)]
pub struct Outlier {
    /// Open time of the bar, UTC milliseconds.
    pub time_ms: i64,
    /// Change of the close: c/c1 - 1, where c1 is the close before.
    pub change: f64,
}

/// The number of moves from close to close that are over 20 times the median move, and the first of them.
pub fn outliers(time_ms: &[i64], close: &[i64]) -> (u64, Vec<Outlier>) {
    let series = Series {
        symbol: "",
        decimals: 0,
        interval_ms: 0,
        time_ms,
        open: &[],
        high: &[],
        low: &[],
        close,
        volume: None,
        funding: &[],
    };
    // What is in memory cannot fail to be read.
    outliers_of(&series).unwrap_or_default()
}

/// Looks at each change of the close in turn: c/c1 - 1.
///
/// # Errors
/// Those of `look`, and `Io` if a column cannot be read back.
pub(crate) fn each_change(series: &dyn ByColumn, look: &mut dyn FnMut(f64) -> Result<()>) -> Result<()> {
    let mut before: Option<i64> = None;
    series.each_ticks(4, &mut |closes| {
        for &close in closes {
            if let Some(before) = before.replace(close) {
                look(close as f64 / before as f64 - 1.0)?;
            }
        }
        Ok(())
    })
}

/// As [`outliers`], of a series wherever it is.
///
/// # Errors
/// `Io` if a column cannot be read back.
pub(crate) fn outliers_of(series: &dyn ByColumn) -> Result<(u64, Vec<Outlier>)> {
    let (mut moves, mut zeros) = (0usize, 0usize);
    each_change(series, &mut |change| {
        moves += 1;
        zeros += usize::from(change == 0.0);
        Ok(())
    })?;
    // Where most bars do not move, the median of all moves is 0 and says nothing.
    let leaves_zeros = 2 * zeros > moves;
    let sizes = |look: &mut dyn FnMut(f64)| {
        each_change(series, &mut |change| {
            if !(leaves_zeros && change == 0.0) {
                look(change.abs());
            }
            Ok(())
        })
    };
    let (mut count, mut listed) = (0, Vec::new());
    let Some(median) = median(&sizes, if leaves_zeros { moves - zeros } else { moves })? else {
        return Ok((count, listed));
    };
    let limit = OUTLIER * median;
    let mut rows = Vec::new();
    let mut row = 0usize;
    each_change(series, &mut |change| {
        row += 1;
        if change.abs() > limit {
            count += 1;
            if rows.len() < LISTED {
                rows.push((row, change));
            }
        }
        Ok(())
    })?;
    let mut rows = rows.into_iter().peekable();
    let mut before = 0;
    series.each_ticks(0, &mut |times| {
        while let Some((row, change)) = rows.next_if(|(row, _)| *row < before + times.len()) {
            listed.push(Outlier { time_ms: times[row - before], change });
        }
        before += times.len();
        Ok(())
    })?;
    Ok((count, listed))
}

/// Lists outliers and suspected splits in the notes of `report`.
///
/// # Errors
/// `Io` if a block cannot be read back.
pub(crate) fn describe(series: &SeriesBlocks, report: &mut SymbolReport) -> Result<()> {
    let price = |ticks: i64| Decimal { mantissa: ticks, scale: series.decimals }.stripped().to_string();
    if report.outliers > 0 {
        let mut noted = report.outliers_listed.iter().take(NOTED).peekable();
        let mut listed: Vec<String> = Vec::new();
        for block in series.blocks.iter() {
            let block = block?;
            while let Some(o) = noted.next_if(|o| block.time_ms.last().is_some_and(|last| o.time_ms <= *last))
            {
                let at = block.time_ms.binary_search(&o.time_ms).unwrap_or(0);
                listed.push(format!(
                    "{} close {} (x{:.4})",
                    show(o.time_ms),
                    price(block.close[at]),
                    1.0 + o.change
                ));
            }
            if noted.peek().is_none() {
                break;
            }
        }
        let more = report.outliers - listed.len() as u64;
        let tail = if more > 0 { format!(" and {more} more") } else { String::new() };
        let listed = listed.join(", ");
        report.notes.push(format!("outliers, moves over 20 times the median move: {listed}{tail}"));
    }
    let mut any = false;
    each_pair(series, |before, bar| any |= split(before, bar).is_some())?;
    if !any {
        return Ok(());
    }
    let size = |before: Bar, bar: Bar| libm::log(bar.prices[3] as f64 / before.prices[3] as f64).abs();
    let (mut moves, mut found) = (0.0, 0.0);
    each_pair(series, |before, bar| {
        let size = size(before, bar);
        moves += size;
        found += if split(before, bar).is_some() { size } else { 0.0 };
    })?;
    let usual = (moves - found) / series.len() as f64;
    let mut splits = Vec::new();
    each_pair(series, |before, bar| {
        if splits.len() < NOTED
            && let Some(ratio) = split(before, bar)
            && size(before, bar) > STANDS_OUT * usual
        {
            let (close, open, time) = (price(before.prices[3]), price(bar.prices[0]), show(bar.time_ms));
            splits.push(format!(
                "looks like a {ratio} split at {time}: close {close}, then open {open}; the prices are not adjusted for it"
            ));
        }
    })?;
    report.notes.extend(splits);
    Ok(())
}

/// Looks at each bar beside that before it.
fn each_pair(series: &SeriesBlocks, mut look: impl FnMut(Bar, Bar)) -> Result<()> {
    let mut before: Option<Bar> = None;
    series.each(|bar| {
        if let Some(before) = before.replace(bar) {
            look(before, bar);
        }
        Ok(())
    })
}

/// `2:1` if `bar` opens at about half the close before and stays there.
fn split(before: Bar, bar: Bar) -> Option<String> {
    let [open, .., close] = bar.prices;
    let (before, open, close) = (before.prices[3] as f64, open as f64, close as f64);
    let ratio = before / open;
    if (0.7..1.4).contains(&ratio) || !(0.8..1.25).contains(&(close / open)) {
        return None;
    }
    let near = |value: f64| (ratio / value - 1.0).abs() <= NEAR;
    SPLITS.iter().find_map(|&(new, old)| {
        let value = f64::from(new) / f64::from(old);
        if near(value) {
            Some(format!("{new}:{old}"))
        } else {
            near(1.0 / value).then(|| format!("{old}:{new}"))
        }
    })
}
