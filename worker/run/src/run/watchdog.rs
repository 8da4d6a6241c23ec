//! Deadlines of what runs on other threads: one thread of the process raises a flag when one has passed.

use std::collections::BTreeMap;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::thread;
use std::time::{Duration, Instant};

/// The watchdog of this process; its thread starts with the first deadline.
static WATCHDOG: Watchdog = Watchdog::new();

/// Keeps deadlines, the next first.
struct Watchdog {
    deadlines: Mutex<Deadlines>,
    /// A deadline came in front of the one that is waited for.
    earlier: Condvar,
}

struct Deadlines {
    flags: BTreeMap<(Instant, u64), Arc<AtomicBool>>,
    /// Distinguishes deadlines of the same instant.
    number: u64,
    running: bool,
    /// When the thread wakes by itself; `None`: when it is woken.
    wakes: Option<Instant>,
}

/// One deadline; dropping it lifts it.
pub(super) struct Deadline {
    key: (Instant, u64),
    passed: Arc<AtomicBool>,
}

impl Deadline {
    /// A deadline `limit` from now.
    pub(super) fn after(limit: Duration) -> Deadline {
        WATCHDOG.add(Instant::now() + limit)
    }

    /// Rises when the deadline has passed, and stays up.
    pub(super) fn passed(&self) -> &AtomicBool {
        &self.passed
    }
}

impl Drop for Deadline {
    fn drop(&mut self) {
        WATCHDOG.lock().flags.remove(&self.key);
    }
}

impl Watchdog {
    const fn new() -> Watchdog {
        let deadlines = Deadlines { flags: BTreeMap::new(), number: 0, running: false, wakes: None };
        Watchdog { deadlines: Mutex::new(deadlines), earlier: Condvar::new() }
    }

    fn lock(&self) -> MutexGuard<'_, Deadlines> {
        self.deadlines.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn add(&'static self, at: Instant) -> Deadline {
        let passed = Arc::new(AtomicBool::new(false));
        let mut deadlines = self.lock();
        deadlines.number += 1;
        let key = (at, deadlines.number);
        deadlines.flags.insert(key, Arc::clone(&passed));
        if !deadlines.running {
            // A system without threads to give now may have one at the next deadline, which also serves this one.
            let started = thread::Builder::new().name("watchdog".to_owned()).spawn(|| self.watch());
            deadlines.running = started.is_ok();
        } else if deadlines.wakes.is_none_or(|wakes| at < wakes) {
            self.earlier.notify_one();
        }
        Deadline { key, passed }
    }

    fn watch(&self) {
        let mut deadlines = self.lock();
        loop {
            let now = Instant::now();
            while let Some(first) = deadlines.flags.first_entry().filter(|first| first.key().0 <= now) {
                first.remove().store(true, Ordering::Relaxed);
            }
            deadlines.wakes = deadlines.flags.first_key_value().map(|((at, _), _)| *at);
            deadlines = match deadlines.wakes {
                Some(at) => {
                    let waited = self.earlier.wait_timeout(deadlines, at.saturating_duration_since(now));
                    waited.unwrap_or_else(PoisonError::into_inner).0
                }
                None => self.earlier.wait(deadlines).unwrap_or_else(PoisonError::into_inner),
            };
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn is_up(deadline: &Deadline) -> bool {
        deadline.passed().load(Ordering::Relaxed)
    }

    fn wait_for(deadline: &Deadline) {
        let began = Instant::now();
        while !is_up(deadline) {
            assert!(began.elapsed() < Duration::from_secs(30), "the flag never rose");
            thread::sleep(Duration::from_millis(1));
        }
    }

    #[test]
    fn a_flag_rises_when_its_deadline_has_passed_and_not_before() {
        let began = Instant::now();
        let late = Deadline::after(Duration::from_millis(30));
        wait_for(&late);
        assert!(began.elapsed() >= Duration::from_millis(30));
    }

    #[test]
    fn an_earlier_deadline_is_not_kept_waiting_by_a_later_one() {
        let hour = Deadline::after(Duration::from_secs(3600));
        thread::sleep(Duration::from_millis(5));
        wait_for(&Deadline::after(Duration::from_millis(10)));
        assert!(!is_up(&hour));
    }

    #[test]
    fn many_deadlines_come_and_go() {
        let kept: Vec<Deadline> =
            (0..200).map(|i| Deadline::after(Duration::from_millis(i % 7 + 1))).collect();
        for _ in 0..1000 {
            drop(Deadline::after(Duration::from_secs(60)));
        }
        kept.iter().for_each(wait_for);
    }
}
