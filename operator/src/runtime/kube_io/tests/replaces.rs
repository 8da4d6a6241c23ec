//! What others made unmergeable is replaced; what is refused in itself is not touched.

use k8s_openapi::apimachinery::pkg::apis::meta::v1::ObjectMeta;
use serde_json::{Value, json};

use super::server::{Answer, Server, deployment, refusal};
use crate::runtime::ids::example::namespace;
use crate::runtime::kube_io::{Kind, Righted, WriteError};
use crate::runtime::leader::Fence;

fn service() -> Value {
    json!({"apiVersion": "v1", "kind": "Service", "metadata": {"name": "a"},
           "spec": {"ports": [{"name": "work", "port": 7400}]}})
}

fn duplicate() -> Answer {
    refusal(422, "Invalid", "Service \"a\" is invalid: spec.ports[1].name: Duplicate value: \"work\"")
}

fn exists() -> Answer {
    refusal(409, "AlreadyExists", "it already exists")
}

#[tokio::test]
async fn ports_of_a_service_that_cannot_be_merged_are_replaced_and_it_keeps_its_address() {
    let server = Server::new([duplicate(), exists()]);
    let righted =
        server.io(Fence::open()).apply_or_replace(Kind::Service, &namespace("n"), &service(), None).await;
    assert!(matches!(righted, Ok(Righted::Applied(_))), "{righted:?}");
    let seen = server.seen();
    let methods: Vec<_> = seen.iter().map(|s| s.method.as_str()).collect();
    assert_eq!(methods, ["PATCH", "POST", "PATCH", "PATCH"], "nothing is deleted");
    assert!(seen[1].query.contains("dryRun=All"), "{}", seen[1].query);
    let ports = json!([{"op": "replace", "path": "/spec/ports", "value": service()["spec"]["ports"]}]);
    assert_eq!((seen[2].content.as_str(), &seen[2].body), ("application/json-patch+json", &ports));
    assert_eq!(seen[3].content, "application/apply-patch+yaml");
}

#[tokio::test]
async fn another_object_that_cannot_be_merged_is_deleted_by_its_uid() {
    let server = Server::new([duplicate(), exists()]);
    let seen = ObjectMeta { uid: Some("u".into()), ..ObjectMeta::default() };
    let io = server.io(Fence::open());
    let righted =
        io.apply_or_replace(Kind::Deployment, &namespace("n"), &deployment("a", 1), Some(&seen)).await;
    assert_eq!(righted.unwrap(), Righted::Deleted);
    let last = server.seen().pop().unwrap();
    assert_eq!((last.method.as_str(), &last.body["preconditions"]["uid"]), ("DELETE", &json!("u")));
}

#[tokio::test]
async fn what_the_server_would_not_make_either_is_left_as_it_is() {
    let bad = || refusal(422, "Invalid", "spec.template: Invalid value");
    let server = Server::new([bad(), bad()]);
    let seen = ObjectMeta { uid: Some("u".into()), ..ObjectMeta::default() };
    let io = server.io(Fence::open());
    let righted =
        io.apply_or_replace(Kind::Deployment, &namespace("n"), &deployment("a", 1), Some(&seen)).await;
    assert!(matches!(righted, Err(WriteError::Invalid { .. })), "{righted:?}");
    assert_eq!(server.seen().len(), 2, "an apply and a question, no more");
}

#[tokio::test]
async fn a_full_quota_deletes_nothing_and_is_not_taken_for_what_is_wrong() {
    let full = || {
        refusal(403, "Forbidden", "services \"a\" is forbidden: exceeded quota: few, requested: services=1")
    };
    let server = Server::new([duplicate(), full()]);
    let seen = ObjectMeta { uid: Some("u".into()), ..ObjectMeta::default() };
    let io = server.io(Fence::open());
    let righted =
        io.apply_or_replace(Kind::Deployment, &namespace("n"), &deployment("a", 1), Some(&seen)).await;
    assert!(matches!(righted, Err(WriteError::Invalid { .. })), "{righted:?}");
    assert!(server.seen().iter().all(|seen| seen.method != "DELETE"));

    let server = Server::new([duplicate(), full()]);
    let righted =
        server.io(Fence::open()).apply_or_replace(Kind::Service, &namespace("n"), &service(), None).await;
    assert!(matches!(righted, Ok(Righted::Applied(_))), "its ports are replaced where it is: {righted:?}");
}
