//! The page that is generated from the definitions: complete, and readable as Markdown.

use galapagos_crds::{crd, reference};
use serde_json::Value;

/// The path of every field and the texts of all rules below a schema.
fn walk(path: &str, schema: &Value, fields: &mut Vec<String>, rules: &mut Vec<String>) {
    for rule in schema["x-kubernetes-validations"].as_array().into_iter().flatten() {
        rules.push(rule["message"].as_str().expect("every rule has a message").to_owned());
    }
    for (name, member) in schema["properties"].as_object().into_iter().flatten() {
        let path = if path.is_empty() { name.clone() } else { format!("{path}.{name}") };
        if !["spec", "status"].contains(&path.as_str()) {
            fields.push(path.clone());
        }
        walk(&path, member, fields, rules);
    }
    for (key, mark) in [("items", "[]"), ("additionalProperties", "{}")] {
        if let Some(inner) = schema.get(key) {
            walk(&format!("{path}{mark}"), inner, fields, rules);
        }
    }
}

fn section(page: &str, kind: &str) -> String {
    let rest = page.split(&format!("\n## {kind}\n")).nth(1).expect("a section of the kind");
    rest.split("\n## ").next().unwrap_or_default().to_owned()
}

/// The cells of a table's row.
fn cells(row: &str) -> Vec<String> {
    let inner = row.trim_start_matches("| ").trim_end_matches(" |").replace("\\|", "\u{0}");
    inner.split(" | ").map(|cell| cell.replace('\u{0}', "|")).collect()
}

fn row(page: &str, kind: &str, field: &str) -> Vec<String> {
    let section = section(page, kind);
    let found: Vec<&str> =
        section.lines().filter(|line| line.starts_with(&format!("| `{field}` |"))).collect();
    assert_eq!(found.len(), 1, "{field} has one row: {found:?}");
    cells(found[0])
}

#[test]
fn the_committed_page_is_the_generated_one() {
    let path = concat!(env!("CARGO_MANIFEST_DIR"), "/../docs/api.md");
    let committed = std::fs::read_to_string(path).expect("committed");
    assert!(committed == reference::page(), "docs/api.md: run `make generated`");
}

#[test]
fn every_field_has_one_row_and_every_rule_is_told() {
    let page = reference::page();
    for (kind, definition) in [("EvolutionJob", crd::evolution_job()), ("WorkerPool", crd::worker_pool())] {
        let (mut fields, mut rules) = (Vec::new(), Vec::new());
        walk("", crd::schema(&definition), &mut fields, &mut rules);
        assert!(fields.len() > 30 && rules.len() > 4, "{kind}");
        for field in fields {
            let row = row(&page, kind, &field);
            assert_eq!(row.len(), 5, "{row:?}");
            assert!(!row[1].is_empty() && !row[4].is_empty(), "{row:?}");
        }
        let section = section(&page, kind);
        for rule in rules {
            let told = rule.split(" is immutable").next().unwrap_or_default();
            assert!(section.contains(told), "{kind}: {rule}");
        }
    }
}

#[test]
fn a_row_says_what_the_schema_says() {
    let page = reference::page();
    for (kind, field, expected) in [
        ("EvolutionJob", "spec.generations", ["integer", "`50`", "1 to 100000"]),
        (
            "EvolutionJob",
            "spec.searcher",
            ["string", "`Evolution`", "`Evolution`, `Random`, `Grid`, `Sobol`, `TPE`, `CMAES`"],
        ),
        ("EvolutionJob", "spec.population.size", ["integer", "**required**", "10 to 10000"]),
        (
            "EvolutionJob",
            "spec.validation.holdout.fraction",
            ["decimal", "`\"0.2\"`", "must be at least 0 and less than 1"],
        ),
        ("EvolutionJob", "spec.strategies", ["list of objects by `name`", "**required**", "1 to 64 items"]),
        ("EvolutionJob", "spec.suspend", ["boolean", "", ""]),
        ("EvolutionJob", "spec.execution", ["object", "that of its members", ""]),
        (
            "EvolutionJob",
            "spec.marketData.interval",
            ["string", "**required**", "at most 4 characters; `^[1-9][0-9]{0,2}(m|h|d)$`"],
        ),
        ("EvolutionJob", "status.best.genome", ["map of gene values", "`{}`", "at most 32 members"]),
        ("EvolutionJob", "status.startTime", ["time", "", ""]),
        ("WorkerPool", "spec.template", ["any object", "`{}`", ""]),
        (
            "WorkerPool",
            "spec.state.subPath",
            ["string", "`\"\"`", "at most 512 characters; must be relative and stay below the volume's root"],
        ),
    ] {
        assert_eq!(row(&page, kind, field)[1..4], expected, "{field}");
    }
}

#[test]
fn fixed_fields_are_told_in_one_sentence() {
    let section = section(&reference::page(), "EvolutionJob");
    let fixed = section.lines().find(|line| line.starts_with("- Fixed once")).expect("a sentence");
    for field in ["marketData", "strategies", "population", "execution"] {
        assert!(fixed.contains(&format!("`{field}`")), "{fixed}");
    }
    for field in ["generations", "suspend", "stop", "priority"] {
        assert!(!fixed.contains(&format!("`{field}`")), "{fixed}");
    }
    assert!(!section.contains("oldSelf"), "rules are sentences, not CEL");
}

#[test]
fn columns_are_those_of_kubectl() {
    let section = section(&reference::page(), "EvolutionJob");
    assert!(section.contains("| Gen | `.status.progress` | Generations done of all |"));
    assert!(section.contains("| Seed (with `-o wide`) | `.spec.population.seed` | Random seed |"));
}
