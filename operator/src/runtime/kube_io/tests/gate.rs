//! The fence and the deadline.

use std::time::Duration;

use serde_json::{Value, json};
use tokio::time::Instant;

use super::server::{Answer, OWN, Server, deployment};
use crate::runtime::ids::example::{key, namespace, uid};
use crate::runtime::kube_io::{Kind, Propagation, WriteError};
use crate::runtime::leader::Fence;

// Contract K3.
#[tokio::test]
async fn nothing_leaves_while_the_fence_is_closed() {
    let server = Server::new([]);
    let io = server.io(Fence::closed());
    assert!(!io.may_write());
    let secret = json!({"apiVersion": "v1", "kind": "Secret", "metadata": {"name": "a"}});
    assert!(matches!(io.create(Kind::Secret, &namespace("n"), &secret).await, Err(WriteError::NotLeader)));
    let applied = io.apply(Kind::Deployment, &namespace("n"), &deployment("a", 1), None).await;
    assert!(matches!(applied, Err(WriteError::NotLeader)));
    let deleted = io.delete(Kind::Pod, &key("n", "a"), &uid("u"), Propagation::Background).await;
    assert!(matches!(deleted, Err(WriteError::NotLeader)));
    let status = io.patch_status::<Value>(OWN, &key("n", "a"), "1", &json!({})).await;
    assert!(matches!(status, Err(WriteError::NotLeader)));
    io.event(&Default::default(), kube::runtime::events::EventType::Normal, "Queued", "Queue", "").await;
    assert!(server.seen().is_empty());
    assert!(server.counted().contains("outcome=\"not_leader\"} 1"));
}

#[tokio::test(start_paused = true)]
async fn a_write_without_answer_ends_at_its_deadline() {
    let server = Server::new([Answer::Never]);
    let start = Instant::now();
    let error = server
        .io(Fence::open())
        .apply(Kind::Deployment, &namespace("n"), &deployment("a", 1), None)
        .await
        .unwrap_err();
    assert!(matches!(error, WriteError::Timeout), "{error:?}");
    assert_eq!(start.elapsed(), Duration::from_secs(10));
}

#[tokio::test(start_paused = true)]
async fn a_write_in_flight_is_given_up_when_leadership_ends() {
    let server = Server::new([Answer::Never]);
    let fence = Fence::closed();
    let start = Instant::now();
    fence.extend(start + Duration::from_secs(3));
    let error = server
        .io(fence)
        .apply(Kind::Deployment, &namespace("n"), &deployment("a", 1), None)
        .await
        .unwrap_err();
    assert!(matches!(error, WriteError::NotLeader), "{error:?}");
    assert_eq!(start.elapsed(), Duration::from_secs(3));
}

#[tokio::test(start_paused = true)]
async fn a_write_that_ended_is_in_flight_no_more() {
    let server = Server::new([]);
    let fence = Fence::open();
    let io = server.io(fence.clone());
    io.apply(Kind::Deployment, &namespace("n"), &deployment("a", 1), None).await.unwrap();
    fence.close(Duration::ZERO);
    tokio::time::timeout(Duration::from_millis(1), fence.drained()).await.unwrap();
}
