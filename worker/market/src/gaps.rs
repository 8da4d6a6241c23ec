//! Spacing of bars: the interval, and what is missing between them.

use crate::check::CheckOptions;
use crate::error::{Error, Result};
use crate::names::{Calendar, Interval};
use crate::series_blocks::ByColumn;
use crate::stamp::show;
use serde::Serialize;
use std::collections::BTreeMap;

/// Missing bars of a series. None is ever invented: one row's return may span a gap.
#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize)]
pub struct Gaps {
    /// Places where at least one bar is missing.
    pub count: u64,
    /// Missing bars in all of them.
    pub missing_bars: u64,
    /// Missing bars in the longest.
    pub longest_bars: u64,
    /// Last bar before the longest gap, UTC milliseconds; 0 without a gap.
    pub longest_after_ms: i64,
    /// Missing bars / (rows + missing bars).
    pub share: f64,
    /// Steps that are no multiple of the interval.
    pub off_grid: u64,
    /// The market trades in sessions: these are nights, weekends and holidays as well as bars that are missing.
    pub expected: bool,
}

/// Looks at each time beside that before it.
fn each_pair(times: &dyn ByColumn, mut look: impl FnMut(i64, i64)) -> Result<()> {
    let mut before: Option<i64> = None;
    times.each_ticks(0, &mut |times| {
        for &time in times {
            if let Some(before) = before.replace(time) {
                look(before, time);
            }
        }
        Ok(())
    })
}

/// Whether a step is no multiple of the interval.
fn is_off_grid(distance: i64, interval: Interval) -> bool {
    let (step, slack) = (interval.ms(), interval.slack_ms());
    distance.saturating_add(slack).rem_euclid(step) > 2 * slack
}

/// Says how many steps are off the grid, and which is the first.
///
/// # Errors
/// `Io` if the times cannot be read back.
pub(crate) fn off_grid_note(times: &dyn ByColumn, interval: Interval, count: u64) -> Result<String> {
    let mut first = None;
    each_pair(times, |from, to| {
        if first.is_none() && is_off_grid(to.saturating_sub(from), interval) {
            first = Some((from, to));
        }
    })?;
    let location = first
        .map_or_else(String::new, |(from, to)| format!(", the first from {} to {}", show(from), show(to)));
    Ok(format!("{count} steps are no multiple of the interval {interval}{location}"))
}

/// Counts the gaps of a series with `interval`; steps shorter than it count as off the grid.
///
/// # Errors
/// `Io` if the times cannot be read back.
pub(crate) fn count_gaps(
    times: &dyn ByColumn,
    interval: Interval,
    calendar: Option<Calendar>,
) -> Result<Gaps> {
    let (step, slack) = (interval.ms(), interval.slack_ms());
    let expected = matches!(calendar, Some(Calendar::Sessions { .. }));
    let mut gaps = Gaps { expected, ..Gaps::default() };
    each_pair(times, |from, to| {
        let distance = to.saturating_sub(from);
        if distance == step {
            return;
        }
        let missing = (distance.saturating_add(slack) / step - 1).max(0) as u64;
        gaps.off_grid += u64::from(is_off_grid(distance, interval));
        if missing > 0 {
            gaps.count += 1;
            gaps.missing_bars += missing;
            if missing > gaps.longest_bars {
                (gaps.longest_bars, gaps.longest_after_ms) = (missing, from);
            }
        }
    })?;
    gaps.share = gaps.missing_bars as f64 / (times.rows() as u64 + gaps.missing_bars) as f64;
    Ok(gaps)
}

/// A step as people write it: `4h`, `1 s`, `0.06 s`.
fn span(ms: i64) -> String {
    Interval::from_ms(ms).map_or_else(|| format!("{} s", ms as f64 / 1000.0), |i| i.to_string())
}

/// What times soon after 1970-01-01 mean: nobody has bars of that year at such steps.
fn in_1970(ends: Option<(i64, i64)>) -> &'static str {
    const YEAR_MS: i64 = 31_536_000_000;
    match ends {
        Some((first, last)) if first < last && first >= 0 && last < YEAR_MS => {
            "; all times lie in 1970: the numbers are no epochs, or epochs of another unit than their column says"
        }
        _ => "",
    }
}

/// What spacing that is a round part of the interval, or a round multiple, says of the times.
fn off_by_unit(usual: i64, step: i64) -> &'static str {
    const DAY_MS: i64 = 86_400_000;
    match (usual, step) {
        (u, s) if u.checked_mul(100) == Some(s) => {
            "; that is exactly a hundredth: the times count tenths of a microsecond, as those of .NET and Windows do: write \
             dates or epochs"
        }
        (u, s) if s.checked_mul(1000) == Some(u) => {
            "; that is exactly a thousand times: the times are milliseconds that count from another moment than 1970"
        }
        (u, s) if (28 * DAY_MS..=31 * DAY_MS).contains(&u) && s >= 28 * DAY_MS => {
            "; months have no one length: import days, and resample them"
        }
        _ => "",
    }
}

