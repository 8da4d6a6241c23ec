//! Finds the delimiter and the header of a text file from its first lines.

use super::affixed::affixed;
use super::times;
use super::wide::{Group, groups};
use crate::choice::ColumnChoice;
use crate::columns::{ColumnRole, Columns, find, is_time_name, remedy, without_header};
use crate::decimal::Decimal;
use crate::grouped::{self, DecimalSign, without_currency};
use crate::stamp::{DayOrder, parse};

/// How a text file is laid out.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct TextLayout {
    pub delimiter: u8,
    /// Lines before the first row of data.
    pub skip: u64,
    pub columns: Columns,
    /// Names of all columns; `#1`, `#2`, ... without a header.
    pub names: Vec<String>,
    pub has_header: bool,
    /// The columns of each symbol where several stand side by side; else empty.
    pub groups: Vec<Group>,
    /// Lines of symbols below the header, passed over with `skip`.
    pub symbol_lines: u64,
    /// The first line above the header that holds text, and how many there are.
    pub titles: Option<(String, usize)>,
    /// The column that was read as the time although it is not called so.
    pub guessed_time: Option<String>,
}

/// Titles and comments above the header are at most this many lines.
const MAX_TITLE_LINES: usize = 40;
/// Cells of a line that a message shows.
const SHOWN: usize = 30;

fn fields(line: &str, delimiter: u8) -> Vec<String> {
    let mut reader = csv::ReaderBuilder::new()
        .delimiter(delimiter)
        .has_headers(false)
        .flexible(true)
        .from_reader(line.as_bytes());
    let mut record = csv::StringRecord::new();
    match reader.read_record(&mut record) {
        Ok(true) => record.iter().map(|f| f.trim().to_owned()).collect(),
        _ => Vec::new(),
    }
}

/// Looks at `text`, the beginning of a file, for a header or a first row of numbers.
///
/// # Errors
/// A sentence that says what was not found.
pub(super) fn sniff(text: &str, choice: &ColumnChoice) -> Result<TextLayout, String> {
    let lines: Vec<&str> = text.lines().take(MAX_TITLE_LINES).collect();
    let mut nearest: Option<Nearest> = None;
    for (at, line) in lines.iter().enumerate() {
        for delimiter in [b',', b';', b'\t', b'|', b' '] {
            let mut names = fields(line, delimiter);
            // A header may stand behind a comment sign.
            if let Some(first) = names.first_mut() {
                *first = first.trim_start_matches(['#', '%', ' ']).to_owned();
            }
            if names.len() < choice.least_fields() {
                continue;
            }
            if let Some(layout) = counted(&names, at, delimiter, choice) {
                return layout;
            }
            if let Some(layout) = numbers(&names, at, delimiter, choice) {
                // A header nobody understands must not turn into columns in the usual order.
                let above = at.checked_sub(1).map(|i| lines[i]).filter(|l| !l.starts_with('#'));
                return match (above, &nearest) {
                    (Some(line), Some(nearest)) if fields(line, delimiter).len() == names.len() => {
                        Err(lacking(nearest))
                    }
                    _ => layout,
                };
            }
            let line_at = |at: usize| lines.get(at).map(|line| fields(line, delimiter));
            let above = at.checked_sub(1).and_then(line_at);
            // Lines of units and of tickers may stand before the data.
            let next = |at: usize| (at + 1..at + 5).filter_map(line_at).collect::<Vec<_>>();
            let wide = groups(&names, above.as_deref(), line_at(at + 1).as_deref(), choice);
            let found = match wide {
                Ok((groups, below)) => match groups.first().map(|group| group.columns.clone()) {
                    Some(columns) => Ok((groups, below, columns, !below)),
                    None => match single(&names, choice, &next(at)) {
                        Ok(columns) => Ok((groups, below, columns, false)),
                        Err(lacking) => {
                            let header: Vec<&str> = names.iter().map(String::as_str).collect();
                            let groups = affixed(&header, choice)?;
                            let columns = groups.first().map(|group| group.columns.clone()).ok_or(lacking);
                            columns.map(|columns| (groups, false, columns, false))
                        }
                    },
                },
                // A title may begin as a line of symbols does: `Symbol,AAPL,Currency,USD,,`.
                Err(lacking) => single(&names, choice, &next(at))
                    .map(|c| (Vec::new(), false, c, false))
                    .map_err(|_| lacking),
            };
            match found {
                Ok((groups, below, columns, own_line)) => {
                    if let Some(problem) = aligned(at, &names).filter(|_| delimiter == b' ') {
                        return Err(problem);
                    }
                    let above = &lines[..at - usize::from(own_line)];
                    let mut titles = above.iter().filter(|l| !l.trim().is_empty());
                    let count = titles.clone().count();
                    let usual = groups.is_empty() && choice.get(ColumnRole::Time).is_none();
                    let time = names[columns.time].clone();
                    let guessed = usual && !time.is_empty() && !is_time_name(&time);
                    return Ok(TextLayout {
                        guessed_time: guessed.then_some(time),
                        delimiter,
                        skip: at as u64 + 1 + u64::from(below),
                        columns,
                        names,
                        has_header: true,
                        groups,
                        symbol_lines: u64::from(below),
                        titles: titles.next().map(|l| (l.trim().chars().take(60).collect(), count)),
                    });
                }
                // A sentence is no header.
                Err(missing) if delimiter == b' ' && missing.ends_with("close, time") => {}
                Err(missing) => {
                    if nearest.as_ref().is_none_or(|n| far(&missing) < far(&n.1)) {
                        nearest = Some((at, missing, names, delimiter));
                    }
                }
            }
        }
    }
    Err(match nearest {
        Some(nearest) => lacking(&nearest),
        None => {
            let first: String = lines
                .iter()
                .find(|line| !line.trim().is_empty())
                .map_or("", |line| line.trim())
                .chars()
                .take(80)
                .collect();
            let (prices, hint) = match choice.is_close_only() {
                true => ("time and close", ""),
                false => {
                    ("time, open, high, low and close", "; where there are closes only, say --close-only")
                }
            };
            format!(
                "has no header with {prices} in its first lines, nor rows of numbers{hint}; it begins with {first:?}"
            )
        }
    })
}

