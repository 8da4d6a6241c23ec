//! Many sentences that say the same of many files: one of each kind, and whom it is about.

use std::collections::BTreeMap;

/// More symbols or files than this are summed up.
pub const MANY: usize = 20;
/// Names that a summary lists.
const NAMED: usize = 5;

/// Sentences that differ in names and numbers alone.
#[derive(Debug, PartialEq, Eq)]
pub struct Kind {
    /// Whom the first is about.
    pub name: String,
    /// The first.
    pub text: String,
    /// Whom the others are about.
    pub others: Vec<String>,
}

/// The text without its numbers, what stands in quotes, and the name it is about.
fn pattern(name: &str, text: &str) -> String {
    let mut kind = String::with_capacity(text.len());
    let mut quoted = false;
    for c in text.replace(name, "*").chars() {
        quoted ^= c == '"';
        let digit = c.is_ascii_digit() || (c == '.' && kind.ends_with('0'));
        match (quoted, digit) {
            (true, _) => {}
            (false, true) if kind.ends_with('0') => {}
            (false, true) => kind.push('0'),
            (false, false) => kind.push(c),
        }
    }
    kind
}

/// The kinds, in the order of their first sentence.
pub fn kinds<'a>(sentences: impl IntoIterator<Item = (&'a str, &'a str)>) -> Vec<Kind> {
    let mut places: BTreeMap<String, usize> = BTreeMap::new();
    let mut kinds: Vec<Kind> = Vec::new();
    for (name, text) in sentences {
        let at = *places.entry(pattern(name, text)).or_insert(kinds.len());
        match kinds.get_mut(at) {
            Some(kind) if kind.name != name => kind.others.push(name.to_owned()),
            Some(_) => {}
            None => kinds.push(Kind { name: name.to_owned(), text: text.to_owned(), others: Vec::new() }),
        }
    }
    kinds
}

impl Kind {
    /// `; the like of 998 others: A, B, ..`, or nothing.
    pub fn tail(&self) -> String {
        let count = self.others.len();
        let listed = self.others.iter().take(NAMED).cloned().collect::<Vec<_>>().join(", ");
        match count {
            0 => String::new(),
            1..=NAMED => format!("; the like of {listed}"),
            _ => format!("; the like of {listed} and {} more", count - NAMED),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sentences_that_differ_in_names_and_numbers_are_of_one_kind() {
        let sentences = [
            ("A", "A.csv, line 12, column Open, value \"x\": is no number"),
            ("A", "12.5 % are missing"),
            ("B", "B.csv, line 7, column Open, value \"yy\": is no number"),
            ("B", "times carry no zone"),
            ("C", "C.csv, line 1301, column Open, value \"-\": is no number"),
        ];
        let found = kinds(sentences);
        assert_eq!(found.len(), 3, "{found:?}");
        assert_eq!((found[0].name.as_str(), found[0].others.len()), ("A", 2));
        assert_eq!(found[0].tail(), "; the like of B, C");
    }
}
