//! "Did you mean" as a sentence.

pub use galapagos_rules::nearest;

/// The nearest of the known names, as a suggestion for people.
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