/// The columns of a header without a line of symbols, above the lines `below`.
fn single(names: &[String], choice: &ColumnChoice, below: &[Vec<String>]) -> Result<Columns, String> {
    let header: Vec<&str> = names.iter().map(String::as_str).collect();
    find(&header, choice).or_else(|missing| {
        if missing != "time" {
            return Err(missing);
        }
        // Lines of units are above the data.
        let row = below.iter().rev().find(|cells| cells.len() == names.len());
        if let Some(name) = times::sole(&header, |at| row?.get(at).cloned())? {
            return find(&header, &choice.with(ColumnRole::Time, name));
        }
        // `Price,Close,High,Low,Open,Volume` above `Date,...`: the first column is the time, if it holds times.
        match below.iter().any(|cells| cells.first().is_some_and(|cell| is_time(cell))) {
            true => find(&[&["time"], &header[1..]].concat(), choice),
            false => Err(missing),
        }
    })
}

fn is_time(text: &str) -> bool {
    let reads = |order| parse(text.as_bytes(), Some(order)).is_ok();
    reads(DayOrder::DayMonth) || reads(DayOrder::MonthDay)
}

/// How far a line is from a header: by what it lacks. What says more in brackets lacks one thing.
fn far(missing: &str) -> usize {
    missing.split_once('(').map_or(missing, |_| "time").len()
}

/// Line, missing roles, names and delimiter of the line that looks most like a header.
type Nearest = (usize, String, Vec<String>, u8);

/// What is wrong with a line most of whose fields are empty: it has more than one space between its words.
fn aligned(at: usize, names: &[String]) -> Option<String> {
    let empty = names.iter().filter(|name| name.is_empty()).count();
    (empty > names.len() / 2).then(|| {
        format!(
            "line {} is aligned with spaces: separate its columns by a comma, a semicolon or a tab",
            at + 1
        )
    })
}

