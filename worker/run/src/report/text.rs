//! Numbers as people read them.

use crate::pictures::thousands;

/// What stands where there is no number.
const NONE: &str = "-";

/// A number with `decimals` places.
pub fn number(value: Option<f64>, decimals: usize) -> String {
    shown(value, |v| format!("{v:.decimals$}"))
}

/// A share as a percentage.
pub fn percent(value: Option<f64>) -> String {
    shown(value, |v| format!("{:.1} %", v * 100.0))
}

/// A share as a percentage with its sign.
pub fn signed_percent(value: Option<f64>) -> String {
    shown(value, |v| format!("{:+.1} %", v * 100.0))
}

/// An amount in account currency.
pub fn money(value: Option<f64>) -> String {
    shown(value, |v| {
        if v.abs() >= 100.0 { thousands(v.clamp(-9e18, 9e18).round() as i64) } else { format!("{v:.2}") }
    })
}

/// A whole number.
pub fn count(value: u64) -> String {
    thousands(i128::from(value))
}

/// A probability: three digits, and how small it is at least.
pub fn probability(value: Option<f64>) -> String {
    shown(value, |v| if v > 0.0 && v < 0.001 { "below 0.001".to_owned() } else { format!("{v:.3}") })
}

/// A value in as few digits as tell it from its neighbours.
pub fn short(value: f64) -> String {
    if !value.is_finite() {
        return NONE.to_owned();
    }
    let size = value.abs();
    let text = match size {
        _ if size >= 1000.0 => return thousands(value.clamp(-9e18, 9e18).round() as i64),
        _ if size >= 100.0 => format!("{value:.0}"),
        _ if size >= 10.0 => format!("{value:.1}"),
        _ if size >= 0.1 || size == 0.0 => format!("{value:.2}"),
        _ => return format!("{value:.1e}"),
    };
    if text.contains('.') { text.trim_end_matches('0').trim_end_matches('.').to_owned() } else { text }
}

/// A stretch of time in its two largest units.
pub fn duration(ms: i64) -> String {
    let minutes = ms / 60_000;
    let parts = [(minutes / 1440, "d"), (minutes / 60 % 24, "h"), (minutes % 60, "min")];
    let from = parts.iter().position(|p| p.0 > 0).unwrap_or(2);
    let two = parts
        .iter()
        .skip(from)
        .take(2)
        .filter(|p| p.0 > 0)
        .map(|(n, unit)| format!("{} {unit}", thousands(*n)));
    let text = two.collect::<Vec<_>>().join(" ");
    if text.is_empty() { "0 min".to_owned() } else { text }
}

/// The day of a stamp.
pub fn day(ms: i64) -> String {
    let stamp = jiff::Timestamp::from_millisecond(ms);
    stamp.map_or_else(|_| NONE.to_owned(), |t| t.strftime("%Y-%m-%d").to_string())
}

fn shown(value: Option<f64>, text: impl FnOnce(f64) -> String) -> String {
    value.filter(|v| v.is_finite()).map_or_else(|| NONE.to_owned(), text)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_are_read_by_people() {
        assert_eq!([number(Some(1.239), 2), number(None, 2), number(Some(f64::NAN), 1)], ["1.24", "-", "-"]);
        assert_eq!([percent(Some(0.1234)), signed_percent(Some(0.5))], ["12.3 %", "+50.0 %"]);
        assert_eq!(
            [money(Some(-1234.5)), money(Some(1.5)), money(Some(f64::INFINITY))],
            ["-1,235", "1.50", "-"]
        );
        assert_eq!([probability(Some(1e-6)), probability(Some(0.0123))], ["below 0.001", "0.012"]);
        assert_eq!(
            [short(12345.0), short(0.5), short(7.0), short(0.00012)],
            ["12,345", "0.5", "7", "1.2e-4"]
        );
        assert_eq!(
            [duration(90 * 60_000), duration(86_400_000 * 1200), duration(0)],
            ["1 h 30 min", "1,200 d", "0 min"]
        );
        assert_eq!(day(0), "1970-01-01");
    }
}
