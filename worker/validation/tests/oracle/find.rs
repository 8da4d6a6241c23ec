//! Records about the find against its trials, and the verdict.

use super::inputs::*;
use galapagos_validation::NullReason;
use galapagos_validation::confidence::confidence;
use galapagos_validation::find::{p_best, p_single, required_sharpe};
use galapagos_validation::series::measure;
use galapagos_validation::sharpe::{
    deflated, expected_maximum, minimum_backtest_years, minimum_track_record, probabilistic,
};
use galapagos_validation::timing::timing;
use galapagos_validation::verdict::{Asked, Facts, Gate, Measure, Verdict, judge};
use serde_json::{Value, json};

const SHARPE: [&str; 2] = ["sr", "sharpe"];

pub fn expected_best(input: &Value) -> Result<Value, String> {
    Ok(json!(expected_maximum(whole(input, &["trials", "N"])?)))
}

pub fn psr(input: &Value) -> Result<Value, String> {
    let bench = number_or(input, &["bench", "benchmark"], 0.0)?;
    Ok(json!(probabilistic(number(input, &SHARPE)?, bench, moments(input)?)))
}

pub fn dsr(input: &Value) -> Result<Value, String> {
    let (variance, trials) = (number(input, &["V", "variance"])?, whole(input, &["N", "trials"])?);
    Ok(json!(deflated(number(input, &SHARPE)?, moments(input)?, variance, trials)))
}

pub fn track_record(input: &Value) -> Result<Value, String> {
    let bench = number_or(input, &["bench", "benchmark"], 0.0)?;
    let sure = number_or(input, &["confidence"], 0.95)?;
    Ok(json!(minimum_track_record(number(input, &SHARPE)?, bench, moments(input)?, sure)))
}

pub fn backtest_length(input: &Value) -> Result<Value, String> {
    let annual = number_or(input, &["sharpe", "sr", "annual_sharpe", "target", "annual"], 1.0)?;
    Ok(json!(minimum_backtest_years(whole(input, &["trials", "N"])?, annual)))
}

pub fn shape(input: &Value) -> Result<Value, String> {
    let got = measure(&numbers(input, &["returns"])?);
    Ok(got.map_or(Value::Null, |s| json!([s.sharpe, s.moments.skew, s.moments.kurtosis, s.moments.returns])))
}

pub fn beyond_the_market(input: &Value) -> Result<Value, String> {
    let got = timing(&numbers(input, &["returns"])?, &numbers(input, &["market"])?);
    Ok(got.map_or(Value::Null, |t| {
        json!({
            "beta": t.beta, "sharpe": measure(&t.returns).map(|s| s.sharpe).ok(),
            "returns": t.returns, "x": t.returns,
        })
    }))
}

pub fn single_and_best(input: &Value) -> Result<Value, String> {
    let p = match field(input, &["p"]) {
        Some(_) => Some(number(input, &["p"])?),
        None => p_single(number(input, &SHARPE)?, moments(input)?),
    };
    let trials = whole_or(input, &["trials", "N"], 1)?;
    Ok(json!({ "p_single": p, "p_best": p.map(|p| p_best(p, trials)) }))
}

/// As [`single_and_best`], of a record about one of both.
pub fn one_of(input: &Value, name: &str) -> Result<Value, String> {
    Ok(single_and_best(input)?[name].take())
}

pub fn required(input: &Value) -> Result<Value, String> {
    let year = number(input, &["bars_per_year", "B"])?;
    Ok(json!(required_sharpe(whole(input, &["trials", "N"])?, whole(input, &["T"])?, year)))
}

pub fn sure(input: &Value) -> Result<Value, String> {
    let training = number(input, &["p_luck", "p_training", "p"])?;
    let out = match field(input, &["p_out", "p_out_of_sample"]) {
        Some(_) => Some((number(input, &["p_out", "p_out_of_sample"])?, whole(input, &["T_out", "T_h"])?)),
        None => None,
    };
    let got = confidence(training, whole(input, &["T", "T_training"])?, out);
    Ok(json!({ "confidence": got.value, "z": got.z }))
}

pub fn verdict(input: &Value) -> Result<Value, String> {
    let Some(values) = field(input, &["values"]) else {
        return Ok(rendered(&Verdict::no_candidate(), input));
    };
    let gates = needed(input, &["gates"])?;
    let mut asked = Vec::new();
    for (name, threshold) in gates.as_object().ok_or("gates are no object")? {
        let gate = Gate::from_name(name).ok_or_else(|| format!("no gate {name:?} is known"))?;
        if let Some(threshold) = measure_of(threshold)? {
            let value = measure_of(&values[name])?.ok_or(NullReason::NotRequested);
            asked.push(Asked { gate, threshold, value });
        }
    }
    Ok(rendered(&judge(&asked, Facts { trials: 1, cost_factor: 2.0 }), input))
}

fn rendered(got: &Verdict, input: &Value) -> Value {
    let (values, gates) = (&input["values"], &input["gates"]);
    let gates = got.gates.iter().map(|g| {
        let name = g.asked.gate.name();
        json!([name, values[name], gates[name], g.passed])
    });
    json!({
        "validated": got.validated.name(), "reason": got.reason.name(), "gates": gates.collect::<Vec<_>>(),
        "failed": got.failed(),
    })
}

fn measure_of(value: &Value) -> Result<Option<Measure>, String> {
    Ok(match value {
        Value::Null => None,
        Value::Bool(flag) => Some(Measure::Flag(*flag)),
        Value::String(text) => {
            Some(Measure::Number(text.parse().map_err(|_| format!("{text:?} is no number"))?))
        }
        _ => Some(match value.as_u64() {
            Some(count) => Measure::Count(count),
            None => Measure::Number(value.as_f64().ok_or_else(|| format!("{value} is no measure"))?),
        }),
    })
}
