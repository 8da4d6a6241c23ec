//! Lines of a text file that are no rows of data: remarks, totals, comments, dividends, units, and headers that come again.

use crate::choice::ColumnChoice;
use crate::columns::{Columns, find};
use crate::rows::is_empty;
use crate::stamp::{DayOrder, NoStamp, parse};

/// Words that begin a line of totals.
const TOTALS: [&str; 11] =
    ["total", "totals", "sum", "average", "avg", "mean", "median", "min", "max", "minimum", "maximum"];

/// Whether a word is, or begins as, the name of a month or weekday.
fn begins_date(word: &[u8]) -> bool {
    const NAMES: [&str; 19] = [
        "january",
        "february",
        "march",
        "april",
        "may",
        "june",
        "july",
        "august",
        "september",
        "october",
        "november",
        "december",
        "monday",
        "tuesday",
        "wednesday",
        "thursday",
        "friday",
        "saturday",
        "sunday",
    ];
    let word = word.to_ascii_lowercase();
    NAMES.iter().any(|name| name.as_bytes().starts_with(&word) || word.starts_with(&name.as_bytes()[..3]))
}

/// A remark below the data, as `Downloaded from Barchart.com as of ..`, `Date range,2024-01-01 to 2024-03-01` or a line of
/// totals: words where a time should be. A row that was cut begins with a time, one whose time was damaged has digits in
/// it, and more cells are another table.
pub(super) fn is_remark(record: &csv::ByteRecord, columns: &Columns) -> bool {
    let cell = |at: usize| record.get(at).unwrap_or_default().trim_ascii();
    let begins = |at: usize| cell(at).first().is_some_and(u8::is_ascii_alphabetic);
    // Most rows begin with a number, or have one for their time.
    if !begins(0) || (record.len() > columns.time && !cell(columns.time).is_empty() && !begins(columns.time))
    {
        return false;
    }
    let filled = record.iter().filter(|cell| !cell.trim_ascii().is_empty()).count();
    let text = cell(0);
    let words =
        text.split(u8::is_ascii_whitespace).filter(|w| w.len() > 1 && w.iter().all(u8::is_ascii_alphabetic));
    let words = words.count();
    let has_digits = text.iter().any(u8::is_ascii_digit);
    // One word may be the beginning of a row that was cut: of its symbol, or of the month or weekday of its time.
    let one_word = columns.time == 0 && !has_digits && !begins_date(text);
    let is_text = match filled {
        1 => words >= 2 || one_word,
        2 => !has_digits && (words >= 2 || one_word),
        // A symbol may be called so: then a time stands beside it.
        _ => {
            let total = text.strip_suffix(b":").unwrap_or(text);
            TOTALS.iter().any(|word| total.eq_ignore_ascii_case(word.as_bytes()))
                && (columns.time == 0 || parse(cell(columns.time), None).is_err())
        }
    };
    is_text
        && !is_empty(text)
        && !text.eq_ignore_ascii_case(b"nat")
        && parse(text, None) == Err(NoStamp::Unknown)
}

/// A line of a spreadsheet in which no cell is filled.
pub(super) fn is_blank(record: &csv::ByteRecord) -> bool {
    record.iter().all(|cell| cell.trim_ascii().is_empty())
}

/// A line that begins with `#`, unless it is a row of data: some brokers call a symbol `#AAPL`.
pub(super) fn is_comment(record: &csv::ByteRecord, columns: &Columns, order: Option<DayOrder>) -> bool {
    let begins = record.get(0).is_some_and(|cell| cell.trim_ascii_start().starts_with(b"#"));
    begins && record.get(columns.time).is_none_or(|cell| parse(cell, order) == Err(NoStamp::Unknown))
}

/// What a line says of a dividend or a split on a day, as Yahoo's page has them between the bars: `Feb 9, 2024`, `0.24
/// Dividend`.
pub(super) fn event(record: &csv::ByteRecord, columns: &Columns, order: Option<DayOrder>) -> Option<String> {
    // Most rows have a number for their open.
    if record
        .get(columns.prices[0])
        .is_some_and(|cell| cell.trim_ascii().last().is_some_and(u8::is_ascii_digit))
    {
        return None;
    }
    let mut filled = record.iter().enumerate().filter(|(_, cell)| !cell.trim_ascii().is_empty());
    let (time, text) = (filled.next()?, filled.next()?);
    if filled.next().is_some() || time.0 != columns.time || parse(time.1, order).is_err() {
        return None;
    }
    let text = String::from_utf8_lossy(text.1).trim().to_owned();
    let lower = text.to_lowercase();
    ["dividend", "split", "capital gain"].iter().any(|word| lower.contains(word)).then_some(text)
}

/// Whether a line is a header of other columns, as where files were joined.
pub(super) fn is_other_header(record: &csv::ByteRecord, columns: &Columns) -> bool {
    if record.get(columns.time).is_some_and(|cell| parse(cell, None) != Err(NoStamp::Unknown)) {
        return false;
    }
    let cells: Vec<String> =
        record.iter().map(|cell| String::from_utf8_lossy(cell).trim().to_owned()).collect();
    let names: Vec<&str> = cells.iter().map(String::as_str).collect();
    find(&names, &ColumnChoice::default()).is_ok()
}

/// The names of the columns that are read, where their values should be.
pub(super) fn is_header(record: &csv::ByteRecord, columns: &Columns, names: &[String]) -> bool {
    columns.all().all(|at| {
        let cell = record.get(at).map(<[u8]>::trim_ascii);
        cell.zip(names.get(at)).is_some_and(|(cell, name)| !cell.is_empty() && cell == name.as_bytes())
    })
}

/// No price of a symbol beside others: it has no bar at this time.
pub(super) fn is_absent(record: &csv::ByteRecord, columns: &Columns) -> bool {
    columns.prices.iter().all(|&c| record.get(c).is_some_and(|cell| is_empty(cell.trim_ascii())))
}

/// Neither a time nor a price where they should be.
pub(super) fn is_unit_line(record: &csv::ByteRecord, columns: &Columns, order: Option<DayOrder>) -> bool {
    let no_time = record.get(columns.time).is_none_or(|c| parse(c, order) == Err(NoStamp::Unknown));
    let no_price = |&c: &usize| {
        record.get(c).is_none_or(|cell| crate::decimal::Decimal::parse(cell.trim_ascii()).is_none())
    };
    no_time && columns.prices.iter().all(no_price)
}
