//! What holds for every column of the graph, however it is cut, shared or cut short.

#![allow(clippy::unwrap_used, reason = "a test that cannot set up should fail")]

mod common;
mod naive;

use common::market::{Draws, Market as Made};
use galapagos_engine::bars::Bars;
use galapagos_engine::beside::{OwnedColumns, Signals};
use galapagos_engine::graph::{Columns, Market, Plan, PlanError, Slot};
use galapagos_engine::interrupt::Interrupt;
use galapagos_rules::functions::FUNCTIONS;
use galapagos_rules::{Expr, Genome, check, parse, read};
use naive::setting::{checked, drawn, genome, holed};
use proptest::prelude::*;
use serde_json::json;
use std::sync::atomic::AtomicBool;

/// Expressions that hold every function and every field.
const ALL: [&str; 94] = [
    "sum(close, 5)",
    "sum(volume, 5)",
    "sma(hl2, 7)",
    "sma(volume, 7)",
    "highest(high, 9)",
    "highest(rsi(close, 3), 9)",
    "lowest(low, 9)",
    "lowest(volume, 9)",
    "change(hlc3, 3)",
    "change(volume)",
    "roc(close, 4)",
    "ema(close, 8)",
    "rma(volume, 8)",
    "dema(close, 4)",
    "tema(ohlc4, 4)",
    "wma(close, 6)",
    "hma(close, 17)",
    "vwma(open, 5)",
    "stdev(close, 6)",
    "stdev(sma(close, 9), 6)",
    "zscore(hl2, 6)",
    "zscore(volume, 6)",
    "percent_rank(close, 11)",
    "linreg(close, 7).slope",
    "linreg(close, 7).end",
    "rsi(close, 7)",
    "rsi(volume, 7)",
    "macd(close, 5, 9, 3).line",
    "macd(close, 5, 9, 3).signal",
    "macd(close, 5, 9, 3).hist",
    "stoch(7, 3).k",
    "stoch(7, 3).d",
    "willr(7)",
    "cci(7)",
    "mfi(7)",
    "cmf(7)",
    "atr(7)",
    "adx(5).plus",
    "adx(5).minus",
    "adx(5).adx",
    "bb(close, 7, 2).mid",
    "bb(close, 7, 2).upper",
    "bb(close, 7, 2).lower",
    "bb(close, 7, 2).z",
    "bb(close, 7, 2).width",
    "keltner(7, 2).mid",
    "keltner(7, 2).upper",
    "keltner(7, 2).lower",
    "donchian(7).upper",
    "donchian(7).lower",
    "donchian(7).mid",
    "supertrend(5, 1.5).value",
    "supertrend(5, 1.5).side",
    "heikin().open",
    "heikin().high",
    "heikin().low",
    "heikin().close",
    "obv()",
    "vwap(7)",
    "vwap_since(new_day)",
    "cross_up(close, sma(close, 9))",
    "cross_down(close, ema(close, 9))",
    "rising(high)",
    "falling(volume)",
    "any(close > open, 70)",
    "all(close > low, 3)",
    "count(close > open, 9)",
    "bars_since(close > open)",
    "value_when(new_day, volume)",
    "highest_since(new_day, tr)",
    "lowest_since(new_month, close - open)",
    "iff(close > open, high, 3)",
    "iff(close > open, new_day, hour == 3)",
    "min(close, sma(close, 3), 700)",
    "max(volume, 40, minute)",
    "abs(close - open)",
    "sqrt(close * high)",
    "log(close)",
    "exp(roc(close, 3))",
    "step(weekday, 1, 0.5, 3, volume)",
    "num(close) + bar_of_day + day + month",
    "is_na(sma(close, 9))[65]",
    "use($f, close > open) and $w == p",
    "choose($w, p: close, q: open)[3]",
    "scan(close, iff(close > self, self + 0.1 * (close - self), min(self, low) or_else open))",
    "on(4h, highest(close, 3)[1])",
    "on(1d, close > open) or on(1w, rising(sma(close, 2)))",
    "of(B, sma(close, 3)) * of(B, on(1d, volume))",
    "of(B, cross_up(close, open))",
    "2 * close - 3 * open / 7 or_else 5",
    "sma(score, 5) + score[2]",
    "cross_up(score, 0.5)",
    "bars_since(score > 0 and not is_na(score[1]))",
    "of(B, highest(score, 3))",
];

