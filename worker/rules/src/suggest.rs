//! "Did you mean": the nearest of a few names.

/// The known name at most two edits away, the nearest and then the lowest first. Capital letters and - for _ are no edits.
pub fn nearest<'a>(name: &str, known: impl IntoIterator<Item = &'a str>) -> Option<&'a str> {
    // Names come from manifests, so long ones are not compared.
    if name.len() > 100 {
        return None;
    }
    let folded = |name: &str| name.to_lowercase().replace('-', "_");
    let given = folded(name);
    let near = known.into_iter().map(|k| (strsim::levenshtein(&given, &folded(k)), k));
    near.filter(|&(distance, _)| distance <= 2).min().map(|(_, k)| k)
}

#[cfg(test)]
mod tests {
    use super::nearest;

    #[test]
    fn the_nearest_name_is_at_most_two_edits_away() {
        assert_eq!(nearest("crossup", ["cross_down", "cross_up"]), Some("cross_up"));
        assert_eq!(nearest("q", ["n", "k"]), Some("k"));
        assert_eq!(nearest("colour", ["close", "open"]), None);
    }

    #[test]
    fn a_slip_of_the_finger_finds_the_name() {
        let names = ["fast_period", "slow_period", "trend_filter"];
        assert_eq!(nearest("fast_perod", names), Some("fast_period"));
        assert_eq!(nearest("Fast-Period", names), Some("fast_period"));
        assert_eq!(nearest("tredn_filter", names), Some("trend_filter"));
        assert_eq!(nearest("takerfee", ["takerFee", "makerFee"]), Some("takerFee"));
        assert_eq!(nearest("colour", names), None);
        assert_eq!(nearest(&"x".repeat(1_000_000), names), None);
    }
}