/// The most frequent step; among equals the shorter.
///
/// # Errors
/// `Io` if the times cannot be read back.
pub(crate) fn usual_step(times: &dyn ByColumn) -> Result<Option<i64>> {
    let mut steps: BTreeMap<i64, u64> = BTreeMap::new();
    // Most steps are as long as the one before.
    let (mut last, mut same) = (0, 0);
    each_pair(times, |from, to| {
        let step = to.saturating_sub(from);
        if step != last {
            *steps.entry(last).or_default() += same;
            (last, same) = (step, 0);
        }
        same += 1;
    })?;
    *steps.entry(last).or_default() += same;
    let counted = steps.into_iter().filter(|(_, count)| *count > 0);
    Ok(counted.rev().max_by_key(|&(_, n)| n).map(|(step, _)| step))
}

/// The first and the last time.
///
/// # Errors
/// `Io` if the times cannot be read back.
pub(crate) fn ends(times: &dyn ByColumn) -> Result<Option<(i64, i64)>> {
    let mut ends = None;
    times.each_ticks(0, &mut |times| {
        if let [Some(first), Some(last)] = [times.first(), times.last()] {
            ends = Some((ends.map_or(*first, |(first, _)| first), *last));
        }
        Ok(())
    })?;
    Ok(ends)
}

/// Checks spacing and gaps of strictly rising `times`.
///
/// # Errors
/// `Invalid` for another spacing than the interval or too many missing bars, `Spec` if no interval can be found.
pub(crate) fn find_gaps(
    symbol: &str,
    times: &dyn ByColumn,
    options: &CheckOptions,
) -> Result<(Interval, Gaps)> {
    let usual = usual_step(times)?;
    let ends = ends(times)?;
    let interval = match options.interval {
        Some(interval) => interval,
        None => usual.and_then(Interval::from_ms).ok_or_else(|| {
            Error::option(
                "interval",
                "",
                match usual {
                    Some(usual) => format!(
                        "{symbol}: the bars are mostly {} apart, which is no interval{}: say --interval, as 1h",
                        span(usual),
                        in_1970(ends)
                    ),
                    None => format!("{symbol}: one bar has no interval: say --interval, as 1h"),
                },
            )
        })?,
    };
    let (step, slack) = (interval.ms(), interval.slack_ms());
    if let Some(usual) = usual
        && times.rows() >= 3
        && (usual - step).abs() > slack
        && !(options.repair && usual > step)
    {
        let problem = format!(
            "bars are mostly {} apart, the interval says {interval}{}{}",
            span(usual),
            off_by_unit(usual, step),
            in_1970(ends)
        );
        return Err(Error::series(symbol, problem));
    }
    let mut closer = None;
    each_pair(times, |from, to| {
        if closer.is_none() && to.saturating_sub(from) < step - slack {
            closer = Some((from, to));
        }
    })?;
    if let Some((from, to)) = closer {
        let problem = format!(
            "the bars at {} and {} are closer than the interval {interval}{}{}",
            show(from),
            show(to),
            off_by_unit(to.saturating_sub(from), step),
            in_1970(ends)
        );
        return Err(Error::series(symbol, problem));
    }
    let gaps = count_gaps(times, interval, options.calendar)?;
    let expected = options.repair || gaps.expected;
    // Who accepts any gap has a quick look: there a note reports the shift.
    if !expected && options.max_gap_share < 1.0 && gaps.off_grid > 0 {
        let problem = format!(
            "{}: after a gap the bars are shifted. If the market trades in sessions say --calendar sessions:BARS_PER_YEAR; to accept the shift use --repair",
            off_grid_note(times, interval, gaps.off_grid)?
        );
        return Err(Error::series(symbol, problem));
    }
    if !expected && gaps.share > options.max_gap_share {
        let problem = format!(
            "{} bars are missing in {} gaps ({:.2} % of all), the longest of {} bars after {}; at most {:.2} % are accepted. \
             If the market trades in sessions say --calendar sessions:BARS_PER_YEAR; to accept the gaps use --max-gap-share or --repair",
            gaps.missing_bars,
            gaps.count,
            gaps.share * 100.0,
            gaps.longest_bars,
            show(gaps.longest_after_ms),
            options.max_gap_share * 100.0,
        );
        return Err(Error::series(symbol, problem));
    }
    Ok((interval, gaps))
}
