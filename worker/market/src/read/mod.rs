//! Readers: one file in, rows out. The format is known by its first bytes, not by its name.

mod csv;
mod json;
mod numbers;
mod sniff;
mod table;
mod tree;
mod unique;
mod unpack;
mod wide;

pub(crate) use numbers::{Numbers, read_numbers};
pub(crate) use tree::some;

use crate::choice::ColumnChoice;
use crate::error::{Error, Result};
use crate::meanings::check_meanings;
use crate::rows::FileRows;
use crate::stamp::DayOrder;
use std::path::Path;
use unpack::Source;

/// How to read a file.
#[derive(Clone, Debug, Default)]
pub struct ReadOptions {
    /// Columns named by the user.
    pub columns: ColumnChoice,
    /// Order of day and month in dates such as 01/02/2020; `None`: decided by the file if it can.
    pub day_order: Option<DayOrder>,
}

/// Reports how far a file is read: bytes or rows done, and all of them, in the same unit.
pub(crate) type Progress<'a> = &'a dyn Fn(u64, u64);

/// Reads all rows of the file at `path`.
///
/// # Errors
/// `Missing` or `Io` if it cannot be read; `Invalid` with line, column and value if it is not understood.
pub(crate) fn read_file(path: &Path, options: &ReadOptions, progress: Progress<'_>) -> Result<FileRows> {
    let source = Source::open(path)?;
    let mut rows = read_once(&source, options, progress)?;
    rows.notes.extend(source.notes.iter().cloned());
    let again = |columns: &ColumnChoice| {
        let options = ReadOptions { columns: columns.clone(), ..options.clone() };
        read_once(&source, &options, progress)
    };
    check_meanings(path, &options.columns, rows, &again)
}

fn read_once(source: &Source, options: &ReadOptions, progress: Progress<'_>) -> Result<FileRows> {
    let refuse = |problem: &str| Err(Error::layout(source.path(), problem));
    match source.head(64)?.as_slice() {
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
