//! Readers: one file in, rows out. The format is known by its first bytes, not by its name.

mod csv;
mod json;
mod numbers;
mod sniff;
mod table;
mod tree;
mod unique;
mod wide;

pub(crate) use numbers::{Numbers, read_numbers};
pub(crate) use tree::some;

use crate::choice::ColumnChoice;
use crate::error::{Error, Result};
use crate::meanings::check_meanings;
use crate::rows::FileRows;
use crate::stamp::DayOrder;
use std::io::Read;
use std::path::Path;

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
    let rows = read_once(path, options, progress)?;
    let again = |columns: &ColumnChoice| {
        let options = ReadOptions { columns: columns.clone(), ..options.clone() };
        read_once(path, &options, progress)
    };
    check_meanings(path, &options.columns, rows, &again)
}

fn read_once(path: &Path, options: &ReadOptions, progress: Progress<'_>) -> Result<FileRows> {
    let failed = |e| Error::io("read", path, e);
    let mut head = Vec::new();
    let file = std::fs::File::open(path).map_err(failed)?;
    file.take(64).read_to_end(&mut head).map_err(failed)?;
    let refuse = |problem: &str| Err(Error::layout(path, problem));
    match head.as_slice() {
        [] => refuse("is empty"),
        [b'P', b'A', b'R', b'1', ..] => table::read_parquet(path, options, progress),
        [b'A', b'R', b'R', b'O', b'W', b'1', ..] => table::read_arrow(path, options, progress),
        [b'F', b'E', b'A', b'1', ..] => {
            refuse("is Feather version 1: write it again as version 2 or Parquet")
        }
        [0xff, 0xff, 0xff, 0xff, ..] => {
            refuse("is an Arrow stream: write it as an Arrow file (Feather version 2)")
        }
        [0x1f, 0x8b, ..] => refuse("is compressed with gzip: unpack it first"),
        [0x28, 0xb5, 0x2f, 0xfd, ..] => refuse("is compressed with zstd: unpack it first"),
        [b'P', b'K', 3, 4, ..] => refuse("is a ZIP archive or a spreadsheet: unpack it, or save it as CSV"),
        [0xff, 0xfe, ..] | [0xfe, 0xff, ..] => refuse("is written in UTF-16: save it as UTF-8"),
        text => {
            let text = text.strip_prefix(b"\xef\xbb\xbf").unwrap_or(text).trim_ascii_start();
            match text.first() {
                Some(b'[' | b'{') => json::read(path, options, progress),
                _ => csv::read(path, options, progress),
            }
        }
    }
}
