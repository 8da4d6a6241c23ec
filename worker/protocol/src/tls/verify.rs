//! The two checks of a handshake: chain to the authority, and the one name that is expected.
//!
//! Rustls alone would let any client of the authority in, and take wildcard names of servers.

use super::{JobUid, Role, dns_name};
use rustls::client::WebPkiServerVerifier;
use rustls::client::danger::{HandshakeSignatureValid, ServerCertVerified, ServerCertVerifier};
use rustls::pki_types::{CertificateDer, ServerName, UnixTime};
use rustls::server::danger::{ClientCertVerified, ClientCertVerifier};
use rustls::{CertificateError, DigitallySignedStruct, DistinguishedName, Error, SignatureScheme};
use std::sync::Arc;

/// The DNS names of a certificate, as they stand in it.
pub(super) fn names_of(certificate: &CertificateDer<'_>) -> Result<Vec<String>, Error> {
    let parsed = webpki::EndEntityCert::try_from(certificate)
        .map_err(|_| Error::InvalidCertificate(CertificateError::BadEncoding))?;
    Ok(parsed.valid_dns_names().map(str::to_owned).collect())
}

/// The DNS name of a certificate that has exactly one: a certificate with two names would be two processes.
pub(crate) fn single_name(certificate: &CertificateDer<'_>) -> Result<Option<String>, Error> {
    let mut names = names_of(certificate)?;
    Ok(if names.len() == 1 { names.pop() } else { None })
}

/// Lets in the clients whose only name is one of `accepted`.
#[derive(Debug)]
pub(super) struct ClientNames {
    chain: Arc<dyn ClientCertVerifier>,
    accepted: Vec<String>,
}

impl ClientNames {
    /// `chain`: checks everything but the name, and that there is a certificate.
    pub(super) fn new(chain: Arc<dyn ClientCertVerifier>, job: &JobUid, accepts: &[Role]) -> Self {
        ClientNames { chain, accepted: accepts.iter().map(|&role| dns_name(role, job)).collect() }
    }
}

impl ClientCertVerifier for ClientNames {
    fn offer_client_auth(&self) -> bool {
        true
    }

    fn client_auth_mandatory(&self) -> bool {
        true
    }

    fn root_hint_subjects(&self) -> &[DistinguishedName] {
        self.chain.root_hint_subjects()
    }

    fn verify_client_cert(
        &self,
        end_entity: &CertificateDer<'_>,
        intermediates: &[CertificateDer<'_>],
        now: UnixTime,
    ) -> Result<ClientCertVerified, Error> {
        let verified = self.chain.verify_client_cert(end_entity, intermediates, now)?;
        match single_name(end_entity)? {
            Some(name) if self.accepted.contains(&name) => Ok(verified),
            _ => {
                tracing::debug!(found = ?names_of(end_entity), accepted = ?self.accepted, "client of another name refused");
                Err(Error::InvalidCertificate(CertificateError::ApplicationVerificationFailure))
            }
        }
    }

    fn verify_tls12_signature(
        &self,
        message: &[u8],
        certificate: &CertificateDer<'_>,
        signature: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, Error> {
        self.chain.verify_tls12_signature(message, certificate, signature)
    }

    fn verify_tls13_signature(
        &self,
        message: &[u8],
        certificate: &CertificateDer<'_>,
        signature: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, Error> {
        self.chain.verify_tls13_signature(message, certificate, signature)
    }

    fn supported_verify_schemes(&self) -> Vec<SignatureScheme> {
        self.chain.supported_verify_schemes()
    }
}

/// Believes the server whose only name is the one that was asked for, letter by letter.
#[derive(Debug)]
pub(super) struct ExactServerName {
    pub(super) chain: Arc<WebPkiServerVerifier>,
}

impl ServerCertVerifier for ExactServerName {
    fn verify_server_cert(
        &self,
        end_entity: &CertificateDer<'_>,
        intermediates: &[CertificateDer<'_>],
        server_name: &ServerName<'_>,
        ocsp_response: &[u8],
        now: UnixTime,
    ) -> Result<ServerCertVerified, Error> {
        let verified =
            self.chain.verify_server_cert(end_entity, intermediates, server_name, ocsp_response, now)?;
        if single_name(end_entity)?.is_some_and(|name| name == server_name.to_str()) {
            return Ok(verified);
        }
        Err(Error::InvalidCertificate(CertificateError::NotValidForNameContext {
            expected: server_name.to_owned(),
            presented: names_of(end_entity)?,
        }))
    }

    fn verify_tls12_signature(
        &self,
        message: &[u8],
        certificate: &CertificateDer<'_>,
        signature: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, Error> {
        self.chain.verify_tls12_signature(message, certificate, signature)
    }

    fn verify_tls13_signature(
        &self,
        message: &[u8],
        certificate: &CertificateDer<'_>,
        signature: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, Error> {
        self.chain.verify_tls13_signature(message, certificate, signature)
    }

    fn supported_verify_schemes(&self) -> Vec<SignatureScheme> {
        self.chain.supported_verify_schemes()
    }
}
