//! Every alert that the chart ships fires for its fault and goes with it: real faults of jobs and of the operator, read by a real
//! Prometheus whose minutes are seconds.

use std::collections::{BTreeMap, BTreeSet};
use std::path::PathBuf;
use std::process::Command;
use std::time::{Duration, Instant};

use galapagos_e2e::certificates::Certificates;
use galapagos_e2e::elsewhere::{Minio, free_port};
use galapagos_e2e::scratch::Scratch;
use galapagos_e2e::{minutes, program};
use k8s_openapi::api::core::v1::Pod;
use k8s_openapi::jiff::Timestamp;
use serde_json::{Value, json};

use crate::delivery::address;
use crate::harness::cluster::{cluster, give_to_pods, text};
use crate::harness::faults::{Hog, Policy, Unwritable, Withheld, kill_processes};
use crate::harness::manifests::{job, long, pool, with};
use crate::harness::monitor::Monitor;
use crate::harness::wait::{PATIENCE, has_done, is_in};
use crate::harness::{Space, alone, operator};
use galapagos_crds::status::Phase;

/// What each alert says about whom, when its fault is there: a label and its value. `NAMESPACE` stands for that of the case.
const ALERTS: [(&str, &str, &str); 13] = [
    ("GalapagosOperatorDown", "severity", "critical"),
    ("GalapagosWatchDown", "watch", "network_policies"),
    ("GalapagosReconcilesFail", "controller", "evolution_job"),
    ("GalapagosWritesRefused", "kind", "EvolutionJob"),
    ("GalapagosJobStuck", "evolutionjob", "slow"),
    ("GalapagosLeaseOld", "evolutionjob", "slow"),
    ("GalapagosWorkersLost", "evolutionjob", "lost"),
    ("GalapagosEvaluationsFail", "evolutionjob", "hopeless"),
    ("GalapagosCheckpointsFail", "reason", "StateNotWritable"),
    ("GalapagosConnectionsRefused", "evolutionjob", "lost"),
    ("GalapagosWorkerMemory", "evolutionjob", "lost"),
    ("GalapagosSignalsStale", "namespace", "NAMESPACE"),
    ("GalapagosDeliveryLate", "to", "s3://quants/runs"),
];

/// Bytes that a worker is left of its memory: 97 % are taken, and batches that are small.
const LEFT: u64 = 14 << 20;

/// The alerts, who makes them fire, and what was seen of them.
struct Watch<'a> {
    space: &'a Space,
    monitor: Monitor,
    began: Instant,
    /// When each fired first.
    fired: BTreeMap<&'static str, f64>,
    /// Knocks at the coordinator of `lost` with a certificate of another authority.
    strangers: Option<Strangers>,
    /// Whether the workers of `lost` are killed.
    kills: bool,
}

struct Strangers {
    certificates: Certificates,
    url: String,
    _folder: Scratch,
}

impl Watch<'_> {
    /// The alerts of `ALERTS` that fire now, each about whom it should be.
    fn firing(&self) -> BTreeSet<&'static str> {
        let answer = self.monitor.prometheus.get("alerts", &[]);
        let firing: Vec<&Value> =
            answer["data"]["alerts"].as_array().unwrap().iter().filter(|a| a["state"] == "firing").collect();
        let fires = |(name, label, value): &(&str, &str, &str)| {
            let value = if *value == "NAMESPACE" { &self.space.namespace } else { *value };
            firing.iter().any(|alert| {
                let labels = &alert["labels"];
                // What says of whom it speaks says it in its summary, too.
                let said = alert["annotations"]["summary"].as_str().unwrap();
                let named = labels["evolutionjob"].as_str().is_none_or(|job| said.contains(job));
                labels["alertname"] == *name && labels[*label] == value && named
            })
        };
        ALERTS.iter().filter(|alert| fires(alert)).map(|(name, ..)| *name).collect()
    }

    /// Keeps the faults up that end by themselves, for about a second, and looks.
    async fn look(&mut self) -> BTreeSet<&'static str> {
        if let Some(strangers) = &self.strangers {
            (0..5).for_each(|_| strangers.knock());
        }
        if self.kills {
            // One that is killed at once has nothing to lose yet.
            let at_work = |pod: &Pod| {
                let conditions = pod.status.as_ref().and_then(|s| s.conditions.as_ref());
                let ready =
                    conditions.into_iter().flatten().find(|c| c.type_ == "Ready" && c.status == "True");
                let since = ready.and_then(|c| c.last_transition_time.as_ref());
                since.is_some_and(|since| Timestamp::now().as_second() - since.0.as_second() >= 2)
            };
            let mut workers = self.space.pods("lost", "worker").await;
            workers.retain(at_work);
            workers.iter().for_each(|pod| kill_processes(pod, "worker"));
            // Others take their places at once; a container that starts again and again waits longer each time.
            self.space.kill(&workers).await;
        }
        self.monitor.discover();
        let firing = self.firing();
        for name in &firing {
            if !self.fired.contains_key(name) {
                let at = self.began.elapsed().as_secs_f64();
                println!("{name} fires after {at:.0} s");
                self.fired.insert(name, at);
            }
        }
        tokio::time::sleep(Duration::from_millis(700)).await;
        firing
    }

    /// Waits until all of these have fired.
    async fn until_fired(&mut self, names: &[&str]) {
        let began = Instant::now();
        while !names.iter().all(|name| self.fired.contains_key(name)) {
            self.look().await;
            let missing: Vec<_> = names.iter().filter(|name| !self.fired.contains_key(*name)).collect();
            assert!(began.elapsed() < 2 * PATIENCE, "{missing:?} do not fire: {:#?}", self.monitor.rules());
        }
    }

    /// Waits until none of these fires.
    async fn until_resolved(&mut self, names: &[&str]) {
        let began = Instant::now();
        loop {
            let firing = self.look().await;
            let left: Vec<_> = names.iter().filter(|name| firing.contains(*name)).collect();
            if left.is_empty() {
                println!("resolved after {:.0} s: {names:?}", self.began.elapsed().as_secs_f64());
                return;
            }
            assert!(began.elapsed() < 2 * PATIENCE, "{left:?} fire still: {:#?}", self.monitor.rules());
        }
    }
}

