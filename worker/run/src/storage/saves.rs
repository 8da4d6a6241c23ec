//! Which checkpoints are flushed to the disk, and which files stay.
//!
//! A checkpoint is written after each generation, so that a kill of the process costs at most the one under way. Flushing
//! it (ledger, file and folder) takes the disk 5 to 12 ms, which is several generations of a thousand individuals on
//! daily bars: generations that follow each other so quickly share one flush, and none waits for it unless it takes longer
//! than a second. What that leaves to a power cut is bounded by time.

use std::fs::File;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::thread::JoinHandle;
use std::time::{Duration, Instant};

use super::checkpoint::{Checkpoint, encode, list, path_of, remove};
use super::{StorageError, atomic};

/// A power cut costs a generation or this, whichever is longer, if the disk is quick.
const LEAST: Duration = Duration::from_millis(50);
/// The same if it is slow.
const MOST: Duration = Duration::from_secs(1);
/// A flush is followed by so many times the time it took.
const REST: u32 = 10;
/// Checkpoints that are kept of each kind, written and flushed: the newest may be damaged.
const KEEP: usize = 2;

/// The checkpoints of one attempt in one folder.
#[derive(Debug)]
pub struct Saves {
    folder: PathBuf,
    /// Generations of the newest that were flushed, oldest first.
    flushed: Vec<u32>,
    /// Generation of the newest, if it was not.
    unflushed: Option<u32>,
    /// The one that is being flushed.
    flushing: Option<Flush>,
    /// When the last flush ended, and how long it took.
    last: Option<(Instant, Duration)>,
}

/// A flush on a thread of its own.
#[derive(Debug)]
struct Flush {
    generation: u32,
    began: Instant,
    thread: JoinHandle<Result<(Instant, Duration), StorageError>>,
}

impl Saves {
    /// Nothing was flushed by this attempt yet.
    pub fn new(folder: PathBuf) -> Saves {
        Saves { folder, flushed: Vec::new(), unflushed: None, flushing: None, last: None }
    }

    /// Writes a checkpoint for whoever comes after a kill of this process. If a flush is due it begins, and ends while the
    /// run goes on: of `ledger`, for which the checkpoint vouches, then of the checkpoint. Answers how long the flush took
    /// that has ended since the last call.
    ///
    /// # Errors
    /// The folder cannot be written, or a flush that was begun before has failed.
    pub fn write(
        &mut self,
        engine: u32,
        checkpoint: &Checkpoint,
        ledger: impl FnOnce() -> Result<File, StorageError>,
    ) -> Result<Option<Duration>, StorageError> {
        // A disk that takes longer is waited for, or what a power cut may take would have no bound.
        let ended =
            self.flushing.take_if(|flush| flush.thread.is_finished() || flush.began.elapsed() >= MOST);
        let took = ended.map(|flush| self.end(flush)).transpose()?;
        let path = path_of(&self.folder, checkpoint.generation);
        atomic::write_unflushed(&path, &encode(engine, checkpoint))?;
        self.unflushed = Some(checkpoint.generation);
        if self.flushing.is_none() && self.last.is_none_or(|(ended, took)| ended.elapsed() >= rest(took)) {
            let (ledger, began) = (Arc::new(ledger()?), Instant::now());
            let (generation, its) = (checkpoint.generation, (Arc::clone(&ledger), path.clone()));
            match std::thread::Builder::new().spawn(move || flush(&its.0, &its.1)) {
                Ok(thread) => self.flushing = Some(Flush { generation, began, thread }),
                // The system has no more threads for this process.
                Err(_) => self.flushed(generation, flush(&ledger, &path)?)?,
            }
        }
        self.prune(checkpoint.generation)?;
        Ok(took)
    }

    /// Flushes the newest checkpoint, if it was not; the ledger was before.
    ///
    /// # Errors
    /// The folder cannot be written, or a flush that was begun before has failed.
    pub fn settle(&mut self) -> Result<(), StorageError> {
        if let Some(flush) = self.flushing.take() {
            self.end(flush)?;
        }
        let Some(generation) = self.unflushed else { return Ok(()) };
        let began = Instant::now();
        atomic::flush(&path_of(&self.folder, generation))?;
        self.flushed(generation, (Instant::now(), began.elapsed()))
    }

    /// Waits for a flush; how long it took.
    fn end(&mut self, flush: Flush) -> Result<Duration, StorageError> {
        let ended = flush.thread.join().unwrap_or_else(|panic| std::panic::resume_unwind(panic))?;
        self.flushed(flush.generation, ended)?;
        Ok(ended.1)
    }

