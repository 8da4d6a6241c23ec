//! What holds for any text and any tree.

#![allow(clippy::unwrap_used, reason = "a failed unwrap fails the test")]

use galapagos_rules::{
    Document, Expr, Gene, Market, Rules, Side, Strategy as CheckedStrategy, Text, check, parse, read,
};
use proptest::collection::vec;
use proptest::prelude::*;

fn gene(name: &str, min: &str, max: &str) -> Gene {
    Gene { name: name.to_owned(), min: Some(min.to_owned()), max: Some(max.to_owned()), ..Gene::default() }
}

/// A document of one condition, with genes that `all` uses.
fn document(enter: &str) -> Document {
    let all = "close > sma(close, $n) * $k and choose($w, p: close > open, q: new_day)";
    Document {
        name: "x".to_owned(),
        genes: vec![
            gene("n", "2", "9"),
            Gene { step: Some("0.5".to_owned()), ..gene("k", "1", "3") },
            Gene {
                name: "w".to_owned(),
                values: Some(vec!["p".to_owned(), "q".to_owned()]),
                ..Gene::default()
            },
        ],
        rules: Rules {
            language: 1,
            long: Some(Side { enter: Text::from(enter), exit: Some(Text::from(all)), ..Side::default() }),
            ..Rules::default()
        },
    }
}

fn checked(enter: &str) -> Result<CheckedStrategy, Vec<galapagos_rules::Error>> {
    check(&document(enter), &Market::default())
}

/// Numbers of price power 1 as text, well typed.
fn price() -> impl Strategy<Value = String> {
    let leaf = prop_oneof![
        prop::sample::select(vec!["close", "open", "high", "low", "hl2", "tr"]).prop_map(str::to_owned),
        (2_u32..30).prop_map(|n| format!("atr({n})")),
        Just("donchian($n).mid".to_owned()),
        Just("heikin().close".to_owned()),
        Just("scan(low, self + 0.1 * (close - self))".to_owned()),
    ];
    leaf.prop_recursive(4, 24, 3, |inner| {
        prop_oneof![
            (inner.clone(), inner.clone(), "[+-]").prop_map(|(a, b, o)| format!("({a} {o} {b})")),
            (inner.clone(), "[0-9]{1,3}(\\.[0-9]{1,3})?").prop_map(|(a, c)| format!("{a} * {c}")),
            (inner.clone(), 0_u32..9).prop_map(|(a, k)| format!("({a})[{k}]")),
            (inner.clone(), 1_u32..40).prop_map(|(a, n)| format!("sma({a}, {n} + $n)")),
            (inner.clone(), inner.clone()).prop_map(|(a, b)| format!("max({a}, {b}, 1.50)")),
            inner.clone().prop_map(|a| format!("-({a})")),
            inner.clone().prop_map(|a| format!("change({a})")),
            (inner.clone(), inner).prop_map(|(a, b)| format!("choose($w, q: {a}, p: {b})")),
        ]
    })
}

/// Conditions as text, well typed.
fn condition() -> impl Strategy<Value = String> {
    let leaf = prop_oneof![
        (price(), price(), prop::sample::select(vec!["<", "<=", ">", ">="]))
            .prop_map(|(a, b, o)| format!("{a} {o} {b}")),
        (price(), price(), price()).prop_map(|(a, b, c)| format!("{a} < {b} <= {c}")),
        Just("hour != 7".to_owned()),
        Just("$w == p".to_owned()),
        Just("new_day".to_owned()),
    ];
    leaf.prop_recursive(4, 12, 2, |inner| {
        prop_oneof![
            (inner.clone(), inner.clone()).prop_map(|(a, b)| format!("({a}) and ({b})")),
            (inner.clone(), inner.clone()).prop_map(|(a, b)| format!("({a}) or ({b})")),
            (inner.clone(), inner.clone()).prop_map(|(a, b)| format!("({a}) or_else ({b})")),
            inner.clone().prop_map(|a| format!("not ({a})")),
            inner.clone().prop_map(|a| format!("any({a}, 3)")),
            inner.prop_map(|a| format!("({a})[2]")),
        ]
    })
}

/// Texts made of the parts of the language in any order.
fn tokens() -> impl Strategy<Value = String> {
    let parts = vec![
        "close",
        "rsi",
        "min",
        "choose",
        "scan",
        "on",
        "of",
        "at_entry",
        "profit",
        "self",
        "$n",
        "$k",
        "$w",
        "p",
        "not",
        "and",
        "or",
        "or_else",
        "(",
        ")",
        "[",
        "]",
        ",",
        ".",
        ":",
        "+",
        "-",
        "*",
        "/",
        "<",
        "<=",
        "==",
        "!=",
        "1",
        "0.5",
        "9999999999999999999",
        "4h",
        "1w",
        "'IBM'",
        "\"",
        "{",
        "$",
        "é",
        "\n",
    ];
    vec(prop::sample::select(parts), 0..60).prop_map(|all| all.join(" "))
}

fn same_again(tree: &Expr) {
    let text = tree.to_string();
    let again = parse(&text).unwrap_or_else(|e| panic!("{text}: {e}"));
    assert_eq!(&again, tree, "{text}");
    assert_eq!(again.to_string(), text);
}

