//! Finds the delimiter and the header of a text file from its first lines.

use super::affixed::affixed;
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
    /// The first column, where it was read as the time although it is not called so.
    pub guessed_time: Option<String>,
}

/// Titles and comments above the header are at most this many lines.
const MAX_TITLE_LINES: usize = 40;

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
                    let guessed =
                        usual && columns.time == 0 && !names[0].is_empty() && !is_time_name(&names[0]);
                    return Ok(TextLayout {
                        guessed_time: guessed.then(|| names[0].clone()),
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
                Err(missing) => {
                    if nearest.as_ref().is_none_or(|n| missing.len() < n.1.len()) {
                        nearest = Some((at, missing, names));
                    }
                }
            }
        }
    }
    Err(match nearest {
        Some(nearest) => lacking(&nearest),
        None if choice.is_close_only() => {
            "has no header with time and close in its first lines, nor rows of numbers".into()
        }
        None => "has no header with time, open, high, low and close in its first lines, nor rows of numbers; where \
                 there are closes only, say --close-only"
            .into(),
    })
}

/// The columns of a header without a line of symbols, above the lines `below`.
fn single(names: &[String], choice: &ColumnChoice, below: &[Vec<String>]) -> Result<Columns, String> {
    let header: Vec<&str> = names.iter().map(String::as_str).collect();
    find(&header, choice).or_else(|missing| match missing.as_str() {
        // `Price,Close,High,Low,Open,Volume` above `Date,...`: the first column is the time, if it holds times.
        "time" if below.iter().any(|cells| cells.first().is_some_and(|cell| is_time(cell))) => {
            find(&[&["time"], &header[1..]].concat(), choice)
        }
        _ => Err(missing),
    })
}

fn is_time(text: &str) -> bool {
    let reads = |order| parse(text.as_bytes(), Some(order)).is_ok();
    reads(DayOrder::DayMonth) || reads(DayOrder::MonthDay)
}

/// Line, missing roles and names of the line that looks most like a header.
type Nearest = (usize, String, Vec<String>);

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

fn lacking((at, missing, names): &Nearest) -> String {
    if let Some(problem) = aligned(*at, names) {
        return problem;
    }
    format!(
        "line {} looks most like a header ({}), but it lacks {missing}: {}",
        at + 1,
        names.join(" | "),
        remedy(missing),
    )
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
    Some(Ok(TextLayout {
        delimiter,
        skip: at as u64 + 1,
        columns,
        names: (1..=names.len()).map(|n| format!("#{n}")).collect(),
        has_header: false,
        groups: Vec::new(),
        symbol_lines: 0,
        titles: None,
        guessed_time: None,
    }))
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
    let is_price = |cell: &String| {
        let cell = without_currency(cell.as_bytes());
        let grouped = [DecimalSign::Point, DecimalSign::Comma].map(|sign| grouped::parse(cell, sign));
        Decimal::parse(cell).is_some() || grouped.iter().any(Option::is_some)
    };
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
    let names = (1..=cells.len()).map(|n| format!("#{n}")).collect();
    Some(Ok(TextLayout {
        delimiter,
        skip: at as u64,
        columns,
        names,
        has_header: false,
        groups: Vec::new(),
        symbol_lines: 0,
        titles: None,
        guessed_time: None,
    }))
}
