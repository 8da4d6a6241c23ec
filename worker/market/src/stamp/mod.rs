//! Times as files write them: epochs of four units, ISO 8601, and the usual other spellings. UTC if no zone is given.

mod cursor;

use crate::counting::fraction_of_days;
use crate::spelling::{is_scientific, without_weekday};
use cursor::{Cursor, number};

/// Whether `01/02/2020` is the first of February or the second of January.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum DayOrder {
    /// The day comes first: 31/12/2020.
    DayMonth,
    /// The month comes first: 12/31/2020.
    MonthDay,
}

/// A time that was read.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Stamp {
    pub ms: i64,
    /// Written as a calendar date without a zone: UTC was assumed.
    pub assumed_utc: bool,
    /// The offset from UTC that is written beside it.
    pub offset_ms: Option<i64>,
}

/// Digits of an epoch in seconds.
pub(crate) const EPOCH_DIGITS: usize = 10;

/// Why a text is no time.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum NoStamp {
    /// Not a time in any known spelling.
    Unknown,
    /// A date whose day and month could be either way round.
    Ambiguous,
}

/// Milliseconds of a civil date and time, proleptic Gregorian, UTC.
pub(crate) fn civil_ms(year: i64, month: i64, day: i64) -> Option<i64> {
    let leap = (year % 4 == 0 && year % 100 != 0) || year % 400 == 0;
    let length = match month {
        2 => 28 + i64::from(leap),
        4 | 6 | 9 | 11 => 30,
        1..=12 => 31,
        _ => return None,
    };
    if day < 1 || day > length || !(1..=9999).contains(&year) {
        return None;
    }
    // Days from the civil calendar, counted in years that begin in March (Hinnant, "chrono-compatible low-level
    // date algorithms").
    let y = if month <= 2 { year - 1 } else { year };
    let (era, m) = (y.div_euclid(400), (month + 9) % 12);
    let yoe = y - era * 400;
    let doe = yoe * 365 + yoe / 4 - yoe / 100 + (153 * m + 2) / 5 + day - 1;
    Some((era * 146_097 + doe - 719_468) * 86_400_000)
}

/// The unit of an epoch follows from its size: seconds reach the year 5138, then ms, us, ns.
fn epoch_ms(value: i64) -> i64 {
    match value.unsigned_abs() {
        0..=99_999_999_999 => value * 1000,
        100_000_000_000..=99_999_999_999_999 => value,
        100_000_000_000_000..=99_999_999_999_999_999 => value.div_euclid(1000),
        _ => value.div_euclid(1_000_000),
    }
}

/// A time since 1970 in milliseconds.
pub(crate) fn epoch_stamp(ms: i64) -> Stamp {
    Stamp { ms, assumed_utc: false, offset_ms: None }
}

/// Milliseconds of an integer: a date such as 20170131, else an epoch of unknown unit.
pub(crate) fn from_integer(value: i64) -> Stamp {
    let epoch = epoch_stamp(epoch_ms(value));
    match value.checked_ilog10() {
        Some(7 | 9 | 11 | 13 | 16) => whole_number(value.to_string().as_bytes()).unwrap_or(epoch),
        _ => epoch,
    }
}

/// Milliseconds of an epoch given as a float of unknown unit.
pub(crate) fn from_epoch_f64(value: f64) -> Option<Stamp> {
    if !value.is_finite() || value.abs() > 9e18 {
        return None;
    }
    if value.fract() == 0.0 {
        return Some(from_integer(value as i64));
    }
    let ms = if value.abs() < 1e11 { (value * 1000.0).round() as i64 } else { epoch_ms(value as i64) };
    Some(epoch_stamp(ms))
}

/// Parses a point in time, as text or as a number since 1970; `order` settles dates like 01/02/2020.
pub(crate) fn parse(text: &[u8], order: Option<DayOrder>) -> Result<Stamp, NoStamp> {
    let text = text.trim_ascii();
    let digits = text.iter().take_while(|b| b.is_ascii_digit()).count();
    if digits == text.len() && digits > 0 {
        return whole_number(text);
    }
    // A column of whole numbers with an empty cell is written as floats.
    if digits >= 8
        && let Some((b'.', zeros)) = text[digits..].split_first()
        && zeros.iter().all(|b| *b == b'0')
    {
        return whole_number(&text[..digits]);
    }
    if digits > 8 || text.first() == Some(&b'-') || is_scientific(text) {
        let number = std::str::from_utf8(text).ok().and_then(|t| t.parse::<f64>().ok());
        return number.and_then(from_epoch_f64).ok_or(NoStamp::Unknown);
    }
    if digits == 5
        && let Some(stamp) = fraction_of_days(text)
    {
        return Ok(stamp);
    }
    let mut rest = Cursor(without_weekday(text));
    let day = rest.date(order)?;
    let assumed = Stamp { ms: day, assumed_utc: true, offset_ms: None };
    if rest.0.is_empty() {
        return Ok(assumed);
    }
    rest.clock_and_zone(day).ok_or(NoStamp::Unknown)
}

