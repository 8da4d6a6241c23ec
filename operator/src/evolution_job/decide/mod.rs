//! What becomes of a job now: a pure function of what is observed, what is wrong, and what the plan gives it.
//!
//! `status.attempts.started` is the number of the current attempt. It is recorded before the Job of that number is
//! made, so a number is never used for two lives; a Job that is missing is made again under its own number, which is
//! harmless: the coordinator continues from its checkpoint, or reports the result that is there.
//!
//! [`attempt`]: a job inside an attempt; [`unmade`]: one whose pod is not made or fits nowhere; [`deadline`]: what must
//! not take longer; [`end`]: results and failures, and what becomes of a job afterwards.
#![cfg_attr(not(test), deny(clippy::disallowed_methods, clippy::disallowed_types))]

mod attempt;
mod deadline;
mod end;
#[cfg(test)]
mod tests;
mod unmade;

use std::time::{Duration, Instant};

use galapagos_crds::EvolutionJobStatus;
use galapagos_crds::conditions::CompleteReason;
use galapagos_crds::status::{Attempts, Phase};
use galapagos_protocol::progress::Report;
use jiff::Timestamp;
use k8s_openapi::apimachinery::pkg::apis::meta::v1::Condition;

use super::ending;
use super::observe::{Attempt, Observed};
use super::status::{Situation, SuspendedBy};
use super::validate::JobFinding;
use crate::believed::{self, has_place, is_extended};
use crate::origin::Origin;
use crate::plan::Share;
use crate::runtime::ids::{Name, Uid};
pub use unmade::is_in_vain;

/// What should be there now.
#[derive(Clone, Debug, PartialEq)]
pub struct Decision {
    /// What to report.
    pub situation: Situation,
    /// The numbers to report.
    pub attempts: Attempts,
    /// What should exist.
    pub children: Children,
    /// The end that was reported by a termination message, when the stream did not tell it.
    pub words: Option<Report>,
    /// When to look again though nothing changes.
    pub recheck: Option<Duration>,
}

impl Decision {
    /// Generations that the status says the job has: those it ended with, once it ended, so that more can be told.
    pub fn generations(&self, observed: &Observed) -> u32 {
        let asked = observed.job.spec.generations;
        let Situation::Succeeded { reason, .. } = &self.situation else { return asked };
        // It ended at the limit as the coordinator knew it: what was asked for since then is still to be done.
        let at_its_limit =
            matches!(reason, CompleteReason::GenerationsReached | CompleteReason::StoppedByUser);
        let of = |asked: u32, done: u32| if at_its_limit && done > 0 { done } else { asked.max(done) };
        let ended = observed.seen.as_ref().filter(|s| s.report.r#final.is_some());
        let told = ended.map(|s| of(s.report.generations, s.report.generation));
        let words =
            self.words.as_ref().and_then(|w| (w.generations > 0).then(|| of(w.generations, w.generation)));
        let known = observed.job.status.as_ref().and_then(|s| s.generations?.try_into().ok());
        told.or(words).or(known).filter(|&g| g > 0).unwrap_or(asked)
    }
}

/// What should exist of a job.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Children {
    /// The attempt that should run.
    pub attempt: Option<u32>,
    /// Jobs to delete.
    pub remove: Vec<(Name, Uid)>,
    /// Its workers.
    pub workers: Workers,
    /// The job itself has outlived its ttl.
    pub job_too: bool,
}

/// What becomes of the Deployment of workers.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Workers {
    /// It stays as it is.
    #[default]
    Keep,
    /// It has so many replicas; none is made for 0.
    Set(u32),
    /// It is deleted.
    Remove,
}

/// Everything that decides.
#[derive(Clone)]
pub struct Inputs<'a> {
    /// The job and its children.
    pub observed: &'a Observed,
    /// What is wrong with it.
    pub problem: Option<&'a JobFinding>,
    /// What the plan gives it.
    pub share: &'a Share,
    /// Of what the pods of this attempt would be made now; none without a pool.
    pub origin: &'a (dyn Fn(u32) -> Option<Origin> + Sync),
    /// Whether it has been admitted in vain for long, for which others wait.
    pub overstayed: bool,
    /// How long it gives way to others; none if it is not.
    pub set_back: Option<Duration>,
    /// The time of the world.
    pub now: Timestamp,
    /// The time of this process.
    pub clock: Instant,
}

/// Decides.
pub fn decide(inputs: &Inputs<'_>) -> Decision {
    let status = inputs.observed.job.status.clone().unwrap_or_default();
    let state = State { status: &status, inputs };
    match believed::phase(&status) {
        Some(Phase::Succeeded | Phase::Failed) if !state.is_extended() && !state.is_denied() => {
            state.after_the_end()
        }
        _ => state.before_the_end(),
    }
}

