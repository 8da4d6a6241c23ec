//! Times as files write them: epochs of four units, ISO 8601, and the usual other spellings. UTC if no zone is given.

use crate::counting::fraction_of_days;
use crate::spelling::{is_scientific, without_weekday};

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

fn number(digits: &[u8]) -> Option<i64> {
    if digits.is_empty() || digits.len() > 19 {
        return None;
    }
    digits.iter().try_fold(0i64, |n, &b| {
        if b.is_ascii_digit() { n.checked_mul(10)?.checked_add(i64::from(b - b'0')) } else { None }
    })
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

struct Cursor<'a>(&'a [u8]);

impl<'a> Cursor<'a> {
    fn take_while(&mut self, test: impl Fn(&u8) -> bool) -> &'a [u8] {
        let (taken, rest) = self.0.split_at(self.0.iter().take_while(|b| test(b)).count());
        self.0 = rest;
        taken
    }

    fn digits(&mut self) -> &'a [u8] {
        self.take_while(u8::is_ascii_digit)
    }

    fn eat(&mut self, any_of: &[u8]) -> Option<u8> {
        let first = *self.0.first()?;
        any_of.contains(&first).then(|| {
            self.0 = &self.0[1..];
            first
        })
    }

    fn date(&mut self, order: Option<DayOrder>) -> Result<i64, NoStamp> {
        let unknown = NoStamp::Unknown;
        let first = self.digits();
        let value = number(first).unwrap_or(0);
        if first.len() == 8 {
            return civil_ms(value / 10_000, value / 100 % 100, value % 100).ok_or(unknown);
        }
        if first.is_empty() {
            // `Jan 31, 2020`
            let month = self.month().ok_or(unknown)?;
            self.take_while(|b| b" .".contains(b));
            let day = number(self.digits()).ok_or(unknown)?;
            self.take_while(|b| b", ".contains(b));
            let year = self.digits();
            let year = number(year).filter(|_| year.len() == 4).ok_or(unknown)?;
            return civil_ms(year, month, day).ok_or(unknown);
        }
        let separator = self.eat(b"-/. ").ok_or(unknown)?;
        if self.0.first().is_some_and(u8::is_ascii_alphabetic) {
            // `31-Jan-2020`
            let month = self.month().ok_or(unknown)?;
            self.eat(&[separator]).ok_or(unknown)?;
            return civil_ms(self.year()?, month, value).ok_or(unknown);
        }
        let second = number(self.digits()).ok_or(unknown)?;
        self.eat(&[separator]).ok_or(unknown)?;
        if first.len() == 4 {
            let day = number(self.digits()).ok_or(unknown)?;
            return civil_ms(value, second, day).ok_or(unknown);
        }
        // `24-01-15` could be of 2024 or of 2015.
        if separator != b'/' && self.0.iter().take_while(|c| c.is_ascii_digit()).count() == 2 {
            return Err(unknown);
        }
        let year = self.year()?;
        let order = if separator == b'.' { Some(DayOrder::DayMonth) } else { order };
        let (day, month) = match order {
            Some(DayOrder::DayMonth) => (value, second),
            Some(DayOrder::MonthDay) => (second, value),
            None => return Err(NoStamp::Ambiguous),
        };
        civil_ms(year, month, day).ok_or(unknown)
    }

    fn year(&mut self) -> Result<i64, NoStamp> {
        let digits = self.digits();
        let year = number(digits).ok_or(NoStamp::Unknown)?;
        match digits.len() {
            4 => Ok(year),
            // As `31-Jan-24` and `1/31/99`: nobody has bars of 1969, nor of 2070.
            2 => Ok(if year < 70 { 2000 + year } else { 1900 + year }),
            _ => Err(NoStamp::Unknown),
        }
    }

    fn month(&mut self) -> Option<i64> {
        let name = self.take_while(u8::is_ascii_alphabetic).to_ascii_lowercase();
        let names = ["jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec"];
        let at = names.iter().position(|n| name.starts_with(n.as_bytes()))?;
        Some(at as i64 + 1)
    }

    /// Milliseconds of `HH`, `HHMM`, `HHMMSS` or `HHMMSSfff`; of nothing: 0.
    fn compact_clock(&mut self) -> Option<i64> {
        let digits = self.digits();
        let part = |from: usize| number(digits.get(from..from + 2)?);
        match digits.len() {
            0 => Some(0),
            2 => clock_ms(part(0)?, 0, 0, 0),
            4 => clock_ms(part(0)?, part(2)?, 0, 0),
            6 => clock_ms(part(0)?, part(2)?, part(4)?, 0),
            9 => clock_ms(part(0)?, part(2)?, part(4)?, number(&digits[6..])?),
            _ => None,
        }
    }

    fn clock_and_zone(&mut self, day: i64) -> Option<Stamp> {
        self.take_while(|b| b" T_,".contains(b));
        let digits = self.0.iter().take_while(|b| b.is_ascii_digit()).count();
        let mut clock = if digits > 2 { self.compact_clock()? } else { self.clock()? };
        self.take_while(|b| b" ".contains(b));
        // `11-AM` of some exchanges' files has a dash that is no sign of a zone.
        let at = usize::from(self.0.first() == Some(&b'-'));
        let half = self.0.get(at..at + 2).map(<[u8]>::to_ascii_lowercase);
        if let Some(half @ (b"am" | b"pm")) = half.as_deref() {
            let hour = clock / 3_600_000;
            if !(1..=12).contains(&hour) {
                return None;
            }
            clock += i64::from(half == b"pm") * 43_200_000 - i64::from(hour == 12) * 43_200_000;
            self.0 = self.0[at + 2..].trim_ascii_start();
        }
        let offset = self.zone()?;
        Some(Stamp {
            ms: day + clock - offset.unwrap_or(0),
            assumed_utc: offset.is_none(),
            offset_ms: offset,
        })
    }

    fn clock(&mut self) -> Option<i64> {
        let hour = number(self.digits())?;
        let (mut minute, mut second, mut ms) = (0, 0, 0);
        if self.eat(b":").is_some() {
            minute = number(self.digits())?;
            if self.eat(b":").is_some() {
                second = number(self.digits())?;
                if self.eat(b".,").is_some() {
                    let digits = self.digits();
                    ms = number(&[digits.get(..digits.len().min(3))?, b"00"].concat()[..3])?;
                }
            }
        }
        clock_ms(hour, minute, second, ms)
    }

    /// Offset from UTC in ms; inner `None` where no zone is written.
    fn zone(&mut self) -> Option<Option<i64>> {
        let text = self.0;
        // A name behind the offset says it twice: `Z[UTC]`, `-05:00[America/New_York]`, `GMT+0000 (Greenwich ..)`.
        let named = |open: u8, close: u8| {
            let at = text.iter().position(|b| *b == open)?;
            (at > 0 && text.last() == Some(&close)).then(|| text[..at].trim_ascii_end())
        };
        let text = named(b'[', b']').or_else(|| named(b'(', b')')).unwrap_or(text);
        self.0 = text;
        let text =
            ["UTC", "GMT", "Z", "z"].iter().find_map(|n| text.strip_prefix(n.as_bytes())).unwrap_or(text);
        if text.is_empty() {
            return Some((!self.0.is_empty()).then_some(0));
        }
        let sign = match text[0] {
            b'+' => 1,
            b'-' => -1,
            _ => return None,
        };
        let digits: Vec<u8> = text[1..].iter().copied().filter(|&b| b != b':').collect();
        let (hours, minutes) = match digits.len() {
            2 => (number(&digits)?, 0),
            4 => (number(&digits[..2])?, number(&digits[2..])?),
            _ => return None,
        };
        (hours <= 15 && minutes < 60).then_some(Some(sign * (hours * 60 + minutes) * 60_000))
    }
}

fn clock_ms(hour: i64, minute: i64, second: i64, ms: i64) -> Option<i64> {
    // The end of a day, written as its hour 24.
    if (hour, minute, second, ms) == (24, 0, 0, 0) {
        return Some(86_400_000);
    }
    (hour < 24 && minute < 60 && second < 60).then_some(((hour * 60 + minute) * 60 + second) * 1000 + ms)
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
