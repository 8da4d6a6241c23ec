//! Expressions of the language as checked trees, and digests of what they give.

#![allow(clippy::unwrap_used, reason = "a test that cannot set up should fail")]
#![allow(dead_code, reason = "each test file uses its own part")]

use galapagos_rules::{Document, Expr, Gene, Market, Rules, Side, Text, check};
use ring::digest::{Context, SHA256};
use serde_json::Value;

/// A gene of one value, or of the words that the records use.
fn gene(name: &str, value: &Value) -> Gene {
    let words = |all: &[&str]| Some(all.iter().map(|&w| w.to_owned()).collect());
    let given = value.as_str().map_or_else(|| value.to_string(), str::to_owned);
    let name = name.to_owned();
    match given.as_str() {
        "on" | "off" => Gene { name, values: words(&["on", "off"]), ..Gene::default() },
        "a" | "b" => Gene { name, values: words(&["a", "b"]), ..Gene::default() },
        _ => Gene { name, value: Some(given), ..Gene::default() },
    }
}

/// The canonical tree of an expression of any type.
pub fn checked(expression: &str, genes: &Value) -> Expr {
    let genes: Vec<Gene> = genes.as_object().unwrap().iter().map(|(name, v)| gene(name, v)).collect();
    // A number or condition of any kind stands below `is_na`, of which it is the only argument.
    let enter = format!("is_na({expression})");
    let side = Side { enter: Text::from(enter.as_str()), ..Side::default() };
    let rules = Rules { language: 1, long: Some(side), ..Rules::default() };
    let document = Document { name: "x".to_owned(), genes, rules };
    let strategy = check(&document, &Market::default()).unwrap_or_else(|e| panic!("{expression}: {e:?}"));
    strategy.expressions[0].tree.parts()[0].clone()
}

fn hex(context: Context) -> String {
    context.finish().as_ref().iter().map(|byte| format!("{byte:02x}")).collect()
}

/// SHA-256 of numbers: little-endian, 0 without a sign, na as eight bytes ff.
pub fn held_digest(all: &[f64]) -> String {
    let mut context = Context::new(&SHA256);
    for &x in all {
        context.update(&if x.is_nan() { [0xff; 8] } else { (x + 0.0).to_le_bytes() });
    }
    hex(context)
}

/// SHA-256 of conditions, a byte each: 00, 01, and ff for na.
pub fn truth_digest(all: &[Option<bool>]) -> String {
    let mut context = Context::new(&SHA256);
    for truth in all {
        context.update(&[truth.map_or(0xff, u8::from)]);
    }
    hex(context)
}
