//! Plain tables and numbers for people.

use comfy_table::{CellAlignment, ContentArrangement, Table, presets};
use std::time::Duration;

pub use galapagos_run::pictures::thousands;

/// A table with a header and no lines: it can be cut with the usual tools. Columns named in `right` are
/// aligned to the right.
pub fn table(header: &[&str], rows: Vec<Vec<String>>, right: &[&str]) -> String {
    let mut table = Table::new();
    table.load_style(presets::NOTHING).set_content_arrangement(ContentArrangement::Disabled);
    table.set_header(header.iter().map(|h| h.to_uppercase()));
    table.add_rows(rows);
    for (i, name) in header.iter().enumerate() {
        if let Some(column) = table.column_mut(i) {
            column.set_padding((0, 2));
            if right.contains(name) {
                column.set_cell_alignment(CellAlignment::Right);
            }
        }
    }
    let mut text: String = table.lines().map(|line| format!("{}\n", line.trim_end())).collect();
    text.shrink_to_fit();
    text
}

/// A number with `decimals` places, `-` where it is undefined.
pub fn number(value: Option<f64>, decimals: usize) -> String {
    value.map_or_else(|| "-".to_owned(), |v| format!("{v:.decimals$}"))
}

/// A fraction as a percentage with a sign, `-` where it is undefined.
pub fn signed_percent(value: Option<f64>) -> String {
    value.map_or_else(|| "-".to_owned(), |v| format!("{:+.1} %", v * 100.0))
}

/// A fraction as a percentage, `-` where it is undefined.
pub fn percent(value: Option<f64>) -> String {
    value.map_or_else(|| "-".to_owned(), |v| format!("{:.1} %", v * 100.0))
}

/// `412 M`, `9.6 k`: three digits and a unit.
pub fn short(value: f64) -> String {
    for (limit, unit) in [(1e12, " T"), (1e9, " G"), (1e6, " M"), (1e3, " k")] {
        if value.abs() >= limit {
            let scaled = value / limit;
            return if scaled.abs() < 10.0 {
                format!("{scaled:.1}{unit}")
            } else {
                format!("{scaled:.0}{unit}")
            };
        }
    }
    format!("{value:.0} ")
}

/// `1.5 GB`, in powers of ten.
pub fn bytes(n: u64) -> String {
    format!("{}B", short(n as f64))
}

/// `0.4 s`, `12 s`, `3 min 20 s`, `2 h 5 min`.
pub fn duration(d: Duration) -> String {
    let s = d.as_secs();
    match s {
        0..10 => format!("{:.1} s", d.as_secs_f64()),
        10..60 => format!("{s} s"),
        60..3600 => format!("{} min {} s", s / 60, s % 60),
        _ => format!("{} h {} min", s / 3600, s % 3600 / 60),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_are_grouped_by_thousands() {
        assert_eq!(thousands(0), "0");
        assert_eq!(thousands(999), "999");
        assert_eq!(thousands(38_412), "38,412");
        assert_eq!(thousands(-1_234_567), "-1,234,567");
    }

    #[test]
    fn an_undefined_number_is_a_dash() {
        assert_eq!(number(None, 2), "-");
        assert_eq!(signed_percent(Some(0.612)), "+61.2 %");
        assert_eq!(percent(Some(0.118)), "11.8 %");
    }

    #[test]
    fn a_duration_has_at_most_two_units() {
        assert_eq!(duration(Duration::from_millis(350)), "0.3 s");
        assert_eq!(duration(Duration::from_secs(200)), "3 min 20 s");
        assert_eq!(duration(Duration::from_secs(7500)), "2 h 5 min");
    }

    #[test]
    fn a_table_has_aligned_columns_and_no_trailing_blanks() {
        let text = table(
            &["name", "rows"],
            vec![vec!["AAPL".into(), "10".into()], vec!["A".into(), "1".into()]],
            &["rows"],
        );
        assert_eq!(text, "NAME  ROWS\nAAPL    10\nA        1\n");
    }
}
