//! Plain numbers in a column of times that are no epochs: the days of a spreadsheet, or milliseconds of a day that the
//! name of the file says.

use crate::error::Result;
use crate::facts::Facts;
use crate::raw::View;
use crate::rows::FileRows;
use crate::stamp::{Stamp, civil_ms, epoch_stamp};
use std::path::Path;

const DAY_MS: i64 = 86_400_000;
/// 1970-01-01 in the days of a spreadsheet, whose day 60 never was.
const DAYS_TO_1970: f64 = 25_569.0;
/// From 1950 to 2099: as seconds since 1970 they all lie in its first day, of which nobody has bars.
const DAYS: std::ops::Range<i64> = 18_264..73_051;
/// A fraction of a day is written with few digits: what is this near to a minute is one.
const NEAR_MS: i64 = 5_000;

/// What plain numbers in the column of times count.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) enum Counting {
    /// Time since 1970, in a unit that their size shows.
    #[default]
    Epoch,
    /// Days since 1899-12-30, as spreadsheets count.
    SpreadsheetDays,
    /// Milliseconds since the midnight of a day, as LEAN writes them.
    SinceMidnight {
        /// That midnight, in milliseconds since 1970 of the local clock.
        day_ms: i64,
    },
}

impl Counting {
    /// The time of a text that is a number; `None` for others, and where numbers are epochs.
    pub(crate) fn text(self, text: &[u8]) -> Option<Stamp> {
        if self == Counting::Epoch {
            return None;
        }
        self.number(std::str::from_utf8(text).ok()?.trim().parse().ok()?)
    }

    /// The time of a number; `None` where numbers are epochs.
    pub(crate) fn number(self, value: f64) -> Option<Stamp> {
        let local = |ms: i64| Stamp { ms, assumed_utc: true, offset_ms: None };
        match self {
            Counting::Epoch => None,
            Counting::SpreadsheetDays => {
                let days = value - DAYS_TO_1970;
                if days.abs() > 1e6 {
                    return None;
                }
                let ms = (days * DAY_MS as f64).round() as i64;
                let minute = (ms + 30_000).div_euclid(60_000) * 60_000;
                Some(local(if (ms - minute).abs() <= NEAR_MS { minute } else { ms }))
            }
            Counting::SinceMidnight { day_ms } if (0.0..=DAY_MS as f64).contains(&value) => {
                Some(local(day_ms + value as i64))
            }
            Counting::SinceMidnight { .. } => None,
        }
    }
}

/// Whether what was read as seconds since 1970 are days of a spreadsheet in every row.
pub(crate) fn are_days(rows: &FileRows) -> bool {
    rows.symbols.iter().all(|(_, r)| r.facts.are_days)
}

/// Whether a time that was read as seconds since 1970 may be a day of a spreadsheet.
pub(crate) fn is_day(ms: i64) -> bool {
    (DAYS.start * 1000..DAYS.end * 1000).contains(&ms)
}

/// `45293.125`, of which only whole days could be epochs: read as seconds, so that all rows decide.
pub(crate) fn fraction_of_days(text: &[u8]) -> Option<Stamp> {
    let (days, fraction) = text.split_at_checked(5)?;
    let digits = |text: &[u8]| text.iter().all(u8::is_ascii_digit);
    if !digits(days) || fraction.len() < 2 || fraction[0] != b'.' || !digits(&fraction[1..]) {
        return None;
    }
    let value: f64 = std::str::from_utf8(text).ok()?.parse().ok()?;
    DAYS.contains(&(value as i64)).then(|| epoch_stamp((value * 1000.0) as i64))
}

/// How LEAN writes bars: without a header, prices of equities as integers of a ten-thousandth, and minutes as
/// milliseconds of the day in the name of the file.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Lean {
    /// The midnight that the name of the file says, where times count from it.
    pub day_ms: Option<i64>,
}

