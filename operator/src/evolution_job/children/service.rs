//! The Service by which workers find their coordinator.

use serde_json::{Value, json};

use super::Site;
use crate::labels::{self, Component};
use crate::names;
use crate::ports::{PROGRESS_PORT, WORK_PORT};

/// The Service, which leads to the coordinator of one attempt: a pod of the attempt before that hangs on a dead node
/// must get no connections.
///
/// It leads there before the pod is ready and while it is not. The pod's readiness includes that of the local worker,
/// and one that restarts over a poisonous individual must not cut the others off.
pub fn service(site: &Site, attempt: u32) -> Value {
    let mut selector = labels::fixed(Component::Coordinator, site.id.uid.as_str());
    selector.insert(labels::ATTEMPT.to_owned(), attempt.to_string().into());
    json!({
        "apiVersion": "v1",
        "kind": "Service",
        "metadata": site.metadata(&names::service(site.id.name()), site.labels(Component::Coordinator)),
        "spec": {
            "type": "ClusterIP",
            "publishNotReadyAddresses": true,
            "selector": selector,
            "ports": [
                {"name": "work", "port": WORK_PORT, "targetPort": WORK_PORT, "protocol": "TCP"},
                {"name": "progress", "port": PROGRESS_PORT, "targetPort": PROGRESS_PORT, "protocol": "TCP"},
            ],
        },
    })
}
