//! Tables that hold several symbols side by side: one line of the header names fields, another the symbols.

use crate::choice::ColumnChoice;
use crate::columns::{Columns, find, is_time_name};

/// The columns of one symbol.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Group {
    pub symbol: String,
    pub columns: Columns,
}

/// Names rows that hold nothing of a symbol, where others have a bar.
pub(super) fn note_absent(groups: &[Group], without: &[u64], unit: &str, notes: &mut Vec<String>) {
    for (group, count) in groups.iter().zip(without).filter(|(_, count)| **count > 0) {
        notes.push(format!("{count} {unit} hold no values of {}", group.symbol));
    }
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

/// The columns of each symbol where names are pairs, `('Open', 'AAPL')`, as pandas writes two lines of a header into
/// Parquet; empty where they are not.
pub(super) fn tuples(names: &[&str], choice: &ColumnChoice) -> Result<Vec<Group>, String> {
    let pair = |name: &str| {
        let inside = name.strip_prefix("('")?.strip_suffix("')")?;
        inside.split_once("', '").map(|(a, b)| (a.to_owned(), b.to_owned()))
    };
    let pairs: Vec<Option<(String, String)>> = names.iter().map(|name| pair(name)).collect();
    if pairs.iter().flatten().filter(|(_, b)| !b.is_empty()).count() < choice.least_fields() - 1 {
        return Ok(Vec::new());
    }
    let mut nearest = String::new();
    for turned in [false, true] {
        let parts = || pairs.iter().map(|p| p.as_ref().map(|(a, b)| if turned { (b, a) } else { (a, b) }));
        let mut symbols: Vec<&String> = Vec::new();
        for (_, symbol) in parts().flatten().filter(|(_, symbol)| !symbol.is_empty()) {
            if !symbols.contains(&symbol) {
                symbols.push(symbol);
            }
        }
        let group = |symbol: &String| {
            let own = parts().zip(names).map(|(pair, name)| match pair {
                Some((field, owner)) if owner == symbol || owner.is_empty() => field.as_str(),
                Some(_) => "",
                None => *name,
            });
            // A column without a name is a time to `find`: here it is of another symbol.
            let header: Vec<&str> = own.map(|name| if name.is_empty() { "-" } else { name }).collect();
            let columns = find(&header, choice).map_err(|missing| format!("has no {missing} of {symbol}"))?;
            Ok(Group { symbol: symbol.clone(), columns })
        };
        match symbols.into_iter().map(group).collect::<Result<Vec<_>, String>>() {
            Ok(groups) => return Ok(groups),
            Err(missing) if nearest.is_empty() || missing.len() < nearest.len() => nearest = missing,
            Err(_) => {}
        }
    }
    Err(format!("{nearest} among its columns {}", names.join(", ")))
}
