//! Strategies that a manifest writes itself: what is refused and where, which values their genes have
//! (`docs/contract/rules.md`).

#![allow(clippy::unwrap_used, reason = "a failed unwrap fails the test")]

mod common;

use common::{INVALID, MISLEADING, findings, is, job};
use galapagos_crds::Catalogue;
use galapagos_crds::conditions::StalledReason::InvalidStrategy;
use galapagos_genetics::{Constraint, Grid};
use galapagos_manifest::Weight::Impossible;
use galapagos_manifest::{SearchSpace, check};
use galapagos_rules::Market;
use rust_decimal::Decimal;
use serde_json::{Value, json};

/// A strategy that uses all of these genes.
fn own(genes: Value, extra: Value) -> Value {
    let named = genes.as_array().unwrap().iter().map(|gene| gene["name"].as_str().unwrap());
    let uses = named.filter(|name| !name.starts_with("stop_")).map(|name| format!(" or close > ${name}"));
    let mut rules =
        json!({"language": 1, "long": {"enter": format!("close > 1{}", uses.collect::<String>())}});
    rules.as_object_mut().unwrap().extend(extra.as_object().unwrap().clone());
    json!({"name": "mine", "genes": genes, "rules": rules})
}

fn space(strategy: Value) -> SearchSpace<'static> {
    let job = job(json!([strategy]), json!({}));
    assert_eq!(check(&job, Catalogue::embedded()), []);
    SearchSpace::own(0, &job.spec.strategies[0], &Market::default(), Catalogue::embedded()).unwrap().0
}

fn values(grid: &Grid) -> Vec<String> {
    (0..grid.len()).filter_map(|i| grid.value(i)).map(|x| x.normalize().to_string()).collect()
}

const WRONG: (galapagos_crds::conditions::StalledReason, galapagos_manifest::Weight) =
    (InvalidStrategy, Impossible);

// Records of an independent implementation.
#[test]
fn what_the_oracle_refuses_a_manifest_refuses_at_the_same_place() {
    let text = include_str!("../../rules/tests/oracle/refused.json");
    let all: Value = serde_json::from_str(text).unwrap();
    let mut seen = 0;
    for record in all["records"].as_array().unwrap().iter().filter(|r| r["expected"]["kind"] != "data") {
        let strategy = json!([record["strategy"]]);
        let data = json!({"dataset": "d", "symbols": ["GOOG"], "interval": record["interval"]});
        let found = findings(strategy, json!({"marketData": data}));
        let expected = &record["expected"];
        let path = format!("spec.strategies[0].{}", expected["path"].as_str().unwrap());
        let column = expected["column"].as_u64().unwrap() as usize;
        let same = found.iter().find(|f| f.path == path && f.column == column && f.reason == InvalidStrategy);
        assert!(same.is_some(), "{}: {expected} is not among {found:#?}", record["id"]);
        seen += 1;
    }
    assert!(seen > 40, "{seen}");
}

