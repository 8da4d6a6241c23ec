//! Files of several symbols whose column of symbols has an unusual name: which it is.

use crate::choice::ColumnChoice;
use crate::columns::ColumnRole;
use crate::error::{Error, Result};
use crate::meanings::{TRIED, all, others};
use crate::read::some;
use crate::rows::{FileRows, RawRows};
use std::path::Path;

/// Times that rise throughout, or fall throughout.
fn is_ordered(rows: &RawRows) -> bool {
    rows.facts.rises || rows.facts.falls
}

/// Refuses rows whose times only rise within the values of a column that nobody named: it may hold symbols.
///
/// # Errors
/// `Invalid` with that column; `Ok` where the rows are in order, or no column explains that they are not.
pub(crate) fn owner(
    path: &Path,
    choice: &ColumnChoice,
    rows: &FileRows,
    again: &dyn Fn(&ColumnChoice) -> Result<FileRows>,
) -> Result<()> {
    let header = &rows.header;
    let known = header.columns.symbol.is_some() || choice.names(ColumnRole::Symbol);
    if known || !header.named || rows.symbols.len() != 1 || all(rows).all(is_ordered) {
        return Ok(());
    }
    let count: usize = all(rows).map(RawRows::len).sum();
    for (position, name) in others(rows, |_| true).into_iter().take(TRIED) {
        let Ok(split) = again(&choice.with(ColumnRole::Symbol, &position)) else { continue };
        if split.symbols.len() < 2 || split.symbols.len() * 2 > count || !all(&split).all(is_ordered) {
            continue;
        }
        let held: Vec<String> = split.symbols.iter().filter_map(|(name, _)| name.clone()).take(3).collect();
        // A comma would end the name.
        let quoted = match name.as_str() {
            name if name.contains([',', '"']) => position.clone(),
            name if name.contains(' ') => format!("\"{name}\""),
            name => name.to_owned(),
        };
        return Err(Error::layout(
            path,
            format!(
                "times rise for each of {} values of column {name:?} ({}), and not from row to row: if it names the symbols \
                 say --columns symbol={quoted}",
                split.symbols.len(),
                some(&held)
            ),
        ));
    }
    Ok(())
}
