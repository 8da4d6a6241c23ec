//! The page of the reference is what the tables say.

#![allow(clippy::unwrap_used, reason = "a failed unwrap fails the test")]

use galapagos_rules::functions::FUNCTIONS;
use galapagos_rules::reference::{functions, page};
use galapagos_rules::terms::TERMS;

#[test]
fn the_page_of_the_reference_is_current() {
    let path = concat!(env!("CARGO_MANIFEST_DIR"), "/../../docs/rules-reference.md");
    let found = std::fs::read_to_string(path).unwrap();
    assert!(found == page(), "docs/rules-reference.md is not current: make generated");
}

#[test]
fn the_page_has_every_term_and_every_column_of_every_function() {
    let page = page();
    for term in &TERMS {
        assert!(page.contains(&format!("| `{}` | {}", term.name, term.meaning)), "{}", term.name);
    }
    for f in &FUNCTIONS {
        let rows = page.lines().filter(|line| line.starts_with(&format!("| `{}(", f.name))).count();
        assert_eq!(rows, if f.outputs.is_empty() { 1 } else { f.outputs.len() }, "{}", f.name);
    }
}

fn warm_up(name: &str, field: &str) -> (String, String) {
    let all = functions();
    let f = all.iter().find(|f| f.name == name).unwrap();
    let output = f.outputs.iter().find(|output| output.field == field).unwrap();
    (output.first_row.clone(), output.warm_up.clone())
}

// Contract D5, column by column.
#[test]
fn formulas_are_those_of_the_contract() {
    let is = |name, field, first: &str, rows: &str| {
        assert_eq!(warm_up(name, field), (first.to_owned(), rows.to_owned()), "{name}.{field}");
    };
    is("sma", "", "n - 1", "n - 1");
    is("roc", "", "n", "n");
    is("ema", "", "0", "3n - 1");
    is("rma", "", "n - 1", "5n");
    is("dema", "", "0", "6n - 2");
    is("tema", "", "0", "9n - 3");
    is("hma", "", "n + round(√n) - 2", "n + round(√n) - 2");
    is("macd", "line", "0", "3max(f, s) - 1");
    is("macd", "hist", "0", "3max(f, s) + 3g - 2");
    is("stoch", "d", "k + d - 2", "k + d - 2");
    is("adx", "adx", "2n - 1", "10n");
    is("supertrend", "side", "n", "6n");
    is("heikin", "open", "0", "20");
    is("cross_up", "", "1", "1");
}

#[test]
fn every_number_of_rows_has_a_formula() {
    for f in functions() {
        for output in &f.outputs {
            let texts = [&output.first_row, &output.warm_up];
            assert!(texts.iter().all(|text| !text.contains("see ")), "{}.{}", f.name, output.field);
        }
    }
}
