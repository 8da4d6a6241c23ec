//! Remarks on rules that are allowed and hardly meant.

#![allow(clippy::unwrap_used, reason = "a failed unwrap fails the test")]

use galapagos_rules::lint::lint;
use galapagos_rules::{Market, check, read};
use serde_json::{Value, json};

fn remarks(rules: Value) -> Vec<String> {
    let mut rules = rules;
    rules["language"] = json!(1);
    let genes = json!([{"name": "n", "min": 5, "max": 50}, {"name": "level", "min": 60, "max": 80}]);
    let text = rules.to_string();
    let named = |gene: &&Value| text.contains(&format!("${}", gene["name"].as_str().unwrap()));
    let genes: Vec<&Value> = genes.as_array().unwrap().iter().filter(named).collect();
    let document = json!({"name": "mine", "genes": genes, "rules": rules});
    let strategy = check(&read(&document).unwrap(), &Market::default()).unwrap();
    lint(&strategy).into_iter().map(|r| format!("{} [{}] {}", r.path, r.part, r.message)).collect()
}

fn of_enter(enter: &str) -> Vec<String> {
    remarks(json!({"long": {"enter": enter, "exit": "falling(close)"}}))
}

#[track_caller]
fn says(enter: &str, expected: &[&str]) {
    let all = of_enter(enter);
    let missing = expected.iter().find(|e| !all.iter().any(|line| line.contains(**e)));
    assert!(missing.is_none() && all.len() == expected.len(), "{enter}: {all:#?}");
}

#[test]
fn rules_that_are_meant_get_no_remark() {
    for enter in [
        "close > sma(close, $n)",
        "rsi(close, 14) > $level and close > open",
        "change(close) > 0",
        "hour >= 8 and hour < 17 and rising(close)",
        "cross_up(rsi(close, 14), 30)",
        "close > 0.5 * highest(high, $n)",
        "volume > 1000 and close > open",
        "count(close > open, 5) >= 3",
    ] {
        says(enter, &[]);
    }
}

#[test]
fn a_price_beside_a_number_is_remarked() {
    says("close > 100", &["rules.long.enter [100 < close] compares a price with 100"]);
    says("cross_up(ema(close, $n), 100)", &["compares a price with 100"]);
    says("atr(14) > 2 * $level", &["compares a price with $level * 2"]);
}

#[test]
fn a_condition_that_is_never_true_is_remarked_with_what_follows() {
    let never = ["is never true", "the side is never entered"];
    says("close > close", &never);
    says("rsi(close, 14) > 100 and close > open", &never);
    says("rsi(close, 14) > $level + 40", &["is never true", "the side is never entered"]);
    says("hour == 24", &never);
    says("weekday < 1", &never);
    says("close > open and not (close > open)", &never);
    says("cross_up(rsi(close, 14), 101)", &never);
    says("count(rising(close), 3) > 3", &never);
    says("rising(close) or month > 12", &["[12 < month] is never true"]);
}

#[test]
fn a_condition_that_is_always_true_is_remarked() {
    says("rising(close) and hour >= 0", &["[0 <= hour] is true wherever it is known"]);
    says("rsi(close, 14) <= 100", &["is true wherever", "entered as soon as it can be"]);
    // A row that is not known is met by neither.
    says("not (rsi(close, 14) <= 100)", &["is true wherever", "the side is never entered"]);
    says("not (hour > 24)", &["is never true"]);
}

#[test]
fn a_side_that_nothing_closes_is_remarked() {
    let one = |rules: Value| remarks(rules).join("\n");
    assert!(one(json!({"long": {"enter": "rising(close)"}})).contains("rules.long [] nothing closes"));
    let exit = one(json!({"long": {"enter": "rising(close)", "exit": "hour > 30"}}));
    assert!(exit.contains("the exit is never reached") && exit.contains("nothing closes"), "{exit}");
    assert_eq!(one(json!({"long": {"enter": "rising(close)"}, "short": {"enter": "falling(close)"}})), "");
    assert_eq!(one(json!({"long": {"enter": "rising(close)"}, "maxBars": 5})), "");
    assert_eq!(one(json!({"long": {"enter": "rising(close)", "stop": "low"}})), "");
    let same = one(json!({"long": {"enter": "rising(close)", "exit": "rising(close)"}}));
    assert!(same.contains("the same condition as the entry"), "{same}");
}

#[test]
fn a_let_that_nothing_needs_is_remarked() {
    let rules =
        json!({"let": {"f": "sma(close, 5)"}, "long": {"enter": "rising(close)", "exit": "falling(close)"}});
    assert_eq!(remarks(rules), ["rules.let.f [] nothing needs it; remove it"]);
}
