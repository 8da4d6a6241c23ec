//! Readers: one file in, rows out. The format is known by its first bytes, not by its name.

mod affixed;
mod csv;
mod foreign;
mod json;
mod lines;
mod nested;
mod numbers;
mod shapes;
mod sniff;
mod table;
mod times;
mod tree;
mod unique;
mod unpack;
mod wide;

pub(crate) use numbers::{Numbers, read_numbers};
pub(crate) use tree::some;
pub(crate) use unpack::Source;

use crate::choice::ColumnChoice;
use crate::counting::{Counting, Lean};
use crate::error::{Error, Result};
use crate::grouped::{DecimalSign, decide};
use crate::meanings::{agree, check_meanings};
use crate::rows::{FileRows, SEPARATED};
use crate::spelling::{AMBIGUOUS, NO_TIME};
use crate::spill::Spill;
use crate::stamp::DayOrder;
use crate::zone::Zone;
use std::path::Path;
use std::sync::Arc;

/// How to read a file.
#[derive(Clone, Debug, Default)]
pub struct ReadOptions {
    /// Columns named by the user.
    pub columns: ColumnChoice,
    /// Order of day and month in dates such as 01/02/2020; `None`: decided by the file if it can.
    pub day_order: Option<DayOrder>,
    /// The sign before a fraction; `None`: a point, or what all numbers of the file allow.
    pub decimal: Option<DecimalSign>,
    /// The zone of times that carry none; `None`: UTC.
    pub zone: Option<Zone>,
    /// What a time names.
    pub stamp: Stamped,
    /// What to do with rows that lack prices; `None`: those without any value are left out, others refused.
    pub empty: Option<EmptyCells>,
}

/// Which end of a bar a time names.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Stamped {
    /// The open.
    #[default]
    Open,
    /// The close: one interval later.
    Close,
}

/// What to do with rows that lack prices.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum EmptyCells {
    /// Leave the row out, whatever else it holds.
    Drop,
    /// Refuse the file.
    Refuse,
}

/// Reports how far a file is read: bytes or rows done, and all of them, in the same unit.
pub(crate) type Progress<'a> = &'a dyn Fn(u64, u64);

/// Reads all rows of the file at `path`; they may wait in `spill`.
///
/// # Errors
/// `Missing` or `Io` if it cannot be read; `Invalid` with line, column and value if it is not understood.
pub(crate) fn read_file(
    path: &Path,
    options: &ReadOptions,
    spill: &Arc<Spill>,
    progress: Progress<'_>,
) -> Result<FileRows> {
    let source = Source::open(path, spill)?;
    let lean = Lean::of(path, source.inner.as_deref(), &source.head(256)?);
    let since_midnight = lean.and_then(|lean| lean.day_ms).map(|day_ms| Counting::SinceMidnight { day_ms });
    let columns = options.columns.counted(since_midnight.unwrap_or_default());
    let options = &ReadOptions { columns, ..options.clone() };
    let (mut rows, used) = read_ordered(&source, options, progress)?;
    rows.notes.extend(source.notes.iter().cloned());
    let again = |columns: &ColumnChoice| {
        read_once(&source, &ReadOptions { columns: columns.clone(), ..used.clone() }, progress)
    };
    check_meanings(path, &options.columns, rows, lean.is_some(), &again)
}

/// Reads a file, and says how; where its dates could be either way round, all of them decide. (Text of columns decides
/// that before.)
fn read_ordered(
    source: &Source,
    options: &ReadOptions,
    progress: Progress<'_>,
) -> Result<(FileRows, ReadOptions)> {
    let read =
        |order| read_numbers_of(source, &ReadOptions { day_order: order, ..options.clone() }, progress);
    let error = match read(options.day_order) {
        Ok(read) => return Ok(read),
        Err(error) => error,
    };
    // Numbers with separators may stand in rows before the first such date.
    let is_open =
        matches!(&error, Error::Value { problem, .. } if problem == AMBIGUOUS || problem == SEPARATED);
    if !is_open || options.day_order.is_some() {
        return Err(error);
    }
    let is_unread = |read: &Result<(FileRows, ReadOptions)>| matches!(read, Err(Error::Value { problem, .. }) if problem == NO_TIME);
    let (days_first, months_first) = (read(Some(DayOrder::DayMonth)), read(Some(DayOrder::MonthDay)));
    // What else is wrong in the other order is what is wrong.
    match (is_unread(&days_first), is_unread(&months_first)) {
        (false, true) => days_first,
        (true, false) => months_first,
        _ => Err(error),
    }
}

/// Reads a file, and says how; where its numbers have separators, all of them decide what these mean.
fn read_numbers_of(
    source: &Source,
    options: &ReadOptions,
    progress: Progress<'_>,
) -> Result<(FileRows, ReadOptions)> {
    let error = match read_once(source, options, progress) {
        Ok(rows) => return Ok((rows, options.clone())),
        Err(error) => error,
    };
    let separated = match &error {
        Error::Value { location, problem } if options.decimal.is_none() && problem == SEPARATED => {
            location.value.clone()
        }
        _ => return Err(error),
    };
    let with = |sign| ReadOptions { decimal: Some(sign), ..options.clone() };
    let read = |sign| read_once(source, &with(sign), progress);
    let Some((mut rows, sign, note)) = decide(source.path(), &separated, read, agree)? else {
        // Where numbers could be read, the times of later rows may be what is wrong.
        return Err(match read(DecimalSign::Point) {
            Err(Error::Value { location, problem }) if problem == NO_TIME => {
                Error::Value { location, problem }
            }
            _ => error,
        });
    };
    rows.notes.push(note);
    Ok((rows, with(sign)))
}

fn read_once(source: &Source, options: &ReadOptions, progress: Progress<'_>) -> Result<FileRows> {
    let refuse = |problem: &str| Err(Error::layout(source.path(), problem));
    let head = source.head(64)?;
    if let Some(problem) = foreign::foreign(head.strip_prefix(b"\xef\xbb\xbf").unwrap_or(&head)) {
        return refuse(problem);
    }
    match head.as_slice() {
        [] => refuse("is empty"),
        [b'P', b'A', b'R', b'1', ..] => table::read_parquet(source, options, progress),
        [b'A', b'R', b'R', b'O', b'W', b'1', ..] => table::read_arrow(source, options, progress),
        [b'F', b'E', b'A', b'1', ..] => {
            refuse("is Feather version 1: write it again as version 2 or Parquet")
        }
        [0xff, 0xff, 0xff, 0xff, ..] => {
            refuse("is an Arrow stream: write it as an Arrow file (Feather version 2)")
        }
        text => {
            let text = text.strip_prefix(b"\xef\xbb\xbf").unwrap_or(text).trim_ascii_start();
            match text.first() {
                Some(b'[' | b'{') => json::read(source, options, progress),
                _ => csv::read(source, options, progress),
            }
        }
    }
}
