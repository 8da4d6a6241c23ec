//! The status of a pool.
#![cfg_attr(not(test), deny(clippy::disallowed_methods, clippy::disallowed_types))]

use galapagos_crds::WorkerPoolStatus;
use galapagos_crds::conditions::{ReadyReason, condition};
use galapagos_crds::status::Phase;
use jiff::Timestamp;
use k8s_openapi::apimachinery::pkg::apis::meta::v1::{Condition, Time};
use kube::ResourceExt;

use super::PoolFinding;
use super::observe::Observed;
use crate::{believed, labels};

/// Longest message of a condition that the server takes.
const LONGEST_MESSAGE: usize = 32 * 1024;

/// The status, whole: one manager's partial applies erase each other.
pub fn status(observed: &Observed, problem: Option<&PoolFinding>, now: Timestamp) -> WorkerPoolStatus {
    let pool = &observed.pool;
    let sum = |of: fn(&k8s_openapi::api::apps::v1::Deployment) -> Option<i32>| {
        Some(observed.workers.iter().filter_map(|d| of(d)).fold(0, i32::saturating_add))
    };
    let phases = || observed.jobs.iter().map(|job| job.status.as_ref().and_then(believed::phase));
    let jobs = |wanted: &dyn Fn(Option<Phase>) -> bool| {
        Some(i32::try_from(phases().filter(|phase| wanted(*phase)).count()).unwrap_or(i32::MAX))
    };
    WorkerPoolStatus {
        observed_generation: pool.metadata.generation,
        replicas: sum(|d| d.status.as_ref()?.replicas),
        ready_replicas: sum(|d| d.status.as_ref()?.ready_replicas),
        desired_replicas: sum(|d| d.spec.as_ref()?.replicas),
        selector: Some(labels::workers_of(&pool.name_any())),
        active_jobs: jobs(&|phase| matches!(phase, Some(Phase::Preparing | Phase::Running))),
        queued_jobs: jobs(&|phase| matches!(phase, None | Some(Phase::Pending))),
        conditions: conditions(observed, problem, now),
    }
}

fn conditions(observed: &Observed, problem: Option<&PoolFinding>, now: Timestamp) -> Vec<Condition> {
    let old = observed.pool.status.as_ref().map(|s| s.conditions.as_slice()).unwrap_or_default();
    let generation = observed.pool.metadata.generation;
    let make = |type_: &str, status: &str, reason: &str, message: &str| {
        let same = old.iter().find(|c| c.type_ == type_ && c.status == status);
        Condition {
            type_: type_.to_owned(),
            status: status.to_owned(),
            reason: reason.to_owned(),
            message: message.chars().take(LONGEST_MESSAGE / 4).collect(),
            observed_generation: generation,
            last_transition_time: same.map_or(Time(now), |c| c.last_transition_time.clone()),
        }
    };
    match problem {
        None => vec![make(condition::READY, "True", ReadyReason::Accepted.as_str(), "Jobs can use it")],
        // The reason stands in both: the column shows that of Ready.
        Some(PoolFinding { reason, message }) => vec![
            make(condition::READY, "False", reason.as_str(), message),
            make(condition::STALLED, "True", reason.as_str(), message),
        ],
    }
}
