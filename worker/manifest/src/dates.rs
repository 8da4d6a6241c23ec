//! `marketData.from` and `to`: which stamps a job looks at.

use galapagos_crds::MarketData;
use jiff::{Timestamp, civil::Date, tz::TimeZone};

use crate::finding::{Finding, first};

/// The stamps that count: at or after `from_ms`, and before `to_ms`.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Dates {
    /// First stamp, UTC milliseconds; `None`: that of the data.
    pub from_ms: Option<i64>,
    /// The stamp before which they end; `None`: the data's end.
    pub to_ms: Option<i64>,
}

/// The dates of a job. What is refused here the schema refuses too, but for days that no month has.
///
/// # Errors
/// One of them is no date, or there is no stamp between them.
pub fn dates(data: &MarketData) -> Result<Dates, Finding> {
    let mut findings = Vec::new();
    checked(data, &mut findings).ok_or_else(|| first("spec.marketData.from", findings))
}

/// The same with every finding. `None` with at least one.
pub(crate) fn checked(data: &MarketData, findings: &mut Vec<Finding>) -> Option<Dates> {
    let before = findings.len();
    let mut read = |field: &str, text: &Option<String>| {
        let text = text.as_deref()?;
        let ms = stamp_ms(text);
        if ms.is_none() {
            let path = format!("spec.marketData.{field}");
            findings
                .push(Finding::invalid(path, format!("{text:?} is no date and no time")).advise(SPELLING));
        }
        ms
    };
    let dates = Dates { from_ms: read("from", &data.from), to_ms: read("to", &data.to) };
    if let (Some(from), Some(to)) = (dates.from_ms, dates.to_ms)
        && from >= to
    {
        let text = format!("{} is not after from, which is {}: no bar lies between", show(to), show(from));
        let advice = "write a later to, or an earlier from; the bar that opens at to does not count";
        findings.push(Finding::invalid("spec.marketData.to", text).advise(advice));
    }
    (findings.len() == before).then_some(dates)
}

/// How a stamp is written.
pub const SPELLING: &str = "write a date as 2024-01-31, or a time with its zone as 2024-01-31T09:30:00Z";

/// UTC milliseconds of a date, which is its midnight in UTC, or of a time as RFC 3339 has it. `None`: it is neither.
pub fn stamp_ms(text: &str) -> Option<i64> {
    let bytes = text.as_bytes();
    let dashes = bytes.get(4) == Some(&b'-') && bytes.get(7) == Some(&b'-');
    let at = match bytes.get(10) {
        _ if !dashes || bytes.len() > MAX_LENGTH => return None,
        None => text.parse::<Date>().ok()?.to_zoned(TimeZone::UTC).ok()?.timestamp(),
        Some(b'T') => text.parse::<Timestamp>().ok()?,
        Some(_) => return None,
    };
    (at.subsec_nanosecond() % 1_000_000 == 0).then(|| at.as_millisecond())
}

/// Longest spelling, as the schema has it.
const MAX_LENGTH: usize = 29;

/// The one spelling of a stamp, which files and messages have: `2024-01-31T09:30:00Z`.
pub fn show(ms: i64) -> String {
    Timestamp::from_millisecond(ms).map_or_else(|_| format!("{ms} ms"), |t| t.to_string())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_date_is_its_midnight_in_utc_and_a_time_is_where_its_zone_says() {
        // date -u -d 2024-03-01 +%s
        let day = 1_709_251_200_000;
        for (text, ms) in [
            ("2024-03-01", day),
            ("2024-03-01T00:00:00Z", day),
            ("2024-03-01T02:00:00+02:00", day),
            ("2024-02-29T19:30:00-04:30", day),
            ("2024-03-01T00:00:00.007Z", day + 7),
            ("2024-02-29", day - 86_400_000),
            ("1970-01-01", 0),
        ] {
            assert_eq!(stamp_ms(text), Some(ms), "{text}");
            assert_eq!(stamp_ms(&show(ms)), Some(ms), "{text}");
        }
        assert_eq!(show(day), "2024-03-01T00:00:00Z");
    }

    #[test]
    fn what_has_no_zone_or_is_no_day_is_no_stamp() {
        for text in [
            "",
            "2024",
            "2024-03",
            "2024-02-30",
            "2023-02-29",
            "2024-13-01",
            "2024-3-1",
            "20240301",
            "01/02/2024",
            "2024-03-01T09:30:00",
            "2024-03-01 09:30:00Z",
            "2024-03-01T25:00:00Z",
            "2024-03-01T00:00:00.0001Z",
            "1709251200",
            "2024-03-01é",
            "yesterday",
        ] {
            assert_eq!(stamp_ms(text), None, "{text}");
        }
    }
}
