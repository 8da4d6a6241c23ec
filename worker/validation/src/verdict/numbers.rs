//! Numbers in sentences: .81 rather than 0.81, and never one that looks like what it failed to reach.

/// Decimals that a value has at least.
const DECIMALS: usize = 2;

/// A threshold as it was given, without the 0 before the point.
pub(super) fn number(x: f64) -> String {
    bare(&x.to_string())
}

/// A value with as many decimals as its threshold, two at least, cut downwards.
pub(super) fn rounded_against(value: f64, threshold: f64) -> String {
    let given = threshold.to_string();
    let decimals = given.split_once('.').map_or(0, |(_, decimals)| decimals.len());
    let decimals = decimals.clamp(DECIMALS, 9);
    let text = format!("{value:.decimals$}");
    // What rounding raised is one unit of the last place too high.
    match text.parse::<f64>() {
        Ok(rounded) if rounded > value => {
            let unit = (0..decimals).fold(1.0, |unit, _| unit / 10.0);
            bare(&format!("{:.decimals$}", rounded - unit))
        }
        _ => bare(&text),
    }
}

/// A share in whole percent, cut downwards.
pub(super) fn percent_below(share: f64) -> i64 {
    let near = (share * 100.0).round();
    // Compared as shares: .29 times 100 is less than 29.
    (if near / 100.0 > share { near - 1.0 } else { near }) as i64
}

/// A share in whole percent, cut upwards.
pub(super) fn percent_above(share: f64) -> i64 {
    let near = (share * 100.0).round();
    (if near / 100.0 < share { near + 1.0 } else { near }) as i64
}

fn bare(text: &str) -> String {
    match text.strip_prefix('-') {
        Some(rest) if rest.starts_with("0.") => format!("-{}", &rest[1..]),
        None if text.starts_with("0.") => text[1..].to_owned(),
        _ => text.to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_value_looks_like_the_threshold_it_missed() {
        assert_eq!(rounded_against(0.949_9, 0.95), ".94");
        assert_eq!(rounded_against(0.81, 0.95), ".81");
        assert_eq!(rounded_against(0.974_96, 0.975), ".974");
        assert_eq!(rounded_against(-0.001, 0.0), "-.01");
        assert_eq!(rounded_against(1.239, 2.0), "1.23");
        assert_eq!((percent_below(0.799_9), percent_above(0.500_1)), (79, 51));
        for whole in -30..=100 {
            let share = f64::from(whole as i32) / 100.0;
            assert_eq!((percent_below(share), percent_above(share)), (whole, whole));
        }
    }

    #[test]
    fn a_threshold_is_written_as_it_was_given() {
        assert_eq!([0.95, 0.975, 1.0, -0.5, 2.5].map(number), [".95", ".975", "1", "-.5", "2.5"]);
    }
}
