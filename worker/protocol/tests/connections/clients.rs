//! Clients that a coordinator's side for workers must not let in. Each pushes its request as early as it can.

use super::forge::{
    DAY, below, dns, identity, job, now, other_job, params, signed, signed_by, trusting, wildcard,
};
use super::service::{Coordinator, PATIENCE, call, greet, push};
use galapagos_protocol::tls::issue::{Authority, Leaf};
use galapagos_protocol::tls::{ALPN, Role, client_config, dns_name};
use galapagos_protocol::transport::{self, ConnectError};
use rcgen::{
    BasicConstraints, CertificateParams, ExtendedKeyUsagePurpose, IsCa, Issuer, KeyPair, KeyUsagePurpose,
    SanType,
};
use rustls::client::ResolvesClientCert;
use rustls::pki_types::pem::PemObject;
use rustls::pki_types::{CertificateDer, PrivateKeyDer};
use rustls::sign::CertifiedKey;
use rustls::{ClientConfig, RootCertStore, SignatureScheme};
use std::sync::Arc;
use tonic::transport::Endpoint;

/// A client that shows what `forge` makes gets no request through, and others still do.
async fn refused(forge: impl FnOnce(&Authority) -> Leaf) {
    let coordinator = Coordinator::start().await;
    let leaf = forge(&coordinator.authority);
    let config = client_config(&trusting(&coordinator.authority, &leaf)).unwrap();
    refused_by(&coordinator, config).await;
}

async fn refused_by(coordinator: &Coordinator, config: Arc<ClientConfig>) {
    assert!(push(coordinator.work.address, Arc::clone(&config)).await.is_err());
    coordinator.nothing_came_through().await;
    // The same client, waiting for the server's opinion, learns whose fault it is.
    let address = coordinator.work.address.to_string();
    let refused = transport::connect(&address, config, Role::Coordinator, &job(), PATIENCE).await;
    let error = refused.expect_err("connected");
    assert!(matches!(error, ConnectError::Refused { .. }), "{error}");
    assert!(error.is_about_identity());
    coordinator.nothing_came_through().await;
    coordinator.still_serves().await;
}

fn worker_params(change: impl FnOnce(&mut CertificateParams)) -> CertificateParams {
    let mut changed = params(Role::Worker);
    change(&mut changed);
    changed
}

/// The other tests of this file say something only if this passes.
#[tokio::test]
async fn a_forged_certificate_without_a_fault_is_let_in() {
    let coordinator = Coordinator::start().await;
    let leaf = signed(&coordinator.authority, &params(Role::Worker));
    let config = client_config(&trusting(&coordinator.authority, &leaf)).unwrap();
    push(coordinator.work.address, Arc::clone(&config)).await.unwrap();
    call(coordinator.work.address, config).await.unwrap();
}

#[tokio::test]
async fn plain_text_http2_is_refused() {
    let coordinator = Coordinator::start().await;
    let address = format!("http://{}", coordinator.work.address);
    let channel = Endpoint::from_shared(address).unwrap().connect().await;
    let answered = match channel {
        Ok(channel) => greet(channel).await.is_ok(),
        Err(_) => false,
    };
    assert!(!answered);
    coordinator.nothing_came_through().await;
    coordinator.still_serves().await;
}

#[tokio::test]
async fn a_client_without_a_certificate_is_refused() {
    let coordinator = Coordinator::start().await;
    let config = builder(&coordinator.authority).with_no_client_auth();
    refused_by(&coordinator, speaking_http2(config)).await;
}

#[tokio::test]
async fn a_certificate_of_another_authority_is_refused() {
    refused(|_| super::forge::authority().leaf(Role::Worker, &job(), now()).unwrap()).await;
}

#[tokio::test]
async fn an_authority_of_the_same_name_with_another_key_is_refused() {
    refused(|authority| {
        let real = KeyPair::from_pem(authority.key_pem()).unwrap();
        let pem = authority.certificate_pem();
        assert_eq!(Issuer::from_ca_cert_pem(pem, real).unwrap().key_usages().len(), 2);
        let impostor = Issuer::from_ca_cert_pem(pem, KeyPair::generate().unwrap()).unwrap();
        signed_by(&impostor, &params(Role::Worker))
    })
    .await;
}

#[tokio::test]
async fn a_self_signed_certificate_is_refused() {
    refused(|_| {
        let key = KeyPair::generate().unwrap();
        let certificate_pem = params(Role::Worker).self_signed(&key).unwrap().pem();
        Leaf { certificate_pem, key_pem: key.serialize_pem() }
    })
    .await;
}

#[tokio::test]
async fn an_expired_certificate_is_refused() {
    refused(|authority| authority.leaf(Role::Worker, &job(), now() - 731 * DAY).unwrap()).await;
}

#[tokio::test]
async fn a_certificate_that_is_not_yet_valid_is_refused() {
    refused(|authority| authority.leaf(Role::Worker, &job(), now() + DAY).unwrap()).await;
}

#[tokio::test]
async fn a_worker_of_another_job_is_refused() {
    refused(|authority| authority.leaf(Role::Worker, &other_job(), now()).unwrap()).await;
}

#[tokio::test]
async fn an_operator_is_refused_on_the_side_for_workers() {
    refused(|authority| authority.leaf(Role::Operator, &job(), now()).unwrap()).await;
}

#[tokio::test]
async fn a_coordinator_is_refused_as_a_client() {
    refused(|authority| authority.leaf(Role::Coordinator, &job(), now()).unwrap()).await;
}

#[tokio::test]
async fn a_coordinator_whose_certificate_may_connect_is_refused_by_its_name() {
    refused(|authority| {
        let mut coordinator = params(Role::Coordinator);
        coordinator.extended_key_usages = vec![ExtendedKeyUsagePurpose::ClientAuth];
        signed(authority, &coordinator)
    })
    .await;
}

