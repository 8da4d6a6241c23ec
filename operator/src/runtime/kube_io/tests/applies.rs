//! An unchanged wish is sent once.

use k8s_openapi::apimachinery::pkg::apis::meta::v1::ObjectMeta;
use serde_json::{Value, json};

use super::server::{Answer, Server, deployment};
use crate::runtime::ids::example::{key, namespace, uid};
use crate::runtime::kube_io::{Applied, Kind};
use crate::runtime::leader::Fence;

/// What the server has after an apply.
fn stored(mut body: Value, uid: &str, generation: i64, version: &str) -> Answer {
    body["metadata"]["uid"] = json!(uid);
    body["metadata"]["generation"] = json!(generation);
    body["metadata"]["resourceVersion"] = json!(version);
    Answer::With(200, body)
}

fn observed(uid: &str, generation: i64, version: &str) -> ObjectMeta {
    ObjectMeta {
        uid: Some(uid.into()),
        generation: Some(generation),
        resource_version: Some(version.into()),
        labels: Some([("app.kubernetes.io/name".into(), "galapagos".into())].into()),
        ..ObjectMeta::default()
    }
}

#[tokio::test]
async fn an_equal_wish_is_not_sent_again() {
    let body = deployment("a", 4);
    let server = Server::new([stored(body.clone(), "u", 3, "70")]);
    let io = server.io(Fence::open());
    io.apply(Kind::Deployment, &namespace("n"), &body, None).await.unwrap();
    // a new resource version is a change of status
    for seen in [observed("u", 3, "70"), observed("u", 3, "99")] {
        assert_eq!(
            io.apply(Kind::Deployment, &namespace("n"), &body, Some(&seen)).await.unwrap(),
            Applied::Unchanged
        );
    }
    assert_eq!(server.seen().len(), 1);
}

#[tokio::test]
async fn a_late_cache_is_no_reason_to_send_again() {
    let body = deployment("a", 4);
    let server = Server::new([stored(body.clone(), "u", 3, "70")]);
    let io = server.io(Fence::open());
    io.apply(Kind::Deployment, &namespace("n"), &body, None).await.unwrap();
    let late =
        io.apply(Kind::Deployment, &namespace("n"), &body, Some(&observed("u", 2, "60"))).await.unwrap();
    assert_eq!(late, Applied::Unchanged);
}

#[tokio::test]
async fn another_wish_is_sent() {
    let server = Server::new([stored(deployment("a", 4), "u", 3, "70")]);
    let io = server.io(Fence::open());
    io.apply(Kind::Deployment, &namespace("n"), &deployment("a", 4), None).await.unwrap();
    io.apply(Kind::Deployment, &namespace("n"), &deployment("a", 5), Some(&observed("u", 3, "70")))
        .await
        .unwrap();
    assert_eq!(server.seen().len(), 2);
}

#[tokio::test]
async fn what_others_changed_is_set_right() {
    let cases = [
        ("the spec", observed("u", 4, "80")),
        ("a new object of that name", observed("v", 1, "90")),
        ("a label", ObjectMeta { labels: None, ..observed("u", 3, "80") }),
    ];
    for (what, seen) in cases {
        let body = deployment("a", 4);
        let server = Server::new([stored(body.clone(), "u", 3, "70")]);
        let io = server.io(Fence::open());
        io.apply(Kind::Deployment, &namespace("n"), &body, None).await.unwrap();
        let again = io.apply(Kind::Deployment, &namespace("n"), &body, Some(&seen)).await.unwrap();
        assert!(matches!(again, Applied::Sent(_)), "{what}");
    }
}

#[tokio::test]
async fn owners_that_others_removed_are_set_right() {
    let mut body = deployment("a", 4);
    body["metadata"]["ownerReferences"] =
        json!([{"uid": "job-1", "name": "a", "kind": "EvolutionJob", "apiVersion": "x"}]);
    let server = Server::new([stored(body.clone(), "u", 3, "70")]);
    let io = server.io(Fence::open());
    io.apply(Kind::Deployment, &namespace("n"), &body, None).await.unwrap();
    assert!(matches!(
        io.apply(Kind::Deployment, &namespace("n"), &body, Some(&observed("u", 3, "80"))).await.unwrap(),
        Applied::Sent(_)
    ));
}

/// Services have no generation.
#[tokio::test]
async fn a_kind_without_generation_goes_by_its_resource_version() {
    let body = json!({
        "apiVersion": "v1", "kind": "Service", "metadata": {"name": "a", "labels": {"app.kubernetes.io/name": "galapagos"}},
    });
    let server = Server::new([stored(body.clone(), "u", 0, "70")]);
    let io = server.io(Fence::open());
    io.apply(Kind::Service, &namespace("n"), &body, None).await.unwrap();
    assert_eq!(
        io.apply(Kind::Service, &namespace("n"), &body, Some(&observed("u", 0, "70"))).await.unwrap(),
        Applied::Unchanged
    );
    assert!(matches!(
        io.apply(Kind::Service, &namespace("n"), &body, Some(&observed("u", 0, "71"))).await.unwrap(),
        Applied::Sent(_)
    ));
}

#[tokio::test]
async fn an_apply_that_failed_is_sent_again() {
    let body = deployment("a", 4);
    let server =
        Server::new([stored(body.clone(), "u", 3, "70"), super::server::refusal(500, "InternalError", "no")]);
    let io = server.io(Fence::open());
    io.apply(Kind::Deployment, &namespace("n"), &body, None).await.unwrap();
    io.apply(Kind::Deployment, &namespace("n"), &body, None).await.unwrap_err();
    let again =
        io.apply(Kind::Deployment, &namespace("n"), &body, Some(&observed("u", 3, "70"))).await.unwrap();
    assert!(matches!(again, Applied::Sent(_)));
}

#[tokio::test]
async fn a_deleted_object_is_forgotten() {
    let body = deployment("a", 4);
    let server = Server::new([stored(body.clone(), "u", 3, "70")]);
    let io = server.io(Fence::open());
    io.apply(Kind::Deployment, &namespace("n"), &body, None).await.unwrap();
    io.delete(Kind::Deployment, &key("n", "a"), &uid("u"), crate::runtime::kube_io::Propagation::Background)
        .await
        .unwrap();
    let again =
        io.apply(Kind::Deployment, &namespace("n"), &body, Some(&observed("u", 3, "70"))).await.unwrap();
    assert!(matches!(again, Applied::Sent(_)));
}
