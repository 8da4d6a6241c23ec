//! Whether the watches are well, for the probes.
//!
//! Readiness: every cache has been filled, on the leader as on the others. Liveness: no watch has been silent for
//! [`SILENCE`] while the API server answered all that time. An outage of the API server alone restarts nobody, nor
//! does an error that a restart cannot mend: a missing kind, a missing right.

use std::fmt;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use tokio::time::Instant;

use crate::metrics::{Metrics, WatchFailure};
use crate::watches::Watch;

/// A watch hears a bookmark about every minute and is started anew when it does not hear one for
/// [`super::follow::IDLE`]; one that stays silent through all of that is stuck.
pub(crate) const SILENCE: Duration = Duration::from_secs(600);
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

/// The health of all watches.
#[derive(Clone, Debug)]
pub struct Health {
    states: Arc<[Mutex<State>; Watch::ALL.len()]>,
    pulse: Pulse,
    metrics: Arc<Metrics>,
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
        for (watch, failure) in &self.waits {
            let kind = watch.kind();
            match failure {
                Some(WatchFailure::Missing) if watch.is_own() => {
                    writeln!(f, "waits for the kind {kind}: apply the definitions of galapagos.dev")?;
                }
                Some(WatchFailure::Missing) => {
                    writeln!(f, "waits for the kind {kind}: the API server does not serve it")?
                }
                Some(WatchFailure::Forbidden) => {
                    writeln!(f, "waits for the right to list and watch objects of the kind {kind}")?;
                }
                Some(failure) => {
                    writeln!(f, "waits for the list of objects of the kind {kind} ({})", failure.as_str())?
                }
                None => writeln!(f, "lists objects of the kind {kind}")?,
            }
        }
        Ok(())
    }
}

impl Health {
    /// All watches about to start.
    pub fn new(pulse: Pulse, metrics: Arc<Metrics>) -> Health {
        let now = Instant::now();
        let states = Watch::ALL.map(|_| Mutex::new(State { heard: now, synced: false, failure: None }));
        Health { states: Arc::new(states), pulse, metrics, trouble: Arc::default() }
    }

    /// The pulse of the API server.
    pub fn pulse(&self) -> &Pulse {
        &self.pulse
    }

    /// This replica leads and cannot do anything, or can again.
    pub fn in_trouble(&self, trouble: Option<String>) {
        *self.trouble.lock().unwrap_or_else(PoisonError::into_inner) = trouble;
    }

    /// Every cache has been filled, no kind is missing, and a replica that leads has all it needs.
    pub fn ready(&self) -> Result<(), NotReady> {
        let waits: Vec<(Watch, Option<WatchFailure>)> = Watch::ALL
            .into_iter()
            .map(|watch| (watch, self.state(watch)))
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
        let silent = |watch: &Watch| now.duration_since(self.state(*watch).heard.max(since)) > SILENCE;
        Watch::ALL.into_iter().filter(silent).collect()
    }

    /// A watch has all its objects and goes on to follow them.
    pub(crate) fn synced(&self, watch: Watch) {
        self.heard(watch);
        self.with(watch, |state| state.synced = true);
    }

    /// The API server said something on this watch: a list, an object, a bookmark, the start of the stream.
    pub(crate) fn heard(&self, watch: Watch) {
        self.pulse.answered();
        let recovered = self.with(watch, |state| {
            state.heard = Instant::now();
            state.failure.take().is_some()
        });
        if recovered {
            self.metrics.kind_missing(watch, false);
        }
        self.metrics.watch_up(watch, self.state(watch).synced);
    }

    /// A watch broke and will be started anew.
    pub(crate) fn failed(&self, watch: Watch, failure: WatchFailure) {
        self.metrics.watch_failed(watch, failure);
        self.metrics.watch_up(watch, false);
        self.metrics.kind_missing(watch, failure == WatchFailure::Missing);
        let answered = failure != WatchFailure::Unreachable;
        if answered {
            self.pulse.answered();
        }
        self.with(watch, |state| {
            state.failure = Some(failure);
            if answered {
                state.heard = Instant::now();
            }
        });
    }

    /// An object could not be read; the watch itself is well.
    pub(crate) fn unreadable(&self, watch: Watch) {
        self.metrics.watch_failed(watch, WatchFailure::Unreadable);
    }

    fn state(&self, watch: Watch) -> State {
        self.with(watch, |state| *state)
    }

    fn with<T>(&self, watch: Watch, change: impl FnOnce(&mut State) -> T) -> T {
        change(&mut self.states[watch.index()].lock().unwrap_or_else(PoisonError::into_inner))
    }
}
