//! Issues the certificates of jobs: an authority, and one leaf per role and job.

use super::{AUTHORITY_FILE, CERTIFICATE_FILE, DOMAIN, JobUid, KEY_FILE, Role, TlsError, dns_name};
use rcgen::{
    BasicConstraints, CertificateParams, DistinguishedName, DnType, ExtendedKeyUsagePurpose, GeneralSubtree,
    IsCa, Issuer, KeyPair, KeyUsagePurpose, NameConstraints, PKCS_ECDSA_P256_SHA256, PublicKeyData, SanType,
};
use rustls::pki_types::CertificateDer;
use rustls::pki_types::pem::PemObject;
use std::fmt;
use std::fs::{self, OpenOptions};
use std::io::{self, Write as _};
use std::os::unix::fs::OpenOptionsExt as _;
use std::path::Path;
use std::time::{Duration, SystemTime};
use time::OffsetDateTime;

/// How long before its making a certificate is valid: clocks of machines differ.
pub const BACKDATED: Duration = Duration::from_secs(10 * 60);
/// How long a leaf is valid after its making.
pub const LEAF_VALIDITY: Duration = Duration::from_secs(2 * 365 * 24 * 3600);
/// How long an authority is valid after its making.
pub const AUTHORITY_VALIDITY: Duration = Duration::from_secs(10 * 365 * 24 * 3600);

/// Signs the certificates of jobs. Its certificate allows it names under `galapagos.internal` only.
pub struct Authority {
    certificate_pem: String,
    key_pem: String,
    issuer: Issuer<'static, KeyPair>,
}

/// The certificate of one role of one job.
pub struct Leaf {
    /// The certificate as PEM, for a file `tls.crt`.
    pub certificate_pem: String,
    /// The private key as PEM, for a file `tls.key`.
    pub key_pem: String,
}

impl Leaf {
    /// Writes `ca.crt`, `tls.crt` and `tls.key` into `dir`, as `Identity::load` reads them; the key for its owner only.
    /// Files of these names are replaced.
    ///
    /// # Errors
    /// The folder cannot be made, or a file cannot be written.
    pub fn write(&self, authority: &Authority, dir: &Path) -> Result<(), TlsError> {
        fs::create_dir_all(dir).map_err(|source| TlsError::Write { path: dir.to_owned(), source })?;
        for (name, text, mode) in [
            (AUTHORITY_FILE, authority.certificate_pem(), 0o644),
            (CERTIFICATE_FILE, &self.certificate_pem, 0o644),
            (KEY_FILE, &self.key_pem, 0o600),
        ] {
            let path = dir.join(name);
            replace(&path, text, mode).map_err(|source| TlsError::Write { path, source })?;
        }
        Ok(())
    }
}

impl Authority {
    /// A new authority with a new key, valid from ten minutes before `now` for ten years.
    ///
    /// # Errors
    /// `now` is not a date that a certificate can carry, or there is no randomness.
    pub fn new(now: SystemTime) -> Result<Self, TlsError> {
        let key = new_key()?;
        let mut params = CertificateParams::default();
        (params.not_before, params.not_after) = validity(now, AUTHORITY_VALIDITY)?;
        params.distinguished_name = common_name("galapagos");
        params.is_ca = IsCa::Ca(BasicConstraints::Constrained(0));
        params.key_usages = vec![KeyUsagePurpose::KeyCertSign, KeyUsagePurpose::CrlSign];
        params.name_constraints = Some(NameConstraints {
            permitted_subtrees: vec![GeneralSubtree::DnsName(DOMAIN.to_owned())],
            excluded_subtrees: Vec::new(),
        });
        let certificate = params.self_signed(&key).map_err(refused)?;
        Ok(Authority {
            certificate_pem: certificate.pem(),
            key_pem: key.serialize_pem(),
            issuer: Issuer::new(params, key),
        })
    }

