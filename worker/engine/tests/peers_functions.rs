//! Functions of rules against TA-Lib and pandas-ta on 2,148 daily bars: numbers that `e2e/parity/vectors.py` stored, and that
//! `make parity` asks those libraries for again.
//!
//! A function whose definition begins otherwise there has a `seed` that says how, and is compared where nothing of it is
//! left; one that begins alike begins in the same row. The tolerance is what sums of doubles in another order lose.

#![allow(clippy::unwrap_used, reason = "a test that cannot set up should fail")]

#[path = "oracle/rules/expression.rs"]
mod expression;
#[path = "oracle/record.rs"]
mod record;

use expression::checked;
use galapagos_engine::graph::{Columns, Market, Plan};
use galapagos_engine::interrupt::Interrupt;
use galapagos_rules::Genome;
use serde_json::{Value, json};

/// Relative to the larger of the value and 1.
const TOLERANCE: f64 = 1e-9;

/// The functions that a peer has: all of the language that are numbers of prices and volume, but for those of conditions.
const FUNCTIONS: [&str; 27] = [
    "sum", "sma", "highest", "lowest", "change", "roc", "wma", "stdev", "linreg", "rsi", "stoch", "willr",
    "cci", "mfi", "atr", "bb", "ema", "dema", "tema", "macd", "keltner", "adx", "obv", "rma", "hma", "vwma",
    "zscore",
];

#[test]
fn functions_of_rules_are_those_of_talib_and_pandas_ta() {
    let file: Value = serde_json::from_str(include_str!("data/peers-functions.json")).unwrap();
    let data = record::load(file["data"].as_str().unwrap()).with_decimals(2);
    let rows: Vec<usize> = file["rows"]
        .as_array()
        .unwrap()
        .iter()
        .map(|t| usize::try_from(t.as_u64().unwrap()).unwrap())
        .collect();
    let vectors = file["vectors"].as_array().unwrap();
    let mut problems = Vec::new();
    for vector in vectors {
        let text = vector["expression"].as_str().unwrap();
        let mut plan = Plan::new(2, Vec::new());
        let slot = plan.add_plain(&checked(text, &json!({})), &Genome::new()).unwrap();
        let columns = Columns::compute(&plan, &Market::alone(data.bars()), Interrupt::NEVER);
        let numbers = columns.numbers(slot);
        if let Some(first) = vector["first"].as_u64() {
            let own = numbers.iter().position(|x| !x.is_nan()).unwrap();
            if own as u64 != first {
                problems.push(format!("{text} begins in row {own}, {} in row {first}", vector["of"]));
            }
        }
        for (&t, expected) in rows.iter().zip(vector["values"].as_array().unwrap()) {
            let (got, expected) = (numbers[t], expected.as_f64().unwrap());
            let size = if expected.abs() > 1.0 { expected.abs() } else { 1.0 };
            let near = (got - expected).abs() <= TOLERANCE * size;
            if !near {
                problems.push(format!("{text} in row {t}: {got}, {} has {expected}", vector["of"]));
            }
        }
    }
    assert!(problems.is_empty(), "{}", problems.join("\n"));
    let known = |name: &str| {
        vectors.iter().any(|v| v["expression"].as_str().unwrap().starts_with(&format!("{name}(")))
    };
    for name in FUNCTIONS.iter().chain(&["cmf", "donchian", "supertrend", "heikin", "vwap"]) {
        assert!(known(name), "{name} is compared with nothing");
    }
}
