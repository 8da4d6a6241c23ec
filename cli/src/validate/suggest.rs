//! "Did you mean": the nearest of a few names.

/// The known name that is nearest to a misspelt one, if it is near enough to be meant.
pub fn nearest<'a>(name: &str, known: impl IntoIterator<Item = &'a str>) -> Option<&'a str> {
    let folded = name.to_lowercase().replace('-', "_");
    known
        .into_iter()
        .map(|k| (strsim::damerau_levenshtein(&folded, &k.to_lowercase()), k))
        .filter(|&(distance, k)| distance <= 1 + k.len().min(name.len()) / 4)
        .min()
        .map(|(_, k)| k)
}

/// The same as a suggestion for people. Names come from manifests, so long ones are not compared.
pub fn did_you_mean<'a>(name: &str, known: impl IntoIterator<Item = &'a str>) -> Option<String> {
    if name.len() > 100 {
        return None;
    }
    nearest(name, known).map(|k| format!("did you mean {k:?}?"))
}
