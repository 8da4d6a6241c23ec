//! Records about what would break a find.

use super::inputs::*;
use galapagos_engine::costs::Costs;
use galapagos_validation::bootstrap::{Blocks, Paths, bootstrap, mean_block};
use galapagos_validation::concentration::{best_trades, without_best};
use galapagos_validation::cuts::cuts;
use galapagos_validation::draws::{Streams, Test};
use galapagos_validation::neighbours::{PAIRS, Position, neighbourhood, neighbours};
use galapagos_validation::periods::{best_block_share, positive_blocks};
use galapagos_validation::random_entry::{Sleeve, Trade, placements, random_entry, trade_return};
use galapagos_validation::random_genomes::random_genomes;
use galapagos_validation::reality::RealityCheck;
use galapagos_validation::regimes::{Regime, regimes};
use serde_json::{Value, json};

pub fn reality(input: &Value) -> Result<Value, String> {
    let rows = trials(input)?;
    let best = whole(input, &["best", "winner"])? as usize;
    let winner = rows.get(best).ok_or(format!("there is no trial {best}"))?;
    let mut check = RealityCheck::new(winner.len(), whole(input, &["T"])?);
    rows.iter().for_each(|row| {
        check.push(row);
    });
    let (seed, samples) = (whole(input, &["seed"])?, whole_or(input, &["samples"], 1_000)? as u32);
    let got = check.test(winner, seed, samples, 1);
    if check.test(winner, seed, samples, 3) != got {
        return Err("three threads give another result".to_owned());
    }
    Ok(got.map_or(Value::Null, |r| {
        json!({ "t": r.t, "trials": r.trials, "hits": r.hits.hits, "samples": r.hits.samples, "p": r.hits.p() })
    }))
}

pub fn places(input: &Value) -> Result<Value, String> {
    let lengths: Vec<usize> =
        serde_json::from_value(needed(input, &["lengths"])?.clone()).map_err(|e| e.to_string())?;
    let mut streams = Streams::new(whole(input, &["seed"])?);
    let number = whole_or(input, &["test"], 1)?;
    let test =
        Test::ALL.into_iter().find(|&t| t as u64 == number).ok_or(format!("there is no test {number}"))?;
    let (subject, sample) = (whole_or(input, &["subject"], 0)?, whole_or(input, &["sample"], 0)?);
    let draws = streams.at(test, subject as u32, sample as u32);
    Ok(json!(placements(&lengths, whole(input, &["bars", "R", "rows"])? as usize, draws)))
}

fn costs(input: &Value) -> Result<(Costs, Vec<f64>), String> {
    let (fee, slippage) = (number_or(input, &["fee"], 0.0)?, number_or(input, &["slippage"], 0.0)?);
    Ok((Costs::new(fee, slippage), numbers(input, &["prices", "p"])?))
}

pub fn return_of_trade(input: &Value) -> Result<Value, String> {
    let (entry, bars) = (whole(input, &["entry", "offset"])?, whole(input, &["bars", "length"])?);
    let short = number(input, &["side"])? < 0.0;
    let (costs, prices) = costs(input)?;
    Ok(json!(trade_return(costs, &prices, entry as usize, bars as usize, short)))
}

pub fn entries(input: &Value) -> Result<Value, String> {
    let (costs, prices) = costs(input)?;
    let read = |t: &Value| {
        let [offset, bars, side] = [0, 1, 2].map(|i| t[i].as_i64());
        let trade = offset.zip(bars).zip(side).map(|((offset, bars), side)| Trade {
            offset: offset as usize,
            bars: bars as usize,
            short: side < 0,
        });
        trade.ok_or_else(|| format!("a trade is {t}"))
    };
    let trades = list(input, &["trades"])?.iter().map(read).collect::<Result<Vec<_>, _>>()?;
    let value = |trade: Trade, at: usize| trade_return(costs, &prices, at, trade.bars, trade.short);
    let subject = whole_or(input, &["subject"], 0)? as u32;
    let rows = prices.len() - 1;
    let sleeves = [Sleeve { subject, rows, trades: &trades, value: &value }];
    let (seed, samples) = (whole(input, &["seed"])?, whole_or(input, &["samples"], 1_000)? as u32);
    let got = random_entry(&sleeves, seed, samples, 1);
    if random_entry(&sleeves, seed, samples, 3) != got {
        return Err("three threads give another result".to_owned());
    }
    Ok(got.map_or(Value::Null, |r| {
        json!({
            "actual": r.actual.to_string(), "trades": r.trades, "hits": r.hits.hits,
            "samples": r.hits.samples, "p": r.hits.p(),
        })
    }))
}

pub fn length_of_blocks(input: &Value) -> Result<Value, String> {
    Ok(json!(mean_block(whole(input, &["T"])?)))
}

const MEAN_BLOCK: [&str; 4] = ["mean_block", "L", "meanBlockBars", "mean_block_bars"];

