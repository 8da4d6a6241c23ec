//! Whether columns can be what they are called, checked over all rows of a file.

use crate::choice::ColumnChoice;
use crate::columns::{ColumnRole, is_close_time_name, is_time_name};
use crate::counting::{Counting, are_days, scale_lean};
use crate::error::{Error, Result};
use crate::facts::{Facts, ORDERS};
use crate::raw::View;
use crate::read::some;
use crate::rows::{FileRows, RawRows};
use crate::unnamed::owner;
use crate::volumes::volume;
use std::path::Path;
use std::sync::Arc;

/// Fewer rows prove nothing.
pub(crate) const MIN_ROWS: usize = 3;
/// Columns that are tried at most in the place of one: each is another look at the whole file.
pub(crate) const TRIED: usize = 12;
/// Arrays whose prices do not follow the time: how many fields they have, the places of open, high, low, close and volume,
/// and the order in words.
const PLACES: [(usize, [&str; 5], &str); 4] = [
    (8, ["#6", "#4", "#5", "#3", "#7"], "time, quote volume, close, high, low, open, volume (Gate.io)"),
    (6, ["#6", "#4", "#5", "#3", "#2"], "time, volume, close, high, low, open (Gate.io)"),
    (9, PHEMEX, "time, interval, last close, open, high, low, close, volume (Phemex)"),
    (10, PHEMEX, "time, interval, last close, open, high, low, close, volume (Phemex)"),
];
const PHEMEX: [&str; 5] = ["#4", "#5", "#6", "#7", "#8"];
/// Prices of a schema that writes integers of 1e-9, and columns by which it is known.
const NANO_SCHEMA: [&str; 3] = ["rtype", "publisher_id", "instrument_id"];
/// The column of times that only that schema has.
const NANO_TIME: &str = "ts_event";
/// Smallest integer that is taken as a scaled price of that schema: 0.001.
const NANO_LEAST: i64 = 1_000_000;
/// Integer prices from which a forgotten scale is mentioned.
const LARGE: i64 = 1_000_000_000;

/// Checks what was read; `again` reads the file with other columns.
///
/// # Errors
/// `Invalid` for columns that cannot be what they are called, where no other column can.
pub(crate) fn check_meanings(
    path: &Path,
    choice: &ColumnChoice,
    mut rows: FileRows,
    lean: bool,
    again: &dyn Fn(&ColumnChoice) -> Result<FileRows>,
) -> Result<FileRows> {
    let mut choice = choice.clone();
    rows = days(&mut choice, rows, again)?;
    rows = symbol(&mut choice, rows, again)?;
    owner(path, &choice, &rows, again)?;
    rows = time(path, &mut choice, rows, again)?;
    order(path, &choice, &mut rows)?;
    rows = elsewhere(&mut choice, rows, again);
    contradiction(path, &choice, &rows)?;
    let scaled = |rows: &mut FileRows| match lean && !rows.header.named {
        true => scale_lean(path, rows),
        false => scale(rows),
    };
    scaled(&mut rows)?;
    let again = |choice: &ColumnChoice| {
        let mut rows = again(choice)?;
        order(path, choice, &mut rows)?;
        scaled(&mut rows).map(|()| rows)
    };
    volume(path, &choice, rows, &again)
}

pub(crate) fn all(rows: &FileRows) -> impl Iterator<Item = &RawRows> {
    rows.symbols.iter().map(|(_, r)| r)
}

/// Unused columns whose name passes `test`, as `#N` and as the file calls them.
pub(crate) fn others(rows: &FileRows, test: impl Fn(&str) -> bool) -> Vec<(String, String)> {
    let header = &rows.header;
    if header.wide {
        return Vec::new();
    }
    let unused = (0..header.names.len()).filter(|i| !header.columns.all().any(|used| used == *i));
    let fits = unused.filter(|&i| test(&header.names[i]));
    fits.map(|i| (format!("#{}", i + 1), header.names[i].clone())).collect()
}

/// Days of a spreadsheet, which would be seconds of the first day of 1970.
fn days(
    choice: &mut ColumnChoice,
    rows: FileRows,
    again: &dyn Fn(&ColumnChoice) -> Result<FileRows>,
) -> Result<FileRows> {
    if choice.counting() != Counting::Epoch || !are_days(&rows) {
        return Ok(rows);
    }
    *choice = choice.counted(Counting::SpreadsheetDays);
    let name = rows.header.names.get(rows.header.columns.time).cloned().unwrap_or_default();
    let seen = format!(
        "every time in column {name:?} is a number of days, as a spreadsheet counts them: they were read so"
    );
    Ok(noted(again(choice)?, seen))
}

