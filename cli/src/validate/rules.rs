//! The CEL rules of the schema, run here as a server runs them.

use kube::core::cel::Validator;
use serde_json::Value;

use super::{Document, LocatedFinding};

/// Every rule that fails. Defaults are filled in first.
pub fn check(document: &Document, schema: &Value) -> Vec<LocatedFinding> {
    let object = document.defaulted();
    let Err(errors) = Validator::new().validate(schema, &object, None) else { return Vec::new() };
    errors
        .iter()
        .map(|error| {
            let path = if error.field_path.is_empty() { "<nil>" } else { &error.field_path };
            let message =
                format!("{path}: Invalid value: {}: {}", kind_at(&object, &error.field_path), error.message);
            // The rules of the root are about the name: no other part of metadata is within their reach.
            let place = if error.field_path.is_empty() { "metadata.name" } else { &error.field_path };
            document.problem(document.position(place), &error.field_path, message, None)
        })
        .collect()
}

/// How a server shows the value of a failed rule: objects and lists by their type, scalars as they are.
fn kind_at(object: &Value, path: &str) -> String {
    let mut steps = path.split(['.', '[']).map(|s| s.trim_end_matches(']')).filter(|s| !s.is_empty());
    let found = steps.try_fold(object, |at, step| match at {
        Value::Array(items) => items.get(step.parse::<usize>().ok()?),
        other => other.get(step),
    });
    match found {
        Some(Value::Array(_)) => "\"array\"".to_owned(),
        Some(scalar) if !scalar.is_object() => scalar.to_string(),
        _ => "\"object\"".to_owned(),
    }
}
