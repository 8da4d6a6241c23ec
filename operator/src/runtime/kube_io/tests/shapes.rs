//! Method, path, query and body of each write.

use k8s_openapi::apimachinery::pkg::apis::meta::v1::ObjectMeta;
use serde_json::{Value, json};

use super::server::{Answer, OWN, Server, deployment, refusal};
use crate::runtime::ids::Uid;
use crate::runtime::ids::example::{key, namespace, uid};
use crate::runtime::kube_io::{Applied, Created, Kind, Propagation, WriteError};
use crate::runtime::leader::Fence;

#[tokio::test]
async fn a_create_asks_for_strict_validation() {
    let server = Server::new([]);
    let body =
        json!({"apiVersion": "v1", "kind": "Secret", "metadata": {"name": "a-tls", "namespace": "research"}});
    let created = server.io(Fence::open()).create(Kind::Secret, &namespace("research"), &body).await.unwrap();
    assert_eq!(created, Created::New(body.clone()));
    let seen = server.only();
    assert_eq!((seen.method.as_str(), seen.path.as_str()), ("POST", "/api/v1/namespaces/research/secrets"));
    assert_eq!(seen.query, "fieldManager=galapagos-operator&fieldValidation=Strict");
    assert_eq!(seen.content, "application/json");
    assert_eq!(seen.body, body);
}

#[tokio::test]
async fn a_create_of_what_exists_is_no_error() {
    let server = Server::new([refusal(409, "AlreadyExists", "jobs.batch \"a\" already exists")]);
    let body = json!({"apiVersion": "batch/v1", "kind": "Job", "metadata": {"name": "a"}});
    let created = server.io(Fence::open()).create(Kind::Job, &namespace("research"), &body).await.unwrap();
    assert_eq!(created, Created::Exists);
}

#[tokio::test]
async fn a_create_that_meets_another_conflict_is_an_error() {
    let server = Server::new([refusal(409, "Conflict", "Operation cannot be fulfilled on resourcequotas")]);
    let body = json!({"apiVersion": "batch/v1", "kind": "Job", "metadata": {"name": "a"}});
    let error = server.io(Fence::open()).create(Kind::Job, &namespace("research"), &body).await.unwrap_err();
    assert!(matches!(error, WriteError::Conflict { .. }), "{error:?}");
}

// Contract K3.
#[tokio::test]
async fn an_apply_is_forced_strict_and_ours() {
    let server = Server::new([]);
    let body = deployment("a-workers", 4);
    let applied =
        server.io(Fence::open()).apply(Kind::Deployment, &namespace("research"), &body, None).await.unwrap();
    assert_eq!(applied, Applied::Sent(body.clone()));
    let seen = server.only();
    assert_eq!(seen.method, "PATCH");
    assert_eq!(seen.path, "/apis/apps/v1/namespaces/research/deployments/a-workers");
    assert_eq!(seen.query, "fieldManager=galapagos-operator&force=true&fieldValidation=Strict");
    assert_eq!(seen.content, "application/apply-patch+yaml");
    assert_eq!(seen.body, body);
}

// Contract K3.
#[tokio::test]
async fn a_delete_names_the_uid_it_means() {
    let server = Server::new([]);
    let io = server.io(Fence::open());
    io.delete(Kind::Job, &key("research", "a-coordinator-1"), &uid("u-1"), Propagation::Background)
        .await
        .unwrap();
    let seen = server.only();
    assert_eq!(seen.method, "DELETE");
    assert_eq!(seen.path, "/apis/batch/v1/namespaces/research/jobs/a-coordinator-1");
    assert_eq!(seen.body["preconditions"], json!({"uid": "u-1"}));
    assert_eq!(seen.body["propagationPolicy"], "Background");
}

/// A delete takes a UID, and an empty text makes none.
#[tokio::test]
async fn a_delete_without_uid_cannot_be_said() {
    assert!(Uid::new("").is_none());
    let meta = ObjectMeta { uid: Some(String::new()), ..ObjectMeta::default() };
    assert!(Uid::of(&meta).is_none() && Uid::of(&ObjectMeta::default()).is_none());
}

