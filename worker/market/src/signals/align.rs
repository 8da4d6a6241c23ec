//! Rows of a file brought to the bars of a dataset.

use super::manifest::plain;
use crate::dataset::Dataset;
use crate::error::{Error, Result};
use crate::names::to_symbol;
use crate::read::Numbers;
use crate::series::Series;
use crate::stamp::show;
use std::collections::BTreeMap;

/// The columns of one symbol, a row for each of its bars.
pub(super) struct Aligned<'a> {
    pub series: Series<'a>,
    pub values: Vec<Vec<f64>>,
    /// Where the row of each bar stands in the file; 0 without.
    pub rows: Vec<u64>,
}

/// What has no place among the bars.
#[derive(Default)]
struct Lost {
    count: u64,
    /// The first of them, with its time.
    first: Option<(u64, i64)>,
}

impl Lost {
    fn add(&mut self, row: u64, time_ms: i64) {
        self.count += 1;
        self.first.get_or_insert((row, time_ms));
    }
}

/// Puts each row of `table` to its bar. `drop`: what has none is left out, and told in the notes.
///
/// # Errors
/// A row whose symbol or bar the dataset does not have, two rows of one bar, a value that is infinite.
pub(super) fn align<'a>(
    table: &Numbers,
    dataset: &'a Dataset,
    symbol: Option<&str>,
    drop: bool,
    notes: &mut Vec<String>,
) -> Result<Vec<Aligned<'a>>> {
    let only = only_symbol(table, dataset, symbol)?;
    let mut found: BTreeMap<String, Aligned<'a>> = BTreeMap::new();
    let (mut unknown, mut unmatched): (BTreeMap<String, Lost>, BTreeMap<String, Lost>) = Default::default();
    for (i, (row, time_ms, own)) in table.rows.iter().enumerate() {
        let given = match &only {
            Some(only) => only.as_str(),
            None => own.as_deref().unwrap_or_default(),
        };
        let name = to_symbol(given).unwrap_or_default();
        if !found.contains_key(&name) {
            let Ok(series) = dataset.symbol(&name) else {
                unknown.entry(given.to_owned()).or_default().add(*row, *time_ms);
                continue;
            };
            let values = vec![vec![plain(f64::NAN); series.len()]; table.names.len()];
            found.insert(name.clone(), Aligned { series, values, rows: vec![0; series.len()] });
        }
        let Some(aligned) = found.get_mut(&name) else { continue };
        let Ok(bar) = aligned.series.time_ms.binary_search(time_ms) else {
            unmatched.entry(name).or_default().add(*row, *time_ms);
            continue;
        };
        let before = std::mem::replace(&mut aligned.rows[bar], *row);
        if before != 0 {
            let problem = format!("stands in {} {before} already, for {name}: keep one of them", table.unit);
            return Err(table.wrong(&table.time, *row, show(*time_ms), problem));
        }
        for ((column, values), out) in table.names.iter().zip(&table.values).zip(&mut aligned.values) {
            let value = values[i];
            if value.is_infinite() {
                let problem = "is infinite: leave the cell empty where nothing is known".to_owned();
                return Err(table.wrong(column, *row, value.to_string(), problem));
            }
            out[bar] = plain(value);
        }
    }
    let have = dataset.symbols().collect::<Vec<_>>().join(", ");
    for (name, lost) in &unknown {
        let text = format!("{name:?} is no symbol of dataset {}: it has {have}", dataset.name());
        left_out(table, "symbol", lost, drop, &text, notes)?;
    }
    for (name, lost) in &unmatched {
        let text = format!(
            "{name} has no bar that opens then: a stamp is the open of the bar at whose close the value is known, as the \
             dataset has it (`galapagos data show {}`)",
            dataset.name()
        );
        left_out(table, &table.time, lost, drop, &text, notes)?;
    }
    found.retain(|_, aligned| aligned.rows.iter().any(|&row| row != 0));
    if found.is_empty() {
        return Err(Error::layout(&table.file, "has no row that belongs to a bar of the dataset"));
    }
    Ok(found.into_values().collect())
}

fn left_out(
    table: &Numbers,
    column: &str,
    lost: &Lost,
    drop: bool,
    text: &str,
    notes: &mut Vec<String>,
) -> Result<()> {
    let Some((row, time_ms)) = lost.first else { return Ok(()) };
    let (count, rows) = (lost.count, if lost.count == 1 { "row" } else { "rows" });
    if drop {
        let at = format!("the first in {} {row} ({})", table.unit, show(time_ms));
        notes.push(format!("{count} {rows} left out, {at}: {text}"));
        return Ok(());
    }
    let problem = format!("{text}; {count} {rows} in all, --drop-unmatched leaves them out");
    Err(table.wrong(column, row, show(time_ms), problem))
}

/// The symbol of all rows, where the file does not tell.
fn only_symbol(table: &Numbers, dataset: &Dataset, symbol: Option<&str>) -> Result<Option<String>> {
    if let Some(symbol) = symbol {
        return Ok(Some(symbol.to_owned()));
    }
    if table.rows.iter().any(|(_, _, own)| own.is_some()) {
        return Ok(None);
    }
    let all: Vec<&str> = dataset.symbols().collect();
    match all.as_slice() {
        [only] => Ok(Some((*only).to_owned())),
        _ => {
            let problem = format!(
                "has no column of symbols, and dataset {} has {}: add one, or say --symbol",
                dataset.name(),
                all.join(", ")
            );
            Err(Error::layout(&table.file, problem))
        }
    }
}
