//! What the chart ships for Grafana: every query of every dashboard is answered by a real Prometheus that reads the pods of a
//! real cluster.

use serde_json::Value;

use crate::harness::manifests::{job, long, pool};
use crate::harness::monitor::Monitor;
use crate::harness::{Space, alone};

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

/// What only appears when something goes wrong, or with several objectives.
const RARE: [&str; 2] = ["Hypervolume", "Watches that broke a second"];

#[test]
fn prometheus_finds_every_process_and_answers_every_dashboard() {
    alone("monitoring", async |space: &Space| {
        let Some(monitor) = Monitor::start(|_| ()) else { return };
        space.apply(&[pool("default", 1), job("short", 24, 4), long("evolve")]);
        let ours = format!("{{namespace=\"{}\",evolutionjob=\"evolve\"}}", space.namespace);
        monitor.until_answered("galapagos_operator_leading == 1").await;
        // The coordinator, the worker beside it, and a worker of its own.
        for metric in ["galapagos_generation", "galapagos_worker_slots", "galapagos_best_fitness"] {
            monitor.until_answered(&format!("{metric}{ours}")).await;
        }
        monitor.until_answered(&format!("galapagos_generation{ours} > 1")).await;
        monitor.until_answered(&format!("rate(galapagos_checkpoint_seconds_count{ours}[20s]) > 0")).await;
        let slots = monitor.prometheus.query(&format!("galapagos_worker_slots{ours}"));
        assert!(slots.iter().all(|series| series["metric"]["pool"] == "default"), "{slots:?}");

        let dashboards = monitor.of("ConfigMap").remove(0);
        let files = dashboards["data"].as_object().unwrap();
        assert_eq!(files.len(), 3);
        // That of the results asks PostgreSQL, which e2e/tests/elsewhere.rs has.
        for text in files.iter().filter(|(name, _)| *name != "results.json").map(|(_, text)| text) {
            let dashboard: Value = serde_json::from_str(text.as_str().unwrap()).unwrap();
            for (title, query) in queries(&dashboard) {
                if RARE.contains(&title.as_str()) {
                    monitor.prometheus.query(&query);
                } else {
                    monitor.until_answered(&query).await;
                }
            }
            for variable in dashboard["templating"]["list"].as_array().unwrap() {
                let Some(label) = variable["definition"].as_str() else { continue };
                let label = label.trim_end_matches(')').rsplit(", ").next().unwrap();
                let values = monitor.prometheus.get(&format!("label/{label}/values"), &[]);
                assert!(!values["data"].as_array().unwrap().is_empty(), "{label}");
            }
        }
        let rules = monitor.rules();
        assert!(!rules.is_empty() && rules.iter().all(|rule| rule["health"] == "ok"), "{rules:?}");
    });
}
