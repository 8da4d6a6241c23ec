//! Strategies of one's own, whole: every back-test and account of an independent implementation, with the same trades,
//! the same exact sums and the same equity on every bar.
//!
//! The records lie beside the language, in `worker/rules/tests/oracle`, and in the folders that `GALAPAGOS_ORACLE` names.

#![allow(clippy::unwrap_used, reason = "a test that cannot set up should fail")]

#[path = "oracle/rules/expression.rs"]
mod expression;
#[path = "oracle/rules/hand.rs"]
mod hand;
#[path = "oracle/record.rs"]
mod prices;
#[path = "../../rules/tests/oracle/records.rs"]
mod records;

use galapagos_engine::backtest::{Backtest, BacktestResult, backtest};
use galapagos_engine::bars::Bars;
use galapagos_engine::evaluation::{Metric, MetricSet};
use galapagos_engine::execution::{Execution, Side, default_maintenance_margin};
use galapagos_engine::genes::{GeneValue, Genome, Stops};
use galapagos_engine::prepared::Prepared;
use galapagos_engine::rules::Own;
use galapagos_engine::strategies::Strategy;
use galapagos_engine::trace::Trade;
use galapagos_engine::window::Rows;
use galapagos_rules::{Market, check, read};
use hand::Hand;
use prices::{Data, text};
use records::records;
use rust_decimal::Decimal;
use serde_json::{Value, json};
use std::collections::BTreeMap;

/// The options of a record, named as in its implementation.
fn execution(options: &Value, capital: f64, bars_per_year: f64) -> Execution {
    let number = |name: &str, otherwise: f64| options[name].as_f64().unwrap_or(otherwise);
    let fee = number("fee", 0.0);
    let side = match options["side"].as_str() {
        Some("LongShort") => Side::LongShort,
        Some("Short") => Side::Short,
        _ => Side::Long,
    };
    let leverage = number("leverage", 1.0);
    let usual = default_maintenance_margin(Decimal::try_from(leverage).unwrap(), side);
    Execution {
        initial_capital: capital,
        side,
        taker_fee: fee,
        maker_fee: number("maker", fee),
        slippage: number("slippage", 0.0),
        leverage,
        fraction: number("fraction", 1.0),
        maintenance_margin: options.get("mm").map_or(usual, Value::as_f64),
        borrow_rate: number("borrow", 0.0),
        exposure_steps: (1.0 / number("step", 0.25)).round() as u32,
        lot: options["lot"].as_f64(),
        final_close: options["final_close"].as_bool().unwrap_or(true),
        risk_free_rate: number("rf", 0.0),
        bars_per_year,
        ..Execution::default()
    }
}

fn stops(options: &Value) -> Stops {
    let decimal = |name: &str| options[name].as_f64().map(|x| x.to_string().parse().unwrap());
    Stops { stop_loss: decimal("stop"), take_profit: decimal("target"), trailing_stop: decimal("trailing") }
}

fn own(document: &Value) -> Own {
    Own::new(check(&read(document).unwrap(), &Market::default()).unwrap())
}

fn genome(own: &Own, values: &Value, stops: Stops) -> Genome {
    let value = |name: &String| {
        let text = text(&values[name]);
        match own.rules().genes[name].words() {
            Some(words) => GeneValue::Category(words.iter().position(|w| *w == text).unwrap() as u32),
            None => GeneValue::Number(text.parse().unwrap()),
        }
    };
    Genome { values: own.genes().iter().map(value).collect(), stops }
}

fn run(
    own: &Own,
    genome: &Genome,
    bars: Bars,
    others: &[Bars],
    exec: &Execution,
    warm_up: usize,
) -> BacktestResult {
    let symbols = [Prepared::new(bars, exec).unwrap()];
    let rows = [Rows::after_warm_up(warm_up)];
    let run = Backtest { symbols: &symbols, rows: &rows, others, exec, metrics: MetricSet::FULL };
    backtest(&run, own, genome)
}

/// Whether a number is that of a record, which its reader may have missed by the last bit.
fn is_same(got: f64, expected: f64) -> bool {
    (got - expected).abs() <= 3e-16 * expected.abs()
}

fn differs<T: PartialEq + std::fmt::Debug>(problems: &mut Vec<String>, what: &str, got: T, expected: T) {
    if got != expected {
        problems.push(format!("{what}: got {got:?}, expected {expected:?}"));
    }
}