    fn flushed(&mut self, generation: u32, ended: (Instant, Duration)) -> Result<(), StorageError> {
        self.unflushed.take_if(|newest| *newest == generation);
        self.flushed.retain(|&earlier| earlier < generation);
        self.flushed.push(generation);
        self.flushed.drain(..self.flushed.len().saturating_sub(KEEP));
        self.last = Some(ended);
        self.prune(self.unflushed.unwrap_or(generation))
    }

    /// Removes what is not needed any more. Later generations are not touched: this attempt may have slept, and they are
    /// its successor's then.
    fn prune(&self, newest: u32) -> Result<(), StorageError> {
        // What an earlier attempt has flushed stays until this one has.
        if self.flushed.is_empty() {
            return Ok(());
        }
        let flushing = self.flushing.as_ref().map(|flush| flush.generation);
        let mut useful = list(&self.folder)?;
        useful.retain(|(generation, _)| *generation <= newest);
        useful.truncate(useful.len().saturating_sub(KEEP));
        useful.retain(|(generation, _)| !self.flushed.contains(generation) && flushing != Some(*generation));
        useful.iter().try_for_each(|(_, path)| remove(path))
    }
}

/// Makes a checkpoint survive a power cut, and before it what it vouches for. Answers when it ended, and how long it took.
fn flush(ledger: &File, checkpoint: &Path) -> Result<(Instant, Duration), StorageError> {
    let began = Instant::now();
    ledger.sync_data().map_err(StorageError::io("flush the ledger of", checkpoint))?;
    atomic::flush(checkpoint)?;
    Ok((Instant::now(), began.elapsed()))
}

/// Time between two flushes if the last one took so long.
fn rest(took: Duration) -> Duration {
    took.saturating_mul(REST).clamp(LEAST, MOST)
}

#[cfg(test)]
mod tests {
    use std::fs;
    use std::path::Path;

    use super::*;
    use crate::storage::checkpoint::tests::sample;
    use crate::storage::checkpoint::{load_newest, remove_refused};

    fn generations(folder: &Path) -> Vec<u32> {
        list(folder).unwrap().into_iter().map(|(generation, _)| generation).collect()
    }

    fn newest(folder: &Path) -> (Option<Checkpoint>, usize) {
        let mut warnings = Vec::new();
        let found = load_newest(folder, 1, &mut warnings, |_| Ok(())).unwrap();
        (found, warnings.len())
    }

    fn write(saves: &mut Saves, generation: u32) {
        saves.write(1, &sample(generation), || Ok(tempfile::tempfile().unwrap())).unwrap();
    }

    /// Writes one, and waits until it and no later one is flushed.
    fn flush(saves: &mut Saves, generation: u32) {
        saves.last = None;
        write(saves, generation);
        saves.settle().unwrap();
    }

    #[test]
    fn the_newest_two_are_kept() {
        let dir = tempfile::tempdir().unwrap();
        let mut saves = Saves::new(dir.path().to_owned());
        for g in [8, 9, 10, 11] {
            flush(&mut saves, g);
        }
        assert_eq!(generations(dir.path()), [10, 11]);
        assert_eq!(newest(dir.path()), (Some(sample(11)), 0));
    }

    #[test]
    fn what_was_flushed_stays_until_the_one_after_the_next_is() {
        let dir = tempfile::tempdir().unwrap();
        let mut saves = Saves::new(dir.path().to_owned());
        flush(&mut saves, 3);
        (4..9).for_each(|g| write(&mut saves, g));
        assert!(saves.flushing.is_none(), "none is due so soon");
        assert_eq!(generations(dir.path()), [3, 7, 8]);
        flush(&mut saves, 9);
        assert_eq!(generations(dir.path()), [3, 8, 9]);
        (10..12).for_each(|g| write(&mut saves, g));
        assert_eq!(generations(dir.path()), [3, 9, 10, 11]);
        // What a power cut leaves of those that were not flushed.
        [10, 11].iter().for_each(|&g| fs::write(path_of(dir.path(), g), b"").unwrap());
        assert_eq!(newest(dir.path()), (Some(sample(9)), 2));
        write(&mut saves, 12);
        saves.settle().unwrap();
        assert_eq!(generations(dir.path()), [9, 11, 12]);
        saves.settle().unwrap();
        assert_eq!(saves.flushed, [9, 12]);
    }

