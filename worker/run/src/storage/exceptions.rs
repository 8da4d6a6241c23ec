//! `exceptions.jsonl`: why individuals were set aside. The ledger says that they were, and is what a run continues
//! from; this file keeps the reason and the named genome, one JSON document a line, so that a person can try again.

use std::collections::BTreeMap;
use std::fs::OpenOptions;
use std::io::{Read, Seek, SeekFrom, Write};
use std::path::Path;

use galapagos_crds::GeneValue;
use serde::{Deserialize, Serialize};

use super::StorageError;

/// The name inside the run folder.
pub const FILE: &str = "exceptions.jsonl";

/// An individual that no attempt could evaluate.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct ExceptionLine {
    /// Number of its generation, from 0.
    pub generation: u32,
    /// Its index inside the generation.
    pub index: u32,
    /// Name of its strategy.
    pub strategy: String,
    /// The value of each gene, by its name.
    pub genome: BTreeMap<String, GeneValue>,
    /// Why: a panic's message, or the time limit.
    pub problem: String,
}

/// Appends a line and makes it durable.
///
/// # Errors
/// The file cannot be written.
pub fn append(folder: &Path, line: &ExceptionLine) -> Result<(), StorageError> {
    let path = folder.join(FILE);
    let mut file = OpenOptions::new()
        .read(true)
        .append(true)
        .create(true)
        .open(&path)
        .map_err(StorageError::io("open", &path))?;
    let mut bytes = Vec::new();
    if ends_torn(&mut file).map_err(StorageError::io("read", &path))? {
        bytes.push(b'\n');
    }
    serde_json::to_writer(&mut bytes, line).map_err(StorageError::json(&path))?;
    bytes.push(b'\n');
    file.write_all(&bytes).and_then(|()| file.sync_data()).map_err(StorageError::io("write", &path))
}

/// Whether a kill has left the last line without its end.
fn ends_torn(file: &mut std::fs::File) -> std::io::Result<bool> {
    if file.metadata()?.len() == 0 {
        return Ok(false);
    }
    let mut last = [0];
    file.seek(SeekFrom::End(-1))?;
    file.read_exact(&mut last)?;
    Ok(last != *b"\n")
}

/// The lines, in the order they were written; torn and damaged ones are left out. An individual may be there twice, after a kill
/// between this file and the ledger.
///
/// # Errors
/// The file is there and cannot be read.
pub fn read(folder: &Path) -> Result<Vec<ExceptionLine>, StorageError> {
    let path = folder.join(FILE);
    // Not as text: one byte that is no UTF-8 would cost every line.
    match std::fs::read(&path) {
        Ok(bytes) => {
            let lines = bytes.split(|&b| b == b'\n');
            Ok(lines.filter_map(|line| serde_json::from_slice(line).ok()).collect())
        }
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => Ok(Vec::new()),
        Err(error) => Err(StorageError::io("read", &path)(error)),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn line(index: u32) -> ExceptionLine {
        ExceptionLine {
            generation: 1,
            index,
            strategy: "sma_crossover".to_owned(),
            genome: BTreeMap::from([("fast_period".to_owned(), "5".parse().unwrap())]),
            problem: "took longer than 1 s\nand more".to_owned(),
        }
    }

    #[test]
    fn lines_are_read_as_they_were_written() {
        let folder = tempfile::tempdir().unwrap();
        assert_eq!(read(folder.path()).unwrap(), []);
        for index in 0..3 {
            append(folder.path(), &line(index)).unwrap();
        }
        assert_eq!(read(folder.path()).unwrap(), [line(0), line(1), line(2)]);
    }

    #[test]
    fn a_flipped_bit_anywhere_costs_no_line_but_its_own() {
        let folder = tempfile::tempdir().unwrap();
        (0..3).for_each(|index| append(folder.path(), &line(index)).unwrap());
        let path = folder.path().join(FILE);
        let good = std::fs::read(&path).unwrap();
        let length = good.len() / 3;
        for (at, bit) in (length..2 * length - 1).flat_map(|at| (0..8).map(move |bit| (at, bit))) {
            let mut bad = good.clone();
            bad[at] ^= 1 << bit;
            std::fs::write(&path, bad).unwrap();
            let lines = read(folder.path()).unwrap();
            assert!(lines.first() == Some(&line(0)) && lines.last() == Some(&line(2)), "byte {at} bit {bit}");
        }
    }

    #[test]
    fn a_torn_line_costs_no_other() {
        let folder = tempfile::tempdir().unwrap();
        append(folder.path(), &line(0)).unwrap();
        let path = folder.path().join(FILE);
        let mut torn = std::fs::read(&path).unwrap();
        torn.extend(br#"{"generation":1,"ind"#);
        std::fs::write(&path, torn).unwrap();
        append(folder.path(), &line(1)).unwrap();
        assert_eq!(read(folder.path()).unwrap(), [line(0), line(1)]);
    }
}
