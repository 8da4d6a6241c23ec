//! Longer bars from finer ones. Nothing is invented: a longer bar has the first open, the highest high, the lowest low, the
//! last close and the sum of the volumes of what the files hold. What is not whole is left out at both ends and counted
//! inside.

use crate::check::CheckOptions;
use crate::error::{Error, Result};
use crate::gaps::find_gaps;
use crate::names::{Calendar, DAY_MS, Interval};
use crate::series_blocks::{Bar, ByColumn, Growing, SeriesBlocks};
use crate::session_opens::Opens;
use crate::stamp::show;
use serde::Serialize;
use std::collections::BTreeMap;

/// What became of the bars of the files.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
pub struct Resampled {
    /// Spacing of the bars in the files, as `1m`.
    pub from: String,
    /// Bars in the files.
    pub bars: u64,
    /// Bars that are missing in the files.
    pub missing: u64,
    /// Longer bars that are kept though they are made of fewer bars than they could be: inside the data.
    pub incomplete: u64,
    /// Longer bars at the ends of the data that were left out, since they are not whole.
    pub left_out: u64,
}

/// The finer bars of one longer bar.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Group {
    stamp_ms: i64,
    first: usize,
    /// The position after the last.
    end: usize,
    /// The times of the first and the last.
    times: (i64, i64),
    /// Which one it is since its session opened; bars of one place have the same number of bars, if nothing is missing.
    place: i64,
}

impl Group {
    fn len(&self) -> usize {
        self.end - self.first
    }
}

/// Makes bars of `to` from `fine`, and says what became of them. `close_only`: the close is the one price.
///
/// # Errors
/// `Invalid` for spacing and gaps of `fine`, and if no whole bar is left; `Spec` if `to` cannot be made of its bars.
pub(crate) fn resample(
    fine: &SeriesBlocks,
    to: Interval,
    options: &CheckOptions,
    close_only: bool,
) -> Result<(SeriesBlocks, Resampled, Vec<String>)> {
    let sessions = matches!(options.calendar, Some(Calendar::Sessions { .. }));
    let (from, gaps) = find_gaps(&fine.symbol, fine, options)?;
    check(&fine.symbol, from, to, sessions)?;
    let mut made = Resampled {
        from: from.to_string(),
        bars: fine.len() as u64,
        missing: if sessions { 0 } else { gaps.missing_bars },
        ..Resampled::default()
    };
    let mut groups = if sessions { of_sessions(fine, from, to)? } else { around_the_clock(fine, to)? };
    let whole = if sessions { usual(&groups) } else { BTreeMap::from([(0, (to.ms() / from.ms()) as usize)]) };
    let whole = |group: &Group| whole.get(&group.place).copied().unwrap_or(1);
    let mut notes = Vec::new();
    let said = |group: &Group, which: &str| {
        format!(
            "the {which} bar of {to}, that of {}, was left out: it has {} of {} bars of {from}",
            show(group.stamp_ms),
            group.len(),
            whole(group)
        )
    };
    if let Some(last) = groups.pop_if(|group| group.len() < whole(group)) {
        notes.push(said(&last, "last"));
    }
    if let Some(first) = groups.first().copied().filter(|group| group.len() < whole(group)) {
        groups.remove(0);
        notes.push(said(&first, "first"));
    }
    made.left_out = notes.len() as u64;
    if groups.is_empty() {
        return Err(Error::series(
            &fine.symbol,
            format!("has not one whole bar of {to}: {}", notes.join("; ")),
        ));
    }
    let short = |group: &&Group| group.len() < whole(group);
    made.incomplete = groups.iter().filter(short).count() as u64;
    if let Some(first) = groups.iter().find(short) {
        notes.push(format!(
            "{} of {} bars of {to} are made of fewer bars of {from} than others, the first that of {} of {} instead of {}",
            made.incomplete,
            groups.len(),
            show(first.stamp_ms),
            first.len(),
            whole(first)
        ));
    }
    notes.insert(0, format!("{} bars of {from} became {} of {to}", made.bars, groups.len()));
    Ok((join(fine, &groups, to, close_only)?, made, notes))
}