#[tokio::test]
async fn a_delete_of_what_is_gone_or_became_another_object_is_done() {
    let gone = refusal(404, "NotFound", "jobs.batch \"a\" not found");
    let other = refusal(
        409,
        "Conflict",
        "Operation cannot be fulfilled on jobs.batch \"a\": Precondition failed: UID in precondition: u-1, UID in object meta: u-2",
    );
    let io = Server::new([gone, other]).io(Fence::open());
    for _ in 0..2 {
        io.delete(Kind::Job, &key("research", "a"), &uid("u-1"), Propagation::Background).await.unwrap();
    }
}

#[tokio::test]
async fn a_delete_that_meets_another_conflict_is_not_done() {
    let changed = refusal(
        409,
        "Conflict",
        "the object has been modified; please apply your changes to the latest version",
    );
    let io = Server::new([changed]).io(Fence::open());
    let error =
        io.delete(Kind::Job, &key("research", "a"), &uid("u-1"), Propagation::Background).await.unwrap_err();
    assert!(matches!(error, WriteError::Conflict { .. }), "{error:?}");
}

#[tokio::test]
async fn a_status_rests_on_the_version_that_was_read() {
    let server = Server::new([]);
    let io = server.io(Fence::open());
    let status = json!({"observedGeneration": 2, "phase": "Running"});
    let _: Value = io.patch_status(OWN, &key("research", "a"), "77", &status).await.unwrap();
    let seen = server.only();
    assert_eq!(seen.method, "PATCH");
    assert_eq!(seen.path, "/apis/example.dev/v1/namespaces/research/things/a/status");
    assert_eq!(seen.query, "fieldManager=galapagos-operator&force=true");
    assert_eq!(
        seen.body,
        json!({
            "apiVersion": "example.dev/v1",
            "kind": "Thing",
            "metadata": {"name": "a", "namespace": "research", "resourceVersion": "77"},
            "status": status,
        })
    );
    assert!(io.patch_status::<Value>(OWN, &key("research", "a"), "", &status).await.is_err());
    assert_eq!(server.seen().len(), 1, "without a version nothing is sent");
}

#[tokio::test]
async fn a_status_that_rests_on_an_old_version_is_a_conflict() {
    let server = Server::new([refusal(409, "Conflict", "the object has been modified")]);
    let answer =
        server.io(Fence::open()).patch_status::<Value>(OWN, &key("research", "p"), "7", &json!({})).await;
    assert!(matches!(answer, Err(WriteError::Conflict { .. })));
}

#[tokio::test]
async fn a_body_of_another_kind_or_without_name_is_never_sent() {
    let server = Server::new([]);
    let io = server.io(Fence::open());
    for body in [
        json!({"apiVersion": "v1", "kind": "Service", "metadata": {"name": "a"}}),
        json!({"apiVersion": "v1", "kind": "Secret", "metadata": {}}),
        json!({"apiVersion": "v1", "kind": "Secret", "metadata": {"name": ""}}),
        Value::Null,
    ] {
        assert!(matches!(
            io.create(Kind::Secret, &namespace("research"), &body).await,
            Err(WriteError::Malformed { .. })
        ));
    }
    assert!(server.seen().is_empty());
}

#[tokio::test]
async fn writes_are_counted_by_verb_kind_and_outcome() {
    let server = Server::new([
        Answer::With(201, deployment("a", 1)),
        refusal(422, "Invalid", "no"),
        refusal(404, "NotFound", "gone"),
    ]);
    let io = server.io(Fence::open());
    let body = json!({"apiVersion": "v1", "kind": "Secret", "metadata": {"name": "a"}});
    io.create(Kind::Secret, &namespace("research"), &body).await.unwrap();
    io.create(Kind::Secret, &namespace("research"), &body).await.unwrap_err();
    io.delete(Kind::Pod, &key("research", "a"), &uid("u"), Propagation::Foreground).await.unwrap();
    let text = server.counted();
    for line in [
        "writes_total{verb=\"create\",kind=\"Secret\",outcome=\"done\"} 1",
        "writes_total{verb=\"create\",kind=\"Secret\",outcome=\"refused\"} 1",
        "writes_total{verb=\"delete\",kind=\"Pod\",outcome=\"unchanged\"} 1",
    ] {
        assert!(text.contains(line), "{line} is missing in\n{text}");
    }
}
