//! Rows that wait for their turn on disk: however many files an import reads, it holds a bounded number of waiting rows in
//! memory, beside the files that it reads at the moment and the symbols that it checks, one of each a thread.
//!
//! They lie in one nameless file below the data directory, which vanishes with the process.

use crate::error::{Error, Result};
use crate::raw::RawRows;
use crate::series::{OwnedSeries, Series};
use std::fs::File;
use std::io::{Read, Seek, SeekFrom, Write};
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Mutex, OnceLock, PoisonError};

/// Rows that stay in memory, as they were read and as they were checked: some 250 MB each.
pub(crate) const KEPT_ROWS: usize = 4_000_000;
/// Numbers that are turned into bytes at a time.
const BLOCK: usize = 8192;

/// A place on disk for rows.
#[derive(Debug)]
pub(crate) struct Spill {
    folder: PathBuf,
    kept_rows: usize,
    in_memory: AtomicUsize,
    file: OnceLock<Mutex<File>>,
}

/// Rows in memory or on disk.
#[derive(Debug)]
pub(crate) enum Held<T> {
    /// In memory.
    Kept(T),
    /// Without its columns, which lie at this place.
    Spilled(T, u64),
}

impl Spill {
    /// A place below `folder`, used once more than `kept_rows` are in memory.
    pub(crate) fn new(folder: &Path, kept_rows: usize) -> Self {
        Self { folder: folder.to_owned(), kept_rows, in_memory: AtomicUsize::new(0), file: OnceLock::new() }
    }

    /// Keeps `rows`, in memory if there is room.
    ///
    /// # Errors
    /// `Io` if they cannot be written.
    pub(crate) fn hold<T: Columns>(&self, mut rows: T) -> Result<Held<T>> {
        let count = rows.count();
        if self.in_memory.fetch_add(count, Ordering::Relaxed) + count <= self.kept_rows {
            return Ok(Held::Kept(rows));
        }
        self.in_memory.fetch_sub(count, Ordering::Relaxed);
        let mut file = self.file()?.lock().unwrap_or_else(PoisonError::into_inner);
        let at = file.seek(SeekFrom::End(0)).map_err(|e| self.failed(e))?;
        let mut out = std::io::BufWriter::with_capacity(1 << 20, &mut *file);
        rows.write(&mut out).and_then(|()| out.flush()).map_err(|e| self.failed(e))?;
        drop(out);
        Ok(Held::Spilled(rows, at))
    }

    /// Takes rows back.
    ///
    /// # Errors
    /// `Io` if they cannot be read.
    pub(crate) fn take<T: Columns>(&self, held: Held<T>) -> Result<T> {
        match held {
            Held::Kept(rows) => {
                self.in_memory.fetch_sub(rows.count(), Ordering::Relaxed);
                Ok(rows)
            }
            Held::Spilled(mut rows, at) => self.read(&mut rows, at).map(|()| rows),
        }
    }

    fn read<T: Columns>(&self, rows: &mut T, at: u64) -> Result<()> {
        let mut file = self.file()?.lock().unwrap_or_else(PoisonError::into_inner);
        file.seek(SeekFrom::Start(at)).map_err(|e| self.failed(e))?;
        rows.read(&mut std::io::BufReader::with_capacity(1 << 20, &mut *file)).map_err(|e| self.failed(e))
    }

    fn file(&self) -> Result<&Mutex<File>> {
        if let Some(file) = self.file.get() {
            return Ok(file);
        }
        std::fs::create_dir_all(&self.folder).map_err(|e| self.failed(e))?;
        let made = tempfile::tempfile_in(&self.folder).map_err(|e| self.failed(e))?;
        Ok(self.file.get_or_init(|| Mutex::new(made)))
    }

    fn failed(&self, error: std::io::Error) -> Error {
        Error::io("write rows that wait", &self.folder, error)
    }
}

impl Held<OwnedSeries> {
    /// The series, as long as `look` lasts.
    ///
    /// # Errors
    /// `Io` if it cannot be read back.
    pub(crate) fn look<R>(&self, spill: &Spill, look: impl FnOnce(&Series<'_>) -> R) -> Result<R> {
        match self {
            Held::Kept(series) => Ok(look(&series.as_series())),
            Held::Spilled(bare, at) => {
                let mut series = bare.clone();
                spill.read(&mut series, *at)?;
                Ok(look(&series.as_series()))
            }
        }
    }
}

impl<T> Held<T> {
    /// All of it; the columns of what lies on disk are empty.
    pub(crate) fn bare(&self) -> &T {
        match self {
            Held::Kept(rows) | Held::Spilled(rows, _) => rows,
        }
    }
}

/// What has columns that can be put aside. What is read has the columns that were written.
pub(crate) trait Columns {
    /// Number of rows.
    fn count(&self) -> usize;
    /// Writes the columns and leaves none.
    fn write(&mut self, out: &mut dyn Write) -> std::io::Result<()>;
    /// Reads them back.
    fn read(&mut self, from: &mut dyn Read) -> std::io::Result<()>;
}

impl Columns for RawRows {
    fn count(&self) -> usize {
        self.len()
    }