impl Lean {
    /// Whether a file is one of LEAN's: by its first line, its name, and that of the file that was packed into it.
    pub(crate) fn of(path: &Path, inner: Option<&str>, head: &[u8]) -> Option<Self> {
        let head = head.strip_prefix(b"\xef\xbb\xbf").unwrap_or(head);
        let line = head.split(|b| *b == b'\n').next().unwrap_or_default().trim_ascii();
        let cells: Vec<&[u8]> = line.split(|b| *b == b',').collect();
        let digits = |text: &[u8]| !text.is_empty() && text.iter().all(u8::is_ascii_digit);
        if !matches!(cells.len(), 5 | 6 | 11) || !digits(cells[1].split(|b| *b == b'.').next()?) {
            return None;
        }
        // `19980102 00:00`
        if let (Some((date, clock)), false) = (cells[0].split_at_checked(8), digits(cells[0]))
            && digits(date)
            && matches!(clock, [b' ', h1, h2, b':', m1, m2] if digits(&[*h1, *h2, *m1, *m2]))
        {
            return Some(Self { day_ms: None });
        }
        let since: i64 = std::str::from_utf8(cells[0]).ok().filter(|t| digits(t.as_bytes()))?.parse().ok()?;
        let stem = path.file_stem().map(|s| s.to_string_lossy().into_owned()).unwrap_or_default();
        let day_ms = inner.into_iter().chain([stem.as_str()]).find_map(day)?;
        (0..DAY_MS).contains(&since).then_some(Self { day_ms: Some(day_ms) })
    }
}

/// The day that begins the name of a file of LEAN: `20240102_spy_minute_trade`, `20240102_trade`.
fn day(name: &str) -> Option<i64> {
    let (date, rest) = name.split_at_checked(8)?;
    let part = |from: usize, to: usize| date.get(from..to)?.parse::<i64>().ok();
    if !date.bytes().all(|b| b.is_ascii_digit()) || !rest.starts_with('_') {
        return None;
    }
    civil_ms(part(0, 4)?, part(4, 6)?, part(6, 8)?)
}

/// Prices of LEAN as they are: integers of a ten-thousandth where all are whole cents then, which a note tells.
///
/// # Errors
/// Integers that could be either.
pub(crate) fn scale_lean(path: &Path, rows: &mut FileRows) -> Result<()> {
    let every =
        |test: &dyn Fn(&Facts) -> bool| rows.symbols.iter().all(|(_, r)| r.facts.whole && test(&r.facts));
    // Whole cents, which are hundreds of ten-thousandths.
    if every(&|facts| facts.least >= 100 && facts.hundreds) {
        for (_, r) in &mut rows.symbols {
            r.see(View { scale: Some(4), ..r.view })?;
        }
        rows.notes
            .push("prices are integers of 0.0001, as LEAN writes those of equities, and were scaled".into());
    } else if every(&|facts| facts.least >= 10_000) {
        return Err(crate::error::Error::layout(
            path,
            "is written as LEAN does, with integer prices: those of equities there are 0.0001 of the price, and these may be \
             either. Divide them by 10000, or, if they are right as they are, put a line time,open,high,low,close,volume on top",
        ));
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn days_of_a_spreadsheet_are_dates_and_their_fractions_times() {
        let ms = |text: &str| Counting::SpreadsheetDays.text(text.as_bytes()).map(|s| s.ms);
        // 45292 is 2024-01-01 in Excel and LibreOffice.
        assert_eq!(ms("45292"), Some(1_704_067_200_000));
        assert_eq!(ms("45292.5"), Some(1_704_067_200_000 + 43_200_000));
        // 01:00 with four digits, as a narrow column shows it.
        assert_eq!(ms("45292.0417"), Some(1_704_067_200_000 + 3_600_000));
        assert_eq!(ms("2024-01-01"), None);
        assert_eq!(Counting::Epoch.text(b"45292"), None);
    }

    #[test]
    fn a_file_of_lean_is_known_by_its_name_or_its_times() {
        let of = |name: &str, line: &str| Lean::of(Path::new(name), None, line.as_bytes());
        let day_ms = Some(1_704_153_600_000);
        let line = "34200000,4700000,4701000,4699000,4700500,900\n";
        assert_eq!(of("20240102_spy_minute_trade.csv", line), Some(Lean { day_ms }));
        assert_eq!(of("20240102_trade.zip", line), Some(Lean { day_ms }));
        assert_eq!(
            of("spy.csv", "20240102 00:00,4700000,4701000,4699000,4700500,900\n"),
            Some(Lean { day_ms: None })
        );
        assert_eq!(of("spy.csv", line), None);
        assert_eq!(of("20240102_trade.csv", "1704153600,1,2,3,4,5\n"), None);
        assert_eq!(of("spy.csv", "time,open,high,low,close,volume\n"), None);
    }
}
