//! The Deployment of a job's workers.

use serde_json::{Value, json};

use super::pod::{self, Parts};
use super::{Site, containers, mounts};
use crate::labels::{self, Component};
use crate::names;
use crate::template::merge;
use crate::worker_pool::colocation::Colocation;

/// The Deployment.
pub fn workers(site: &Site, replicas: u32) -> Value {
    let labels = site.labels(Component::Worker);
    let parts = Parts {
        labels: labels.clone(),
        main: containers::worker(site),
        init: Vec::new(),
        volumes: vec![
            mounts::job_volume(site),
            mounts::tls_volume(site, Component::Worker),
            mounts::data_volume(site),
        ],
        restart: "Always",
        beside: match site.colocation {
            Colocation::None | Colocation::Coordinators => None,
            Colocation::All => Some(labels::fixed(Component::Coordinator, site.id.uid.as_str())),
        },
    };
    let user = &site.pool.spec.template;
    json!({
        "apiVersion": "apps/v1",
        "kind": "Deployment",
        "metadata": merge(pod::labels_of(user), site.metadata(&names::workers(site.id.name()), labels)),
        "spec": {
            "replicas": replicas,
            "revisionHistoryLimit": 1,
            // A pool is a budget: no pod above it while a new template is rolled out.
            "strategy": {"type": "RollingUpdate", "rollingUpdate": {"maxSurge": 0, "maxUnavailable": "25%"}},
            "selector": {"matchLabels": labels::fixed(Component::Worker, site.id.uid.as_str())},
            "template": pod::template(site, user, parts),
        },
    })
}
