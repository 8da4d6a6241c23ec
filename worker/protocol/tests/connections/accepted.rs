//! Honest processes.

use super::forge::{identity, job};
use super::service::{Coordinator, PATIENCE, call, eventually, greet, serve};
use futures::StreamExt as _;
use galapagos_protocol::progress;
use galapagos_protocol::tls::{Role, client_config};
use galapagos_protocol::transport;
use std::sync::atomic::Ordering;
use std::time::{Duration, Instant};
use tokio::io::copy_bidirectional;
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::watch;

#[tokio::test]
async fn a_worker_of_the_job_is_let_in_and_the_service_knows_its_role() {
    let coordinator = Coordinator::start().await;
    let worker = client_config(&identity(&coordinator.authority, Role::Worker)).unwrap();
    call(coordinator.work.address, worker).await.unwrap();
    let seen = &coordinator.work.seen;
    assert_eq!(seen.messages.load(Ordering::SeqCst), 1);
    assert_eq!(*seen.peers.lock().unwrap(), [Role::Worker]);
    assert_eq!(coordinator.work.counts.accepted(), 1);
    assert_eq!(coordinator.work.counts.refused(), 0);
}

#[tokio::test]
async fn an_operator_is_let_in_on_the_progress_side() {
    let coordinator = Coordinator::start().await;
    let operator = client_config(&identity(&coordinator.authority, Role::Operator)).unwrap();
    let address = coordinator.progress.address.to_string();
    let channel = transport::connect(&address, operator, Role::Coordinator, &job(), PATIENCE).await.unwrap();
    let requests = futures::stream::iter([progress::Request::default()]).chain(futures::stream::pending());
    let mut reports = transport::progress_client(channel).watch(requests).await.unwrap().into_inner();
    assert!(reports.message().await.unwrap().is_some());
    assert_eq!(*coordinator.progress.seen.peers.lock().unwrap(), [Role::Operator]);
}

#[tokio::test]
async fn a_channel_finds_a_restarted_server_again_with_the_same_identity() {
    let authority = super::forge::authority();
    let own = identity(&authority, Role::Coordinator);
    let first = serve(&own, &[Role::Worker], "127.0.0.1:0").await;
    let address = first.address.to_string();
    let worker = client_config(&identity(&authority, Role::Worker)).unwrap();
    let channel = transport::connect(&address, worker, Role::Coordinator, &job(), PATIENCE).await.unwrap();
    greet(channel.clone()).await.unwrap();

    drop(first);
    let mut lost = false;
    for _ in 0..100 {
        lost = greet(channel.clone()).await.is_err();
        if lost {
            break;
        }
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
    assert!(lost, "the server went and nobody noticed");

    let second = serve(&own, &[Role::Worker], &address).await;
    let mut found = false;
    for _ in 0..100 {
        found = greet(channel.clone()).await.is_ok();
        if found {
            break;
        }
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
    assert!(found, "the channel did not find the new server");
    assert_eq!(*second.seen.peers.lock().unwrap(), [Role::Worker]);
}

/// A half-open connection: both processes live, nothing passes between them, no socket reports an error.
#[tokio::test]
async fn both_sides_notice_within_fifteen_seconds_that_the_network_is_silent() {
    let coordinator = Coordinator::start().await;
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let between = listener.local_addr().unwrap().to_string();
    let (freeze, frozen) = watch::channel(false);
    let target = coordinator.work.address;
    let proxy = tokio::spawn(async move {
        let (mut client, _) = listener.accept().await.unwrap();
        let mut server = TcpStream::connect(target).await.unwrap();
        let mut frozen = frozen;
        tokio::select! {
            _ = copy_bidirectional(&mut client, &mut server) => {}
            _ = frozen.wait_for(|&frozen| frozen) => {}
        }
        // Both sockets stay open and nobody reads them.
        std::future::pending::<()>().await;
        drop((client, server));
    });

    let worker = client_config(&identity(&coordinator.authority, Role::Worker)).unwrap();
    let channel = transport::connect(&between, worker, Role::Coordinator, &job(), PATIENCE).await.unwrap();
    let outgoing = futures::stream::iter([super::service::hello()]).chain(futures::stream::pending());
    let mut answers = transport::work_client(channel).attend(outgoing).await.unwrap().into_inner();
    answers.message().await.unwrap().unwrap();

    freeze.send(true).unwrap();
    let began = Instant::now();
    let noticed = tokio::time::timeout(Duration::from_secs(15), answers.message()).await;
    assert!(noticed.expect("the client noticed nothing").is_err());
    let ended = &coordinator.work.seen.ended;
    assert!(eventually(|| ended.load(Ordering::SeqCst) == 1).await, "the server noticed nothing");
    assert!(began.elapsed() < Duration::from_secs(15));
    proxy.abort();
}
