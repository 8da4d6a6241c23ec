//! The files of an open dataset, and whether they still hold what was read from them.
//!
//! Looked at before results are accepted, thus often, thus cheaply: inode, size and times. These also change where no
//! value does (a new owner or label, a hard link, the same data imported again), so a difference decides nothing: it
//! makes the digest be computed once more, and what matches is remembered in its new shape.

use crate::dataset::Dataset;
use crate::error::{Error, Result};
use crate::map::FileIdentity;
use std::path::{Path, PathBuf};
use std::sync::{PoisonError, RwLock};
use std::time::Duration;

/// Longer than a file system's clock stands still: two changes with this between them have two times.
const TICK: Duration = Duration::from_millis(20);

/// The files of one version of a dataset as they were when their digest was last computed.
#[derive(Debug)]
pub struct Files {
    dataset: String,
    digest: String,
    folder: PathBuf,
    seen: RwLock<Vec<(PathBuf, FileIdentity)>>,
}

impl Files {
    pub(crate) fn new(manifest: (&str, &str), folder: &Path, seen: Vec<(PathBuf, FileIdentity)>) -> Self {
        let (dataset, digest) = manifest;
        let (dataset, digest) = (dataset.to_owned(), digest.to_owned());
        Self { dataset, digest, folder: folder.to_owned(), seen: RwLock::new(seen) }
    }

    /// Fails if a value was changed since the dataset was opened; the file that was touched, if one was and the values
    /// are the same. Costs a look at each file, and reading all of them after one was touched.
    ///
    /// # Errors
    /// `Damaged` if the values are not those that were opened, `Missing` for a file that is gone.
    pub fn check_unchanged(&self) -> Result<Option<PathBuf>> {
        self.check_with(|| Ok(()))
    }

    /// The same; after a touch `also` has to agree.
    pub(crate) fn check_with(&self, also: impl FnOnce() -> Result<()>) -> Result<Option<PathBuf>> {
        if touched(&self.seen.read().unwrap_or_else(PoisonError::into_inner))?.is_none() {
            return Ok(None);
        }
        // Whoever comes meanwhile waits for the verdict: none may accept a result before it.
        let mut seen = self.seen.write().unwrap_or_else(PoisonError::into_inner);
        let Some(file) = touched(&seen)? else { return Ok(None) };
        // What is remembered must differ from whatever is written from now on.
        std::thread::sleep(TICK);
        let fresh = Dataset::open_folder(&self.folder, &self.dataset, &self.digest);
        let fresh = fresh.and_then(|fresh| also().map(|()| fresh)).map_err(|e| self.in_use(e, &file))?;
        *seen = fresh.files().snapshot();
        Ok(Some(file))
    }

    /// Their size in bytes.
    pub(crate) fn bytes(&self) -> u64 {
        self.seen.read().unwrap_or_else(PoisonError::into_inner).iter().map(|(_, file)| file.size()).sum()
    }

    /// The words for damage that came after the data were opened, with the file that showed it.
    fn in_use(&self, error: Error, touched: &Path) -> Error {
        let Error::Damaged { dataset, file, problem } = error else { return error };
        let file = if file == self.folder { touched.to_owned() } else { file };
        let problem =
            format!("was changed while it was in use; results computed from it are not valid ({problem})");
        Error::Damaged { dataset, file, problem }
    }

    fn snapshot(&self) -> Vec<(PathBuf, FileIdentity)> {
        self.seen.read().unwrap_or_else(PoisonError::into_inner).clone()
    }
}

fn touched(files: &[(PathBuf, FileIdentity)]) -> Result<Option<PathBuf>> {
    for (path, identity) in files {
        if FileIdentity::read(path)? != *identity {
            return Ok(Some(path.clone()));
        }
    }
    Ok(None)
}
