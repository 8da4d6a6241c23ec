//! Which events a change of status sends: each once per transition, so that `kubectl describe` tells the story of a
//! job without repeating itself.
#![cfg_attr(not(test), deny(clippy::disallowed_methods, clippy::disallowed_types))]

use galapagos_crds::EvolutionJobStatus;
use galapagos_crds::conditions::{EventReason, condition};
use galapagos_crds::status::{Phase, Validated};
use galapagos_protocol::progress::Report;
use kube::runtime::events::EventType;

/// An event to be sent.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Notice {
    /// Its reason.
    pub reason: EventReason,
    /// Whether something went wrong.
    pub warning: bool,
    /// What happened.
    pub note: String,
}

impl Notice {
    fn normal(reason: EventReason, note: impl Into<String>) -> Notice {
        Notice { reason, warning: false, note: note.into() }
    }

    fn warning(reason: EventReason, note: impl Into<String>) -> Notice {
        Notice { reason, warning: true, note: note.into() }
    }

    /// The type in Kubernetes.
    pub fn event_type(&self) -> EventType {
        if self.warning { EventType::Warning } else { EventType::Normal }
    }
}

/// The events between two statuses, in the order in which things happen.
pub fn between(old: &EvolutionJobStatus, new: &EvolutionJobStatus) -> Vec<Notice> {
    let mut notices = Vec::new();
    attempts(old, new, &mut notices);
    let is_new = |phase: Phase| new.phase == Some(phase) && old.phase != Some(phase);
    let queued = |s: &EvolutionJobStatus| s.queue_position.is_some();
    if queued(new) && !queued(old) {
        let position = new.queue_position.unwrap_or_default();
        notices.push(Notice::normal(
            EventReason::Queued,
            format!("waits to be admitted to its pool, at position {position}"),
        ));
    }
    if holds(new, condition::DATA_READY) && !holds(old, condition::DATA_READY) {
        let digest = new.provenance.as_ref().and_then(|p| p.dataset_digest.clone()).unwrap_or_default();
        notices.push(Notice::normal(EventReason::DataPublished, format!("its dataset is there, {digest}")));
    }
    progress(old, new, &mut notices);
    if is_new(Phase::Suspended) {
        notices.push(Notice::normal(
            EventReason::Suspended,
            "its pods are gone; it continues from its last checkpoint",
        ));
    }
    if old.phase == Some(Phase::Suspended) && !is_new(Phase::Suspended) && new.phase != old.phase {
        notices.push(Notice::normal(EventReason::Resumed, "continues from its last checkpoint"));
    }
    if is_new(Phase::Succeeded) {
        let best = new.best.as_ref().and_then(|b| Some(format!("{}, fitness {}", b.strategy, b.fitness?)));
        let digest = new.provenance.as_ref().and_then(|p| p.result_digest.clone()).unwrap_or_default();
        let note = format!(
            "{} after generation {}: {}; {digest}",
            reason(new, condition::COMPLETE),
            new.progress.clone().unwrap_or_default(),
            best.unwrap_or_else(|| "no feasible individual".to_owned()),
        );
        notices.push(Notice::normal(EventReason::Completed, note));
    }
    if let Some(verdict) = new.validation.as_ref().filter(|_| old.validation.is_none()) {
        let found = if verdict.validated == Validated::True { "validated" } else { "not validated" };
        let told = new.conditions.iter().find(|c| c.type_ == condition::VALIDATED);
        let note = format!("{found}: {}", told.map(|c| c.message.as_str()).unwrap_or_default());
        notices.push(Notice::normal(EventReason::Validated, note));
    }
    if is_new(Phase::Failed) {
        let message =
            new.conditions.iter().find(|c| c.type_ == condition::FAILED).map(|c| c.message.as_str());
        let note = format!("{}: {}", reason(new, condition::FAILED), message.unwrap_or_default());
        notices.push(Notice::warning(EventReason::Failed, note));
    }
    notices
}

/// The checkpoints that a coordinator passed over.
pub fn fallbacks(report: &Report) -> impl Iterator<Item = Notice> {
    report.fallbacks.iter().map(|text| Notice::warning(EventReason::CheckpointFallback, text))
}

fn attempts(old: &EvolutionJobStatus, new: &EvolutionJobStatus, notices: &mut Vec<Notice>) {
    let before = old.attempts.clone().unwrap_or_default();
    let after = new.attempts.clone().unwrap_or_default();
    if after.faults > before.faults {
        let why = message(new, condition::RECONCILING).or_else(|| message(new, condition::STALLED));
        let note = format!("attempt {} failed: {}", before.started, why.unwrap_or_default());
        notices.push(Notice::warning(EventReason::AttemptLost, note));
    }
    if after.disruptions > before.disruptions {
        let note =
            format!("attempt {} was taken away; it does not count against backoffLimit", before.started);
        notices.push(Notice::normal(EventReason::AttemptLost, note));
    }
    if after.started > before.started {
        if before.started == 0 || old.phase == Some(Phase::Pending) {
            notices.push(Notice::normal(EventReason::Admitted, "is admitted to its pool"));
        }
        let note = format!("coordinator of attempt {}", after.started);
        notices.push(Notice::normal(EventReason::AttemptStarted, note));
    }
}

