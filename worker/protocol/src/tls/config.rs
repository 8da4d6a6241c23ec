//! Configurations of rustls for both sides.

use super::verify::{ClientNames, ExactServerName};
use super::{Identity, JobUid, Role, TlsError};
use rustls::client::{Resumption, WebPkiServerVerifier};
use rustls::crypto::CryptoProvider;
use rustls::server::{NoServerSessionStorage, WebPkiClientVerifier};
use rustls::{ClientConfig, ServerConfig};
use std::sync::Arc;

/// The application protocol of every connection: HTTP/2.
pub const ALPN: &[u8] = b"h2";

/// A server that shows `identity` and lets in the roles `accepts` of `job`, nobody else.
///
/// # Errors
/// `accepts` is empty, or rustls refuses the certificates.
pub fn server_config(
    identity: &Identity,
    job: &JobUid,
    accepts: &[Role],
) -> Result<Arc<ServerConfig>, TlsError> {
    if accepts.is_empty() {
        return Err(TlsError::NobodyAccepted);
    }
    let provider = provider();
    let chain = WebPkiClientVerifier::builder_with_provider(identity.roots(), Arc::clone(&provider))
        .build()
        .map_err(refused)?;
    let mut config = ServerConfig::builder_with_provider(provider)
        .with_protocol_versions(&[&rustls::version::TLS13])
        .map_err(refused)?
        .with_client_cert_verifier(Arc::new(ClientNames::new(chain, job, accepts)))
        .with_single_cert(identity.chain(), identity.key())
        .map_err(refused)?;
    config.alpn_protocols = vec![ALPN.to_vec()];
    // A resumed session would skip the check of the certificate, which may have expired since.
    config.session_storage = Arc::new(NoServerSessionStorage {});
    config.send_tls13_tickets = 0;
    Ok(Arc::new(config))
}

/// A client that shows `identity` and believes the server whose only name is the one it connects to:
/// `dns_name(role, job)` of the server, whatever its address.
///
/// # Errors
/// Rustls refuses the certificates.
pub fn client_config(identity: &Identity) -> Result<Arc<ClientConfig>, TlsError> {
    let provider = provider();
    let chain = WebPkiServerVerifier::builder_with_provider(identity.roots(), Arc::clone(&provider))
        .build()
        .map_err(refused)?;
    let mut config = ClientConfig::builder_with_provider(provider)
        .with_protocol_versions(&[&rustls::version::TLS13])
        .map_err(refused)?
        .dangerous()
        .with_custom_certificate_verifier(Arc::new(ExactServerName { chain }))
        .with_client_auth_cert(identity.chain(), identity.key())
        .map_err(refused)?;
    config.alpn_protocols = vec![ALPN.to_vec()];
    config.resumption = Resumption::disabled();
    Ok(Arc::new(config))
}

// Named here, so that no library of the process can choose another by installing a default.
fn provider() -> Arc<CryptoProvider> {
    Arc::new(rustls::crypto::ring::default_provider())
}

fn refused(error: impl std::fmt::Display) -> TlsError {
    TlsError::Configuration { problem: error.to_string() }
}
