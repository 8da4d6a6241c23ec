//! The pod through which a result leaves its volume. It mounts the state volume of a pool read only, in the image of the
//! job, whose program can pack: no shell is needed.

use super::short_pod::{Mounted, Purpose, object};
use galapagos_crds::{EvolutionJob, WorkerPool};
use serde_json::{Map, Value};

/// The container of the pod.
pub const CONTAINER: &str = "reader";
/// Where the state volume is mounted.
pub const MOUNT: &str = "/state";
/// How long it lives at most, whatever becomes of this process.
const SECONDS: u32 = 900;

/// The pod for the results of a job.
///
/// # Errors
/// What the job or its pool lacks for one.
pub fn pod(job: &EvolutionJob, pool: &WorkerPool, name: &str) -> Result<Value, String> {
    let status = job.status.as_ref();
    let image = status.and_then(|s| s.provenance.as_ref()?.image.clone());
    let image = image.ok_or("no attempt of it has worked yet: there is no image to read its results with")?;
    let pool_name = pool.metadata.name.as_deref().unwrap_or_default();
    let (storage, made) = pool.spec.state_storage(pool_name);
    let state = Mounted { name: "state", path: MOUNT, storage, made: &made, read_only: true };
    let purpose = Purpose {
        name,
        container: CONTAINER,
        labels: Map::new(),
        image: &image,
        arguments: vec!["reader".into(), "--seconds".into(), SECONDS.to_string()],
        volumes: vec![state],
        seconds: SECONDS,
    };
    Ok(object(pool, job.metadata.namespace.as_deref(), &purpose))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::cluster::example;
    use serde_json::json;

    fn job() -> EvolutionJob {
        example("btc", &json!({"provenance": {"image": "registry.example/galapagos:1"}}))
    }

    fn pool(spec: Value) -> WorkerPool {
        serde_json::from_value(json!({
            "apiVersion": "galapagos.dev/v1alpha1", "kind": "WorkerPool",
            "metadata": {"name": "big", "namespace": "research"}, "spec": spec,
        }))
        .unwrap()
    }

    #[test]
    fn the_reader_mounts_the_state_read_only_in_the_image_of_the_job() {
        let data = json!({"volume": {"persistentVolumeClaim": {"claimName": "data"}}, "subPath": "lab"});
        let made = pod(&job(), &pool(json!({"marketData": data})), "r").unwrap();
        assert_eq!(made["metadata"]["namespace"], "research");
        let container = &made["spec"]["containers"][0];
        assert_eq!(container["image"], "registry.example/galapagos:1");
        let mount = json!({"name": "state", "mountPath": "/state", "readOnly": true, "subPath": "lab"});
        assert_eq!(container["volumeMounts"], json!([mount]));
        let claim = json!({"claimName": "data", "readOnly": true});
        assert_eq!(made["spec"]["volumes"], json!([{"name": "state", "persistentVolumeClaim": claim}]));
        // A state of its own goes before, made from a template or not.
        let state = json!({"claimTemplate": {"accessModes": ["ReadWriteOnce"]}});
        let made = pod(&job(), &pool(json!({"marketData": data, "state": state})), "r").unwrap();
        assert_eq!(made["spec"]["volumes"][0]["persistentVolumeClaim"]["claimName"], "big-state");
        assert_eq!(made["spec"]["containers"][0]["volumeMounts"][0]["subPath"], Value::Null);
    }

    #[test]
    fn it_runs_where_coordinators_run_and_pulls_as_they_do() {
        let spec = json!({
            "nodeSelector": {"disk": "ssd"}, "imagePullSecrets": [{"name": "s"}],
            "securityContext": {"fsGroup": 7}, "containers": [{"name": "coordinator", "image": "other"}],
        });
        let data = json!({"volume": {"nfs": {"server": "s", "path": "/"}}});
        let pool = pool(json!({"marketData": data, "coordinatorTemplate": {"spec": spec}}));
        let made = &pod(&job(), &pool, "r").unwrap()["spec"];
        assert_eq!(made["nodeSelector"], json!({"disk": "ssd"}));
        assert_eq!(made["imagePullSecrets"], json!([{"name": "s"}]));
        assert_eq!(
            (&made["securityContext"]["fsGroup"], &made["securityContext"]["runAsUser"]),
            (&json!(7), &json!(65532))
        );
        assert_eq!(made["containers"].as_array().unwrap().len(), 1);
    }

    #[test]
    fn a_job_that_never_worked_has_nothing_to_read() {
        let job = EvolutionJob { status: None, ..job() };
        let data = json!({"volume": {"nfs": {"server": "s", "path": "/"}}});
        assert!(pod(&job, &pool(json!({"marketData": data})), "r").unwrap_err().contains("no attempt"));
    }
}
