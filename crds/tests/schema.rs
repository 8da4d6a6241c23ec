//! What the generated definitions promise to a server, to people and to `kubectl explain`.

use galapagos_crds::crd;
use serde_json::Value;

/// Calls `visit` for every schema below `schema` with its path.
fn walk(path: &str, schema: &Value, visit: &mut dyn FnMut(&str, &Value)) {
    visit(path, schema);
    for (name, property) in schema["properties"].as_object().into_iter().flatten() {
        walk(&format!("{path}.{name}"), property, visit);
    }
    for (key, mark) in [("items", "[]"), ("additionalProperties", "{}")] {
        if schema.get(key).is_some_and(Value::is_object) {
            walk(&format!("{path}{mark}"), &schema[key], visit);
        }
    }
}

fn each_schema(mut visit: impl FnMut(&str, &Value)) {
    for definition in [crd::evolution_job(), crd::worker_pool()] {
        let kind = definition["spec"]["names"]["kind"].as_str().expect("a kind").to_owned();
        walk(&kind, crd::schema(&definition), &mut visit);
    }
}

#[test]
fn the_committed_files_are_the_generated_ones() {
    for (name, text) in crd::files().expect("printable") {
        let path = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("generated").join(name);
        let committed = std::fs::read_to_string(&path).expect("committed");
        assert!(
            committed == text,
            "{name}: run `cargo run -p galapagos-crds --bin crdgen -- --out crds/generated`"
        );
    }
}

#[test]
fn the_files_hold_the_definitions_and_are_small_enough_to_apply_from_a_client() {
    let definitions = [crd::evolution_job(), crd::worker_pool()];
    for ((name, text), definition) in crd::files().expect("printable").into_iter().zip(definitions) {
        assert!(text.len() < 100_000, "{name} has {} bytes", text.len());
        let read: Value = serde_yaml::from_str(&text).expect("YAML");
        assert_eq!(read, definition, "{name}");
    }
}

#[test]
fn every_schema_is_structural() {
    each_schema(|path, s| {
        let free = s["x-kubernetes-int-or-string"] == true;
        assert!(s["type"].is_string() != free, "{path}: exactly one of type and int-or-string");
        for banned in
            ["$ref", "oneOf", "anyOf", "allOf", "not", "nullable", "definitions", "title", "uniqueItems"]
        {
            assert!(s.get(banned).is_none(), "{path} has {banned}");
        }
        assert!(s["additionalProperties"] != false && s["additionalProperties"] != true, "{path}");
        assert!(s.get("properties").is_none() || s.get("additionalProperties").is_none(), "{path}");
        let known = ["int32", "int64", "double", "date-time"];
        assert!(
            s.get("format").is_none_or(|f| known.contains(&f.as_str().unwrap_or(""))),
            "{path}: {}",
            s["format"]
        );
    });
}

#[test]
fn every_field_is_described_on_one_line() {
    each_schema(|path, s| {
        let scalar_item = path.ends_with(['}', ']']) && s.get("properties").is_none();
        if path.ends_with(".metadata") || scalar_item {
            return;
        }
        let text = s["description"].as_str().unwrap_or("");
        assert!(text.len() > 3, "{path} has no description");
        assert!(!text.contains('\n'), "{path}");
    });
}

#[test]
fn every_list_is_bounded_and_typed_and_every_map_and_text_of_the_spec_is_bounded() {
    each_schema(|path, s| {
        if s["type"] == "array" {
            assert!(s["maxItems"].is_u64(), "{path} has no maxItems");
            let kind = s["x-kubernetes-list-type"].as_str().unwrap_or("none");
            assert!(["map", "set", "atomic"].contains(&kind), "{path} has list type {kind}");
            assert_eq!(kind == "map", s["x-kubernetes-list-map-keys"].is_array(), "{path}");
        }
        if s.get("additionalProperties").is_some() {
            assert!(s["maxProperties"].is_u64(), "{path} has no maxProperties");
        }
        let in_spec = path.split('.').nth(1) == Some("spec");
        if in_spec
            && (s["type"] == "string" && s.get("enum").is_none() || s["x-kubernetes-int-or-string"] == true)
        {
            assert!(s["maxLength"].is_u64(), "{path} has no maxLength");
        }
        if in_spec && s["type"] == "integer" {
            assert!(s["minimum"].is_i64() && s["maximum"].is_i64(), "{path} has no bounds");
        }
        assert!(!in_spec || s["type"] != "number", "{path}: no floats in the spec");
    });
}

