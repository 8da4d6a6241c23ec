//! The document against the structural schema, with the messages of a server.

use std::collections::BTreeSet;

use galapagos_crds::{GROUP, VERSION};
use galapagos_manifest::suggest::did_you_mean;
use serde_json::Value;

use super::yaml::{Content, Node, Position};
use super::{Document, Kind, LocatedFinding};

const KINDS: [&str; 2] = ["EvolutionJob", "WorkerPool"];
/// What is said of a file that a server cannot read.
const RENDER: &str =
    "`galapagos render` writes what is in the file into the manifest; `galapagos run` does without";
const ROOT_FIELDS: [&str; 3] = ["apiVersion", "kind", "metadata"];
const METADATA_FIELDS: [&str; 15] = [
    "annotations",
    "creationTimestamp",
    "deletionGracePeriodSeconds",
    "deletionTimestamp",
    "finalizers",
    "generateName",
    "generation",
    "labels",
    "managedFields",
    "name",
    "namespace",
    "ownerReferences",
    "resourceVersion",
    "selfLink",
    "uid",
];

/// Kind and version: missing, or ours but misspelt.
pub fn identity(document: &Document) -> Vec<LocatedFinding> {
    if document.kind.is_ours() {
        return Vec::new();
    }
    let root = &document.root;
    if !matches!(root.content, Content::Map(_)) {
        return vec![document.problem(root.at, "", "the document is not an object".to_owned(), None)];
    }
    for (key, label) in [("apiVersion", "apiVersion"), ("kind", "Kind")] {
        if root.get(key).and_then(Node::text).is_none_or(str::is_empty) {
            return vec![document.problem(root.at, key, format!("Object '{label}' is missing"), None)];
        }
    }
    let text = |key| root.get(key).and_then(Node::text).unwrap_or("");
    let (version, kind) = (text("apiVersion"), text("kind"));
    let ours = version.split('/').next() == Some(GROUP) || KINDS.contains(&kind);
    if !ours {
        return Vec::new();
    }
    let right = format!("{GROUP}/{VERSION}");
    let (key, suggestion) = if version == right {
        ("kind", did_you_mean(kind, KINDS))
    } else {
        ("apiVersion", Some(format!("use {right}")))
    };
    let message = format!("no matches for kind {kind:?} in version {version:?}");
    vec![document.problem(document.position(key), key, message, suggestion)]
}

impl Kind {
    fn is_ours(&self) -> bool {
        !matches!(self, Kind::Other(_))
    }
}

/// Everything in which a document differs from its schema.
pub fn check(document: &Document, schema: &Value) -> Vec<LocatedFinding> {
    let mut checker = Checker { document, problems: Vec::new() };
    checker.metadata();
    checker.object("", &document.root, schema);
    checker.problems
}

/// Everything in which a document that is a part of a manifest differs from the schema of that part.
pub fn check_part(document: &Document, schema: &Value) -> Vec<LocatedFinding> {
    let mut checker = Checker { document, problems: Vec::new() };
    checker.value("", &document.root, schema);
    checker.problems
}

struct Checker<'a> {
    document: &'a Document,
    problems: Vec<LocatedFinding>,
}

