//! What the script of the page draws, as JSON: the account and the search.

use serde_json::{Value, json};

use crate::report::data::Data;

/// Most generations that are drawn.
const GENERATIONS: usize = 1000;

/// Time, lowest and highest account at the end of the training in 95 of 100 redrawn histories.
pub fn interval(data: &Data) -> Option<(i64, f64, f64)> {
    let bootstrap = data.document.validation.as_ref()?.bootstrap.as_ref()?;
    let account = data.account.as_ref()?;
    let [low, high] = bootstrap.total_return.map(|r| account.capital * (1.0 + r));
    let time = account.training_end?.0;
    // What is not above 0 has no place on a logarithmic axis.
    (low > 0.0 && high >= low && high.is_finite()).then_some((time, low, high))
}

/// Number, best, median and diversity of the generations that are drawn: all, or every second, third, ... one, and the last.
pub fn generations(data: &Data) -> Vec<(u32, Option<f64>, Option<f64>, f64)> {
    let all = &data.document.generations;
    let every = all.len().div_ceil(GENERATIONS).max(1);
    let drawn = all.iter().enumerate().filter(|(i, _)| i % every == 0 || i + 1 == all.len());
    drawn.map(|(_, g)| (g.generation, g.best, g.median, g.diversity)).collect()
}

/// The document of the script.
pub fn data(data: &Data) -> Value {
    let account = data.account.as_ref().filter(|a| a.rows.len() > 1).map(|account| {
        let line = |i: usize| -> Vec<Value> { account.rows.iter().map(|row| rounded(row.1[i])).collect() };
        let above = |i: usize| -> Vec<Value> {
            account.rows.iter().map(|row| if row.1[i] > 0.0 { rounded(row.1[i]) } else { Value::Null }).collect()
        };
        json!({
            "time": account.rows.iter().map(|row| row.0 as f64 / 1000.0).collect::<Vec<_>>(),
            "account": above(0),
            "market": account.has_market.then(|| above(1)),
            "drawdown": line(2),
            "holdout": account.holdout_from.map(|ms| ms as f64 / 1000.0),
            "band": (!data.band.is_empty()).then(|| json!({
                "time": data.band.iter().map(|point| point.0 as f64 / 1000.0).collect::<Vec<_>>(),
                "low": data.band.iter().map(|point| rounded(point.1)).collect::<Vec<_>>(),
                "high": data.band.iter().map(|point| rounded(point.2)).collect::<Vec<_>>(),
            })),
            "interval": interval(data).map(|(ms, low, high)| json!([ms as f64 / 1000.0, rounded(low), rounded(high)])),
        })
    });
    let generations = generations(data);
    json!({
        "account": account,
        "search": {
            "number": generations.iter().map(|g| g.0).collect::<Vec<_>>(),
            "best": generations.iter().map(|g| rounded(g.1.unwrap_or(f64::NAN))).collect::<Vec<_>>(),
            "median": generations.iter().map(|g| rounded(g.2.unwrap_or(f64::NAN))).collect::<Vec<_>>(),
            "diversity": generations.iter().map(|g| rounded(g.3)).collect::<Vec<_>>(),
        },
    })
}

/// Six digits: more cannot be seen, and would make the file large.
fn rounded(value: f64) -> Value {
    format!("{value:.5e}").parse::<f64>().map_or(Value::Null, Value::from)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_have_six_digits_and_what_is_none_is_null() {
        assert_eq!(rounded(12_345.678_9).to_string(), "12345.7");
        assert_eq!(rounded(-0.000_123_456_78).to_string(), "-0.000123457");
        assert_eq!([rounded(f64::NAN), rounded(f64::INFINITY)], [Value::Null, Value::Null]);
    }
}
