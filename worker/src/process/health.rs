//! Whether this process is ready, and whether it lives: what its probes answer.
//!
//! Ready is what the role says, at first no. Alive is everything that has not promised a heartbeat, and what has, as
//! long as the last beat is younger than promised. A loop that waits for long promises nothing while it waits, by
//! dropping its [`Heartbeat`].

use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::{Arc, Mutex, Weak};
use std::time::{Duration, Instant};

/// Readiness and heartbeats of a process; clones share them.
#[derive(Clone, Debug, Default)]
pub struct Health(Arc<State>);

#[derive(Debug)]
struct State {
    ready: AtomicBool,
    began: Instant,
    beats: Mutex<Vec<Weak<Beat>>>,
}

#[derive(Debug)]
struct Beat {
    name: &'static str,
    patience: Duration,
    began: Instant,
    last_ms: AtomicU64,
}

/// The promise of a loop to beat. Dropping it ends the promise.
#[derive(Debug)]
pub struct Heartbeat(Arc<Beat>);

impl Default for State {
    fn default() -> State {
        State { ready: AtomicBool::new(false), began: Instant::now(), beats: Mutex::default() }
    }
}

impl Health {
    /// Says whether the process does its work: a coordinator that takes workers, a worker that has a coordinator.
    pub fn set_ready(&self, ready: bool) {
        self.0.ready.store(ready, Ordering::Relaxed);
    }

    /// Whether the process does its work.
    pub fn is_ready(&self) -> bool {
        self.0.ready.load(Ordering::Relaxed)
    }

    /// Promises a beat at least every `patience`, from now on. `name` says in `/live` and logs which loop is meant.
    pub fn heartbeat(&self, name: &'static str, patience: Duration) -> Heartbeat {
        let beat =
            Arc::new(Beat { name, patience, began: self.0.began, last_ms: AtomicU64::new(ms(self.0.began)) });
        let mut beats = self.0.beats.lock().unwrap_or_else(|e| e.into_inner());
        beats.retain(|b| b.strong_count() > 0);
        beats.push(Arc::downgrade(&beat));
        Heartbeat(beat)
    }

    /// The loops that have not beaten for longer than they promised, and for how long; none: the process lives.
    pub fn stale(&self) -> Vec<(&'static str, Duration)> {
        let beats = self.0.beats.lock().unwrap_or_else(|e| e.into_inner());
        let silent = |beat: Arc<Beat>| {
            let last = Duration::from_millis(beat.last_ms.load(Ordering::Relaxed));
            let silence = beat.began.elapsed().saturating_sub(last);
            (silence > beat.patience).then_some((beat.name, silence))
        };
        beats.iter().filter_map(Weak::upgrade).filter_map(silent).collect()
    }
}

impl Heartbeat {
    /// The loop is still going round.
    pub fn beat(&self) {
        self.0.last_ms.store(ms(self.0.began), Ordering::Relaxed);
    }
}

fn ms(began: Instant) -> u64 {
    u64::try_from(began.elapsed().as_millis()).unwrap_or(u64::MAX)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_process_that_promises_nothing_lives_and_is_not_ready() {
        let health = Health::default();
        assert!(health.stale().is_empty());
        assert!(!health.is_ready());
        health.clone().set_ready(true);
        assert!(health.is_ready());
    }

    #[test]
    fn only_the_loop_that_stopped_beating_is_stale_and_only_until_it_is_dropped() {
        let health = Health::default();
        let slow = health.heartbeat("slow", Duration::from_secs(60));
        let dead = health.heartbeat("dead", Duration::from_millis(5));
        std::thread::sleep(Duration::from_millis(20));
        slow.beat();
        let names: Vec<_> = health.stale().into_iter().map(|(name, _)| name).collect();
        assert_eq!(names, ["dead"]);
        dead.beat();
        let fresh = health.heartbeat("fresh", Duration::from_secs(60));
        std::thread::sleep(Duration::from_millis(20));
        assert_eq!(health.stale().len(), 1);
        drop(dead);
        assert!(health.stale().is_empty());
        drop((slow, fresh));
    }
}