    /// An authority made before, from the PEM of its certificate and of its key.
    ///
    /// # Errors
    /// One of them cannot be parsed, or they do not belong together.
    pub fn from_pem(certificate_pem: &str, key_pem: &str) -> Result<Self, TlsError> {
        let key = KeyPair::from_pem(key_pem).map_err(refused)?;
        let der = CertificateDer::from_pem_slice(certificate_pem.as_bytes()).map_err(refused)?;
        let parsed = webpki::EndEntityCert::try_from(&der).map_err(refused)?;
        if parsed.subject_public_key_info().as_ref() != key.subject_public_key_info() {
            return Err(refused("the authority's key does not belong to its certificate"));
        }
        let issuer = Issuer::from_ca_cert_der(&der, key).map_err(refused)?;
        let usages = issuer.key_usages();
        if !usages.is_empty() && !usages.contains(&KeyUsagePurpose::KeyCertSign) {
            return Err(refused("the authority's certificate may not sign certificates"));
        }
        Ok(Authority { certificate_pem: certificate_pem.to_owned(), key_pem: key_pem.to_owned(), issuer })
    }

    /// The authority's certificate as PEM, for a file `ca.crt`.
    pub fn certificate_pem(&self) -> &str {
        &self.certificate_pem
    }

    /// The private key, to be kept where only the issuer reads it.
    pub fn key_pem(&self) -> &str {
        &self.key_pem
    }

    /// A new certificate for `role` of `job` with a new key (ECDSA P-256), valid from ten minutes before `now` for two
    /// years. A coordinator's can only serve, the others' can only connect.
    ///
    /// # Errors
    /// As `new`.
    pub fn leaf(&self, role: Role, job: &JobUid, now: SystemTime) -> Result<Leaf, TlsError> {
        let key = new_key()?;
        let mut params = CertificateParams::default();
        (params.not_before, params.not_after) = validity(now, LEAF_VALIDITY)?;
        // Not the name of the job: a common name ends at 64 characters.
        params.distinguished_name = common_name(role.as_str());
        params.subject_alt_names = vec![SanType::DnsName(dns_name(role, job).try_into().map_err(refused)?)];
        params.is_ca = IsCa::ExplicitNoCa;
        params.key_usages = vec![KeyUsagePurpose::DigitalSignature];
        params.extended_key_usages = vec![match role {
            Role::Coordinator => ExtendedKeyUsagePurpose::ServerAuth,
            Role::Worker | Role::Operator => ExtendedKeyUsagePurpose::ClientAuth,
        }];
        params.use_authority_key_identifier_extension = true;
        let certificate = params.signed_by(&key, &self.issuer).map_err(refused)?;
        Ok(Leaf { certificate_pem: certificate.pem(), key_pem: key.serialize_pem() })
    }
}

// Neither is derived: a private key must not end up in a log.
impl fmt::Debug for Authority {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Authority").field("certificate_pem", &self.certificate_pem).finish_non_exhaustive()
    }
}

impl fmt::Debug for Leaf {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Leaf").field("certificate_pem", &self.certificate_pem).finish_non_exhaustive()
    }
}

fn replace(path: &Path, text: &str, mode: u32) -> io::Result<()> {
    // A file that is there would keep its mode, which may be wider.
    match fs::remove_file(path) {
        Err(error) if error.kind() != io::ErrorKind::NotFound => return Err(error),
        _ => {}
    }
    OpenOptions::new().write(true).create_new(true).mode(mode).open(path)?.write_all(text.as_bytes())
}

fn new_key() -> Result<KeyPair, TlsError> {
    KeyPair::generate_for(&PKCS_ECDSA_P256_SHA256).map_err(refused)
}

fn common_name(name: &str) -> DistinguishedName {
    let mut distinguished = DistinguishedName::new();
    distinguished.push(DnType::CommonName, name);
    distinguished
}

fn validity(now: SystemTime, period: Duration) -> Result<(OffsetDateTime, OffsetDateTime), TlsError> {
    let since_1970 =
        now.duration_since(SystemTime::UNIX_EPOCH).map_err(|_| refused("the clock stands before 1970"))?;
    let date = |at: Option<Duration>| {
        at.and_then(|at| i64::try_from(at.as_secs()).ok())
            .and_then(|seconds| OffsetDateTime::from_unix_timestamp(seconds).ok())
            .ok_or_else(|| refused("the clock stands at a date that no certificate can carry"))
    };
    Ok((date(since_1970.checked_sub(BACKDATED))?, date(since_1970.checked_add(period))?))
}

fn refused(error: impl fmt::Display) -> TlsError {
    TlsError::Issue { problem: error.to_string() }
}
