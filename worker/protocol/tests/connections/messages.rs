//! Messages and headers that are too large, from clients that are let in.

use super::forge::{identity, job};
use super::service::{Coordinator, PATIENCE, greet, hello};
use futures::StreamExt as _;
use galapagos_protocol::tls::{Role, client_config};
use galapagos_protocol::transport::{self, MAX_MESSAGE};
use galapagos_protocol::work::work_client::WorkClient;
use galapagos_protocol::work::{Refusal, WorkerMessage, worker_message};
use prost::Message as _;
use std::sync::atomic::Ordering;
use tonic::transport::Channel;
use tonic::{Code, Request};

/// A message of exactly `size` bytes on the wire.
fn message(size: usize) -> WorkerMessage {
    let refusal = |length| {
        let refusal = Refusal { reason: 0, message: "x".repeat(length) };
        WorkerMessage { message: Some(worker_message::Message::Refusal(refusal)) }
    };
    let envelope = refusal(size).encoded_len() - size;
    let made = refusal(size - envelope);
    assert_eq!(made.encoded_len(), size);
    made
}

async fn channel(coordinator: &Coordinator) -> Channel {
    let worker = client_config(&identity(&coordinator.authority, Role::Worker)).unwrap();
    let address = coordinator.work.address.to_string();
    transport::connect(&address, worker, Role::Coordinator, &job(), PATIENCE).await.unwrap()
}

#[tokio::test]
async fn the_largest_message_passes() {
    let coordinator = Coordinator::start().await;
    let outgoing = futures::stream::iter([message(MAX_MESSAGE)]).chain(futures::stream::pending());
    let mut client = transport::work_client(channel(&coordinator).await);
    let mut answers = client.attend(outgoing).await.unwrap().into_inner();
    assert!(answers.message().await.unwrap().is_some());
}

#[tokio::test]
async fn a_larger_message_is_refused_and_the_streams_of_others_go_on() {
    let coordinator = Coordinator::start().await;
    let shared = channel(&coordinator).await;
    // Another worker, and another stream on the very connection that misbehaves.
    let mut bystanders = Vec::new();
    for channel in [channel(&coordinator).await, shared.clone()] {
        let (send, outgoing) = futures::channel::mpsc::unbounded();
        send.unbounded_send(hello()).unwrap();
        let mut answers = transport::work_client(channel).attend(outgoing).await.unwrap().into_inner();
        answers.message().await.unwrap().unwrap();
        bystanders.push((send, answers));
    }
    let seen = &coordinator.work.seen;
    let before = seen.messages.load(Ordering::SeqCst);

    let outgoing = futures::stream::iter([message(MAX_MESSAGE + 1)]).chain(futures::stream::pending());
    let mut unbounded = WorkClient::new(shared);
    let mut answers = unbounded.attend(outgoing).await.unwrap().into_inner();
    let status = answers.message().await.unwrap_err();
    assert_eq!(status.code(), Code::OutOfRange, "{status}");
    assert_eq!(seen.messages.load(Ordering::SeqCst), before, "the message reached the service");

    for (send, mut answers) in bystanders {
        send.unbounded_send(hello()).unwrap();
        answers.message().await.unwrap().unwrap();
    }
}

#[tokio::test]
async fn our_own_client_does_not_even_send_a_larger_message() {
    let coordinator = Coordinator::start().await;
    let outgoing = futures::stream::iter([message(MAX_MESSAGE + 1)]).chain(futures::stream::pending());
    let mut client = transport::work_client(channel(&coordinator).await);
    let outcome = match client.attend(outgoing).await {
        Ok(answers) => answers.into_inner().message().await.map(|_| ()),
        Err(status) => Err(status),
    };
    assert!(outcome.is_err());
    assert_eq!(coordinator.work.seen.messages.load(Ordering::SeqCst), 0);
    coordinator.still_serves().await;
}

#[tokio::test]
async fn headers_larger_than_allowed_reach_no_service() {
    let coordinator = Coordinator::start().await;
    let mut request = Request::new(futures::stream::iter([hello()]));
    for part in 0..8 {
        let key: tonic::metadata::MetadataKey<_> = format!("x-{part}").parse().unwrap();
        request.metadata_mut().insert(key, "y".repeat(4096).parse().unwrap());
    }
    let mut client = transport::work_client(channel(&coordinator).await);
    assert!(client.attend(request).await.is_err());
    assert_eq!(coordinator.work.seen.requests.load(Ordering::SeqCst), 0);
    coordinator.still_serves().await;
}

/// Streams beyond the limit wait in the client, so that one client cannot fill the server.
#[tokio::test]
async fn a_client_has_no_more_streams_at_once_than_allowed() {
    let coordinator = Coordinator::start().await;
    let channel = channel(&coordinator).await;
    let allowed = usize::try_from(transport::limits::MAX_STREAMS).unwrap();
    let mut open = Vec::new();
    for _ in 0..allowed {
        let (send, outgoing) = futures::channel::mpsc::unbounded();
        send.unbounded_send(hello()).unwrap();
        let mut answers =
            transport::work_client(channel.clone()).attend(outgoing).await.unwrap().into_inner();
        answers.message().await.unwrap().unwrap();
        open.push((send, answers));
    }
    let waiting = tokio::spawn(greet(channel));
    tokio::time::sleep(std::time::Duration::from_millis(300)).await;
    assert_eq!(
        coordinator.work.seen.requests.load(Ordering::SeqCst),
        u64::from(transport::limits::MAX_STREAMS)
    );
    open.pop();
    tokio::time::timeout(PATIENCE, waiting).await.expect("the stream did not open").unwrap().unwrap();
}
