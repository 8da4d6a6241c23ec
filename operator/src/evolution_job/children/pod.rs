//! The pod template of a job: three layers of which the later wins.

use galapagos_crds::pool::Schemaless;
use serde_json::{Map, Value, json};

use super::Site;
use super::containers::Container;
use crate::labels::{self, Component};
use crate::template::merge;

/// A pod on a node that does not answer is given up after this; the usual five minutes are long for an evolution.
const GIVEN_UP_AFTER_SECONDS: u32 = 20;
/// All roles leave within five seconds of SIGTERM.
const GRACE_SECONDS: u32 = 10;
/// Pods that must share a node, share this.
const NODE: &str = "kubernetes.io/hostname";

/// What differs between the pods of a coordinator and of workers.
pub struct Parts {
    /// Labels of the pod.
    pub labels: Map<String, Value>,
    /// The container that `kubectl logs` shows.
    pub main: Container,
    /// Init containers, in their order; they run after those of the template.
    pub init: Vec<Container>,
    /// Volumes.
    pub volumes: Vec<Value>,
    /// What becomes of containers that end.
    pub restart: &'static str,
    /// Pods beside which it must run.
    pub beside: Option<Map<String, Value>>,
}

/// The template as the server gets it.
pub fn template(site: &Site, user: &Schemaless, parts: Parts) -> Value {
    let Parts { labels, main, init, volumes, restart, beside } = parts;
    let (usual_init, held_init): (Vec<_>, Vec<_>) = init.into_iter().map(|c| (c.usual, c.held)).unzip();
    let ours: Vec<String> = held_init.iter().filter_map(|c| c["name"].as_str().map(str::to_owned)).collect();
    let usual = usual(site, main.usual, usual_init);
    let held = json!({
        "metadata": {"labels": labels},
        "spec": {
            "restartPolicy": restart,
            "automountServiceAccountToken": false,
            "enableServiceLinks": false,
            "initContainers": held_init,
            "containers": [main.held],
            "volumes": volumes,
        },
    });
    let mut template = merge(merge(usual, Value::Object(user.0.clone())), held);
    put_last(&mut template["spec"], &ours);
    if let Some(labels) = beside {
        run_beside(&mut template["spec"], &labels);
    }
    template
}

/// `metadata` with the labels that a template gives its pods.
pub fn labels_of(user: &Schemaless) -> Value {
    let labels = user.0.get("metadata").and_then(|m| m.get("labels"));
    merge(json!({}), json!({"labels": labels}))
}

/// The pods of a component of the whole pool.
pub fn of_pool(site: &Site, component: Component) -> Map<String, Value> {
    labels::in_pool(component, site.pool.metadata.name.as_deref().unwrap_or_default())
}

fn usual(site: &Site, main: Value, init: Vec<Value>) -> Value {
    let mut security = json!({
        "runAsNonRoot": true,
        "fsGroupChangePolicy": "OnRootMismatch",
        "seccompProfile": {"type": "RuntimeDefault"},
    });
    if site.run_as_user > 0 {
        for id in ["runAsUser", "runAsGroup", "fsGroup"] {
            security[id] = site.run_as_user.into();
        }
    }
    let tolerate = |taint: &str| {
        json!({"key": format!("node.kubernetes.io/{taint}"), "operator": "Exists", "effect": "NoExecute",
               "tolerationSeconds": GIVEN_UP_AFTER_SECONDS})
    };
    json!({
        "metadata": {"annotations": {"kubectl.kubernetes.io/default-container": main["name"]}},
        "spec": {
            "terminationGracePeriodSeconds": GRACE_SECONDS,
            "tolerations": [tolerate("unreachable"), tolerate("not-ready")],
            "securityContext": security,
            "initContainers": init,
            "containers": [main],
        },
    })
}

/// Init containers run in their order: those of the template may prepare what ours need. A list that stays empty is
/// left out.
fn put_last(spec: &mut Value, ours: &[String]) {
    let Some(Value::Array(all)) = spec.get_mut("initContainers") else { return };
    // Stable: otherwise as they are.
    all.sort_by_key(|c| {
        let name = c.get("name").and_then(Value::as_str);
        ours.iter().position(|o| Some(o.as_str()) == name).map_or(0, |at| at + 1)
    });
    if all.is_empty()
        && let Some(spec) = spec.as_object_mut()
    {
        spec.remove("initContainers");
    }
}

/// Adds a required affinity to whatever the template says: a volume that one node can mount leaves no choice.
fn run_beside(spec: &mut Value, labels: &Map<String, Value>) {
    const LIST: &str = "requiredDuringSchedulingIgnoredDuringExecution";
    let term = json!({"topologyKey": NODE, "labelSelector": {"matchLabels": labels}});
    let mut terms = match spec.pointer_mut(&format!("/affinity/podAffinity/{LIST}")).map(Value::take) {
        Some(Value::Array(terms)) => terms,
        _ => Vec::new(),
    };
    terms.push(term);
    let layer = json!({"affinity": {"podAffinity": {LIST: terms}}});
    *spec = merge(spec.take(), layer);
}
