//! The delivery of results as the chart makes it: a bucket that is down costs a job nothing, and gets its result when it is back.

use std::process::Command;
use std::time::{Duration, Instant};

use galapagos_e2e::elsewhere::{Minio, free_port};
use galapagos_e2e::outcome::published;
use galapagos_e2e::program;
use galapagos_e2e::scratch::Scratch;
use k8s_openapi::api::apps::v1::Deployment;
use k8s_openapi::api::core::v1::Pod;
use kube::ResourceExt;
use kube::api::ListParams;
use serde_json::{Value, json};

use crate::harness::cluster::{cluster, text};
use crate::harness::manifests::{job, pool};
use crate::harness::wait::{PATIENCE, until};
use crate::harness::{Space, case};

/// An address of this machine that pods reach.
pub fn address() -> String {
    let addresses = text(Command::new("hostname").arg("-I"));
    addresses.split_whitespace().find(|a| !a.contains(':')).unwrap().to_owned()
}

/// A metric of the delivery, through the proxy of the API server.
async fn metric(space: &Space, name: &str) -> Option<f64> {
    let chosen = ListParams::default().labels("app.kubernetes.io/component=deliver");
    let pods = space.api::<Pod>().list(&chosen).await.unwrap();
    let pod = pods.items.first()?.name_any();
    let address = format!("/api/v1/namespaces/{}/pods/{pod}:8080/proxy/metrics", space.namespace);
    let output = cluster().kubectl().args(["get", "--raw", &address]).output().unwrap();
    let page = String::from_utf8(output.stdout).unwrap();
    page.lines().find(|line| line.starts_with(name))?.rsplit(' ').next()?.parse().ok()
}

#[test]
fn a_bucket_that_is_down_costs_a_job_nothing_and_gets_its_result_when_it_is_back() {
    case("delivery", async |space: &Space| {
        let port = free_port();
        let endpoint = format!("http://{}:{port}", address());
        let secret = json!({
            "apiVersion": "v1", "kind": "Secret", "metadata": {"name": "destinations"},
            "stringData": {
                "AWS_ACCESS_KEY_ID": Minio::USER, "AWS_SECRET_ACCESS_KEY": Minio::PASSWORD, "AWS_ENDPOINT_URL": endpoint,
            },
        });
        let deliver = json!({
            "create": true, "namespace": space.namespace, "to": ["s3://quants/runs"], "secretName": "destinations",
            "everySeconds": 1, "state": {"persistentVolumeClaim": {"claimName": "market-data"}},
        });
        let mut helm = cluster().helm();
        helm.args(["template", "results"]).arg(program::root().join("charts/galapagos"));
        helm.args(["--show-only", "templates/deliver.yaml", "--set-json"]);
        helm.arg(r#"image={"repository": "galapagos", "tag": "dev", "pullPolicy": "Never"}"#);
        let rendered = text(helm.args(["--set-json", &format!("deliver={deliver}")]));
        let mut objects = serde_yaml::from_multiple::<Value>(&rendered).unwrap();
        objects.extend([secret, pool("default", 1), job("evolve", 24, 4)]);
        space.apply(&objects);
        let ready =
            |deployment: &Deployment| deployment.status.as_ref().is_some_and(|s| s.ready_replicas == Some(1));
        until(&space.api::<Deployment>(), "results-deliver", PATIENCE, "is ready", ready).await;
        let digest = space.digest("evolve").await;
        let began = Instant::now();
        while metric(space, "galapagos_deliver_lag_seconds").await.is_none_or(|lag| lag == 0.0) {
            assert!(began.elapsed() < PATIENCE, "nothing waits for the bucket");
            tokio::time::sleep(Duration::from_millis(500)).await;
        }
        assert_eq!(metric(space, "galapagos_deliver_results_total").await, Some(0.0));

        let scratch = Scratch::new();
        let Some(minio) = Minio::start_at(&scratch, port) else { return };
        let (folder, document) = published(&space.folder()).unwrap();
        let hex = |name: &str| document[name].as_str().unwrap().rsplit(':').next().unwrap().to_owned();
        let place =
            format!("runs/{}/evolve/{}/{}", space.namespace, hex("inputs_digest"), hex("result_digest"));
        let began = Instant::now();
        while minio.get(&format!("{place}/RESULT")).is_none() {
            assert!(began.elapsed() < PATIENCE, "the result was not delivered");
            tokio::time::sleep(Duration::from_millis(500)).await;
        }
        assert_eq!(document["result_digest"], json!(digest));
        let result = std::fs::read(folder.join("result.json")).unwrap();
        assert_eq!(minio.get(&format!("{place}/result.json")), Some(result));
        let began = Instant::now();
        while metric(space, "galapagos_deliver_pending").await != Some(0.0) {
            assert!(began.elapsed() < PATIENCE, "something is pending still");
            tokio::time::sleep(Duration::from_millis(500)).await;
        }
        assert_eq!(metric(space, "galapagos_deliver_results_total").await, Some(1.0));
    });
}
