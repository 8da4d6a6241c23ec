//! Each class of error at its place, beyond the records of the oracle.

#![allow(clippy::unwrap_used, reason = "a failed unwrap fails the test")]

use galapagos_rules::{Error, Kind, Market, Strategy, check, read};
use serde_json::{Value, json};

fn checked(rules: Value) -> Result<Strategy, Vec<Error>> {
    let strategy = json!({
        "name": "x",
        "genes": [
            {"name": "n", "min": 5, "max": 30},
            {"name": "k", "min": -1, "max": 3, "step": "0.5"},
            {"name": "w", "values": ["p", "q"]},
            {"name": "f", "values": [true, false]},
            {"name": "stop_loss", "min": "0.01", "max": "0.1", "step": "0.01"},
        ],
        "rules": rules,
    });
    let market = Market {
        symbols: Some(vec!["IBM".to_owned(), "BTC-USD".to_owned()]),
        volume: Some(true),
        interval: Some(3_600),
        signals: None,
    };
    read(&strategy).and_then(|document| check(&document, &market))
}

/// Rules that use every gene and have one more expression.
fn with(key: &str, text: &str) -> Value {
    let mut side = json!({
        "enter": "close > open * (2 + $k) and $w == p and use($f, rising(close))",
        "exit": "close < sma(close, $n)",
    });
    side[key] = json!(text);
    // A replaced text leaves its genes unused, so a let that is used by the other side uses all of them.
    json!({
        "language": 1,
        "let": {"all_genes": "$w == p and use($f, close > sma(close, $n) * (2 + $k))"},
        "long": side,
        "short": {"enter": "all_genes"},
    })
}

fn first(key: &str, text: &str) -> (Kind, usize) {
    match checked(with(key, text)) {
        Ok(_) => panic!("{key}: {text} is accepted"),
        Err(errors) => {
            assert_eq!(errors[0].path, format!("rules.long.{key}"), "{text}: {}", errors[0]);
            (errors[0].kind, errors[0].column)
        }
    }
}

fn table(rows: &[(&str, Kind, usize)]) {
    for &(text, kind, column) in rows {
        assert_eq!(first("exit", text), (kind, column), "{text}");
    }
}

fn fine(key: &str, texts: &[&str]) {
    for text in texts {
        if let Err(errors) = checked(with(key, text)) {
            panic!("{key}: {text}: {}", errors[0]);
        }
    }
}

// Contract D2.
#[test]
fn what_is_no_expression_is_refused_at_its_token() {
    table(&[
        ("", Kind::Syntax, 1),
        ("close >", Kind::Syntax, 8),
        ("close > 1)", Kind::Syntax, 10),
        ("close > (1", Kind::Syntax, 11),
        ("sma(close, 5", Kind::Syntax, 13),
        ("sma(close, )", Kind::Syntax, 12),
        ("close > 1e5", Kind::Syntax, 9),
        ("close > 1234567890123456789", Kind::Syntax, 9),
        ("close = 1", Kind::Syntax, 7),
        ("close > é", Kind::Syntax, 9),
        ("close > $1", Kind::Syntax, 9),
        ("close > 'IBM", Kind::Syntax, 9),
        ("close + not new_day", Kind::Syntax, 9),
        ("{a: 1}", Kind::Reserved, 1),
        ("on(1M, close) > 1", Kind::Reserved, 4),
        ("on(4h, close, forming) > 1", Kind::Reserved, 15),
    ]);
    fine("exit", &["close\n\t> 1", "close > 007.50", "not not new_day", "1 < close <= 5 != 2"]);
}

// Contract D3.
#[test]
fn a_term_stands_only_where_it_is_known() {
    table(&[
        ("at_entry(profit) > 0", Kind::Phase, 10),
        ("profit[1] > 0", Kind::Phase, 1),
        ("any(profit > 0, 3)", Kind::Phase, 5),
        ("cross_up(close, peak)", Kind::Phase, 17),
        ("on(4h, peak) > 1", Kind::Phase, 8),
        ("scan(close, self[1]) > 1", Kind::Phase, 13),
        ("scan(close, scan(close, self)) > 1", Kind::Phase, 13),
        ("scan(self, close) > 1", Kind::Name, 6),
    ]);
    assert_eq!(first("stop", "iff(trades_today > 1, close, low)"), (Kind::Phase, 5));
    assert_eq!(first("size", "r"), (Kind::Phase, 1));
    fine(
        "exit",
        &["last_pnl < 0 and bars_in_trade >= $n and close < peak", "iff(r > 1, new_day, close < low[1])"],
    );
    fine("stop", &["peak - 2 * at_entry(atr(14))", "max(entry_price, low)"]);
    fine("size", &["iff(last_pnl > 0, 0.5, 1)"]);
}

