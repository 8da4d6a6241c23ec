//! Random expressions: what the graph gives is what the page of the language says, read naively.

#![allow(clippy::unwrap_used, reason = "a test that cannot set up should fail")]

mod common;
mod naive;

use galapagos_engine::graph::{Columns, Market, Plan};
use galapagos_engine::interrupt::Interrupt;
use galapagos_rules::functions::{FUNCTIONS, Function};
use naive::setting::{checked, drawn, genome, holed};
use naive::{Column, Frame, World};
use proptest::prelude::*;
use std::collections::BTreeMap;

/// Compares the graph with the page for one expression. The number of rows that are not na, if it is one of the language.
fn compare(text: &str, seed: u64) -> Result<Option<usize>, TestCaseError> {
    let Some(tree) = checked(text) else { return Ok(None) };
    let mut defined = 0;
    let genome = genome(seed);
    let own = holed(seed, 150, seed.is_multiple_of(2));
    let other = holed(seed ^ 0x55, 130, true);
    let mut b = other.bars();
    (b.symbol, b.decimals) = ("B", 1);
    let others = [b];
    let market = Market { bars: own.bars(), others: &others };
    let mut plan = Plan::new(own.decimals, market.decimals());
    let held = plan.add(&tree, &genome).unwrap();
    let plain = plan.add_plain(&tree, &genome).unwrap();
    let columns = Columns::compute(&plan, &market, Interrupt::NEVER);
    let world = World { frame: Frame::of(&own.bars()), genome: &genome, others: &others };
    let bits = |x: Option<f64>| x.map(|x| (x + 0.0).to_bits());
    match world.column(&tree) {
        Column::Condition(all) => {
            for (t, expected) in all.into_iter().enumerate() {
                let got = columns.conditions(held).truth(t);
                defined += usize::from(got.is_some());
                prop_assert_eq!(got, expected, "row {} of {}", t, text);
            }
        }
        column => {
            for (slot, expected) in [(held, world.numbers(&column, 0)), (plain, world.plain(&column))] {
                for (t, expected) in expected.into_iter().enumerate() {
                    let got = Some(columns.numbers(slot)[t]).filter(|x| !x.is_nan());
                    defined += usize::from(got.is_some());
                    prop_assert_eq!(
                        bits(got),
                        bits(expected),
                        "row {}: {:?}, not {:?}, of {}",
                        t,
                        got,
                        expected,
                        text
                    );
                }
            }
            let exact = if let Column::Exact(_, exact) = &column { Some(*exact) } else { None };
            prop_assert_eq!(plan.exact(held), exact, "{}", text);
        }
    }
    Ok(Some(defined))
}

// Contract D3, D4, D5, D6, D7.
proptest! {
    #![proptest_config(ProptestConfig::with_cases(1_000))]

    #[test]
    fn the_graph_gives_what_the_page_says(seed in any::<u64>(), depth in 1_u32..5) {
        compare(&drawn(seed, depth), seed)?;
    }
}

#[test]
fn the_expressions_hold_every_function_with_rows_that_are_there() {
    let mut found = BTreeMap::<&str, usize>::new();
    for seed in 0..3_000 {
        let text = drawn(seed, 3);
        if compare(&text, seed).unwrap().is_some_and(|defined| defined > 20) {
            for f in &FUNCTIONS {
                if text.contains(&format!("{}(", f.name)) {
                    *found.entry(f.name).or_default() += 1;
                }
            }
        }
    }
    let rare = |f: &&Function| f.name != "at_entry" && found.get(f.name).is_none_or(|&n| n < 5);
    let rare: Vec<&str> = FUNCTIONS.iter().filter(rare).map(|f| f.name).collect();
    assert!(rare.is_empty(), "seldom drawn: {rare:?} of {found:?}");
}

// Contract D4, D5.
#[test]
fn what_f64_does_not_hold_exactly_is_rounded_in_the_order_of_the_page() {
    let texts = [
        "wma(close, 35)",
        "linreg(hl2, 35).slope",
        "linreg(close, 35).end",
        "hma(ohlc4, 40)",
        "stdev(close, 35)",
    ];
    for text in
        texts.into_iter().chain(["wma(sum(close, 9), 20)", "zscore(hl2, 35)", "cci(35)", "stoch(35, 3).d"])
    {
        for seed in (0..50).step_by(5) {
            let defined = compare(text, seed).unwrap_or_else(|e| panic!("{text}: {e}"));
            assert!(defined.is_some_and(|defined| defined > 100), "{text}");
        }
    }
}

// Contract D5.
#[test]
fn windows_of_conditions_may_be_longer_than_a_word() {
    let parts = ["close > 1.05 * sma(close, 9)", "bars_since(new_day) < 20", "close[40] > open or new_month"];
    for part in parts {
        for form in ["any(B, 70)", "all(B, 65)", "any(B, 129)", "all(not (B), 64)", "(B)[64]", "(B)[100]"] {
            for text in [form.replace('B', part), format!("is_na({})", form.replace('B', part))] {
                for seed in 0..12 {
                    let defined = compare(&text, seed).unwrap_or_else(|e| panic!("{text}: {e}"));
                    assert!(defined.is_some(), "{text}");
                }
            }
        }
    }
}
