//! Files and folders that appear whole or not at all: temporary name, fsync, rename, fsync of the folder.

use std::fs::{self, File};
use std::io::{BufWriter, Write};
use std::path::{Path, PathBuf};
use std::sync::LazyLock;
use std::time::{SystemTime, UNIX_EPOCH};

use rustix::fs::{CWD, RenameFlags, renameat_with};

use super::StorageError;

/// Suffix of names under which something is still being written; leftovers of a kill are removed by the next attempt.
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
    let (temporary, file) = beside(path, produce)?;
    file.sync_all().map_err(StorageError::io("flush", &temporary))?;
    drop(file);
    fs::rename(&temporary, path).map_err(StorageError::io("rename to", path))?;
    sync_parent(path)
}

/// As [`write`](write()) without waiting for the disk: other processes, and those after a kill of this one, see the old
/// content or the new. After a power cut there may be the old, the new, none or a part.
pub fn write_unflushed(path: &Path, bytes: &[u8]) -> Result<(), StorageError> {
    let (temporary, file) = beside(path, |out| out.write_all(bytes))?;
    drop(file);
    fs::rename(&temporary, path).map_err(StorageError::io("rename to", path))
}

/// Makes a file that [`write_unflushed`] wrote survive a power cut.
pub fn flush(path: &Path) -> Result<(), StorageError> {
    File::open(path).and_then(|file| file.sync_all()).map_err(StorageError::io("flush", path))?;
    sync_parent(path)
}

/// Writes a file of the temporary name.
fn beside(
    path: &Path,
    produce: impl FnOnce(&mut BufWriter<File>) -> std::io::Result<()>,
) -> Result<(PathBuf, File), StorageError> {
    let temporary = temporary_name(path);
    let file = File::create(&temporary).map_err(StorageError::io("create", &temporary))?;
    let mut out = BufWriter::new(file);
    produce(&mut out).map_err(StorageError::io("write", &temporary))?;
    let file = out.into_inner().map_err(|e| StorageError::io("write", &temporary)(e.into_error()))?;
    Ok((temporary, file))
}

/// Gives a finished folder its final name, after its files and itself were flushed. If there is one of that name, the
/// two are exchanged: a reader sees the old one or the new, and `from` is the old one then.
pub fn publish_folder(from: &Path, to: &Path) -> Result<(), StorageError> {
    sync_tree(from)?;
    if to.exists() {
        exchange(from, to)?;
    } else {
        fs::rename(from, to).map_err(StorageError::io("rename to", to))?;
    }
    sync_parent(to)
}

/// Exchanges the names of two folders.
pub fn exchange(a: &Path, b: &Path) -> Result<(), StorageError> {
    if renameat_with(CWD, a, CWD, b, RenameFlags::EXCHANGE).is_ok() {
        return Ok(());
    }
    // Not every file system can: then there is a moment without `b`.
    let aside = temporary_name(&a.with_extension("aside"));
    for (from, to) in [(b, aside.as_path()), (a, b), (&aside, a)] {
        fs::rename(from, to).map_err(StorageError::io("rename to", to))?;
    }
    Ok(())
}

/// The name beside `path` under which it is written first. It is this process's own: an older attempt that wakes up
/// writes to other files.
pub fn temporary_name(path: &Path) -> PathBuf {
    static OWN: LazyLock<String> = LazyLock::new(|| {
        let now = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
        let id = blake3::hash(format!("{} {}", std::process::id(), now.as_nanos()).as_bytes());
        format!(".{}{TEMPORARY}", &id.to_hex()[..8])
    });
    let mut name = path.file_name().unwrap_or_default().to_owned();
    name.push(OWN.as_str());
    path.with_file_name(name)
}

/// Removes what killed processes left under temporary names in `folder`. Also what living ones are writing: only for
/// whoever the folder belongs to.
pub fn remove_leftovers(folder: &Path) -> Result<(), StorageError> {
    for entry in fs::read_dir(folder).map_err(StorageError::io("list", folder))?.flatten() {
        let path = entry.path();
        if path.extension().is_some_and(|e| e == TEMPORARY.trim_start_matches('.')) {
            let removed = if path.is_dir() { fs::remove_dir_all(&path) } else { fs::remove_file(&path) };
            match removed {
                Err(e) if e.kind() != std::io::ErrorKind::NotFound => {
                    return Err(StorageError::io("remove", &path)(e));
                }
                _ => {}
            }
        }
    }
    Ok(())
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

    // Contract J1.
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

    // Contract J1.
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