/// A column of symbols that is empty in some rows does not say whose they are: it holds remarks, or a file was cut.
fn symbol(
    choice: &mut ColumnChoice,
    rows: FileRows,
    again: &dyn Fn(&ColumnChoice) -> Result<FileRows>,
) -> Result<FileRows> {
    let nameless = rows.symbols.iter().find(|(name, _)| name.as_deref() == Some(""));
    let (Some((_, nameless)), Some(at)) = (nameless, rows.header.columns.symbol) else { return Ok(rows) };
    let name = rows.header.names.get(at).cloned().unwrap_or_default();
    let named: Vec<&str> =
        rows.symbols.iter().filter_map(|(n, _)| n.as_deref()).filter(|n| !n.is_empty()).collect();
    if choice.names(ColumnRole::Symbol) || named.len() > 1 {
        let said = some(&named.iter().map(|n| (*n).to_owned()).collect::<Vec<_>>());
        let others = if said.is_empty() { "all rows are".to_owned() } else { format!("others say {said}") };
        let problem = format!(
            "is empty in column {name:?}, {others}: fill it, name another column with --columns symbol=NAME, \
             or leave it out with --columns symbol="
        );
        let wrong = |row| nameless.source.wrong(ColumnRole::Symbol, row, "", problem.as_str());
        nameless.refuse(|block, at| Some(wrong(block.row[at])))?;
    }
    let all_rows: usize = all(&rows).map(RawRows::len).sum();
    let seen = format!(
        "column {name:?} is empty in {} of {all_rows} rows: it does not say whose they are and is left out",
        nameless.len()
    );
    *choice = choice.with(ColumnRole::Symbol, "");
    Ok(noted(again(choice)?, seen))
}

/// Times that end in 59.999 or 59 seconds are those of the close.
fn time(
    path: &Path,
    choice: &mut ColumnChoice,
    rows: FileRows,
    again: &dyn Fn(&ColumnChoice) -> Result<FileRows>,
) -> Result<FileRows> {
    let of_close = |rows: &FileRows| {
        all(rows).map(RawRows::len).sum::<usize>() >= MIN_ROWS && all(rows).all(|r| r.facts.are_closes)
    };
    if all(&rows).any(|r| r.closes) {
        return Ok(rows);
    }
    let name = rows.header.names.get(rows.header.columns.time).cloned().unwrap_or_default();
    let says_close = rows.header.named && is_close_time_name(&name) && !choice.names(ColumnRole::Time);
    if says_close && !of_close(&rows) {
        let quoted = if name.contains(' ') { format!("\"{name}\"") } else { name.clone() };
        return Err(Error::layout(
            path,
            format!(
                "the only column of times is {name:?}, which by its name are those of the closes: a time names the open of a \
                 bar. Have them moved back by one interval with --stamp close or, if they are the opens all the same, say \
                 --columns time={quoted}"
            ),
        ));
    }
    if !of_close(&rows) {
        return Ok(rows);
    }
    let seen = format!("every time in column {name:?} ends in 59 seconds, as that of a close does");
    if choice.names(ColumnRole::Time) {
        return Ok(noted(rows, format!("{seen}: it was chosen, and is taken as the open")));
    }
    for (position, other) in others(&rows, is_time_name) {
        let changed = choice.with(ColumnRole::Time, &position);
        if let Ok(better) = again(&changed)
            && !of_close(&better)
        {
            *choice = changed;
            return Ok(noted(better, format!("{seen}: the time is column {other:?}")));
        }
    }
    let remedy = "a time names the open of a bar. Name the column of the open with --columns time=NAME, or have them moved back by one interval with --stamp close";
    Err(Error::layout(path, format!("{seen}: {remedy}")))
}

/// Whether the prices of every row agree.
pub(crate) fn agree(rows: &FileRows) -> bool {
    all(rows).all(|r| r.facts.fits[0])
}

/// Positions of open, high, low and close where no header names them.
pub(crate) fn order(path: &Path, choice: &ColumnChoice, rows: &mut FileRows) -> Result<()> {
    if rows.header.named || ColumnRole::PRICES.iter().any(|&p| choice.names(p)) || agree(rows) {
        return Ok(());
    }
    let fits = |at: &usize| all(rows).all(|r| r.facts.fits[*at]);
    let fitting: Vec<usize> = (1..ORDERS.len()).filter(fits).collect();
    let [(order, words)] = fitting.iter().map(|at| ORDERS[*at]).collect::<Vec<_>>()[..] else {
        return Ok(());
    };
    // Prices were multiplied by adjusted close / what was taken for the close.
    if choice.is_adjusted() {
        let columns = rows.header.columns.prices;
        let [open, high, low, close] = order.map(|at| columns[at] + 1);
        return Err(Error::layout(
            path,
            format!(
                "no header, and only {words} is an order that every row allows: with --adjust name the columns, beside \
                 that of the adjusted close: --columns open=#{open},high=#{high},low=#{low},close=#{close}"
            ),
        ));
    }
    for (_, raw) in &mut rows.symbols {
        raw.see(View { order: order.map(|at| raw.view.order[at]), ..raw.view })?;
        let source = Arc::make_mut(&mut raw.source);
        let names = source.names.clone();
        for (i, &at) in order.iter().enumerate() {
            source.names[1 + i].clone_from(&names[1 + at]);
        }
    }
    rows.notes.retain(|n| !n.starts_with("no header:"));
    rows.notes.push(format!("no header: only {words} is an order that every row allows, so it was read"));
    Ok(())
}

