//! The dates of a job or of a back-test on the rows of a symbol.

use galapagos_engine::bars::Bars;
use galapagos_manifest::Dates;
pub use galapagos_manifest::show_stamp;

/// A symbol has no bar between the dates.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error(
    "{}: {symbol} has no bar {}; its bars reach from {} to {}: {}, or leave the symbol out",
    .fields.0, between(.dates), show_stamp(*.first_ms), show_stamp(*.last_ms), advice(.fields, .dates, *.first_ms, *.last_ms)
)]
pub struct NoBars {
    /// What the two dates are called where they were given.
    pub fields: Fields,
    /// Name of the symbol.
    pub symbol: String,
    /// What was asked for.
    pub dates: Dates,
    /// The first stamp that the symbol has.
    pub first_ms: i64,
    /// The last one.
    pub last_ms: i64,
}

/// What the two dates are called where they were given.
pub type Fields = (&'static str, &'static str);

/// The fields of a manifest.
pub const JOB: Fields = ("marketData.from", "marketData.to");

/// The row of the first stamp that counts.
pub fn start(times: &[i64], from_ms: Option<i64>) -> usize {
    from_ms.map_or(0, |from| times.partition_point(|&t| t < from))
}

/// The bars before a stamp, and the funding up to the close of the last of them.
pub fn until<'a>(bars: &Bars<'a>, to_ms: Option<i64>) -> Bars<'a> {
    let Some(to) = to_ms else { return *bars };
    let rows = bars.time_ms.partition_point(|&t| t < to);
    let close = rows.checked_sub(1).map_or(to, |last| bars.time_ms[last].saturating_add(bars.interval_ms));
    let stamps = bars.funding.partition_point(|stamp| stamp.time_ms <= close);
    Bars { funding: &bars.funding[..stamps], ..bars.truncate(rows) }
}

/// Whether a symbol has bars between the dates.
///
/// # Errors
/// It has none.
pub fn check(dates: &Dates, symbol: &str, times: &[i64], fields: Fields) -> Result<(), NoBars> {
    let (Some(&first_ms), Some(&last_ms)) = (times.first(), times.last()) else { return Ok(()) };
    let end = dates.to_ms.map_or(times.len(), |to| times.partition_point(|&t| t < to));
    if start(times, dates.from_ms) < end {
        return Ok(());
    }
    Err(NoBars { fields, symbol: symbol.to_owned(), dates: *dates, first_ms, last_ms })
}

/// The dates in words.
pub fn between(dates: &Dates) -> String {
    match (dates.from_ms, dates.to_ms) {
        (Some(from), Some(to)) => format!("from {} to {}", show_stamp(from), show_stamp(to)),
        (Some(from), None) => format!("from {} on", show_stamp(from)),
        (None, Some(to)) => format!("before {}", show_stamp(to)),
        (None, None) => "at all".to_owned(),
    }
}

fn advice(fields: &Fields, dates: &Dates, first_ms: i64, last_ms: i64) -> String {
    match dates {
        Dates { to_ms: Some(to), .. } if *to <= first_ms => format!("write a later {}", fields.1),
        Dates { from_ms: Some(from), .. } if *from > last_ms => format!("write an earlier {}", fields.0),
        _ => "write dates further apart".to_owned(),
    }
}
