//! Names that must be legal: symbols, datasets, intervals, calendars.

use crate::error::{Error, Result};
use serde::{Deserialize, Serialize};

pub(crate) const DAY_MS: i64 = 86_400_000;

/// Nominal spacing of bars, written as in the manifest: `1m`, `4h`, `1d`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Interval {
    ms: i64,
}

impl Interval {
    /// Parses `^[1-9][0-9]{0,2}(m|h|d)$`.
    ///
    /// # Errors
    /// `Spec` for any other text.
    pub fn parse(text: &str) -> Result<Self> {
        let wrong = || {
            let problem = match text.to_ascii_lowercase().trim_start_matches(|c: char| c.is_ascii_digit()) {
                "w" | "wk" | "week" => "is no interval: a week is 7d",
                "mo" | "mon" | "mn" | "month" => "is no interval: months have no one length, import days",
                _ => "is no interval: write 1 to 999 and m, h or d, as 1m, 4h or 1d",
            };
            Error::option("interval", text, problem)
        };
        let unit = match text.as_bytes().last() {
            Some(b'm') => 60_000,
            Some(b'h') => 3_600_000,
            Some(b'd') => DAY_MS,
            _ => return Err(wrong()),
        };
        let digits = &text[..text.len() - 1];
        if digits.is_empty()
            || digits.len() > 3
            || digits.starts_with('0')
            || !digits.bytes().all(|b| b.is_ascii_digit())
        {
            return Err(wrong());
        }
        let count: i64 = digits.parse().map_err(|_| wrong())?;
        Ok(Self { ms: count * unit })
    }

    /// The interval of `ms` milliseconds, if it has a name.
    pub fn from_ms(ms: i64) -> Option<Self> {
        let fits = |unit: i64| ms > 0 && ms % unit == 0 && ms / unit <= 999;
        (fits(60_000) || fits(3_600_000) || fits(DAY_MS)).then_some(Self { ms })
    }

    /// Length of the interval in milliseconds.
    pub fn ms(self) -> i64 {
        self.ms
    }

    /// How far daylight saving may shorten or lengthen one step: bars of a day or more that are stamped at
    /// local midnight are 23 or 25 hours apart twice a year.
    pub(crate) fn slack_ms(self) -> i64 {
        if self.ms >= DAY_MS { 7_200_000 } else { 0 }
    }
}

impl std::fmt::Display for Interval {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        for (unit, name) in [(DAY_MS, 'd'), (3_600_000, 'h'), (60_000, 'm')] {
            if self.ms % unit == 0 {
                return write!(f, "{}{name}", self.ms / unit);
            }
        }
        write!(f, "{}ms", self.ms)
    }
}

/// When the market trades: a suggestion stored beside the data, outside the digest.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(into = "String", try_from = "String")]
pub enum Calendar {
    /// Around the clock: a missing bar is a gap.
    Continuous,
    /// In sessions: gaps are expected.
    Sessions {
        /// Bars a year, for annualisation.
        bars_per_year: u32,
    },
}

impl Calendar {
    /// Parses `continuous` or `sessions:N`.
    ///
    /// # Errors
    /// `Spec` for any other text.
    pub fn parse(text: &str) -> Result<Self> {
        if text == "continuous" {
            return Ok(Calendar::Continuous);
        }
        text.strip_prefix("sessions:")
            .and_then(|n| n.parse().ok())
            .filter(|&n: &u32| n > 0 && n <= 1_000_000)
            .map(|bars_per_year| Calendar::Sessions { bars_per_year })
            .ok_or_else(|| {
                Error::option(
                    "calendar",
                    text,
                    "is no calendar: write continuous or sessions:BARS_PER_YEAR, as sessions:252",
                )
            })
    }
}

impl std::fmt::Display for Calendar {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Calendar::Continuous => f.write_str("continuous"),
            Calendar::Sessions { bars_per_year } => write!(f, "sessions:{bars_per_year}"),
        }
    }
}

impl From<Calendar> for String {
    fn from(calendar: Calendar) -> Self {
        calendar.to_string()
    }
}

impl TryFrom<String> for Calendar {
    type Error = String;
    fn try_from(text: String) -> std::result::Result<Self, String> {
        Calendar::parse(&text).map_err(|e| e.to_string())
    }
}

/// Whether `text` matches `^[A-Za-z0-9][A-Za-z0-9._-]{0,31}$`: the pattern of symbols.
pub fn is_symbol(text: &str) -> bool {
    text.len() <= 32
        && text.bytes().next().is_some_and(|b| b.is_ascii_alphanumeric())
        && text.bytes().all(|b| b.is_ascii_alphanumeric() || b"._-".contains(&b))
}

/// Maps any text to a legal symbol (`BTC/USDT` to `BTC-USDT`), or `None` if nothing usable is left. A long one is not
/// cut: two would become one.
pub fn to_symbol(text: &str) -> Option<String> {
    let mapped: String = text
        .trim()
        .chars()
        .map(|c| if c.is_ascii_alphanumeric() || "._-".contains(c) { c } else { '-' })
        .collect();
    let mapped = mapped.trim_start_matches(|c: char| !c.is_ascii_alphanumeric()).trim_end_matches('-');
    is_symbol(mapped).then(|| mapped.to_owned())
}

/// Checks the name of a dataset: `^[a-z0-9]([a-z0-9._-]{0,61}[a-z0-9])?$`, so that it is one plain folder name.
///
/// # Errors
/// `Spec` for any other text.
pub fn check_dataset_name(name: &str) -> Result<()> {
    let edge = |b: Option<&u8>| b.is_some_and(|b| b.is_ascii_lowercase() || b.is_ascii_digit());
    let bytes = name.as_bytes();
    let inside = |b: &u8| b.is_ascii_lowercase() || b.is_ascii_digit() || b"._-".contains(b);
    if bytes.len() <= 63 && edge(bytes.first()) && edge(bytes.last()) && bytes.iter().all(inside) {
        return Ok(());
    }
    Err(Error::option(
        "dataset",
        name,
        "is no dataset name: use up to 63 lower-case letters, digits, '.', '_' and '-', with a letter or digit at both ends",
    ))
}

/// Whether `text` is a digest as folders carry it: 64 lower-case hex digits.
pub fn is_digest(text: &str) -> bool {
    text.len() == 64 && text.bytes().all(|b| b.is_ascii_digit() || (b'a'..=b'f').contains(&b))
}