/// `20170131`, `2017013117`, `201701311700`, `20170131170000` and `20170131170000000` are dates; any other number is an
/// epoch.
fn whole_number(text: &[u8]) -> Result<Stamp, NoStamp> {
    let value = number(text).ok_or(NoStamp::Unknown)?;
    if let 8 | 10 | 12 | 14 | 17 = text.len() {
        let part = |from: usize, to: usize| number(&text[from..to]).unwrap_or(0);
        // Ten digits are seconds, too: those that look like such dates lie beyond 2033.
        let years = if text.len() == EPOCH_DIGITS { 1990..=2039 } else { 1900..=2100 };
        let date =
            if years.contains(&part(0, 4)) { civil_ms(part(0, 4), part(4, 6), part(6, 8)) } else { None };
        let clock = Cursor(&text[8..]).compact_clock();
        if let (Some(day), Some(clock)) = (date, clock) {
            return Ok(Stamp { ms: day + clock, assumed_utc: true, offset_ms: None });
        }
    }
    Ok(epoch_stamp(epoch_ms(value)))
}

/// A time in UTC as messages show it: `2017-07-01T11:00:00Z`.
pub(crate) fn show(ms: i64) -> String {
    jiff::Timestamp::from_millisecond(ms).map_or_else(|_| format!("{ms} ms"), |t| t.to_string())
}

#[cfg(test)]
mod tests {
    use super::*;

    /// 2017-07-01 11:00 UTC in milliseconds since 1970.
    const ELEVEN: i64 = 1_498_906_800_000;
    const MIDNIGHT: i64 = ELEVEN - 11 * 3_600_000;

    fn ms(text: &str) -> i64 {
        parse(text.as_bytes(), None).unwrap_or_else(|e| panic!("{text}: {e:?}")).ms
    }

    #[test]
    fn epochs_of_four_units_are_told_apart_by_their_size() {
        for text in ["1498906800", "1498906800000", "1498906800000000", "1498906800000000000", "1498906800.0"]
        {
            assert_eq!(ms(text), ELEVEN, "{text}");
        }
    }

    #[test]
    fn usual_spellings_of_a_time_are_understood() {
        for text in [
            "2017-07-01T11:00:00Z",
            "2017-07-01T11:00:00.000+00:00",
            "2017-07-01 11:00:00",
            "2017-07-01 11:00",
            "2017-07-01 11-AM",
            "2017-07-01 11:00 AM",
            "2017/07/01 11:00:00 UTC",
            "2017.07.01 11:00",
            "2017-07-01T13:00:00+0200",
            "2017-07-01 06:30:00-04:30",
            "20170701 110000",
            "20170701110000",
            "201707011100",
            "20170701110000000",
            "20170701110000.0",
            "01.07.2017 11:00:00.000",
            "1-Jul-2017 11:00",
            "Jul 1, 2017 11:00",
        ] {
            assert_eq!(ms(text), ELEVEN, "{text}");
        }
        for text in [
            "2017-07-01",
            "20170701",
            "20170701.0",
            "2017-07-01 12-AM",
            "Jul 01, 2017",
            "01 Jul 2017",
            "Saturday, July 1, 2017",
            "01-Jul-17",
            "2017-06-30 24:00",
        ] {
            assert_eq!(ms(text), MIDNIGHT, "{text}");
        }
        assert_eq!(ms("2017-07-01 12-PM"), MIDNIGHT + 12 * 3_600_000);
        assert_eq!(ms("2017-07-01 11-PM"), MIDNIGHT + 23 * 3_600_000);
    }

    #[test]
    fn a_zone_is_assumed_only_where_none_is_written() {
        assert!(parse(b"2017-07-01 11:00", None).unwrap().assumed_utc);
        assert!(!parse(b"2017-07-01 11:00Z", None).unwrap().assumed_utc);
        assert!(!parse(b"1498906800", None).unwrap().assumed_utc);
    }

    #[test]
    fn day_and_month_are_never_guessed() {
        assert_eq!(parse(b"01/07/2017", None), Err(NoStamp::Ambiguous));
        assert_eq!(parse(b"01/07/2017", Some(DayOrder::DayMonth)).unwrap().ms, MIDNIGHT);
        assert_eq!(parse(b"07/01/2017", Some(DayOrder::MonthDay)).unwrap().ms, MIDNIGHT);
    }

    #[test]
    fn what_is_no_time_is_refused() {
        for text in [
            "",
            "abc",
            "2017-13-01",
            "2017-02-29",
            "2017-07-01 25:00",
            "2017-07-01 11:00 CET",
            "2017-07-01 24:30",
            "1.49891E+12",
            "Jul 1, 17",
            "nan",
            "-",
            "2017-07",
        ] {
            assert!(parse(text.as_bytes(), None).is_err(), "{text}");
        }
    }
}
