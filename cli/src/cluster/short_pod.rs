//! A pod that lives for one question: it runs where the coordinators of a pool run, in an image of this project, with volumes
//! of the pool. It goes when its value is dropped, and ends by itself if this process is killed before.

use super::kubectl::Access;
use crate::exit::CommandResult;
use galapagos_crds::WorkerPool;
use galapagos_crds::pool::Storage;
use serde_json::{Map, Value, json};

/// The program in the image.
pub const PROGRAM: &str = "/galapagos-worker";
/// What decides where the pods of a pool may run and what they may pull.
const LIKE_COORDINATORS: [&str; 7] = [
    "imagePullSecrets",
    "nodeSelector",
    "tolerations",
    "affinity",
    "runtimeClassName",
    "securityContext",
    "schedulerName",
];

/// A volume of a pool in the pod.
#[derive(Clone, Copy, Debug)]
pub struct Mounted<'a> {
    /// Its name in the pod.
    pub name: &'a str,
    /// Where it is mounted.
    pub path: &'a str,
    /// What the pool says about it.
    pub storage: &'a Storage,
    /// The claim that is made for it, if the pool brings no volume.
    pub made: &'a str,
    /// Whether it is mounted read only.
    pub read_only: bool,
}

/// What the pod is for.
#[derive(Clone, Debug)]
pub struct Purpose<'a> {
    /// Its name.
    pub name: &'a str,
    /// The container, and the value of the label `app.kubernetes.io/component` unless `labels` has another.
    pub container: &'a str,
    /// Labels beside the program's own.
    pub labels: Map<String, Value>,
    /// The image.
    pub image: &'a str,
    /// Arguments of the program.
    pub arguments: Vec<String>,
    /// Volumes; those of one name are one volume.
    pub volumes: Vec<Mounted<'a>>,
    /// How long it lives at most, whatever becomes of this process.
    pub seconds: u32,
}

/// The object.
pub fn object(pool: &WorkerPool, namespace: Option<&str>, purpose: &Purpose<'_>) -> Value {
    let command: Vec<&str> =
        [PROGRAM].into_iter().chain(purpose.arguments.iter().map(String::as_str)).collect();
    let mounts: Vec<Value> = purpose.volumes.iter().map(mount).collect();
    let mut volumes: Vec<Value> = Vec::new();
    for mounted in &purpose.volumes {
        let alone = purpose.volumes.iter().filter(|v| v.name == mounted.name).all(|v| v.read_only);
        let made = volume(mounted, alone);
        if !volumes.contains(&made) {
            volumes.push(made);
        }
    }
    let mut spec = json!({
        "restartPolicy": "Never",
        "activeDeadlineSeconds": purpose.seconds,
        "terminationGracePeriodSeconds": 1,
        "automountServiceAccountToken": false,
        "enableServiceLinks": false,
        // Who wrote the files.
        "securityContext": {"runAsNonRoot": true, "runAsUser": 65532, "seccompProfile": {"type": "RuntimeDefault"}},
        "containers": [{
            "name": purpose.container,
            "image": purpose.image,
            "command": command,
            "resources": {"requests": {"cpu": "10m", "memory": "32Mi"}, "limits": {"cpu": "1", "memory": "128Mi"}},
            "securityContext": {
                "allowPrivilegeEscalation": false,
                "readOnlyRootFilesystem": true,
                "capabilities": {"drop": ["ALL"]},
            },
            "volumeMounts": mounts,
        }],
        "volumes": volumes,
    });
    let template = pool.spec.coordinator_template.0.get("spec").and_then(Value::as_object);
    for field in LIKE_COORDINATORS {
        match template.and_then(|t| t.get(field)) {
            Some(Value::Object(more)) if spec[field].is_object() => {
                for (key, value) in more {
                    spec[field][key] = value.clone();
                }
            }
            Some(value) => spec[field] = value.clone(),
            None => {}
        }
    }
    let mut labels = Map::new();
    labels.insert("app.kubernetes.io/name".into(), json!("galapagos"));
    labels.insert("app.kubernetes.io/component".into(), json!(purpose.container));
    labels.extend(purpose.labels.clone());
    json!({
        "apiVersion": "v1", "kind": "Pod",
        "metadata": {"name": purpose.name, "namespace": namespace, "labels": labels},
        "spec": spec,
    })
}

fn mount(mounted: &Mounted<'_>) -> Value {
    let mut mount = json!({"name": mounted.name, "mountPath": mounted.path});
    if mounted.read_only {
        mount["readOnly"] = json!(true);
    }
    if !mounted.storage.sub_path.is_empty() {
        mount["subPath"] = json!(mounted.storage.sub_path);
    }
    mount
}

fn volume(mounted: &Mounted<'_>, read_only: bool) -> Value {
    let mut volume = match &mounted.storage.volume {
        Some(volume) => volume.0.clone(),
        None => {
            let mut claim = Map::new();
            claim.insert("persistentVolumeClaim".into(), json!({"claimName": mounted.made}));
            claim
        }
    };
    if let Some(claim) = volume.get_mut("persistentVolumeClaim").and_then(Value::as_object_mut)
        && read_only
    {
        claim.insert("readOnly".into(), json!(true));
    }
    volume.insert("name".into(), json!(mounted.name));
    Value::Object(volume)
}

/// A pod that is deleted when this is dropped.
#[derive(Debug)]
pub struct ShortPod<'a> {
    /// Who runs kubectl.
    pub access: &'a Access,
    /// Its name.
    pub name: String,
    namespace: String,
}

impl<'a> ShortPod<'a> {
    /// Makes the pod.
    ///
    /// # Errors
    /// The server refuses it.
    pub fn create(access: &'a Access, object: &Value) -> CommandResult<ShortPod<'a>> {
        access.create(object)?;
        let text = |field: &str| object["metadata"][field].as_str().unwrap_or_default().to_owned();
        Ok(ShortPod { access, name: text("name"), namespace: text("namespace") })
    }

    /// Arguments of kubectl for the namespace of the pod.
    pub fn here<'b>(&'b self, arguments: &[&'b str]) -> Vec<&'b str> {
        [arguments, &["--namespace", &self.namespace]].concat()
    }

    /// Why it does not run, in the words of Kubernetes; empty if nothing is known.
    pub fn why(&self) -> String {
        let pod = format!("pod/{}", self.name);
        let state =
            "jsonpath={.status.conditions[*].message} {.status.containerStatuses[*].state.waiting.message}";
        let why = self.access.text(&self.here(&["get", &pod, "-o", state])).unwrap_or_default();
        why.trim().to_owned()
    }
}

impl Drop for ShortPod<'_> {
    fn drop(&mut self) {
        // It ends by itself after a while, if it cannot be deleted now.
        let delete = ["delete", "pod", &self.name, "--wait=false", "--ignore-not-found"];
        let _ = self.access.output(&self.here(&delete));
    }
}