/// Trades, exact sums and fees; prices to the bit.
fn compare(problems: &mut Vec<String>, result: &BacktestResult, expected: &Value) {
    let (got, trace) = (&result.evaluation, &result.per_symbol[0].trace);
    differs(problems, "S1", got.s1.to_string().as_str(), expected["S1"].as_str().unwrap());
    differs(problems, "S2", got.s2.to_string().as_str(), expected["S2"].as_str().unwrap());
    differs(problems, "reason", got.reason.map(|r| r.name()), expected["reason"].as_str());
    let near = |problems: &mut Vec<String>, what: &str, got: Option<f64>, expected: &Value| {
        let ok = match (got, expected.as_f64()) {
            (Some(a), Some(b)) => (a - b).abs() <= 1e-9 * if b.abs() > 1.0 { b.abs() } else { 1.0 },
            (a, b) => a.is_none() && b.is_none(),
        };
        if !ok {
            problems.push(format!("{what}: got {got:?}, expected {expected}"));
        }
    };
    for (name, value) in expected.as_object().unwrap() {
        if let Some(metric) = Metric::from_name(name).filter(|_| value.is_number()) {
            near(problems, name, got.metrics.get(metric), value);
        }
    }
    let mut list = |name: &str, all: &[Trade]| {
        for (i, wanted) in expected[name].as_array().into_iter().flatten().enumerate() {
            let number = |key: &str| wanted[key].as_f64().unwrap();
            let same = |t: &&Trade| {
                [t.entry as f64, t.exit as f64, f64::from(t.side)] == ["entry", "exit", "side"].map(number)
                    && is_same(t.entry_price, number("entryPrice"))
                    && is_same(t.exit_price, number("exitPrice"))
                    && wanted["exitReason"] == t.reason.name()
            };
            if all.get(i).filter(same).is_none() {
                problems.push(format!("{name} {i}: got {:?}, expected {wanted}", all.get(i)));
            }
        }
    };
    list("trades", &trace.trades);
    list("first_trades", &trace.trades);
    let behind = expected["last_trades"].as_array().map_or(0, Vec::len);
    list("last_trades", &trace.trades[trace.trades.len().saturating_sub(behind)..]);
    if let Some(wanted) = expected["exits"].as_object() {
        let mut exits = BTreeMap::<&str, u64>::new();
        for trade in &trace.trades {
            *exits.entry(trade.reason.name()).or_default() += 1;
        }
        let wanted = wanted.iter().map(|(k, v)| (k.as_str(), v.as_u64().unwrap())).collect();
        differs(problems, "exits", exits, wanted);
    }
    if let Some(wanted) = expected["equity_sha256"].as_str() {
        let got = expression::held_digest(&trace.equity);
        differs(problems, "equity of every bar", got.as_str(), wanted);
    }
}

fn hold(all: &[Value], replay: impl Fn(&Value) -> Vec<String>) {
    let problems: Vec<String> = all
        .iter()
        .filter_map(|record| {
            let found = replay(record);
            let label = record["label"].as_str().unwrap_or("");
            (!found.is_empty()).then(|| format!("{} {label}\n  {}", record["id"], found.join("\n  ")))
        })
        .collect();
    assert!(
        problems.is_empty(),
        "{} of {} records differ:\n{}",
        problems.len(),
        all.len(),
        problems.join("\n")
    );
}

// Contract D7.
#[test]
fn every_backtest_of_the_records_is_reproduced_to_the_bit() {
    let all = records("backtest");
    assert!(all.len() >= 79, "only {} records", all.len());
    let files: BTreeMap<&str, Data> =
        ["GOOG", "AAPL", "IBM", "EURUSD"].into_iter().map(|name| (name, prices::load(name))).collect();
    hold(&all, |record| {
        let mut problems = Vec::new();
        let set = &record["data"];
        let mut edit = set.clone();
        edit["edit"] = record["edit"].clone();
        let rows = [0, 1].map(|i| set["rows"][i].as_u64().unwrap() as usize);
        let data = files[set["name"].as_str().unwrap()].edited(&edit).rows(rows[0]..rows[1]);
        let others: Vec<Data> = record["otherSymbols"]
            .as_array()
            .unwrap()
            .iter()
            .map(|name| files[name.as_str().unwrap()].clone().with_decimals(2))
            .collect();
        let others: Vec<Bars> = others.iter().map(Data::bars).collect();
        let exec = execution(
            &record["options"],
            record["capital"].as_f64().unwrap(),
            set["barsPerYear"].as_f64().unwrap(),
        );
        let own = own(&record["strategy"]);
        let genome = genome(&own, &record["genome"], stops(&record["options"]));
        let expected = &record["expected"];
        let warm_up = own.warm_up(&data.bars(), &others, &genome);
        differs(&mut problems, "W", warm_up as u64, expected["W"].as_u64().unwrap());
        let result = run(&own, &genome, data.bars(), &others, &exec, warm_up);
        differs(&mut problems, "T", result.evaluation.returns, expected["T"].as_u64().unwrap());
        compare(&mut problems, &result, expected);
        problems
    });
}

// Contract D7.
#[test]
fn every_account_of_the_records_is_reproduced_bar_by_bar() {
    let all = records("account");
    assert!(all.len() >= 18, "only {} records", all.len());
    hold(&all, |record| {
        let mut problems = Vec::new();
        let hand = Hand::new(record);
        let own = own(&json!({"name": "hand", "rules": record["rules"]}));
        let exec = execution(&record["options"], record["capital"].as_f64().unwrap(), 8760.0);
        let genome = genome(&own, &Value::Null, stops(&record["options"]));
        let warm_up = record["W"].as_u64().unwrap() as usize;
        let result = run(&own, &genome, hand.bars(), &[], &exec, warm_up);
        let expected = &record["expected"];
        let equity: Vec<f64> =
            expected["equity"].as_array().unwrap().iter().map(|e| e.as_f64().unwrap()).collect();
        let got = &result.per_symbol[0].trace.equity;
        if got.len() != equity.len() || !got.iter().zip(&equity).all(|(&a, &b)| is_same(a, b)) {
            problems.push(format!("equity: got {got:?}, expected {equity:?}"));
        }
        let trades = expected["trades"].as_array().map_or(0, Vec::len);
        differs(&mut problems, "trades", result.per_symbol[0].trace.trades.len(), trades);
        let mut rest = expected.clone();
        // There it is the list itself.
        rest.as_object_mut().unwrap().remove("fees");
        compare(&mut problems, &result, &rest);
        problems
    });
}
