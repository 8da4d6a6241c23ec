//! The phase of a job as its conditions tell it.
//!
//! `status.phase` is one word, and whoever may write statuses can write another into it. The conditions are written with
//! it and say the same in more words: they are believed where the two disagree, so that a word from somebody else neither
//! ends a job that runs nor gives its place away. The next write of the status puts the word right.

use galapagos_crds::EvolutionJobStatus;
use galapagos_crds::conditions::{ReadyReason, condition};
use galapagos_crds::status::Phase;
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
    fn a_phase_without_conditions_is_all_there_is() {
        assert_eq!(phase(&status("Running", &[])), Some(Phase::Running));
        assert_eq!(phase(&EvolutionJobStatus::default()), None);
    }
}