impl Strangers {
    async fn new(space: &Space) -> Strangers {
        let folder = Scratch::new();
        let certificates = Certificates::issue(folder.path(), "11111111-2222-3333-4444-555555555555");
        let pod = space.pods("lost", "coordinator").await.remove(0);
        let url = format!("https://{}:7400", pod.status.and_then(|s| s.pod_ip).unwrap());
        Strangers { certificates, url, _folder: folder }
    }

    fn knock(&self) {
        let own = self.certificates.worker();
        let mut curl = Command::new("curl");
        curl.args(["--silent", "--insecure", "--http2", "--max-time", "2", &self.url]);
        curl.arg("--cert").arg(own.join("tls.crt")).arg("--key").arg(own.join("tls.key"));
        let code = curl.output().unwrap().status.code();
        // 0: let in; 7: nobody is there.
        assert!(!matches!(code, Some(0 | 7)), "a stranger who knocks ends with {code:?}");
    }
}

/// Objects of the chart for this case.
fn chart(space: &Space, template: &str, mut values: Value) -> Vec<Value> {
    values["create"] = json!(true);
    values["namespace"] = json!(space.namespace);
    let mut helm = cluster().helm();
    helm.args(["template", "alerts"]).arg(program::root().join("charts/galapagos"));
    helm.args(["--show-only", &format!("templates/{template}.yaml"), "--set-json"]);
    helm.arg(r#"image={"repository": "galapagos", "tag": "dev", "pullPolicy": "Never"}"#);
    let rendered = text(helm.args(["--set-json", &format!("{template}={values}")]));
    serde_yaml::from_multiple::<Value>(&rendered).unwrap()
}

/// Imports a walk of so many bars: those of a longer one begin with those of a shorter one.
fn import(space: &Space, dataset: &str, bars: u32) {
    let mut import = program::galapagos();
    import.args(["import", "--random-walk", &format!("bars={bars},seed=5"), "--dataset", dataset]);
    import.args(["--symbol", "WALK", "--interval", "1h", "--data-dir"]).arg(space.folder());
    text(&mut import);
    give_to_pods(&space.folder());
}

/// The folder of the only run of a job.
fn run_folder(space: &Space, job: &str) -> PathBuf {
    let runs = space.folder().join("galapagos/runs").join(&space.namespace).join(job);
    std::fs::read_dir(runs).unwrap().map(|entry| entry.unwrap().path()).find(|p| p.is_dir()).unwrap()
}

fn jobs() -> Vec<Value> {
    // More individuals than a search comes to the end of, and dear enough that a worker always has a batch.
    let gene =
        |name: &str, min: &str, max: &str| json!({"name": name, "min": min, "max": max, "step": "0.0005"});
    let genes = [gene("volatility_multiplier", "1", "2.75"), gene("position_exit", "0", "0.75")];
    let crowd = with(job("lost", 5000, 100_000), "/spec/marketData/to", json!("2029-01-01"));
    let lost = with(crowd, "/spec/strategies", json!([{"name": "bollinger_bands", "genes": genes}]));
    // One individual takes seconds on all the bars, and minutes on ten times as many.
    let all_bars = |name: &str| with(long(name), "/spec/marketData/to", Value::Null);
    let of = |job: Value, pool: &str| with(job, "/spec/workerPoolName", json!(pool));
    let hopeless =
        with(all_bars("hopeless"), "/spec/evaluation", json!({"timeoutSeconds": 1, "attempts": 1}));
    // What trains anew for each bar has no signal that is quick.
    let done = with(
        job("done", 24, 4),
        "/spec/strategies",
        json!([{"name": "sma_crossover"}, {"name": "rsi_filter"}]),
    );
    vec![
        lost,
        of(with(all_bars("slow"), "/spec/marketData/dataset", json!("vast")), "few"),
        of(hopeless, "few"),
        of(long("full"), "few"),
        of(with(done, "/spec/marketData/dataset", json!("old")), "few"),
    ]
}

#[test]
fn every_alert_fires_for_its_fault_and_goes_with_it() {
    alone("alerts", async |space: &Space| {
        let Some(monitor) = Monitor::start(minutes::in_seconds) else { return };
        let rules: Vec<Value> = monitor.rules().iter().map(|rule| rule["name"].clone()).collect();
        assert_eq!(rules, ALERTS.map(|(name, ..)| json!(name)), "each alert has its fault here");
        let mut watch = Watch {
            space,
            monitor,
            began: Instant::now(),
            fired: BTreeMap::new(),
            strangers: None,
            kills: false,
        };
        import(space, "old", 20_000);
        import(space, "vast", 1_500_000);
        let slow =
            json!({"name": "local-worker", "resources": {"limits": {"cpu": "200m", "memory": "512Mi"}}});
        space.apply(&[
            with(pool("default", 2), "/spec/minWorkersPerJob", json!(2)),
            with(pool("few", 0), "/spec/coordinatorTemplate/spec/initContainers/0", slow),
        ]);
        space.apply(&jobs());
        space.digest("done").await;
        let port = free_port();
        let secret = json!({
            "apiVersion": "v1", "kind": "Secret", "metadata": {"name": "destinations"},
            "stringData": {
                "AWS_ACCESS_KEY_ID": Minio::USER, "AWS_SECRET_ACCESS_KEY": Minio::PASSWORD,
                "AWS_ENDPOINT_URL": format!("http://{}:{port}", address()),
            },
        });
        let volume = json!({"persistentVolumeClaim": {"claimName": "market-data"}});
        let deliver = json!({"to": ["s3://quants/runs"], "secretName": "destinations", "everySeconds": 1, "state": volume});
        let results = [format!("old=/data/galapagos/runs/{}/done", space.namespace)];
        let serve = json!({"replicas": 1, "data": volume, "results": results});
        space.apply(&[chart(space, "deliver", deliver), chart(space, "serve", serve), vec![secret]].concat());
        space.job_is("full", "is on its way", has_done(1)).await;
        space.job_is("lost", "is on its way", has_done(1)).await;

        // A volume that cannot be written; mended at once, since each attempt that fails makes the pause longer.
        let unwritable = Unwritable::new(&run_folder(space, "full"));
        watch.until_fired(&["GalapagosCheckpointsFail"]).await;
        drop(unwritable);
        // Workers that are killed, strangers, a worker without memory, statuses that nobody takes; and the faults from before: an
        // individual that takes minutes, others that take too long, data that are old, a bucket that is down.
        let policy = Policy::new(&space.namespace, "lost");
        watch.strangers = Some(Strangers::new(space).await);
        watch.kills = true;
        let hog = Hog::new(&space.pods("lost", "coordinator").await[0], "local-worker", LEFT);
        let of_jobs = [
            "GalapagosReconcilesFail",
            "GalapagosWritesRefused",
            "GalapagosJobStuck",
            "GalapagosLeaseOld",
            "GalapagosWorkersLost",
            "GalapagosEvaluationsFail",
            "GalapagosConnectionsRefused",
            "GalapagosWorkerMemory",
            "GalapagosSignalsStale",
        ];
        watch.until_fired(&of_jobs).await;
        drop((policy, hog));
        (watch.strangers, watch.kills) = (None, false);
        import(space, "old", 150_000);
        for job in ["slow", "hopeless"] {
            space.edit(&format!("evolutionjob/{job}"), json!({"spec": {"suspend": true}}));
            space.job_is(job, "is suspended", is_in(Phase::Suspended)).await;
        }
        watch.until_resolved(&of_jobs).await;
        watch.until_resolved(&["GalapagosCheckpointsFail"]).await;

        // The operator goes away, and comes back without a right.
        let of_operator = ["GalapagosOperatorDown", "GalapagosWatchDown"];
        assert!(of_operator.iter().all(|name| !watch.fired.contains_key(name)), "{:?}", watch.fired);
        operator::scale(&space.client, 0).await;
        watch.until_fired(&["GalapagosOperatorDown"]).await;
        let withheld = Withheld::new("networkpolicies");
        operator::restore();
        watch.until_fired(&["GalapagosWatchDown"]).await;
        drop(withheld);
        operator::ready(&space.client).await;
        watch.until_resolved(&of_operator).await;

        watch.until_fired(&["GalapagosDeliveryLate"]).await;
        let folder = Scratch::new();
        let Some(_minio) = Minio::start_at(&folder, port) else { return };
        watch.until_resolved(&["GalapagosDeliveryLate"]).await;
        assert_eq!(watch.fired.len(), ALERTS.len());
    });
}