// Contract D2.
proptest! {
    #[test]
    fn any_text_is_a_tree_or_an_error_with_its_place(text in "\\PC*") {
        match parse(&text) {
            Ok(tree) => same_again(&tree),
            Err(error) => prop_assert!((1..=text.chars().count() + 1).contains(&error.column), "{error}"),
        }
    }

    #[test]
    fn any_bytes_are_read_without_a_panic(bytes in vec(any::<u8>(), 0..3_000)) {
        let text = String::from_utf8_lossy(&bytes).into_owned();
        let _ = parse(&text);
        let _ = checked(&text);
    }

    #[test]
    fn words_of_the_language_in_any_order_are_checked_without_a_panic(text in tokens()) {
        if let Ok(tree) = parse(&text) {
            same_again(&tree);
        }
        if let Err(errors) = checked(&text) {
            prop_assert!(!errors.is_empty());
            for error in &errors {
                let excerpt = error.excerpt(&text).to_string();
                prop_assert!(error.column == 0 || excerpt.contains('^'), "{}", excerpt);
            }
        }
    }

    #[test]
    fn a_tree_printed_and_read_is_the_same_tree(text in condition()) {
        if let Ok(tree) = parse(&text) {
            same_again(&tree);
        }
    }

    // Contract D8.
    #[test]
    fn a_canonical_tree_printed_and_read_has_the_same_canonical_text(text in condition()) {
        let first = match checked(&text) {
            Ok(strategy) => strategy,
            Err(errors) => {
                let limit = errors.iter().all(|e| e.kind == galapagos_rules::Kind::Limit);
                prop_assert!(limit, "{text}: {errors:?}");
                return Ok(());
            }
        };
        let printed = first.expressions[0].tree.to_string();
        // Chains and inlined parts make it longer than what people write.
        if printed.chars().count() <= galapagos_rules::LONGEST_TEXT {
            let again = checked(&printed).unwrap_or_else(|e| panic!("{printed}: {e:?}"));
            prop_assert_eq!(&again.expressions[0].text, &first.expressions[0].text);
            prop_assert_eq!(again.graph.nodes().len(), first.graph.nodes().len());
        }
    }

    // Contract D8.
    #[test]
    fn a_graph_holds_what_is_the_same_once_and_each_node_behind_its_inputs(text in condition()) {
        if let Ok(strategy) = checked(&text) {
            let nodes = strategy.graph.nodes();
            for (i, node) in nodes.iter().enumerate() {
                prop_assert!(node.inputs.iter().all(|input| input.0 < i));
                prop_assert!(nodes[..i].iter().all(|other| other.text != node.text));
                prop_assert!(node.ty.is_some(), "{}", node.text);
            }
        }
    }
}

#[test]
fn a_tower_of_lets_is_refused_before_it_is_built() {
    let mut document = document("l63 > 0");
    for i in 1..64 {
        let before = format!("l{:02} + l{:02}", i - 1, i - 1);
        document.rules.lets.insert(format!("l{i:02}"), Text(before));
    }
    document.rules.lets.insert("l00".to_owned(), Text::from("close"));
    let errors = check(&document, &Market::default()).unwrap_err();
    assert!(errors.iter().all(|e| e.kind == galapagos_rules::Kind::Limit && e.column == 1), "{errors:?}");
}

#[test]
fn a_chain_in_a_chain_is_refused_before_it_is_built() {
    let mut text = "new_day".to_owned();
    for _ in 0..60 {
        text = format!("(0 == ({text}) == 1)");
    }
    let errors = checked(&text).unwrap_err();
    assert_eq!((errors[0].kind, errors[0].column), (galapagos_rules::Kind::Limit, 1));
}

#[test]
fn a_tree_has_at_most_256_nodes_chains_expanded_and_lets_put_in() {
    let row = vec!["new_day"; 128].join(" and ");
    let chain = vec!["0"; 65].join(" <= ");
    for full in [format!("not new_day and {}", row.split_once(" and ").unwrap().1), format!("not ({chain})")]
    {
        assert!(checked(&full).is_ok(), "{full}: {:?}", checked(&full).unwrap_err());
        let error = &checked(&format!("not ({full})")).unwrap_err()[0];
        assert_eq!((error.kind, error.column), (galapagos_rules::Kind::Limit, 1), "{full}");
        let mut document = document("not a");
        document.rules.lets.insert("a".to_owned(), Text(full));
        let error = &check(&document, &Market::default()).unwrap_err()[0];
        assert_eq!((error.path.as_str(), error.kind), ("rules.long.enter", galapagos_rules::Kind::Limit));
    }
}

#[test]
fn a_tree_is_nested_at_most_64_deep_and_a_row_of_operands_does_not_nest() {
    assert!(checked(&format!("{}new_day", "not ".repeat(63))).is_ok());
    let error = &checked(&format!("{}new_day", "not ".repeat(64))).unwrap_err()[0];
    assert_eq!((error.kind, error.column), (galapagos_rules::Kind::Limit, 1));
    assert!(checked(&format!("{} > 0", vec!["close"; 100].join(" + "))).is_ok());
}

#[test]
fn deep_nesting_is_refused() {
    for (open, close) in [("(", ")"), ("not ", ""), ("-", ""), ("abs(", ")"), ("close[", "]")] {
        let text = format!("{}1{}", open.repeat(65), close.repeat(65));
        let error = parse(&text).unwrap_err();
        assert_eq!((error.kind, error.column), (galapagos_rules::Kind::Limit, 1), "{text}");
        let text = format!("{}1{}", open.repeat(63), close.repeat(63));
        assert!(parse(&text).is_ok(), "{text}");
    }
}

#[test]
fn a_document_of_any_shape_is_read_without_a_panic() {
    for value in ["null", "3", "[]", "{}", r#"{"name": 3, "rules": {"language": "x", "long": 3, "let": []}}"#]
    {
        let value: serde_json::Value = serde_json::from_str(value).unwrap();
        assert!(!read(&value).unwrap_err().is_empty());
    }
}
