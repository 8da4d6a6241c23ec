//! What the chart ships for Prometheus, given to a real one: the pods are found by the PodMonitors' selectors.

use std::time::{Duration, Instant};

use galapagos_e2e::program;
use galapagos_e2e::prometheus::Prometheus;
use galapagos_e2e::scratch::Scratch;
use serde_json::{Value, json};

use super::cluster::{cluster, text};
use super::operator;
use super::wait::PATIENCE;

/// File of what is scraped.
const TARGETS: &str = "targets.json";

/// A Prometheus that reads this cluster.
pub struct Monitor {
    /// The server.
    pub prometheus: Prometheus,
    /// All that the chart makes for it and for Grafana.
    pub shipped: Vec<Value>,
    scratch: Scratch,
}

impl Monitor {
    /// Starts it with the shipped rules as `change` leaves them; `None`: the machine has none.
    pub fn start(change: impl FnOnce(&mut Value)) -> Option<Monitor> {
        let shipped = shipped();
        let scratch = Scratch::new();
        let mut rules = of(&shipped, "PrometheusRule").remove(0)["spec"].take();
        change(&mut rules);
        scratch.write("rules.yaml", &rules.to_string());
        let config = json!({
            "global": {"evaluation_interval": "1s"},
            "rule_files": ["rules.yaml"],
            "scrape_configs": of(&shipped, "PodMonitor").iter().flat_map(scrapes).collect::<Vec<_>>(),
        });
        discover(&scratch);
        let prometheus = Prometheus::start(scratch.path(), &config)?;
        Some(Monitor { prometheus, shipped, scratch })
    }

    /// Objects of a kind that the chart makes.
    pub fn of(&self, kind: &str) -> Vec<Value> {
        of(&self.shipped, kind)
    }

    /// Its rules, each with its health and its alerts.
    pub fn rules(&self) -> Vec<Value> {
        let rules = self.prometheus.get("rules", &[]);
        rules["data"]["groups"][0]["rules"].as_array().unwrap().clone()
    }

    /// Waits until a query has an answer.
    pub async fn until_answered(&self, query: &str) {
        let began = Instant::now();
        while self.prometheus.query(query).is_empty() {
            self.discover();
            assert!(began.elapsed() < PATIENCE, "{query} is empty still");
            tokio::time::sleep(Duration::from_millis(500)).await;
        }
    }

    /// Has Prometheus find the pods that there are now.
    pub fn discover(&self) {
        discover(&self.scratch);
    }
}

/// Finds all pods as Prometheus does, with the labels that it gives them: Debian's has no discovery of Kubernetes built in.
fn discover(scratch: &Scratch) {
    let pods: Value =
        serde_json::from_str(&text(cluster().kubectl().args(["get", "pods", "-A", "-o", "json"]))).unwrap();
    let mut targets = Vec::new();
    for pod in pods["items"].as_array().unwrap() {
        let Some(ip) = pod["status"]["podIP"].as_str().filter(|_| pod["status"]["phase"] == "Running") else {
            continue;
        };
        let mut labels = json!({
            "__meta_kubernetes_namespace": pod["metadata"]["namespace"],
            "__meta_kubernetes_pod_name": pod["metadata"]["name"],
        });
        for (label, value) in pod["metadata"]["labels"].as_object().into_iter().flatten() {
            labels[meta(label)] = value.clone();
        }
        let containers =
            ["containers", "initContainers"].map(|of| pod["spec"][of].as_array().into_iter().flatten());
        for port in containers.into_iter().flatten().flat_map(|c| c["ports"].as_array().into_iter().flatten())
        {
            labels["__meta_kubernetes_pod_container_port_name"] = port["name"].clone();
            targets.push(json!({"targets": [format!("{ip}:{}", port["containerPort"])], "labels": labels}));
        }
    }
    scratch.write("targets.new", &Value::from(targets).to_string());
    std::fs::rename(scratch.path().join("targets.new"), scratch.path().join(TARGETS)).unwrap();
}

fn of(objects: &[Value], kind: &str) -> Vec<Value> {
    objects.iter().filter(|o| o["kind"] == kind).cloned().collect()
}

/// What the chart makes for the Prometheus operator.
fn shipped() -> Vec<Value> {
    let mut helm = cluster().helm();
    helm.args(["template", "galapagos", "--namespace", operator::NAMESPACE])
        .arg(program::root().join("charts/galapagos"));
    helm.args(["--show-only", "templates/monitoring.yaml", "--set", "monitoring.interval=1s"]);
    helm.args(["--set", "monitoring.podMonitors=true,monitoring.rules=true,monitoring.dashboards=true"]);
    serde_yaml::from_multiple::<Value>(&text(&mut helm)).unwrap()
}

/// The name of a label as Prometheus spells it.
fn meta(label: &str) -> String {
    let plain: String = label.chars().map(|c| if c.is_ascii_alphanumeric() { c } else { '_' }).collect();
    format!("__meta_kubernetes_pod_label_{plain}")
}

/// What the Prometheus operator makes of a PodMonitor, as its documentation says.
fn scrapes(monitor: &Value) -> Vec<Value> {
    let selector = &monitor["spec"]["selector"];
    let mut keep: Vec<(String, String)> = Vec::new();
    for (label, value) in selector["matchLabels"].as_object().unwrap() {
        keep.push((meta(label), value.as_str().unwrap().to_owned()));
    }
    for expression in selector["matchExpressions"].as_array().into_iter().flatten() {
        assert_eq!(expression["operator"], "In");
        let values: Vec<&str> =
            expression["values"].as_array().unwrap().iter().filter_map(Value::as_str).collect();
        keep.push((meta(expression["key"].as_str().unwrap()), values.join("|")));
    }
    if monitor["spec"]["namespaceSelector"]["any"] != true {
        let own = monitor["metadata"]["namespace"].as_str().unwrap().to_owned();
        keep.push(("__meta_kubernetes_namespace".to_owned(), own));
    }
    let endpoints = monitor["spec"]["podMetricsEndpoints"].as_array().unwrap();
    let scrape = |(at, endpoint): (usize, &Value)| {
        let mut keep = keep.clone();
        keep.push((
            "__meta_kubernetes_pod_container_port_name".to_owned(),
            endpoint["port"].as_str().unwrap().to_owned(),
        ));
        let mut relabel: Vec<Value> = keep
            .iter()
            .map(|(label, value)| json!({"source_labels": [label], "regex": value, "action": "keep"}))
            .collect();
        for (from, to) in
            [("__meta_kubernetes_namespace", "namespace"), ("__meta_kubernetes_pod_name", "pod")]
        {
            relabel.push(json!({"source_labels": [from], "target_label": to}));
        }
        for own in endpoint["relabelings"].as_array().unwrap() {
            relabel.push(json!({"source_labels": own["sourceLabels"], "target_label": own["targetLabel"]}));
        }
        json!({
            "job_name": format!("{}/{at}", monitor["metadata"]["name"].as_str().unwrap()),
            "scrape_interval": endpoint["interval"], "scrape_timeout": endpoint["interval"],
            "metrics_path": endpoint["path"],
            "file_sd_configs": [{"files": [TARGETS], "refresh_interval": "5s"}],
            "relabel_configs": relabel,
        })
    };
    endpoints.iter().enumerate().map(scrape).collect()
}
