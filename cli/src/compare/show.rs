//! A comparison, as JSON and for people.

use super::difference::{Comparison, Pair, Returns, Side};
use crate::exit::{Blame, CommandResult};
use crate::output::Output;
use crate::table::{table, thousands};
use crate::{terminal, times};
use serde_json::{Map, Value, json};

/// Prints a comparison.
pub fn print(comparison: &Comparison, output: Output) -> CommandResult {
    match output {
        Output::Table => terminal::print(&to_text(comparison)),
        Output::Json => terminal::print_json(&to_json(comparison)?),
    }
}

fn to_json(c: &Comparison) -> CommandResult<Value> {
    let side = |s: &Side| json!({"result": s.name, "strategy": s.strategy, "genome": s.genome});
    let pairs = |all: &[(String, Pair)]| -> Map<String, Value> {
        all.iter().map(|(name, (a, b))| (name.clone(), json!([a, b]))).collect()
    };
    let mut metrics: Map<String, Value> = Map::new();
    for (part, name, (a, b)) in &c.metrics {
        let all = metrics.entry(*part).or_insert_with(|| json!({}));
        all[name] = json!([a, b]);
    }
    let mut returns: Map<String, Value> = Map::new();
    for r in &c.returns {
        let mut value = match &r.paired {
            Ok(paired) => serde_json::to_value(paired).internal()?,
            Err(reason) => json!({"reason": reason}),
        };
        let (from, to) = r.span.unzip();
        value["from"] = json!(from.map(times::rfc3339));
        value["to"] = json!(to.map(times::rfc3339));
        returns.insert(r.part.to_owned(), value);
    }
    Ok(json!({
        "a": side(&c.sides[0]),
        "b": side(&c.sides[1]),
        "differs": pairs(&c.differs),
        "inputs": pairs(&c.inputs),
        "metrics": metrics,
        "returns": returns,
    }))
}

fn to_text(c: &Comparison) -> String {
    let mut text = String::new();
    for (letter, side) in ["A", "B"].into_iter().zip(&c.sides) {
        let genes: Vec<String> = side.genome.iter().map(|(n, v)| format!("{n} {}", shown(v))).collect();
        text.push_str(&format!("{letter}  {}  {}\n   {}\n", side.strategy, genes.join("  "), side.name));
    }
    let facts = c.differs.iter().map(|(name, pair)| row(name.clone(), pair));
    let inputs = c.inputs.iter().map(|(name, pair)| row(format!("inputs.{name}"), pair));
    section(&mut text, "differs", facts.chain(inputs).collect());
    let metrics = c.metrics.iter().map(|(part, name, pair)| row(format!("{name} {part}"), pair));
    section(&mut text, "metric", metrics.collect());
    if c.differs.is_empty() && c.inputs.is_empty() && c.metrics.is_empty() {
        text.push_str("\nNothing differs.\n");
    }
    c.returns.iter().for_each(|r| text.push_str(&returns(r)));
    text
}

fn section(text: &mut String, title: &str, rows: Vec<Vec<String>>) {
    if !rows.is_empty() {
        text.push_str(&format!("\n{}", table(&[title, "a", "b"], rows, &[])));
    }
}

fn row(name: String, (a, b): &Pair) -> Vec<String> {
    vec![name, shown(a), shown(b)]
}

fn shown(value: &Value) -> String {
    match value {
        Value::Null => "-".to_owned(),
        Value::String(text) => text.clone(),
        Value::Number(n) if n.is_f64() => n.as_f64().map_or_else(String::new, |x| format!("{x:.4}")),
        other => other.to_string(),
    }
}

fn returns(r: &Returns) -> String {
    let p = match &r.paired {
        Ok(paired) => paired,
        Err(reason) => return format!("\nReturns of the {} cannot be compared: {reason}\n", r.part),
    };
    let span = r
        .span
        .map_or_else(String::new, |(from, to)| format!(", {} .. {}", times::short(from), times::short(to)));
    let line = |name: &str, value: f64, [low, high]: [f64; 2], p: f64, scale: f64, unit: &str| {
        format!(
            "  {name:<21}{:+.4}{unit}  95 %: {:+.4} .. {:+.4}  p {p:.3}\n",
            value * scale,
            low * scale,
            high * scale
        )
    };
    format!(
        "\nA less B on the {} common bars of the {}{span}; {} samples, blocks of {} bars\n{}{}",
        thousands(i128::from(p.bars)),
        r.part,
        thousands(i128::from(p.samples)),
        p.mean_block_bars,
        line(
            "mean return a bar",
            p.mean_difference,
            p.mean_difference_interval,
            p.mean_difference_p,
            100.0,
            " %"
        ),
        line(
            "Sharpe ratio a year",
            p.sharpe_difference,
            p.sharpe_difference_interval,
            p.sharpe_difference_p,
            1.0,
            ""
        ),
    )
}
