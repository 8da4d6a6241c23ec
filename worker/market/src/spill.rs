//! Rows that wait for their turn on disk: however many rows the files of an import have, in however few files, it holds a
//! bounded number of them in memory.
//!
//! They lie in one nameless file below the data directory, which vanishes with the process.

use crate::error::{Error, Result};
use crate::raw::RawBlock;
use crate::series_blocks::SeriesBlock;
use std::borrow::Cow;
use std::collections::BTreeMap;
use std::fs::File;
use std::io::{BufReader, BufWriter, Read, Seek, SeekFrom, Write};
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

/// Rows that stay in memory, as they were read and as they were checked: some 250 MB each.
pub(crate) const KEPT_ROWS: usize = 4_000_000;

/// Bytes that are written or read at a time.
const BUFFER: usize = 1 << 16;

/// A place on disk for rows.
#[derive(Debug)]
pub(crate) struct Spill {
    folder: PathBuf,
    kept_rows: usize,
    in_memory: AtomicUsize,
    disk: Mutex<Disk>,
}

/// The file, and which parts of it are free again: by their length, since most blocks are as long as each other.
#[derive(Debug, Default)]
struct Disk {
    file: Option<File>,
    end: u64,
    free: BTreeMap<u64, Vec<u64>>,
}

/// A block of rows in memory or on disk. Its place is free again once it is dropped.
#[derive(Debug)]
pub(crate) struct Held<T> {
    spill: Arc<Spill>,
    rows: usize,
    /// The block; `None`: it lies at `at`.
    kept: Option<T>,
    at: u64,
    bytes: u64,
}

impl Spill {
    /// A place below `folder`, used once more than `kept_rows` are in memory.
    pub(crate) fn new(folder: &Path, kept_rows: usize) -> Self {
        Self {
            folder: folder.to_owned(),
            kept_rows,
            in_memory: AtomicUsize::new(0),
            disk: Mutex::new(Disk::default()),
        }
    }

    /// A place where all rows stay in memory.
    pub(crate) fn memory() -> Arc<Self> {
        Arc::new(Self::new(Path::new("."), usize::MAX))
    }

    /// Keeps `block`, in memory if there is room.
    ///
    /// # Errors
    /// `Io` if it cannot be written.
    pub(crate) fn hold<T: Columns>(self: &Arc<Self>, mut block: T) -> Result<Held<T>> {
        let rows = block.count();
        // The last block of a file has room for many more rows than it has, and rows are what is counted.
        block.shrink();
        if self.in_memory.fetch_add(rows, Ordering::Relaxed) + rows <= self.kept_rows {
            return Ok(Held { spill: self.clone(), rows, kept: Some(block), at: 0, bytes: 0 });
        }
        self.in_memory.fetch_sub(rows, Ordering::Relaxed);
        let bytes = block.bytes();
        let mut disk = self.disk();
        let at = disk.room(bytes);
        let write = |file: &mut File| {
            file.seek(SeekFrom::Start(at))?;
            let mut out = BufWriter::with_capacity(BUFFER, file);
            block.write(&mut out)?;
            out.flush()
        };
        if let Err(e) = self.file(&mut disk).and_then(write) {
            disk.free.entry(bytes).or_default().push(at);
            return Err(Error::io("write rows that wait", &self.folder, e));
        }
        Ok(Held { spill: self.clone(), rows, kept: None, at, bytes })
    }

    /// Reads what lies at `at`.
    fn read<R>(&self, at: u64, read: impl FnOnce(&mut dyn Read) -> std::io::Result<R>) -> Result<R> {
        let mut disk = self.disk();
        let from = |file: &mut File| {
            file.seek(SeekFrom::Start(at))?;
            read(&mut BufReader::with_capacity(BUFFER, file))
        };
        self.file(&mut disk).and_then(from).map_err(|e| Error::io("read rows that wait", &self.folder, e))
    }

    fn disk(&self) -> MutexGuard<'_, Disk> {
        self.disk.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn file<'a>(&self, disk: &'a mut Disk) -> std::io::Result<&'a mut File> {
        if disk.file.is_none() {
            std::fs::create_dir_all(&self.folder)?;
            disk.file = Some(tempfile::tempfile_in(&self.folder)?);
        }
        disk.file.as_mut().ok_or_else(|| std::io::Error::other("no file"))
    }
}

