//! The events that were told lately, by the names they have on the server: a repeated one is counted there. Names hold the
//! UID of what an event is about, and are forgotten with time, not with the object: the server keeps them as long.

use std::collections::HashMap;
use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use tokio::time::Instant;

/// Repetitions are counted on the first event for so long; the server keeps an event for an hour.
const REMEMBERED: Duration = Duration::from_secs(50 * 60);
/// Events in memory; beyond it the oldest are forgotten.
const MOST: usize = 10_000;

/// The events that this process told lately.
pub(super) struct EventCounts {
    /// Who tells, for people.
    pub instance: String,
    events: Mutex<HashMap<String, Series>>,
}

#[derive(Clone, Copy)]
struct Series {
    count: i32,
    first: Instant,
}

impl EventCounts {
    pub(super) fn new(manager: &str) -> EventCounts {
        let host = std::env::var("HOSTNAME").ok().filter(|host| !host.is_empty() && host.len() <= 128);
        EventCounts { instance: host.unwrap_or_else(|| manager.to_owned()), events: Mutex::default() }
    }

    /// How often the event of that name has been told, this time included.
    pub(super) fn count(&self, name: &str) -> i32 {
        let now = Instant::now();
        let mut events = self.events.lock().unwrap_or_else(PoisonError::into_inner);
        if events.len() >= MOST {
            events.retain(|_, series| now.duration_since(series.first) < REMEMBERED);
        }
        if events.len() >= MOST {
            events.clear();
        }
        let series = events.entry(name.to_owned()).or_insert(Series { count: 0, first: now });
        if now.duration_since(series.first) >= REMEMBERED {
            *series = Series { count: 0, first: now };
        }
        series.count = series.count.saturating_add(1);
        series.count
    }

    pub(super) fn forget(&self, name: &str) {
        self.events.lock().unwrap_or_else(PoisonError::into_inner).remove(name);
    }
}
