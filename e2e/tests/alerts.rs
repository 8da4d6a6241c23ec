//! The alerts and dashboards of the chart: what they ask for exists, each alert fires and goes, each query is one, and Grafana's
//! schema allows each dashboard.

#![allow(clippy::unwrap_used, reason = "a failed unwrap fails the test")]

use std::collections::BTreeSet;
use std::path::PathBuf;
use std::process::{Command, Output, Stdio};

use galapagos_e2e::program::root;
use galapagos_e2e::prometheus::programs;
use galapagos_e2e::scratch::Scratch;
use serde_json::{Value, json};

fn files() -> PathBuf {
    root().join("charts/galapagos/files")
}

fn alerts() -> String {
    std::fs::read_to_string(files().join("alerts.yaml")).unwrap()
}

/// The dashboards by their file.
fn dashboards() -> Vec<(String, Value)> {
    let folder = std::fs::read_dir(files().join("dashboards")).unwrap().flatten();
    let read = |path: PathBuf| {
        let text = std::fs::read_to_string(&path).unwrap();
        (path.file_name().unwrap().to_string_lossy().into_owned(), serde_json::from_str(&text).unwrap())
    };
    folder.map(|entry| read(entry.path())).collect()
}

/// The metrics of ours that a text names, without what Prometheus adds to a histogram.
fn metrics(text: &str) -> BTreeSet<String> {
    let words = text.split(|c: char| !(c.is_ascii_alphanumeric() || c == '_'));
    let ours = words.filter(|word| word.starts_with("galapagos_") && *word != "galapagos_dev_job");
    ours.map(|word| word.trim_end_matches("_bucket").to_owned()).collect()
}

#[test]
fn each_alert_fires_and_goes_when_its_cause_has_gone() {
    let cases = std::fs::read_to_string(root().join("e2e/tests/alerts/fire_and_resolve.yaml")).unwrap();
    let names: Vec<&str> =
        alerts().leak().lines().filter_map(|line| line.trim().strip_prefix("- alert: ")).collect();
    assert!(names.len() >= 13);
    for name in names {
        // Before, while and after.
        assert_eq!(cases.matches(&format!("alertname: {name}")).count(), 3, "{name}");
    }
    let Some((_, promtool)) = programs() else { return };
    let scratch = Scratch::new();
    scratch.write("alerts.yaml", &alerts());
    let cases = scratch.write("cases.yaml", &cases);
    let output = Command::new(promtool).args(["test", "rules"]).arg(cases).output().unwrap();
    let said =
        String::from_utf8_lossy(&output.stdout).into_owned() + &String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "{said}");
}

#[test]
fn alerts_and_dashboards_ask_for_metrics_that_the_page_explains() {
    let page = std::fs::read_to_string(root().join("docs/monitoring.md")).unwrap();
    let known = metrics(&page);
    for (name, text) in
        dashboards().iter().map(|(n, d)| (n.as_str(), d.to_string())).chain([("alerts.yaml", alerts())])
    {
        let unknown: Vec<_> = metrics(&text).difference(&known).cloned().collect();
        assert!(unknown.is_empty(), "{name} names {unknown:?}, which docs/monitoring.md does not");
    }
    // And the page has a row for each alert.
    for name in alerts().lines().filter_map(|line| line.trim().strip_prefix("- alert: ")) {
        assert!(
            page.contains(&format!("| `{name}` |")),
            "docs/monitoring.md does not say what to do about {name}"
        );
    }
}

#[test]
fn panels_have_titles_explanations_and_places_of_their_own() {
    let all = dashboards();
    assert_eq!(all.len(), 3);
    for (name, dashboard) in all {
        let panels = dashboard["panels"].as_array().unwrap();
        let ids: BTreeSet<i64> = panels.iter().map(|p| p["id"].as_i64().unwrap()).collect();
        assert_eq!(ids.len(), panels.len(), "{name}");
        let mut taken = BTreeSet::new();
        for panel in panels {
            let place = |side: &str| panel["gridPos"][side].as_i64().unwrap();
            assert!(place("x") + place("w") <= 24, "{name}: {}", panel["title"]);
            for x in place("x")..place("x") + place("w") {
                for y in place("y")..place("y") + place("h") {
                    assert!(taken.insert((x, y)), "{name}: {} lies over another", panel["title"]);
                }
            }
            if panel["type"] != "row" {
                assert!(!panel["description"].as_str().unwrap().is_empty(), "{name}: {}", panel["title"]);
                assert!(!panel["targets"].as_array().unwrap().is_empty(), "{name}: {}", panel["title"]);
            }
        }
    }
}

/// What judges dashboards by Grafana's schema; `None`, and a loud word, on a machine that cannot build it.
fn schema() -> Option<PathBuf> {
    let output = Command::new(root().join("e2e/grafana/get.sh")).stdin(Stdio::null()).output().unwrap();
    let stderr = String::from_utf8_lossy(&output.stderr);
    if output.status.code() == Some(3) {
        eprintln!("\n!!! DASHBOARDS WERE NOT COMPARED WITH GRAFANA'S SCHEMA: {stderr}!!!\n");
        return None;
    }
    assert!(output.status.success(), "{stderr}");
    Some(String::from_utf8(output.stdout).unwrap().trim().into())
}

#[test]
fn dashboards_are_what_the_schema_of_grafana_allows() {
    let Some(schema) = schema() else { return };
    let scratch = Scratch::new();
    let judge = |dashboard: &Value| -> Output {
        let file = scratch.write("dashboard.json", &dashboard.to_string());
        Command::new(&schema).arg(file).output().unwrap()
    };
    for (name, dashboard) in dashboards() {
        let said = String::from_utf8_lossy(&judge(&dashboard).stderr).into_owned();
        assert!(said.is_empty(), "{name}: {said}");
        let chosen =
            dashboard["panels"].as_array().unwrap().iter().position(|p| p["type"] == "stat").unwrap();
        let panel = format!("/panels/{chosen}");
        // A misspelt field, option or variable, a value of another type, what is missing, and a panel that there is not.
        for (place, field, value, expected) in [
            ("", "refesh", json!("30s"), "unexpected field 'refesh'"),
            (&panel, "descripton", json!("x"), "unexpected field 'descripton'"),
            (&format!("{panel}/options"), "grafMode", json!("area"), "unexpected field 'grafMode'"),
            (&format!("{panel}/fieldConfig/defaults"), "unit", json!(3), "cannot unmarshal number"),
            (&format!("{panel}/gridPos"), "w", json!("6"), "cannot unmarshal string"),
            (&panel, "type", json!("statt"), "statt"),
            ("/templating/list/0", "kind", json!("x"), "unexpected field 'kind'"),
        ] {
            let mut wrong = dashboard.clone();
            wrong.pointer_mut(place).unwrap()[field] = value;
            let output = judge(&wrong);
            let said = String::from_utf8_lossy(&output.stderr);
            assert!(!output.status.success() && said.contains(expected), "{name}{place}/{field}: {said}");
        }
    }
}
