//! Whom TLS connections trust: the public authorities, which are compiled in, or those of a file.

use std::fs;
use std::path::Path;
use std::sync::Arc;

use rustls::pki_types::CertificateDer;
use rustls::pki_types::pem::PemObject;
use rustls::{ClientConfig, RootCertStore};

/// The certificates of a PEM file.
///
/// # Errors
/// It cannot be read, or has none.
pub fn certificates(file: &Path) -> Result<Vec<CertificateDer<'static>>, String> {
    let said = |problem: String| format!("the certificates in {} cannot be read: {problem}", file.display());
    let bytes = fs::read(file).map_err(|e| said(e.to_string()))?;
    let found: Result<Vec<_>, _> = CertificateDer::pem_slice_iter(&bytes).collect();
    let found = found.map_err(|e| said(e.to_string()))?;
    if found.is_empty() { Err(said("it has none".to_owned())) } else { Ok(found) }
}

/// TLS that trusts the certificates of `file`, or without one the public authorities.
///
/// # Errors
/// The file has no usable certificates.
pub fn client(file: Option<&Path>) -> Result<ClientConfig, String> {
    let mut roots = RootCertStore::empty();
    match file {
        Some(file) => {
            for certificate in certificates(file)? {
                let wrong = |e| format!("a certificate in {} is of no use: {e}", file.display());
                roots.add(certificate).map_err(wrong)?;
            }
        }
        None => {
            roots.add_parsable_certificates(webpki_root_certs::TLS_SERVER_ROOT_CERTS.iter().cloned());
        }
    }
    let config = ClientConfig::builder_with_provider(Arc::new(rustls::crypto::ring::default_provider()))
        .with_safe_default_protocol_versions()
        .map_err(|e| e.to_string())?;
    Ok(config.with_root_certificates(roots).with_no_client_auth())
}
