//! Label selectors of the cluster in memory.

use serde_json::{Value, json};

/// What a label selector asks for.
pub type Labels = Vec<(String, String)>;

/// That of a query, as kube writes it.
pub fn selector(query: &str) -> Labels {
    let asked = query.split('&').find_map(|part| part.strip_prefix("labelSelector=")).unwrap_or_default();
    let asked = asked.replace("%3D", "=").replace("%2C", ",").replace("%2F", "/");
    asked.split(',').filter_map(|pair| pair.split_once('=')).map(|(k, v)| (k.into(), v.into())).collect()
}

/// Whether an object has them.
pub fn has(object: &Value, labels: &Labels) -> bool {
    labels.iter().all(|(key, value)| object["metadata"]["labels"][key] == json!(value))
}
