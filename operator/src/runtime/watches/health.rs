//! Whether the watches are well, for the probes.
//!
//! Readiness: every cache has been filled, on the leader as on the others. Liveness: no watch has been silent for
//! [`SILENCE`] while the API server answered all that time. An outage of the API server alone restarts nobody, nor
//! does an error that a restart cannot mend: a missing kind, a missing right.

use std::fmt;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use tokio::time::Instant;

use super::Watch;
use crate::runtime::metrics::{Metrics, WatchFailure};

/// A watch hears a bookmark about every minute and is started anew when it does not hear one for
/// [`super::follow::IDLE`]; one that stays silent through all of that is stuck.
const SILENCE: Duration = Duration::from_secs(600);
/// Every replica asks for the lease every 1 to 2 seconds; so long without an answer is an outage.
const OUTAGE: Duration = Duration::from_secs(15);

/// When the API server answered.
#[derive(Clone, Debug)]
pub struct Pulse {
    beats: Arc<Mutex<Beats>>,
}

#[derive(Debug)]
struct Beats {
    /// The first answer after the last outage.
    since: Instant,
    last: Instant,
}

impl Default for Pulse {
    fn default() -> Pulse {
        Pulse::new()
    }
}

impl Pulse {
    /// Nothing heard yet.
    pub fn new() -> Pulse {
        let now = Instant::now();
        Pulse { beats: Arc::new(Mutex::new(Beats { since: now, last: now })) }
    }

    /// The API server answered just now, with whatever.
    pub fn answered(&self) {
        let now = Instant::now();
        let mut beats = self.beats.lock().unwrap_or_else(PoisonError::into_inner);
        if now.duration_since(beats.last) > OUTAGE {
            beats.since = now;
        }
        beats.last = now;
    }

    /// Since when the API server has been answering all the time; None: it does not now.
    fn answering_since(&self, now: Instant) -> Option<Instant> {
        let beats = self.beats.lock().unwrap_or_else(PoisonError::into_inner);
        (now.duration_since(beats.last) <= OUTAGE).then_some(beats.since)
    }
}

#[derive(Clone, Copy, Debug)]
struct State {
    heard: Instant,
    synced: bool,
    failure: Option<WatchFailure>,
}

/// The health of all watches. Clones are the same.
#[derive(Clone, Debug)]
pub struct Health {
    watches: Arc<Mutex<Vec<WatchHealth>>>,
    pulse: Pulse,
    metrics: Metrics,
    /// Why this replica, which leads, cannot do anything.
    trouble: Arc<Mutex<Option<String>>>,
}

/// What is still missing.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NotReady {
    /// The watches whose cache was never filled, or whose kind is missing now, with the cause.
    pub waits: Vec<(Watch, Option<WatchFailure>)>,
    /// Why this replica, which leads, cannot do anything.
    pub trouble: Option<String>,
}

impl fmt::Display for NotReady {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if let Some(trouble) = &self.trouble {
            writeln!(f, "{trouble}")?;
        }
        for (Watch { kind, defined_by, .. }, failure) in &self.waits {
            match (failure, defined_by) {
                (Some(WatchFailure::Missing), Some(group)) => {
                    writeln!(f, "waits for the kind {kind}: apply the definitions of {group}")?;
                }
                (Some(WatchFailure::Missing), None) => {
                    writeln!(f, "waits for the kind {kind}: the API server does not serve it")?
                }
                (Some(WatchFailure::Forbidden), _) => {
                    writeln!(f, "waits for the right to list and watch objects of the kind {kind}")?;
                }
                (Some(failure), _) => {
                    writeln!(f, "waits for the list of objects of the kind {kind} ({})", failure.as_str())?
                }
                (None, _) => writeln!(f, "lists objects of the kind {kind}")?,
            }
        }
        Ok(())
    }
}

impl Health {
    /// No watch yet.
    pub fn new(pulse: Pulse, metrics: Metrics) -> Health {
        Health { watches: Arc::default(), pulse, metrics, trouble: Arc::default() }
    }