// Contract D4.
#[test]
fn prices_and_plain_numbers_do_not_mix() {
    table(&[
        ("close > volume", Kind::Unit, 9),
        ("close + 1 > rsi(close, 3)", Kind::Unit, 13),
        ("max(close, hour) > 1", Kind::Unit, 12),
        ("cross_up(close, hour)", Kind::Unit, 17),
        ("log(close * close) > 1", Kind::Unit, 5),
        ("scan(close, hour) > 1", Kind::Unit, 13),
        ("step(close, 1, close) > 1", Kind::Unit, 16),
        ("close > of(IBM, close)", Kind::Unit, 9),
    ]);
    assert_eq!(first("size", "close"), (Kind::Unit, 1));
    assert_eq!(first("stop", "close / open"), (Kind::Unit, 1));
    fine(
        "exit",
        &[
            "num(close) > of('BTC-USD', close)",
            "sqrt(close * close) > open",
            "close * volume > 5",
            "log(close) < 3",
        ],
    );
}

#[test]
fn what_is_rounded_is_not_compared_for_equality() {
    table(&[
        ("ema(close, 5) == close", Kind::Type, 1),
        ("close == ema(close, 5)", Kind::Type, 10),
        ("hour == 1.5", Kind::Type, 9),
        ("hour == $k", Kind::Type, 9),
        ("volume != 3", Kind::Type, 1),
        ("close == new_day", Kind::Type, 10),
        ("iff(new_day, close, open) == close", Kind::Type, 1),
    ]);
    fine(
        "exit",
        &[
            "close == 600.5",
            "sma(close, 2) == hl2 * 1.5",
            "hour * 60 + minute == $n",
            "highest(hour, 3) != 5",
            "new_day == new_month",
            "bars_in_trade == 3",
            "supertrend(10, 3).side == 1",
        ],
    );
}

// Contract D6.
#[test]
fn periods_and_constants_keep_their_bounds() {
    table(&[
        ("sma(close, 10001) > 1", Kind::Range, 12),
        ("sma(close, $n * 400) > 1", Kind::Range, 12),
        ("linreg(close, 1).end > 1", Kind::Range, 15),
        ("close[10001] > 1", Kind::Range, 7),
        ("close[3 - $n] > 1", Kind::Lookahead, 7),
        ("close[-1] > 1", Kind::Lookahead, 7),
        ("sma(close, 4 / 2) > 1", Kind::Constant, 12),
        ("sma(close, 2.5) > 1", Kind::Constant, 12),
        ("bb(close, 5, hour).mid > 1", Kind::Constant, 14),
        ("close > 1 / $k", Kind::Range, 13),
        ("close > 1 / (2 - 2)", Kind::Range, 13),
        ("step(hour, 2, 0, 1, 3) > 1", Kind::Range, 18),
        ("step(hour, close, 0) > 1", Kind::Constant, 12),
        ("on(30m, close) > 1", Kind::Range, 4),
        ("on(90m, close) > 1", Kind::Range, 4),
        ("on(5w, close) > 1", Kind::Range, 4),
        ("close > 999999999999999999 * 999999999999999999 * 999999999999999999", Kind::Range, 51),
    ]);
    fine(
        "exit",
        &["close[0] > 1", "sma(close, 2 * $n - 1) > 1", "close / $k > 1", "bb(close, 5, 1 + $k / 2).mid > 1"],
    );
}

// Contract D5.
#[test]
fn arguments_and_fields_are_those_of_the_function() {
    table(&[
        ("sma(x: close, 5) > 1", Kind::Arity, 1),
        ("min(close) > 1", Kind::Arity, 1),
        ("obv(1) > 1", Kind::Arity, 1),
        ("choose($w, p: new_day)", Kind::Arity, 1),
        ("choose($w, p: new_day, p: new_day)", Kind::Arity, 1),
        ("choose($w, new_day, new_month)", Kind::Arity, 1),
        ("choose($n, p: new_day, q: new_day)", Kind::Type, 8),
        ("use($w, new_day)", Kind::Type, 5),
        ("macd(close, 3, 4, 5).lin > 1", Kind::Field, 22),
        ("bb(close, 5, 2)[1].mid > 1", Kind::Type, 1),
        ("of(AAPL, close) > 1", Kind::Data, 4),
        ("of(4h, close) > 1", Kind::Type, 4),
        ("of(IBM, of(IBM, close)) > 1", Kind::Type, 1),
        ("rank(close) > 1", Kind::Reserved, 1),
        ("$w == r", Kind::Name, 7),
        ("$stop_loss > 0", Kind::Gene, 1),
        ("$m > 0", Kind::Gene, 1),
        ("(close or_else new_day)", Kind::Type, 2),
        ("(close) and new_day", Kind::Type, 1),
    ]);
    fine("exit", &["choose($w, q: new_day, p: close > open)", "($w == q)"]);
}

// Contract D9.
#[test]
fn an_error_in_a_let_points_into_the_let_and_stands_once() {
    let rules = json!({
        "language": 1,
        "let": {"a": "clos + 1", "b": "a * 2"},
        "long": {"enter": "a > 1 and b > 2 and $n > $k and use($f, $w == p)", "exit": "b < 1 and hour > close"},
    });
    let errors = checked(rules).unwrap_err();
    let places: Vec<(&str, usize)> = errors.iter().map(|e| (e.path.as_str(), e.column)).collect();
    assert_eq!(places, [("rules.let.a", 1)]);
    assert_eq!(errors[0].nearest.as_deref(), Some("close"));
    assert_eq!(errors[0].strategy, "x");
}

