//! Names that people type: what was meant by a misspelt one.

/// The candidate nearest to `typed`, if it is near enough to be what was meant.
pub fn nearest<'a>(typed: &str, candidates: impl IntoIterator<Item = &'a str>) -> Option<&'a str> {
    let limit = (typed.chars().count() / 3).max(1);
    candidates
        .into_iter()
        .map(|c| (strsim::osa_distance(typed, c), c))
        .filter(|&(distance, _)| distance <= limit)
        .min()
        .map(|(_, c)| c)
}

/// `unknown WHAT "typed"; did you mean "x"? (allowed: ...)` with the list in the order given.
pub fn unknown<'a>(what: &str, typed: &str, allowed: impl IntoIterator<Item = &'a str> + Clone) -> String {
    let meant = match nearest(typed, allowed.clone()) {
        Some(name) => format!("; did you mean \"{name}\"?"),
        None => String::new(),
    };
    let list = allowed.into_iter().collect::<Vec<_>>().join(", ");
    format!("unknown {what} \"{typed}\"{meant} (allowed: {list})")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_slip_of_the_finger_finds_the_name() {
        let names = ["fast_period", "slow_period", "trend_filter"];
        assert_eq!(nearest("fast_perod", names), Some("fast_period"));
        assert_eq!(nearest("tredn_filter", names), Some("trend_filter"));
        assert_eq!(nearest("colour", names), None);
    }

    #[test]
    fn an_unknown_name_lists_what_is_allowed() {
        assert_eq!(
            unknown("gene", "slow", ["slow_period"]),
            "unknown gene \"slow\" (allowed: slow_period)".to_owned()
        );
    }
}