/// A market with another symbol, which has holes of its own.
struct World {
    own: Made,
    other: Made,
    /// A column of a file of signals for each of them.
    signals: [OwnedColumns; 2],
}

/// A value for each row: some unknown, some negative.
fn score(seed: u64, rows: usize) -> OwnedColumns {
    let mut draws = Draws(seed);
    let value = |draws: &mut Draws| match draws.below(9) {
        0 => f64::NAN,
        x => x as f64 / 4.0 - 1.0,
    };
    OwnedColumns(vec![("f.score".to_owned(), (0..rows).map(|_| value(&mut draws)).collect())])
}

/// The rows from `kept` on are wild.
fn wild(columns: &OwnedColumns, kept: usize) -> OwnedColumns {
    let mut columns = columns.clone();
    for value in columns.0[0].1.iter_mut().skip(kept).enumerate() {
        *value.1 = [1e300, f64::NAN, -1e300, f64::INFINITY][value.0 % 4];
    }
    columns
}

impl World {
    fn new(seed: u64, rows: usize) -> World {
        World {
            own: holed(seed, rows, seed.is_multiple_of(2)),
            other: holed(seed ^ 7, rows, true),
            signals: [score(seed, rows), score(seed ^ 7, rows)],
        }
    }

    fn other(&self) -> Bars<'_> {
        Bars { symbol: "B", decimals: 1, signals: Some(Signals::new(&self.signals[1])), ..self.other.bars() }
    }

    /// The columns of expressions in blocks of so many rows.
    fn columns(&self, plan: &Plan, block: usize) -> Columns {
        let others = [self.other()];
        let bars = Bars { signals: Some(Signals::new(&self.signals[0])), ..self.own.bars() };
        let market = Market { bars, others: &others };
        Columns::compute_by(plan, &market, Interrupt::NEVER, block)
    }

    fn plan(&self, trees: &[Expr], genome: &Genome) -> (Plan, Vec<Slot>) {
        let mut plan = Plan::new(self.own.decimals, vec![("B".to_owned(), 1)]);
        let slots = trees.iter().map(|tree| plan.add(tree, genome).unwrap()).collect();
        (plan, slots)
    }

    /// What is known at the end of row `t`: later rows of both symbols are garbage.
    fn poisoned(&self, t: usize) -> World {
        let end = self.own.time_ms[t] + self.own.interval_ms;
        let known = |m: &Made| m.time_ms.iter().filter(|&&open| open + m.interval_ms <= end).count();
        let after = |m: &Made| match known(m) {
            0 => m.clone(),
            rows => m.poisoned_after(rows - 1),
        };
        let signals = [wild(&self.signals[0], t + 1), wild(&self.signals[1], known(&self.other))];
        World { own: self.own.poisoned_after(t), other: after(&self.other), signals }
    }

    /// The rows up to `t`, and those of the other symbol that are known by then.
    fn truncated(&self, t: usize) -> World {
        let cut = |m: &Made, rows: usize| {
            let mut m = m.clone();
            m.time_ms.truncate(rows);
            for column in [&mut m.open, &mut m.high, &mut m.low, &mut m.close] {
                column.truncate(rows);
            }
            m.volume.iter_mut().for_each(|v| v.truncate(rows));
            m
        };
        let end = self.own.time_ms[t] + self.own.interval_ms;
        let known = self.other.time_ms.iter().filter(|&&open| open + self.other.interval_ms <= end).count();
        World { own: cut(&self.own, t + 1), other: cut(&self.other, known), signals: self.signals.clone() }
    }
}

/// All bits of a slot in the first rows.
fn bits(plan: &Plan, columns: &Columns, slot: Slot, rows: usize) -> Vec<u64> {
    if plan.is_condition(slot) {
        let code = |t| columns.conditions(slot).truth(t).map_or(2, u64::from);
        return (0..rows).map(code).collect();
    }
    let na = |x: &f64| if x.is_nan() { u64::MAX } else { x.to_bits() };
    columns.numbers(slot)[..rows].iter().map(na).collect()
}