    #[test]
    fn what_is_being_flushed_stays_however_many_follow_it() {
        let dir = tempfile::tempdir().unwrap();
        let mut saves = Saves::new(dir.path().to_owned());
        let (go, wait) = std::sync::mpsc::channel::<()>();
        flush(&mut saves, 1);
        // One that takes as long as it is told to.
        let thread = std::thread::spawn(move || {
            wait.recv().unwrap();
            Ok((Instant::now(), Duration::from_millis(1)))
        });
        write(&mut saves, 2);
        saves.flushing = Some(Flush { generation: 2, began: Instant::now(), thread });
        (3..7).for_each(|g| write(&mut saves, g));
        assert_eq!(generations(dir.path()), [1, 2, 5, 6]);
        go.send(()).unwrap();
        saves.settle().unwrap();
        assert_eq!(saves.flushed, [2, 6]);
        assert_eq!(generations(dir.path()), [2, 5, 6]);
    }

    #[test]
    fn what_an_attempt_before_has_flushed_stays_until_this_one_has() {
        let dir = tempfile::tempdir().unwrap();
        let mut before = Saves::new(dir.path().to_owned());
        [1, 2].iter().for_each(|&g| flush(&mut before, g));
        let mut saves = Saves::new(dir.path().to_owned());
        let (go, wait) = std::sync::mpsc::channel::<()>();
        write(&mut saves, 3);
        saves.flushing.take().unwrap().thread.join().unwrap().unwrap();
        let thread = std::thread::spawn(move || {
            wait.recv().unwrap();
            Ok((Instant::now(), Duration::from_millis(1)))
        });
        saves.flushing = Some(Flush { generation: 3, began: Instant::now(), thread });
        (4..8).for_each(|g| write(&mut saves, g));
        assert!(generations(dir.path()).starts_with(&[1, 2, 3]));
        go.send(()).unwrap();
        saves.settle().unwrap();
        assert_eq!(generations(dir.path()), [3, 6, 7]);
    }

    #[test]
    fn a_flush_that_failed_ends_the_run_at_the_next_checkpoint() {
        let dir = tempfile::tempdir().unwrap();
        let mut saves = Saves::new(dir.path().to_owned());
        let thread = std::thread::spawn(|| {
            Err(StorageError::io("flush", Path::new("x"))(std::io::Error::other("gone")))
        });
        while !thread.is_finished() {
            std::thread::yield_now();
        }
        saves.flushing = Some(Flush { generation: 2, began: Instant::now(), thread });
        let failed = saves.write(1, &sample(3), || Ok(tempfile::tempfile().unwrap())).unwrap_err();
        assert!(failed.to_string().contains("flush x"), "{failed}");
        let thread = std::thread::spawn(|| {
            Err(StorageError::io("flush", Path::new("x"))(std::io::Error::other("gone")))
        });
        saves.flushing = Some(Flush { generation: 2, began: Instant::now(), thread });
        assert!(saves.settle().is_err());
    }

    #[test]
    fn a_flush_takes_a_tenth_of_the_time_at_most_and_is_never_far_away() {
        assert_eq!(rest(Duration::from_micros(10)), Duration::from_millis(50));
        assert_eq!(rest(Duration::from_millis(12)), Duration::from_millis(120));
        assert_eq!(rest(Duration::from_secs(30)), Duration::from_secs(1));
    }

    #[test]
    fn what_a_run_begun_anew_saves_is_not_pushed_out_by_what_it_could_not_use() {
        let dir = tempfile::tempdir().unwrap();
        let mut saves = Saves::new(dir.path().to_owned());
        for g in [8, 9] {
            flush(&mut saves, g);
            fs::write(path_of(dir.path(), g), b"damaged").unwrap();
        }
        let mut refused = Vec::new();
        assert_eq!(load_newest(dir.path(), 1, &mut refused, |_| Ok(())).unwrap(), None);
        remove_refused(&refused).unwrap();
        remove_refused(&refused).unwrap();
        flush(&mut Saves::new(dir.path().to_owned()), 1);
        assert_eq!(newest(dir.path()), (Some(sample(1)), 0));
    }

    #[test]
    fn an_attempt_that_slept_removes_nothing_of_its_successor() {
        let dir = tempfile::tempdir().unwrap();
        let (mut old, mut new) = (Saves::new(dir.path().to_owned()), Saves::new(dir.path().to_owned()));
        [1, 2].iter().for_each(|&g| flush(&mut old, g));
        [7, 8].iter().for_each(|&g| flush(&mut new, g));
        flush(&mut old, 3);
        assert_eq!(newest(dir.path()), (Some(sample(8)), 0));
        assert!(path_of(dir.path(), 7).exists());
        flush(&mut new, 9);
        assert_eq!(generations(dir.path()), [8, 9]);
    }
}