#[test]
fn a_let_that_needs_itself_is_named_once_by_the_first_of_its_circle() {
    let rules = json!({"language": 1, "let": {"c": "b", "b": "d + 1", "d": "c", "a": "b"}, "long": {"enter": "a > 1"}});
    let errors = checked(rules).unwrap_err();
    let places: Vec<(&str, Kind, usize)> =
        errors.iter().map(|e| (e.path.as_str(), e.kind, e.column)).collect();
    assert_eq!(places, [("rules.let.b", Kind::Cycle, 1)]);
}

#[test]
fn a_gene_that_no_expression_uses_is_refused_but_those_that_act_by_themselves() {
    let rules = json!({"language": 1, "let": {"unused": "$k"}, "long": {"enter": "close > sma(close, $n)"}});
    let errors = checked(rules).unwrap_err();
    let places: Vec<(&str, Kind)> = errors.iter().map(|e| (e.path.as_str(), e.kind)).collect();
    assert_eq!(places, [("genes[1]", Kind::Unused), ("genes[2]", Kind::Unused), ("genes[3]", Kind::Unused)]);
    // What is refused for something else uses its genes nevertheless.
    let long =
        format!("{} > $k and $w == p and use($f, close > sma(close, $n))", vec!["close"; 200].join(" + "));
    let errors = checked(json!({"language": 1, "long": {"enter": long}})).unwrap_err();
    assert!(errors.iter().all(|e| e.kind == Kind::Limit), "{errors:?}");
}

// Contract D1.
#[test]
fn the_structure_of_a_document_is_checked_before_its_texts() {
    let enter = "close > sma(close, $n)";
    for (rules, path, kind) in [
        (json!({"language": 1}), "rules", Kind::Structure),
        (json!({"language": 1, "long": {"exit": enter}}), "rules.long", Kind::Structure),
        (json!({"language": 1, "long": {"enter": true}}), "rules.long.enter", Kind::Structure),
        (json!({"language": 1, "long": {"enter": {"level": "high"}}}), "rules.long.enter", Kind::Reserved),
        (json!({"language": 1, "long": {"enter": enter}, "signals": "x"}), "rules.signals", Kind::Structure),
        (json!({"language": 1, "long": {"enter": enter}, "legs": "x"}), "rules.legs", Kind::Reserved),
        (json!({"language": 1, "long": {"enter": enter}, "maxBars": 0}), "rules.maxBars", Kind::Structure),
        (
            json!({"language": 1, "long": {"enter": enter}, "cooldownBars": 10_001}),
            "rules.cooldownBars",
            Kind::Structure,
        ),
        (json!({"language": 1, "exposure": "1", "reentry": "Always"}), "rules.reentry", Kind::Structure),
        (
            json!({"language": 1, "long": {"enter": enter}, "reentry": "always"}),
            "rules.reentry",
            Kind::Structure,
        ),
        (
            json!({"language": 1, "long": {"enter": enter}, "let": {"or": "1"}}),
            "rules.let.or",
            Kind::Structure,
        ),
        (
            json!({"language": 1, "long": {"enter": enter}, "order": ["n > k"]}),
            "rules.order[0]",
            Kind::Syntax,
        ),
        (
            json!({"language": 1, "long": {"enter": enter}, "order": ["n < k - 1"]}),
            "rules.order[0]",
            Kind::Syntax,
        ),
        (json!({"long": {"enter": enter}}), "rules.language", Kind::Structure),
    ] {
        let errors = checked(rules.clone()).unwrap_err();
        assert_eq!((errors[0].path.as_str(), errors[0].kind), (path, kind), "{rules}: {}", errors[0]);
    }
}

#[test]
fn a_plain_number_is_read_as_its_decimal_text() {
    let mut rules = with("size", "");
    rules["long"]["size"] = json!(0.00001);
    let strategy = checked(rules).unwrap();
    let size = strategy.expressions.iter().find(|e| e.path == "rules.long.size").unwrap();
    assert_eq!(size.text, "0.00001");
}

#[test]
fn an_order_is_kept_in_its_canonical_form_and_unused_lets_are_told() {
    let mut rules = with("exit", "new_day");
    rules["order"] = json!(["k<=n  - 03", "k < n"]);
    rules["let"]["spare"] = json!("close");
    let strategy = checked(rules).unwrap();
    let order: Vec<String> = strategy.order.iter().map(ToString::to_string).collect();
    assert_eq!(order, ["k <= n - 3", "k < n"]);
    assert_eq!(strategy.unused_lets, ["spare"]);
}

// Contract D7.
#[test]
fn the_warm_up_names_the_part_that_causes_it() {
    let strategy = checked(with("exit", "close < open and sma(rsi(close, $n), 3)[2] > $n")).unwrap();
    let warm_up = strategy.warm_up(galapagos_rules::At::Bounds, None).unwrap();
    assert_eq!((warm_up.rows, warm_up.path.as_str()), (155, "rules.long.exit"));
    assert_eq!(warm_up.cause, "(at (sma (rsi close $n) 3) 2)");
}