    fn write(&mut self, out: &mut dyn Write) -> std::io::Result<()> {
        put(out, &mut self.time_ms, i64::to_le_bytes)?;
        self.mantissa.iter_mut().try_for_each(|column| put(out, column, i64::to_le_bytes))?;
        for column in &mut self.scale {
            let column = std::mem::take(column);
            out.write_all(&(column.len() as u64).to_le_bytes())?;
            out.write_all(&column)?;
        }
        put(out, &mut self.volume, f64::to_le_bytes)?;
        put(out, &mut self.row, u64::to_le_bytes)
    }

    fn read(&mut self, from: &mut dyn Read) -> std::io::Result<()> {
        self.time_ms = get(from, i64::from_le_bytes)?;
        for column in &mut self.mantissa {
            *column = get(from, i64::from_le_bytes)?;
        }
        for column in &mut self.scale {
            *column = vec![0; length(from)?];
            from.read_exact(column)?;
        }
        self.volume = get(from, f64::from_le_bytes)?;
        self.row = get(from, u64::from_le_bytes)?;
        Ok(())
    }
}

impl Columns for OwnedSeries {
    fn count(&self) -> usize {
        self.time_ms.len()
    }

    fn write(&mut self, out: &mut dyn Write) -> std::io::Result<()> {
        for column in [&mut self.time_ms, &mut self.open, &mut self.high, &mut self.low, &mut self.close] {
            put(out, column, i64::to_le_bytes)?;
        }
        // Whether there is a volume stays to be seen.
        match &mut self.volume {
            Some(volume) => put(out, volume, f64::to_le_bytes),
            None => Ok(()),
        }
    }

    fn read(&mut self, from: &mut dyn Read) -> std::io::Result<()> {
        for column in [&mut self.time_ms, &mut self.open, &mut self.high, &mut self.low, &mut self.close] {
            *column = get(from, i64::from_le_bytes)?;
        }
        if let Some(volume) = &mut self.volume {
            *volume = get(from, f64::from_le_bytes)?;
        }
        Ok(())
    }
}

fn put<T: Copy>(out: &mut dyn Write, column: &mut Vec<T>, bytes: fn(T) -> [u8; 8]) -> std::io::Result<()> {
    let column = std::mem::take(column);
    out.write_all(&(column.len() as u64).to_le_bytes())?;
    let mut block = Vec::with_capacity(8 * BLOCK);
    for values in column.chunks(BLOCK) {
        block.clear();
        values.iter().for_each(|value| block.extend_from_slice(&bytes(*value)));
        out.write_all(&block)?;
    }
    Ok(())
}

fn length(from: &mut dyn Read) -> std::io::Result<usize> {
    let mut length = [0; 8];
    from.read_exact(&mut length)?;
    usize::try_from(u64::from_le_bytes(length)).map_err(std::io::Error::other)
}

fn get<T>(from: &mut dyn Read, value: fn([u8; 8]) -> T) -> std::io::Result<Vec<T>> {
    let count = length(from)?;
    let mut column = Vec::with_capacity(count);
    let mut block = vec![0; 8 * BLOCK.min(count.max(1))];
    while column.len() < count {
        let bytes = &mut block[..8 * BLOCK.min(count - column.len())];
        from.read_exact(bytes)?;
        column.extend(bytes.as_chunks::<8>().0.iter().map(|bytes| value(*bytes)));
    }
    Ok(column)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rows_come_back_from_the_disk_as_they_were() {
        let dir = tempfile::tempdir().unwrap();
        let spill = Spill::new(&dir.path().join("data"), 10_000);
        let series = |name: &str, rows: i64, volume: bool| OwnedSeries {
            symbol: name.to_owned(),
            decimals: 2,
            interval_ms: 60_000,
            time_ms: (0..rows).collect(),
            open: (0..rows).map(|i| i * 7).collect(),
            high: (0..rows).map(|i| i * 11).collect(),
            low: (0..rows).map(|i| -i).collect(),
            close: (0..rows).map(|i| i64::MAX - i).collect(),
            volume: volume.then(|| (0..rows).map(|i| i as f64 / 3.0).collect()),
            funding: Vec::new(),
        };
        let all = [
            series("A", 9_000, true),
            series("B", 20_000, false),
            series("C", 8_193, true),
            series("D", 0, true),
        ];
        let held: Vec<_> = all.iter().map(|s| spill.hold(s.clone()).unwrap()).collect();
        assert!(matches!(held[0], Held::Kept(_)) && matches!(held[1], Held::Spilled(..)));
        assert_eq!(held[2].bare().symbol, "C");
        for (held, series) in held.into_iter().zip(&all).rev() {
            held.look(&spill, |seen| assert_eq!(seen.to_owned(), *series)).unwrap();
            assert_eq!(spill.take(held).unwrap(), *series);
        }
        assert_eq!(std::fs::read_dir(dir.path().join("data")).unwrap().count(), 0, "the file has no name");
    }
}