#[tokio::test]
async fn a_worker_whose_certificate_may_only_serve_is_refused() {
    refused(|authority| {
        let serving = worker_params(|p| p.extended_key_usages = vec![ExtendedKeyUsagePurpose::ServerAuth]);
        signed(authority, &serving)
    })
    .await;
}

#[tokio::test]
async fn a_worker_is_refused_on_the_side_for_operators() {
    let coordinator = Coordinator::start().await;
    let worker = client_config(&identity(&coordinator.authority, Role::Worker)).unwrap();
    assert!(push(coordinator.progress.address, worker).await.is_err());
    let progress = &coordinator.progress;
    assert!(super::service::eventually(|| progress.counts.refused() > 0).await);
    assert_eq!(progress.seen.requests.load(std::sync::atomic::Ordering::SeqCst), 0);
}

#[tokio::test]
async fn a_certificate_with_the_name_only_as_its_common_name_is_refused() {
    refused(|authority| {
        let unnamed = worker_params(|p| {
            p.subject_alt_names.clear();
            p.distinguished_name.push(rcgen::DnType::CommonName, dns_name(Role::Worker, &job()));
        });
        signed(authority, &unnamed)
    })
    .await;
}

#[tokio::test]
async fn a_wildcard_name_is_refused() {
    refused(|authority| signed(authority, &worker_params(|p| p.subject_alt_names = vec![wildcard()]))).await;
}

#[tokio::test]
async fn an_address_instead_of_a_name_is_refused() {
    refused(|authority| {
        let address = SanType::IpAddress("127.0.0.1".parse().unwrap());
        signed(authority, &worker_params(|p| p.subject_alt_names = vec![address]))
    })
    .await;
}

#[tokio::test]
async fn a_certificate_with_two_names_is_refused() {
    refused(|authority| {
        let second = dns(&dns_name(Role::Worker, &other_job()));
        signed(authority, &worker_params(|p| p.subject_alt_names.push(second)))
    })
    .await;
}

#[tokio::test]
async fn a_name_that_only_begins_like_the_right_one_is_refused() {
    refused(|authority| {
        let longer = dns(&format!("{}.example", dns_name(Role::Worker, &job())));
        signed(authority, &worker_params(|p| p.subject_alt_names = vec![longer]))
    })
    .await;
}

#[tokio::test]
async fn a_certificate_of_an_authority_is_refused_as_a_process() {
    refused(|authority| {
        let own = worker_params(|p| p.is_ca = IsCa::Ca(BasicConstraints::Unconstrained));
        signed(authority, &own)
    })
    .await;
}

#[tokio::test]
async fn the_authority_itself_is_refused_as_a_process() {
    refused(|authority| Leaf {
        certificate_pem: authority.certificate_pem().to_owned(),
        key_pem: authority.key_pem().to_owned(),
    })
    .await;
}

#[tokio::test]
async fn a_process_that_signs_certificates_is_refused() {
    refused(|authority| below(authority, params(Role::Worker), &params(Role::Worker))).await;
}

/// For authorities of others that keep their root away from the machines; our own issues leaves only.
#[tokio::test]
async fn a_worker_below_an_intermediate_authority_is_let_in() {
    let coordinator = Coordinator::start().await;
    let mut intermediate = CertificateParams::default();
    intermediate.is_ca = IsCa::Ca(BasicConstraints::Constrained(0));
    intermediate.key_usages = vec![KeyUsagePurpose::KeyCertSign];
    let leaf = below(&coordinator.authority, intermediate, &params(Role::Worker));
    let config = client_config(&trusting(&coordinator.authority, &leaf)).unwrap();
    call(coordinator.work.address, config).await.unwrap();
}

#[tokio::test]
async fn a_certificate_shown_without_its_key_is_refused() {
    let coordinator = Coordinator::start().await;
    let real = coordinator.authority.leaf(Role::Worker, &job(), now()).unwrap();
    let chain = vec![CertificateDer::from_pem_slice(real.certificate_pem.as_bytes()).unwrap()];
    let own = KeyPair::generate().unwrap().serialize_pem();
    let key = PrivateKeyDer::from_pem_slice(own.as_bytes()).unwrap();
    let stolen = CertifiedKey::new(chain, rustls::crypto::ring::sign::any_supported_type(&key).unwrap());
    let config = builder(&coordinator.authority).with_client_cert_resolver(Arc::new(Shows(Arc::new(stolen))));
    refused_by(&coordinator, speaking_http2(config)).await;
}

/// A client that trusts `authority`, before it says what it shows.
fn builder(authority: &Authority) -> rustls::ConfigBuilder<ClientConfig, rustls::client::WantsClientCert> {
    let mut roots = RootCertStore::empty();
    roots.add(CertificateDer::from_pem_slice(authority.certificate_pem().as_bytes()).unwrap()).unwrap();
    ClientConfig::builder_with_provider(Arc::new(rustls::crypto::ring::default_provider()))
        .with_protocol_versions(&[&rustls::version::TLS13])
        .unwrap()
        .with_root_certificates(roots)
}

fn speaking_http2(mut config: ClientConfig) -> Arc<ClientConfig> {
    config.alpn_protocols = vec![ALPN.to_vec()];
    Arc::new(config)
}

#[derive(Debug)]
struct Shows(Arc<CertifiedKey>);

impl ResolvesClientCert for Shows {
    fn resolve(&self, _: &[&[u8]], _: &[SignatureScheme]) -> Option<Arc<CertifiedKey>> {
        Some(Arc::clone(&self.0))
    }

    fn has_certs(&self) -> bool {
        true
    }
}