impl<T> Drop for Held<T> {
    fn drop(&mut self) {
        if self.bytes > 0 {
            self.spill.disk().free.entry(self.bytes).or_default().push(self.at);
        } else {
            self.spill.in_memory.fetch_sub(self.rows, Ordering::Relaxed);
        }
    }
}

impl<T: Columns> Held<T> {
    /// Number of rows.
    pub(crate) fn rows(&self) -> usize {
        self.rows
    }

    /// The block.
    ///
    /// # Errors
    /// `Io` if it cannot be read back.
    pub(crate) fn look(&self) -> Result<Cow<'_, T>> {
        match &self.kept {
            Some(block) => Ok(Cow::Borrowed(block)),
            None => self.read().map(Cow::Owned),
        }
    }

    /// The block, which is no longer held.
    ///
    /// # Errors
    /// As [`Held::look`].
    pub(crate) fn take(mut self) -> Result<T> {
        self.kept.take().map_or_else(|| self.read(), Ok)
    }

    /// The block in memory, if it is there.
    pub(crate) fn kept(&self) -> Option<&T> {
        self.kept.as_ref()
    }

    fn read(&self) -> Result<T> {
        self.spill.read(self.at, |from| T::read(from, self.rows, self.bytes))
    }

    /// The column at `index` of a block that lies on disk and whose columns are 64 bits wide.
    ///
    /// # Errors
    /// `Io` if it cannot be read back.
    pub(crate) fn read_column<N>(&self, index: usize, value: fn([u8; 8]) -> N) -> Result<Vec<N>> {
        let at = self.at + 8 * (index * self.rows) as u64;
        self.spill.read(at, |from| get(from, self.rows, value))
    }
}

impl Disk {
    /// A place for so many bytes that nothing else lies at.
    fn room(&mut self, bytes: u64) -> u64 {
        if let Some(at) = self.free.get_mut(&bytes).and_then(Vec::pop) {
            return at;
        }
        self.end += bytes;
        self.end - bytes
    }
}

/// What has columns that can be put aside. What is read has the columns that were written.
pub(crate) trait Columns: Clone {
    /// Number of rows.
    fn count(&self) -> usize;
    /// Length of what is written.
    fn bytes(&self) -> u64;
    /// Gives back room that no row takes.
    fn shrink(&mut self);
    /// Writes the columns.
    fn write(&self, out: &mut dyn Write) -> std::io::Result<()>;
    /// Reads back so many rows, of so many bytes.
    fn read(from: &mut dyn Read, rows: usize, bytes: u64) -> std::io::Result<Self>;
}

/// Bytes of a row as it was read, without its volume.
const RAW_BYTES: usize = 8 + 4 * 8 + 8 + 4;

impl Columns for RawBlock {
    fn count(&self) -> usize {
        self.time_ms.len()
    }

    fn shrink(&mut self) {
        let RawBlock { time_ms, mantissa, scale, volume, row } = self;
        time_ms.shrink_to_fit();
        mantissa.iter_mut().for_each(Vec::shrink_to_fit);
        scale.iter_mut().for_each(Vec::shrink_to_fit);
        volume.shrink_to_fit();
        row.shrink_to_fit();
    }

    fn bytes(&self) -> u64 {
        (RAW_BYTES * self.count() + 8 * self.volume.len()) as u64
    }

    fn write(&self, out: &mut dyn Write) -> std::io::Result<()> {
        put(out, &self.time_ms, i64::to_le_bytes)?;
        self.mantissa.iter().try_for_each(|column| put(out, column, i64::to_le_bytes))?;
        put(out, &self.row, u64::to_le_bytes)?;
        self.scale.iter().try_for_each(|column| out.write_all(column))?;
        put(out, &self.volume, f64::to_le_bytes)
    }

    fn read(from: &mut dyn Read, rows: usize, bytes: u64) -> std::io::Result<Self> {
        let mut block = Self { time_ms: get(from, rows, i64::from_le_bytes)?, ..Self::default() };
        for column in &mut block.mantissa {
            *column = get(from, rows, i64::from_le_bytes)?;
        }
        block.row = get(from, rows, u64::from_le_bytes)?;
        for column in &mut block.scale {
            *column = vec![0; rows];
            from.read_exact(column)?;
        }
        // Rows at the end may have no volume.
        let volumes = (bytes as usize).saturating_sub(RAW_BYTES * rows) / 8;
        block.volume = get(from, volumes, f64::from_le_bytes)?;
        Ok(block)
    }
}

