//! Results in a folder: `<namespace>/<job>/<inputs digest>/<result digest>/`, which appears whole.

use std::fs::{self, File};
use std::io::{self, Read, Write};
use std::path::{Path, PathBuf};

use galapagos_run::storage::StorageError;
use galapagos_run::storage::atomic;
use galapagos_run::storage::lock::RunLock;
use galapagos_run::storage::run_folder::{MARK, ResultMark};

use crate::error::DeliveryError;
use crate::finished::Finished;
use crate::sink::{Outcome, Watch};

/// Against two deliveries into one folder, each of which removes what the other is writing.
const LOCK: &str = ".galapagos-export.lock";
/// Bytes copied between two looks at the progress.
const PIECE: usize = 1 << 20;

/// A folder of results, which nobody else delivers to.
#[derive(Debug)]
pub struct Folder {
    path: PathBuf,
    _lock: RunLock,
}

impl Folder {
    /// Makes and locks it.
    pub fn open(path: &Path) -> Result<Folder, DeliveryError> {
        fs::create_dir_all(path).map_err(StorageError::io("create", path))?;
        let lock = RunLock::take(&path.join(LOCK))?;
        Ok(Folder { path: path.to_owned(), _lock: lock })
    }

    /// Copies a result, unless it is there.
    pub fn deliver(&self, run: &Finished, watch: &dyn Watch) -> Result<Outcome, DeliveryError> {
        let target = run.place().iter().fold(self.path.clone(), |path, part| path.join(part));
        if target.exists() {
            let mark = fs::read(target.join(MARK)).ok();
            let mark = mark.and_then(|bytes| serde_json::from_slice::<ResultMark>(&bytes).ok());
            return match mark {
                Some(mark) if mark.digest == run.document.result_digest => Ok(Outcome::Present),
                // It only ever appears with its mark.
                _ => Err(DeliveryError::Taken {
                    place: target.display().to_string(),
                    problem: format!("its file {MARK} is missing or of another result"),
                }),
            };
        }
        watch.begins(&run.name(), run.bytes());
        let parent = target.parent().unwrap_or(&self.path);
        fs::create_dir_all(parent).map_err(StorageError::io("create", parent))?;
        atomic::remove_leftovers(parent)?;
        let temporary = atomic::temporary_name(&target);
        let copied =
            fill(run, &temporary, watch).and_then(|()| Ok(atomic::publish_folder(&temporary, &target)?));
        if copied.is_err() {
            let _ = fs::remove_dir_all(&temporary);
        }
        copied.map(|()| Outcome::Delivered)
    }
}

fn fill(run: &Finished, to: &Path, watch: &dyn Watch) -> Result<(), DeliveryError> {
    for (name, bytes) in &run.files {
        let path = to.join(name);
        let folder = path.parent().unwrap_or(to);
        fs::create_dir_all(folder).map_err(StorageError::io("create", folder))?;
        let copied = copy(&run.folder.join(name), &path, watch)?;
        if copied != *bytes {
            let problem = format!("{name} changed while it was read");
            return Err(DeliveryError::NotWhole { path: run.folder.clone(), problem });
        }
    }
    run.still_there()?;
    let mark = to.join(MARK);
    fs::write(&mark, run.mark_bytes()?).map_err(StorageError::io("write", &mark))?;
    Ok(())
}

fn copy(from: &Path, to: &Path, watch: &dyn Watch) -> Result<u64, DeliveryError> {
    let mut source = File::open(from).map_err(DeliveryError::read(from))?;
    let mut sink = File::create(to).map_err(StorageError::io("create", to))?;
    let mut piece = vec![0; PIECE];
    let mut copied = 0;
    loop {
        let got = match source.read(&mut piece) {
            Ok(0) => return Ok(copied),
            Err(e) if e.kind() == io::ErrorKind::Interrupted => continue,
            read => read.map_err(DeliveryError::read(from))?,
        };
        sink.write_all(&piece[..got]).map_err(StorageError::io("write", to))?;
        copied += got as u64;
        watch.advances(got as u64);
    }
}
