//! What the chart ships for Prometheus, read by a real one: the pods are found by the PodMonitors' selectors, every query of
//! every dashboard is answered, and an alert fires for what happened to the cluster and goes when it is over.

use std::time::{Duration, Instant};

use galapagos_e2e::program;
use galapagos_e2e::prometheus::Prometheus;
use galapagos_e2e::scratch::Scratch;
use serde_json::{Value, json};

use crate::harness::cluster::{cluster, text};
use crate::harness::manifests::{job, long, pool};
use crate::harness::wait::PATIENCE;
use crate::harness::{Space, alone, operator};

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

/// The queries of a dashboard with all that its variables may be.
fn queries(dashboard: &Value) -> Vec<(String, String)> {
    let panels = dashboard["panels"].as_array().unwrap().iter();
    let with_title = panels.flat_map(|panel| {
        let targets = panel["targets"].as_array().into_iter().flatten();
        targets.map(|target| {
            (panel["title"].as_str().unwrap().to_owned(), target["expr"].as_str().unwrap().to_owned())
        })
    });
    with_title
        .map(|(title, query)| {
            (title, query.replace("$namespace", ".*").replace("$evolutionjob", ".*").replace("[5m]", "[20s]"))
        })
        .collect()
}

async fn until_answered(scratch: &Scratch, prometheus: &Prometheus, query: &str, wanted: bool) {
    let began = Instant::now();
    while prometheus.query(query).is_empty() == wanted {
        discover(scratch);
        assert!(began.elapsed() < PATIENCE, "{query} is {} still", if wanted { "empty" } else { "answered" });
        tokio::time::sleep(Duration::from_millis(500)).await;
    }
}

/// File of what is scraped.
const TARGETS: &str = "targets.json";

/// What only appears when something goes wrong, or with several objectives.
const RARE: [&str; 2] = ["Hypervolume", "Watches that broke a second"];

#[test]
fn prometheus_finds_every_process_answers_every_dashboard_and_alerts() {
    alone("monitoring", async |space: &Space| {
        let shipped = shipped();
        let of = |kind: &str| shipped.iter().filter(|o| o["kind"] == kind).cloned().collect::<Vec<_>>();
        let scratch = Scratch::new();
        let mut groups = of("PrometheusRule").remove(0)["spec"].take();
        // What takes minutes takes seconds here.
        for rule in groups["groups"][0]["rules"].as_array_mut().unwrap() {
            rule["for"] = json!("1s");
        }
        scratch.write("rules.yaml", &groups.to_string());
        let config = json!({
            "global": {"evaluation_interval": "1s"},
            "rule_files": ["rules.yaml"],
            "scrape_configs": of("PodMonitor").iter().flat_map(scrapes).collect::<Vec<_>>(),
        });
        scratch.write(TARGETS, "[]");
        let Some(prometheus) = Prometheus::start(scratch.path(), &config) else { return };

        space.apply(&[pool("default", 1), job("short", 24, 4), long("evolve")]);
        let ours = format!("{{namespace=\"{}\",evolutionjob=\"evolve\"}}", space.namespace);
        until_answered(&scratch, &prometheus, "galapagos_operator_leading == 1", true).await;
        // The coordinator, the worker beside it, and a worker of its own.
        for metric in ["galapagos_generation", "galapagos_worker_slots", "galapagos_best_fitness"] {
            until_answered(&scratch, &prometheus, &format!("{metric}{ours}"), true).await;
        }
        until_answered(&scratch, &prometheus, &format!("galapagos_generation{ours} > 1"), true).await;
        until_answered(
            &scratch,
            &prometheus,
            &format!("rate(galapagos_checkpoint_seconds_count{ours}[20s]) > 0"),
            true,
        )
        .await;
        let slots = prometheus.query(&format!("galapagos_worker_slots{ours}"));
        assert!(slots.iter().all(|series| series["metric"]["pool"] == "default"), "{slots:?}");

        let dashboards = of("ConfigMap").remove(0);
        let files = dashboards["data"].as_object().unwrap();
        assert_eq!(files.len(), 3);
        // That of the results asks PostgreSQL, which e2e/tests/elsewhere.rs has.
        for text in files.iter().filter(|(name, _)| *name != "results.json").map(|(_, text)| text) {
            let dashboard: Value = serde_json::from_str(text.as_str().unwrap()).unwrap();
            for (title, query) in queries(&dashboard) {
                if RARE.contains(&title.as_str()) {
                    prometheus.query(&query);
                } else {
                    until_answered(&scratch, &prometheus, &query, true).await;
                }
            }
            for variable in dashboard["templating"]["list"].as_array().unwrap() {
                let Some(label) = variable["definition"].as_str() else { continue };
                let label = label.trim_end_matches(')').rsplit(", ").next().unwrap();
                let values = prometheus.get(&format!("label/{label}/values"), &[]);
                assert!(!values["data"].as_array().unwrap().is_empty(), "{label}");
            }
        }
        let rules = prometheus.get("rules", &[]);
        let rules = rules["data"]["groups"][0]["rules"].as_array().unwrap();
        assert_eq!(rules.len(), groups["groups"][0]["rules"].as_array().unwrap().len());
        assert!(rules.iter().all(|rule| rule["health"] == "ok"), "{rules:?}");
        let firing = |name: &str| format!("ALERTS{{alertname=\"{name}\",alertstate=\"firing\"}}");

        // The operator goes away: somebody is told, and told that it is over.
        until_answered(&scratch, &prometheus, &firing("GalapagosOperatorDown"), false).await;
        operator::scale(&space.client, 0).await;
        until_answered(&scratch, &prometheus, &firing("GalapagosOperatorDown"), true).await;
        operator::scale(&space.client, 1).await;
        until_answered(&scratch, &prometheus, &firing("GalapagosOperatorDown"), false).await;
    });
}
