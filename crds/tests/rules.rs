//! Every rule of the definitions, with cases that pass and cases that fail, as a server would check them. The cases are
//! in `rules.yaml`: the tests on a real cluster send the same ones to its API server.

use std::collections::BTreeSet;

use galapagos_crds::crd;
use kube::core::cel::Validator;
use serde_json::{Value, json};

fn table() -> Value {
    serde_yaml::from_str(include_str!("rules.yaml")).expect("rules.yaml is YAML")
}

/// RFC 7386.
fn merge(into: &mut Value, patch: &Value) {
    let Value::Object(patch) = patch else {
        *into = patch.clone();
        return;
    };
    if !into.is_object() {
        *into = json!({});
    }
    for (key, value) in patch {
        match value {
            Value::Null => drop(into.as_object_mut().and_then(|o| o.remove(key))),
            value => merge(&mut into[key], value),
        }
    }
}

/// One case: its rule, the manifest, the one before it, and what is said.
struct Case {
    rule: String,
    manifest: Value,
    before: Option<Value>,
    refused: Option<String>,
}

fn cases() -> Vec<Case> {
    let table = table();
    let read = |rule: &Value, case: &Value| {
        let shortest = &table["shortest"][case["kind"].as_str().unwrap_or("EvolutionJob")];
        let over = |patch: &Value| {
            let mut manifest = shortest.clone();
            merge(&mut manifest, patch);
            manifest
        };
        Case {
            rule: rule["rule"].as_str().unwrap_or_default().to_owned(),
            manifest: over(&case["manifest"]),
            before: case.get("before").map(over),
            refused: case["refused"].as_str().map(str::to_owned),
        }
    };
    let rules = table["rules"].as_array().expect("a list of rules").iter();
    rules
        .flat_map(|rule| rule["cases"].as_array().into_iter().flatten().map(|case| read(rule, case)))
        .collect()
}

fn problems(case: &Case) -> Vec<String> {
    let is_pool = case.manifest["kind"] == "WorkerPool";
    let definition = if is_pool { crd::worker_pool() } else { crd::evolution_job() };
    match Validator::new().validate(crd::schema(&definition), &case.manifest, case.before.as_ref()) {
        Ok(()) => Vec::new(),
        Err(errors) => errors.iter().map(ToString::to_string).collect(),
    }
}

// Contract K14.
#[test]
fn every_case_is_accepted_or_refused_as_the_table_says() {
    let cases = cases();
    assert!(cases.len() > 150, "{}", cases.len());
    for case in cases {
        let Case { rule, manifest, refused, .. } = &case;
        let found = problems(&case);
        match refused {
            None => assert_eq!(found, [""; 0], "{rule}: {manifest}"),
            Some(expected) => {
                assert!(
                    found.iter().any(|p| p.contains(expected)),
                    "{rule}: expected {expected:?}, found {found:?}: {manifest}"
                );
            }
        }
    }
}

#[test]
fn every_rule_has_a_case_that_fails() {
    let mut messages = BTreeSet::new();
    for definition in [crd::evolution_job(), crd::worker_pool()] {
        messages_of(crd::schema(&definition), &mut messages);
    }
    assert!(messages.len() >= 25, "{messages:?}");
    let found: Vec<String> = cases().iter().flat_map(problems).collect();
    let untested: Vec<_> = messages.iter().filter(|m| !found.iter().any(|f| f.contains(*m))).collect();
    assert!(untested.is_empty(), "rules without a case in rules.yaml: {untested:?}");
}

fn messages_of(schema: &Value, messages: &mut BTreeSet<String>) {
    match schema {
        Value::Object(fields) => {
            let rules = fields.get("x-kubernetes-validations").and_then(Value::as_array);
            messages
                .extend(rules.into_iter().flatten().filter_map(|r| r["message"].as_str().map(str::to_owned)));
            fields.values().for_each(|v| messages_of(v, messages));
        }
        Value::Array(items) => items.iter().for_each(|v| messages_of(v, messages)),
        _ => {}
    }
}

#[test]
fn every_rule_of_the_definitions_compiles() {
    for definition in [crd::evolution_job(), crd::worker_pool()] {
        let compiled = kube::core::cel::compile_schema(crd::schema(&definition));
        assert!(!compiled.has_errors(), "{:?}", compiled.compilation_errors());
    }
}
