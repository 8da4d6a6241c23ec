//! Merging of pod templates as JSON: what people write is kept to the letter, also fields that this operator does not
//! know, so that the server's strict validation judges it.
//!
//! The rules are those of Kubernetes' strategic merge where they matter to pods: objects are merged member by member,
//! `null` removes a member, lists whose items have a key are merged by it, all other lists are replaced.

use galapagos_crds::pool::Schemaless;
use serde_json::{Map, Value};

/// How the items of a list find each other.
enum Items {
    /// By these members; an item that is in both is merged.
    Merged(&'static [&'static str]),
    /// By these members; an item that is in both is replaced as a whole. For items that are unions (a variable has a
    /// value or a source): merged ones would have two members where one is allowed.
    Replaced(&'static [&'static str]),
    /// The list is one value.
    Atomic,
}

fn items(list: &str) -> Items {
    match list {
        "containers" | "initContainers" => Items::Merged(&["name"]),
        "env" | "volumes" | "imagePullSecrets" => Items::Replaced(&["name"]),
        "volumeMounts" => Items::Replaced(&["mountPath"]),
        "ports" => Items::Replaced(&["containerPort", "protocol"]),
        // Two tolerations of one taint would not exclude each other: the shorter time wins, whoever wrote it.
        "tolerations" => Items::Replaced(&["key", "effect"]),
        _ => Items::Atomic,
    }
}

/// Members of which a probe or a hook has one: another one replaces it.
const HANDLERS: [&str; 5] = ["exec", "httpGet", "tcpSocket", "grpc", "sleep"];

/// `base` with everything that `over` says: its values win, its nulls remove.
pub fn merge(base: Value, over: Value) -> Value {
    match (base, over) {
        (Value::Object(base), Value::Object(over)) => Value::Object(objects(base, over)),
        (_, over) => without_nulls(over),
    }
}

fn objects(mut base: Map<String, Value>, over: Map<String, Value>) -> Map<String, Value> {
    let handler =
        |map: &Map<String, Value>| HANDLERS.iter().any(|h| map.get(*h).is_some_and(|v| !v.is_null()));
    if handler(&over) {
        HANDLERS.iter().for_each(|h| drop(base.remove(*h)));
    }
    for (key, value) in over {
        let merged = match (base.remove(&key), value) {
            (_, Value::Null) => continue,
            (Some(Value::Array(old)), Value::Array(new)) => lists(&key, old, new),
            (Some(old), new) => merge(old, new),
            (None, new) => without_nulls(new),
        };
        base.insert(key, merged);
    }
    base
}

fn lists(name: &str, mut base: Vec<Value>, over: Vec<Value>) -> Value {
    let (keys, deep) = match items(name) {
        Items::Merged(keys) => (keys, true),
        Items::Replaced(keys) => (keys, false),
        Items::Atomic => return without_nulls(Value::Array(over)),
    };
    let old = base.len();
    for item in over {
        let same = |other: &Value| keys.iter().all(|key| other.get(key) == item.get(key));
        // Only among the old ones: two items of `over` with one key are a mistake that the server has to see.
        match base[..old].iter().position(same) {
            Some(at) if deep => base[at] = merge(base[at].take(), item),
            Some(at) => base[at] = without_nulls(item),
            None => base.push(without_nulls(item)),
        }
    }
    Value::Array(base)
}

fn without_nulls(value: Value) -> Value {
    match value {
        Value::Object(map) => Value::Object(
            map.into_iter().filter(|(_, v)| !v.is_null()).map(|(k, v)| (k, without_nulls(v))).collect(),
        ),
        Value::Array(items) => Value::Array(items.into_iter().map(without_nulls).collect()),
        scalar => scalar,
    }
}

/// A container of a pod template by its name.
pub fn container<'a>(template: &'a Schemaless, name: &str) -> Option<&'a Value> {
    in_list(template, "containers", name)
}

