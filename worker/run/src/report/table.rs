//! The small tables of a result (`best/equity.csv`, `best/trades.csv`), line by line, by the names of their columns. A
//! column that a release does not write yet is absent, not an error.

use std::fs::File;
use std::io::{BufRead, BufReader, ErrorKind, Read};
use std::path::{Path, PathBuf};

use super::error::ReportError;

/// The longest line that is read: a file without line ends would otherwise fill the memory.
const LONGEST: u64 = 1 << 16;
/// The largest file that is read.
const LARGEST: u64 = 1 << 33;

/// An open table behind its header.
pub struct Table {
    path: PathBuf,
    reader: BufReader<File>,
    header: Vec<String>,
    line: u64,
}

impl Table {
    /// Opens a table; `None` if there is no such file.
    ///
    /// # Errors
    /// It cannot be read, or is larger than any that a run writes.
    pub fn open(path: &Path) -> Result<Option<Table>, ReportError> {
        let file = match File::open(path) {
            Err(e) if e.kind() == ErrorKind::NotFound => return Ok(None),
            opened => opened.map_err(ReportError::read(path))?,
        };
        if file.metadata().map_err(ReportError::read(path))?.len() > LARGEST {
            return Err(ReportError::TooLarge { path: path.to_owned(), limit: LARGEST });
        }
        let reader = BufReader::with_capacity(1 << 16, file);
        let mut table = Table { path: path.to_owned(), reader, header: Vec::new(), line: 0 };
        let header = table.next()?.unwrap_or_default();
        table.header = header.split(',').map(|name| name.trim().to_owned()).collect();
        Ok(Some(table))
    }

    /// The same with the number of its rows, for whoever thins them: it is read once before.
    ///
    /// # Errors
    /// As [`Table::open`] and [`Table::each`].
    pub fn counted(path: &Path) -> Result<Option<(Table, u64)>, ReportError> {
        let Some(table) = Table::open(path)? else { return Ok(None) };
        let mut rows = 0;
        table.each(|_| {
            rows += 1;
            Ok(())
        })?;
        Ok(Table::open(path)?.map(|table| (table, rows)))
    }

    /// Place of a column.
    pub fn column(&self, name: &str) -> Option<usize> {
        self.header.iter().position(|column| column == name)
    }

    /// Place of a column that every release writes.
    ///
    /// # Errors
    /// It is missing.
    pub fn needed(&self, name: &str) -> Result<usize, ReportError> {
        self.column(name).ok_or_else(|| self.wrong(format!("the column {name:?} is missing")))
    }

    /// Gives the cells of every row to `visit`; what it says of a row becomes an error with the line.
    ///
    /// # Errors
    /// The file cannot be read, or a row is wrong.
    pub fn each(mut self, mut visit: impl FnMut(&[&str]) -> Result<(), String>) -> Result<(), ReportError> {
        while let Some(line) = self.next()? {
            let cells: Vec<&str> = line.split(',').collect();
            if cells.len() != self.header.len() {
                let problem = format!("{} cells, but {} columns", cells.len(), self.header.len());
                return Err(self.wrong(problem));
            }
            visit(&cells).map_err(|problem| self.wrong(problem))?;
        }
        Ok(())
    }

    fn wrong(&self, problem: String) -> ReportError {
        ReportError::Table { path: self.path.clone(), line: self.line.max(1), problem }
    }

    fn next(&mut self) -> Result<Option<String>, ReportError> {
        let mut bytes = Vec::new();
        let read = self.reader.by_ref().take(LONGEST).read_until(b'\n', &mut bytes);
        if read.map_err(ReportError::read(&self.path))? == 0 {
            return Ok(None);
        }
        self.line += 1;
        if bytes.len() as u64 == LONGEST {
            return Err(self.wrong(format!("it has more than {LONGEST} bytes")));
        }
        while bytes.last().is_some_and(|b| matches!(b, b'\n' | b'\r')) {
            bytes.pop();
        }
        String::from_utf8(bytes).map(Some).map_err(|_| self.wrong("it is not UTF-8".to_owned()))
    }
}

/// A number of a cell; NaN where it has none.
pub fn number(cell: &str) -> f64 {
    cell.parse().unwrap_or(f64::NAN)
}

/// A stamp of a cell in UTC milliseconds.
///
/// # Errors
/// It is none.
pub fn stamp(cell: &str) -> Result<i64, String> {
    let parsed = cell.parse::<jiff::Timestamp>();
    parsed
        .map(jiff::Timestamp::as_millisecond)
        .map_err(|_| format!("{cell:?} is no time; a time is like 2024-01-31T00:00:00Z"))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(text: &[u8]) -> Result<Vec<String>, ReportError> {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("t.csv");
        std::fs::write(&path, text).unwrap();
        let table = Table::open(&path)?.unwrap();
        let b = table.needed("b")?;
        let mut out = Vec::new();
        table.each(|row| {
            out.push(row[b].to_owned());
            Ok(())
        })?;
        Ok(out)
    }

    #[test]
    fn columns_are_found_by_name_and_what_is_wrong_has_its_line() {
        assert_eq!(read(b"a,b\n1,2\r\n3,4").unwrap(), ["2", "4"]);
        let said = |text: &[u8]| read(text).unwrap_err().to_string();
        assert!(said(b"a,c\n").ends_with("line 1: the column \"b\" is missing"), "{}", said(b"a,c\n"));
        assert!(said(b"a,b\n1,2\n1\n").ends_with("line 3: 1 cells, but 2 columns"));
        assert!(said(&[b"a,b\n".as_slice(), &[b'x'; 70_000]].concat()).contains("more than 65536 bytes"));
        assert!(said(b"a,b\n\xff,1\n").ends_with("line 2: it is not UTF-8"));
    }

    #[test]
    fn a_table_that_is_not_there_is_no_error() {
        assert!(Table::open(Path::new("/nowhere/t.csv")).unwrap().is_none());
    }
}
