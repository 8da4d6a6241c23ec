//! Checkpoints: the state of a run at a generation boundary.
//!
//! File: `GLPC` | u16 format | u32 ENGINE | u64 length | payload | BLAKE3 of all bytes before it. Payload of
//! format 1: u32 generation | result digest (32) | u64 ledger position | u32 length + driver JSON | u64 length +
//! genetics state (opaque). The newest two are kept, and the newest two that were flushed ([`super::saves`]); a file
//! that does not check is skipped with a warning in favour of the one before. The reader accepts formats N and N-1 (1 is
//! the first).

use std::fs;
use std::io::ErrorKind;
use std::path::{Path, PathBuf};

use super::digest::Digest;
use super::reader::Reader;
use super::{StorageError, reads_format};

const MAGIC: &[u8; 4] = b"GLPC";
/// The format written. Readers accept it and the one before.
pub const FORMAT: u16 = 1;

/// Everything needed to continue a run to the same bytes, together with the ledger up to `ledger_position`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Checkpoint {
    /// Number of finished generations.
    pub generation: u32,
    /// The chain after them.
    pub digest: Digest,
    /// Bytes of the ledger that this checkpoint relies on.
    pub ledger_position: u64,
    /// The driver's own state (history, counters) as JSON.
    pub driver: Vec<u8>,
    /// The state of the evolution, opaque here.
    pub genetics: Vec<u8>,
}

/// Why a checkpoint was not used.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CheckpointWarning {
    /// Path of the checkpoint.
    pub path: PathBuf,
    /// What is wrong with it.
    pub problem: &'static str,
}

impl std::fmt::Display for CheckpointWarning {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{}: {}; falling back to the state before it", self.path.display(), self.problem)
    }
}

/// Removes what [`load_newest`] refused: the run does not continue from it, and it would be asked first again. Once, by
/// an attempt that begins and has just seen that it is the newest.
pub fn remove_refused(refused: &[CheckpointWarning]) -> Result<(), StorageError> {
    refused.iter().try_for_each(|warning| remove(&warning.path))
}

pub(super) fn remove(path: &Path) -> Result<(), StorageError> {
    match fs::remove_file(path) {
        // Another attempt was quicker.
        Err(e) if e.kind() == ErrorKind::NotFound => Ok(()),
        removed => removed.map_err(StorageError::io("remove", path)),
    }
}

/// All checkpoints that check, newest first, lazily; every refused one is reported in `warnings`.
pub fn load_newest(
    folder: &Path,
    engine: u32,
    warnings: &mut Vec<CheckpointWarning>,
    mut accept: impl FnMut(&Checkpoint) -> Result<(), &'static str>,
) -> Result<Option<Checkpoint>, StorageError> {
    for (generation, path) in list(folder)?.into_iter().rev() {
        let verdict = fs::read(&path)
            .map_err(|_| "cannot be read")
            .and_then(|bytes| decode(engine, &bytes))
            .and_then(|c| {
                if c.generation == generation {
                    Ok(c)
                } else {
                    Err("carries another generation than its name")
                }
            })
            .and_then(|c| accept(&c).map(|()| c));
        match verdict {
            Ok(checkpoint) => return Ok(Some(checkpoint)),
            Err(problem) => warnings.push(CheckpointWarning { path, problem }),
        }
    }
    Ok(None)
}

/// The bytes of a checkpoint file.
pub fn encode(engine: u32, c: &Checkpoint) -> Vec<u8> {
    let mut payload = Vec::with_capacity(64 + c.driver.len() + c.genetics.len());
    payload.extend_from_slice(&c.generation.to_le_bytes());
    payload.extend_from_slice(c.digest.bytes());
    payload.extend_from_slice(&c.ledger_position.to_le_bytes());
    payload.extend_from_slice(&(c.driver.len() as u32).to_le_bytes());
    payload.extend_from_slice(&c.driver);
    payload.extend_from_slice(&(c.genetics.len() as u64).to_le_bytes());
    payload.extend_from_slice(&c.genetics);

    let mut out = Vec::with_capacity(payload.len() + 64);
    out.extend_from_slice(MAGIC);
    out.extend_from_slice(&FORMAT.to_le_bytes());
    out.extend_from_slice(&engine.to_le_bytes());
    out.extend_from_slice(&(payload.len() as u64).to_le_bytes());
    out.extend_from_slice(&payload);
    let digest = Digest::hash(&out);
    out.extend_from_slice(digest.bytes());
    out
}

