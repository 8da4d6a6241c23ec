//! Events are sent once and counted when they repeat.

use jiff::Timestamp;
use k8s_openapi::api::core::v1::{Event, ObjectReference};
use kube::runtime::events::EventType;
use serde_json::Value;

use super::server::{Server, refusal};
use crate::runtime::kube_io::KubeIo;
use crate::runtime::leader::Fence;

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

async fn send(io: &KubeIo, note: &str) {
    io.event(&job(), EventType::Warning, "AttemptLost", "Retry", note).await;
}

#[tokio::test]
async fn an_event_says_what_happened_to_which_object() {
    let server = Server::new([]);
    send(&server.io(Fence::open()), "exit code 70").await;
    let seen = server.only();
    assert_eq!((seen.method.as_str(), seen.path.as_str()), ("POST", "/api/v1/namespaces/research/events"));
    assert_eq!(seen.body["involvedObject"]["uid"], "u-1");
    assert_eq!(seen.body["reason"], "AttemptLost");
    assert_eq!(seen.body["action"], "Retry");
    assert_eq!(seen.body["type"], "Warning");
    assert_eq!(seen.body["message"], "exit code 70");
    assert_eq!(seen.body["reportingComponent"], "galapagos-operator");
    assert_eq!(seen.body["metadata"]["namespace"], "research");
    let event: Event = serde_json::from_value(seen.body).unwrap();
    assert!(event.event_time.is_some() && event.reporting_instance.is_some(), "the server asks for them");
    assert!(server.counted().contains("events_total{reason=\"AttemptLost\"} 1"));
}

#[tokio::test]
async fn a_repeated_event_is_counted_and_another_note_is_another_event() {
    let server = Server::new([]);
    let io = server.io(Fence::open());
    for note in ["exit code 70", "exit code 70", "exit code 71", "exit code 70"] {
        send(&io, note).await;
    }
    let seen = server.seen();
    let methods: Vec<&str> = seen.iter().map(|seen| seen.method.as_str()).collect();
    assert_eq!(methods, ["POST", "PATCH", "POST", "PATCH"]);
    assert_eq!((&seen[1].body["series"]["count"], &seen[3].body["series"]["count"]), (&2.into(), &3.into()));
    assert_eq!(seen[1].path, seen[3].path);
    assert_eq!(seen[1].path.rsplit('/').next(), seen[0].body["metadata"]["name"].as_str());
    assert_eq!(seen[1].content, "application/merge-patch+json");
}

/// `kubectl describe` sorts by `lastTimestamp` and nothing else.
#[tokio::test]
async fn describe_finds_the_time_of_an_event_and_of_its_last_repetition() {
    let server = Server::new([]);
    let io = server.io(Fence::open());
    send(&io, "x").await;
    send(&io, "x").await;
    let [first, again] = [0, 1].map(|i| server.seen()[i].body.clone());
    let time = |body: &Value, field: &str| body[field].as_str().unwrap_or_default().parse::<Timestamp>();
    assert_eq!(first["firstTimestamp"], first["lastTimestamp"]);
    assert!(time(&again, "lastTimestamp").unwrap() >= time(&first, "lastTimestamp").unwrap());
    assert_eq!(
        (&first["count"], &again["count"], &again["series"]["count"]),
        (&1.into(), &2.into(), &2.into())
    );
}

/// It crashed between sending and writing the status, and does both again.
#[tokio::test]
async fn an_operator_that_tells_again_after_a_crash_makes_no_second_event() {
    let server = Server::new([]);
    send(&server.io(Fence::open()), "x").await;
    let first = server.only().body["metadata"]["name"].clone();
    let again = Server::new([refusal(409, "AlreadyExists", "exists")]);
    send(&again.io(Fence::open()), "x").await;
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
    send(&io, "x").await;
    send(&io, "x").await;
    let methods: Vec<String> = server.seen().into_iter().map(|seen| seen.method).collect();
    assert_eq!(methods, ["POST", "PATCH", "POST"]);
}

#[tokio::test]
async fn an_event_that_was_refused_is_told_from_the_beginning() {
    let server = Server::new([refusal(403, "Forbidden", "no")]);
    let io = server.io(Fence::open());
    send(&io, "x").await;
    send(&io, "x").await;
    let methods: Vec<String> = server.seen().into_iter().map(|seen| seen.method).collect();
    assert_eq!(methods, ["POST", "POST"]);
}
