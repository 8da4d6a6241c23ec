//! Importing a file of signals.

use super::align::{Aligned, align};
use super::manifest::{FORMAT, SignalsHash, SignalsManifest};
use super::store::publish;
use super::{ColumnReport, SignalsReport, SymbolReport};
use crate::dataset::Dataset;
use crate::error::{Error, Result};
use crate::read::{Numbers, read_numbers};
use crate::stamp::DayOrder;
use std::path::Path;

/// Everything that one import of signals needs to know.
#[derive(Clone, Copy)]
pub struct SignalsImport<'a> {
    /// Parquet, Feather or text with a header.
    pub file: &'a Path,
    /// The data directory.
    pub data_dir: &'a Path,
    /// Name of the dataset.
    pub dataset: &'a str,
    /// The version of it; absent: the latest.
    pub digest: Option<&'a str>,
    /// Name of the signals.
    pub name: &'a str,
    /// The symbol of all rows.
    pub symbol: Option<&'a str>,
    /// Order of day and month.
    pub day_order: Option<DayOrder>,
    /// Rows without a bar are left out.
    pub drop_unmatched: bool,
    /// What is wrong with the name of a column.
    pub objection: fn(&str) -> Option<String>,
    /// The column that is a position between -1 and 1.
    pub target: &'a str,
}

/// Checks a file against the bars of a dataset and publishes it with them. The same values again change nothing.
///
/// # Errors
/// Names the file, the row and the column of what is wrong.
pub fn import_signals(plan: &SignalsImport<'_>) -> Result<SignalsReport> {
    check_name(plan.name)?;
    let dataset = Dataset::open(plan.data_dir, plan.dataset, plan.digest)?;
    let mut notes = Vec::new();
    let table = columns(read_numbers(plan.file, plan.day_order)?, plan, &mut notes)?;
    if table.assumed_utc {
        notes.push("times without a zone were taken as UTC".to_owned());
    }
    let aligned = align(&table, &dataset, plan.symbol, plan.drop_unmatched, &mut notes)?;
    check_target(&table, &aligned, plan.target)?;
    let mut hash = SignalsHash::new(dataset.digest(), &table.names, aligned.len());
    for one in &aligned {
        hash.symbol(one.series.symbol, one.series.len());
        one.values.iter().for_each(|values| hash.column(values));
    }
    let manifest = SignalsManifest {
        format: FORMAT,
        name: plan.name.to_owned(),
        dataset: dataset.digest().to_owned(),
        columns: table.names.clone(),
        symbols: aligned.iter().map(|one| one.series.symbol.to_owned()).collect(),
        digest: hash.finish(),
    };
    let outcome = publish(&dataset, &manifest, &aligned)?;
    let column = |(k, name): (usize, &String)| {
        let known = || aligned.iter().flat_map(|one| &one.values[k]).copied().filter(|value| !value.is_nan());
        ColumnReport {
            column: name.clone(),
            known: known().count() as u64,
            least: known().reduce(|a, b| if b < a { b } else { a }),
            most: known().reduce(|a, b| if b > a { b } else { a }),
        }
    };
    Ok(SignalsReport {
        name: manifest.name.clone(),
        digest: manifest.digest.clone(),
        dataset: manifest.dataset.clone(),
        outcome: Some(outcome),
        columns: manifest.columns.iter().enumerate().map(column).collect(),
        symbols: aligned.iter().map(symbol).collect(),
        notes,
    })
}

fn symbol(one: &Aligned<'_>) -> SymbolReport {
    let rows =
        || one.rows.iter().zip(one.series.time_ms).filter(|(row, _)| **row != 0).map(|(_, time)| *time);
    SymbolReport {
        symbol: one.series.symbol.to_owned(),
        bars: one.series.len() as u64,
        rows: rows().count() as u64,
        from_ms: rows().next().unwrap_or_default(),
        to_ms: rows().next_back().unwrap_or_default(),
    }
}

/// Up to 30 letters, digits and _, which is also a name of a folder on every system.
pub(super) fn check_name(name: &str) -> Result<()> {
    let first = name.bytes().next().is_some_and(|b| b.is_ascii_lowercase());
    let all = name.bytes().all(|b| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'_');
    if first && all && name.len() <= 30 {
        return Ok(());
    }
    let problem = "is no name of signals: use up to 30 lower-case letters, digits and _, a letter first";
    Err(Error::option("name", name, problem))
}

/// The columns that can be read by name, in ascending order; the others are told.
fn columns(mut table: Numbers, plan: &SignalsImport<'_>, notes: &mut Vec<String>) -> Result<Numbers> {
    for name in &table.left_out {
        notes.push(format!("column {name:?} holds no numbers and was left out"));
    }
    let mut kept: Vec<(String, Vec<f64>)> = Vec::new();
    for (name, values) in std::mem::take(&mut table.names).into_iter().zip(std::mem::take(&mut table.values))
    {
        match (plan.objection)(&name) {
            Some(why) => notes.push(format!("column {name:?} was left out: {why}")),
            None => kept.push((name, values)),
        }
    }
    if kept.is_empty() {
        let more = if notes.is_empty() { String::new() } else { format!(" ({})", notes.join("; ")) };
        return Err(Error::layout(plan.file, format!("has no column of numbers beside the times{more}")));
    }
    const MOST: usize = 64;
    if kept.len() > MOST {
        let problem = format!("has {} columns of numbers, at most {MOST} are possible", kept.len());
        return Err(Error::layout(plan.file, problem));
    }
    kept.sort_by(|a, b| a.0.cmp(&b.0));
    (table.names, table.values) = kept.into_iter().unzip();
    Ok(table)
}

fn check_target(table: &Numbers, aligned: &[Aligned<'_>], target: &str) -> Result<()> {
    let Some(k) = table.names.iter().position(|name| name == target) else { return Ok(()) };
    for one in aligned {
        let wrong = one.values[k].iter().zip(&one.rows).find(|(value, _)| value.abs() > 1.0);
        if let Some((value, row)) = wrong {
            let problem = "is no position: it lies between -1 (all short) and 1 (all long)".to_owned();
            return Err(table.wrong(target, *row, value.to_string(), problem));
        }
    }
    Ok(())
}
