//! The service of signals as the chart makes it: a champion answers over HTTP what it wants to hold.

use std::process::Command;
use std::time::{Duration, Instant};

use galapagos_e2e::{outcome::published, program};
use k8s_openapi::api::apps::v1::Deployment;
use serde_json::{Value, json};

use crate::harness::cluster::{cluster, text};
use crate::harness::manifests::{job, pool, with};
use crate::harness::wait::{PATIENCE, until};
use crate::harness::{Space, case};

/// The answer to a GET of the service, through the proxy of the API server.
fn get(space: &Space, path: &str) -> Option<Value> {
    let address = format!("/api/v1/namespaces/{0}/services/signals-serve:http/proxy{path}", space.namespace);
    let output = cluster().kubectl().args(["get", "--raw", &address]).output().unwrap();
    output.status.success().then(|| serde_json::from_slice(&output.stdout).unwrap())
}

#[test]
fn the_chart_serves_the_champion_of_a_job_and_of_the_next_run_without_a_restart() {
    case("signals", async |space: &Space| {
        // What trains anew for each bar has no signal that is quick.
        let strategies = json!([{"name": "sma_crossover"}, {"name": "rsi_filter"}]);
        let evolve = |seed: u32| {
            let small = with(job("evolve", 24, 4), "/spec/strategies", strategies.clone());
            with(small, "/spec/population/seed", json!(seed))
        };
        space.apply(&[pool("default", 1), evolve(11)]);
        let first = space.digest("evolve").await;

        let values = json!({
            "image": {"repository": "galapagos", "tag": "dev", "pullPolicy": "Never"},
            "serve": {
                "create": true, "namespace": space.namespace, "replicas": 1, "maxAge": "off",
                "data": {"persistentVolumeClaim": {"claimName": "market-data"}},
                "results": [format!("walk=/data/galapagos/runs/{}/evolve", space.namespace)],
            },
        });
        let mut helm = cluster().helm();
        helm.args(["template", "signals"]).arg(program::root().join("charts/galapagos"));
        helm.args(["--show-only", "templates/serve.yaml", "--set-json"]);
        let rendered = text(
            helm.arg(format!("image={}", values["image"]))
                .args(["--set-json", &format!("serve={}", values["serve"])]),
        );
        space.apply(&serde_yaml::from_multiple::<Value>(&rendered).unwrap());
        let ready =
            |deployment: &Deployment| deployment.status.as_ref().is_some_and(|s| s.ready_replicas == Some(1));
        until(&space.api::<Deployment>(), "signals-serve", PATIENCE, "is ready", ready).await;

        let mut answer = get(space, "/v1/signals").unwrap();
        assert_eq!(answer["result_digest"], json!(first), "{answer}");
        assert_eq!(answer.as_object_mut().unwrap().remove("champion"), Some(json!("walk")));
        let (folder, _) = published(&space.folder()).unwrap();
        let mut own = Command::new(program::folder().join("galapagos"));
        own.arg("signal").arg(folder).arg("--data-dir").arg(space.folder()).args(["-o", "json"]);
        assert_eq!(answer, serde_json::from_str::<Value>(&text(&mut own)).unwrap());
        let champions = get(space, "/v1/champions").unwrap();
        assert_eq!(champions["champions"].as_array().unwrap().len(), 1);
        assert!(champions.to_string().contains("\"walk\""), "{champions}");

        // A further run of the job: another seed is another run.
        space.kubectl(&["delete", "evolutionjob", "evolve"]);
        space.apply(&[evolve(12)]);
        let next = space.digest("evolve").await;
        assert_ne!(next, first);
        let began = Instant::now();
        while !get(space, "/v1/signals").is_some_and(|answer| answer.to_string().contains(&next)) {
            assert!(began.elapsed() < PATIENCE, "the next result was not taken up");
            tokio::time::sleep(Duration::from_secs(1)).await;
        }
    });
}
