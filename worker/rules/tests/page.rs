//! The page of the contract and the tables of the language name the same functions, fields and terms.

#![allow(clippy::unwrap_used, reason = "a failed unwrap fails the test")]

use galapagos_rules::functions::{FUNCTIONS, RESERVED};
use galapagos_rules::{Kind, RESERVED_KEYS, terms::TERMS};

fn section(heading: &str) -> String {
    let page = concat!(env!("CARGO_MANIFEST_DIR"), "/../../docs/contract/rules.md");
    let text = std::fs::read_to_string(page).unwrap();
    text.split("\n### ").find(|part| part.starts_with(heading)).unwrap().to_owned()
}

fn words(text: &str) -> Vec<&str> {
    text.split(|c: char| !c.is_ascii_alphanumeric() && c != '_').filter(|word| !word.is_empty()).collect()
}

// Contract D5.
#[test]
fn the_page_and_the_table_have_the_same_functions_with_the_same_fields() {
    let section = section("D5 ");
    let rows: Vec<&str> =
        section.lines().filter(|l| l.starts_with("| ") && !l.starts_with("| function")).collect();
    let firsts: Vec<&str> = rows.iter().map(|row| row.split('|').nth(1).unwrap()).collect();
    for f in &FUNCTIONS {
        let named = |cell: &&&str| words(cell).contains(&f.name);
        let cell = firsts.iter().find(named).unwrap_or_else(|| panic!("{} is not on the page", f.name));
        for output in f.outputs.iter().filter(|output| !output.field.is_empty()) {
            assert!(cell.contains(&format!(".{}", output.field)), "{}.{}: {cell}", f.name, output.field);
        }
    }
    // What stands before a parenthesis is a function.
    let called =
        firsts.iter().flat_map(|cell| cell.split('(').rev().skip(1).filter_map(|part| words(part).pop()));
    let unknown: Vec<&str> = called.filter(|name| FUNCTIONS.iter().all(|f| f.name != *name)).collect();
    assert!(unknown.is_empty(), "only on the page: {unknown:?}");
}

// Contract D3.
#[test]
fn the_page_names_every_term() {
    let section = section("D3 ");
    let named = words(&section);
    let missing: Vec<&str> = TERMS.iter().map(|t| t.name).filter(|name| !named.contains(name)).collect();
    assert!(missing.is_empty(), "{missing:?}");
}

// Contract D1 and D9.
#[test]
fn the_page_names_every_reserved_word_and_every_class_of_error() {
    let (document, errors) = (section("D1 "), section("D9 "));
    let named = words(&document);
    let missing: Vec<&&str> =
        RESERVED.iter().chain(&RESERVED_KEYS).filter(|word| !named.contains(*word)).collect();
    assert!(missing.is_empty(), "{missing:?}");
    let kinds = [
        Kind::Structure,
        Kind::Reserved,
        Kind::Limit,
        Kind::Syntax,
        Kind::Name,
        Kind::Gene,
        Kind::Unused,
        Kind::Field,
        Kind::Arity,
        Kind::Type,
        Kind::Constant,
        Kind::Range,
        Kind::Lookahead,
        Kind::Unit,
        Kind::Phase,
        Kind::Cycle,
        Kind::Data,
    ];
    for kind in kinds {
        assert!(errors.contains(&format!("\n| {} |", kind.name())), "{}", kind.name());
        assert_eq!(serde_json::to_value(kind).unwrap(), kind.name());
    }
    assert_eq!(errors.lines().filter(|line| line.starts_with("| ")).count(), kinds.len() + 1);
}
