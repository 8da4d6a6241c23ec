//! Every kind of finding on cells of behaviour and on conditions over genes.

#![allow(clippy::unwrap_used, reason = "a failed unwrap fails the test")]

mod common;

use common::{INVALID, findings, is};
use galapagos_crds::{Catalogue, StrategySpec};
use galapagos_manifest::{Finding, SearchSpace};
use serde_json::{Value, json};

fn with(more: Value) -> Vec<Finding> {
    findings(json!([{"name": "sma_crossover"}]), more)
}

fn cells(cells: Value) -> Vec<Finding> {
    with(json!({"archive": {"cells": cells}}))
}

#[test]
fn cells_are_cut_by_metrics_and_by_expressions_of_the_job() {
    let two = json!([{"metric": "trades", "edges": [10, 50]}, {"metric": "max_drawdown", "edges": ["0.1"]}]);
    assert_eq!(cells(two), []);
    let own = json!([{"name": "pace", "expression": "trades / (1 + exposure)", "atMost": 900}]);
    let archive = json!({"cells": [{"metric": "pace", "edges": [10]}]});
    assert_eq!(with(json!({"limits": own, "archive": archive})), []);
    let found = cells(json!([{"metric": "trade", "edges": [10]}]));
    let path = "spec.archive.cells[0].metric";
    is(&found, path, INVALID, r#"unknown metric "trade""#, r#"did you mean "trades"?"#);
    let found = cells(json!([{"metric": "trades", "edges": [10, 10]}]));
    let text = "the edges must rise from one to the next";
    is(&found, "spec.archive.cells[0].edges", INVALID, text, "write them as [10, 50, 100]");
    let found = cells(json!([{"metric": "trades", "edges": [1]}, {"metric": "trades", "edges": [2]}]));
    let path = "spec.archive.cells[1].metric";
    is(&found, path, INVALID, r#""trades" cuts the cells already"#, "name each number once");
}

#[test]
fn a_share_of_parents_needs_an_algorithm_that_has_parents() {
    let archive = |share: &str| json!({"cells": [{"metric": "trades", "edges": [10]}], "share": share});
    assert_eq!(with(json!({"archive": archive("0.5")})), []);
    assert_eq!(with(json!({"archive": archive("0"), "searcher": "TPE"})), []);
    let path = "spec.archive.share";
    assert_eq!(with(json!({"archive": archive("1.5")}))[0].path, path);
    let advice = "leave it out: the cells are kept all the same";
    let found = with(json!({"archive": archive("0.5"), "searcher": "TPE"}));
    is(&found, path, INVALID, "only the searcher Evolution has parents", advice);
    for preset in ["Ray", "PBT"] {
        let found = with(json!({"archive": archive("0.5"), "breeding": {"preset": preset}}));
        is(&found, path, INVALID, "presets Ray and PBT set the whole algorithm, its parents too", advice);
    }
}

fn under(constraints: Value) -> Vec<Finding> {
    let genes = json!([{"name": "stop_loss", "min": "0.01", "max": "0.2", "step": "0.01"},
        {"name": "take_profit", "min": "0.01", "max": "0.2", "step": "0.01"}]);
    findings(json!([{"name": "sma_crossover", "genes": genes, "constraints": constraints}]), json!({}))
}

#[test]
fn conditions_over_genes_are_refused_at_the_word_that_is_wrong() {
    assert_eq!(under(json!(["stop_loss <= take_profit / 2", "$fast_period + 10 <= slow_period"])), []);
    let path = "spec.strategies[0].constraints[0]";
    let found = under(json!(["stop_los < 1"]));
    is(&found, path, INVALID, r#"there is no gene "stop_los""#, r#"did you mean "stop_loss"?"#);
    let found = under(json!(["stop_loss + 1"]));
    is(&found, path, INVALID, "this is a number", "expected a condition");
    let found = under(json!(["stop_loss <= stop_loss"]));
    assert!(found[0].text.contains("the same for every individual"), "{}", found[0]);
    let found = under(json!(["stop_loss > take_profit + 1"]));
    assert_eq!(found[0].path, "spec.strategies[0].constraints");
    assert!(found[0].text.contains("none keeps stop_loss > take_profit + 1"), "{}", found[0]);
}

#[test]
fn a_grid_is_not_searched_for_what_keeps_conditions_without_end() {
    let on = |constraint: &str, searcher: &str| {
        let genes = json!([{"name": "fast_period", "min": 2, "max": 400}, {"name": "slow_period", "min": 2, "max": 400},
            {"name": "stop_loss", "min": "0.001", "max": "0.2", "step": "0.001"}]);
        let strategy = json!([{"name": "sma_crossover", "genes": genes, "constraints": [constraint]}]);
        findings(strategy, json!({"searcher": searcher}))
    };
    assert_eq!(on("fast_period > 390", "Random"), []);
    assert_eq!(on("fast_period <= slow_period", "Grid"), []);
    let found = on("fast_period > 390", "Grid");
    let text = "the searcher Grid would look for what keeps them among more than 16777216 points";
    let advice = "take another searcher, fewer values, or orders of two genes alone";
    is(&found, "spec.strategies[0].constraints", INVALID, text, advice);
}

// Contract G15.
#[test]
fn an_order_of_two_genes_is_repaired_as_one_of_the_strategy_and_others_move_what_stands_alone() {
    let genes = json!([{"name": "stop_loss", "min": "0.01", "max": "0.2", "step": "0.01"},
        {"name": "take_profit", "min": "0.01", "max": "0.2", "step": "0.01"}]);
    let made = |constraints: Value| {
        let spec = json!({"name": "sma_crossover", "genes": genes, "constraints": constraints});
        let spec: StrategySpec = serde_json::from_value(spec).unwrap();
        SearchSpace::new(0, &spec, &[], Catalogue::embedded()).unwrap().space
    };
    let place = |name: &str| {
        let space = made(json!([]));
        space.genes().iter().position(|g| g.name == name).unwrap()
    };
    let (stop, target) = (place("stop_loss"), place("take_profit"));
    let repaired = |constraints: Value, at: [u32; 2]| {
        let space = made(constraints);
        let mut genome = vec![0; space.lens().len()];
        space.repair(&mut genome);
        (genome[stop], genome[target]) = (at[0], at[1]);
        space.repair(&mut genome);
        assert!(space.allows(&genome));
        [genome[stop], genome[target]]
    };
    // Indices from 0 stand for 0.01 on: the two are swapped.
    assert_eq!(repaired(json!(["stop_loss < take_profit"]), [9, 4]), [4, 9]);
    // 0.10 is more than half of 0.10: the nearest that is not is 0.05.
    assert_eq!(repaired(json!(["stop_loss <= take_profit / 2"]), [9, 9]), [4, 9]);
    assert_eq!(repaired(json!(["stop_loss <= take_profit / 2"]), [4, 9]), [4, 9]);
}
