//! The CustomResourceDefinitions of both kinds, as they are committed in `generated/`.

use kube::CustomResourceExt;
use serde_json::Value;

use crate::{EvolutionJob, WorkerPool};

/// EvolutionJob's definition.
pub fn evolution_job() -> Value {
    finished::<EvolutionJob>()
}

/// WorkerPool's definition.
pub fn worker_pool() -> Value {
    finished::<WorkerPool>()
}

/// The OpenAPI schema inside a definition.
pub fn schema(definition: &Value) -> &Value {
    &definition["spec"]["versions"][0]["schema"]["openAPIV3Schema"]
}

fn finished<K: CustomResourceExt>() -> Value {
    let mut definition = serde_json::to_value(K::crd()).unwrap_or_default();
    finish(&mut definition["spec"]["versions"][0]["schema"]["openAPIV3Schema"]);
    definition
}

/// Removes what the derive prints and a server takes amiss: `nullable` (an absent field is absent; on a field
/// with a default it would let null through), formats that Kubernetes warns about, and titles.
fn finish(schema: &mut Value) {
    match schema {
        Value::Object(map) => {
            map.remove("nullable");
            let unknown = |f: &Value| f.as_str().is_some_and(|f| f.starts_with("uint"));
            if map.get("format").is_some_and(unknown) {
                map.remove("format");
            }
            for (key, value) in map.iter_mut() {
                match key.as_str() {
                    "properties" => value.as_object_mut().into_iter().flatten().for_each(|(_, v)| finish(v)),
                    "items" | "additionalProperties" => finish(value),
                    _ => {}
                }
            }
        }
        _ => {}
    }
}
