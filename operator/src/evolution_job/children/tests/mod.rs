//! What is built, seen as the API server sees it.

mod children;
mod coordinator;
mod pods;
mod volumes;

use galapagos_crds::{Desired, Stop};
use k8s_openapi::api::apps::v1::Deployment;
use k8s_openapi::api::batch::v1::Job;
use k8s_openapi::api::core::v1::{Container, PodTemplateSpec};
use serde::Serialize;
use serde::de::DeserializeOwned;

use super::*;

fn site(spec: Value) -> Site {
    let mut all = json!({"marketData": {"volume": {"persistentVolumeClaim": {"claimName": "market-data"}}}});
    all.as_object_mut().unwrap().extend(spec.as_object().unwrap().clone());
    let pool: WorkerPool = serde_json::from_value(json!({
        "apiVersion": "galapagos.dev/v1alpha1", "kind": "WorkerPool",
        "metadata": {"name": "big", "namespace": "research"}, "spec": all,
    }))
    .unwrap();
    Site {
        id: crate::runtime::ids::example::identity("research", "btc", "u-1"),
        owner: OwnerReference {
            api_version: "galapagos.dev/v1alpha1".to_owned(),
            kind: "EvolutionJob".to_owned(),
            name: "btc".to_owned(),
            uid: "u-1".to_owned(),
            controller: Some(true),
            block_owner_deletion: Some(true),
        },
        pool: Arc::new(pool),
        image: "galapagos:1".to_owned(),
        pull_policy: None,
        secret: "btc-tls-12345678".to_owned(),
        colocation: Colocation::None,
        dataset_digest: None,
        source: true,
        run_as_user: 65532,
    }
}

/// As the server's strict validation: nothing is unknown, misspelt or of another type.
fn strict<K: DeserializeOwned + Serialize>(built: Value) -> K {
    let typed: K = serde_json::from_value(built.clone()).unwrap();
    fn known(built: &Value, read: &Value, path: &str) {
        match (built, read) {
            (Value::Object(built), Value::Object(read)) => {
                for (key, value) in built {
                    let read = read.get(key).unwrap_or_else(|| panic!("{path}.{key} is unknown"));
                    known(value, read, &format!("{path}.{key}"));
                }
            }
            (Value::Array(built), Value::Array(read)) => {
                assert_eq!(built.len(), read.len(), "{path}");
                built
                    .iter()
                    .zip(read)
                    .enumerate()
                    .for_each(|(i, (b, r))| known(b, r, &format!("{path}[{i}]")));
            }
            (Value::Null, _) => panic!("{path} is null"),
            (built, read) => assert_eq!(built, read, "{path}"),
        }
    }
    known(&built, &without_empty(serde_json::to_value(&typed).unwrap(), &built), "");
    typed
}

/// Typed structs leave out some empty lists.
fn without_empty(mut read: Value, built: &Value) -> Value {
    if let (Value::Object(read), Value::Object(built)) = (&mut read, built) {
        for (key, value) in built {
            match read.get_mut(key) {
                Some(inner) => *inner = without_empty(inner.take(), value),
                None if value == &json!([]) || value == &json!({}) => {
                    drop(read.insert(key.clone(), value.clone()))
                }
                None => {}
            }
        }
    }
    read
}

fn desired() -> Desired {
    Desired { generations: 50, stop: Stop { patience: 10, ..Stop::default() } }
}

fn coordinator_of(site: &Site) -> (Job, PodTemplateSpec) {
    let job: Job = strict(coordinator_job(site, 3, &desired()));
    let template = job.spec.clone().unwrap().template;
    (job, template)
}

fn workers_of(site: &Site) -> (Deployment, PodTemplateSpec) {
    let deployment: Deployment = strict(workers(site, 4));
    let template = deployment.spec.clone().unwrap().template;
    (deployment, template)
}

fn containers(template: &PodTemplateSpec) -> Vec<Container> {
    let spec = template.spec.clone().unwrap();
    spec.init_containers.into_iter().flatten().chain(spec.containers).collect()
}

fn container(template: &PodTemplateSpec, name: &str) -> Container {
    containers(template).into_iter().find(|c| c.name == name).unwrap_or_else(|| panic!("no container {name}"))
}

fn variable(container: &Container, name: &str) -> Option<String> {
    container.env.iter().flatten().find(|e| e.name == name)?.value.clone()
}

/// Mounts as (volume, path, sub path, read only).
fn mounts(container: &Container) -> Vec<(String, String, String, bool)> {
    let mounts = container.volume_mounts.iter().flatten();
    mounts
        .map(|m| {
            let sub_path = m.sub_path.clone().unwrap_or_default();
            (m.name.clone(), m.mount_path.clone(), sub_path, m.read_only.unwrap_or(false))
        })
        .collect()
}

fn writes(container: &Container) -> Vec<String> {
    mounts(container).into_iter().filter(|m| !m.3).map(|m| m.1).collect()
}
