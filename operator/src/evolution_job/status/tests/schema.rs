//! As much of the API server's structural check as the schema of a status needs.

use serde_json::Value;

/// What is wrong with `value`, with its path.
pub fn problems(schema: &Value, value: &Value) -> Vec<String> {
    let mut found = Vec::new();
    check(schema, value, "status", &mut found);
    found
}

fn check(schema: &Value, value: &Value, path: &str, found: &mut Vec<String>) {
    let mut wrong = |what: String| found.push(format!("{path}: {what}"));
    if schema["x-kubernetes-int-or-string"] == true {
        let fits = value.as_str().is_some_and(|text| too_long(schema, text).is_none());
        if !fits && !value.is_i64() {
            wrong(format!("{value} is neither an integer nor a short text"));
        }
        return;
    }
    let fits = match schema["type"].as_str() {
        Some("object") => value.is_object(),
        Some("array") => value.is_array(),
        Some("string") => value.is_string(),
        Some("integer") => value.is_i64(),
        Some("number") => value.is_number(),
        Some("boolean") => value.is_boolean(),
        other => panic!("{path}: unknown type {other:?}"),
    };
    if !fits {
        wrong(format!("{value} is not of type {}", schema["type"]));
        return;
    }
    let most = |key: &str| schema[key].as_u64().map_or(usize::MAX, |n| n as usize);
    if let Some(text) = value.as_str() {
        if let Some(length) = too_long(schema, text) {
            wrong(format!("{length} characters"));
        }
        if schema["enum"].as_array().is_some_and(|known| !known.contains(value)) {
            wrong(format!("{text} is none of {}", schema["enum"]));
        }
        if schema["format"] == "date-time" && text.parse::<jiff::Timestamp>().is_err() {
            wrong(format!("{text} is no time"));
        }
    }
    if let Some(number) = value.as_i64() {
        let (low, high) = match schema["format"].as_str() {
            Some("int32") => (i32::MIN.into(), i32::MAX.into()),
            _ => (i64::MIN, i64::MAX),
        };
        let low = schema["minimum"].as_i64().unwrap_or(low);
        let high = schema["maximum"].as_i64().unwrap_or(high);
        if schema["type"] == "integer" && !(low..=high).contains(&number) {
            wrong(format!("{number} is outside {low} to {high}"));
        }
    }
    if let Some(items) = value.as_array() {
        if items.len() > most("maxItems") {
            wrong(format!("{} items", items.len()));
        }
        if let Some(key) = schema["x-kubernetes-list-map-keys"][0].as_str() {
            let keys: std::collections::BTreeSet<_> = items.iter().map(|item| item[key].as_str()).collect();
            if keys.len() < items.len() {
                wrong(format!("two items with one {key}"));
            }
        }
        for (i, item) in items.iter().enumerate() {
            check(&schema["items"], item, &format!("{path}[{i}]"), found);
        }
    }
    let Some(members) = value.as_object() else { return };
    let mut wrong = |what: String| found.push(format!("{path}: {what}"));
    if members.len() > most("maxProperties") {
        wrong(format!("{} members", members.len()));
    }
    for name in schema["required"].as_array().into_iter().flatten().filter_map(Value::as_str) {
        if !members.contains_key(name) {
            wrong(format!("no {name}"));
        }
    }
    for (name, member) in members {
        let path = format!("{path}.{name}");
        match (schema["properties"].get(name), schema.get("additionalProperties")) {
            (Some(schema), _) | (None, Some(schema)) => check(schema, member, &path, found),
            (None, None) => found.push(format!("{path}: unknown")),
        }
    }
}

fn too_long(schema: &Value, text: &str) -> Option<usize> {
    let length = text.chars().count();
    schema["maxLength"].as_u64().filter(|&most| length as u64 > most).map(|_| length)
}

#[test]
fn the_check_sees_what_a_server_would() {
    let definition = galapagos_crds::crd::evolution_job();
    let schema = &galapagos_crds::crd::schema(&definition)["properties"]["status"];
    let problems = |text: &str| problems(schema, &serde_json::from_str(text).unwrap()).len();
    assert_eq!(problems(r#"{"generation": 3, "progress": "3/50", "best": {"genome": {"a": "1"}}}"#), 0);
    for wrong in [
        r#"{"generation": 3.5}"#,
        r#"{"generation": 3000000000}"#,
        r#"{"phase": "Sleeping"}"#,
        r#"{"generatoin": 3}"#,
        r#"{"best": {"fitness": null}}"#,
        r#"{"startTime": "yesterday"}"#,
        r#"{"conditions": [{"type": "Ready"}]}"#,
        r#"{"progress": 3}"#,
        &format!(r#"{{"history": [{}]}}"#, vec![r#"{"generation": 1}"#; 21].join(",")),
    ] {
        assert!(problems(wrong) > 0, "{wrong}");
    }
}
