//! What is around a time or about its spelling: the day of the week, the name of a zone, an exponent, and why a text is none.

use crate::stamp::{self, DayOrder, EPOCH_DIGITS, NoStamp, Stamp};

/// `1.733011200e+12`, as arrays of floats are written. With fewer digits than seconds have it was rounded.
pub(crate) fn is_scientific(text: &[u8]) -> bool {
    let exponent = text.iter().position(|b| b.eq_ignore_ascii_case(&b'e'));
    let mantissa = exponent.map(|at| &text[..at]).unwrap_or_default();
    let plain = |b: &u8| b.is_ascii_digit() || *b == b'.';
    mantissa.contains(&b'.') && mantissa.iter().all(plain) && mantissa.len() > EPOCH_DIGITS
}

/// Without `Tue` or `Tuesday,` before the date.
pub(crate) fn without_weekday(text: &[u8]) -> &[u8] {
    let letters = text.iter().take_while(|b| b.is_ascii_alphabetic()).count();
    let word = text[..letters].to_ascii_lowercase();
    let days = ["mon", "tue", "wed", "thu", "fri", "sat", "sun"];
    let is_day = letters >= 3 && days.iter().any(|day| word.starts_with(day.as_bytes()));
    if !is_day {
        return text;
    }
    let rest = text[letters..].trim_ascii_start();
    rest.strip_prefix(b",").unwrap_or(rest).trim_ascii_start()
}

/// A time behind which the name of a zone stands: `20240102 09:30:00 US/Eastern`.
pub(crate) fn with_name(text: &[u8], order: Option<DayOrder>) -> Option<(Stamp, &[u8])> {
    let at = text.iter().rposition(|b| *b == b' ')?;
    let name = &text[at + 1..];
    let letters = name.first().is_some_and(u8::is_ascii_alphabetic);
    let stamp = stamp::parse(&text[..at], order).ok().filter(|stamp| letters && stamp.assumed_utc)?;
    Some((stamp, name))
}

/// Follows a date that could be either way round.
pub(crate) const AMBIGUOUS: &str = "has day and month in an order that nothing in the file decides: say --dates day-month or --dates month-day";

/// Follows a text that is no time at all.
pub(crate) const NO_TIME: &str =
    "is no time this program reads: write an epoch, or 2017-07-01 11:00:00 with or without Z or an offset";

/// Why a text is no time, and what to do.
pub(crate) fn no_time(text: &[u8], reason: NoStamp) -> &'static str {
    let exponent = |b: &[u8]| b.eq_ignore_ascii_case(b"e+");
    match reason {
        NoStamp::Ambiguous => AMBIGUOUS,
        NoStamp::Unknown if with_name(text, Some(DayOrder::DayMonth)).is_some() => {
            "names its zone by letters that several zones have: write the offset, as -05:00, or leave the letters out \
             and say --timezone, as America/New_York"
        }
        NoStamp::Unknown if text.windows(2).any(exponent) => {
            "was rounded when it was written, as a spreadsheet does: format the column as whole numbers there"
        }
        NoStamp::Unknown => NO_TIME,
    }
}
