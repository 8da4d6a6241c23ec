//! Why workers do not come: their Deployment tells of refusals, and their pods that they fit nowhere. Pods of workers
//! are watched for how long they live alone, so they are asked for, seldom, and only while some are missing.

use std::time::Duration;

use k8s_openapi::api::apps::v1::Deployment;
use k8s_openapi::api::core::v1::Pod;
use kube::api::ListParams;
use kube::{Api, Client};

use super::observe::Observed;
use super::status::WorkersTrouble;
use crate::context::Context;
use crate::labels;
use crate::runtime::ids::Uid;

/// How long an answer about pods is used, and after which time to look again while workers are missing.
pub const FRESH: Duration = Duration::from_secs(10);
/// Pods that are looked at: one that fits nowhere speaks for all of its Deployment.
const LOOKED_AT: u32 = 20;

/// Why there are fewer workers than there should be, if that is known.
pub async fn ask(ctx: &Context, observed: &Observed) -> Option<WorkersTrouble> {
    let workers = observed.workers.as_deref()?;
    let (wanted, ready) = observed.replicas();
    if ready >= wanted {
        return None;
    }
    if let Some(refused) = refused(workers) {
        return Some(WorkersTrouble::AwaitingQuota(refused));
    }
    let (known, id) = (&ctx.memory.pending, &observed.id);
    let said = match known.recent(&id.uid, FRESH) {
        Some(said) => said,
        None => {
            let said = unschedulable(ctx.io.client(), id.namespace(), &id.uid).await;
            known.note(&id.uid, said.clone());
            said
        }
    };
    said.map(WorkersTrouble::Unschedulable)
}

fn refused(workers: &Deployment) -> Option<String> {
    let conditions = workers.status.as_ref()?.conditions.as_ref()?;
    let refused = conditions.iter().find(|c| c.type_ == "ReplicaFailure" && c.status == "True")?;
    Some(refused.message.clone().unwrap_or_default())
}

/// What the scheduler says of a worker that fits nowhere. An API server that does not answer now is asked again later.
async fn unschedulable(client: &Client, namespace: &str, uid: &Uid) -> Option<String> {
    let selector =
        format!("{},{}={uid}", labels::managed_component(labels::Component::Worker), labels::JOB_UID);
    let pending = ListParams::default().labels(&selector).fields("status.phase=Pending").limit(LOOKED_AT);
    let pods = Api::<Pod>::namespaced(client.clone(), namespace).list(&pending).await;
    let pods = pods.inspect_err(|error| tracing::debug!(namespace, %error, "pods cannot be listed")).ok()?;
    pods.items.iter().find_map(said_by_scheduler)
}

fn said_by_scheduler(pod: &Pod) -> Option<String> {
    let conditions = pod.status.as_ref()?.conditions.as_ref()?;
    let scheduled = conditions.iter().find(|c| c.type_ == "PodScheduled" && c.status == "False")?;
    (scheduled.reason.as_deref() == Some("Unschedulable"))
        .then(|| scheduled.message.clone().unwrap_or_default())
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn only_a_pod_that_fits_nowhere_is_told() {
        let pod = |reason: &str| -> Pod {
            let condition =
                json!({"type": "PodScheduled", "status": "False", "reason": reason, "message": "0/2 nodes"});
            serde_json::from_value(json!({"metadata": {}, "status": {"conditions": [condition]}})).unwrap()
        };
        assert_eq!(said_by_scheduler(&pod("Unschedulable")).as_deref(), Some("0/2 nodes"));
        assert_eq!(said_by_scheduler(&pod("SchedulingGated")), None);
        assert_eq!(said_by_scheduler(&Pod::default()), None);
    }

    #[test]
    fn a_quota_that_refuses_workers_is_told() {
        let workers: Deployment = serde_json::from_value(json!({"metadata": {}, "status": {"conditions": [
            {"type": "ReplicaFailure", "status": "True", "message": "exceeded quota"}
        ]}}))
        .unwrap();
        assert_eq!(refused(&workers).as_deref(), Some("exceeded quota"));
        assert_eq!(refused(&Deployment::default()), None);
    }
}
