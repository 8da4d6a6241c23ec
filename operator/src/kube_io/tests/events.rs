//! Events are told once and counted when they repeat.

use galapagos_crds::conditions::EventReason;
use k8s_openapi::api::core::v1::ObjectReference;
use kube::runtime::events::EventType;

use super::server::{Server, refusal};
use crate::kube_io::KubeIo;
use crate::leader::Fence;

fn job() -> ObjectReference {
    ObjectReference {
        api_version: Some("galapagos.dev/v1alpha1".into()),
        kind: Some("EvolutionJob".into()),
        name: Some("a".into()),
        namespace: Some("research".into()),
        uid: Some("u-1".into()),
        ..ObjectReference::default()
    }
}

async fn tell(io: &KubeIo, note: &str) {
    io.event(&job(), EventType::Warning, EventReason::AttemptLost, "Retry", note).await;
}

#[tokio::test]
async fn an_event_says_what_happened_to_which_object() {
    let server = Server::new([]);
    tell(&server.io(Fence::open()), "exit code 70").await;
    let seen = server.only();
    assert_eq!(
        (seen.method.as_str(), seen.path.as_str()),
        ("POST", "/apis/events.k8s.io/v1/namespaces/research/events")
    );
    assert_eq!(seen.body["regarding"]["uid"], "u-1");
    assert_eq!(seen.body["reason"], "AttemptLost");
    assert_eq!(seen.body["action"], "Retry");
    assert_eq!(seen.body["type"], "Warning");
    assert_eq!(seen.body["note"], "exit code 70");
    assert_eq!(seen.body["reportingController"], "galapagos-operator");
    assert_eq!(seen.body["metadata"]["namespace"], "research");
    assert!(server.metrics.text().unwrap().contains("events_total{reason=\"AttemptLost\"} 1"));
}

#[tokio::test]
async fn a_repeated_event_is_counted_and_another_note_is_another_event() {
    let server = Server::new([]);
    let io = server.io(Fence::open());
    for note in ["exit code 70", "exit code 70", "exit code 71", "exit code 70"] {
        tell(&io, note).await;
    }
    let seen = server.seen();
    let methods: Vec<&str> = seen.iter().map(|seen| seen.method.as_str()).collect();
    assert_eq!(methods, ["POST", "PATCH", "POST", "PATCH"]);
    assert_eq!((&seen[1].body["series"]["count"], &seen[3].body["series"]["count"]), (&2.into(), &3.into()));
    assert_eq!(seen[1].path, seen[3].path);
    assert_eq!(seen[1].path.rsplit('/').next(), seen[0].body["metadata"]["name"].as_str());
    assert_eq!(seen[1].content, "application/merge-patch+json");
}

/// It crashed between telling and writing the status, and does both again.
#[tokio::test]
async fn an_operator_that_tells_again_after_a_crash_makes_no_second_event() {
    let server = Server::new([]);
    tell(&server.io(Fence::open()), "x").await;
    let first = server.only().body["metadata"]["name"].clone();
    let again = Server::new([refusal(409, "AlreadyExists", "exists")]);
    tell(&again.io(Fence::open()), "x").await;
    let seen = again.seen();
    assert_eq!(seen[0].body["metadata"]["name"], first);
    assert_eq!((seen[1].method.as_str(), &seen[1].body["series"]["count"]), ("PATCH", &2.into()));
}

#[tokio::test]
async fn an_event_that_the_server_forgot_is_told_anew() {
    let server = Server::new([
        super::server::Answer::With(201, serde_json::json!({})),
        refusal(404, "NotFound", "gone"),
    ]);
    let io = server.io(Fence::open());
    tell(&io, "x").await;
    tell(&io, "x").await;
    let methods: Vec<String> = server.seen().into_iter().map(|seen| seen.method).collect();
    assert_eq!(methods, ["POST", "PATCH", "POST"]);
}

#[tokio::test]
async fn an_event_that_was_refused_is_told_from_the_beginning() {
    let server = Server::new([refusal(403, "Forbidden", "no")]);
    let io = server.io(Fence::open());
    tell(&io, "x").await;
    tell(&io, "x").await;
    let methods: Vec<String> = server.seen().into_iter().map(|seen| seen.method).collect();
    assert_eq!(methods, ["POST", "POST"]);
}
