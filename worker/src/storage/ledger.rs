//! The ledger: every distinct evaluation of a run, append-only. Memo (nothing is evaluated twice) and journal
//! (a killed run repeats nothing it had finished) in one.
//!
//! File: header `GLPL` | u16 format | u16 0 | u32 ENGINE | inputs digest (32 bytes) | u32 CRC of these 44 bytes;
//! then records: u32 length | u32 CRC over length and payload | payload ([`super::record`]).
//!
//! In memory there is only (genome hash -> offset), 24 bytes a record besides the map's spare room; records are
//! read back from the file. A torn tail and a flipped bit look alike: the first record that does not check ends
//! the ledger, the rest is cut off and evaluated again.

use std::collections::HashMap;
use std::fs::{File, OpenOptions};
use std::hash::{BuildHasherDefault, Hasher};
use std::io::{BufReader, Read, Seek, SeekFrom};
use std::os::unix::fs::FileExt;
use std::path::{Path, PathBuf};

use super::StorageError;
use super::digest::Digest;
use super::record::{Reader, Record};

const MAGIC: &[u8; 4] = b"GLPL";
const FORMAT: u16 = 1;
const HEADER: u64 = 48;
/// No record comes near this: 255 genes and all metrics are under 2 KiB. A flipped length is caught early.
const LONGEST: u32 = 1 << 16;

/// Something a person should know, though the run goes on.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LedgerWarning {
    /// The ledger.
    pub path: PathBuf,
    /// Records kept.
    pub kept: u64,
    /// Bytes dropped after them.
    pub dropped_bytes: u64,
}

impl std::fmt::Display for LedgerWarning {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(
            f,
            "{}: {} damaged bytes after {} good records were dropped; what they held is evaluated again",
            self.path.display(),
            self.dropped_bytes,
            self.kept
        )
    }
}

/// Where a record lies.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Place {
    /// Generation and index.
    pub position: (u32, u32),
    /// For [`Ledger::read`].
    pub offset: u64,
}

/// The hash is uniform already: its low half is the map's hash.
#[derive(Default)]
struct Identity(u64);

impl Hasher for Identity {
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

/// An open ledger.
#[derive(Debug)]
pub struct Ledger {
    path: PathBuf,
    file: File,
    end: u64,
    records: u64,
    map: HashMap<(u64, u64), u64, BuildHasherDefault<Identity>>,
    writable: bool,
}

impl Ledger {
    /// Opens the run's own ledger for appending, or creates it. Damaged records are cut off; one with a foreign
    /// header (other inputs, other engine) is moved aside and started anew.
    pub fn open(
        path: &Path,
        engine: u32,
        inputs: &Digest,
    ) -> Result<(Ledger, Option<LedgerWarning>), StorageError> {
        let file = OpenOptions::new()
            .read(true)
            .write(true)
            .create(true)
            .truncate(false)
            .open(path)
            .map_err(StorageError::io("open", path))?;
        let size = file.metadata().map_err(StorageError::io("read", path))?.len();
        let header = header(engine, inputs);
        let mut ledger = Ledger {
            path: path.to_owned(),
            file,
            end: HEADER,
            records: 0,
            map: HashMap::default(),
            writable: true,
        };
        let mut warning = None;
        if size > 0 {
            if ledger.has_header(&header)? {
                ledger.scan(size)?;
            } else {
                ledger.end = 0;
            }
            if ledger.end < size {
                warning = Some(LedgerWarning {
                    path: path.to_owned(),
                    kept: ledger.records,
                    dropped_bytes: size - ledger.end,
                });
                ledger.file.set_len(ledger.end).map_err(StorageError::io("shorten", path))?;
            }
        }
        if size == 0 || ledger.end == 0 {
            ledger.file.write_all_at(&header, 0).map_err(StorageError::io("write", path))?;
            ledger.end = HEADER;
            ledger.sync()?;
            super::atomic::sync_parent(path)?;
        }
        Ok((ledger, warning))
    }

    /// Opens a sibling's ledger to look things up. `None` if there is none or it belongs to something else;
    /// whatever lies after its last good record (it may be growing) is ignored.
    pub fn open_sibling(path: &Path, engine: u32, inputs: &Digest) -> Option<Ledger> {
        let file = File::open(path).ok()?;
        let size = file.metadata().ok()?.len();
        let mut ledger = Ledger {
            path: path.to_owned(),
            file,
            end: HEADER,
            records: 0,
            map: HashMap::default(),
            writable: false,
        };
        if !ledger.has_header(&header(engine, inputs)).ok()? {
            return None;
        }
        ledger.scan(size).ok()?;
        Some(ledger)
    }

    /// Appends a record. It survives a kill of the process at once, a power cut after [`Ledger::sync`].
    pub fn append(&mut self, record: &Record) -> Result<(), StorageError> {
        debug_assert!(self.writable, "siblings are only read");
        let payload = record.encode();
        let mut bytes = Vec::with_capacity(payload.len() + 8);
        let length = (payload.len() as u32).to_le_bytes();
        bytes.extend_from_slice(&length);
        bytes.extend_from_slice(&checksum(length, &payload).to_le_bytes());
        bytes.extend_from_slice(&payload);
        self.file.write_all_at(&bytes, self.end).map_err(StorageError::io("append to", &self.path))?;
        self.index(record, self.end);
        self.end += bytes.len() as u64;
        self.records += 1;
        Ok(())
    }

