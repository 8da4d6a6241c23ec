//! The ledger: every distinct evaluation of a run, append-only. Memo (nothing is evaluated twice) and journal
//! (a killed run repeats nothing it had finished) in one.
//!
//! File: header `GLPL` | u16 format | u16 0 | u32 ENGINE | inputs digest (32 bytes) | u32 CRC of these 44 bytes;
//! then records: u32 length | u32 CRC over length and payload | payload ([`super::record`]). Formats N (written) and
//! N-1 are read; 1 is the first.
//!
//! In memory there is only (genome hash -> offset), 24 bytes a record besides the map's spare room; records are
//! read back from the file. Damage costs the records it touches and no other: its bytes are kept beside the ledger,
//! every record that checks stays, and what is missing is evaluated again.

use std::collections::HashMap;
use std::fs::{File, OpenOptions};
use std::hash::{BuildHasherDefault, Hasher};
use std::io::Write;
use std::ops::Range;
use std::os::unix::fs::FileExt;
use std::path::{Path, PathBuf};

use super::digest::Digest;
use super::reader::Reader;
use super::record::Record;
use super::salvage::{HEAD, longest, parse, put_frame, set_aside, walk};
use super::tail::Tail;
use super::{StorageError, atomic, reads_format};

const MAGIC: &[u8; 4] = b"GLPL";
/// The format written: N. Readers accept it and the one before.
const FORMAT: u16 = 1;
const HEADER: u64 = 48;
/// What is read at once at most.
const WINDOW: usize = 1 << 22;

/// Something a person should know, though the run goes on.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LedgerWarning {
    /// Path of the ledger.
    pub path: PathBuf,
    /// Whether it is a whole ledger of something else, not damage.
    pub foreign: bool,
    /// Number of records that were kept.
    pub kept: u64,
    /// Bytes that were no records.
    pub damaged_bytes: u64,
    /// Where they are now; `None`: cut off, since there was no room to keep them.
    pub aside: Option<PathBuf>,
}

impl std::fmt::Display for LedgerWarning {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let path = self.path.display();
        let (bytes, kept) = (self.damaged_bytes, self.kept);
        let rest = format!("{kept} good records were kept, and what is missing is evaluated again");
        match &self.aside {
            Some(aside) if self.foreign => write!(
                f,
                "{path}: belongs to another job, engine or version; it was kept as {}, and the run begins a new one",
                aside.display()
            ),
            Some(aside) => {
                write!(f, "{path}: {bytes} damaged bytes were moved to {}; {rest}", aside.display())
            }
            None => write!(
                f,
                "{path}: {bytes} damaged bytes at its end were cut off, since they could not be written elsewhere; {rest}"
            ),
        }
    }
}

/// What a header says of the file behind it.
enum Header {
    /// It is this run's, in the format written.
    Ours,
    /// It is this run's, in the format before.
    Older,
    /// It says, unharmed, that it is something else's.
    Foreign,
    /// Its CRC does not hold: it says nothing.
    Damaged,
}

/// Where a record lies.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct RecordLocation {
    /// Generation and index of the individual.
    pub position: (u32, u32),
    /// Offset in the file, for [`Ledger::read`].
    pub offset: u64,
}

/// The hash is uniform already: its low half is the map's hash.
#[derive(Default)]
struct IdentityHasher(u64);

impl Hasher for IdentityHasher {
    fn finish(&self) -> u64 {
        self.0
    }
    fn write(&mut self, bytes: &[u8]) {
        for chunk in bytes.chunks(8) {
            self.0 ^= chunk.iter().rev().fold(0, |n, &b| n << 8 | u64::from(b));
        }
    }
    fn write_u64(&mut self, n: u64) {
        self.0 ^= n;
    }
}

/// An open ledger: a file of records and a map from genome hash to offset.
#[derive(Debug)]
pub struct Ledger {
    path: PathBuf,
    tail: Tail,
    records: u64,
    map: HashMap<(u64, u64), u64, BuildHasherDefault<IdentityHasher>>,
    writable: bool,
}