/// Whether bars of `to` can be made of those of `from`.
fn check(symbol: &str, from: Interval, to: Interval, sessions: bool) -> Result<()> {
    let refuse =
        |problem: String| Err(Error::option("resample", to.to_string(), format!("{symbol}: {problem}")));
    if to.ms() > DAY_MS {
        return refuse("bars of more than a day have no first day that all agree on: say 1d or less".into());
    }
    if to < from || to.ms() % from.ms() != 0 {
        return refuse(format!("cannot be made of bars of {from}: say a multiple of it"));
    }
    if !sessions && DAY_MS % to.ms() != 0 {
        return refuse("does not divide a day, so that its bars would begin at another hour each day".into());
    }
    Ok(())
}

/// Groups that begin at whole multiples of `to` since midnight in UTC.
fn around_the_clock(times: &dyn ByColumn, to: Interval) -> Result<Vec<Group>> {
    group(times, |_, time| (time.div_euclid(to.ms()) * to.ms(), 0))
}

/// Groups that begin when their session opens. A day is that of its session, at 00:00 UTC.
fn of_sessions(times: &dyn ByColumn, from: Interval, to: Interval) -> Result<Vec<Group>> {
    let opens = Opens::of(times, from.ms())?;
    let step = to.ms();
    let groups = group(times, |at, time| {
        let open = opens.before(at);
        let place = (time - open).div_euclid(step);
        (open + place * step, place)
    })?;
    if step < DAY_MS {
        return Ok(groups);
    }
    // The middle of a session lies in its date, whatever the zone of its market.
    let mut days: Vec<Group> = Vec::with_capacity(groups.len());
    for group in groups {
        let middle = (group.times.0 + group.times.1 + from.ms()).div_euclid(2);
        let stamp_ms = middle.div_euclid(DAY_MS) * DAY_MS;
        match days.last_mut() {
            Some(day) if day.stamp_ms >= stamp_ms => day.end = group.end,
            _ => days.push(Group { stamp_ms, place: 0, ..group }),
        }
    }
    Ok(days)
}

/// Neighbours of the same stamp.
fn group(times: &dyn ByColumn, stamp: impl Fn(usize, i64) -> (i64, i64)) -> Result<Vec<Group>> {
    let mut groups: Vec<Group> = Vec::new();
    let mut at = 0;
    times.each_ticks(0, &mut |times| {
        for &time in times {
            let (stamp_ms, place) = stamp(at, time);
            match groups.last_mut() {
                Some(group) if group.stamp_ms == stamp_ms => (group.end, group.times.1) = (at + 1, time),
                _ => groups.push(Group { stamp_ms, first: at, end: at + 1, times: (time, time), place }),
            }
            at += 1;
        }
        Ok(())
    })?;
    Ok(groups)
}

/// The most frequent number of bars of each place of a session; of two the larger.
fn usual(groups: &[Group]) -> BTreeMap<i64, usize> {
    let mut counts: BTreeMap<i64, BTreeMap<usize, u64>> = BTreeMap::new();
    for group in groups {
        *counts.entry(group.place).or_default().entry(group.len()).or_default() += 1;
    }
    let most =
        |of: BTreeMap<usize, u64>| of.into_iter().max_by_key(|&(_, count)| count).map_or(1, |(len, _)| len);
    counts.into_iter().map(|(place, of)| (place, most(of))).collect()
}

fn join(fine: &SeriesBlocks, groups: &[Group], to: Interval, close_only: bool) -> Result<SeriesBlocks> {
    let mut longer = Growing::new(SeriesBlocks { interval_ms: to.ms(), ..fine.like() });
    let mut groups = groups.iter().peekable();
    let mut made: Option<Bar> = None;
    let mut at = 0;
    fine.each(|bar| {
        let here = groups.peek().copied().filter(|group| (group.first..group.end).contains(&at));
        let Some(group) = here else {
            at += 1;
            return Ok(());
        };
        let [_, high, low, close] = bar.prices;
        let mut longest =
            made.unwrap_or(Bar { time_ms: group.stamp_ms, volume: fine.has_volume.then_some(0.0), ..bar });
        longest.prices[1] = longest.prices[1].max(high);
        longest.prices[2] = longest.prices[2].min(low);
        longest.prices[3] = close;
        longest.volume = longest.volume.zip(bar.volume).map(|(sum, volume)| sum + volume);
        made = Some(longest);
        at += 1;
        if at < group.end {
            return Ok(());
        }
        groups.next();
        made = None;
        if longest.volume.is_some_and(|v| !v.is_finite()) {
            let problem = format!("the volume of the bar of {} is no number", show(longest.time_ms));
            return Err(Error::series(&fine.symbol, problem));
        }
        if close_only {
            longest.prices = [close; 4];
        }
        longer.push(longest)
    })?;
    longer.finish()
}