/// Prices at other places than behind the time, where no header names them.
fn elsewhere(
    choice: &mut ColumnChoice,
    rows: FileRows,
    again: &dyn Fn(&ColumnChoice) -> Result<FileRows>,
) -> FileRows {
    let header = &rows.header;
    if header.named || choice.is_chosen() || choice.is_close_only() || agree(&rows) {
        return rows;
    }
    for (fields, places, words) in PLACES {
        let roles = ColumnRole::PRICES.into_iter().chain([ColumnRole::Volume]);
        let changed = roles.zip(places).fold(choice.clone(), |c, (role, place)| c.with(role, place));
        if header.names.len() == fields
            && let Ok(mut better) = again(&changed)
            && agree(&better)
        {
            *choice = changed;
            better.notes.retain(|n| !n.starts_with("no header:"));
            return noted(
                better,
                format!("no header: the usual order contradicts itself, {words} fits every row and was read"),
            );
        }
    }
    rows
}

/// Rows of which most contradict themselves are no slips of an exchange: the columns are others.
fn contradiction(path: &Path, choice: &ColumnChoice, rows: &FileRows) -> Result<()> {
    let (count, total) = all(rows).fold((0, 0), |(b, n), r| (b + r.facts.broken, n + r.len()));
    if total < MIN_ROWS || count * 2 <= total {
        return Ok(());
    }
    let header = &rows.header;
    let name = |at: usize| header.names.get(at).map_or("", String::as_str);
    let [open, high, low, close] = header.columns.prices.map(name);
    let how = if header.named || ColumnRole::PRICES.iter().any(|&p| choice.names(p)) {
        "they are not what they are called: name them with"
    } else {
        "that is another order: name the columns by their places, with"
    };
    let (seen, order) = other_order(rows);
    let [open_at, high_at, low_at, close_at] = order.map(|at| header.columns.prices[at] + 1);
    let problem = format!(
        "open, high, low and close are columns {open:?}, {high:?}, {low:?} and {close:?}, and high is not the highest or low not the \
         lowest of them in {count} of {total} rows{seen}: {how} --columns \
         open=#{open_at},high=#{high_at},low=#{low_at},close=#{close_at}"
    );
    Err(Error::layout(path, problem))
}

/// Which of the four columns is the highest in every row and which the lowest, in words; and an order in which they are
/// that. Open and close look alike: the first of the others is taken for the open.
fn other_order(rows: &FileRows) -> (String, [usize; 4]) {
    let header = &rows.header;
    let every =
        |test: &dyn Fn(&Facts, usize) -> bool| (0..4).find(|&at| all(rows).all(|r| test(&r.facts, at)));
    let highest = every(&|facts, at| facts.highest[at]);
    let lowest = every(&|facts, at| facts.lowest[at]);
    // What is far from the others is no price: no order of the four is right.
    let alike = all(rows).all(|r| r.facts.alike);
    let (Some(high), Some(low), true) = (highest, lowest, alike) else {
        return (String::new(), [0, 1, 2, 3]);
    };
    let others: Vec<usize> = (0..4).filter(|at| ![high, low].contains(at)).collect();
    let &[open, close] = others.as_slice() else { return (String::new(), [0, 1, 2, 3]) };
    let name = |at: usize| header.names.get(header.columns.prices[at]).map_or("", String::as_str);
    let seen = format!(
        "; {:?} is the highest and {:?} the lowest in every row, so one of {:?} and {:?} is the open",
        name(high),
        name(low),
        name(open),
        name(close)
    );
    (seen, [open, high, low, close])
}

/// Prices that are integers of 1e-9.
fn scale(rows: &mut FileRows) -> Result<()> {
    let least = |least: i64| all(rows).all(|r| r.facts.whole && r.facts.least >= least);
    let known = |name: &&str| rows.header.names.iter().any(|n| n == name);
    if (NANO_SCHEMA.iter().all(known) && least(NANO_LEAST)) || (known(&NANO_TIME) && least(LARGE)) {
        rows.symbols.iter_mut().try_for_each(|(_, r)| r.see(View { scale: Some(9), ..r.view }))?;
        rows.notes.push("prices are integers of 0.000000001 (Databento) and were scaled".into());
    } else if least(LARGE) {
        rows.notes
            .push("every price is an integer of 10 digits or more: taken as written, without a scale".into());
    }
    Ok(())
}

pub(crate) fn noted(mut rows: FileRows, note: String) -> FileRows {
    rows.notes.push(note);
    rows
}
