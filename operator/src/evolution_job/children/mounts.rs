//! Volumes of a job's pods, and where they are mounted.

use galapagos_crds::WorkerPoolSpec;
use galapagos_crds::pool::Storage;
use kube::ResourceExt;
use serde_json::{Value, json};

use super::{Site, secret};
use crate::labels::Component;
use crate::names;

/// Folder with the manifest.
pub const JOB_DIR: &str = "/etc/galapagos/job";
/// Folder with the certificates of the role.
pub const TLS_DIR: &str = "/etc/galapagos/tls";
/// Root of the market data.
pub const DATA_DIR: &str = "/data";
/// Root of the runs.
pub const STATE_DIR: &str = "/state";

/// Volume with the manifest: the Secret of an attempt is found by it.
pub const JOB: &str = "galapagos-job";
const DATA: &str = "galapagos-market-data";
const STATE: &str = "galapagos-state";
/// For owner and group: the group is the pod's fsGroup, by which the process reads it.
const SECRET_MODE: u32 = 0o440;

/// The manifest.
pub fn job_volume(site: &Site) -> Value {
    secret_volume(JOB, site, json!([{"key": secret::JOB, "path": secret::JOB}]))
}

/// Certificates of one role, never the key of the other.
pub fn tls_volume(site: &Site, role: Component) -> Value {
    let (certificate, key) = secret::pair(role);
    let items = json!([
        {"key": secret::CA, "path": "ca.crt"},
        {"key": certificate, "path": "tls.crt"},
        {"key": key, "path": "tls.key"},
    ]);
    secret_volume(&tls(role), site, items)
}

fn secret_volume(name: &str, site: &Site, items: Value) -> Value {
    json!({"name": name, "secret": {"secretName": site.secret, "defaultMode": SECRET_MODE, "items": items}})
}

fn tls(role: Component) -> String {
    format!("galapagos-{}-tls", role.as_str())
}

/// The market data.
pub fn data_volume(site: &Site) -> Value {
    let pool = site.pool.name_any();
    named(DATA, source(&site.pool.spec.market_data, names::market_data_claim(&pool)))
}

/// The runs, if they have a volume of their own.
pub fn state_volume(site: &Site) -> Option<Value> {
    let state = site.pool.spec.state.as_ref()?;
    Some(named(STATE, source(state, names::state_claim(&site.pool.name_any()))))
}

fn named(name: &str, mut source: Value) -> Value {
    source["name"] = name.into();
    source
}

/// The volume source: the one that is given, or the claim made from the template.
fn source(storage: &Storage, claim: String) -> Value {
    match &storage.volume {
        Some(volume) => Value::Object(volume.0.clone()),
        None => json!({"persistentVolumeClaim": {"claimName": claim}}),
    }
}

/// The manifest, read only.
pub fn job_mount() -> Value {
    json!({"name": JOB, "mountPath": JOB_DIR, "readOnly": true})
}

/// The certificates of a role, read only.
pub fn tls_mount(role: Component) -> Value {
    json!({"name": tls(role), "mountPath": TLS_DIR, "readOnly": true})
}

/// The market data; written by the import alone.
pub fn data_mount(spec: &WorkerPoolSpec, read_only: bool) -> Value {
    mount(DATA, DATA_DIR, &spec.market_data.sub_path, read_only)
}

/// The runs, written by the coordinator alone; on the market data volume if they have none of their own.
pub fn state_mount(spec: &WorkerPoolSpec) -> Value {
    match &spec.state {
        Some(state) => mount(STATE, STATE_DIR, &state.sub_path, false),
        None => mount(DATA, STATE_DIR, &spec.market_data.sub_path, false),
    }
}

fn mount(volume: &str, path: &str, sub_path: &str, read_only: bool) -> Value {
    let mut mount = json!({"name": volume, "mountPath": path, "readOnly": read_only});
    if !sub_path.is_empty() {
        mount["subPath"] = sub_path.into();
    }
    mount
}
