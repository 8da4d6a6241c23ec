//! Strategies of the records of the language, and random genomes of them.
#![allow(dead_code, missing_docs)]
#![allow(clippy::unwrap_used, reason = "a test that cannot set up should fail")]

#[path = "../../../rules/tests/oracle/records.rs"]
pub mod records;

use super::Rng;
use galapagos_engine::genes::{GeneValue, Genome, Stops};
use galapagos_engine::rules::Own;
use galapagos_rules::{ExprKind, Market, Rational, Values, check, read};
use rust_decimal::Decimal;
use std::collections::{BTreeMap, BTreeSet};

/// The strategies of the records of some kinds, each once, by their names.
pub fn strategies(kinds: &[&str]) -> Vec<Own> {
    let documents = kinds.iter().flat_map(|kind| records::records(kind));
    let by_name: BTreeMap<String, serde_json::Value> = documents
        .map(|record| (record["strategy"]["name"].to_string(), record["strategy"].clone()))
        .collect();
    let own = |document| Own::new(check(&read(document).unwrap(), &Market::default()).unwrap());
    by_name.values().map(own).collect()
}

/// A random genome; whole numbers anywhere within their bounds, others at one of 25 places.
pub fn genome(own: &Own, rng: &mut Rng) -> Genome {
    let value = |name: &String| match &own.rules().genes[name].values {
        Values::Words(words) => GeneValue::Category(rng.below(words.len()) as u32),
        Values::Numbers { interval, integer } => {
            let decimal =
                |r: Rational| Decimal::try_from(r.numerator() as f64 / r.denominator() as f64).unwrap();
            let (low, span) = (decimal(interval.low), decimal(interval.high) - decimal(interval.low));
            GeneValue::Number(if *integer {
                low + Decimal::from(rng.below(1 + usize::try_from(span).unwrap()))
            } else {
                (low + span * Decimal::from(rng.below(25)) / Decimal::from(24)).round_dp(6)
            })
        }
    };
    Genome { values: own.genes().iter().map(value).collect(), stops: Stops::default() }
}

/// All symbols that strategies look at beside the traded one.
pub fn symbols(all: &[Own]) -> BTreeSet<String> {
    let mut out = BTreeSet::new();
    for expression in all.iter().flat_map(|own| &own.rules().expressions) {
        expression.tree.walk(&mut |part| {
            if let ExprKind::Symbol(name) = &part.kind {
                out.insert(name.clone());
            }
        });
    }
    out
}