fn trees(texts: &[&str]) -> Vec<Expr> {
    texts.iter().map(|text| checked(text).unwrap_or_else(|| panic!("{text} is refused"))).collect()
}

fn all_trees() -> Vec<Expr> {
    let trees = trees(&ALL);
    for f in FUNCTIONS.iter().filter(|f| f.name != "at_entry") {
        assert!(ALL.iter().any(|text| text.contains(&format!("{}(", f.name))), "{} is missing", f.name);
    }
    trees
}

/// Trees that the page accepts, of random texts.
fn random_trees(seed: u64) -> Vec<Expr> {
    (0..8).filter_map(|i| checked(&drawn(seed.wrapping_add(i), 3))).collect()
}

fn same_in_blocks(trees: &[Expr], seed: u64) {
    let world = World::new(seed, 1_200);
    let (plan, slots) = world.plan(trees, &genome(seed));
    let whole = world.columns(&plan, usize::MAX);
    for block in [1, 7, 64, 512] {
        let columns = world.columns(&plan, block);
        for (tree, &slot) in trees.iter().zip(&slots) {
            let same = bits(&plan, &columns, slot, 1_200) == bits(&plan, &whole, slot, 1_200);
            assert!(same, "{tree} in blocks of {block}");
        }
    }
}

#[test]
fn blocks_of_any_length_change_no_bit_of_any_function() {
    same_in_blocks(&all_trees(), 3);
}

fn unmoved_by_the_future(trees: &[Expr], seed: u64, cuts: &[usize]) {
    let world = World::new(seed, 400);
    let (plan, slots) = world.plan(trees, &genome(seed));
    let known = world.columns(&plan, 512);
    for &t in cuts {
        for (other, how) in [(world.poisoned(t), "poisoned"), (world.truncated(t), "cut")] {
            let columns = other.columns(&plan, 512);
            for (tree, &slot) in trees.iter().zip(&slots) {
                let same = bits(&plan, &columns, slot, t + 1) == bits(&plan, &known, slot, t + 1);
                assert!(same, "{tree}, {how} after row {t}");
            }
        }
    }
}

#[test]
fn no_function_knows_a_row_of_the_future() {
    // Every row of two days, so that all borders of timeframes are among them.
    let cuts: Vec<usize> = (200..250).chain([0, 1, 17, 398]).collect();
    unmoved_by_the_future(&all_trees(), 5, &cuts);
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(24))]

    #[test]
    fn blocks_of_any_length_change_no_bit(seed in any::<u64>()) {
        same_in_blocks(&random_trees(seed), seed);
    }

    #[test]
    fn no_expression_knows_a_row_of_the_future(seed in any::<u64>(), cut in 0_usize..399) {
        unmoved_by_the_future(&random_trees(seed), seed, &[cut]);
    }

    #[test]
    fn a_plan_of_many_trees_gives_what_each_gives_alone(seed in any::<u64>()) {
        let trees = random_trees(seed);
        let world = World::new(seed, 300);
        let genomes = [genome(seed), genome(seed.rotate_left(8)), genome(seed.rotate_left(31))];
        let mut shared = Plan::new(world.own.decimals, vec![("B".to_owned(), 1)]);
        let mut alone = 0;
        let mut all = Vec::new();
        for genome in &genomes {
            for tree in &trees {
                let (plan, slots) = world.plan(std::slice::from_ref(tree), genome);
                alone += plan.nodes();
                let columns = world.columns(&plan, 512);
                all.push((shared.add(tree, genome).unwrap(), bits(&plan, &columns, slots[0], 300)));
            }
        }
        prop_assert!(shared.nodes() <= alone);
        let columns = world.columns(&shared, 512);
        for (slot, expected) in all {
            prop_assert_eq!(bits(&shared, &columns, slot, 300), expected);
        }
    }
}