impl Ledger {
    /// Opens the run's own ledger for appending, or creates it. Damage is set aside, also that of the header: the
    /// folder is named after the inputs, so what lies in it is this run's unless an unharmed header says otherwise. A
    /// foreign ledger is set aside as a whole.
    pub fn open(
        path: &Path,
        engine: u32,
        inputs: &Digest,
    ) -> Result<(Ledger, Option<LedgerWarning>), StorageError> {
        let file = open_own(path)?;
        let size = file.metadata().map_err(StorageError::io("read", path))?.len();
        let header = header(engine, inputs);
        let mut ledger = Ledger::new(path, file, true);
        if size == 0 {
            ledger.file().write_all_at(&header, 0).map_err(StorageError::io("write", path))?;
            ledger.sync()?;
            atomic::sync_parent(path)?;
            return Ok((ledger, None));
        }
        let found = ledger.header(&header)?;
        let foreign = matches!(found, Header::Foreign);
        let from = match found {
            Header::Ours | Header::Older => HEADER,
            Header::Damaged => 0,
            Header::Foreign => size,
        };
        let damaged = if foreign { std::iter::once(0..size).collect() } else { ledger.scan(from, size)? };
        let tail = match (&found, damaged.as_slice()) {
            (Header::Ours, [tail]) if tail.end == size => Some(tail.start),
            _ => None,
        };
        let mut warning = None;
        if !damaged.is_empty() {
            let aside = match set_aside(path, ledger.file(), &damaged) {
                // What a full volume cuts is the last append: no record is lost, and the run can go on.
                Err(_) if tail.is_some_and(|start| size - start < longest() as u64) => None,
                kept => Some(kept?),
            };
            warning = Some(LedgerWarning {
                path: path.to_owned(),
                foreign,
                kept: ledger.records,
                damaged_bytes: damaged.iter().map(|part| part.end - part.start).sum(),
                aside,
            });
        }
        match (&found, tail) {
            (Header::Ours, None) if damaged.is_empty() => ledger.tail.begin_at(size),
            (_, Some(start)) => {
                ledger.file().set_len(start).map_err(StorageError::io("shorten", path))?;
                ledger.tail.begin_at(start);
            }
            _ => ledger.rewrite(&header, from, size)?,
        }
        Ok((ledger, warning))
    }

    /// Opens a sibling's ledger to look things up. `None` if there is none or its header does not say that it has the
    /// same inputs and engine; damage, and whatever lies after its last good record (it may be growing), is passed
    /// over.
    pub fn open_sibling(path: &Path, engine: u32, inputs: &Digest) -> Option<Ledger> {
        let file = File::open(path).ok()?;
        let size = file.metadata().ok()?.len();
        let mut ledger = Ledger::new(path, file, false);
        if !matches!(ledger.header(&header(engine, inputs)).ok()?, Header::Ours | Header::Older) {
            return None;
        }
        ledger.scan(HEADER, size).ok()?;
        ledger.tail.begin_at(size);
        Some(ledger)
    }

    fn new(path: &Path, file: File, writable: bool) -> Ledger {
        let tail = Tail::new(file, HEADER);
        Ledger { path: path.to_owned(), tail, records: 0, map: HashMap::default(), writable }
    }

    fn file(&self) -> &File {
        self.tail.file()
    }

    /// Appends a record. It survives a kill of the process after [`Ledger::flush`], a power cut after [`Ledger::sync`].
    pub fn append(&mut self, record: &Record) -> Result<(), StorageError> {
        debug_assert!(self.writable, "siblings are only read");
        self.index(record, self.tail.end());
        self.tail.append(|out| put_frame(out, record)).map_err(StorageError::io("append to", &self.path))?;
        self.records += 1;
        Ok(())
    }

    /// Hands all records to the system.
    pub fn flush(&mut self) -> Result<(), StorageError> {
        self.tail.flush().map_err(StorageError::io("append to", &self.path))
    }

    /// Makes all records durable.
    pub fn sync(&mut self) -> Result<(), StorageError> {
        self.flush()?;
        self.file().sync_data().map_err(StorageError::io("flush", &self.path))
    }

    /// The file, for whoever makes durable what was handed to the system so far.
    pub fn to_sync(&self) -> Result<File, StorageError> {
        self.file().try_clone().map_err(StorageError::io("open", &self.path))
    }

    /// The evaluation of a genome, if there is one that still checks.
    pub fn get(&self, hash: u128) -> Option<Record> {
        self.read(*self.map.get(&key(hash))?)
    }

    /// The record at an offset, if it still checks.
    pub fn read(&self, offset: u64) -> Option<Record> {
        let mut head = [0; HEAD as usize];
        self.tail.read(&mut head, offset)?;
        let length = HEAD as usize + Reader(&head).u32()? as usize;
        if length > longest() {
            return None;
        }
        let mut bytes = vec![0; length];
        self.tail.read(&mut bytes, offset)?;
        Some(parse(&bytes)?.0)
    }

    /// Calls `visit` for the record of each location that still checks, in their order. Records that lie near each other
    /// are read at once.
    pub fn read_each(&self, locations: &[RecordLocation], mut visit: impl FnMut((u32, u32), Record)) {
        let offsets = || locations.iter().map(|location| location.offset);
        let (first, last) = (offsets().min().unwrap_or(0), offsets().max().unwrap_or(0));
        let end = self.tail.end().min(last.saturating_add(longest() as u64));
        let size = usize::try_from(end.saturating_sub(first)).unwrap_or(usize::MAX);
        let mut bytes = Vec::new();
        if size <= WINDOW {
            bytes.resize(size, 0);
            if self.tail.read(&mut bytes, first).is_none() {
                bytes.clear();
            }
        }
        for location in locations {
            let near = bytes.get((location.offset - first) as usize..).and_then(parse);
            if let Some(record) = near.map(|(record, _)| record).or_else(|| self.read(location.offset)) {
                visit(location.position, record);
            }
        }
    }

