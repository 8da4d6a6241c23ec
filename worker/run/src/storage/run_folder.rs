//! The folder of one run, keyed by its inputs: the same job created again finds its checkpoint or its result.
//!
//! ```text
//! <root>/galapagos/runs/<namespace>/<job>/<64 hex digits of the inputs digest>/
//!   manifest.json  epochs/<n>  checkpoints/<generation>  evaluations.log  result/  RESULT
//!   walkforward/<i>/                the same of a window of walk-forward, but for epochs and result
//! <same>.lock                       one process at a time
//! <same>.old-<n>                    what --fresh moved away
//! ```
//! `RESULT` is the commit mark: it is written after `result/` is in place, and counts only if `result/DIGEST` says the
//! same. Nothing is removed before its successor is there, and an attempt that finds that a newer one has claimed the
//! folder puts back what it has replaced.

use std::fs::{self, OpenOptions};
use std::io::Write;
use std::path::{Path, PathBuf};
use std::time::Duration;

use serde::{Deserialize, Serialize};

use super::digest::Digest;
use super::lock::RunLock;
use super::{StorageError, atomic};

/// What to do about an earlier run with the same inputs.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Start {
    /// Continue it if there is one, else begin.
    Continue,
    /// Move it away and begin anew; ledgers of other jobs are not used either.
    Fresh,
    /// Continue it; an error if there is none.
    Resume,
}

/// Which run a folder belongs to: job and inputs.
#[derive(Clone, Debug)]
pub struct RunKey<'a> {
    /// Results or state folder.
    pub root: &'a Path,
    /// Namespace; `local` without a cluster.
    pub namespace: &'a str,
    /// Name of the job.
    pub job: &'a str,
    /// The inputs digest, which names the folder.
    pub inputs: Digest,
}

/// The commit mark of a finished run.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ResultMark {
    /// The result digest, with prefix.
    pub digest: String,
    /// Number of generations behind it.
    pub generation: u32,
    /// Why the run stopped.
    pub stopped_by: String,
}

#[derive(Serialize, Deserialize)]
struct Manifest {
    format: u32,
    job: String,
    namespace: String,
    inputs_digest: String,
    engine: u32,
}

/// An open run folder, locked against other processes until dropped.
#[derive(Debug)]
pub struct RunFolder {
    path: PathBuf,
    /// Where attempts claim the run: for a part of it that of the whole.
    epochs: PathBuf,
    job_folder: PathBuf,
    epoch: u64,
    siblings: bool,
    /// `None`: taken over from a process that did not let go of it.
    _lock: Option<RunLock>,
}

impl RunFolder {
    /// Opens or creates the folder, takes the lock and claims the next epoch (at least `attempt`).
    pub fn open(
        key: &RunKey<'_>,
        start: Start,
        engine: u32,
        attempt: u64,
    ) -> Result<RunFolder, StorageError> {
        let (job_folder, path) = paths(key)?;
        let lock = RunLock::take(&lock_path(&path))?;
        if start == Start::Fresh && path.exists() {
            move_away(&path)?;
        }
        if start == Start::Resume && !path.join(LEDGER).exists() {
            return Err(StorageError::NothingToResume { path });
        }
        let epoch = lay_out(&path, key, engine, attempt)?;
        let epochs = path.join(EPOCHS);
        Ok(RunFolder { path, epochs, job_folder, epoch, siblings: start != Start::Fresh, _lock: Some(lock) })
    }

    /// Opens the folder for a new attempt while an older one may still be alive: claims the next epoch first, which
    /// makes the older one leave, and waits up to `patience` for its lock. If it does not let go (a frozen process, a
    /// file system without locks) the ledger is replaced by a copy: what the older one still appends goes to a file
    /// that nobody reads.
    pub fn take_over(
        key: &RunKey<'_>,
        engine: u32,
        attempt: u64,
        patience: Duration,
    ) -> Result<RunFolder, StorageError> {
        let (job_folder, path) = paths(key)?;
        let epoch = lay_out(&path, key, engine, attempt)?;
        let lock = RunLock::wait(&lock_path(&path), patience)?;
        let epochs = path.join(EPOCHS);
        let folder = RunFolder { path, epochs, job_folder, epoch, siblings: true, _lock: lock };
        folder.check_epoch()?;
        if folder._lock.is_none() && folder.ledger().exists() {
            let bytes = fs::read(folder.ledger()).map_err(StorageError::io("read", &folder.ledger()))?;
            atomic::write(&folder.ledger(), &bytes)?;
        }
        Ok(folder)
    }

