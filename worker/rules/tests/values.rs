//! What constants are worth, and which numbers stay exact.

#![allow(clippy::unwrap_used, reason = "a failed unwrap fails the test")]

use galapagos_rules::{Exact, Expr, Genome, Market, Rational, Strategy, check, exact, read, value};
use serde_json::json;

fn strategy(enter: &str) -> Strategy {
    let document = read(&json!({
        "name": "x",
        "genes": [{"name": "g", "min": "0.001", "max": "5", "step": "0.001"}, {"name": "w", "values": ["p", "q"]}],
        "rules": {"language": 1, "long": {"enter": enter, "exit": "close > $g and $w == p"}},
    }));
    check(&document.unwrap(), &Market::default()).unwrap_or_else(|errors| panic!("{enter}: {errors:?}"))
}

/// The tree of an expression, as the argument of `is_na`.
fn tree(expression: &str) -> Expr {
    strategy(&format!("is_na({expression})")).expressions[0].tree.parts()[0].clone()
}

fn genome(g: &str, w: &str) -> Genome {
    [("g", g), ("w", w)].map(|(name, value)| (name.to_owned(), value.to_owned())).into()
}

// Contract D6.
#[test]
fn a_constant_has_an_exact_value_and_one_with_every_step_rounded() {
    let of = |text, g| value(&tree(text), &genome(g, "p")).unwrap();
    let sum = of("0.1 + 0.2", "1");
    assert_eq!(sum.exact, Rational::decimal("0.3").unwrap());
    assert_eq!(sum.rounded.to_bits(), (0.1_f64 + 0.2).to_bits());
    let third = of("$g / 3 * 3", "0.1");
    assert_eq!(third.exact, Rational::decimal("0.1").unwrap());
    assert_eq!(third.rounded.to_bits(), (0.1_f64 / 3.0 * 3.0).to_bits());
    assert_eq!(of("min(2, -$g, abs(-3))", "5").rounded.to_bits(), (-5.0_f64).to_bits());
    assert_eq!(of("max(2, $g)", "0.5").exact, Rational::whole(2));
    assert_eq!(of("choose($w, q: 7, p: 8)", "1").exact, Rational::whole(8));
}

// Contract D4.
#[test]
fn the_denominator_and_weight_of_an_exact_number_follow_its_form() {
    let of = |text: &str, g| exact(&tree(text), &genome(g, "p"), 2).map(|e| (e.denominator, e.weight));
    assert_eq!(of("close", "1"), Some((1, 1)));
    assert_eq!(of("sma(hl2, 10)", "1"), Some((20, 20)));
    assert_eq!(of("close * $g", "0.25"), Some((4, 1)));
    assert_eq!(of("close / $g", "0.25"), Some((1, 4)));
    assert_eq!(of("close + 0.005", "1"), Some((2, 3)));
    assert_eq!(of("hl2 - hlc3", "1"), Some((6, 12)));
    assert_eq!(of("max(hl2, hlc3)", "1"), Some((6, 6)));
    assert_eq!(of("change(hl2, 3)", "1"), Some((2, 4)));
    assert_eq!(of("choose($w, p: donchian(5).mid, q: ema(close, 3))", "1"), Some((2, 2)));
    assert_eq!(of("close * close / close", "1"), None);
    assert_eq!(of("close * 2147483648", "1"), None);
    assert_eq!(of("close * 2147483647", "1"), Some((1, 2_147_483_647)));
    assert_eq!(of("close * 2147483647 * 1024", "1"), None);
    assert_eq!(of("close * 0", "1"), None);
    assert_eq!(of("iff(new_day, close, open)", "1"), None);
    assert_eq!(exact(&tree("ohlc4[3]"), &genome("1", "p"), 5), Some(Exact { denominator: 4, weight: 4 }));
}

// Contract D8.
#[test]
fn what_differs_only_in_writing_has_one_canonical_text() {
    for (left, right) in [
        ("close > open", "open < close"),
        ("new_day and close > open and new_day", "(open < close) and new_day"),
        ("close[1][2] > 1", "close[3] > 1.00"),
        ("not (hour == 3)", "3 != hour"),
        ("open < close < high", "close < high and open < close"),
        ("close * 2 + 1 > open", "open < 1 + 2 * close"),
        ("change(close) > 0", "change(close, 1) > 0"),
        ("choose($w, p: new_day, q: new_month)", "choose($w, q: new_month, p: new_day)"),
        ("of(IBM, close) > 1", "of('IBM', close) > 1"),
    ] {
        assert_eq!(
            strategy(left).expressions[0].text,
            strategy(right).expressions[0].text,
            "{left}, {right}"
        );
    }
    assert_ne!(strategy("min(open, close) > 1").graph, strategy("min(close, open) > 1").graph);
}

#[test]
fn two_scans_share_what_is_outside_of_them_and_nothing_that_holds_self() {
    let graph = strategy(
        "scan(close, self + 1) > open and scan(hour, self + 1) > 3 and scan(close, self + 1) > high",
    )
    .graph;
    let count = |text: &str| graph.nodes().iter().filter(|node| node.text == text).count();
    assert_eq!((count("self"), count("(+ 1 self)")), (2, 2));
    assert_eq!((count("1"), count("close"), count("(scan close (+ 1 self))")), (1, 1, 1));
    let powers: Vec<i32> = graph
        .nodes()
        .iter()
        .filter(|node| node.text == "(+ 1 self)")
        .map(|node| node.ty.unwrap().number().unwrap().power)
        .collect();
    assert_eq!(powers.iter().sum::<i32>(), 1);
}

#[test]
fn what_needs_the_next_open_says_so() {
    let rules = |mut side: serde_json::Value, more: &str, bars: u32| {
        side["enter"] = json!("close > open");
        let mut rules = json!({"language": 1, "long": side});
        if !more.is_empty() {
            rules[more] = json!(bars);
        }
        let document = read(&json!({"name": "x", "rules": rules})).unwrap();
        check(&document, &Market::default()).unwrap().same_close_objection().map(|e| e.path)
    };
    assert_eq!(rules(json!({"exit": "close < open"}), "", 0), None);
    assert_eq!(rules(json!({"exit": "profit > 0"}), "", 0).as_deref(), Some("rules.long.exit"));
    assert_eq!(rules(json!({"stop": "low"}), "", 0).as_deref(), Some("rules.long.stop"));
    assert_eq!(rules(json!({}), "maxBars", 3).as_deref(), Some("rules.maxBars"));
    assert_eq!(rules(json!({}), "cooldownBars", 0), None);
}
