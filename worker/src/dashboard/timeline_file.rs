//! Keeps the timeline of a run in a file: whole whenever somebody reads it, after a kill too, which costs the last seconds.

use std::fs::File;
use std::io::Read;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::mpsc::{RecvTimeoutError, Sender, channel};
use std::thread::JoinHandle;
use std::time::Duration;

use galapagos_run::dashboard::moment::Moment;
use galapagos_run::dashboard::timeline::{MOST_BYTES, Timeline};
use galapagos_run::dashboard::work::WorkLog;
use galapagos_run::storage::atomic;

/// Name of the file in the folder of a run.
pub const TIMELINE: &str = "timeline.json";
/// Time between two writes.
const PERIOD: Duration = Duration::from_secs(10);

/// The file; the last write is when this is dropped.
#[derive(Debug)]
pub struct TimelineFile {
    // Closed before the thread is waited for.
    over: Option<Sender<()>>,
    writing: Option<JoinHandle<()>>,
}

impl TimelineFile {
    /// Goes on behind what an earlier attempt at the same run has written, and writes from now on, while `may` says so.
    ///
    /// # Errors
    /// The system gives no thread.
    pub fn start(
        log: Arc<WorkLog>,
        path: PathBuf,
        may: impl Fn() -> bool + Send + 'static,
    ) -> std::io::Result<TimelineFile> {
        resume(&log, &path);
        let (over, ends) = channel::<()>();
        let writing = std::thread::Builder::new().name("timeline".to_owned()).spawn(move || {
            let mut complains = true;
            loop {
                let goes_on = ends.recv_timeout(PERIOD) == Err(RecvTimeoutError::Timeout);
                if !may() {
                    return;
                }
                let text = log.timeline(Moment::now());
                let written = if goes_on {
                    atomic::write_unflushed(&path, text.as_bytes())
                } else {
                    atomic::write(&path, text.as_bytes())
                };
                // No run fails for it.
                if let Err(error) = &written
                    && complains
                {
                    tracing::warn!(%error, "the timeline cannot be written");
                }
                complains = written.is_ok();
                if !goes_on {
                    return;
                }
            }
        })?;
        Ok(TimelineFile { over: Some(over), writing: Some(writing) })
    }
}

impl Drop for TimelineFile {
    fn drop(&mut self) {
        self.over.take();
        if let Some(writing) = self.writing.take() {
            // A thread that panicked has said so.
            let _ = writing.join();
        }
    }
}

/// Lets a book go on behind what an earlier attempt at the same run has written, unless a worker is in it already.
pub fn resume(log: &WorkLog, path: &Path) {
    if let Some(earlier) = read(path) {
        log.resume(earlier);
    }
}

/// Whether a timeline may be kept at a path: nothing is there, or nothing but one. Somebody may name a wrong file.
pub fn has_room_for_one(path: &Path) -> bool {
    path.metadata().map_or(true, |file| file.len() == 0) || read(path).is_some()
}

/// What is there; `None`: nothing, or something else.
fn read(path: &Path) -> Option<Timeline> {
    let mut bytes = Vec::new();
    File::open(path).ok()?.take(MOST_BYTES as u64 + 1).read_to_end(&mut bytes).ok()?;
    if bytes.len() > MOST_BYTES {
        return None;
    }
    Timeline::parse(&bytes)
}

#[cfg(test)]
mod tests {
    use super::*;
    use galapagos_run::dashboard::work::Ending;

    fn names(path: &Path) -> Vec<String> {
        let text = std::fs::read_to_string(path).unwrap();
        let file: serde_json::Value = serde_json::from_str(&text).unwrap();
        let events = file["traceEvents"].as_array().unwrap();
        events.iter().filter(|e| e["ph"] == "X").map(|e| e["name"].as_str().unwrap().to_owned()).collect()
    }

    fn batch(log: &WorkLog, number: u64) {
        log.granted(1, number, 3, Moment::now());
        log.ended(1, number, Ending::Done, Moment::now());
    }

    #[test]
    fn the_file_is_there_at_the_end_and_the_next_attempt_goes_on_behind_it() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join(TIMELINE);
        for attempt in 1..=2 {
            let log = WorkLog::new();
            let file = TimelineFile::start(Arc::clone(&log), path.clone(), || true).unwrap();
            log.joined(1, "a", 1, Moment::now());
            batch(&log, 1);
            drop(file);
            assert_eq!(names(&path).len(), attempt);
        }
    }

    #[test]
    fn the_timeline_of_another_run_is_written_over() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join(TIMELINE);
        for run in ["blake3:01", "blake3:02"] {
            let log = WorkLog::new();
            log.of_run(run);
            let file = TimelineFile::start(Arc::clone(&log), path.clone(), || true).unwrap();
            log.joined(1, "a", 1, Moment::now());
            batch(&log, 1);
            drop(file);
            assert_eq!(names(&path).len(), 1, "{run}");
        }
    }

    #[test]
    fn what_is_no_timeline_is_written_over_and_who_may_not_write_does_not() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join(TIMELINE);
        std::fs::write(&path, "{\"traceEvents\": 7}").unwrap();
        drop(TimelineFile::start(WorkLog::new(), path.clone(), || false).unwrap());
        assert_eq!(std::fs::read_to_string(&path).unwrap(), "{\"traceEvents\": 7}");
        drop(TimelineFile::start(WorkLog::new(), path.clone(), || true).unwrap());
        assert!(names(&path).is_empty());
    }
}
