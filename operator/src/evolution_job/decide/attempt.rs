//! A job that is admitted, and the attempt it is in: whether it starts, goes on, is repeated.

use std::time::Duration;

use galapagos_crds::conditions::StalledReason;
use galapagos_crds::status::{Attempts, Phase};
use galapagos_protocol::ends::Code;
use jiff::{SignedDuration, Timestamp};
use k8s_openapi::apimachinery::pkg::apis::meta::v1::Time;

use super::super::ending::{self, Class, Ending};
use super::super::observe::Attempt;
use super::super::pod_state::{self, PodState};
use super::super::status::{Situation, SuspendedBy};
use super::{Decision, State, Workers, later, left};
use crate::origin::Origin;
use crate::progress::Seen;
use crate::runtime::ids::{Name, Uid};
use crate::{annotations, believed};

/// First pause after a fault; it doubles with each.
const FIRST_PAUSE: Duration = Duration::from_secs(10);
/// Longest pause after a fault.
const LONGEST_PAUSE: Duration = Duration::from_secs(360);
/// Containers that others put beside the coordinator may end by themselves once it has ended, and its log stays then.
const OTHERS_STOP: Duration = Duration::from_secs(10);
/// How long after its grace a pod on a silent node is waited for.
const DEAD_NODE: SignedDuration = SignedDuration::from_secs(30);

