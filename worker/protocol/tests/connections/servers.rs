//! Servers that a worker must not believe: it sends them nothing.

use super::forge::{DAY, dns, identity, job, now, other_job, params, signed, trusting, wildcard};
use super::service::{PATIENCE, serve};
use galapagos_protocol::tls::issue::{Authority, Leaf};
use galapagos_protocol::tls::{Role, client_config, dns_name, server_config};
use galapagos_protocol::transport::{ConnectError, connect};
use rcgen::{ExtendedKeyUsagePurpose, KeyPair};
use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::time::{Duration, Instant};
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpListener;
use tokio_rustls::TlsAcceptor;

/// A worker refuses a server that shows what `forge` makes, and the server's service hears nothing of it.
async fn disbelieved(forge: impl FnOnce(&Authority) -> Leaf) {
    let authority = super::forge::authority();
    let leaf = forge(&authority);
    let server = serve(&trusting(&authority, &leaf), &Role::ALL, "127.0.0.1:0").await;
    let error = try_connecting(&authority, &server.address.to_string(), PATIENCE).await;
    assert!(matches!(error, ConnectError::Untrusted { .. }), "{error}");
    assert!(error.is_about_identity());
    assert_eq!(server.seen.requests.load(Ordering::SeqCst), 0, "a request reached the service");
    assert_eq!(server.counts.accepted(), 0);
}

async fn try_connecting(authority: &Authority, address: &str, timeout: Duration) -> ConnectError {
    let worker = client_config(&identity(authority, Role::Worker)).unwrap();
    connect(address, worker, Role::Coordinator, &job(), timeout).await.expect_err("connected")
}

#[tokio::test]
async fn a_coordinator_of_another_job_is_not_believed() {
    disbelieved(|authority| authority.leaf(Role::Coordinator, &other_job(), now()).unwrap()).await;
}

#[tokio::test]
async fn a_worker_is_not_believed_to_be_a_coordinator() {
    disbelieved(|authority| authority.leaf(Role::Worker, &job(), now()).unwrap()).await;
}

#[tokio::test]
async fn a_worker_whose_certificate_may_serve_is_disbelieved_by_its_name() {
    disbelieved(|authority| {
        let mut worker = params(Role::Worker);
        worker.extended_key_usages = vec![ExtendedKeyUsagePurpose::ServerAuth];
        signed(authority, &worker)
    })
    .await;
}

#[tokio::test]
async fn a_coordinator_whose_certificate_may_only_connect_is_not_believed() {
    disbelieved(|authority| {
        let mut coordinator = params(Role::Coordinator);
        coordinator.extended_key_usages = vec![ExtendedKeyUsagePurpose::ClientAuth];
        signed(authority, &coordinator)
    })
    .await;
}

#[tokio::test]
async fn a_coordinator_of_another_authority_is_not_believed() {
    disbelieved(|_| super::forge::authority().leaf(Role::Coordinator, &job(), now()).unwrap()).await;
}

#[tokio::test]
async fn a_self_signed_coordinator_is_not_believed() {
    disbelieved(|_| {
        let key = KeyPair::generate().unwrap();
        let certificate_pem = params(Role::Coordinator).self_signed(&key).unwrap().pem();
        Leaf { certificate_pem, key_pem: key.serialize_pem() }
    })
    .await;
}

#[tokio::test]
async fn an_expired_coordinator_is_not_believed() {
    disbelieved(|authority| authority.leaf(Role::Coordinator, &job(), now() - 731 * DAY).unwrap()).await;
}

#[tokio::test]
async fn a_coordinator_that_is_not_yet_valid_is_not_believed() {
    disbelieved(|authority| authority.leaf(Role::Coordinator, &job(), now() + DAY).unwrap()).await;
}

#[tokio::test]
async fn a_wildcard_coordinator_is_not_believed() {
    disbelieved(|authority| {
        let mut any = params(Role::Coordinator);
        any.subject_alt_names = vec![wildcard()];
        signed(authority, &any)
    })
    .await;
}

#[tokio::test]
async fn a_coordinator_of_two_jobs_is_not_believed() {
    disbelieved(|authority| {
        let mut two = params(Role::Coordinator);
        two.subject_alt_names.push(dns(&dns_name(Role::Coordinator, &other_job())));
        signed(authority, &two)
    })
    .await;
}

#[tokio::test]
async fn a_coordinator_named_by_its_address_is_not_believed() {
    disbelieved(|authority| {
        let mut address = params(Role::Coordinator);
        address.subject_alt_names = vec![rcgen::SanType::IpAddress("127.0.0.1".parse().unwrap())];
        signed(authority, &address)
    })
    .await;
}

#[tokio::test]
async fn a_server_that_speaks_plain_text_is_given_up() {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap().to_string();
    tokio::spawn(async move {
        let (mut tcp, _) = listener.accept().await.unwrap();
        tcp.write_all(b"HTTP/1.1 400 Bad Request\r\n\r\n").await.unwrap();
        tcp.read_to_end(&mut Vec::new()).await
    });
    let error = try_connecting(&super::forge::authority(), &address, PATIENCE).await;
    assert!(matches!(error, ConnectError::Broken { .. }), "{error}");
}

#[tokio::test]
async fn a_server_that_names_no_application_protocol_is_given_up() {
    let authority = super::forge::authority();
    let own = identity(&authority, Role::Coordinator);
    let mut config = server_config(&own, &job(), &[Role::Worker]).unwrap().as_ref().clone();
    config.alpn_protocols.clear();
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap().to_string();
    let server = tokio::spawn(async move {
        let (tcp, _) = listener.accept().await.unwrap();
        let mut tls = TlsAcceptor::from(Arc::new(config)).accept(tcp).await.unwrap();
        let mut heard = Vec::new();
        let _ = tls.read_to_end(&mut heard).await;
        heard
    });
    let error = try_connecting(&authority, &address, PATIENCE).await;
    assert!(matches!(error, ConnectError::Broken { .. }), "{error}");
    assert_eq!(server.await.unwrap(), b"", "the client spoke before it was sure");
}

#[tokio::test]
async fn a_server_that_says_nothing_is_given_up_in_time() {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap().to_string();
    let began = Instant::now();
    let error = try_connecting(&super::forge::authority(), &address, Duration::from_millis(300)).await;
    assert!(matches!(error, ConnectError::TimedOut { .. }), "{error}");
    assert!(began.elapsed() < Duration::from_secs(5));
}

#[tokio::test]
async fn an_address_without_a_server_is_unreachable() {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let free = listener.local_addr().unwrap().to_string();
    drop(listener);
    for address in [free.as_str(), "127.0.0.1", "", "127.0.0.1:none", "127.0.0.1:99999"] {
        let error = try_connecting(&super::forge::authority(), address, PATIENCE).await;
        assert!(matches!(error, ConnectError::Unreachable { .. }), "{address}: {error}");
    }
}
