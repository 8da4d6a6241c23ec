//! Connections that never become one: other protocols, broken and endless handshakes.

use super::forge::{identity, job};
use super::service::{Coordinator, call, eventually, push};
use galapagos_protocol::tls::{Role, client_config, dns_name};
use galapagos_protocol::transport::limits::{HANDSHAKE_TIMEOUT, MAX_HANDSHAKES};
use rustls::ClientConnection;
use std::sync::atomic::Ordering;
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::{TcpListener, TcpStream};
use tokio_rustls::TlsConnector;

/// The first flight of an honest worker.
fn client_hello(coordinator: &Coordinator) -> Vec<u8> {
    let config = client_config(&identity(&coordinator.authority, Role::Worker)).unwrap();
    let name = dns_name(Role::Coordinator, &job()).try_into().unwrap();
    let mut bytes = Vec::new();
    ClientConnection::new(config, name).unwrap().write_tls(&mut bytes).unwrap();
    bytes
}

/// Sends `bytes`, then nothing more, and reads until the server has closed.
async fn send(coordinator: &Coordinator, bytes: &[u8], then_close: bool) -> Vec<u8> {
    let mut tcp = TcpStream::connect(coordinator.work.address).await.unwrap();
    tcp.write_all(bytes).await.unwrap();
    if then_close {
        tcp.shutdown().await.unwrap();
    }
    let mut answer = Vec::new();
    // A reset instead of an end is as good.
    let _ = tcp.read_to_end(&mut answer).await;
    answer
}

#[tokio::test]
async fn a_client_of_tls_1_2_is_refused_with_the_alert_protocol_version() {
    let coordinator = Coordinator::start().await;
    let extensions: &[&[u8]] = &[
        &[0, 10, 0, 4, 0, 2, 0, 23],      // supported groups: secp256r1
        &[0, 11, 0, 2, 1, 0],             // point formats: uncompressed
        &[0, 13, 0, 4, 0, 2, 4, 3],       // signatures: ECDSA P-256 SHA-256
        &[0, 16, 0, 5, 0, 3, 2, 104, 50], // ALPN: h2
        &[0, 23, 0, 0],                   // extended master secret
    ];
    let extensions = extensions.concat();
    let mut body = vec![3, 3];
    body.extend([7; 32]);
    body.extend([0, 0, 2, 0xc0, 0x2b, 1, 0]); // no session, ECDHE-ECDSA with AES-128-GCM, no compression
    body.extend(u16::try_from(extensions.len()).unwrap().to_be_bytes());
    body.extend(extensions);
    let mut hello = vec![1, 0];
    hello.extend(u16::try_from(body.len()).unwrap().to_be_bytes());
    hello.extend(body);
    let mut record = vec![22, 3, 1];
    record.extend(u16::try_from(hello.len()).unwrap().to_be_bytes());
    record.extend(hello);

    assert_eq!(send(&coordinator, &record, false).await, [21, 3, 3, 0, 2, 2, 70]);
    coordinator.nothing_came_through().await;
    coordinator.still_serves().await;
}

#[tokio::test]
async fn a_client_of_another_application_protocol_is_refused() {
    let coordinator = Coordinator::start().await;
    let worker = client_config(&identity(&coordinator.authority, Role::Worker)).unwrap();
    for protocols in [vec![b"http/1.1".to_vec()], vec![b"h3".to_vec(), b"dot".to_vec()]] {
        let mut other = worker.as_ref().clone();
        other.alpn_protocols = protocols;
        assert!(push(coordinator.work.address, Arc::new(other)).await.is_err());
    }
    coordinator.nothing_came_through().await;
    coordinator.still_serves().await;
}

#[tokio::test]
async fn a_client_that_names_no_application_protocol_is_refused() {
    let coordinator = Coordinator::start().await;
    let worker = client_config(&identity(&coordinator.authority, Role::Worker)).unwrap();
    let mut silent = worker.as_ref().clone();
    silent.alpn_protocols.clear();
    assert!(push(coordinator.work.address, Arc::new(silent)).await.is_err());
    coordinator.nothing_came_through().await;
    coordinator.still_serves().await;
}

#[tokio::test]
async fn http_1_inside_tls_reaches_no_service() {
    let coordinator = Coordinator::start().await;
    let worker = client_config(&identity(&coordinator.authority, Role::Worker)).unwrap();
    let tcp = TcpStream::connect(coordinator.work.address).await.unwrap();
    let name = dns_name(Role::Coordinator, &job()).try_into().unwrap();
    let mut tls = TlsConnector::from(worker).connect(name, tcp).await.unwrap();
    tls.write_all(b"POST /galapagos.work.v1.Work/Attend HTTP/1.1\r\nhost: x\r\n\r\n").await.unwrap();
    let _ = tls.read_to_end(&mut Vec::new()).await;
    assert_eq!(coordinator.work.seen.requests.load(Ordering::SeqCst), 0);
    coordinator.still_serves().await;
}

#[tokio::test]
async fn a_handshake_that_ends_too_early_is_refused() {
    let coordinator = Coordinator::start().await;
    let hello = client_hello(&coordinator);
    for length in [1, 5, 60, hello.len() - 1, hello.len()] {
        send(&coordinator, &hello[..length], true).await;
    }
    assert!(eventually(|| coordinator.work.counts.refused() == 5).await);
    coordinator.nothing_came_through().await;
    coordinator.still_serves().await;
}

#[tokio::test]
async fn a_connection_that_sends_nothing_and_closes_is_refused() {
    let coordinator = Coordinator::start().await;
    send(&coordinator, b"", true).await;
    coordinator.nothing_came_through().await;
    coordinator.still_serves().await;
}

