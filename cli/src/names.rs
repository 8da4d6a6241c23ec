//! Names that people type: what was meant by a misspelt one.

use galapagos_manifest::suggest::did_you_mean;

/// `unknown WHAT "typed"; did you mean "x"? (allowed: ...)` with the list in the order given.
pub fn unknown<'a>(what: &str, typed: &str, allowed: impl IntoIterator<Item = &'a str> + Clone) -> String {
    let meant = did_you_mean(typed, allowed.clone()).map(|hint| format!("; {hint}")).unwrap_or_default();
    let list = allowed.into_iter().collect::<Vec<_>>().join(", ");
    format!("unknown {what} \"{typed}\"{meant} (allowed: {list})")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_unknown_name_lists_what_is_allowed() {
        assert_eq!(
            unknown("gene", "slow", ["slow_period"]),
            "unknown gene \"slow\" (allowed: slow_period)".to_owned()
        );
    }
}