    /// The folder of a window of walk-forward, made if it is missing. It belongs to this attempt as the run does. What
    /// lies there of other windows is moved aside.
    ///
    /// # Errors
    /// It cannot be made.
    pub fn window(&self, index: u32, inputs: Digest, engine: u32) -> Result<RunFolder, StorageError> {
        let path = self.path.join(WALK_FORWARD).join(index.to_string());
        let identity = path.join("manifest.json");
        let (job, namespace) = (String::new(), String::new());
        let expected =
            Manifest { format: MANIFEST_FORMAT, job, namespace, inputs_digest: inputs.to_string(), engine };
        let bytes = fs::read(&identity).ok();
        let found = bytes.and_then(|bytes| serde_json::from_slice::<Manifest>(&bytes).ok());
        let same = |f: &Manifest| f.inputs_digest == expected.inputs_digest && f.engine == engine;
        if path.exists() && !found.as_ref().is_some_and(same) {
            move_away(&path)?;
        }
        let folder = RunFolder {
            epochs: self.epochs.clone(),
            job_folder: self.job_folder.clone(),
            epoch: self.epoch,
            siblings: false,
            _lock: None,
            path,
        };
        let checkpoints = folder.checkpoints();
        fs::create_dir_all(&checkpoints).map_err(StorageError::io("create", &checkpoints))?;
        if found.is_none_or(|f| !same(&f)) {
            let bytes = serde_json::to_vec_pretty(&expected).map_err(StorageError::json(&identity))?;
            atomic::write(&identity, &bytes)?;
        }
        for cleaned in [&folder.path, &checkpoints] {
            atomic::remove_leftovers(cleaned)?;
        }
        Ok(folder)
    }

    /// The folders of the windows of walk-forward that there are.
    pub fn windows(&self) -> Vec<PathBuf> {
        let entries = fs::read_dir(self.path.join(WALK_FORWARD)).into_iter().flatten().flatten();
        let paths = entries.map(|entry| entry.path());
        paths
            .filter(|p| p.file_name().and_then(|n| n.to_str()).is_some_and(|n| n.parse::<u32>().is_ok()))
            .collect()
    }

    /// Fails unless files can be made, written, flushed and removed below `root`.
    pub fn check_writable(root: &Path) -> Result<(), StorageError> {
        let folder = root.join("galapagos");
        fs::create_dir_all(&folder).map_err(StorageError::io("create", &folder))?;
        // One name for all: what a kill leaves is used again.
        let probe = folder.join(".write-test");
        fs::File::create(&probe)
            .and_then(|mut file| file.write_all(b"galapagos").and_then(|()| file.sync_all()))
            .map_err(StorageError::io("write", &probe))?;
        match fs::remove_file(&probe) {
            // Another coordinator that started just now has removed it.
            Err(e) if e.kind() == std::io::ErrorKind::NotFound => Ok(()),
            removed => removed.map_err(StorageError::io("remove", &probe)),
        }
    }

    /// Path of the folder.
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// The epoch this process claimed: leases carry it.
    pub fn epoch(&self) -> u64 {
        self.epoch
    }

    /// Fails when a newer attempt has claimed the folder (on shared volumes the lock may not reach it).
    pub fn check_epoch(&self) -> Result<(), StorageError> {
        let newest = newest_epoch(&self.epochs)?;
        if newest > self.epoch {
            return Err(StorageError::OlderEpoch { mine: self.epoch, newest });
        }
        Ok(())
    }

    /// Path of the folder with the checkpoints.
    pub fn checkpoints(&self) -> PathBuf {
        self.path.join(CHECKPOINTS)
    }

    /// Path of the ledger.
    pub fn ledger(&self) -> PathBuf {
        self.path.join(LEDGER)
    }

