//! Records of the oracle and the open times that they are about.

use galapagos_rules::{Clause, Document, Error, Expression, Gene, Market, Rules, Side, Stamps, Text, check};
use serde_json::Value;

/// The first open times of each data set, in units of its interval since 1970: `tests/oracle/README.md`.
pub const OPENS: [(&str, &str); 4] = [
    ("AAPL", include_str!("opens/AAPL.txt")),
    ("GOOG", include_str!("opens/GOOG.txt")),
    ("IBM", include_str!("opens/IBM.txt")),
    ("EURUSD", include_str!("opens/EURUSD.txt")),
];

/// A value as the text of a gene or symbol.
pub fn text(value: &Value) -> String {
    value.as_str().map_or_else(|| value.to_string(), str::to_owned)
}

/// How long an interval such as `1h` is.
pub fn seconds(interval: &str) -> u64 {
    let (count, unit) = interval.split_at(interval.len() - 1);
    let unit = match unit {
        "m" => 60,
        "h" => 3_600,
        _ => 86_400,
    };
    count.parse::<u64>().unwrap() * unit
}

fn opens(name: &str, interval: i64) -> Vec<i64> {
    let (_, text) = OPENS.iter().find(|(known, _)| *known == name).unwrap();
    text.lines().map(|line| line.parse::<i64>().unwrap() * interval).collect()
}

/// The rows that a record is about, as far as open times are stored, and all rows of other symbols.
pub fn stamps(record: &Value) -> Stamps {
    let data = &record["data"];
    let first = usize::try_from(data["rows"][0].as_u64().unwrap()).unwrap();
    let others = record["otherSymbols"].as_array().into_iter().flatten().map(text);
    let interval = i64::try_from(seconds(data["interval"].as_str().unwrap())).unwrap();
    Stamps {
        interval,
        own: opens(data["name"].as_str().unwrap(), interval).split_off(first),
        others: others.map(|name| (name.clone(), opens(&name, interval).into())).collect(),
    }
}

/// A gene of one value, or of the switches of the records.
fn gene(name: &str, value: &Value) -> Gene {
    let words = |all: &[&str]| Some(all.iter().map(|&w| w.to_owned()).collect());
    let given = text(value);
    let name = name.to_owned();
    match given.as_str() {
        "on" | "off" => Gene { name, values: words(&["on", "off"]), ..Gene::default() },
        "a" | "b" => Gene { name, values: words(&["a", "b"]), ..Gene::default() },
        _ => Gene { name, value: Some(given), ..Gene::default() },
    }
}

/// A single expression, checked at the place that fits it: where one is refused for its unit, at another.
pub fn single(expression: &str, place: Clause, genes: &Value) -> Result<Expression, Vec<Error>> {
    let genes: Vec<Gene> = genes.as_object().unwrap().iter().map(|(name, v)| gene(name, v)).collect();
    let document = |enter: &str| Document {
        name: "x".to_owned(),
        genes: genes.clone(),
        rules: Rules {
            language: 1,
            long: Some(Side { enter: Text::from(enter), ..Side::default() }),
            ..Rules::default()
        },
    };
    if place == Clause::Exit {
        let strategy = check(&document(expression), &Market::default())?;
        return Ok(strategy.expressions[0].clone());
    }
    // A number of any power stands below `is_na`, of which it is the only argument.
    let strategy = check(&document(&format!("is_na({expression})")), &Market::default())?;
    let outer = strategy.expressions[0].clone();
    let tree = outer.tree.parts()[0].clone();
    let text = strategy.graph.node(strategy.graph.node(outer.node).inputs[0]).text.clone();
    let node = strategy.graph.find(&text).unwrap();
    Ok(Expression { tree, text, node, ..outer })
}
