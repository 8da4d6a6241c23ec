//! Records about the trials: splits, ratios, leaders, the choice of trials.

use super::inputs::*;
use galapagos_engine::q52::fx;
use galapagos_validation::cscv::{Matrix, cscv};
use galapagos_validation::leaders::{Leaders, Likeness, MOST, Trial, leaders};
use galapagos_validation::participation::Participation;
use galapagos_validation::perf::perf;
use galapagos_validation::trials::{DEFAULT, Record, choose};
use serde_json::{Value, json};

pub fn splits(input: &Value) -> Result<Value, String> {
    let rows = trials(input)?;
    let blocks = whole_or(input, &["blocks", "S"], rows.first().map_or(16, |r| r.len() as u64))? as usize;
    let mut matrix = Matrix::new(blocks, whole(input, &["T"])?).ok_or(format!("{blocks} blocks"))?;
    for row in &rows {
        if !matrix.push(row) {
            return Err(format!("a trial has {} blocks", row.len()));
        }
    }
    let got = cscv(&matrix, riskless(input)?, 1);
    for slots in [2, 5] {
        if cscv(&matrix, riskless(input)?, slots) != got {
            return Err(format!("{slots} threads give another result"));
        }
    }
    Ok(got.map_or(Value::Null, |c| {
        json!({
            "splits": c.splits, "trials": c.trials, "overfit_splits": c.overfit_splits, "pbo": c.pbo,
            "loss_splits": c.loss_splits, "probability_of_loss": c.probability_of_loss,
            "median_logit": c.median_logit, "slope": c.slope,
        })
    }))
}

/// Ratios of unions: of the blocks of the contract's example, or of those that the record gives.
pub fn ratios(input: &Value) -> Result<Value, String> {
    let example = [(0.02, 0.0006), (0.01, 0.0004), (-0.01, 0.0005), (0.03, 0.0009)];
    let (sums, rows) = match field(input, &["blocks"]) {
        Some(given) => {
            let sums = blocks(given)?;
            let t = whole(input, &["T"])?;
            let start = |b: u64| b * t / sums.len() as u64;
            let rows: Vec<u64> = (0..sums.len() as u64).map(|b| start(b + 1) - start(b)).collect();
            (sums.iter().map(|b| (i128::from(b.s1), i128::from(b.s2))).collect(), rows)
        }
        None => {
            let units = |x: f64| i128::from(fx(x).unwrap());
            (example.map(|(s1, s2)| (units(s1), units(s2))).to_vec(), vec![10; 4])
        }
    };
    let sums: Vec<(i128, i128)> = sums;
    let riskless = riskless(input)?;
    let of = |union: &Value| {
        let indices: Vec<usize> = serde_json::from_value(union.clone()).map_err(|e| e.to_string())?;
        let total = |of: &dyn Fn(usize) -> i128| indices.iter().map(|&i| of(i)).sum::<i128>();
        let n = indices.iter().map(|&i| rows[i]).sum();
        Ok::<_, String>(perf(total(&|i| sums[i].0), total(&|i| sums[i].1), n, riskless))
    };
    list(input, &["unions"])?.iter().map(of).collect::<Result<Vec<f64>, _>>().map(Value::from)
}

pub fn different(input: &Value) -> Result<Value, String> {
    let rows = trials(input)?;
    let all: Vec<Trial> =
        rows.iter().enumerate().map(|(i, blocks)| Trial { blocks, hash: i as u128 }).collect();
    let likeness = Likeness {
        correlation: number_or(input, &["threshold", "correlation"], 0.95)?,
        most: whole_or(input, &["cap", "most"], MOST as u64)? as usize,
    };
    let Leaders { found, effective } = leaders(&all, whole(input, &["T"])?, riskless(input)?, likeness);
    let mut participation = Participation::default();
    for row in &rows {
        if let Ok(blocks) = row.as_slice().try_into() {
            participation.add(blocks);
        }
    }
    Ok(json!({ "leaders": found, "effective": effective, "participation_ratio": participation.ratio() }))
}

/// The chosen records by their hashes.
pub fn chosen(input: &Value) -> Result<Value, String> {
    let given = list(input, &["records", "trials", "ledger", "candidates"])?;
    let flag = |r: &Value, name: &str| r[name].as_bool();
    let read = |r: &Value| {
        let class = field(r, &["class", "verdict"]).map(|c| c == "feasible" || c == "Feasible" || c == 0);
        Ok::<_, String>(Record {
            hash: hash(needed(r, &["hash", "genome_hash"])?)?,
            generation: whole(r, &["generation", "gen"])? as u32,
            feasible: flag(r, "feasible").or(class).unwrap_or(true),
            initial: flag(r, "initial").unwrap_or(false),
        })
    };
    let records = given.iter().map(read).collect::<Result<Vec<_>, _>>()?;
    let searcher = field(input, &["searcher"]).and_then(Value::as_str).unwrap_or("Evolution").to_lowercase();
    let all = ["enumerated", "all_generations", "all"].iter().any(|name| flag(input, name) == Some(true));
    let most = whole_or(input, &["limit", "most", "first", "count", "n", "pbo_trials"], DEFAULT as u64)?;
    let chosen = choose(&records, all || searcher != "evolution", most as usize);
    Ok(or_null(chosen.map(|at| {
        let hashes = at.iter().map(|&i| field(&given[i], &["hash", "genome_hash"]).cloned());
        hashes.collect::<Option<Vec<Value>>>().unwrap_or_default()
    })))
}

fn hash(value: &Value) -> Result<u128, String> {
    let text = value.as_str().map_or_else(|| value.to_string(), str::to_owned);
    let plain = text.trim_start_matches("0x");
    let hexadecimal = || u128::from_str_radix(plain, 16);
    plain.parse().or_else(|_| hexadecimal()).map_err(|_| format!("{value} is no hash"))
}
