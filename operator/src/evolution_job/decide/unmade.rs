//! An attempt of which no container has run, since its pod is refused or fits nowhere.
//!
//! It is told, with the words of who refuses, and made again: a policy that changed its pod, or the priority class that
//! was missing, may be another by now. Others get its place after a while.

use std::time::Duration;

use galapagos_crds::conditions::{StalledReason, condition};
use galapagos_crds::status::Phase;

use super::super::observe::Attempt;
use super::super::pod_state::{self, PodState};
use super::super::status::Situation;
use super::{Decision, State, Workers, left};
use crate::believed;

/// First pause before such an attempt is made again; it doubles each time.
const FIRST: Duration = Duration::from_secs(15);
/// Longest pause.
const LONGEST: Duration = Duration::from_secs(300);

/// Why a pod is refused, or fits nowhere.
const UNMADE: [StalledReason; 3] =
    [StalledReason::QuotaExceeded, StalledReason::InvalidTemplate, StalledReason::Unschedulable];
/// Why no container of a pod that has its node starts.
const STUCK: [StalledReason; 2] = [StalledReason::ImagePullFailed, StalledReason::VolumeNotFound];

/// Whether a job that is stalled for this reason is admitted in vain.
pub fn is_in_vain(reason: &str) -> bool {
    UNMADE.iter().chain(&STUCK).any(|r| r.as_str() == reason)
}

impl State<'_> {
    /// What to do about an attempt whose pod is refused or fits nowhere; none if nothing of that is known.
    pub(super) fn unmade(&self, attempt: &Attempt) -> Option<Decision> {
        let (job, pod, now) = (&*attempt.job, attempt.pod.as_deref(), self.inputs.now);
        let found = pod_state::unmade(job, pod, self.inputs.observed.refused.as_deref(), now);
        // One that is young, or for which a node is made free, is given the time that it needs.
        let may_come = found.is_none() && pod.is_some();
        let situation = match found {
            Some(PodState::Stuck { reason, message }) => {
                Situation::Stalled { reason, message, phase: Phase::Preparing }
            }
            // Made again a moment ago: nothing is better yet.
            _ => self.still_unmade().filter(|_| pod_state::is_unplaced(job, pod))?,
        };
        if self.is_corrected(attempt) {
            return Some(self.again(attempt, Situation::Starting));
        }
        if let Some(given_back) = self.given_back(&situation).filter(|_| !may_come) {
            return Some(given_back);
        }
        let wait = if may_come { None } else { self.until_again(attempt) };
        if wait.is_some_and(|wait| wait.is_zero()) {
            return Some(self.again(attempt, situation));
        }
        let mut decision = self.with(situation);
        decision.children.attempt = Some(attempt.number);
        decision.children.remove = self.outdated(attempt.number);
        let missing = pod_state::until_missing(job, pod, now);
        let unplaced = pod.and_then(|pod| pod_state::until_unplaced(pod, now));
        decision.recheck =
            [wait, missing, unplaced, self.until_deadline(), self.next_stop()].into_iter().flatten().min();
        Some(decision)
    }

    /// What is said of such an attempt, as long as nothing else is known.
    pub(super) fn still_unmade(&self) -> Option<Situation> {
        self.still(&UNMADE)
    }

    fn still(&self, reasons: &[StalledReason]) -> Option<Situation> {
        let told = self.condition(condition::STALLED).filter(|c| c.status == "True")?;
        let reason = *reasons.iter().find(|r| r.as_str() == told.reason)?;
        let phase =
            believed::phase(self.status).filter(|p| matches!(p, Phase::Pending | Phase::Preparing))?;
        Some(Situation::Stalled { reason, message: told.message.clone(), phase })
    }

    /// How long until the attempt is made again: as long as all was in vain so far. A queue's Job is not: it would lose
    /// its turn.
    fn until_again(&self, attempt: &Attempt) -> Option<Duration> {
        let since = self.condition(condition::STALLED).filter(|c| c.status == "True")?.last_transition_time.0;
        let conditions = attempt.job.status.as_ref().and_then(|s| s.conditions.as_deref());
        if attempt.is_leaving() || conditions.unwrap_or_default().iter().any(|c| c.type_ == "Suspended") {
            return None;
        }
        let made = attempt.job.metadata.creation_timestamp.as_ref()?.0.max(since);
        let tried = Duration::try_from(made.duration_since(since)).unwrap_or_default();
        let pause = tried.clamp(FIRST, LONGEST);
        Some(left(self.inputs.now, made, pause.as_secs()).unwrap_or_default())
    }

    /// It is made again under its own number: it never worked.
    fn again(&self, attempt: &Attempt, situation: Situation) -> Decision {
        let mut decision = self.with(situation);
        decision.children.remove =
            [attempt].iter().filter(|a| !a.is_leaving()).filter_map(|a| a.identity()).collect();
        decision
    }

    /// Gives way to those who wait, if it was kept in vain for long.
    pub(super) fn given_back(&self, situation: &Situation) -> Option<Decision> {
        let Situation::Stalled { reason, message, .. } = situation else { return None };
        if !self.inputs.overstayed || !is_in_vain(reason.as_str()) {
            return None;
        }
        let (reason, message) = (*reason, message.clone());
        let mut decision = self.with(Situation::Stalled { reason, message, phase: Phase::Pending });
        let all = self.inputs.observed.attempts.iter().filter(|a| a.number == self.number());
        decision.children.remove = all.filter(|a| !a.is_leaving()).filter_map(Attempt::identity).collect();
        decision.children.workers = Workers::Remove;
        Some(decision)
    }

    /// It gave way, and tries again later.
    pub(super) fn set_back(&self, wait: Duration) -> Decision {
        let queued = Situation::Queued { position: self.inputs.share.queue_position.unwrap_or(1) };
        let mut decision = self.with(match self.still_unmade().or_else(|| self.still(&STUCK)) {
            Some(Situation::Stalled { reason, message, .. }) => {
                Situation::Stalled { reason, message, phase: Phase::Pending }
            }
            _ => queued,
        });
        decision.recheck = Some(wait);
        decision
    }
}