    /// The pulse of the API server.
    pub fn pulse(&self) -> &Pulse {
        &self.pulse
    }

    /// The health of a watch that is about to start. From now on it is waited for.
    pub fn begin(&self, watch: Watch) -> WatchHealth {
        let state = State { heard: Instant::now(), synced: false, failure: None };
        let (pulse, metrics) = (self.pulse.clone(), self.metrics.clone());
        let health = WatchHealth { watch, state: Arc::new(Mutex::new(state)), pulse, metrics };
        self.watches.lock().unwrap_or_else(PoisonError::into_inner).push(health.clone());
        health
    }

    /// This replica leads and cannot do anything, or can again.
    pub fn in_trouble(&self, trouble: Option<String>) {
        *self.trouble.lock().unwrap_or_else(PoisonError::into_inner) = trouble;
    }

    /// Every cache has been filled, no kind is missing, and a replica that leads has all it needs.
    pub fn ready(&self) -> Result<(), NotReady> {
        let waits: Vec<(Watch, Option<WatchFailure>)> = self
            .states()
            .filter(|(_, state)| !state.synced || state.failure == Some(WatchFailure::Missing))
            .map(|(watch, state)| (watch, state.failure))
            .collect();
        let trouble = self.trouble.lock().unwrap_or_else(PoisonError::into_inner).clone();
        if waits.is_empty() && trouble.is_none() { Ok(()) } else { Err(NotReady { waits, trouble }) }
    }

    /// The watches that only a restart can mend.
    pub fn stuck(&self) -> Vec<Watch> {
        let now = Instant::now();
        let Some(since) = self.pulse.answering_since(now) else { return Vec::new() };
        let silent = |state: State| now.duration_since(state.heard.max(since)) > SILENCE;
        self.states().filter(|(_, state)| silent(*state)).map(|(watch, _)| watch).collect()
    }

    fn states(&self) -> impl Iterator<Item = (Watch, State)> {
        let watches = self.watches.lock().unwrap_or_else(PoisonError::into_inner).clone();
        watches.into_iter().map(|health| (health.watch, health.state()))
    }
}

/// The health of one watch, which tells it. Clones are the same.
#[derive(Clone, Debug)]
pub struct WatchHealth {
    watch: Watch,
    state: Arc<Mutex<State>>,
    pulse: Pulse,
    metrics: Metrics,
}

impl WatchHealth {
    /// The watch has all its objects and goes on to follow them.
    pub(super) fn synced(&self) {
        self.heard();
        self.with(|state| state.synced = true);
    }

    /// The API server said something on this watch: a list, an object, a bookmark, the start of the stream.
    pub(super) fn heard(&self) {
        self.pulse.answered();
        let recovered = self.with(|state| {
            state.heard = Instant::now();
            state.failure.take().is_some()
        });
        if recovered {
            self.metrics.kind_missing(self.watch.name, false);
        }
        self.metrics.watch_up(self.watch.name, self.state().synced);
    }

    /// The watch broke and will be started anew.
    pub(super) fn failed(&self, failure: WatchFailure) {
        let watch = self.watch.name;
        self.metrics.watch_failed(watch, failure);
        self.metrics.watch_up(watch, false);
        self.metrics.kind_missing(watch, failure == WatchFailure::Missing);
        let answered = failure != WatchFailure::Unreachable;
        if answered {
            self.pulse.answered();
        }
        self.with(|state| {
            state.failure = Some(failure);
            if answered {
                state.heard = Instant::now();
            }
        });
    }

    /// An object could not be read; the watch itself is well.
    pub(super) fn unreadable(&self) {
        self.metrics.watch_failed(self.watch.name, WatchFailure::Unreadable);
    }

    fn state(&self) -> State {
        self.with(|state| *state)
    }

    fn with<T>(&self, change: impl FnOnce(&mut State) -> T) -> T {
        change(&mut self.state.lock().unwrap_or_else(PoisonError::into_inner))
    }
}
