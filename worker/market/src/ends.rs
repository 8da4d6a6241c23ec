//! Which end of a bar its time names, and whether the last bar has ended.

use crate::error::{Error, Result};
use crate::gaps::ends;
use crate::names::{DAY_MS, Interval};
use crate::raw::RawRows;
use crate::series_blocks::{ByColumn, SeriesBlock, SeriesBlocks};
use crate::stamp::show;

/// Moves times that name closes back by one interval of `step` milliseconds, and says so.
///
/// # Errors
/// No interval is known.
pub(crate) fn to_opens(
    series: &mut SeriesBlocks,
    parts: &[RawRows],
    step: Option<i64>,
) -> Result<Option<String>> {
    let symbol = &series.symbol;
    if !parts.iter().any(|p| p.closes) {
        return Ok(None);
    }
    let Some(interval) = step.and_then(Interval::from_ms) else {
        let problem =
            format!("{symbol}: is needed to move times from the closes to the opens: say --interval, as 1h");
        return Err(Error::option("interval", "", problem));
    };
    // A close at 21:00 belongs to the session of the same day, one at midnight to that of the day before.
    let midnight = |t: &i64| close(*t).rem_euclid(DAY_MS) == 0;
    let (mut midnights, mut days_rise) = (true, true);
    let day = |t: i64| t.div_euclid(DAY_MS) * DAY_MS;
    let mut last_day = None;
    series.each_ticks(0, &mut |times| {
        for t in times {
            midnights = midnights && midnight(t);
            days_rise &= last_day.replace(day(*t)).is_none_or(|last| last < day(*t));
        }
        Ok(())
    })?;
    midnights |= parts.iter().all(|p| !p.midnights.other);
    if interval.ms() >= DAY_MS && !midnights && days_rise {
        series.blocks.edit(|block| block.time_ms.iter_mut().for_each(|t| *t = day(*t)))?;
        return Ok(Some("times name closes inside a day: they were moved to its date".into()));
    }
    let open = |t: i64| close(t) - interval.ms();
    series.blocks.edit(|block| block.time_ms.iter_mut().for_each(|t| *t = open(*t)))?;
    Ok(Some(format!("times name the closes of the bars: they were moved back by {interval}")))
}

/// The close that a last second or millisecond before it stands for.
fn close(ms: i64) -> i64 {
    match ms.rem_euclid(60_000) {
        59_000 => ms + 1_000,
        59_999 => ms + 1,
        _ => ms,
    }
}

/// Drops the last bar if it has not ended at `now_ms`, and says so. What begins later is only said: its clock is
/// another.
///
/// # Errors
/// `Io` if its block cannot be read back.
pub(crate) fn drop_forming(
    series: &mut SeriesBlocks,
    step: Option<i64>,
    now_ms: i64,
) -> Result<Option<String>> {
    let (Some((_, last)), Some(step)) = (ends(series)?, step) else { return Ok(None) };
    if last > now_ms {
        return Ok(Some(format!(
            "the last bar begins in the future, at {}: are its times those of a local clock (--timezone) or of closes (--stamp close)?",
            show(last)
        )));
    }
    if last.saturating_add(step) <= now_ms || series.len() < 2 {
        return Ok(None);
    }
    series.blocks.edit_last(SeriesBlock::pop)?;
    Ok(Some(format!("the bar of {} has not ended yet and was left out; --keep-last keeps it", show(last))))
}