    /// Moves the ledger away: a run that another build began, and would have bred otherwise, begins anew.
    ///
    /// # Errors
    /// It cannot be moved.
    pub fn set_ledger_aside(&self) -> Result<(), StorageError> {
        move_away(&self.ledger())
    }

    /// Where the result lies once [`RunFolder::mark`] says so.
    pub fn result(&self) -> PathBuf {
        self.path.join(RESULT)
    }

    /// Ledgers of other jobs of this namespace with the same inputs, by rising job name.
    pub fn sibling_ledgers(&self) -> Vec<PathBuf> {
        let (Some(namespace), Some(inputs)) = (self.job_folder.parent(), self.path.file_name()) else {
            return Vec::new();
        };
        if !self.siblings {
            return Vec::new();
        }
        let mut out: Vec<PathBuf> = fs::read_dir(namespace)
            .into_iter()
            .flatten()
            .flatten()
            .map(|entry| entry.path())
            .filter(|job| *job != self.job_folder)
            .map(|job| job.join(inputs).join(LEDGER))
            .filter(|ledger| ledger.is_file())
            .collect();
        out.sort();
        out
    }

    /// The commit mark, if the run has finished.
    pub fn mark(&self) -> Option<ResultMark> {
        mark(&self.path)
    }

    /// Publishes a result: `fill` writes its files, [`DIGEST`] among them, into an empty temporary folder, then the
    /// folder and the mark are put in place. A kill in between leaves a mark that does not fit, so the next run writes
    /// the result again.
    pub fn publish<E: From<StorageError>>(
        &self,
        mark: &ResultMark,
        fill: impl FnOnce(&Path) -> Result<(), E>,
    ) -> Result<(), E> {
        let result = self.result();
        let temporary = atomic::temporary_name(&result);
        remove_folder(&temporary)?;
        fs::create_dir(&temporary).map_err(StorageError::io("create", &temporary))?;
        fill(&temporary)?;
        self.check_epoch()?;
        atomic::publish_folder(&temporary, &result)?;
        if let Err(older) = self.check_epoch() {
            // It may have slept since the last look: what it has just replaced is the newer attempt's.
            if temporary.exists() {
                atomic::exchange(&temporary, &result)?;
                remove_folder(&temporary)?;
            }
            return Err(older.into());
        }
        remove_folder(&temporary)?;
        let mark_path = self.path.join(MARK);
        let mut bytes = serde_json::to_vec(mark).map_err(StorageError::json(&mark_path))?;
        bytes.push(b'\n');
        atomic::write(&mark_path, &bytes)?;
        Ok(())
    }
}

/// Folder of a run folder with the result.
pub const RESULT: &str = "result";
const LEDGER: &str = "evaluations.log";
const CHECKPOINTS: &str = "checkpoints";
const WALK_FORWARD: &str = "walkforward";
const EPOCHS: &str = "epochs";
/// File of a run folder with the commit mark.
pub const MARK: &str = "RESULT";
/// File of a result with its digest.
pub const DIGEST: &str = "DIGEST";
const MANIFEST_FORMAT: u32 = 1;

/// The commit mark of the run in a folder, if it has finished.
pub fn mark(run: &Path) -> Option<ResultMark> {
    let bytes = fs::read(run.join(MARK)).ok()?;
    let mark: ResultMark = serde_json::from_slice(&bytes).ok()?;
    let digest = fs::read_to_string(run.join(RESULT).join(DIGEST)).ok()?;
    (digest.trim() == mark.digest).then_some(mark)
}

/// The folder of all runs of a job below a results or state folder, made if it is missing.
///
/// # Errors
/// A name that would leave the folder, or it cannot be made.
pub fn job_folder(root: &Path, namespace: &str, job: &str) -> Result<PathBuf, StorageError> {
    check_name("namespace", namespace)?;
    check_name("job", job)?;
    let folder = root.join("galapagos").join("runs").join(namespace).join(job);
    fs::create_dir_all(&folder).map_err(StorageError::io("create", &folder))?;
    Ok(folder)
}

fn paths(key: &RunKey<'_>) -> Result<(PathBuf, PathBuf), StorageError> {
    let job_folder = job_folder(key.root, key.namespace, key.job)?;
    let path = job_folder.join(key.inputs.hex());
    Ok((job_folder, path))
}

