//! Tables that hold several symbols side by side: one line of the header names fields, another the symbols.

use crate::choice::ColumnChoice;
use crate::columns::{Columns, find, is_time_name};

/// The columns of one symbol.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Group {
    pub symbol: String,
    pub columns: Columns,
}

/// What the first cell of a line of symbols says; it may be empty where fields are repeated.
const TITLES: [&str; 4] = ["ticker", "tickers", "symbol", "symbols"];

fn is_title(cell: &str) -> bool {
    TITLES.contains(&cell.to_lowercase().as_str())
}

/// The symbol above or below each column but the first; `None` if `line` is no line of symbols for `fields`.
fn symbols(fields: &[String], line: &[String]) -> Option<Vec<String>> {
    let repeated = (1..fields.len()).any(|i| fields[1..i].contains(&fields[i]));
    let titled = is_title(line.first()?);
    // Where the first column is one of symbols, another is the time, and the table is not wide.
    let long = is_title(fields.first()?) && fields[1..].iter().any(|name| is_time_name(name));
    let untitled = repeated && (line[0].is_empty() || line[0].eq_ignore_ascii_case("date"));
    if line.len() != fields.len() || long || !(titled || untitled) {
        return None;
    }
    // A spreadsheet writes a symbol once above all its columns.
    let mut last = String::new();
    let mut found = Vec::with_capacity(line.len() - 1);
    for cell in &line[1..] {
        if !cell.is_empty() {
            last.clone_from(cell);
        }
        if last.is_empty() {
            return None;
        }
        found.push(last.clone());
    }
    // Each symbol has each field once at most.
    let twice = |i: usize| (0..i).any(|j| fields[j + 1] == fields[i + 1] && found[j] == found[i]);
    (!(0..found.len()).any(twice)).then_some(found)
}

/// The columns of each symbol; empty if neither line beside `fields` names symbols. The second value says whether
/// the line below does, which then is no data.
pub(super) fn groups(
    fields: &[String],
    above: Option<&[String]>,
    below: Option<&[String]>,
    choice: &ColumnChoice,
) -> Result<(Vec<Group>, bool), String> {
    let (owners, is_below) = match below.and_then(|line| symbols(fields, line)) {
        Some(owners) => (owners, true),
        None => match above.and_then(|line| symbols(fields, line)) {
            Some(owners) => (owners, false),
            None => return Ok((Vec::new(), false)),
        },
    };
    let mut names: Vec<&String> = Vec::new();
    for owner in &owners {
        if !names.contains(&owner) {
            names.push(owner);
        }
    }
    let untimed = fields[0].is_empty() || is_title(&fields[0]) || fields[0] == "Price";
    let time = if untimed { "time" } else { &fields[0] };
    let mut groups = Vec::with_capacity(names.len());
    for name in names {
        let own = |i: usize| if owners[i - 1] == *name { fields[i].as_str() } else { "" };
        let header: Vec<&str> = (0..fields.len()).map(|i| if i == 0 { time } else { own(i) }).collect();
        let columns = find(&header, choice).map_err(|missing| format!("{missing} of {name}"))?;
        groups.push(Group { symbol: name.clone(), columns });
    }
    Ok((groups, is_below))
}
