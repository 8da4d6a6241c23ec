//! Every record of an independent implementation of the contract: same trades, same exact sums, same metrics.
//!
//! The records lie in `tests/oracle/engine.json`; `tests/oracle/make-data.sh` makes the prices they name.

#![allow(clippy::unwrap_used, reason = "a test that cannot set up should fail")]

#[path = "oracle/record.rs"]
mod record;

use galapagos_engine::backtest::{Backtest, BacktestResult, backtest};
use galapagos_engine::bars::Bars;
use galapagos_engine::evaluation::{Evaluation, Metric, MetricSet};
use galapagos_engine::execution::{Aggregate, Execution, Window};
use galapagos_engine::genes::Genome;
use galapagos_engine::prepared::Prepared;
use galapagos_engine::strategies;
use galapagos_engine::trace::Trace;
use galapagos_engine::window::Rows;
use record::{Data, execution, text};
use serde_json::Value;
use std::collections::BTreeMap;

/// Runs a record under options that may differ from its own.
fn run(record: &Value, data: &[&Data], exec: &Execution, problems: &mut Vec<String>) -> BacktestResult {
    let found = strategies::find(record["strategy"].as_str().unwrap()).unwrap();
    let (strategy, def) = (found.strategy, found.strategy.def());
    let pairs: Vec<(String, String)> =
        record["genome"].as_object().unwrap().iter().map(|(k, v)| (k.clone(), text(v))).collect();
    let pairs: Vec<(&str, &str)> = pairs.iter().map(|(k, v)| (k.as_str(), v.as_str())).collect();
    let genome = Genome::from_pairs(def, &pairs).unwrap();
    let symbols: Vec<Prepared> = data.iter().map(|d| Prepared::new(d.bars(), exec).unwrap()).collect();
    let rows: Vec<Rows> = symbols
        .iter()
        .map(|p| {
            let own = strategy.warm_up(&p.bars(), &[], &genome);
            let warm_up = exec.warmup_bars.map_or(own, |given| if given > own { given } else { own });
            if exec.window == Window::Full { Rows::full(own) } else { Rows::after_warm_up(warm_up) }
        })
        .collect();
    match (record["W"].as_u64(), record["first_decision_row"].as_u64()) {
        (Some(w), _) => check(problems, "W", rows[0].first as u64 + 1, w),
        (None, Some(first)) => check(problems, "first decision", rows[0].first as u64, first),
        (None, None) => problems.push("the record names no window".to_owned()),
    }
    backtest(
        &Backtest { symbols: &symbols, rows: &rows, others: &[], exec, metrics: MetricSet::FULL },
        strategy,
        &genome,
    )
}

fn check<T: PartialEq + std::fmt::Debug>(problems: &mut Vec<String>, what: &str, got: T, expected: T) {
    if got != expected {
        problems.push(format!("{what}: got {got:?}, expected {expected:?}"));
    }
}

/// Within 1e-9, relative at and above 1.
fn near(problems: &mut Vec<String>, what: &str, got: Option<f64>, expected: &Value) {
    let ok = match (got, expected.as_f64()) {
        (Some(a), Some(b)) => (a - b).abs() <= 1e-9 * if b.abs() > 1.0 { b.abs() } else { 1.0 },
        (a, b) => a.is_none() && b.is_none(),
    };
    if !ok {
        problems.push(format!("{what}: got {got:?}, expected {expected}"));
    }
}

fn check_metrics(problems: &mut Vec<String>, evaluation: &Evaluation, expected: &Value) {
    for (name, value) in expected.as_object().unwrap() {
        if let Some(metric) = Metric::from_name(name) {
            near(problems, name, evaluation.metrics.get(metric), value);
        }
    }
}

fn check_trades(problems: &mut Vec<String>, trace: &Trace, expected: &Value) {
    for (i, e) in expected.as_array().into_iter().flatten().enumerate() {
        let Some(t) = trace.trades.get(i) else {
            problems.push(format!("trade {i} is missing"));
            continue;
        };
        let rows = (e["entry"].as_u64().unwrap(), e["exit"].as_u64().unwrap());
        check(problems, &format!("rows of trade {i}"), (t.entry as u64, t.exit as u64), rows);
        check(problems, &format!("side of trade {i}"), i64::from(t.side), e["side"].as_i64().unwrap());
        check(problems, &format!("reason of trade {i}"), t.reason.name(), e["exitReason"].as_str().unwrap());
        near(problems, &format!("entry price of trade {i}"), Some(t.entry_price), &e["entryPrice"]);
        near(problems, &format!("exit price of trade {i}"), Some(t.exit_price), &e["exitPrice"]);
    }
}

