//! What a job costs, over a whole life of it.

use std::time::Duration;

use jiff::Timestamp;
use serde_json::{Value, json};
use tokio::time::{Instant, sleep};

use super::cluster::{Cluster, job, phase, pool};

const RUN: u64 = 300;
const WORKERS: u32 = 3;

/// A pod as the ReplicaSet of a job's workers makes it.
fn worker(cluster: &Cluster, name: &str) -> Value {
    let uid = cluster.get("evolutionjobs", "a")["metadata"]["uid"].clone();
    json!({
        "apiVersion": "v1", "kind": "Pod",
        "metadata": {"name": name, "labels": {
            "app.kubernetes.io/component": "worker", "app.kubernetes.io/managed-by": "galapagos-operator",
            "galapagos.dev/job": "a", "galapagos.dev/job-uid": uid,
        }},
        "status": {"phase": "Running", "startTime": cluster.now()},
    })
}

/// It ends and is gone at once: nobody may have looked at how it ended.
fn leaves(cluster: &Cluster, name: &str) {
    let terminated = json!({"exitCode": 0, "finishedAt": cluster.now()});
    cluster.edit("pods", name, |pod| {
        pod["status"]["phase"] = json!("Succeeded");
        pod["status"]["containerStatuses"] = json!([{"name": "worker", "image": "i", "imageID": "i",
            "ready": false, "restartCount": 0, "state": {"terminated": terminated}}]);
    });
    cluster.remove("pods", name);
}

fn seconds(cluster: &Cluster) -> u64 {
    cluster.get("evolutionjobs", "a")["status"]["cost"]["workerSeconds"].as_u64().unwrap_or_default()
}

async fn until(what: &str, met: impl Fn() -> bool) {
    let begun = Instant::now();
    while !met() {
        assert!(begun.elapsed() < Duration::from_secs(7200), "{what} does not come");
        sleep(Duration::from_secs(1)).await;
    }
}

#[tokio::test(start_paused = true)]
async fn a_job_costs_what_its_pods_lived_and_tells_it_once_a_minute_and_at_the_end() {
    let cluster = Cluster::of_runs(Duration::from_secs(RUN));
    let mut priced = pool(1);
    priced["spec"]["costPerWorkerHour"] = json!("36");
    cluster.apply("workerpools", priced);
    cluster.apply("evolutionjobs", job("a"));
    let names: Vec<String> = (0..WORKERS).map(|n| format!("worker-{n}")).collect();
    let life = async {
        until("a coordinator", || !cluster.all("pods").is_empty()).await;
        for name in &names {
            cluster.apply("pods", worker(&cluster, name));
        }
        sleep(Duration::from_secs(50)).await;
        for name in &names {
            leaves(&cluster, name);
        }
        sleep(Duration::from_secs(100)).await;
        let (told, writes) = (seconds(&cluster), cluster.status_patches("evolutionjobs"));
        assert!((230..=300).contains(&told), "150 of workers, 90 to 150 of the coordinator: {told}");
        assert!(writes <= 7, "{writes} writes in 150 s");
        cluster.apply("pods", worker(&cluster, "last"));
        let start: Timestamp = cluster.now().parse().unwrap();
        until("the end", || phase(&cluster.get("evolutionjobs", "a")) == "Succeeded").await;
        sleep(Duration::from_secs(9)).await;
        let last = cluster.now().parse::<Timestamp>().unwrap().as_second() - start.as_second();
        leaves(&cluster, "last");
        sleep(Duration::from_secs(30)).await;
        assert_eq!(seconds(&cluster), u64::from(WORKERS) * 50 + RUN + last.unsigned_abs());
        let amount = cluster.get("evolutionjobs", "a")["status"]["cost"]["amount"].clone();
        let amount: f64 = amount.as_str().unwrap().parse().unwrap();
        assert!((amount * 100.0 - seconds(&cluster) as f64).abs() < 1e-9, "a hundredth a second: {amount}");
        let writes = cluster.status_patches("evolutionjobs");
        sleep(Duration::from_secs(3600)).await;
        assert_eq!(cluster.status_patches("evolutionjobs"), writes, "what has ended costs no more");
    };
    tokio::select! {
        () = cluster.operator() => panic!("the operator ended"),
        () = life => {}
    }
}
