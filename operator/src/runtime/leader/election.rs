//! The decision, without I/O: what to do about the lease as it was just seen.

use std::time::Duration;

use jiff::Timestamp;
use tokio::time::Instant;

use super::DURATION;

/// No lease makes others wait longer than this, whatever is written in it.
const LONGEST: Duration = Duration::from_secs(60);

/// What a Lease says.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Record {
    /// Who holds it; empty: nobody.
    pub holder: String,
    /// How long after a renewal it is still held.
    pub duration: Duration,
    /// When the holder got it, by the holder's clock: for people.
    pub acquired: Option<Timestamp>,
    /// When the holder renewed it, by the holder's clock: only ever compared for equality.
    pub renewed: Option<Timestamp>,
    /// How often the holder changed.
    pub transitions: i32,
    /// The server's version of the object; empty: not there yet.
    pub version: String,
}

/// What to do next.
#[derive(Clone, Debug, PartialEq)]
pub enum Step {
    /// There is no lease: create this one.
    Create(Record),
    /// It is mine, or nobody's, or its holder is silent: write this one.
    Write(Record),
    /// Somebody else holds it.
    Wait,
}

/// What a candidate remembers between looks.
#[derive(Debug)]
pub struct Election {
    identity: String,
    seen: Option<Sighting>,
}

/// A renewal of somebody, and when this process first saw it by its own clock.
#[derive(Debug)]
struct Sighting {
    holder: String,
    renewed: Option<Timestamp>,
    transitions: i32,
    at: Instant,
}

impl Election {
    /// A candidate that has seen nothing yet.
    pub fn new(identity: String) -> Election {
        Election { identity, seen: None }
    }

    /// Its name in the lease.
    pub fn identity(&self) -> &str {
        &self.identity
    }

    /// Whether `record` is held by this candidate.
    pub fn holds(&self, record: &Record) -> bool {
        record.holder == self.identity
    }

    /// Decides. `now` is the monotonic clock of this process, `time` the time of day to write into the lease.
    /// The times in the lease are never compared with a clock of this process.
    pub fn decide(&mut self, record: Option<&Record>, now: Instant, time: Timestamp) -> Step {
        let Some(record) = record else {
            // somebody deleted the lease of another: its holder may not know it yet
            if self.seen.is_some() && !self.silent(&Record::default(), now) {
                return Step::Wait;
            }
            return Step::Create(self.claim(0, String::new(), time));
        };
        if self.holds(record) {
            self.seen = None;
            return Step::Write(Record { renewed: Some(time), duration: DURATION, ..record.clone() });
        }
        if record.holder.is_empty() || self.silent(record, now) {
            return Step::Write(self.claim(
                record.transitions.saturating_add(1),
                record.version.clone(),
                time,
            ));
        }
        Step::Wait
    }

    /// The lease as its holder gives it back.
    pub fn release(&self, record: &Record, time: Timestamp) -> Record {
        Record {
            holder: String::new(),
            duration: Duration::from_secs(1),
            renewed: Some(time),
            ..record.clone()
        }
    }

    fn claim(&self, transitions: i32, version: String, time: Timestamp) -> Record {
        Record {
            holder: self.identity.clone(),
            duration: DURATION,
            acquired: Some(time),
            renewed: Some(time),
            transitions,
            version,
        }
    }

    /// Whether the holder has not renewed for the lease's duration, as seen from here. Never shorter than
    /// [`DURATION`]: a lease someone wrote by hand must not make two leaders.
    fn silent(&mut self, record: &Record, now: Instant) -> bool {
        let known = self.seen.as_ref().filter(|seen| {
            seen.holder == record.holder
                && seen.renewed == record.renewed
                && seen.transitions == record.transitions
        });
        match known {
            Some(seen) => now.duration_since(seen.at) >= record.duration.clamp(DURATION, LONGEST),
            None => {
                self.seen = Some(Sighting {
                    holder: record.holder.clone(),
                    renewed: record.renewed,
                    transitions: record.transitions,
                    at: now,
                });
                false
            }
        }
    }
}