#[test]
fn a_fault_in_an_expression_is_said_with_its_column_and_what_was_meant() {
    let found = findings(
        json!([{"name": "mine", "rules": {"language": 1, "long": {"enter": "clos > 3"}}}]),
        json!({}),
    );
    let path = "spec.strategies[0].rules.long.enter";
    is(&found, path, WRONG, r#"there is no let and no field "clos""#, r#"did you mean "close"?"#);
    assert_eq!((found[0].column, found[0].length), (1, 4));
    assert!(
        found[0].to_string().starts_with("spec.strategies[0].rules.long.enter:1: there is no"),
        "{}",
        found[0]
    );
}

#[test]
fn the_interval_of_the_job_bounds_the_timeframes() {
    let rules = |text: &str| json!([{"name": "mine", "rules": {"language": 1, "long": {"enter": text}}}]);
    assert_eq!(findings(rules("on(4h, close) > 1"), json!({})), []);
    let found = findings(rules("on(90m, close) > 1"), json!({}));
    assert_eq!((found[0].column, found[0].reason), (4, InvalidStrategy), "{}", found[0]);
}

#[test]
fn a_name_is_ones_own_and_stands_once() {
    let rules = json!({"language": 1, "long": {"enter": "close > 1"}});
    for name in ["sma_crossover", "rsi_mean_reversion"] {
        let found = findings(json!([{"name": name, "rules": rules}]), json!({}));
        assert_eq!((found[0].path.as_str(), found[0].reason), ("spec.strategies[0].name", InvalidStrategy));
        assert!(found[0].text.ends_with("is the name of a built-in strategy"), "{}", found[0]);
    }
    let found =
        findings(json!([{"name": "mine", "rules": rules}, {"name": "mine", "rules": rules}]), json!({}));
    let advice = "give one of them another name";
    is(&found, "spec.strategies[1].name", INVALID, r#"strategy "mine" is listed twice"#, advice);
}

#[test]
fn a_key_that_nobody_knows_is_refused_and_one_that_is_kept_for_later_says_so() {
    let with = |key: &str| {
        let mut rules = json!({"language": 1, "long": {"enter": "close > 1"}});
        rules[key] = json!(3);
        findings(json!([{"name": "mine", "rules": rules}]), json!({}))
    };
    let found = with("cooldownBar");
    assert_eq!(found[0].path, "spec.strategies[0].rules.cooldownBar");
    assert!(found[0].advice.as_ref().unwrap().ends_with(r#"did you mean "cooldownBars"?"#), "{}", found[0]);
    is(&with("mirror"), "spec.strategies[0].rules.mirror", WRONG, "mirror is not in use yet", "");
}

#[test]
fn fills_at_the_close_go_with_market_terms_only() {
    let rules = |stop: Value| json!([own(json!([]), json!({"long": {"enter": "close > 1", "stop": stop}}))]);
    let same_close = json!({"execution": {"fill": "SameClose"}});
    assert_eq!(findings(rules(Value::Null), same_close.clone()), []);
    let found = findings(rules(json!("entry_price * 0.9")), same_close);
    assert_eq!(
        (found[0].path.as_str(), found[0].reason),
        ("spec.strategies[0].rules.long.stop", InvalidStrategy)
    );
}

#[test]
fn genes_have_the_values_that_the_document_says() {
    let genes = json!([
        {"name": "whole", "min": 3, "max": 9, "step": 2, "default": 7},
        {"name": "plain", "min": 3, "max": 5},
        {"name": "real", "min": "0.5", "max": 2, "step": "0.5"},
        {"name": "even", "min": "0.001", "max": "1", "scale": "Log", "steps": 3, "default": "0.1"},
        {"name": "listed", "values": [5, 10, 50], "default": 10},
        {"name": "fixed", "value": "2.5"},
        {"name": "stop_loss", "min": "0.01", "max": "0.03", "step": "0.01"},
    ]);
    let made = space(own(genes, json!({})));
    let grids: Vec<Vec<String>> = made.space.genes().iter().map(|gene| values(&gene.grid)).collect();
    let expected: [&[&str]; 7] = [
        &["3", "5", "7", "9"],
        &["3", "4", "5"],
        &["0.5", "1", "1.5", "2"],
        &["0.001", "0.01", "0.1", "1"],
        &["5", "10", "50"],
        &["2.5"],
        &["0.01", "0.02", "0.03"],
    ];
    assert_eq!(grids, expected);
    let defaults: Vec<Option<u32>> = made.space.genes().iter().map(|gene| gene.default).collect();
    assert_eq!(defaults, [2, 0, 0, 2, 1, 0, 0].map(Some));
    // The inputs of a run have them all.
    let written: Vec<String> =
        made.written.iter().map(|gene| gene.default.as_ref().unwrap().to_string()).collect();
    assert_eq!(written, ["7", "3", "0.5", "0.1", "10", "2.5", "0.01"]);
    assert_eq!(made.written[1].step.unwrap().to_string(), "1");
    let genome = made.indices("genome", &[("plain".to_owned(), "5".parse().unwrap())].into()).unwrap();
    assert_eq!(*genome, [2, 2, 0, 2, 1, 0, 0]);
}

#[test]
fn words_are_categories() {
    let mode = json!([{"name": "mode", "values": ["trend", "reversion"], "default": "reversion"}]);
    let rules = json!({"language": 1, "long": {"enter": "choose($mode, trend: close > open, reversion: close < open)"}});
    let made = space(json!({"name": "mine", "genes": mode, "rules": rules}));
    assert_eq!((made.space.genes()[0].default, made.space.is_categorical(0)), (Some(1), true));
}

#[test]
fn a_default_is_on_the_grid_of_a_logarithmic_gene_too() {
    let gene =
        json!([{"name": "even", "min": "0.001", "max": "1", "scale": "Log", "steps": 3, "default": "0.2"}]);
    let found = findings(json!([own(gene, json!({}))]), json!({}));
    let text = r#"0.2 is not one of the values that gene "even" has in this job"#;
    let path = "spec.strategies[0].genes[0].default";
    is(&found, path, INVALID, text, "the nearest is 0.1");
    let built_in = json!([{"name": "sma_crossover", "genes": [{"name": "fast_period", "min": 2, "max": 9, "default": 3}]}]);
    let text = "only genes of a strategy with rules have a default";
    is(&findings(built_in, json!({})), path, INVALID, text, "leave it out");
}

#[test]
fn orders_are_rules_between_genes_and_several_are_applied_twice() {
    let genes = json!([
        {"name": "a", "min": 1, "max": 9}, {"name": "b", "min": 1, "max": 9}, {"name": "c", "min": 1, "max": 9},
    ]);
    let one = space(own(genes.clone(), json!({"order": ["a < b"]})));
    assert_eq!(one.space.constraints(), [Constraint::Ordered { low: 0, high: 1 }]);
    let cap =
        |gene, cap, margin: i64| Constraint::Capped { gene, cap, margin: Decimal::from(margin), when: None };
    let several = space(own(genes.clone(), json!({"order": ["b <= c - 2", "a <= b"]})));
    let round = [cap(1, 2, 2), cap(0, 1, 0)];
    assert_eq!(several.space.constraints(), [round.clone(), round].concat());
    // What the second moves the first mends again: a <= b, then b <= c - 2.
    let genome = several.space.canonical(&[8, 8, 0]).unwrap();
    let value = |i: usize| genome[i];
    assert!(value(1) + 2 <= value(2) && value(0) <= value(1), "{genome:?}");
    let never = findings(json!([own(genes, json!({"order": ["a <= b - 20"]}))]), json!({}));
    assert_eq!(never[0].text, "a must be at most b - 20, but the lowest a is 1 and the highest b is 9");
}

#[test]
fn a_strategy_without_genes_is_a_space_of_one_point() {
    let made = space(own(json!([]), json!({})));
    assert_eq!((made.space.genes().len(), made.space.points()), (0, 1));
}

#[test]
fn an_individual_of_ones_own_strategy_is_checked_as_any() {
    let strategy = own(json!([{"name": "fast", "min": 5, "max": 9}]), json!({}));
    let with = |genome: Value| {
        let initial = json!([{"strategy": "mine", "genome": genome}]);
        findings(json!([strategy]), json!({"population": {"size": 100, "initial": initial}}))
    };
    assert_eq!(with(json!({"fast": 7})), []);
    assert_eq!(with(json!({"fast": 70}))[0].path, "spec.population.initial[0].genome.fast");
    let unknown = with(json!({"fats": 7}));
    assert_eq!(unknown[0].advice.as_deref(), Some(r#"did you mean "fast"?"#));
}

#[test]
fn numbers_are_listed_in_rising_order() {
    let gene = json!([{"name": "x", "values": [5, 3]}]);
    let path = "spec.strategies[0].genes[0].values[1]";
    is(
        &findings(json!([own(gene, json!({}))]), json!({})),
        path,
        MISLEADING,
        "3 comes after 5",
        "list numbers in rising order",
    );
}
