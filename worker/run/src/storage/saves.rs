//! Which checkpoints are flushed to the disk, and which files stay.
//!
//! A checkpoint is written after each generation, so that a kill of the process costs at most the one under way. Flushing
//! it (ledger, file and folder) takes the disk 5 to 12 ms, which is several generations of a thousand individuals on
//! daily bars: generations that follow each other so quickly share one flush. What that leaves to a power cut is bounded
//! by time.

use std::path::PathBuf;
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
    /// When the last flush ended, and how long it took.
    last: Option<(Instant, Duration)>,
}

impl Saves {
    /// Nothing was flushed by this attempt yet.
    pub fn new(folder: PathBuf) -> Saves {
        Saves { folder, flushed: Vec::new(), unflushed: None, last: None }
    }

    /// Whether the next checkpoint is to be flushed.
    pub fn is_due(&self) -> bool {
        self.last.is_none_or(|(ended, took)| ended.elapsed() >= rest(took))
    }

    /// Writes a checkpoint for whoever comes after a kill of this process.
    ///
    /// # Errors
    /// The folder cannot be written.
    pub fn write(&mut self, engine: u32, checkpoint: &Checkpoint) -> Result<(), StorageError> {
        atomic::write_unflushed(&path_of(&self.folder, checkpoint.generation), &encode(engine, checkpoint))?;
        self.unflushed = Some(checkpoint.generation);
        self.prune(checkpoint.generation)
    }

    /// Writes a checkpoint for whoever comes after a power cut too. The ledger, for which it vouches, was flushed before;
    /// `began` is when that was begun.
    ///
    /// # Errors
    /// The folder cannot be written.
    pub fn flush(
        &mut self,
        engine: u32,
        checkpoint: &Checkpoint,
        began: Instant,
    ) -> Result<(), StorageError> {
        atomic::write(&path_of(&self.folder, checkpoint.generation), &encode(engine, checkpoint))?;
        self.flushed(checkpoint.generation, began)
    }

    /// Flushes the newest checkpoint, if it was not.
    ///
    /// # Errors
    /// The folder cannot be written.
    pub fn settle(&mut self) -> Result<(), StorageError> {
        let Some(generation) = self.unflushed else { return Ok(()) };
        let began = Instant::now();
        atomic::flush(&path_of(&self.folder, generation))?;
        self.flushed(generation, began)
    }

    fn flushed(&mut self, generation: u32, began: Instant) -> Result<(), StorageError> {
        self.unflushed = None;
        self.flushed.retain(|&earlier| earlier < generation);
        self.flushed.push(generation);
        self.flushed.drain(..self.flushed.len().saturating_sub(KEEP));
        self.last = Some((Instant::now(), began.elapsed()));
        self.prune(generation)
    }

    /// Removes what is not needed any more. Later generations are not touched: this attempt may have slept, and they are
    /// its successor's then.
    fn prune(&self, newest: u32) -> Result<(), StorageError> {
        let mut useful = list(&self.folder)?;
        useful.retain(|(generation, _)| *generation <= newest);
        useful.truncate(useful.len().saturating_sub(KEEP));
        useful.retain(|(generation, _)| !self.flushed.contains(generation));
        useful.iter().try_for_each(|(_, path)| remove(path))
    }
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

    fn flush(saves: &mut Saves, generation: u32) {
        saves.flush(1, &sample(generation), Instant::now()).unwrap();
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
        assert!(saves.is_due());
        flush(&mut saves, 3);
        assert!(!saves.is_due());
        (4..9).for_each(|g| saves.write(1, &sample(g)).unwrap());
        assert_eq!(generations(dir.path()), [3, 7, 8]);
        flush(&mut saves, 9);
        assert_eq!(generations(dir.path()), [3, 8, 9]);
        (10..12).for_each(|g| saves.write(1, &sample(g)).unwrap());
        assert_eq!(generations(dir.path()), [3, 9, 10, 11]);
        // What a power cut leaves of those that were not flushed.
        [10, 11].iter().for_each(|&g| fs::write(path_of(dir.path(), g), b"").unwrap());
        assert_eq!(newest(dir.path()), (Some(sample(9)), 2));
        saves.write(1, &sample(12)).unwrap();
        saves.settle().unwrap();
        assert_eq!(generations(dir.path()), [9, 11, 12]);
        saves.settle().unwrap();
        assert_eq!(saves.flushed, [9, 12]);
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
