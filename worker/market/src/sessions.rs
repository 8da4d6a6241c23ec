//! Bars of a day or more stand at the date of their session, 00:00 UTC, whatever hour of which zone their source
//! stamps them with: else the days of two symbols would not meet.

use crate::error::Result;
use crate::names::DAY_MS;
use crate::raw::RawRows;
use crate::series_blocks::SeriesBlocks;
use crate::stamp::show;

const HOUR_MS: i64 = 3_600_000;
/// Before this hour in UTC no zone with a market of five days has its midnight of the next day.
const EARLY_MS: i64 = 11 * HOUR_MS;
/// Midnights of zones east of UTC are at or after this hour in UTC, save those beyond +11; closes of a Sunday in the
/// Gulf, which would look the same, are before it.
const EAST_MS: i64 = 13 * HOUR_MS;

/// What the times of a file say of themselves, where they are written with a zone.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Midnights {
    /// A time that is no midnight of a zone it is written with.
    pub other: bool,
    /// Midnights of zones east of UTC.
    pub east: bool,
    /// Midnights of zones west of UTC.
    pub west: bool,
}

impl Midnights {
    /// Takes note of a time in UTC and the offset it was written with.
    pub(crate) fn add(&mut self, ms: i64, offset_ms: Option<i64>) {
        match offset_ms {
            Some(offset) if (ms + offset).rem_euclid(DAY_MS) == 0 => {
                self.east |= offset > 0;
                self.west |= offset < 0;
            }
            _ => self.other = true,
        }
    }
}

/// Which UTC date a stamp belongs to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Date {
    /// That of the stamp itself.
    Own,
    /// The next: a midnight east of UTC.
    Next,
}

impl Date {
    fn day(self, ms: i64) -> i64 {
        match self {
            Date::Own => ms.div_euclid(DAY_MS),
            Date::Next => (ms + DAY_MS - 1).div_euclid(DAY_MS),
        }
    }
}

/// More bars of a day than there are days from year 1 to year 9999.
const MOST: usize = 3_700_000;

/// Moves bars of a day or more to the dates of their sessions, and says so. `None` if they stand there already, or if
/// nothing tells which dates these are: then they are left as they are.
///
/// # Errors
/// `Io` if the series cannot be read back.
pub(crate) fn to_dates(series: &mut SeriesBlocks, parts: &[RawRows]) -> Result<Option<String>> {
    if series.len() > MOST {
        return Ok(None);
    }
    let mut times = series.times()?;
    let Some(note) = dates(&mut times, parts) else { return Ok(None) };
    let mut moved = times.into_iter();
    series.blocks.edit(|block| block.time_ms.iter_mut().zip(&mut moved).for_each(|(t, date)| *t = date))?;
    Ok(Some(note))
}

/// Turns rising `times` into the dates of their sessions.
fn dates(times: &mut [i64], parts: &[RawRows]) -> Option<String> {
    if times.iter().all(|t| t.rem_euclid(DAY_MS) == 0) {
        return None;
    }
    let midnights = |test: fn(&Midnights) -> bool| parts.iter().any(|p| test(&p.midnights));
    let (date, because) = if midnights(|m| m.other) {
        (by_weekdays(times)?, "they are five days a week")
    } else {
        let date = match (midnights(|m| m.east), midnights(|m| m.west)) {
            (true, false) => Date::Next,
            (false, true) => Date::Own,
            _ => return None,
        };
        (date, "they are midnights of the zone they are written with")
    };
    if !times.windows(2).all(|pair| date.day(pair[0]) < date.day(pair[1])) {
        return None;
    }
    let first = *times.iter().find(|t| t.rem_euclid(DAY_MS) != 0)?;
    times.iter_mut().for_each(|t| *t = date.day(*t) * DAY_MS);
    Some(format!(
        "stamps were moved to the dates of their sessions, since {because}: {} to {}",
        show(first),
        show(date.day(first) * DAY_MS)
    ))
}

/// Markets of five days trade from Monday to Friday: where only one of the two dates gives that, it is the one.
fn by_weekdays(times: &[i64]) -> Option<Date> {
    // 1970-01-01 was a Thursday.
    let is_weekend = |date: i64| matches!((date + 3).rem_euclid(7), 5 | 6);
    let fits = |date: Date| !times.iter().any(|&t| is_weekend(date.day(t)));
    let early = times.iter().all(|t| t.rem_euclid(DAY_MS) < EARLY_MS);
    match (fits(Date::Own), fits(Date::Next)) {
        (true, next) if early || !next => Some(Date::Own),
        (false, true) if are_midnights_east(times) => Some(Date::Next),
        _ => None,
    }
}

/// Whether all clocks are those of one midnight east of UTC, with and without daylight saving.
fn are_midnights_east(times: &[i64]) -> bool {
    let clock = |t: &i64| match t.rem_euclid(DAY_MS) {
        0 => DAY_MS,
        clock => clock,
    };
    let (mut least, mut most) = (DAY_MS, 0);
    for clock in times.iter().map(clock) {
        (least, most) = (least.min(clock), most.max(clock));
    }
    let quarters = times.iter().all(|t| t % (HOUR_MS / 4) == 0);
    quarters && least >= EAST_MS && most - least <= HOUR_MS
}
