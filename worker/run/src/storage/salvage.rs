//! Records among damage: where the good ones lie in a ledger, and a place for the bytes that are none.
//!
//! A ledger has no marks between its records. After damage the next place where length, CRC and layout all check is
//! the next record: that chance bytes do so has odds of one in four thousand million a place, before the layout is
//! looked at.

use std::fs::{self, File, OpenOptions};
use std::io::{self, Write};
use std::ops::Range;
use std::os::unix::fs::FileExt;
use std::path::{Path, PathBuf};

use super::reader::Reader;
use super::record::Record;
use super::{StorageError, atomic};

/// Bytes before a payload: its length and its CRC.
pub(super) const HEAD: u64 = 8;
/// 255 genes and all metrics are under 2 KiB: no record comes near this, and damage is searched cheaply.
const LONGEST: u32 = 1 << 12;
/// What is read at once.
const CHUNK: usize = 1 << 17;

/// Calls `visit` for every good record between `from` and `size`, in file order, with its offset; returns the parts
/// that hold none.
pub(super) fn walk(
    file: &File,
    from: u64,
    size: u64,
    mut visit: impl FnMut(Record, u64),
) -> io::Result<Vec<Range<u64>>> {
    let mut buffer = FileBuffer { file, size, base: from, bytes: Vec::new() };
    let mut damaged: Vec<Range<u64>> = Vec::new();
    let mut offset = from;
    while offset < size {
        match parse(buffer.at(offset)?) {
            Some((record, length)) => {
                visit(record, offset);
                offset += length;
            }
            None => {
                match damaged.last_mut() {
                    Some(part) if part.end == offset => part.end += 1,
                    _ => damaged.push(offset..offset + 1),
                }
                offset += 1;
            }
        }
    }
    Ok(damaged)
}

/// The record that `bytes` begin with, and how many bytes it takes with its head.
pub(super) fn parse(bytes: &[u8]) -> Option<(Record, u64)> {
    let mut input = Reader(bytes);
    let length = input.u32()?;
    let crc = input.u32()?;
    if length > LONGEST {
        return None;
    }
    let payload = input.take(length as usize)?;
    if checksum(length, payload) != crc {
        return None;
    }
    Some((Record::decode(payload)?, HEAD + u64::from(length)))
}

/// Appends a record with its head.
pub(super) fn put_frame(out: &mut Vec<u8>, record: &Record) {
    let start = out.len();
    out.extend_from_slice(&[0; HEAD as usize]);
    record.encode_to(out);
    let (head, payload) = out[start..].split_at_mut(HEAD as usize);
    let length = payload.len() as u32;
    head[..4].copy_from_slice(&length.to_le_bytes());
    head[4..].copy_from_slice(&checksum(length, payload).to_le_bytes());
}

/// The longest record with its head.
pub(super) const fn longest() -> usize {
    LONGEST as usize + HEAD as usize
}

fn checksum(length: u32, payload: &[u8]) -> u32 {
    let mut crc = crc32fast::Hasher::new();
    crc.update(&length.to_le_bytes());
    crc.update(payload);
    crc.finalize()
}

/// Copies parts of a file beside it, one after the other, under the first free name `<name>.damaged-<n>`.
pub(super) fn set_aside(path: &Path, file: &File, parts: &[Range<u64>]) -> Result<PathBuf, StorageError> {
    let (aside, mut out) = free_name(path)?;
    let copied = copy(path, file, parts, &aside, &mut out);
    if copied.is_err() {
        // Half a copy helps nobody, and on a full volume each start would add one.
        let _ = fs::remove_file(&aside);
    }
    copied.map(|()| aside)
}

fn copy(
    path: &Path,
    file: &File,
    parts: &[Range<u64>],
    aside: &Path,
    out: &mut File,
) -> Result<(), StorageError> {
    let mut chunk = vec![0; CHUNK];
    for part in parts {
        let mut at = part.start;
        while at < part.end {
            let n = ((part.end - at) as usize).min(CHUNK);
            file.read_exact_at(&mut chunk[..n], at).map_err(StorageError::io("read", path))?;
            out.write_all(&chunk[..n]).map_err(StorageError::io("write", aside))?;
            at += n as u64;
        }
    }
    out.sync_all().map_err(StorageError::io("flush", aside))?;
    atomic::sync_parent(aside)
}

fn free_name(path: &Path) -> Result<(PathBuf, File), StorageError> {
    for n in 1u32.. {
        let mut name = path.file_name().unwrap_or_default().to_owned();
        name.push(format!(".damaged-{n}"));
        let aside = path.with_file_name(name);
        match OpenOptions::new().write(true).create_new(true).open(&aside) {
            Ok(file) => return Ok((aside, file)),
            Err(e) if e.kind() == io::ErrorKind::AlreadyExists => {}
            Err(e) => return Err(StorageError::io("create", &aside)(e)),
        }
    }
    Err(StorageError::io("create", path)(io::ErrorKind::AlreadyExists.into()))
}

/// A stretch of a file in memory.
struct FileBuffer<'a> {
    file: &'a File,
    size: u64,
    base: u64,
    bytes: Vec<u8>,
}

impl FileBuffer<'_> {
    /// The bytes from `offset`: enough for any record, or all there are.
    fn at(&mut self, offset: u64) -> io::Result<&[u8]> {
        let wanted = (self.size - offset).min(longest() as u64);
        if offset < self.base || offset + wanted > self.base + self.bytes.len() as u64 {
            self.bytes.resize((self.size - offset).min(CHUNK as u64) as usize, 0);
            self.base = offset;
            self.file.read_exact_at(&mut self.bytes, offset)?;
        }
        Ok(&self.bytes[(offset - self.base) as usize..])
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_copy_that_fails_is_not_left_behind() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("l");
        fs::write(&path, [7; 100]).unwrap();
        let file = File::open(&path).unwrap();
        set_aside(&path, &file, &[0..10, 90..110]).unwrap_err();
        let names: Vec<_> = fs::read_dir(dir.path()).unwrap().map(|e| e.unwrap().file_name()).collect();
        assert_eq!(names, ["l"]);
    }
}
