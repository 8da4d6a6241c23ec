//! When data are too old to be traded on.

use std::fmt;
use std::str::FromStr;

use super::document::SignalDocument;

const SECOND: i64 = 1000;
const DAY: i64 = 86_400 * SECOND;
/// Days that a market with sessions may be closed: a weekend and two holidays.
const CLOSED_DAYS: i64 = 4;

/// How long ago the last bar may have closed.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum MaxAge {
    /// Two bars; with sessions four days more, since markets close for weekends and holidays.
    #[default]
    Usual,
    /// Any age.
    Off,
    /// So many milliseconds.
    Ms(i64),
}

impl FromStr for MaxAge {
    type Err = String;

    fn from_str(text: &str) -> Result<MaxAge, String> {
        match text {
            "off" => return Ok(MaxAge::Off),
            "usual" => return Ok(MaxAge::Usual),
            _ => {}
        }
        let wrong = || format!("{text:?} is no age: write 90s, 30m, 36h, 5d, usual or off");
        let unit = text.chars().last().ok_or_else(wrong)?;
        let number: i64 = text.strip_suffix(unit).and_then(|n| n.parse().ok()).ok_or_else(wrong)?;
        let ms = match unit {
            's' => SECOND,
            'm' => 60 * SECOND,
            'h' => 3600 * SECOND,
            'd' => DAY,
            _ => return Err(wrong()),
        };
        let ms = number.checked_mul(ms).filter(|ms| *ms > 0).ok_or_else(wrong)?;
        Ok(MaxAge::Ms(ms))
    }
}

impl fmt::Display for MaxAge {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            MaxAge::Usual => f.write_str("usual"),
            MaxAge::Off => f.write_str("off"),
            MaxAge::Ms(ms) => write!(f, "{}s", ms / SECOND),
        }
    }
}

impl MaxAge {
    /// The age in milliseconds that data of this kind may have; `None`: any.
    pub fn allowed_ms(self, interval_ms: i64, continuous: bool) -> Option<i64> {
        match self {
            MaxAge::Off => None,
            MaxAge::Ms(ms) => Some(ms),
            MaxAge::Usual => {
                let closed = if continuous { 0 } else { CLOSED_DAYS * DAY };
                Some(interval_ms.saturating_mul(2).saturating_add(closed))
            }
        }
    }

    /// Whether the data of a signal are too old at `now_ms`.
    pub fn is_stale(self, signal: &SignalDocument, now_ms: i64) -> bool {
        let allowed = self.allowed_ms(signal.interval_ms, signal.continuous);
        allowed.is_some_and(|allowed| now_ms.saturating_sub(signal.closed_ms) > allowed)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_age_is_a_number_with_a_unit_or_a_word_and_nothing_else() {
        assert_eq!("36h".parse(), Ok(MaxAge::Ms(36 * 3600 * 1000)));
        assert_eq!(("90s".parse(), "5d".parse()), (Ok(MaxAge::Ms(90_000)), Ok(MaxAge::Ms(5 * DAY))));
        assert_eq!(("off".parse(), "usual".parse()), (Ok(MaxAge::Off), Ok(MaxAge::Usual)));
        for wrong in ["", "h", "36", "-1h", "0s", "1w", "1é", "9223372036854775807d"] {
            assert!(wrong.parse::<MaxAge>().unwrap_err().contains("36h"), "{wrong}");
        }
        for same in ["90s", "off", "usual"] {
            assert_eq!(same.parse::<MaxAge>().unwrap().to_string(), same);
        }
    }

    #[test]
    fn a_market_that_closes_may_be_silent_over_a_long_weekend() {
        assert_eq!(MaxAge::Usual.allowed_ms(DAY, true), Some(2 * DAY));
        assert_eq!(MaxAge::Usual.allowed_ms(DAY, false), Some(6 * DAY));
        assert_eq!(MaxAge::Off.allowed_ms(DAY, false), None);
    }
}
