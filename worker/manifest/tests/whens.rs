//! Genes that count only while another one has certain values: what is refused, and what a search makes of them.

#![allow(clippy::unwrap_used, reason = "a failed unwrap fails the test")]

mod common;

use common::{INVALID, findings, is};
use galapagos_crds::conditions::StalledReason;
use galapagos_crds::{Catalogue, StrategySpec};
use galapagos_manifest::{Finding, SearchSpace, Weight};
use serde_json::{Value, json};

const UNKNOWN: (StalledReason, Weight) = (StalledReason::UnknownGene, Weight::Impossible);

/// A strategy of one's own with a mode, whose stop is of the trailing one alone.
fn own(trail: Value, mode: Value) -> Value {
    let mut genes = [
        json!({"name": "mode", "values": ["none", "wide", "tight"]}),
        json!({"name": "length", "values": [10, 20, 50]}),
        json!({"name": "k", "min": 1, "max": 9, "default": 3}),
    ];
    for (gene, more) in genes.iter_mut().zip([mode, json!({}), trail]) {
        gene.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
    }
    json!([{"name": "mine", "genes": genes, "rules": {"language": 1, "long": {
        "enter": "close > sma(close, $length)",
        "exit": "close < sma(close, $length) - iff($mode == none, 0, $k) * atr(20)",
    }}}])
}

fn with(when: Value) -> Vec<Finding> {
    findings(own(json!({"when": when}), json!({})), json!({}))
}

#[test]
fn what_decides_whether_a_gene_counts_is_checked_at_its_field() {
    assert_eq!(with(json!({"gene": "mode", "in": ["wide", "tight"]})), []);
    assert_eq!(with(json!({"gene": "length", "in": [10, 50]})), []);
    let path = "spec.strategies[0].genes[2].when";
    let found = with(json!({"gene": "mod", "in": ["wide"]}));
    let text = r#"strategy "mine" has no gene "mod""#;
    is(&found, &format!("{path}.gene"), UNKNOWN, text, r#"did you mean "mode"?"#);
    let found = with(json!({"gene": "mode", "in": ["wide", "tigt"]}));
    let text = r#"gene "mode" has no value "tigt""#;
    is(&found, &format!("{path}.in[1]"), INVALID, text, r#"did you mean "tight"?"#);
    let found = with(json!({"gene": "length", "in": [30]}));
    let text = r#"30 is not one of the values that gene "length" has in this job"#;
    is(&found, &format!("{path}.in[0]"), INVALID, text, "the nearest is 20");
    let found = with(json!({"gene": "k", "in": [3]}));
    let text = r#"gene "k" cannot decide whether it counts itself"#;
    is(&found, &format!("{path}.gene"), INVALID, text, "name another gene");
    let found = with(json!({"gene": "stop_loss", "in": [0]}));
    let text = r#"gene "stop_loss" is not one of those that evolve here"#;
    is(&found, &format!("{path}.gene"), INVALID, text, "they are mode, length");
    let chain = own(
        json!({"when": {"gene": "mode", "in": ["wide"]}}),
        json!({"when": {"gene": "length", "in": [10]}}),
    );
    let text = r#"gene "mode" itself counts only sometimes"#;
    is(&findings(chain, json!({})), &format!("{path}.gene"), INVALID, text, "name a gene that always counts");
}

#[test]
fn a_gene_that_has_no_value_without_effect_always_counts() {
    let genes = |last: Value| {
        let on = json!({"gene": "breakout_threshold", "in": ["0.001"]});
        let mut last = last;
        last["when"] = on;
        let first = json!({"name": "breakout_threshold", "values": ["0.001", "0.01"]});
        findings(json!([{"name": "donchian_breakout", "genes": [first, last]}]), json!({}))
    };
    let path = "spec.strategies[0].genes[1].when";
    let found = genes(json!({"name": "stop_loss", "values": ["0.05", "0.1"]}));
    let text = r#"gene "stop_loss" has no value without effect, so it always counts"#;
    is(&found, path, INVALID, text, "leave when out");
    let found = genes(json!({"name": "volume_confirmation", "values": [1, 2]}));
    let text = r#"while gene "volume_confirmation" does not count it is 0, which is none of its values"#;
    is(&found, path, INVALID, text, "add 0 to them");
    assert_eq!(genes(json!({"name": "volume_confirmation", "values": [0, 1, 2]})), []);
}

#[test]
fn an_order_that_moves_a_gene_keeps_it_from_deciding() {
    let genes = json!([{"name": "channel_period", "values": [20, 50]},
        {"name": "volume_confirmation", "values": [0, 1], "when": {"gene": "channel_period", "in": [50]}}]);
    let found = findings(json!([{"name": "donchian_breakout", "genes": genes}]), json!({}));
    let text = r#"gene "channel_period": a condition must not be on a gene that another rule moves"#;
    assert_eq!((found[0].path.as_str(), found[0].text.as_str()), ("spec.strategies[0].genes", text));
}

#[test]
fn a_gene_in_an_order_rests_only_with_the_other_one() {
    let genes = |more: Value| {
        let when = json!({"gene": "trend_strength_period", "in": [30]});
        let mut genes = json!([
            {"name": "fast_sma_period", "min": 5, "max": 80, "when": when},
            {"name": "slow_sma_period", "min": 20, "max": 250},
            {"name": "trend_strength_period", "values": [5, 30]},
        ]);
        genes[1].as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
        findings(json!([{"name": "sma_trend_filter", "genes": genes}]), json!({}))
    };
    let path = "spec.strategies[0].genes[0].when";
    let text =
        r#"gene "fast_sma_period" stands in an order with "slow_sma_period", which would not rest with it"#;
    is(&genes(json!({})), path, INVALID, text, r#"give "slow_sma_period" the same when, or leave it out"#);
    assert_eq!(genes(json!({"when": {"gene": "trend_strength_period", "in": [30]}})), []);
}

// Contract G17.
#[test]
fn individuals_that_differ_in_what_does_not_count_are_one() {
    let spec = own(json!({"when": {"gene": "mode", "in": ["wide", "tight"]}}), json!({}));
    let spec: StrategySpec = serde_json::from_value(spec[0].clone()).unwrap();
    let (search, _) =
        SearchSpace::own(0, &spec, &galapagos_rules::Market::default(), Catalogue::embedded()).unwrap();
    let mut genome = vec![0, 1, 7];
    search.space.repair(&mut genome);
    assert_eq!(genome, [0, 1, 2], "the third value is the default");
    genome = vec![1, 1, 7];
    search.space.repair(&mut genome);
    assert_eq!(genome, [1, 1, 7]);
    let written = search.written[2].when.as_ref().unwrap();
    assert_eq!(written.gene, "mode");
}