impl Checker<'_> {
    fn report(&mut self, at: Position, path: &str, message: String, suggestion: Option<String>) {
        self.problems.push(self.document.problem(at, path, message, suggestion));
    }

    fn metadata(&mut self) {
        let document = self.document;
        let Some(metadata) = document.root.get("metadata") else {
            let message = "metadata.name: Required value: name or generateName is required".to_owned();
            return self.report(document.root.at, "metadata", message, None);
        };
        if !matches!(metadata.content, Content::Map(_)) {
            return self.wrong_type("metadata", metadata, "object");
        }
        if document.name().is_none_or(|n| n.is_empty()) {
            let message = "metadata.name: Required value: name or generateName is required".to_owned();
            self.report(metadata.at, "metadata.name", message, None);
        }
        for entry in metadata.entries() {
            let path = format!("metadata.{}", entry.key);
            match entry.key.as_str() {
                "name" | "generateName" | "namespace" if entry.value.text().is_none() => {
                    self.wrong_type(&path, &entry.value, "string");
                }
                "labels" | "annotations" => {
                    for pair in entry.value.entries().iter().filter(|e| e.value.text().is_none()) {
                        self.wrong_type(&format!("{path}.{}", pair.key), &pair.value, "string");
                    }
                }
                known if METADATA_FIELDS.contains(&known) => {}
                unknown => {
                    let suggestion = did_you_mean(unknown, METADATA_FIELDS);
                    self.report(entry.at, &path, format!("unknown field {path:?}"), suggestion);
                }
            }
        }
    }

    fn value(&mut self, path: &str, node: &Node, schema: &Value) {
        if matches!(&node.content, Content::Float(x, _) if !x.is_finite()) {
            return self.report(
                node.at,
                path,
                format!("{path}: Invalid value: must be a finite number"),
                None,
            );
        }
        if schema["x-kubernetes-int-or-string"] == true {
            return self.int_or_string(path, node, schema);
        }
        match (schema["type"].as_str().unwrap_or(""), &node.content) {
            // A server drops null from a field with a default, and then fills in the default.
            (_, Content::Scalar(Value::Null)) if schema.get("default").is_some() => {}
            ("object", Content::Map(_)) => self.object(path, node, schema),
            ("array", Content::List(items)) => self.list(path, node, items, schema),
            ("string", Content::Scalar(Value::String(text))) => self.text(path, node, text, schema),
            ("boolean", Content::Scalar(Value::Bool(_)) | Content::Word(..)) => {}
            ("integer", Content::Scalar(Value::Number(n))) => self.range(path, node, n.as_f64(), schema),
            ("number", Content::Scalar(Value::Number(n))) => self.range(path, node, n.as_f64(), schema),
            ("number", Content::Float(x, _)) => self.range(path, node, Some(*x), schema),
            (expected, _) => self.wrong_type(path, node, expected),
        }
    }

    fn wrong_type(&mut self, path: &str, node: &Node, expected: &str) {
        let (found, written) = match &node.content {
            Content::Scalar(Value::Null) => ("null", None),
            Content::Scalar(Value::Bool(b)) => ("boolean", Some(b.to_string())),
            Content::Word(_, word) => ("boolean", Some(word.clone())),
            Content::Scalar(Value::Number(n)) => ("integer", Some(n.to_string())),
            Content::Float(_, text) => ("number", Some(text.clone())),
            Content::Scalar(_) => ("string", None),
            Content::List(_) => ("array", None),
            Content::Map(_) => ("object", None),
        };
        let quote = written.filter(|_| expected == "string").map(|w| format!("quote it: \"{w}\""));
        let suggestion = match (expected, node.text()) {
            ("integer" | "number", Some(t)) if t.parse::<i64>().is_ok() => {
                Some("remove the quotes".to_owned())
            }
            ("boolean", Some("true" | "false")) => Some("remove the quotes".to_owned()),
            ("array", _) if found != "null" => Some("write a list, as [a, b]".to_owned()),
            _ => quote,
        };
        let message = format!(
            "{path}: Invalid value: \"{found}\": {path} in body must be of type {expected}: \"{found}\""
        );
        self.report(node.at, path, message, suggestion);
    }

    fn object(&mut self, path: &str, node: &Node, schema: &Value) {
        let properties = schema["properties"].as_object();
        let below = |key: &str| if path.is_empty() { key.to_owned() } else { format!("{path}.{key}") };
        let free = |key: &str| {
            schema["x-kubernetes-preserve-unknown-fields"] == true
                || path.is_empty() && ROOT_FIELDS.contains(&key)
        };
        for entry in node.entries() {
            let inner = below(&entry.key);
            let additional = schema.get("additionalProperties").filter(|a| a.is_object());
            if let Some(property) = properties.and_then(|p| p.get(&entry.key)).or(additional) {
                self.value(&inner, &entry.value, property);
            } else if !free(&entry.key) {
                let known = properties.into_iter().flatten().map(|(k, _)| k.as_str());
                let suggestion = match entry.key == "from"
                    && (path.starts_with("spec.strategies[") || path == "spec.population")
                {
                    true => Some(RENDER.to_owned()),
                    false => did_you_mean(&entry.key, known),
                };
                self.report(entry.at, &inner, format!("unknown field {inner:?}"), suggestion);
            }
        }
        for name in schema["required"].as_array().into_iter().flatten().filter_map(Value::as_str) {
            if node.get(name).is_none() {
                self.report(node.at, &below(name), format!("{}: Required value", below(name)), None);
            }
        }
        let count = node.entries().len() as u64;
        if schema["maxProperties"].as_u64().is_some_and(|max| count > max) {
            let max = &schema["maxProperties"];
            self.report(
                node.at,
                path,
                format!("{path}: Too many: {count}: must have at most {max} items"),
                None,
            );
        }
        if schema["minProperties"].as_u64().is_some_and(|min| count < min) {
            let min = &schema["minProperties"];
            let message = format!(
                "{path}: Invalid value: {count}: {path} in body should have at least {min} properties"
            );
            self.report(node.at, path, message, None);
        }
    }

    fn list(&mut self, path: &str, node: &Node, items: &[Node], schema: &Value) {
        let count = items.len() as u64;
        if schema["maxItems"].as_u64().is_some_and(|max| count > max) {
            let max = &schema["maxItems"];
            return self.report(
                node.at,
                path,
                format!("{path}: Too many: {count}: must have at most {max} items"),
                None,
            );
        }
        if schema["minItems"].as_u64().is_some_and(|min| count < min) {
            let min = &schema["minItems"];
            let message =
                format!("{path}: Invalid value: {count}: {path} in body should have at least {min} items");
            self.report(node.at, path, message, None);
        }
        let mut seen = BTreeSet::new();
        for (i, item) in items.iter().enumerate() {
            let inner = format!("{path}[{i}]");
            self.value(&inner, item, &schema["items"]);
            let key = match schema["x-kubernetes-list-type"].as_str() {
                Some("set") => item.to_json().to_string(),
                Some("map") => map_key(item, schema),
                _ => continue,
            };
            if !seen.insert(key.clone()) {
                self.report(item.at, &inner, format!("{inner}: Duplicate value: {key}"), None);
            }
        }
    }

    fn range(&mut self, path: &str, node: &Node, value: Option<f64>, schema: &Value) {
        let Some(value) = value else { return };
        let low = schema["minimum"].as_f64().filter(|&low| value < low).map(|low| ("greater", low));
        let high = schema["maximum"].as_f64().filter(|&high| value > high).map(|high| ("less", high));
        if let Some((word, bound)) = low.or(high) {
            let shown = node.to_json();
            let message = format!(
                "{path}: Invalid value: {shown}: {path} in body should be {word} than or equal to {bound}"
            );
            self.report(node.at, path, message, None);
        }
    }

    fn text(&mut self, path: &str, node: &Node, text: &str, schema: &Value) {
        if let Some(values) = schema["enum"].as_array() {
            if !values.iter().any(|v| v == text) {
                let known: Vec<_> = values.iter().filter_map(Value::as_str).collect();
                let listed = known.iter().map(|v| format!("{v:?}")).collect::<Vec<_>>().join(", ");
                let message = format!("{path}: Unsupported value: {text:?}: supported values: {listed}");
                self.report(node.at, path, message, did_you_mean(text, known));
            }
            return;
        }
        let count = text.chars().count() as u64;
        if schema["maxLength"].as_u64().is_some_and(|max| count > max) {
            let max = &schema["maxLength"];
            return self.report(
                node.at,
                path,
                format!("{path}: Too long: may not be more than {max} bytes"),
                None,
            );
        }
        if schema["minLength"].as_u64().is_some_and(|min| count < min) {
            let min = &schema["minLength"];
            let message = format!(
                "{path}: Invalid value: {text:?}: {path} in body should be at least {min} chars long"
            );
            self.report(node.at, path, message, None);
        }
        let Some(pattern) = schema["pattern"].as_str() else { return };
        if regex::Regex::new(pattern).is_ok_and(|p| !p.is_match(text)) {
            let message = format!("{path}: Invalid value: {text:?}: {path} in body should match '{pattern}'");
            self.report(node.at, path, message, None);
        }
    }

    /// Decimals, gene values and expressions: whole numbers and texts. What a server takes and our types do not is minus zero
    /// and whole numbers beyond 15 digits.
    fn int_or_string(&mut self, path: &str, node: &Node, schema: &Value) {
        match &node.content {
            Content::Scalar(Value::Null) if schema.get("default").is_some() => {}
            Content::Scalar(Value::Number(n)) => {
                if n.as_i64().is_none_or(|n| n.unsigned_abs() >= 1_000_000_000_000_000) {
                    let message = format!("{path}: Invalid value: {n}: must have at most 15 digits");
                    self.report(node.at, path, message, None);
                }
            }
            Content::Scalar(Value::String(text)) => {
                let before = self.problems.len();
                self.text(path, node, text, schema);
                let is_decimal = schema.get("pattern").is_some();
                let zero = is_decimal && text.starts_with('-') && text.bytes().all(|b| b"-0.".contains(&b));
                if zero && self.problems.len() == before {
                    let message = format!("{path}: Invalid value: {text:?}: minus zero is not a decimal");
                    self.report(node.at, path, message, Some("write \"0\"".to_owned()));
                }
            }
            Content::Float(_, text) => {
                let message =
                    format!("{path}: Invalid value: {text}: must be an integer or a string, not a float");
                self.report(node.at, path, message, Some(quote_decimal(text)));
            }
            Content::Word(_, word) => {
                let message = format!("{path}: Invalid value: {word}: is a boolean without quotes");
                self.report(node.at, path, message, Some(format!("quote it: \"{word}\"")));
            }
            _ => self.wrong_type(path, node, "integer or string"),
        }
    }
}

/// How to write a float so that it is a decimal: quoted, and without an exponent.
fn quote_decimal(text: &str) -> String {
    let bare = text.replace('_', "");
    let bare = bare.strip_prefix('+').unwrap_or(&bare);
    let value = rust_decimal::Decimal::from_scientific(bare).or_else(|_| bare.parse());
    let plain = value.map(|v| v.normalize().to_string()).unwrap_or_default();
    match [text.to_owned(), plain].into_iter().find(|t| t.parse::<galapagos_crds::Decimal>().is_ok()) {
        Some(decimal) => format!("quote it: \"{decimal}\""),
        None => "write up to 15 digits before and 12 after the point in quotes, as \"0.35\"".to_owned(),
    }
}

/// A list item's keys as a server prints them.
fn map_key(item: &Node, schema: &Value) -> String {
    let keys =
        schema["x-kubernetes-list-map-keys"].as_array().into_iter().flatten().filter_map(Value::as_str);
    let pairs = keys.map(|k| (k.to_owned(), item.get(k).map_or(Value::Null, Node::to_json)));
    Value::Object(pairs.collect()).to_string()
}