fn lock_path(path: &Path) -> PathBuf {
    path.with_extension("lock")
}

/// Makes what is missing and claims an epoch.
fn lay_out(path: &Path, key: &RunKey<'_>, engine: u32, attempt: u64) -> Result<u64, StorageError> {
    for folder in [path.to_owned(), path.join(EPOCHS), path.join(CHECKPOINTS)] {
        fs::create_dir_all(&folder).map_err(StorageError::io("create", &folder))?;
    }
    check_manifest(&path.join("manifest.json"), key, engine)?;
    let epoch = claim_epoch(&path.join(EPOCHS), attempt)?;
    for folder in [path.to_owned(), path.join(CHECKPOINTS)] {
        atomic::remove_leftovers(&folder)?;
    }
    Ok(epoch)
}

/// Fails unless `value` can be a folder of the layout: no name leads out of it.
///
/// # Errors
/// [`StorageError::BadName`].
pub fn check_name(what: &'static str, value: &str) -> Result<(), StorageError> {
    let good = value.starts_with(|c: char| c.is_ascii_lowercase() || c.is_ascii_digit())
        && value.chars().all(|c| c.is_ascii_lowercase() || c.is_ascii_digit() || "-_.".contains(c))
        && value.len() <= 253;
    if good { Ok(()) } else { Err(StorageError::BadName { what, value: value.to_owned() }) }
}

fn check_manifest(path: &Path, key: &RunKey<'_>, engine: u32) -> Result<(), StorageError> {
    let expected = Manifest {
        format: MANIFEST_FORMAT,
        job: key.job.to_owned(),
        namespace: key.namespace.to_owned(),
        inputs_digest: key.inputs.to_string(),
        engine,
    };
    let found = fs::read(path).ok().and_then(|bytes| serde_json::from_slice::<Manifest>(&bytes).ok());
    match found {
        Some(found) if found.inputs_digest == expected.inputs_digest && found.engine == engine => Ok(()),
        Some(found) => Err(StorageError::Foreign {
            path: path.to_owned(),
            found: format!("{} of engine {}", found.inputs_digest, found.engine),
            expected: format!("{} of engine {engine}", expected.inputs_digest),
        }),
        None => {
            let bytes = serde_json::to_vec_pretty(&expected).map_err(StorageError::json(path))?;
            atomic::write(path, &bytes)
        }
    }
}

fn claim_epoch(folder: &Path, attempt: u64) -> Result<u64, StorageError> {
    loop {
        let epoch = attempt.max(newest_epoch(folder)? + 1);
        let path = folder.join(epoch.to_string());
        match OpenOptions::new().write(true).create_new(true).open(&path) {
            Ok(mut file) => {
                writeln!(file, "attempt {attempt}")
                    .and_then(|()| file.sync_all())
                    .map_err(StorageError::io("write", &path))?;
                atomic::sync_parent(&path)?;
                return Ok(epoch);
            }
            Err(e) if e.kind() == std::io::ErrorKind::AlreadyExists => {}
            Err(e) => return Err(StorageError::io("create", &path)(e)),
        }
    }
}

fn newest_epoch(folder: &Path) -> Result<u64, StorageError> {
    let mut newest = 0;
    for entry in fs::read_dir(folder).map_err(StorageError::io("list", folder))? {
        let name = entry.map_err(StorageError::io("list", folder))?.file_name();
        newest = newest.max(name.to_str().and_then(|n| n.parse().ok()).unwrap_or(0));
    }
    Ok(newest)
}

fn move_away(path: &Path) -> Result<(), StorageError> {
    let name = path.file_name().and_then(|n| n.to_str()).unwrap_or_default();
    let old = (1u32..)
        .map(|n| path.with_file_name(format!("{name}.old-{n}")))
        .find(|p| !p.exists())
        .unwrap_or_else(|| path.with_extension("old"));
    fs::rename(path, &old).map_err(StorageError::io("move away", path))?;
    atomic::sync_parent(path)
}

fn remove_folder(path: &Path) -> Result<(), StorageError> {
    match fs::remove_dir_all(path) {
        Err(e) if e.kind() != std::io::ErrorKind::NotFound => Err(StorageError::io("remove", path)(e)),
        _ => Ok(()),
    }
}