impl Columns for SeriesBlock {
    fn count(&self) -> usize {
        self.time_ms.len()
    }

    fn shrink(&mut self) {
        let SeriesBlock { time_ms, open, high, low, close, volume } = self;
        [time_ms, open, high, low, close].into_iter().for_each(Vec::shrink_to_fit);
        volume.shrink_to_fit();
    }

    fn bytes(&self) -> u64 {
        8 * (5 * self.count() + self.volume.len()) as u64
    }

    fn write(&self, out: &mut dyn Write) -> std::io::Result<()> {
        self.ticks().into_iter().try_for_each(|column| put(out, column, i64::to_le_bytes))?;
        put(out, &self.volume, f64::to_le_bytes)
    }

    fn read(from: &mut dyn Read, rows: usize, bytes: u64) -> std::io::Result<Self> {
        let mut next = || get(from, rows, i64::from_le_bytes);
        let (time_ms, open, high, low, close) = (next()?, next()?, next()?, next()?, next()?);
        let volumes = (bytes as usize / 8).saturating_sub(5 * rows);
        Ok(Self { time_ms, open, high, low, close, volume: get(from, volumes, f64::from_le_bytes)? })
    }
}

fn put<T: Copy>(out: &mut dyn Write, column: &[T], bytes: fn(T) -> [u8; 8]) -> std::io::Result<()> {
    let mut piece = Vec::with_capacity(BUFFER);
    for values in column.chunks(BUFFER / 8) {
        piece.clear();
        piece.extend(values.iter().flat_map(|value| bytes(*value)));
        out.write_all(&piece)?;
    }
    Ok(())
}

fn get<T>(from: &mut dyn Read, rows: usize, value: fn([u8; 8]) -> T) -> std::io::Result<Vec<T>> {
    let mut column = Vec::with_capacity(rows);
    let mut piece = vec![0; 8 * rows.min(BUFFER / 8)];
    while column.len() < rows {
        let bytes = &mut piece[..8 * (rows - column.len()).min(BUFFER / 8)];
        from.read_exact(bytes)?;
        column.extend(bytes.as_chunks::<8>().0.iter().map(|bytes| value(*bytes)));
    }
    Ok(column)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::blocks::Blocks;

    fn block(rows: i64, volume: bool) -> SeriesBlock {
        SeriesBlock {
            time_ms: (0..rows).collect(),
            open: (0..rows).map(|i| i * 7).collect(),
            high: (0..rows).map(|i| i * 11).collect(),
            low: (0..rows).map(|i| -i).collect(),
            close: (0..rows).map(|i| i64::MAX - i).collect(),
            volume: if volume { (0..rows).map(|i| i as f64 / 3.0).collect() } else { Vec::new() },
        }
    }

    #[test]
    fn rows_come_back_from_the_disk_as_they_were() {
        let dir = tempfile::tempdir().unwrap();
        let spill = Arc::new(Spill::new(&dir.path().join("data"), 10_000));
        let all = [block(9_000, true), block(20_000, false), block(8_193, true)];
        let mut blocks = Blocks::new(&spill);
        all.iter().for_each(|block| blocks.push(block.clone()).unwrap());
        assert_eq!(blocks.rows(), 37_193);
        for (read, block) in blocks.iter().zip(&all) {
            assert_eq!(*read.unwrap(), *block);
        }
        assert_eq!(blocks.held()[2].read_column(4, i64::from_le_bytes).unwrap(), all[2].close);
        assert_eq!(std::fs::read_dir(dir.path().join("data")).unwrap().count(), 0, "the file has no name");
    }

    #[test]
    fn what_is_no_longer_needed_makes_room_in_memory_and_on_disk() {
        let dir = tempfile::tempdir().unwrap();
        let spill = Arc::new(Spill::new(dir.path(), 100));
        for _ in 0..10 {
            let mut blocks = Blocks::new(&spill);
            (0..5).for_each(|_| blocks.push(block(60, true)).unwrap());
        }
        assert_eq!(spill.in_memory.load(Ordering::Relaxed), 0);
        assert_eq!(spill.disk().end, 4 * 60 * 48, "one of five is kept");
    }
}