struct State<'a> {
    status: &'a EvolutionJobStatus,
    inputs: &'a Inputs<'a>,
}

impl State<'_> {
    fn is_extended(&self) -> bool {
        is_extended(&self.inputs.observed.job)
    }

    fn is_suspended(&self) -> bool {
        self.inputs.observed.job.spec.suspend == Some(true)
    }

    /// The recorded numbers, as far as the Jobs that are there do not say otherwise: their names tell which attempts
    /// there were, whatever was written into the status since.
    fn attempts(&self) -> Attempts {
        let recorded = self.status.attempts.clone().unwrap_or_default();
        let Some(last) = self.inputs.observed.attempts.last() else { return recorded };
        let made = i32::try_from(last.number).unwrap_or(i32::MAX);
        // The next number is recorded before its Job is made; never the one after it while the last goes on.
        let is_beyond = recorded.started > made.saturating_add(1) && self.lives(last);
        let started = if is_beyond { made } else { recorded.started.max(made) };
        Attempts { started, ..recorded }
    }

    /// Number of the current attempt; 0: none yet.
    fn number(&self) -> u32 {
        self.attempts().started.try_into().unwrap_or(0)
    }

    /// Whether the job is inside an attempt: as recorded, or since there is one that goes on.
    fn is_inside_an_attempt(&self) -> bool {
        has_place(Some(self.status))
            || self.inputs.observed.attempt(self.number()).is_some_and(|a| self.lives(a))
    }

    /// Whether an attempt goes on, and is meant to.
    fn lives(&self, attempt: &Attempt) -> bool {
        !attempt.is_leaving()
            && ending::of_attempt(&attempt.job, attempt.pod.as_deref()).is_none()
            && !self.is_lost(attempt)
    }

    /// Whether a coordinator at work denies that the job has a result.
    fn is_denied(&self) -> bool {
        let is_success = believed::phase(self.status) == Some(Phase::Succeeded);
        let current = self.inputs.observed.attempt(self.number()).filter(|a| is_success && self.lives(a));
        current.and_then(|a| self.heard(a)).is_some_and(|seen| seen.report.r#final.is_none())
    }

    fn with(&self, situation: Situation) -> Decision {
        Decision {
            situation,
            attempts: self.attempts(),
            children: Children::default(),
            words: None,
            recheck: None,
        }
    }

    fn before_the_end(&self) -> Decision {
        // A place that was given back is none, though what is cached may still say so.
        if self.is_inside_an_attempt() && self.inputs.set_back.is_none() {
            if let Some(end) = self.reported_end() {
                return end;
            }
            if !self.is_suspended() {
                return self.inside();
            }
        }
        if self.is_suspended() {
            return self.suspend();
        }
        if let Some(problem) = self.inputs.problem {
            if problem.is_for_good() {
                return self.failed(self.attempts(), problem.reason, problem.message.clone());
            }
            return self.with(Situation::Stalled {
                reason: problem.reason,
                message: problem.message.clone(),
                phase: Phase::Pending,
            });
        }
        if let Some(wait) = self.inputs.set_back {
            return self.set_back(wait);
        }
        if !self.inputs.share.admitted {
            return self.with(Situation::Queued { position: self.inputs.share.queue_position.unwrap_or(1) });
        }
        self.next_attempt(self.attempts(), None)
    }

    fn suspend(&self) -> Decision {
        let observed = self.inputs.observed;
        let is_active = |a: &&Attempt| {
            let (job, pod) = (&a.job, a.pod.as_deref());
            ending::of_attempt(job, pod).is_none() || ending::runs_on_since(job, pod).is_some()
        };
        let active = observed.attempts.iter().filter(is_active);
        let active: Vec<_> = active.collect();
        let gone = active.is_empty() && observed.replicas() == (0, 0);
        let mut decision = self.with(match gone {
            true => Situation::Suspended(SuspendedBy::User),
            false => Situation::Suspending(SuspendedBy::User),
        });
        decision.children.remove =
            active.into_iter().filter(|a| !a.is_leaving()).filter_map(Attempt::identity).collect();
        decision.children.workers = Workers::Remove;
        decision
    }

    fn condition(&self, name: &str) -> Option<&Condition> {
        self.status.conditions.iter().find(|c| c.type_ == name)
    }
}

/// So much later, or the end of time: others write the times that are added to, and `+` panics past year 9999.
fn later(since: Timestamp, wait: Duration) -> Timestamp {
    since.checked_add(wait).unwrap_or(Timestamp::MAX)
}

/// What is left of `seconds` since then; none if they have passed.
fn left(now: Timestamp, since: Timestamp, seconds: u64) -> Option<Duration> {
    let end = later(since, Duration::from_secs(seconds));
    (end > now).then(|| Duration::try_from(end.duration_since(now)).unwrap_or_default())
}
