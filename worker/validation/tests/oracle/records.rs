//! Where records lie, and how one is compared.

use serde_json::Value;
use std::path::{Path, PathBuf};

/// The subfolder that a folder of several kinds of records has for those of this crate.
const SUBFOLDER: &str = "validation";

/// All records: those beside this file, and those of the folders that `GALAPAGOS_ORACLE` names. A record is an entry of
/// a list that names its `function`.
pub fn records() -> Vec<Value> {
    let own = PathBuf::from(concat!(env!("CARGO_MANIFEST_DIR"), "/tests/oracle"));
    let named = std::env::var_os("GALAPAGOS_ORACLE").unwrap_or_default();
    let folders =
        std::iter::once(own).chain(std::env::split_paths(&named).filter(|p| !p.as_os_str().is_empty()));
    let mut all = Vec::new();
    for folder in folders {
        let inner = folder.join(SUBFOLDER);
        for file in json_files(if inner.is_dir() { &inner } else { &folder }) {
            let value: Value = serde_json::from_slice(&std::fs::read(&file).unwrap()).unwrap();
            let list = value.as_array().or_else(|| value["records"].as_array()).cloned().unwrap_or_default();
            all.extend(list.into_iter().filter(|record| record["function"].is_string()));
        }
    }
    all
}

fn json_files(folder: &Path) -> Vec<PathBuf> {
    let entries = std::fs::read_dir(folder).unwrap_or_else(|e| panic!("{}: {e}", folder.display()));
    let mut files: Vec<PathBuf> = entries.map(|entry| entry.unwrap().path()).collect();
    files.retain(|path| path.extension().is_some_and(|e| e == "json"));
    files.sort();
    files
}

/// How far numbers may be apart, relative to what is expected: 0 for `exact`, else the first number of the text. Whole
/// numbers, words and order are exact whatever it says.
pub fn tolerance(record: &Value) -> Result<f64, String> {
    let text = record["tolerance"].as_str().ok_or("it has no tolerance")?;
    let number = text.split([' ', ',', '(', ')']).find_map(|word| word.parse::<f64>().ok());
    match number {
        Some(number) => Ok(number),
        None if text.contains("exact") => Ok(0.0),
        None => Err(format!("tolerance {text:?} is neither a number nor exact")),
    }
}

/// Every place where `got` differs from what the record expects. What it does not expect may be there.
pub fn differences(got: &Value, expected: &Value, tolerance: f64) -> Vec<String> {
    let mut out = Vec::new();
    compare("", got, expected, tolerance, &mut out);
    out
}

fn compare(at: &str, got: &Value, expected: &Value, tolerance: f64, out: &mut Vec<String>) {
    match (got, expected) {
        (Value::Object(got), Value::Object(expected)) => {
            for (name, value) in expected {
                match got.get(name) {
                    Some(got) => compare(&format!("{at}.{name}"), got, value, tolerance, out),
                    None => out.push(format!("{at}.{name}: nothing computes it, expected {value}")),
                }
            }
        }
        (Value::Array(got), Value::Array(expected)) if got.len() == expected.len() => {
            for (i, (got, expected)) in got.iter().zip(expected).enumerate() {
                compare(&format!("{at}[{i}]"), got, expected, tolerance, out);
            }
        }
        _ if same(got, expected, tolerance) => {}
        _ => out.push(format!("{at}: got {got}, expected {expected}")),
    }
}

/// Floats may be apart by the tolerance; where either side is a whole number by its type, both must be equal.
fn same(got: &Value, expected: &Value, tolerance: f64) -> bool {
    let (Some(a), Some(b)) = (got.as_f64(), expected.as_f64()) else { return got == expected };
    if got.is_f64() {
        return (a - b).abs() <= tolerance * b.abs();
    }
    a == b
}