pub fn path(input: &Value) -> Result<Value, String> {
    let t = whole(input, &["T"])?;
    let length = whole_or(input, &MEAN_BLOCK, mean_block(t))?;
    let (seed, sample) = (whole(input, &["seed"])?, whole_or(input, &["sample"], 0)?);
    Ok(json!(Blocks::new(t as usize, length).path(seed, sample as u32)))
}

pub fn intervals(input: &Value) -> Result<Value, String> {
    let returns = numbers(input, &["returns"])?;
    let paths = Paths {
        mean_block: field(input, &MEAN_BLOCK).and_then(Value::as_u64),
        samples: whole_or(input, &["samples"], 1_000)? as u32,
        seed: whole(input, &["seed"])?,
    };
    let of = |slots| -> Result<_, String> {
        Ok(bootstrap(&returns, number(input, &["bars_per_year", "B"])?, riskless(input)?, paths, slots))
    };
    let got = of(1)?;
    if of(3)? != got {
        return Err("three threads give another result".to_owned());
    }
    Ok(got.map_or(Value::Null, |b| {
        json!({
            "mean_block": b.mean_block, "sharpe": b.sharpe, "total_return": b.total_return,
            "max_drawdown": b.max_drawdown, "p": b.losses.p(), "samples": b.losses.samples, "hits": b.losses.hits,
        })
    }))
}

pub fn next_to(input: &Value) -> Result<Value, String> {
    let own = list(input, &["genome"])?;
    let lasts = list(input, &["last_positions", "last"])?;
    let kinds = field(input, &["numeric"]).and_then(Value::as_array);
    let mut genome = Vec::new();
    for (i, (at, last)) in own.iter().zip(lasts).enumerate() {
        let (at, last) = at.as_u64().zip(last.as_u64()).ok_or("a position is no whole number")?;
        let numeric = kinds.and_then(|k| k[i].as_bool()).unwrap_or(true);
        genome.push(Position { at: at as u32, last: last as u32, numeric });
    }
    let repair = match field(input, &["repair"]).map(|r| r.as_str().ok_or(r)) {
        None | Some(Ok("none")) => Some,
        Some(other) => return Err(format!("no repair {other:?} is known")),
    };
    let pairs = whole_or(input, &["pairs"], u64::from(PAIRS))? as u32;
    Ok(json!(neighbours(&genome, pairs, whole(input, &["seed"])?, repair)))
}

pub fn around(input: &Value) -> Result<Value, String> {
    let values: Vec<Option<f64>> =
        list(input, &["values", "sharpes", "neighbours"])?.iter().map(Value::as_f64).collect();
    let best = field(input, &["best", "winner"]).and_then(Value::as_f64).unwrap_or(f64::NAN);
    Ok(neighbourhood(best, &values).map_or(Value::Null, |n| {
        json!({
            "neighbours": n.neighbours, "median": n.median, "worst": n.worst, "share_losing": n.share_losing,
        })
    }))
}

pub fn genomes(input: &Value) -> Result<Value, String> {
    Ok(random_genomes(&numbers(input, &["sharpes", "values"])?).map_or(Value::Null, |g| {
        json!({
            "trials": g.trials, "lower": g.lower_quartile, "lower_quartile": g.lower_quartile,
            "median": g.median, "upper": g.upper_quartile, "upper_quartile": g.upper_quartile,
            "share_positive": g.share_positive, "positive": g.share_positive,
        })
    }))
}

pub fn other_days(input: &Value) -> Result<Value, String> {
    Ok(json!(without_best(&numbers(input, &["returns"])?, whole_or(input, &["k"], 5)? as usize)))
}

pub fn few_trades(input: &Value) -> Result<Value, String> {
    Ok(or_null(best_trades(&numbers(input, &["pnl"])?, whole_or(input, &["k"], 5)? as usize)))
}

pub fn months(input: &Value) -> Result<Value, String> {
    let (returns, market) = (numbers(input, &["returns"])?, numbers(input, &["market"])?);
    let got = regimes(&returns, &market, number(input, &["bars_per_year", "B"])?, riskless(input)?);
    let of = |r: Regime| json!({ "bars": r.bars, "return_sum": r.return_sum, "market_sum": r.market_sum, "sharpe": r.sharpe });
    Ok(got.map_or(Value::Null, |r| json!({ "up": of(r.up), "down": of(r.down), "sideways": of(r.sideways) })))
}

pub fn spans(input: &Value) -> Result<Value, String> {
    let blocks = blocks(needed(input, &["blocks"])?)?;
    Ok(json!({
        "positive": positive_blocks(&blocks), "best_share": or_null(best_block_share(&blocks)),
    }))
}

pub fn where_to_cut(input: &Value) -> Result<Value, String> {
    let (first, end) = (whole(input, &["first"])?, whole(input, &["end"])?);
    let (symbol, seed) = (whole_or(input, &["symbol", "subject"], 0)?, whole(input, &["seed"])?);
    let samples = whole_or(input, &["samples"], 16)?;
    Ok(json!(cuts(first as usize, end as usize, symbol as u32, seed, samples as u32)))
}
