//! Ends: reported by the coordinator's stream or by its last words, found out here, and what follows an end.

use galapagos_crds::TtlPolicy;
use galapagos_crds::conditions::{CompleteReason, StalledReason};
use galapagos_crds::status::{Attempts, Phase};
use galapagos_protocol::progress::Report;

use super::super::ending::{self, Class};
use super::super::observe::Attempt;
use super::super::pod_state;
use super::super::status::{JobEnd, Situation};
use super::{Decision, State, Workers, left};
use crate::believed;
use crate::runtime::ids::{Name, Uid};

impl State<'_> {
    pub(super) fn after_the_end(&self) -> Decision {
        let job = &self.inputs.observed.job;
        let mut decision = self.with(self.recorded_end());
        decision.children.workers = Workers::Remove;
        decision.children.remove = self.outdated(self.number());
        if self.condition("Failed").is_some_and(|c| c.status == "True") {
            // The attempt may have come into sight only after its job had failed. One whose pod is on a node is left
            // alone: it may be about to end by what it has reported, and its log is worth keeping.
            let unstarted = |a: &Attempt| {
                self.heard(a).is_none() && a.pod.as_deref().and_then(pod_state::address).is_none()
            };
            decision.children.remove.extend(self.without_an_end(unstarted));
        }
        decision.recheck = self.next_stop();
        let ended = self.status.completion_time.as_ref().map(|t| t.0);
        if let Some((ttl, ended)) = job.spec.ttl_seconds_after_finished.zip(ended) {
            match left(self.inputs.now, ended, ttl.into()) {
                None => {
                    decision.children.remove =
                        self.inputs.observed.attempts.iter().filter_map(Attempt::identity).collect();
                    decision.children.job_too = job.spec.ttl_policy == TtlPolicy::Job;
                }
                wait => decision.recheck = [wait, decision.recheck].into_iter().flatten().min(),
            }
        }
        decision
    }

    /// The end as it was recorded.
    pub(super) fn recorded_end(&self) -> Situation {
        let complete = self.condition("Complete").filter(|c| c.status == "True");
        if let Some(complete) = complete.filter(|_| believed::phase(self.status) == Some(Phase::Succeeded)) {
            let known = CompleteReason::ALL.iter().copied().find(|r| r.as_str() == complete.reason);
            let reason = known.unwrap_or(CompleteReason::Unknown);
            let reported = self.status.provenance.as_ref().and_then(|p| p.stopped_by.clone());
            return Situation::Succeeded {
                reason,
                reported: reported.filter(|_| reason == CompleteReason::Unknown),
            };
        }
        let failed = self.condition("Failed");
        let reason =
            failed.and_then(|c| believed::stalled_reason(&c.reason)).unwrap_or(StalledReason::Unknown);
        Situation::Failed { reason, message: failed.map(|c| c.message.clone()).unwrap_or_default() }
    }

    /// The end that the current attempt has reported, by its stream or by its last words.
    pub(super) fn reported_end(&self) -> Option<Decision> {
        let observed = self.inputs.observed;
        let number = self.number();
        let seen = observed.seen.as_ref().filter(|s| s.attempt == number);
        if let Some(end) = seen.and_then(|s| s.report.r#final.as_ref()) {
            let done = seen.map_or(0, |s| s.report.generation);
            return Some(self.end(self.refined(JobEnd::from_report(end), done), None));
        }
        let attempt = observed.attempt(number)?;
        let ending = ending::of_attempt(&attempt.job, attempt.pod.as_deref())?;
        match ending.class {
            Class::Succeeded => {
                let words = attempt.pod.as_deref().and_then(ending::final_words)?;
                let end = self.refined(JobEnd::from_report(words.r#final.as_ref()?), words.generation);
                // They tell numbers of a result; without one what was known stays.
                let words = matches!(end, JobEnd::Succeeded { .. }).then_some(words);
                Some(self.end(end, words))
            }
            Class::Permanent(reason) => {
                let message = ending.message;
                Some(self.end(JobEnd::Failed { reason, message }, None))
            }
            Class::Disrupted | Class::Fault(_) => None,
        }
    }

    /// The coordinator knows the limit as it is now: that more was done than it allows tells that it was lowered.
    fn refined(&self, end: JobEnd, done: u32) -> JobEnd {
        let lowered = done > self.inputs.observed.job.spec.generations;
        match end {
            JobEnd::Succeeded { reason: CompleteReason::GenerationsReached, reported } if lowered => {
                JobEnd::Succeeded { reason: CompleteReason::StoppedByUser, reported }
            }
            other => other,
        }
    }

    pub(super) fn end(&self, end: JobEnd, words: Option<Report>) -> Decision {
        let mut decision = self.with(end.into());
        decision.words = words;
        decision.children.workers = Workers::Remove;
        decision.recheck = self.next_stop();
        decision
    }

    pub(super) fn failed(&self, attempts: Attempts, reason: StalledReason, message: String) -> Decision {
        let mut decision = self.end(JobEnd::Failed { reason, message }, None);
        decision.attempts = attempts;
        // What still runs has no purpose any more.
        decision.children.remove = self.without_an_end(|_| true);
        decision
    }

    /// The attempts that go on, or would.
    fn without_an_end(&self, chosen: impl Fn(&Attempt) -> bool) -> Vec<(Name, Uid)> {
        let goes_on =
            |a: &&Attempt| !a.is_leaving() && ending::of_attempt(&a.job, a.pod.as_deref()).is_none();
        let all = self.inputs.observed.attempts.iter();
        all.filter(goes_on).filter(|a| chosen(a)).filter_map(Attempt::identity).collect()
    }
}
