//! What stands in the input of a record.

use galapagos_engine::evaluation::BlockSum;
use galapagos_validation::NullReason;
use galapagos_validation::sharpe::Moments;
use serde_json::Value;

/// The first of the names that the input has.
pub fn field<'a>(input: &'a Value, names: &[&str]) -> Option<&'a Value> {
    names.iter().find_map(|name| input.get(name)).filter(|value| !value.is_null())
}

/// As [`field`], of something that must be there.
pub fn needed<'a>(input: &'a Value, names: &[&str]) -> Result<&'a Value, String> {
    field(input, names).ok_or_else(|| format!("its input has none of {names:?}: {input}"))
}

pub fn number(input: &Value, names: &[&str]) -> Result<f64, String> {
    let value = needed(input, names)?;
    let text = value.as_str().and_then(|text| text.parse().ok());
    value.as_f64().or(text).ok_or_else(|| format!("{names:?} is no number: {value}"))
}

pub fn number_or(input: &Value, names: &[&str], absent: f64) -> Result<f64, String> {
    if field(input, names).is_some() { number(input, names) } else { Ok(absent) }
}

pub fn whole(input: &Value, names: &[&str]) -> Result<u64, String> {
    let value = needed(input, names)?;
    let text = value.as_str().and_then(|text| text.parse().ok());
    value.as_u64().or(text).ok_or_else(|| format!("{names:?} is no whole number: {value}"))
}

pub fn whole_or(input: &Value, names: &[&str], absent: u64) -> Result<u64, String> {
    if field(input, names).is_some() { whole(input, names) } else { Ok(absent) }
}

pub fn list<'a>(input: &'a Value, names: &[&str]) -> Result<&'a Vec<Value>, String> {
    let value = needed(input, names)?;
    value.as_array().ok_or_else(|| format!("{names:?} is no list: {value}"))
}

pub fn numbers(input: &Value, names: &[&str]) -> Result<Vec<f64>, String> {
    let read = |v: &Value| v.as_f64().ok_or_else(|| format!("{names:?} holds {v}"));
    list(input, names)?.iter().map(read).collect()
}

/// A number that may be a text, as sums beyond 53 bits are.
fn sum(value: &Value) -> Option<i64> {
    value.as_i64().or_else(|| value.as_str()?.parse().ok())
}

fn block(value: &Value) -> Result<BlockSum, String> {
    let pair = value.as_array().filter(|pair| pair.len() == 2);
    let sums = pair.and_then(|pair| Some(BlockSum { s1: sum(&pair[0])?, s2: sum(&pair[1])? }));
    sums.ok_or_else(|| format!("a block is no pair of sums: {value}"))
}

/// A row of block sums.
pub fn blocks(value: &Value) -> Result<Vec<BlockSum>, String> {
    value
        .as_array()
        .ok_or_else(|| format!("a trial is no list of blocks: {value}"))?
        .iter()
        .map(block)
        .collect()
}

/// All rows of block sums.
pub fn trials(input: &Value) -> Result<Vec<Vec<BlockSum>>, String> {
    list(input, &["trials"])?.iter().map(blocks).collect()
}

/// Returns, skewness and kurtosis as the records name them.
pub fn moments(input: &Value) -> Result<Moments, String> {
    Ok(Moments {
        returns: whole_or(input, &["T", "returns"], 0)?,
        skew: number_or(input, &["skew"], 0.0)?,
        kurtosis: number_or(input, &["kurtosis"], 3.0)?,
    })
}

/// An annual riskless rate as that of a bar.
pub fn riskless(input: &Value) -> Result<f64, String> {
    let annual = number_or(input, &["rf", "risk_free_rate"], 0.0)?;
    let year = number_or(input, &["bars_per_year", "B"], 1.0)?;
    Ok(if annual == 0.0 { 0.0 } else { annual / year })
}

/// The value of a result; a record calls what could not be computed null.
pub fn or_null<T: Into<Value>>(result: Result<T, NullReason>) -> Value {
    result.map_or(Value::Null, Into::into)
}