/// Reads a checkpoint file, whatever its bytes.
///
/// # Errors
/// What is wrong, in words.
pub fn decode(engine: u32, bytes: &[u8]) -> Result<Checkpoint, &'static str> {
    let torn = "is cut off";
    let mut input = Reader(bytes);
    if input.take(4).ok_or(torn)? != MAGIC {
        return Err("is not a checkpoint");
    }
    let format = input.u16().ok_or(torn)?;
    if !reads_format(format, FORMAT) {
        return Err("has a format this version does not read");
    }
    if input.u32().ok_or(torn)? != engine {
        return Err("was written by another engine");
    }
    let length = usize::try_from(input.u64().ok_or(torn)?).map_err(|_| torn)?;
    let payload = input.take(length).ok_or(torn)?;
    let digest = input.take(32).ok_or(torn)?;
    if !input.0.is_empty() {
        return Err("has bytes after its end");
    }
    if Digest::hash(&bytes[..bytes.len() - 32]).bytes() != digest {
        return Err("does not match its digest");
    }
    decode_payload(payload).ok_or("has a malformed payload")
}

fn decode_payload(payload: &[u8]) -> Option<Checkpoint> {
    let mut input = Reader(payload);
    let generation = input.u32()?;
    let digest = Digest::new(input.take(32)?.try_into().ok()?);
    let ledger_position = input.u64()?;
    let driver = input.u32().and_then(|n| input.take(n as usize))?.to_vec();
    let genetics = input.u64().and_then(|n| input.take(usize::try_from(n).ok()?))?.to_vec();
    input.0.is_empty().then_some(Checkpoint { generation, digest, ledger_position, driver, genetics })
}

pub(super) fn path_of(folder: &Path, generation: u32) -> PathBuf {
    folder.join(generation.to_string())
}

/// Checkpoint files by rising generation; other names (temporary files) are passed over.
pub(super) fn list(folder: &Path) -> Result<Vec<(u32, PathBuf)>, StorageError> {
    let mut out = Vec::new();
    for entry in fs::read_dir(folder).map_err(StorageError::io("list", folder))? {
        let path = entry.map_err(StorageError::io("list", folder))?.path();
        let generation = path.file_name().and_then(|n| n.to_str()).and_then(|n| n.parse().ok());
        out.extend(generation.map(|g| (g, path)));
    }
    out.sort();
    Ok(out)
}

#[cfg(test)]
pub(super) mod tests {
    use super::*;
    use proptest::prelude::*;

    pub(in crate::storage) fn sample(generation: u32) -> Checkpoint {
        Checkpoint {
            generation,
            digest: Digest::hash(b"h"),
            ledger_position: 48,
            driver: b"{}".to_vec(),
            genetics: vec![1, 2, 3, 4],
        }
    }

    // Contract J3.
    #[test]
    fn another_engine_is_refused() {
        assert!(decode(2, &encode(1, &sample(1))).is_err());
    }

    proptest! {
        #[test]
        fn garbage_is_refused_without_panic(bytes in proptest::collection::vec(any::<u8>(), 0..200)) {
            prop_assert!(decode(1, &bytes).is_err());
        }

        // Contract J3.
        #[test]
        fn one_flipped_bit_falls_back_to_the_one_before(position in 0usize..1000, bit in 0u8..8, cut in any::<bool>()) {
            let dir = tempfile::tempdir().unwrap();
            fs::write(path_of(dir.path(), 1), encode(1, &sample(1))).unwrap();
            let mut bytes = encode(1, &sample(2));
            let at = position % bytes.len();
            if cut { bytes.truncate(at) } else { bytes[at] ^= 1 << bit }
            fs::write(path_of(dir.path(), 2), &bytes).unwrap();
            let mut warnings = Vec::new();
            let found = load_newest(dir.path(), 1, &mut warnings, |_| Ok(())).unwrap();
            prop_assert_eq!((found, warnings.len()), (Some(sample(1)), 1));
        }
    }
}