#[test]
fn what_is_the_same_is_one_node_over_all_trees_and_genomes() {
    let trees = trees(&["rsi(close, 4 + $n) < $k", "sma(close, $n) > 2 * low", "rsi(close, 8) > 30"]);
    let of = |n: &str, k: &str| -> Genome {
        [("n", n), ("k", k), ("w", "p"), ("f", "on")].map(|(name, v)| (name.to_owned(), v.to_owned())).into()
    };
    let mut plan = Plan::new(2, Vec::new());
    let first = plan.add(&trees[0], &of("4", "2")).unwrap();
    // close, its change as f64 (three nodes), the index, and the comparison.
    assert_eq!(plan.nodes(), 6);
    assert_eq!(plan.add(&trees[0], &of("4", "2")).unwrap(), first);
    assert_eq!(plan.nodes(), 6);
    assert_ne!(plan.add(&trees[0], &of("4", "3")).unwrap(), first);
    assert_eq!(plan.nodes(), 7, "another threshold is a comparison more");
    plan.add(&trees[1], &of("4", "2")).unwrap();
    let before = plan.nodes();
    plan.add(&trees[1], &of("4", "3")).unwrap();
    assert_eq!(plan.nodes(), before, "a gene that a tree does not use does not tell it apart");
    plan.add(&trees[1], &of("5", "3")).unwrap();
    assert_eq!(plan.nodes(), before + 2, "another period is another sum and its comparison");
}

#[test]
fn a_tree_without_a_column_is_refused_with_its_reason() {
    let genome = |n: &str| -> Genome { [("n".to_owned(), n.to_owned())].into() };
    let mut plan = Plan::new(2, Vec::new());
    let mut refused = |tree: &Expr, genome: &Genome| plan.add(tree, genome).unwrap_err();
    let period = &trees(&["sma(close, $n)"])[0];
    assert_eq!(refused(period, &genome("0")), PlanError::Period("$n".to_owned()));
    assert_eq!(refused(period, &genome("10001")), PlanError::Period("$n".to_owned()));
    assert_eq!(refused(period, &genome("2.5")), PlanError::Period("$n".to_owned()));
    assert_eq!(refused(period, &genome("x")), PlanError::Constant("$n".to_owned()));
    assert_eq!(refused(period, &Genome::new()), PlanError::Constant("$n".to_owned()));
    let word = &trees(&["choose($w, p: close, q: open)"])[0];
    assert_eq!(refused(word, &Genome::new()), PlanError::Gene("w".to_owned()));
    let symbol = &trees(&["of(B, close)"])[0];
    assert_eq!(refused(symbol, &Genome::new()), PlanError::Symbol("B".to_owned()));
    let account = read(&json!({"name": "x", "rules": {"language": 1, "long": {
        "enter": "is_na(trades_today)", "exit": "is_na(profit)", "target": "at_entry(close)",
    }}}));
    let account = check(&account.unwrap(), &galapagos_rules::Market::default()).unwrap();
    for (expression, name) in account.expressions.iter().zip(["trades_today", "profit", "at_entry"]) {
        assert_eq!(refused(&expression.tree, &Genome::new()), PlanError::NotMarket(name.to_owned()));
    }
    for text in ["sma(close, 3)", "macd(close, 1, 2, 3)", "4h", "'B'", "self", "$n", "f(x)", "x.y"] {
        let error = refused(&parse(text).unwrap(), &genome("3"));
        assert!(matches!(error, PlanError::Unchecked(_)), "{text}: {error}");
    }
}

#[test]
fn an_interrupted_computation_has_its_full_length_and_no_rows() {
    let world = World::new(1, 300);
    let (plan, slots) = world.plan(&trees(&["close", "new_day"]), &genome(1));
    let (flag, market) = (AtomicBool::new(true), Market::alone(world.own.bars()));
    let columns = Columns::compute(&plan, &market, Interrupt::any(&[&flag]));
    assert_eq!(columns.numbers(slots[0]).len(), 300);
    assert!(columns.numbers(slots[0]).iter().all(|x| x.is_nan()));
    assert!((0..300).all(|t| columns.conditions(slots[1]).truth(t).is_none()));
}

#[test]
fn a_market_without_rows_or_volume_has_columns_without() {
    let mut world = World::new(1, 300);
    let (plan, slots) = world.plan(&all_trees(), &genome(1));
    world.own.volume = None;
    let columns = world.columns(&plan, 512);
    assert!(columns.numbers(slots[1]).iter().all(|x| x.is_nan()));
    assert!(columns.numbers(slots[0])[4..].iter().all(|x| !x.is_nan()));
    let empty = Market::alone(world.own.bars().truncate(0));
    assert!(Columns::compute(&plan, &empty, Interrupt::NEVER).is_empty());
}