fn lacking((at, missing, names, delimiter): &Nearest) -> String {
    if let Some(problem) = aligned(*at, names).filter(|_| *delimiter == b' ') {
        return problem;
    }
    if let Some(problem) = unplaced(*at, names) {
        return problem;
    }
    format!(
        "line {} looks most like a header ({}), but it lacks {missing}: {}",
        at + 1,
        shown(names),
        remedy(missing),
    )
}

/// What is wrong with a line of numbers whose first cell is no time: nothing says what its columns are.
fn unplaced(at: usize, names: &[String]) -> Option<String> {
    let time = names.iter().position(|cell| times::is_dated(cell))?;
    let has_clock = names.get(time + 1).is_some_and(|cell| is_clock(cell));
    let first = time + 1 + usize::from(has_clock);
    names.get(first..first + 4).filter(|cells| cells.iter().all(is_price))?;
    let clock = if has_clock { format!(",clock=#{}", time + 2) } else { String::new() };
    let before = time.checked_sub(1).filter(|&at| names[at].contains(|c: char| c.is_alphabetic()));
    let symbol = before.map_or_else(String::new, |at| format!(",symbol=#{}", at + 1));
    let volume = if names.len() > first + 4 { format!(",volume=#{}", first + 5) } else { String::new() };
    Some(format!(
        "line {} holds numbers and no names, and the time is not its first column: name the columns by their places, as \
         --columns time=#{}{clock},open=#{},high=#{},low=#{},close=#{}{volume}{symbol}",
        at + 1,
        time + 1,
        first + 1,
        first + 2,
        first + 3,
        first + 4,
    ))
}

/// `093000`, `0930` or `09:30` behind a date.
fn is_clock(cell: &str) -> bool {
    let digits = matches!(cell.len(), 4 | 6) && cell.bytes().all(|b| b.is_ascii_digit());
    digits || cell.contains(':')
}

fn is_price(cell: &String) -> bool {
    let cell = without_currency(cell.as_bytes());
    let grouped = [DecimalSign::Point, DecimalSign::Comma].map(|sign| grouped::parse(cell, sign));
    Decimal::parse(cell).is_some() || grouped.iter().any(Option::is_some)
}

/// A row of data whose columns the user named by their places.
fn placed(cells: &[String], choice: &ColumnChoice) -> Option<Columns> {
    choice.get(ColumnRole::Time).filter(|name| name.starts_with('#'))?;
    let columns = without_header(cells.len(), false, choice).ok()?;
    let cell = |at: usize| cells.get(at).map(String::as_str).unwrap_or_default();
    let time = match columns.clock {
        Some(clock) => format!("{} {}", cell(columns.time), cell(clock)),
        None => cell(columns.time).to_owned(),
    };
    let prices = columns.prices.iter().all(|&at| cells.get(at).is_some_and(is_price));
    (is_time(&time) && prices).then_some(columns)
}

/// A row of data in the usual order behind a symbol: `AAPL,20240102,..`.
fn behind_symbol(cells: &[String], choice: &ColumnChoice) -> Option<Columns> {
    let is_name = cells[0].contains(|c: char| c.is_alphabetic()) && !is_time(&cells[0]);
    if !is_name || choice.is_chosen() || choice.is_adjusted() || !times::is_dated(&cells[1]) {
        return None;
    }
    let rest = &cells[1..];
    let has_clock = is_compact_clock(rest) || (rest.len() > 5 && is_clock(&rest[1]) && rest[1].contains(':'));
    let first = 1 + usize::from(has_clock);
    let prices = rest.get(first..first + choice.least_fields() - 1)?;
    if !prices.iter().all(is_price) {
        return None;
    }
    let mut columns = without_header(rest.len(), has_clock, choice).ok()?;
    let places = columns.prices.iter_mut().chain([&mut columns.time]);
    places.chain(&mut columns.volume).chain(&mut columns.clock).for_each(|at| *at += 1);
    columns.symbol = Some(0);
    Some(columns)
}

