//! Certificates that no honest authority issues, beside those it does.

use galapagos_protocol::tls::issue::{Authority, Leaf};
use galapagos_protocol::tls::{DOMAIN, Identity, JobUid, Role, dns_name};
use rcgen::{
    CertificateParams, DistinguishedName, DnType, ExtendedKeyUsagePurpose, Issuer, KeyPair, SanType,
};
use std::time::{Duration, SystemTime};

pub const DAY: Duration = Duration::from_secs(24 * 3600);

pub fn job() -> JobUid {
    JobUid::new("0b7e5f2c-0f5e-4c0e-9f5e-2f6f7c1d9a10").unwrap()
}

pub fn other_job() -> JobUid {
    JobUid::new("0b7e5f2c-0f5e-4c0e-9f5e-2f6f7c1d9a11").unwrap()
}

pub fn now() -> SystemTime {
    SystemTime::now()
}

pub fn authority() -> Authority {
    Authority::new(now()).unwrap()
}

/// What an honest process of the job has.
pub fn identity(authority: &Authority, role: Role) -> Identity {
    trusting(authority, &authority.leaf(role, &job(), now()).unwrap())
}

/// A process that trusts `authority` and shows `leaf`.
pub fn trusting(authority: &Authority, leaf: &Leaf) -> Identity {
    Identity::from_pem(authority.certificate_pem(), &leaf.certificate_pem, &leaf.key_pem).unwrap()
}

/// Parameters of a certificate that is in order but for what a test changes.
pub fn params(role: Role) -> CertificateParams {
    let mut params = CertificateParams::default();
    params.not_before = (now() - DAY).into();
    params.not_after = (now() + DAY).into();
    params.distinguished_name = DistinguishedName::new();
    params.distinguished_name.push(DnType::CommonName, role.as_str());
    params.subject_alt_names = vec![dns(&dns_name(role, &job()))];
    params.extended_key_usages = vec![match role {
        Role::Coordinator => ExtendedKeyUsagePurpose::ServerAuth,
        Role::Worker | Role::Operator => ExtendedKeyUsagePurpose::ClientAuth,
    }];
    params
}

pub fn dns(name: &str) -> SanType {
    SanType::DnsName(name.to_owned().try_into().unwrap())
}

/// A name of the job that stands for all its roles.
pub fn wildcard() -> SanType {
    dns(&format!("*.{}.{DOMAIN}", job()))
}

/// `params` signed by `authority`, whatever they say.
pub fn signed(authority: &Authority, params: &CertificateParams) -> Leaf {
    let issuer = KeyPair::from_pem(authority.key_pem()).unwrap();
    signed_by(&Issuer::from_ca_cert_pem(authority.certificate_pem(), issuer).unwrap(), params)
}

pub fn signed_by(issuer: &Issuer<'_, KeyPair>, params: &CertificateParams) -> Leaf {
    let key = KeyPair::generate().unwrap();
    let certificate_pem = params.signed_by(&key, issuer).unwrap().pem();
    Leaf { certificate_pem, key_pem: key.serialize_pem() }
}

/// A certificate as `params` say, below an intermediate as `between` says, below `authority`.
pub fn below(authority: &Authority, between: CertificateParams, params: &CertificateParams) -> Leaf {
    let intermediate = signed(authority, &between);
    let key = KeyPair::from_pem(&intermediate.key_pem).unwrap();
    let leaf = signed_by(&Issuer::new(between, key), params);
    Leaf {
        certificate_pem: format!("{}{}", leaf.certificate_pem, intermediate.certificate_pem),
        key_pem: leaf.key_pem,
    }
}
