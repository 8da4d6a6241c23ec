//! Every expression of an independent implementation of the language: the same bits in every row.
//!
//! The records lie beside the language, in `worker/rules/tests/oracle`; `GALAPAGOS_ORACLE` may name more folders of such records.

#![allow(clippy::unwrap_used, reason = "a test that cannot set up should fail")]

#[path = "oracle/rules/expression.rs"]
mod expression;
#[path = "oracle/record.rs"]
mod record;
#[path = "../../rules/tests/oracle/records.rs"]
mod records;

use expression::{checked, held_digest, truth_digest};
use galapagos_engine::bars::Bars;
use galapagos_engine::graph::{Columns, Market, Plan};
use galapagos_engine::interrupt::Interrupt;
use galapagos_rules::Genome;
use record::{Data, text};
use serde_json::Value;
use std::collections::BTreeMap;

fn check<T: PartialEq + std::fmt::Debug>(problems: &mut Vec<String>, what: &str, got: T, expected: T) {
    if got != expected {
        problems.push(format!("{what}: got {got:?}, expected {expected:?}"));
    }
}

/// The record's number; na is null. JSON is read to the last bit but one, so that only digests tell all bits.
fn near(problems: &mut Vec<String>, what: &str, got: f64, expected: &Value) {
    let same = expected.as_f64().map_or(got.is_nan(), |x| (got - x).abs() <= 4.0 * f64::EPSILON * x.abs());
    if !same {
        problems.push(format!("{what}: got {got:?}, expected {expected}"));
    }
}

/// Decimals of the prices of a data set.
fn decimals(name: &str) -> u8 {
    if name == "EURUSD" { 5 } else { 2 }
}

fn load(name: &str) -> Data {
    record::load(name).with_decimals(decimals(name))
}

/// What differs between a record and this engine.
fn replay(record: &Value, files: &BTreeMap<String, Data>) -> Vec<String> {
    let mut problems = Vec::new();
    let data = &record["data"];
    let range: Vec<usize> = data["rows"]
        .as_array()
        .unwrap()
        .iter()
        .map(|v| usize::try_from(v.as_u64().unwrap()).unwrap())
        .collect();
    let own = files[data["name"].as_str().unwrap()].edited(data).rows(range[0]..range[1]);
    let others = record["otherSymbols"].as_array().into_iter().flatten();
    let others: Vec<Bars> = others.map(|name| files[name.as_str().unwrap()].bars()).collect();
    let genome: Genome =
        record["genes"].as_object().unwrap().iter().map(|(name, v)| (name.clone(), text(v))).collect();
    let tree = checked(record["expression"].as_str().unwrap(), &record["genes"]);

    let market = Market { bars: own.bars(), others: &others };
    let mut plan = Plan::new(own.bars().decimals, market.decimals());
    let held = plan.add(&tree, &genome).unwrap();
    let plain = plan.add_plain(&tree, &genome).unwrap();
    let columns = Columns::compute(&plan, &market, Interrupt::NEVER);
    let expected = &record["expected"];
    let rows = columns.len();
    check(&mut problems, "rows", rows, range[1] - range[0]);
    let (is_na, digest): (Vec<bool>, String) = if expected["type"] == "bool" {
        let truth = columns.conditions(held);
        for row in expected["rows"].as_array().unwrap() {
            let t = usize::try_from(row[0].as_u64().unwrap()).unwrap();
            check(&mut problems, &format!("row {t}"), truth.truth(t), row[1].as_bool());
        }
        let all: Vec<Option<bool>> = (0..rows).map(|t| truth.truth(t)).collect();
        (all.iter().map(Option::is_none).collect(), truth_digest(&all))
    } else {
        let (x, p) = (columns.numbers(held), columns.numbers(plain));
        for row in expected["rows"].as_array().unwrap() {
            let t = usize::try_from(row[0].as_u64().unwrap()).unwrap();
            near(&mut problems, &format!("row {t}"), x[t], &row[1]);
            near(&mut problems, &format!("row {t}, plain"), p[t], &row[2]);
        }
        let denominator = plan.exact(held).map(|exact| i64::try_from(exact.denominator).unwrap());
        check(&mut problems, "denominator", denominator, expected["denominator"].as_i64());
        (x.iter().map(|x| x.is_nan()).collect(), held_digest(x))
    };
    let first = is_na.iter().position(|na| !na).map(|t| t as u64);
    check(&mut problems, "first defined row", first, expected["firstDefined"].as_u64());
    check(
        &mut problems,
        "na",
        is_na.iter().filter(|&&na| na).count() as u64,
        expected["na"].as_u64().unwrap(),
    );
    check(&mut problems, "digest", digest.as_str(), expected["sha256"].as_str().unwrap());
    problems
}

// Contract D3, D4, D5, D6, D7.
#[test]
fn every_expression_of_the_oracle_has_the_same_bits_in_every_row() {
    let all = records::records("function");
    let files: BTreeMap<String, Data> =
        ["AAPL", "EURUSD", "GOOG", "IBM"].map(|name| (name.to_owned(), load(name))).into();
    let mut failed = Vec::new();
    for record in &all {
        let problems = replay(record, &files);
        if !problems.is_empty() {
            failed.push(format!(
                "{} {}\n    {}",
                record["id"],
                record["expression"],
                problems.join("\n    ")
            ));
        }
    }
    assert!(failed.is_empty(), "{} of {} records differ:\n{}", failed.len(), all.len(), failed.join("\n"));
    assert!(all.len() >= 115, "{} records", all.len());
}
