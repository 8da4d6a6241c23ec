//! A process's certificate, its key and the authority it trusts, as they lie in a Secret.

use super::verify::names_of;
use super::{JobUid, Role, TlsError, dns_name};
use rustls::RootCertStore;
use rustls::pki_types::pem::{Error as PemError, PemObject};
use rustls::pki_types::{CertificateDer, PrivateKeyDer};
use rustls::sign::CertifiedKey;
use std::fmt;
use std::fs;
use std::path::Path;
use std::sync::Arc;

/// File of the authority's certificate.
pub const AUTHORITY_FILE: &str = "ca.crt";
/// File of the certificate and its intermediates, leaf first.
pub const CERTIFICATE_FILE: &str = "tls.crt";
/// File of the private key.
pub const KEY_FILE: &str = "tls.key";

/// Who a process is, and whom it believes.
pub struct Identity {
    chain: Vec<CertificateDer<'static>>,
    key: PrivateKeyDer<'static>,
    roots: Arc<RootCertStore>,
}

impl Identity {
    /// Reads `ca.crt`, `tls.crt` and `tls.key` of a folder.
    ///
    /// # Errors
    /// A file is missing or not what its name says, or the key does not belong to the certificate.
    pub fn load(dir: &Path) -> Result<Self, TlsError> {
        let read = |name: &str| {
            let path = dir.join(name);
            fs::read(&path).map_err(|source| TlsError::Read { path, source })
        };
        Identity::from_pem(read(AUTHORITY_FILE)?, read(CERTIFICATE_FILE)?, read(KEY_FILE)?)
    }

    /// The same from PEM text: authority, certificate chain (leaf first), private key.
    ///
    /// # Errors
    /// As `load`.
    pub fn from_pem(
        authority: impl AsRef<[u8]>,
        certificate: impl AsRef<[u8]>,
        key: impl AsRef<[u8]>,
    ) -> Result<Self, TlsError> {
        let mut roots = RootCertStore::empty();
        for root in certificates(AUTHORITY_FILE, authority.as_ref())? {
            roots.add(root).map_err(|source| TlsError::Unusable { file: AUTHORITY_FILE, source })?;
        }
        let chain = certificates(CERTIFICATE_FILE, certificate.as_ref())?;
        let key = PrivateKeyDer::from_pem_slice(key.as_ref()).map_err(|error| match error {
            PemError::NoItemsFound => TlsError::Missing { file: KEY_FILE, what: "private key" },
            other => TlsError::Pem { file: KEY_FILE, problem: other.to_string() },
        })?;
        let signer = rustls::crypto::ring::sign::any_supported_type(&key)
            .map_err(|source| TlsError::Unusable { file: KEY_FILE, source })?;
        match CertifiedKey::new(chain.clone(), signer).keys_match() {
            Ok(()) => {}
            Err(rustls::Error::InconsistentKeys(_)) => return Err(TlsError::KeyMismatch),
            Err(source) => return Err(TlsError::Unusable { file: CERTIFICATE_FILE, source }),
        }
        Ok(Identity { chain, key, roots: Arc::new(roots) })
    }

    /// Whether the certificate speaks for `role` of `job`: a process should ask before it connects or listens,
    /// because the other side would only say no.
    ///
    /// # Errors
    /// It does not.
    pub fn check(&self, role: Role, job: &JobUid) -> Result<(), TlsError> {
        let expected = dns_name(role, job);
        let found = self
            .chain
            .first()
            .map(names_of)
            .transpose()
            .map_err(|source| TlsError::Unusable { file: CERTIFICATE_FILE, source })?
            .unwrap_or_default();
        if found == [expected.as_str()] {
            return Ok(());
        }
        let found = if found.is_empty() { "nobody".to_owned() } else { found.join(" and ") };
        Err(TlsError::OtherIdentity { found, expected })
    }

    pub(super) fn chain(&self) -> Vec<CertificateDer<'static>> {
        self.chain.clone()
    }

    pub(super) fn key(&self) -> PrivateKeyDer<'static> {
        self.key.clone_key()
    }

    pub(super) fn roots(&self) -> Arc<RootCertStore> {
        Arc::clone(&self.roots)
    }
}

// Not derived: a private key must not end up in a log.
impl fmt::Debug for Identity {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let names = self.chain.first().map(names_of);
        f.debug_struct("Identity").field("names", &names).finish_non_exhaustive()
    }
}

fn certificates(file: &'static str, pem: &[u8]) -> Result<Vec<CertificateDer<'static>>, TlsError> {
    let found: Vec<_> = CertificateDer::pem_slice_iter(pem)
        .collect::<Result<_, _>>()
        .map_err(|error| TlsError::Pem { file, problem: error.to_string() })?;
    if found.is_empty() { Err(TlsError::Missing { file, what: "certificate" }) } else { Ok(found) }
}
