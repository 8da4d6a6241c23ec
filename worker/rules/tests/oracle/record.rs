//! Records of the oracle and the open times that they are about.

use galapagos_rules::{Clause, Document, Error, Expression, Gene, Market, Rules, Side, Stamps, Text, check};
use serde_json::Value;
use std::path::{Path, PathBuf};

/// The first open times of each data set, in units of its interval since 1970: `tests/oracle/README.md`.
pub const OPENS: [(&str, &str); 4] = [
    ("AAPL", include_str!("opens/AAPL.txt")),
    ("GOOG", include_str!("opens/GOOG.txt")),
    ("IBM", include_str!("opens/IBM.txt")),
    ("EURUSD", include_str!("opens/EURUSD.txt")),
];

/// All records of a kind: those beside this file, those of functions beside the engine, which holds them to the prices
/// too, and those of the folders that `GALAPAGOS_ORACLE` names.
pub fn records(kind: &str) -> Vec<Value> {
    let here = Path::new(env!("CARGO_MANIFEST_DIR"));
    let own = [here.join("tests/oracle"), here.join("../engine/tests/oracle/rules")];
    let named = std::env::var_os("GALAPAGOS_ORACLE").unwrap_or_default();
    let folders = own.into_iter().chain(std::env::split_paths(&named).filter(|p| !p.as_os_str().is_empty()));
    let mut all = Vec::new();
    for folder in folders {
        let mut files: Vec<PathBuf> = std::fs::read_dir(&folder)
            .unwrap_or_else(|e| panic!("{}: {e}", folder.display()))
            .map(|entry| entry.unwrap().path())
            .filter(|path| path.extension().is_some_and(|e| e == "json"))
            .collect();
        files.sort();
        for file in files {
            let value: Value = serde_json::from_slice(&std::fs::read(&file).unwrap()).unwrap();
            let records = value["records"].as_array().cloned().unwrap_or_default();
            all.extend(records.into_iter().filter(|record| record["kind"] == kind));
        }
    }
    all
}

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
        others: others.map(|name| (name.clone(), opens(&name, interval))).collect(),
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