impl State<'_> {
    /// The job is admitted and has a current attempt.
    pub(super) fn inside(&self) -> Decision {
        if let Some(over) = self.deadline() {
            return over;
        }
        let number = self.number();
        let Some(attempt) = self.inputs.observed.attempt(number) else { return self.missing(number) };
        if let Some(ending) = ending::of_attempt(&attempt.job, attempt.pod.as_deref()) {
            return self.ended(ending);
        }
        if self.is_lost(attempt) {
            let message = "its node is silent, or its pod cannot be deleted".to_owned();
            return self.ended(Ending { class: Class::Disrupted, at: None, message });
        }
        self.going_on(attempt)
    }

    /// The Job of the current attempt is not there: not made yet, or taken away by somebody.
    pub(super) fn missing(&self, number: u32) -> Decision {
        let situation = self.still_unmade().unwrap_or(Situation::Starting);
        if let Some(given_back) = self.given_back(&situation) {
            return given_back;
        }
        let mut decision = self.with(situation);
        let before = number.checked_sub(1).and_then(|n| self.inputs.observed.attempt(n));
        let ending = before.and_then(|a| ending::of_attempt(&a.job, a.pod.as_deref()));
        if let Some(Ending { class: Class::Fault(code), at: Some(at), message }) = ending {
            let pause = pause(self.attempts().faults);
            if let Some(wait) = left(self.inputs.now, at, pause.as_secs()) {
                decision.situation = retrying(code, message, self.inputs.now, wait);
                decision.recheck = Some(wait);
                decision.children.workers = Workers::Keep;
                return decision;
            }
        }
        decision.children.attempt = Some(number);
        decision.children.workers = Workers::Set(self.inputs.share.workers);
        decision.recheck = self.until_deadline();
        decision
    }

    pub(super) fn ended(&self, ending: Ending) -> Decision {
        let mut attempts = self.attempts();
        match ending.class {
            Class::Fault(code) => {
                attempts.faults += 1;
                let limit = self.inputs.observed.job.spec.backoff_limit;
                if u32::try_from(attempts.faults).is_ok_and(|faults| faults > limit) {
                    let message = format!(
                        "{} of {} attempts failed, more than spec.backoffLimit {limit}; the last: {}",
                        attempts.faults, attempts.started, ending.message
                    );
                    return self.failed(attempts, StalledReason::BackoffLimitExceeded, message);
                }
                let wait =
                    ending.at.and_then(|at| left(self.inputs.now, at, pause(attempts.faults).as_secs()));
                let retry = wait.map(|wait| (retrying(code, ending.message, self.inputs.now, wait), wait));
                self.next_attempt(attempts, retry)
            }
            // A success without words: the next attempt finds the result and reports it.
            Class::Disrupted | Class::Succeeded | Class::Permanent(_) => {
                attempts.disruptions += 1;
                self.next_attempt(attempts, None)
            }
        }
    }

    /// Begins the next attempt; its Job is made once the pause is over.
    pub(super) fn next_attempt(
        &self,
        mut attempts: Attempts,
        pause: Option<(Situation, Duration)>,
    ) -> Decision {
        attempts.started += 1;
        let number = attempts.started.try_into().unwrap_or(1);
        let (situation, recheck) = pause.map_or((Situation::Starting, None), |(s, wait)| (s, Some(wait)));
        let mut decision = self.with(situation);
        decision.attempts = attempts;
        decision.children.attempt = recheck.is_none().then_some(number);
        decision.children.workers = Workers::Keep;
        // The end of an attempt is read from its Job: it stays until the pause after it is over.
        decision.children.remove = if recheck.is_none() { self.outdated(number) } else { Vec::new() };
        decision.recheck = recheck;
        decision
    }

    /// Jobs whose logs are of no use any more: all but those of the current attempt and the one before. And those of
    /// which only foreign containers run on.
    pub(super) fn outdated(&self, current: u32) -> Vec<(Name, Uid)> {
        let observed = self.inputs.observed.attempts.iter().filter(|a| !a.is_leaving());
        let is_outdated =
            |a: &&Attempt| a.number + 1 < current || self.until_stopped(a).is_some_and(|left| left.is_zero());
        observed.filter(is_outdated).filter_map(Attempt::identity).collect()
    }

    /// How long foreign containers of an attempt that has ended may still run; none if there are none.
    fn until_stopped(&self, attempt: &Attempt) -> Option<Duration> {
        let since = ending::runs_on_since(&attempt.job, attempt.pod.as_deref())?;
        Some(left(self.inputs.now, since, OTHERS_STOP.as_secs()).unwrap_or_default())
    }

    /// When the next attempt has to be stopped of which only foreign containers run on.
    pub(super) fn next_stop(&self) -> Option<Duration> {
        let observed = self.inputs.observed.attempts.iter().filter(|a| !a.is_leaving());
        observed.filter_map(|a| self.until_stopped(a)).filter(|left| !left.is_zero()).min()
    }

    pub(super) fn is_lost(&self, attempt: &Attempt) -> bool {
        let deleted =
            |time: Option<&Time>| time.is_some_and(|t| self.inputs.now.duration_since(t.0) > DEAD_NODE);
        match attempt.pod.as_deref() {
            // Kubernetes sets the time at which the grace ends.
            Some(pod) => deleted(pod.metadata.deletion_timestamp.as_ref()),
            None => false,
        }
    }

    /// Whether the pool, or the operator, makes pods in another way than when the attempt was made.
    pub(super) fn is_corrected(&self, attempt: &Attempt) -> bool {
        let annotations = attempt.job.metadata.annotations.as_ref();
        let made = annotations.and_then(|all| all.get(annotations::ORIGIN));
        let now = (self.inputs.origin)(attempt.number);
        // What is no origin is none of now either.
        made.zip(now).is_some_and(|(made, now)| Origin::read(made) != Some(now))
    }

    /// What was heard of the attempt's pod: a pod that was there before under the same number does not count.
    pub(super) fn heard(&self, attempt: &Attempt) -> Option<&Seen> {
        let seen = self.inputs.observed.seen.as_ref().filter(|s| s.attempt == attempt.number)?;
        let counts = match attempt.pod.as_deref().and_then(pod_state::address) {
            Some(ip) => ip == seen.address,
            // No pod, or one that waits for a node.
            None => seen.reachable(attempt.number, self.inputs.clock),
        };
        counts.then_some(seen)
    }

    /// The current attempt lives.
    pub(super) fn going_on(&self, attempt: &Attempt) -> Decision {
        let seen = self.heard(attempt);
        if seen.is_none()
            && let Some(unmade) = self.unmade(attempt)
        {
            return unmade;
        }
        let pod = pod_state::observe(&attempt.job, attempt.pod.as_deref());
        if matches!(pod, PodState::Stuck { .. }) && self.is_corrected(attempt) {
            // It is made again under its own number: it never worked.
            let mut decision = self.with(Situation::Starting);
            decision.children.remove =
                [attempt].iter().filter(|a| !a.is_leaving()).filter_map(|a| a.identity()).collect();
            return decision;
        }
        let mut decision = self.with(match (pod, seen) {
            (PodState::Held, _) => Situation::Suspended(SuspendedBy::Queue),
            (PodState::Stuck { reason, message }, _) => {
                Situation::Stalled { reason, message, phase: Phase::Preparing }
            }
            (_, Some(seen)) => {
                Situation::Running { reachable: seen.reachable(attempt.number, self.inputs.clock) }
            }
            (PodState::Running, None) if believed::phase(self.status) == Some(Phase::Running) => {
                Situation::Running { reachable: false }
            }
            (PodState::Importing, None) => Situation::Preparing { importing: true },
            (PodState::Waiting | PodState::Running, None) => Situation::Starting,
        });
        if let Some(given_back) = self.given_back(&decision.situation) {
            return given_back;
        }
        decision.children.attempt = Some(attempt.number);
        decision.children.remove = self.outdated(attempt.number);
        decision.children.workers = match decision.situation {
            Situation::Running { .. } | Situation::Starting => Workers::Set(self.inputs.share.workers),
            Situation::Suspended(_) => Workers::Set(0),
            _ => Workers::Keep,
        };
        let dying = attempt.pod.as_ref().and_then(|p| p.metadata.deletion_timestamp.as_ref());
        let dying = dying.map(|t| left(self.inputs.now, t.0, 31).unwrap_or(Duration::from_secs(1)));
        let unplaced = attempt.pod.as_deref().and_then(|pod| pod_state::until_unplaced(pod, self.inputs.now));
        let missing = pod_state::until_missing(&attempt.job, attempt.pod.as_deref(), self.inputs.now);
        decision.recheck =
            [dying, missing, unplaced, self.until_deadline(), self.next_stop()].into_iter().flatten().min();
        decision
    }
}

/// The pause after so many faults.
fn pause(faults: i32) -> Duration {
    let doublings = faults.saturating_sub(1).clamp(0, 16);
    (FIRST_PAUSE * 2_u32.pow(doublings.unsigned_abs())).min(LONGEST_PAUSE)
}

fn retrying(code: Option<i32>, why: String, now: Timestamp, wait: Duration) -> Situation {
    match code.and_then(Code::from_number) {
        Some(Code::StateNotWritable) => Situation::Stalled {
            reason: StalledReason::StateNotWritable,
            message: why,
            phase: Phase::Preparing,
        },
        _ => Situation::Retrying { until: later(now, wait), why },
    }
}
