//! Every record of an independent implementation of docs/contract/luck.md.
//!
//! The records lie in `tests/oracle`; `GALAPAGOS_ORACLE` may name more folders of such records. A record whose function
//! is not known here fails: nothing is passed over in silence.

#![allow(clippy::unwrap_used, reason = "a test that cannot set up should fail")]

#[path = "oracle/breaks.rs"]
mod breaks;
#[path = "oracle/find.rs"]
mod find;
#[path = "oracle/inputs.rs"]
mod inputs;
#[path = "oracle/overfitting.rs"]
mod overfitting;
#[path = "oracle/records.rs"]
mod records;
#[path = "oracle/walk_forward.rs"]
mod walk_forward;

use records::{differences, records, tolerance};
use serde_json::Value;

/// What this crate computes for the input of a record of that function.
fn answer(function: &str, input: &Value) -> Result<Value, String> {
    if let Some(found) = walk_forward::answer(function, input) {
        return Ok(found);
    }
    match function {
        "cscv" | "pbo" => overfitting::splits(input),
        "perf" => overfitting::ratios(input),
        "leaders" => overfitting::different(input),
        "pbo_trials" | "choose_trials" | "select_trials" | "trials" => overfitting::chosen(input),
        "emax" => find::expected_best(input),
        "psr" => find::psr(input),
        "dsr" => find::dsr(input),
        "min_track_record" => find::track_record(input),
        "min_backtest" | "min_backtest_length" | "min_backtest_years" | "min_btl" => {
            find::backtest_length(input)
        }
        "shape" => find::shape(input),
        "timing" => find::beyond_the_market(input),
        "p_single, p_best" => find::single_and_best(input),
        "p_single" | "p_best" => find::one_of(input, function),
        "required_sharpe" => find::required(input),
        "confidence" => find::sure(input),
        "verdict" => find::verdict(input),
        "reality_check" => breaks::reality(input),
        "placements" => breaks::places(input),
        "trade_return" => breaks::return_of_trade(input),
        "random_entry" => breaks::entries(input),
        "mean_block" => breaks::length_of_blocks(input),
        "path" | "bootstrap_path" | "stationary_path" | "stationary_indices" => breaks::path(input),
        "bootstrap" => breaks::intervals(input),
        "neighbours" => breaks::next_to(input),
        "neighbourhood" => breaks::around(input),
        "random_genomes" => breaks::genomes(input),
        "without_best" => breaks::other_days(input),
        "best_trades" => breaks::few_trades(input),
        "regimes" => breaks::months(input),
        "periods" => breaks::spans(input),
        "cuts" => breaks::where_to_cut(input),
        _ => Err(format!("no function {function:?} is known here")),
    }
}

#[test]
fn every_record_agrees() {
    let mut problems = Vec::new();
    let records = records();
    for record in &records {
        let function = record["function"].as_str().unwrap();
        let found = answer(function, &record["input"])
            .and_then(|got| Ok(differences(&got, &record["expected"], tolerance(record)?)))
            .unwrap_or_else(|problem| vec![problem]);
        problems.extend(found.iter().map(|problem| format!("{} {function}: {problem}", record["id"])));
    }
    assert!(
        problems.is_empty(),
        "{} problems in {} records:\n{}",
        problems.len(),
        records.len(),
        problems.join("\n")
    );
}