#[tokio::test]
async fn garbage_is_refused() {
    let coordinator = Coordinator::start().await;
    // A fixed sequence without structure, and a record that claims more than it may hold.
    let noise: Vec<u8> =
        (0..4096_u32).map(|i| (i.wrapping_mul(2_654_435_761) >> 13).to_le_bytes()[0]).collect();
    send(&coordinator, &noise, false).await;
    send(&coordinator, &[22, 3, 1, 0xff, 0xff, 1, 0, 0, 0], false).await;
    send(&coordinator, b"GET / HTTP/1.1\r\nhost: x\r\n\r\n", false).await;
    assert!(eventually(|| coordinator.work.counts.refused() == 3).await);
    coordinator.nothing_came_through().await;
    coordinator.still_serves().await;
}

#[tokio::test]
async fn a_damaged_handshake_is_refused() {
    let coordinator = Coordinator::start().await;
    let hello = client_hello(&coordinator);
    for at in [9, 11, 43, 80, hello.len() - 1] {
        let mut damaged = hello.clone();
        damaged[at] ^= 0xff;
        // Damage to random bytes leaves a hello that the server answers: it must then wait in vain for the rest.
        send(&coordinator, &damaged, true).await;
    }
    assert!(eventually(|| coordinator.work.counts.refused() == 5).await);
    coordinator.nothing_came_through().await;
    coordinator.still_serves().await;
}

/// All that an honest worker sent, sent again: the server's part of the keys is new each time.
#[tokio::test]
async fn a_recorded_connection_cannot_be_played_again() {
    let coordinator = Coordinator::start().await;
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let between = listener.local_addr().unwrap();
    let target = coordinator.work.address;
    let record = Arc::new(Mutex::new(Vec::new()));
    let tape = Arc::clone(&record);
    tokio::spawn(async move {
        let (client, _) = listener.accept().await.unwrap();
        let server = TcpStream::connect(target).await.unwrap();
        let ((mut from_client, mut to_client), (mut from_server, mut to_server)) =
            (client.into_split(), server.into_split());
        tokio::spawn(async move { tokio::io::copy(&mut from_server, &mut to_client).await });
        let mut buffer = [0; 4096];
        while let Ok(length @ 1..) = from_client.read(&mut buffer).await {
            tape.lock().unwrap().extend_from_slice(&buffer[..length]);
            to_server.write_all(&buffer[..length]).await.unwrap();
        }
    });
    let worker = client_config(&identity(&coordinator.authority, Role::Worker)).unwrap();
    call(between, worker).await.unwrap();
    assert_eq!(coordinator.work.seen.requests.load(Ordering::SeqCst), 1);

    let recorded = record.lock().unwrap().clone();
    assert!(recorded.len() > 1000);
    send(&coordinator, &recorded, false).await;
    assert!(eventually(|| coordinator.work.counts.refused() == 1).await);
    assert_eq!(coordinator.work.seen.requests.load(Ordering::SeqCst), 1);
    coordinator.still_serves().await;
}

#[tokio::test]
async fn a_silent_connection_is_closed_in_time_and_holds_up_nobody() {
    let coordinator = Coordinator::start().await;
    let began = Instant::now();
    let mut silent = TcpStream::connect(coordinator.work.address).await.unwrap();
    let mut stalled = TcpStream::connect(coordinator.work.address).await.unwrap();
    stalled.write_all(&client_hello(&coordinator)).await.unwrap();
    coordinator.still_serves().await;
    assert!(began.elapsed() < HANDSHAKE_TIMEOUT / 2, "an honest worker had to wait");

    let _ = silent.read_to_end(&mut Vec::new()).await;
    let _ = stalled.read_to_end(&mut Vec::new()).await;
    assert!(began.elapsed() >= HANDSHAKE_TIMEOUT - Duration::from_millis(100));
    assert!(began.elapsed() < HANDSHAKE_TIMEOUT + Duration::from_secs(5));
    assert!(eventually(|| coordinator.work.counts.timed_out() == 2).await);
    assert_eq!(coordinator.work.seen.requests.load(Ordering::SeqCst), 1, "the honest one's only");
}

#[tokio::test]
async fn more_half_open_handshakes_than_there_is_room_for_do_not_keep_a_worker_out() {
    let coordinator = Coordinator::start().await;
    let began = Instant::now();
    let mut held = Vec::new();
    for _ in 0..MAX_HANDSHAKES + 20 {
        held.push(TcpStream::connect(coordinator.work.address).await.unwrap());
    }
    coordinator.still_serves().await;
    assert!(began.elapsed() < HANDSHAKE_TIMEOUT / 2, "the worker had to wait for {:?}", began.elapsed());
    assert!(coordinator.work.counts.displaced() > 0);
    assert_eq!(coordinator.work.seen.requests.load(Ordering::SeqCst), 1, "the honest one's only");
    drop(held);
    coordinator.still_serves().await;
}

#[tokio::test]
async fn a_crowd_of_honest_workers_is_let_in_whole() {
    let coordinator = Coordinator::start().await;
    let worker = client_config(&identity(&coordinator.authority, Role::Worker)).unwrap();
    let crowd = 2 * MAX_HANDSHAKES;
    let all = (0..crowd).map(|_| call(coordinator.work.address, Arc::clone(&worker)));
    for outcome in futures::future::join_all(all).await {
        outcome.unwrap();
    }
    assert_eq!(coordinator.work.seen.requests.load(Ordering::SeqCst), u64::try_from(crowd).unwrap());
    assert_eq!(coordinator.work.counts.displaced(), 0);
}