#[test]
fn enum_values_are_camel_case() {
    each_schema(|path, s| {
        for value in s["enum"].as_array().into_iter().flatten() {
            let text = value.as_str().expect("text");
            assert!(
                text.starts_with(|c: char| c.is_ascii_uppercase()) && !text.contains(['_', '-']),
                "{path}: {text}"
            );
        }
    });
}

#[test]
fn defaults_of_nested_objects_are_written_out_in_full() {
    each_schema(|path, s| {
        let Some(default) = s["default"].as_object() else { return };
        for (name, property) in s["properties"].as_object().into_iter().flatten() {
            if path.ends_with(".status") {
                continue;
            }
            assert!(
                property.get("default") == default.get(name) || property.get("default").is_none(),
                "{path}: {name}"
            );
        }
    });
}

#[test]
fn status_starts_with_an_observed_generation_of_minus_one() {
    for definition in [crd::evolution_job(), crd::worker_pool()] {
        let status = &crd::schema(&definition)["properties"]["status"];
        assert_eq!(status["default"], serde_json::json!({ "observedGeneration": -1 }));
    }
}

#[test]
fn subresources_columns_and_selectable_fields_are_those_of_the_design() {
    let (job, pool) = (crd::evolution_job(), crd::worker_pool());
    let (job, pool) = (&job["spec"]["versions"][0], &pool["spec"]["versions"][0]);
    let scale = serde_json::json!({
        "specReplicasPath": ".spec.maxWorkers",
        "statusReplicasPath": ".status.replicas",
        "labelSelectorPath": ".status.selector",
    });
    assert_eq!(pool["subresources"]["scale"], scale);
    assert!(job["subresources"]["status"].is_object() && job["subresources"].get("scale").is_none());
    let paths: Vec<_> =
        job["selectableFields"].as_array().expect("some").iter().map(|f| &f["jsonPath"]).collect();
    assert_eq!(paths, [".spec.workerPoolName", ".status.phase"]);
    let columns = job["additionalPrinterColumns"].as_array().expect("some");
    let names = |wide: bool| -> Vec<&str> {
        let chosen = columns.iter().filter(|c| c["priority"].as_i64().unwrap_or(0) == i64::from(wide));
        chosen.map(|c| c["name"].as_str().expect("text")).collect()
    };
    assert_eq!(
        names(false),
        ["Phase", "Gen", "Best", "Strategy", "Workers", "Finish", "Reason", "Validated", "Age"]
    );
    assert_eq!(names(true), ["Seed", "Eval/s", "Cost", "Digest"]);
}

/// A coordinator has a worker beside it that no pool scales: its job counts it and the pool does not.
#[test]
fn whoever_compares_the_counts_of_workers_is_told_why_they_differ() {
    let (job, pool) = (crd::evolution_job(), crd::worker_pool());
    for (definition, column) in [(&job, "Workers"), (&pool, "Desired"), (&pool, "Ready")] {
        let columns = definition["spec"]["versions"][0]["additionalPrinterColumns"].as_array().expect("some");
        let told = columns.iter().find(|c| c["name"] == column).expect("it is there");
        assert!(told["description"].as_str().expect("text").contains("coordinator"), "{told}");
    }
    for (definition, field) in [(&job, "workers"), (&pool, "replicas")] {
        let status = &crd::schema(definition)["properties"]["status"]["properties"];
        assert!(status[field]["description"].as_str().expect("text").contains("coordinator"), "{field}");
    }
}

/// A server estimates `string(x)` of an int-or-string at 3 MB, whatever its maxLength, and then refuses the whole
/// definition as too costly; `double(x)` does the same job for nothing.
#[test]
fn no_rule_converts_a_decimal_to_text() {
    each_schema(|path, s| {
        for rule in s["x-kubernetes-validations"].as_array().into_iter().flatten() {
            assert!(!rule["rule"].as_str().unwrap_or("").contains("string("), "{path}: {rule}");
        }
    });
}