/// The layout of a file without a header whose first row is line `at`.
fn headless(cells: &[String], at: usize, delimiter: u8, columns: Columns) -> TextLayout {
    TextLayout {
        delimiter,
        skip: at as u64,
        columns,
        names: (1..=cells.len()).map(|n| format!("#{n}")).collect(),
        has_header: false,
        groups: Vec::new(),
        symbol_lines: 0,
        titles: None,
        guessed_time: None,
    }
}

/// The cells of a line, of many the first.
fn shown(names: &[String]) -> String {
    let first: Vec<&str> = names.iter().take(SHOWN).map(String::as_str).collect();
    let more = names.len() - first.len();
    let tail = if more > 0 { format!(" and {more} more") } else { String::new() };
    first.join(" | ") + &tail
}

/// A header of mere numbers, `0,1,2,3,4,5`, as pandas writes for arrays of candles, perhaps beside an index: the usual order.
fn counted(
    names: &[String],
    at: usize,
    delimiter: u8,
    choice: &ColumnChoice,
) -> Option<Result<TextLayout, String>> {
    let shift = usize::from(names[0].is_empty());
    let counts = names[shift..].iter().enumerate().all(|(i, name)| *name == i.to_string());
    if !counts || names.len() - shift < choice.least_fields() {
        return None;
    }
    let moved = |mut columns: Columns| {
        let places = columns.prices.iter_mut().chain([&mut columns.time]).chain(&mut columns.volume);
        places.for_each(|at| *at += shift);
        columns
    };
    // What the user named is a place already.
    let chosen = shift > 0 && choice.is_chosen();
    let columns = match without_header(names.len() - if chosen { 0 } else { shift }, false, choice) {
        Ok(columns) if chosen => columns,
        Ok(columns) => moved(columns),
        Err(missing) => {
            return Some(Err(format!(
                "has a header of numbers and no {missing}: name columns by position, as time=#1"
            )));
        }
    };
    Some(Ok(TextLayout { skip: at as u64 + 1, ..headless(names, at, delimiter, columns) }))
}

/// Whether the second cell is a time of day without colons: a price would lie within the bar.
fn is_compact_clock(cells: &[String]) -> bool {
    let digits = |cell: &String, lengths: &[usize]| {
        lengths.contains(&cell.len()) && cell.bytes().all(|b| b.is_ascii_digit())
    };
    if cells.len() < 6 || !digits(&cells[0], &[8]) || !digits(&cells[1], &[3, 4, 5, 6]) {
        return false;
    }
    let value = |at: usize| Decimal::parse(cells[at].as_bytes()).map(Decimal::to_f64);
    let [Some(clock), Some(open), Some(high), Some(low), Some(close)] = [1, 2, 3, 4, 5].map(value) else {
        return false;
    };
    let is_bar =
        |[open, high, low, close]: [f64; 4]| high >= open && high >= close && low <= open && low <= close;
    is_bar([open, high, low, close]) && !is_bar([clock, open, high, low])
}

/// A row of data in the usual order: time, open, high, low, close, volume, ..., or time, close, volume.
fn numbers(
    cells: &[String],
    at: usize,
    delimiter: u8,
    choice: &ColumnChoice,
) -> Option<Result<TextLayout, String>> {
    if let Some(columns) = placed(cells, choice).or_else(|| behind_symbol(cells, choice)) {
        return Some(Ok(headless(cells, at, delimiter, columns)));
    }
    if !is_time(&cells[0]) {
        return None;
    }
    let has_clock =
        is_compact_clock(cells) || cells[1].contains(':') && is_time(&format!("{} {}", cells[0], cells[1]));
    let first = 1 + usize::from(has_clock);
    let prices = first..first + choice.least_fields() - 1;
    if !cells.get(prices).is_some_and(|cells| cells.iter().all(is_price)) {
        return None;
    }
    let columns = match without_header(cells.len(), has_clock, choice) {
        Ok(columns) => columns,
        Err(missing) => {
            return Some(Err(format!(
                "has no header and no {missing}: name columns by position, as time=#1"
            )));
        }
    };
    Some(Ok(headless(cells, at, delimiter, columns)))
}