/// The same in another list of containers.
pub fn in_list<'a>(template: &'a Schemaless, list: &str, name: &str) -> Option<&'a Value> {
    let containers = template.0.get("spec")?.get(list)?.as_array()?;
    containers.iter().find(|c| c.get("name").and_then(Value::as_str) == Some(name))
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn objects_are_merged_member_by_member_and_the_later_wins() {
        let merged = merge(
            json!({"spec": {"nodeSelector": {"a": "1", "b": "2"}, "priorityClassName": "low"}}),
            json!({"spec": {"nodeSelector": {"b": "3"}, "priorityClassName": "high"}}),
        );
        assert_eq!(
            merged,
            json!({"spec": {"nodeSelector": {"a": "1", "b": "3"}, "priorityClassName": "high"}})
        );
    }

    #[test]
    fn null_removes_a_member_and_is_never_left_over() {
        let base = json!({"securityContext": {"runAsUser": 65532, "runAsNonRoot": true}});
        let over = json!({"securityContext": {"runAsUser": null}, "new": {"x": null, "y": [{"z": null}]}});
        assert_eq!(merge(base, over), json!({"securityContext": {"runAsNonRoot": true}, "new": {"y": [{}]}}));
    }

    #[test]
    fn containers_meet_by_name_and_keep_their_order() {
        let merged = merge(
            json!({"containers": [{"name": "worker", "image": "a", "args": ["worker"]}]}),
            json!({"containers": [{"name": "proxy", "image": "p"}, {"name": "worker", "image": "b"}]}),
        );
        assert_eq!(
            merged,
            json!({"containers": [{"name": "worker", "image": "b", "args": ["worker"]}, {"name": "proxy", "image": "p"}]})
        );
    }

    #[test]
    fn items_that_are_unions_are_replaced_and_not_mixed() {
        let merged = merge(
            json!({"env": [{"name": "A", "value": "1"}], "volumes": [{"name": "v", "emptyDir": {}}]}),
            json!({"env": [{"name": "A", "valueFrom": {"fieldRef": {"fieldPath": "metadata.name"}}}],
                   "volumes": [{"name": "v", "nfs": {"server": "s", "path": "/"}}]}),
        );
        assert_eq!(
            merged,
            json!({"env": [{"name": "A", "valueFrom": {"fieldRef": {"fieldPath": "metadata.name"}}}],
                   "volumes": [{"name": "v", "nfs": {"server": "s", "path": "/"}}]})
        );
    }

    #[test]
    fn mounts_meet_by_their_path() {
        let merged = merge(
            json!({"volumeMounts": [{"name": "mine", "mountPath": "/data", "subPath": "x"}]}),
            json!({"volumeMounts": [{"name": "ours", "mountPath": "/data"}, {"name": "cache", "mountPath": "/cache"}]}),
        );
        assert_eq!(
            merged,
            json!({"volumeMounts": [{"name": "ours", "mountPath": "/data"}, {"name": "cache", "mountPath": "/cache"}]})
        );
    }

    #[test]
    fn tolerations_are_added_and_one_of_the_same_taint_replaces_ours() {
        let ours =
            json!({"key": "node.kubernetes.io/unreachable", "effect": "NoExecute", "tolerationSeconds": 20});
        let longer =
            json!({"key": "node.kubernetes.io/unreachable", "effect": "NoExecute", "tolerationSeconds": 90});
        let other = json!({"key": "spot", "operator": "Exists"});
        let merged = merge(json!({"tolerations": [ours]}), json!({"tolerations": [other, longer]}));
        assert_eq!(merged, json!({"tolerations": [longer, other]}));
    }

    #[test]
    fn other_lists_are_replaced() {
        let merged = merge(json!({"args": ["a", "b"]}), json!({"args": ["c"]}));
        assert_eq!(merged, json!({"args": ["c"]}));
    }

    #[test]
    fn another_handler_of_a_probe_replaces_the_first() {
        let merged = merge(
            json!({"livenessProbe": {"httpGet": {"path": "/live", "port": "http"}, "periodSeconds": 10}}),
            json!({"livenessProbe": {"exec": {"command": ["true"]}}}),
        );
        assert_eq!(merged, json!({"livenessProbe": {"exec": {"command": ["true"]}, "periodSeconds": 10}}));
    }

    #[test]
    fn two_items_of_one_key_in_one_list_are_left_for_the_server_to_refuse() {
        let merged = merge(
            json!({"env": []}),
            json!({"env": [{"name": "A", "value": "1"}, {"name": "A", "value": "2"}]}),
        );
        assert_eq!(merged["env"].as_array().map(Vec::len), Some(2));
    }

    #[test]
    fn fields_nobody_knows_reach_the_server_as_they_are() {
        let over =
            json!({"spec": {"fieldOfNextYear": {"deep": [1, "two", {"three": 3.5}]}, "contaners": []}});
        assert_eq!(merge(json!({"spec": {}}), over.clone()), over);
    }
}
