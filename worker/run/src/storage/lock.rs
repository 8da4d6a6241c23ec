//! A lock file against two runs in one folder. The operating system releases it however the process ends.

use std::fs::{File, OpenOptions, TryLockError};
use std::path::Path;
use std::thread::sleep;
use std::time::{Duration, Instant};

use super::StorageError;

/// A lock can be waited for without a limit only; with one, it is asked for this often.
const POLL: Duration = Duration::from_millis(20);

/// Held for the life of a run.
#[derive(Debug)]
pub struct RunLock {
    _file: File,
}

impl RunLock {
    /// Takes the lock or says who would be disturbed. The file stays behind: removing it would let a third
    /// process lock a new file of the same name while a second still waits on the old one.
    pub fn take(path: &Path) -> Result<RunLock, StorageError> {
        let file = OpenOptions::new()
            .create(true)
            .truncate(false)
            .write(true)
            .open(path)
            .map_err(StorageError::io("open", path))?;
        match file.try_lock() {
            Ok(()) => Ok(RunLock { _file: file }),
            Err(TryLockError::WouldBlock) => Err(StorageError::Locked { path: path.to_owned() }),
            Err(TryLockError::Error(source)) => {
                Err(StorageError::Io { action: "lock", path: path.to_owned(), source })
            }
        }
    }

    /// Takes the lock as soon as its holder lets go; `None` if it does not within `patience`, or if the file system
    /// knows no locks.
    pub fn wait(path: &Path, patience: Duration) -> Result<Option<RunLock>, StorageError> {
        let until = Instant::now() + patience;
        loop {
            match RunLock::take(path) {
                Ok(lock) => return Ok(Some(lock)),
                Err(StorageError::Locked { .. }) if Instant::now() < until => sleep(POLL),
                Err(StorageError::Locked { .. } | StorageError::Io { action: "lock", .. }) => {
                    return Ok(None);
                }
                Err(other) => return Err(other),
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn two_runs_never_share_a_folder() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("lock");
        let first = RunLock::take(&path).unwrap();
        assert!(matches!(RunLock::take(&path), Err(StorageError::Locked { .. })));
        drop(first);
        RunLock::take(&path).unwrap();
    }
}