    /// Number of distinct genomes with an evaluation.
    pub fn distinct(&self) -> usize {
        self.map.len()
    }

    /// Length of the file in bytes: what a checkpoint vouches for.
    pub fn position(&self) -> u64 {
        self.tail.end()
    }

    /// Calls `visit` for every record that was handed to the system, from the start, in file order.
    pub fn for_each(&self, mut visit: impl FnMut(Record)) -> Result<(), StorageError> {
        self.visit(|record, _| visit(record))
    }

    fn visit(&self, visit: impl FnMut(Record, u64)) -> Result<(), StorageError> {
        walk(self.file(), HEADER, self.tail.written(), visit)
            .map_err(StorageError::io("read", &self.path))?;
        Ok(())
    }

    /// Where the individuals of the first `generations` generations are, by generation and index: the canonical
    /// order, while the file has the order of arrival. A position that was written twice (after damage) counts once.
    pub fn locations(&self, generations: u32) -> Result<Vec<RecordLocation>, StorageError> {
        let mut out = Vec::new();
        self.visit(|record, offset| {
            let position = record.position();
            if position.0 < generations {
                out.push(RecordLocation { position, offset });
            }
        })?;
        out.sort_unstable_by_key(|p| (p.position, p.offset));
        out.dedup_by_key(|p| p.position);
        Ok(out)
    }

    fn header(&self, expected: &[u8; HEADER as usize]) -> Result<Header, StorageError> {
        let mut found = [0; HEADER as usize];
        match self.file().read_exact_at(&mut found, 0) {
            Ok(()) => Ok(read_header(&found, expected, FORMAT)),
            Err(e) if e.kind() == std::io::ErrorKind::UnexpectedEof => Ok(Header::Damaged),
            Err(e) => Err(StorageError::io("read", &self.path)(e)),
        }
    }

    /// Finds the records; returns the parts that hold none.
    fn scan(&mut self, from: u64, size: u64) -> Result<Vec<Range<u64>>, StorageError> {
        let (mut records, map) = (0, &mut self.map);
        let damaged = walk(self.tail.file(), from, size, |record, offset| {
            records += 1;
            if let Record::Evaluated { identity, .. } = &record {
                map.entry(key(identity.hash)).or_insert(offset);
            }
        })
        .map_err(StorageError::io("read", &self.path))?;
        self.records = records;
        Ok(damaged)
    }

    /// Writes the good records, and nothing else, to a new file in place of this one.
    fn rewrite(&mut self, header: &[u8; HEADER as usize], from: u64, size: u64) -> Result<(), StorageError> {
        atomic::write_with(&self.path, |out| {
            out.write_all(header)?;
            let (mut copied, mut bytes) = (Ok(()), Vec::new());
            walk(self.file(), from, size, |record, _| {
                if copied.is_ok() {
                    bytes.clear();
                    put_frame(&mut bytes, &record);
                    copied = out.write_all(&bytes);
                }
            })?;
            copied
        })?;
        let file = open_own(&self.path)?;
        let end = file.metadata().map_err(StorageError::io("read", &self.path))?.len();
        self.tail = Tail::new(file, end);
        self.map.clear();
        self.scan(HEADER, end)?;
        Ok(())
    }

    fn index(&mut self, record: &Record, offset: u64) {
        if let Record::Evaluated { identity, .. } = record {
            self.map.entry(key(identity.hash)).or_insert(offset);
        }
    }
}

fn header(engine: u32, inputs: &Digest) -> [u8; HEADER as usize] {
    let mut out = [0; HEADER as usize];
    out[..4].copy_from_slice(MAGIC);
    out[4..6].copy_from_slice(&FORMAT.to_le_bytes());
    out[8..12].copy_from_slice(&engine.to_le_bytes());
    out[12..44].copy_from_slice(inputs.bytes());
    let crc = crc32fast::hash(&out[..44]);
    out[44..].copy_from_slice(&crc.to_le_bytes());
    out
}

/// What `found` is to a run whose header is `expected` and a reader of `format`.
fn read_header(found: &[u8; HEADER as usize], expected: &[u8; HEADER as usize], format: u16) -> Header {
    let number = |h: &[u8]| u16::from_le_bytes([h[4], h[5]]);
    if crc32fast::hash(&found[..44]).to_le_bytes() != found[44..] {
        return Header::Damaged;
    }
    let same = found[..4] == expected[..4] && found[6..44] == expected[6..44];
    match number(found) {
        n if !same || !reads_format(n, format) => Header::Foreign,
        n if n == format => Header::Ours,
        _ => Header::Older,
    }
}

fn open_own(path: &Path) -> Result<File, StorageError> {
    let mut options = OpenOptions::new();
    options.read(true).write(true).create(true).truncate(false);
    options.open(path).map_err(StorageError::io("open", path))
}

fn key(hash: u128) -> (u64, u64) {
    (hash as u64, (hash >> 64) as u64)
}
