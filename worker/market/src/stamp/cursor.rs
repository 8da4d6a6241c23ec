//! Dates, clocks and zones as text, read from front to back.

use super::{DayOrder, NoStamp, Stamp, civil_ms};

/// What is left of a text.
pub(super) struct Cursor<'a>(pub(super) &'a [u8]);

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

    pub(super) fn date(&mut self, order: Option<DayOrder>) -> Result<i64, NoStamp> {
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
    pub(super) fn compact_clock(&mut self) -> Option<i64> {
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

    pub(super) fn clock_and_zone(&mut self, day: i64) -> Option<Stamp> {
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

/// Whole numbers of at most 19 digits.
pub(super) fn number(digits: &[u8]) -> Option<i64> {
    if digits.is_empty() || digits.len() > 19 {
        return None;
    }
    digits.iter().try_fold(0i64, |n, &b| {
        if b.is_ascii_digit() { n.checked_mul(10)?.checked_add(i64::from(b - b'0')) } else { None }
    })
}
