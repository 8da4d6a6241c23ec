//! Outliers in words, and moves that look like a split.

use crate::check::{Outlier, SymbolReport};
use crate::decimal::Decimal;
use crate::series::OwnedSeries;
use crate::stamp::show;

/// Outliers and splits that a note lists.
const LISTED: usize = 5;
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

/// Lists outliers and suspected splits in the notes of `report`.
pub(crate) fn describe(series: &OwnedSeries, report: &mut SymbolReport) {
    let price = |ticks: i64| Decimal { mantissa: ticks, scale: series.decimals }.stripped().to_string();
    if report.outliers > 0 {
        let one = |o: &Outlier| {
            let at = series.time_ms.binary_search(&o.time_ms).unwrap_or(0);
            format!("{} close {} (x{:.4})", show(o.time_ms), price(series.close[at]), 1.0 + o.change)
        };
        let listed: Vec<String> = report.outliers_listed.iter().take(LISTED).map(one).collect();
        let more = report.outliers - listed.len() as u64;
        let tail = if more > 0 { format!(" and {more} more") } else { String::new() };
        let listed = listed.join(", ");
        report.notes.push(format!("outliers, moves over 20 times the median move: {listed}{tail}"));
    }
    let found: Vec<(usize, String)> =
        (1..series.close.len()).filter_map(|i| Some((i, split(series, i)?))).collect();
    if found.is_empty() {
        return;
    }
    let moves: f64 = series.close.windows(2).map(|w| libm::log(w[1] as f64 / w[0] as f64).abs()).sum();
    let size = |i: usize| libm::log(series.close[i] as f64 / series.close[i - 1] as f64).abs();
    let rest = moves - found.iter().map(|(i, _)| size(*i)).sum::<f64>();
    let usual = rest / series.close.len() as f64;
    for (i, ratio) in found.into_iter().filter(|(i, _)| size(*i) > STANDS_OUT * usual).take(LISTED) {
        let (before, after) = (price(series.close[i - 1]), price(series.open[i]));
        let time = show(series.time_ms[i]);
        report.notes.push(format!(
            "looks like a {ratio} split at {time}: close {before}, then open {after}; the prices are not adjusted for it"
        ));
    }
}

/// `2:1` if bar `i` opens at about half the close before and stays there.
fn split(series: &OwnedSeries, i: usize) -> Option<String> {
    let (before, open, close) = (series.close[i - 1] as f64, series.open[i] as f64, series.close[i] as f64);
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
