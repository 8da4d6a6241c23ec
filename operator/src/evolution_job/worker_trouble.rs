//! Why workers do not come, as their Deployment tells it.

use k8s_openapi::api::apps::v1::Deployment;

use super::status::WorkersTrouble;

/// Reads it.
pub fn of(workers: Option<&Deployment>) -> Option<WorkersTrouble> {
    let conditions = workers?.status.as_ref()?.conditions.as_ref()?;
    let refused = conditions.iter().find(|c| c.type_ == "ReplicaFailure" && c.status == "True")?;
    let message = refused.message.clone().unwrap_or_default();
    Some(WorkersTrouble::AwaitingQuota(message))
}
