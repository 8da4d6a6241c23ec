//! The Kubernetes Job of one attempt.

use galapagos_crds::Desired;
use galapagos_protocol::ends::Code;
use serde_json::{Value, json};

use super::pod::{self, Parts};
use super::{Site, containers, mounts};
use crate::labels::{self, Component};
use crate::names::{self, COORDINATOR, IMPORT};
use crate::template::merge;
use crate::worker_pool::colocation::Colocation;

/// The Job. It is made once: its template cannot be changed. `desired`: the fields of the job that may change after
/// it was made, as they are now.
pub fn coordinator_job(site: &Site, attempt: u32, desired: &Desired) -> Value {
    let mut labels = site.labels(Component::Coordinator);
    labels.insert(labels::ATTEMPT.to_owned(), attempt.to_string().into());
    let mut init = vec![containers::local_worker(site)];
    if site.source {
        init.insert(0, containers::import(site));
    }
    let mut volumes = vec![
        mounts::job_volume(site),
        mounts::tls_volume(site, Component::Coordinator),
        mounts::tls_volume(site, Component::Worker),
        mounts::data_volume(site),
    ];
    volumes.extend(mounts::state_volume(site));
    let parts = Parts {
        labels: labels.clone(),
        main: containers::coordinator(site, attempt, desired),
        init,
        volumes,
        restart: "Never",
        beside: match site.colocation {
            Colocation::None => None,
            // It selects itself, too: the first one runs anywhere.
            Colocation::Coordinators | Colocation::All => Some(pod::of_pool(site, Component::Coordinator)),
        },
    };
    let user = &site.pool.spec.coordinator_template;
    json!({
        "apiVersion": "batch/v1",
        "kind": "Job",
        // A queue reads its labels here, and not at the pod.
        "metadata": merge(pod::labels_of(user), site.metadata(&names::coordinator_job(site.id.name(), attempt), labels)),
        "spec": {
            "completions": 1,
            "parallelism": 1,
            "backoffLimit": 0,
            "podReplacementPolicy": "Failed",
            "podFailurePolicy": failures(site),
            "template": pod::template(site, user, parts),
        },
    })
}

/// Makes the class of a failure durable in the Job's condition. Each container by its name: without one a rule would
/// also match the local worker, whose codes decide nothing. Permanent codes come first, since an attempt that says it
/// cannot succeed means it, also while its node is drained; then disruptions; every other code is kept by a rule of its
/// own, so that an end without a code means that somebody took the pod away.
fn failures(site: &Site) -> Value {
    let codes: Vec<i32> = Code::ALL.into_iter().filter(|c| c.is_permanent()).map(Code::number).collect();
    let permanent = |name: &str| json!({"action": "FailJob", "onExitCodes": {"containerName": name, "operator": "In", "values": codes}});
    let mut rules = vec![permanent(COORDINATOR)];
    if site.source {
        rules.push(permanent(IMPORT));
    }
    rules.push(json!({
        "action": "FailJob",
        "onPodConditions": [{"type": "DisruptionTarget", "status": "True"}],
    }));
    let other = |name: &str| json!({"action": "FailJob", "onExitCodes": {"containerName": name, "operator": "NotIn", "values": [0]}});
    if site.source {
        rules.push(other(IMPORT));
    }
    rules.push(other(COORDINATOR));
    json!({"rules": rules})
}
