//! Where a job stands, as its status tells it: its phase, whether it has a place, whether it is over.
//!
//! `status.phase` is one word, and whoever may write statuses can write another into it. The conditions are written with
//! it and say the same in more words: they are believed where the two disagree, so that a word from somebody else neither
//! ends a job that runs nor gives its place away. The next write of the status puts the word right.
#![cfg_attr(not(test), deny(clippy::disallowed_methods, clippy::disallowed_types))]

use galapagos_crds::conditions::{ReadyReason, StalledReason, SuspendedReason, condition};
use galapagos_crds::status::Phase;
use galapagos_crds::{EvolutionJob, EvolutionJobStatus};
use k8s_openapi::apimachinery::pkg::apis::meta::v1::Condition;

/// The phase that a status really tells; none if it tells none.
pub fn phase(status: &EvolutionJobStatus) -> Option<Phase> {
    let find = |type_: &str| status.conditions.iter().find(|c| c.type_ == type_);
    let Some(ready) = find(condition::READY) else { return status.phase };
    let of_reason = [
        (ReadyReason::Queued, Phase::Pending),
        (ReadyReason::Preparing, Phase::Preparing),
        (ReadyReason::Running, Phase::Running),
        (ReadyReason::Suspended, Phase::Suspended),
        (ReadyReason::Succeeded, Phase::Succeeded),
        (ReadyReason::Failed, Phase::Failed),
    ];
    if let Some((_, phase)) = of_reason.into_iter().find(|(reason, _)| reason.as_str() == ready.reason) {
        return Some(phase);
    }
    // A job that is stalled shows why in the place of its phase.
    let holds = |c: &Condition| c.status == "True";
    if find(condition::FAILED).is_some_and(holds) {
        return Some(Phase::Failed);
    }
    if find(condition::STALLED).is_none_or(|c| !holds(c)) {
        return status.phase;
    }
    if find(condition::WORKERS_READY).is_some() {
        return Some(Phase::Running);
    }
    // With or without a place, which no condition tells.
    status.phase.filter(|phase| matches!(phase, Phase::Pending | Phase::Preparing)).or(Some(Phase::Pending))
}

/// Whether the job is admitted to its pool.
pub fn has_place(status: Option<&EvolutionJobStatus>) -> bool {
    let Some(status) = status else { return false };
    matches!(phase(status), Some(Phase::Preparing | Phase::Running)) || is_held_by_a_queue(status)
}

/// Whether a queue holds the current attempt back: the attempt stays, and its place with it.
fn is_held_by_a_queue(status: &EvolutionJobStatus) -> bool {
    let by_queue = SuspendedReason::ByQueue.as_str();
    status
        .conditions
        .iter()
        .any(|c| c.type_ == condition::SUSPENDED && c.status == "True" && c.reason == by_queue)
}

/// Whether a finished job was given more generations.
pub fn is_extended(job: &EvolutionJob) -> bool {
    let Some(status) = &job.status else { return false };
    let done = status.generations.and_then(|g| u32::try_from(g).ok());
    phase(status) == Some(Phase::Succeeded) && done.is_some_and(|done| job.spec.generations > done)
}

/// Whether the job has ended and nothing more is wanted of it.
pub fn is_over(job: &EvolutionJob) -> bool {
    let told = job.status.as_ref().and_then(phase);
    matches!(told, Some(Phase::Succeeded | Phase::Failed)) && !is_extended(job)
}

/// Why a job that is not over waits for a person; none if it does not.
pub fn stalled(job: &EvolutionJob) -> Option<StalledReason> {
    let conditions = &job.status.as_ref().filter(|_| !is_over(job))?.conditions;
    let stalled = conditions.iter().find(|c| c.type_ == condition::STALLED && c.status == "True")?;
    stalled_reason(&stalled.reason)
}

/// The reason that is written so; none of this release may be.
pub fn stalled_reason(text: &str) -> Option<StalledReason> {
    StalledReason::ALL.iter().copied().find(|reason| reason.as_str() == text)
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn status(phase: &str, conditions: &[(&str, &str, &str)]) -> EvolutionJobStatus {
        let conditions: Vec<_> = conditions
            .iter()
            .map(|(type_, status, reason)| {
                json!({"type": type_, "status": status, "reason": reason, "message": "",
                       "lastTransitionTime": "2026-01-01T00:00:00Z"})
            })
            .collect();
        serde_json::from_value(json!({"phase": phase, "conditions": conditions})).unwrap()
    }

    #[test]
    fn a_phase_that_contradicts_its_conditions_is_not_believed() {
        let running = [("Ready", "False", "Running"), ("Reconciling", "True", "Running")];
        for word in ["Pending", "Preparing", "Suspended", "Succeeded", "Failed", "Running"] {
            assert_eq!(phase(&status(word, &running)), Some(Phase::Running), "{word}");
        }
    }

    #[test]
    fn a_job_that_is_stalled_with_workers_runs_and_one_that_has_failed_has_failed() {
        let stalled = ("Stalled", "True", "QuotaExceeded");
        let ready = ("Ready", "False", "QuotaExceeded");
        let workers = ("WorkersReady", "False", "ScalingUp");
        assert_eq!(phase(&status("Succeeded", &[ready, stalled, workers])), Some(Phase::Running));
        let failed = ("Failed", "True", "QuotaExceeded");
        assert_eq!(phase(&status("Running", &[ready, stalled, failed])), Some(Phase::Failed));
    }

    #[test]
    fn a_job_that_is_stalled_before_it_runs_has_its_place_or_has_none() {
        let conditions = [("Ready", "False", "ImagePullFailed"), ("Stalled", "True", "ImagePullFailed")];
        assert_eq!(phase(&status("Preparing", &conditions)), Some(Phase::Preparing));
        assert_eq!(phase(&status("Pending", &conditions)), Some(Phase::Pending));
        assert_eq!(phase(&status("Succeeded", &conditions)), Some(Phase::Pending));
    }

    #[test]
    fn a_job_waits_for_a_person_while_it_is_stalled_and_not_when_it_is_over() {
        let job = |conditions: &[(&str, &str, &str)]| {
            let spec = json!({"marketData": {"dataset": "d", "symbols": ["S"], "interval": "1h"},
                              "strategies": [{"name": "rsi_filter"}], "population": {"size": 100}});
            let mut job = EvolutionJob::new("j", serde_json::from_value(spec).unwrap());
            job.status = Some(status("Preparing", conditions));
            job
        };
        let full = ("Stalled", "True", "StateNotWritable");
        let ready = ("Ready", "False", "StateNotWritable");
        assert_eq!(stalled(&job(&[ready, full])), Some(StalledReason::StateNotWritable));
        assert_eq!(stalled(&job(&[ready, full, ("Failed", "True", "StateNotWritable")])), None);
        assert_eq!(stalled(&job(&[ready, ("Stalled", "False", "StateNotWritable")])), None);
        assert_eq!(stalled(&job(&[ready, ("Stalled", "True", "OfALaterRelease")])), None);
        assert_eq!(stalled(&job(&[("Ready", "False", "Running")])), None);
    }

    #[test]
    fn a_phase_without_conditions_is_all_there_is() {
        assert_eq!(phase(&status("Running", &[])), Some(Phase::Running));
        assert_eq!(phase(&EvolutionJobStatus::default()), None);
    }
}
