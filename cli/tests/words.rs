//! The glossary (docs/words.md) and the code use the same words: every type that it names is in the sources.

#![allow(clippy::unwrap_used, reason = "a failed unwrap fails the test")]

mod repository;

use repository::{file, sources};
use std::collections::BTreeSet;

/// The folders that hold sources.
const SOURCES: [&str; 5] = ["cli", "crds", "operator", "worker", "e2e"];

/// The name that a line defines, if it defines a type.
fn defined(line: &str) -> Option<&str> {
    let mut words = line.split(|c: char| !c.is_alphanumeric() && c != '_').filter(|word| !word.is_empty());
    words.by_ref().find(|word| ["struct", "enum", "trait", "type"].contains(word))?;
    words.next()
}

/// The names of the lists of reasons in a source: enums that the macro `names!` makes.
fn listed(text: &str) -> impl Iterator<Item = &str> {
    let name = |list| str::lines(list).map(str::trim).find_map(|line| line.strip_suffix(" {"));
    text.split("\nnames! {").skip(1).filter_map(name)
}

/// What stands in backticks and is written as types are.
fn named(page: &str) -> BTreeSet<&str> {
    let is_type = |word: &&str| {
        word.starts_with(|c: char| c.is_ascii_uppercase()) && word.chars().all(|c| c.is_ascii_alphanumeric())
    };
    page.split('`').skip(1).step_by(2).filter(is_type).collect()
}

#[test]
fn every_type_that_the_glossary_names_is_in_the_sources() {
    let page = file("docs/words.md");
    let (named, sources) = (named(&page), sources(&SOURCES));
    assert!(named.len() > 60, "only {} types are named", named.len());
    let known: BTreeSet<&str> =
        sources.iter().flat_map(|(_, text)| text.lines().filter_map(defined).chain(listed(text))).collect();
    let unknown: Vec<_> = named.difference(&known).collect();
    assert!(unknown.is_empty(), "docs/words.md names types that do not exist: {unknown:?}");
}

#[test]
fn no_word_of_the_glossary_is_explained_twice() {
    let page = file("docs/words.md");
    let mut seen = BTreeSet::new();
    for word in page.split("**").skip(1).step_by(2).flat_map(|words| words.split(", ")) {
        assert!(seen.insert(word.to_lowercase()), "{word} is explained twice");
    }
    assert!(seen.len() > 60, "only {} words are explained", seen.len());
}
