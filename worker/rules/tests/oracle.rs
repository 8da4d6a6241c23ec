//! Every record of an independent implementation that needs no prices: canonical texts, types, bounds of warm-up, and
//! documents that are refused. `GALAPAGOS_ORACLE` may name more folders of such records.

#![allow(clippy::unwrap_used, reason = "a test that cannot set up should fail")]

#[path = "oracle/record.rs"]
mod record;
#[path = "oracle/records.rs"]
mod records;

use galapagos_rules::{
    At, Clause, Genome, Market, StampCalendar, Stamps, Type, check, defaults, exact, first_defined,
    needs_calendar, read, warm_up,
};
use record::{single, text};
use records::records;
use serde_json::{Value, json};
use std::collections::BTreeMap;

/// Holds every record to `problem`, which says what is wrong.
fn hold(kind: &str, least: usize, problem: impl Fn(&Value) -> Option<String>) {
    let all = records(kind);
    assert!(all.len() >= least, "only {} records of {kind}", all.len());
    let wrong = |record: &Value| problem(record).map(|p| format!("{}: {p}", record["id"]));
    let problems: Vec<String> = all.iter().filter_map(wrong).collect();
    assert!(problems.is_empty(), "{} of {}:\n{}", problems.len(), all.len(), problems.join("\n"));
}

fn differs<T: PartialEq + std::fmt::Debug>(what: &str, got: T, expected: T) -> Option<String> {
    (got != expected).then(|| format!("{what}: got {got:?}, expected {expected:?}"))
}

// Contract D8.
#[test]
fn a_strategy_has_the_canonical_text_of_the_record() {
    hold("canonical", 12, |record| {
        let document = read(&record["strategy"]).unwrap();
        match check(&document, &Market::default()) {
            Ok(strategy) => {
                let enter = strategy.expressions.iter().find(|e| e.path == "rules.long.enter").unwrap();
                differs("text", enter.text.as_str(), record["expected"].as_str().unwrap())
            }
            Err(errors) => Some(format!("refused: {errors:?}")),
        }
    });
}

// Contract D9.
#[test]
fn a_document_is_refused_where_and_as_the_record_says() {
    hold("refused", 48, |record| {
        let symbols = record["symbols"].as_array().unwrap().iter().map(text).collect();
        let market = Market {
            symbols: Some(symbols),
            volume: record["volume"].as_bool(),
            interval: Some(record::seconds(record["interval"].as_str().unwrap())),
            signals: None,
        };
        let result = read(&record["strategy"]).and_then(|document| check(&document, &market));
        let Err(errors) = result else { return Some("accepted".to_owned()) };
        let first = &errors[0];
        let got = json!({
            "path": first.path, "column": first.column, "kind": first.kind, "nearest": first.nearest,
        });
        differs("error", got, record["expected"].clone()).map(|p| format!("{p}: {first}"))
    });
}

// Contract D7.
#[test]
fn the_warm_up_is_that_of_the_record_from_bounds_and_from_defaults() {
    hold("warmup", 9, |record| {
        let document = read(&record["strategy"]).unwrap();
        let strategy = match check(&document, &Market::default()) {
            Ok(strategy) => strategy,
            Err(errors) => return Some(format!("refused: {errors:?}")),
        };
        let expected = &record["expected"];
        let stamps = StampCalendar::new(record::stamps(record));
        let genome = defaults(&strategy.genes);
        let rows = |at| strategy.warm_up(at, Some(&stamps)).map(|w| w.rows);
        differs("bounds", rows(At::Bounds), expected["fromBounds"].as_i64())
            .or_else(|| differs("defaults", rows(At::Genome(&genome)), expected["fromDefaults"].as_i64()))
            .or_else(|| differs("canonical", strategy.canonical(), expected["canonical"].clone()))
    });
}

