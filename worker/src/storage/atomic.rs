//! Files and folders that appear whole or not at all: temporary name, fsync, rename, fsync of the folder.

use std::fs::{self, File};
use std::io::{BufWriter, Write};
use std::path::{Path, PathBuf};

use super::StorageError;

/// Suffix of names under which something is still being written; leftovers of a kill are overwritten.
pub const TEMPORARY: &str = ".tmp";

/// Writes `bytes` under `path` so that a reader sees the old content or the new, never a part.
pub fn write(path: &Path, bytes: &[u8]) -> Result<(), StorageError> {
    write_with(path, |out| out.write_all(bytes))
}

/// As [`write`](write()), for content produced piece by piece.
pub fn write_with(
    path: &Path,
    produce: impl FnOnce(&mut BufWriter<File>) -> std::io::Result<()>,
) -> Result<(), StorageError> {
    let temporary = temporary_name(path);
    let file = File::create(&temporary).map_err(StorageError::io("create", &temporary))?;
    let mut out = BufWriter::new(file);
    produce(&mut out).map_err(StorageError::io("write", &temporary))?;
    let file = out.into_inner().map_err(|e| StorageError::io("write", &temporary)(e.into_error()))?;
    file.sync_all().map_err(StorageError::io("flush", &temporary))?;
    drop(file);
    fs::rename(&temporary, path).map_err(StorageError::io("rename to", path))?;
    sync_parent(path)
}

/// Renames a finished folder to its final name, after its files and itself were flushed.
/// `to` must not exist.
pub fn publish_folder(from: &Path, to: &Path) -> Result<(), StorageError> {
    sync_tree(from)?;
    fs::rename(from, to).map_err(StorageError::io("rename to", to))?;
    sync_parent(to)
}

/// The name beside `path` under which it is written first.
pub fn temporary_name(path: &Path) -> PathBuf {
    let mut name = path.file_name().unwrap_or_default().to_owned();
    name.push(TEMPORARY);
    path.with_file_name(name)
}

/// Makes a rename or removal inside the folder of `path` durable.
pub fn sync_parent(path: &Path) -> Result<(), StorageError> {
    match path.parent().filter(|p| !p.as_os_str().is_empty()) {
        Some(parent) => sync_folder(parent),
        None => sync_folder(Path::new(".")),
    }
}

fn sync_folder(path: &Path) -> Result<(), StorageError> {
    File::open(path).and_then(|f| f.sync_all()).map_err(StorageError::io("flush", path))
}

fn sync_tree(folder: &Path) -> Result<(), StorageError> {
    for entry in fs::read_dir(folder).map_err(StorageError::io("list", folder))? {
        let path = entry.map_err(StorageError::io("list", folder))?.path();
        if path.is_dir() {
            sync_tree(&path)?;
        } else {
            File::open(&path).and_then(|f| f.sync_all()).map_err(StorageError::io("flush", &path))?;
        }
    }
    sync_folder(folder)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_failed_write_leaves_the_old_content() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("a");
        write(&path, b"old").unwrap();
        let failed = write_with(&path, |out| {
            out.write_all(b"ne")?;
            Err(std::io::Error::other("disk full"))
        });
        assert!(failed.is_err());
        assert_eq!(fs::read(&path).unwrap(), b"old");
    }

    #[test]
    fn a_leftover_of_a_kill_is_overwritten() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("a");
        fs::write(temporary_name(&path), b"half of a much longer text").unwrap();
        write(&path, b"whole").unwrap();
        assert_eq!(fs::read(&path).unwrap(), b"whole");
        assert!(!temporary_name(&path).exists());
    }
}
