//! "Did you mean": the nearest of a few names.

/// The known name that is nearest to a misspelt one, if it is near enough to be meant.
pub fn nearest<'a>(name: &str, known: impl IntoIterator<Item = &'a str>) -> Option<&'a str> {
    // Names come from manifests, so long ones are not compared.
    if name.len() > 100 {
        return None;
    }
    let folded = name.to_lowercase().replace('-', "_");
    known
        .into_iter()
        .map(|k| (strsim::damerau_levenshtein(&folded, &k.to_lowercase()), k))
        .filter(|&(distance, k)| distance <= 1 + k.len().min(name.len()) / 4)
        .min()
        .map(|(_, k)| k)
}

/// The same as a suggestion for people.
pub fn did_you_mean<'a>(name: &str, known: impl IntoIterator<Item = &'a str>) -> Option<String> {
    nearest(name, known).map(|k| format!("did you mean {k:?}?"))
}

/// The nearest name or, where none is near, all of them behind `intro`.
pub(crate) fn meant_or_all<'a>(
    name: &str,
    known: impl IntoIterator<Item = &'a str> + Clone,
    intro: &str,
) -> String {
    let all = || known.clone().into_iter().collect::<Vec<_>>().join(", ");
    did_you_mean(name, known.clone()).unwrap_or_else(|| format!("{intro} {}", all()))
}

#[cfg(test)]
mod tests {
    use super::nearest;

    #[test]
    fn a_slip_of_the_finger_finds_the_name() {
        let names = ["fast_period", "slow_period", "trend_filter"];
        assert_eq!(nearest("fast_perod", names), Some("fast_period"));
        assert_eq!(nearest("Fast-Period", names), Some("fast_period"));
        assert_eq!(nearest("tredn_filter", names), Some("trend_filter"));
        assert_eq!(nearest("colour", names), None);
        assert_eq!(nearest(&"x".repeat(1_000_000), names), None);
    }
}