    /// Makes all records durable.
    pub fn sync(&self) -> Result<(), StorageError> {
        self.file.sync_data().map_err(StorageError::io("flush", &self.path))
    }

    /// The evaluation of a genome, if there is one that still checks.
    pub fn get(&self, hash: u128) -> Option<Record> {
        self.read(*self.map.get(&key(hash))?)
    }

    /// The record at an offset, if it still checks.
    pub fn read(&self, offset: u64) -> Option<Record> {
        let mut head = [0; 8];
        self.file.read_exact_at(&mut head, offset).ok()?;
        let (length, crc) = split(head)?;
        let mut payload = vec![0; length as usize];
        self.file.read_exact_at(&mut payload, offset + 8).ok()?;
        (checksum(length.to_le_bytes(), &payload) == crc).then(|| Record::decode(&payload))?
    }

    /// Number of distinct genomes with an evaluation.
    pub fn distinct(&self) -> usize {
        self.map.len()
    }

    /// Length of the file in bytes: what a checkpoint vouches for.
    pub fn position(&self) -> u64 {
        self.end
    }

    /// Calls `visit` for every record from the start, in file order.
    pub fn for_each(&self, mut visit: impl FnMut(Record)) -> Result<(), StorageError> {
        self.visit(|record, _| visit(record))
    }

    fn visit(&self, visit: impl FnMut(Record, u64)) -> Result<(), StorageError> {
        let mut file = File::open(&self.path).map_err(StorageError::io("open", &self.path))?;
        file.seek(SeekFrom::Start(HEADER)).map_err(StorageError::io("read", &self.path))?;
        walk(BufReader::with_capacity(1 << 16, file), HEADER, self.end, visit)
            .map_err(StorageError::io("read", &self.path))?;
        Ok(())
    }

    /// Where the individuals of the first `generations` generations are, by generation and index: the canonical
    /// order, while the file has the order of arrival. A position that was written twice (after damage) counts once.
    pub fn places(&self, generations: u32) -> Result<Vec<Place>, StorageError> {
        let mut out = Vec::new();
        self.visit(|record, offset| {
            let position = record.position();
            if position.0 < generations {
                out.push(Place { position, offset });
            }
        })?;
        out.sort_unstable_by_key(|p| (p.position, p.offset));
        out.dedup_by_key(|p| p.position);
        Ok(out)
    }

    fn has_header(&self, expected: &[u8; HEADER as usize]) -> Result<bool, StorageError> {
        let mut found = [0; HEADER as usize];
        match self.file.read_exact_at(&mut found, 0) {
            Ok(()) => Ok(&found == expected),
            Err(e) if e.kind() == std::io::ErrorKind::UnexpectedEof => Ok(false),
            Err(e) => Err(StorageError::io("read", &self.path)(e)),
        }
    }

    fn scan(&mut self, size: u64) -> Result<(), StorageError> {
        let mut file = File::open(&self.path).map_err(StorageError::io("open", &self.path))?;
        file.seek(SeekFrom::Start(HEADER)).map_err(StorageError::io("read", &self.path))?;
        let input = BufReader::with_capacity(1 << 16, file);
        let mut records = 0;
        let map = &mut self.map;
        self.end = walk(input, HEADER, size, |record, offset| {
            records += 1;
            if let Record::Evaluated { identity, .. } = &record {
                map.entry(key(identity.hash)).or_insert(offset);
            }
        })
        .map_err(StorageError::io("read", &self.path))?;
        self.records = records;
        Ok(())
    }

    fn index(&mut self, record: &Record, offset: u64) {
        if let Record::Evaluated { identity, .. } = record {
            self.map.entry(key(identity.hash)).or_insert(offset);
        }
    }
}

/// Reads records from `offset` to `size`; returns where the last good one ends.
fn walk(
    mut input: impl Read,
    mut offset: u64,
    size: u64,
    mut visit: impl FnMut(Record, u64),
) -> std::io::Result<u64> {
    let mut payload = Vec::new();
    while size - offset >= 8 {
        let mut head = [0; 8];
        input.read_exact(&mut head)?;
        let Some((length, crc)) = split(head) else { break };
        if size - offset - 8 < u64::from(length) {
            break;
        }
        payload.resize(length as usize, 0);
        input.read_exact(&mut payload)?;
        if checksum(length.to_le_bytes(), &payload) != crc {
            break;
        }
        let Some(record) = Record::decode(&payload) else { break };
        visit(record, offset);
        offset += 8 + u64::from(length);
    }
    Ok(offset)
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

fn split(head: [u8; 8]) -> Option<(u32, u32)> {
    let mut input = Reader(&head);
    let length = input.u32()?;
    let crc = input.u32()?;
    (length <= LONGEST).then_some((length, crc))
}

fn checksum(length: [u8; 4], payload: &[u8]) -> u32 {
    let mut crc = crc32fast::Hasher::new();
    crc.update(&length);
    crc.update(payload);
    crc.finalize()
}

fn key(hash: u128) -> (u64, u64) {
    (hash as u64, (hash >> 64) as u64)
}
