//! Read-only memory maps of dataset files. The only file of this crate with `unsafe`.
//!
//! A mapped file that is cut while it is in use kills the process with SIGBUS; files of a dataset are therefore
//! never written in place, only replaced by rename, and [`FileIdentity`] finds a file that was changed anyway.
#![allow(unsafe_code)]

use crate::error::{Error, Result};
use arrow::buffer::Buffer;
use memmap2::Mmap;
use std::fs::{File, Metadata};
use std::path::Path;
use std::ptr::NonNull;
use std::sync::Arc;

/// What tells one state of a file from another: device and inode, size, and times of change in nanoseconds.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct FileIdentity {
    device: u64,
    inode: u64,
    size: u64,
    modified_ns: i128,
    changed_ns: i128,
}

impl FileIdentity {
    /// The identity of the file at `path` now.
    ///
    /// # Errors
    /// `Missing` or `Io` if the system cannot say.
    pub fn read(path: &Path) -> Result<Self> {
        let meta = std::fs::metadata(path).map_err(|e| Error::io("read", path, e))?;
        Ok(Self::from_metadata(&meta))
    }

    #[cfg(unix)]
    fn from_metadata(meta: &Metadata) -> Self {
        use std::os::unix::fs::MetadataExt;
        let ns = |seconds: i64, nanos: i64| i128::from(seconds) * 1_000_000_000 + i128::from(nanos);
        Self {
            device: meta.dev(),
            inode: meta.ino(),
            size: meta.size(),
            modified_ns: ns(meta.mtime(), meta.mtime_nsec()),
            changed_ns: ns(meta.ctime(), meta.ctime_nsec()),
        }
    }

    #[cfg(not(unix))]
    fn from_metadata(meta: &Metadata) -> Self {
        let modified = meta.modified().ok().and_then(|t| t.duration_since(std::time::UNIX_EPOCH).ok());
        let modified_ns = modified.map_or(0, |d| d.as_nanos() as i128);
        Self { device: 0, inode: 0, size: meta.len(), modified_ns, changed_ns: modified_ns }
    }

    /// Size of the mapped file in bytes.
    pub fn size(&self) -> u64 {
        self.size
    }
}

/// Maps the file at `path` and returns its bytes with the identity it had before they were read.
///
/// # Errors
/// `Missing` or `Io` if the file cannot be opened or mapped.
pub(crate) fn map(path: &Path) -> Result<(Buffer, FileIdentity)> {
    let failed = |e| Error::io("read", path, e);
    let file = File::open(path).map_err(failed)?;
    let identity = FileIdentity::from_metadata(&file.metadata().map_err(failed)?);
    if identity.size == 0 {
        return Ok((Buffer::from_vec(Vec::<u8>::new()), identity));
    }
    // SAFETY: the map is private to this process and read-only; files of a dataset are immutable once renamed
    // into place. A foreign writer could still change bytes under us: the columns are plain numbers, for which
    // every bit pattern is a value, and `check_unchanged` refuses the results.
    let mmap = unsafe { Mmap::map(&file) }.map_err(failed)?;
    let (pointer, length) = (NonNull::from(mmap.as_ref()).cast::<u8>(), mmap.len());
    // SAFETY: pointer and length are those of the map, which the buffer's owner keeps alive.
    let buffer = unsafe { Buffer::from_custom_allocation(pointer, length, Arc::new(mmap)) };
    Ok((buffer, identity))
}