/// What differs between a record and this engine.
fn replay(record: &Value, files: &BTreeMap<String, Data>) -> Vec<String> {
    let mut problems = Vec::new();
    let sets: Vec<&Value> = match &record["data"] {
        Value::Array(sets) => sets.iter().collect(),
        one => vec![one],
    };
    let edited: Vec<Data> = sets.iter().map(|s| files[s["name"].as_str().unwrap()].edited(s)).collect();
    let data: Vec<&Data> = edited.iter().collect();
    for (d, s) in data.iter().zip(&sets) {
        check(&mut problems, "rows of data", d.bars().len() as u64, s["rows"].as_u64().unwrap());
    }
    let exec = execution(record, sets[0]["barsPerYear"].as_f64().unwrap());
    let report = run(record, &data, &exec, &mut problems);
    let (got, expected) = (&report.evaluation, &record["expected"]);
    check(&mut problems, "T", got.returns, expected["T"].as_u64().unwrap());
    check(&mut problems, "S1", got.s1.to_string().as_str(), expected["S1"].as_str().unwrap());
    check(&mut problems, "S2", got.s2.to_string().as_str(), expected["S2"].as_str().unwrap());
    check(&mut problems, "reason", got.reason.map(|r| r.name()), expected["reason"].as_str());
    check(&mut problems, "open position", got.open_position, expected["open_position"].as_bool().unwrap());
    check_metrics(&mut problems, got, expected);
    let mut exits = BTreeMap::<&str, u64>::new();
    for trade in report.per_symbol.iter().flat_map(|s| &s.trace.trades) {
        *exits.entry(trade.reason.name()).or_default() += 1;
    }
    let wanted = expected["exits"].as_object().unwrap();
    check(
        &mut problems,
        "exits",
        exits,
        wanted.iter().map(|(k, v)| (k.as_str(), v.as_u64().unwrap())).collect(),
    );
    check_trades(&mut problems, &report.per_symbol[0].trace, &expected["first_trades"]);
    for (name, single) in expected["symbols"].as_object().into_iter().flatten() {
        let own = report.per_symbol.iter().find(|s| s.symbol == *name).unwrap();
        check_metrics(&mut problems, &own.evaluation, single);
        check_trades(&mut problems, &own.trace, &single["first_trades"]);
    }
    for (name, sharpe) in expected["sharpe_by_aggregate"].as_object().into_iter().flatten() {
        let aggregate = match name.as_str() {
            "Mean" => Aggregate::Mean,
            "Median" => Aggregate::Median,
            "Min" => Aggregate::Min,
            _ => Aggregate::Portfolio,
        };
        let other = run(record, &data, &Execution { aggregate, ..exec.clone() }, &mut problems);
        near(&mut problems, name, other.evaluation.metrics.get(Metric::Sharpe), sharpe);
    }
    if let Some(first) = expected["first_stamp"].as_i64() {
        check(&mut problems, "first stamp", report.total.start_ms, first * 1000);
        let last = expected["last_stamp"].as_i64().map(|u| u * 1000);
        check(&mut problems, "last stamp", report.total.time_ms.last().copied(), last);
    }
    problems
}

// Contract P1, A6, R0, R1, R2, R3, R4, R5, R6, R7, R8, R9, R10, R11, R12, R13, R14.
#[test]
fn every_record_of_the_oracle_is_reproduced() {
    let records = record::all();
    let files: BTreeMap<String, Data> =
        ["AAPL", "EURUSD", "GOOG", "IBM"].map(|name| (name.to_owned(), record::load(name))).into();
    let mut failed = Vec::new();
    for record in &records {
        let problems = replay(record, &files);
        if !problems.is_empty() {
            let (id, kind, strategy) = (&record["id"], &record["kind"], &record["strategy"]);
            failed.push(format!("{id} {kind} {strategy}\n    {}", problems.join("\n    ")));
        }
    }
    assert!(
        failed.is_empty(),
        "{} of {} records differ:\n{}",
        failed.len(),
        records.len(),
        failed.join("\n")
    );
    assert_eq!(records.len(), 295);
}

#[test]
fn gaps_of_the_oracle_data_do_not_hide_disorder() {
    for name in ["AAPL", "EURUSD", "GOOG", "IBM"] {
        let data = record::load(name);
        let bars: Bars = data.bars();
        assert!(bars.time_ms.windows(2).all(|w| w[0] < w[1]), "{name}");
    }
}