fn progress(old: &EvolutionJobStatus, new: &EvolutionJobStatus, notices: &mut Vec<Notice>) {
    let fitness = |s: &EvolutionJobStatus| s.best.as_ref().and_then(|b| b.fitness);
    if let Some(best) = fitness(new)
        && fitness(old) != Some(best)
        && new.phase == Some(Phase::Running)
    {
        let strategy = new.best.as_ref().map(|b| b.strategy.clone()).unwrap_or_default();
        let note =
            format!("{strategy}, fitness {best}, at generation {}", new.progress.clone().unwrap_or_default());
        notices.push(Notice::normal(EventReason::GenerationBest, note));
    }
    let desired = |s: &EvolutionJobStatus| s.workers.as_ref().map_or(0, |w| w.desired);
    let (before, after) = (desired(old), desired(new));
    if new.phase == Some(Phase::Running) && old.phase == new.phase && before != after {
        let reason = if after > before { EventReason::ScaledUp } else { EventReason::ScaledDown };
        notices.push(Notice::normal(reason, format!("{before} to {after} workers")));
    }
    let quarantined = |s: &EvolutionJobStatus| s.evaluations.as_ref().map_or(0, |e| e.quarantined);
    if quarantined(new) > quarantined(old) {
        let note = format!(
            "{} individuals could not be evaluated and were set aside: the result is not reproducible; see exceptions.jsonl in the run folder",
            quarantined(new)
        );
        notices.push(Notice::warning(EventReason::Quarantined, note));
    }
}

fn holds(status: &EvolutionJobStatus, kind: &str) -> bool {
    status.conditions.iter().any(|c| c.type_ == kind && c.status == "True")
}

fn reason(status: &EvolutionJobStatus, kind: &str) -> String {
    status.conditions.iter().find(|c| c.type_ == kind).map(|c| c.reason.clone()).unwrap_or_default()
}

fn message(status: &EvolutionJobStatus, kind: &str) -> Option<String> {
    status.conditions.iter().find(|c| c.type_ == kind && c.status == "True").map(|c| c.message.clone())
}

#[cfg(test)]
mod tests {
    use super::*;
    use galapagos_crds::status::{Attempts, Best, Verdict, Workers};
    use k8s_openapi::apimachinery::pkg::apis::meta::v1::{Condition, Time};

    fn reasons(old: &EvolutionJobStatus, new: &EvolutionJobStatus) -> Vec<EventReason> {
        between(old, new).into_iter().map(|n| n.reason).collect()
    }

    fn running(generation: i32) -> EvolutionJobStatus {
        EvolutionJobStatus {
            phase: Some(Phase::Running),
            generation: Some(generation),
            attempts: Some(Attempts { started: 1, ..Attempts::default() }),
            ..EvolutionJobStatus::default()
        }
    }

    #[test]
    fn nothing_is_said_twice() {
        let mut status = running(3);
        status.best = Some(Best { fitness: Some(1.5), ..Best::default() });
        status.workers = Some(Workers { desired: 4, ready: 2 });
        assert_eq!(between(&status, &status), []);
    }

    #[test]
    fn the_first_attempt_is_an_admission_and_a_lost_one_says_whether_it_counts() {
        let started = running(0);
        assert_eq!(
            reasons(&EvolutionJobStatus::default(), &started),
            [EventReason::Admitted, EventReason::AttemptStarted]
        );
        let mut second = started.clone();
        second.attempts = Some(Attempts { started: 2, faults: 0, disruptions: 1 });
        assert_eq!(reasons(&started, &second), [EventReason::AttemptLost, EventReason::AttemptStarted]);
        assert!(!between(&started, &second)[0].warning);
        second.attempts = Some(Attempts { started: 2, faults: 1, disruptions: 0 });
        assert!(between(&started, &second)[0].warning);
    }

    #[test]
    fn a_checkpoint_that_was_passed_over_is_a_warning() {
        let report = Report { fallbacks: vec!["checkpoints/7: torn".to_owned()], ..Report::default() };
        let told: Vec<Notice> = fallbacks(&report).collect();
        assert_eq!((told[0].reason, told[0].warning), (EventReason::CheckpointFallback, true));
        assert_eq!(told[0].note, "checkpoints/7: torn");
        assert_eq!(fallbacks(&Report::default()).count(), 0);
    }

    #[test]
    fn a_verdict_is_told_once_and_is_no_warning() {
        let ended = |validated: Validated| EvolutionJobStatus {
            phase: Some(Phase::Succeeded),
            validation: Some(Verdict { validated, ..Verdict::default() }),
            conditions: vec![Condition {
                type_: condition::VALIDATED.into(),
                status: validated.as_str().into(),
                reason: "LikelyLuck".into(),
                message: "It may be luck.".into(),
                observed_generation: None,
                last_transition_time: Time(jiff::Timestamp::UNIX_EPOCH),
            }],
            ..running(3)
        };
        for (validated, note) in [
            (Validated::True, "validated: It may be luck."),
            (Validated::False, "not validated: It may be luck."),
            (Validated::Unknown, "not validated: It may be luck."),
        ] {
            let told = between(&running(3), &ended(validated));
            let reasons: Vec<_> = told.iter().map(|n| (n.reason, n.warning)).collect();
            assert_eq!(reasons, [(EventReason::Completed, false), (EventReason::Validated, false)]);
            assert_eq!(told[1].note, note);
            assert_eq!(between(&ended(validated), &ended(validated)), []);
        }
        let goes_on = running(3);
        assert_eq!(reasons(&ended(Validated::True), &goes_on), []);
        assert!(
            reasons(&goes_on, &ended(Validated::False)).contains(&EventReason::Validated),
            "at its next end"
        );
    }

    #[test]
    fn workers_that_come_and_go_are_told_while_the_job_runs() {
        let with =
            |desired| EvolutionJobStatus { workers: Some(Workers { desired, ready: 0 }), ..running(1) };
        assert_eq!(reasons(&with(1), &with(3)), [EventReason::ScaledUp]);
        assert_eq!(reasons(&with(3), &with(1)), [EventReason::ScaledDown]);
        assert_eq!(between(&with(3), &with(1))[0].note, "3 to 1 workers");
    }
}