// Contract D7.
#[test]
fn a_strategy_of_the_backtests_is_accepted_and_has_the_warm_up_of_its_genome() {
    hold("backtest", 61, |record| {
        let document = read(&record["strategy"]).unwrap();
        let strategy = match check(&document, &Market::default()) {
            Ok(strategy) => strategy,
            Err(errors) => return Some(format!("refused: {errors:?}")),
        };
        let mut genome = defaults(&strategy.genes);
        genome.extend(record["genome"].as_object().unwrap().iter().map(|(name, v)| (name.clone(), text(v))));
        let stamps = StampCalendar::new(record::stamps(record));
        let rows = strategy.warm_up(At::Genome(&genome), Some(&stamps)).map(|w| w.rows);
        differs("W", rows, record["expected"]["W"].as_i64())
    });
}

// Contract D1.
#[test]
fn the_rules_of_the_accounts_are_accepted() {
    hold("account", 18, |record| {
        let document = read(&json!({"name": "x", "rules": record["rules"]})).unwrap();
        check(&document, &Market::default()).err().map(|errors| format!("refused: {errors:?}"))
    });
}

// Contract D4.
#[test]
fn an_expression_has_type_unit_denominator_and_warm_up_of_the_record() {
    hold("function", 115, |record| {
        let expected = &record["expected"];
        let place = if expected["type"] == "bool" { Clause::Exit } else { Clause::Stop };
        let genome: Genome =
            record["genes"].as_object().unwrap().iter().map(|(name, v)| (name.clone(), text(v))).collect();
        let expression = match single(record["expression"].as_str().unwrap(), place, &record["genes"]) {
            Ok(expression) => expression,
            Err(errors) => return Some(format!("refused: {errors:?}")),
        };
        let tree = &expression.tree;
        let decimals = u32::try_from(record["data"]["decimals"].as_u64().unwrap()).unwrap();
        let power = match tree.ty.unwrap() {
            Type::Condition => None,
            ty => Some(i64::from(ty.number().unwrap().power)),
        };
        let denominator = exact(tree, &genome, decimals).map(|e| i64::try_from(e.denominator).unwrap());
        let own = differs("text", expression.text.as_str(), expected["canonical"].as_str().unwrap())
            .or_else(|| differs("power", power, expected["pricePower"].as_i64()))
            .or_else(|| differs("denominator", denominator, expected["denominator"].as_i64()));
        let stamps = if needs_calendar(tree) { record::stamps(record) } else { Stamps::default() };
        let stamps = StampCalendar::new(stamps);
        let first = first_defined(tree, &genome, Some(&stamps));
        // False and unknown is false, so a crossing may be known a row before its own first row.
        let crosses = expected["type"] == "bool";
        let first = if crosses && first > expected["firstDefined"].as_i64() {
            first.map(|row| row - 1)
        } else {
            first
        };
        let rows = warm_up(tree, At::Genome(&genome), Some(&stamps));
        own.or_else(|| differs("first defined row", first, expected["firstDefined"].as_i64()))
            .or_else(|| differs("warm-up", rows, expected["warmup"].as_i64()))
    });
}

#[test]
fn the_sample_strategies_are_accepted_for_their_interval() {
    hold("example", 18, |record| {
        let interval = Some(record::seconds(record["interval"].as_str().unwrap()));
        let market = Market { interval, volume: Some(true), ..Market::default() };
        let result = read(&record["strategy"]).and_then(|document| check(&document, &market));
        match result {
            Ok(strategy) if strategy.unused_lets.is_empty() => None,
            Ok(strategy) => Some(format!("unused: {:?}", strategy.unused_lets)),
            Err(errors) => Some(format!("refused: {errors:?}")),
        }
    });
}

#[test]
fn the_calendar_of_a_record_is_that_of_its_data() {
    let all: BTreeMap<&str, usize> =
        record::OPENS.iter().map(|(name, text)| (*name, text.lines().count())).collect();
    assert!(all.values().all(|&rows| rows > 100), "{all:?}");
}
