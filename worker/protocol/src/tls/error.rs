//! What can be wrong with certificates before anybody connects.

use std::io;
use std::path::PathBuf;

/// A certificate, a key or a name cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum TlsError {
    /// Not a DNS label.
    #[error("job uid `{value}` is not a DNS label: use 1 to 63 of a-z, 0-9 and -, with no - at either end")]
    JobUid {
        /// The uid as it was given.
        value: String,
    },
    /// Not one of the three.
    #[error("`{value}` is no role: use coordinator, worker or operator")]
    Role {
        /// The role as it was given.
        value: String,
    },
    /// A file cannot be read.
    #[error("cannot read {}: mount the job's certificates there", path.display())]
    Read {
        /// The file that cannot be read.
        path: PathBuf,
        /// The reason that the system gave.
        source: io::Error,
    },
    /// A file or its folder cannot be written.
    #[error("cannot write {}: choose a folder that can be written", path.display())]
    Write {
        /// The file or folder that cannot be written.
        path: PathBuf,
        /// The reason that the system gave.
        source: io::Error,
    },
    /// Text is not PEM.
    #[error("{file} is not PEM: {problem}")]
    Pem {
        /// Name of the file it belongs in.
        file: &'static str,
        /// What the parser said.
        problem: String,
    },
    /// PEM without what must be in it.
    #[error("{file} holds no {what}")]
    Missing {
        /// Name of the file it belongs in.
        file: &'static str,
        /// Certificate or private key.
        what: &'static str,
    },
    /// A certificate that cannot be parsed, or a key of an unknown kind.
    #[error("{file} cannot be used: {source}")]
    Unusable {
        /// Name of the file it belongs in.
        file: &'static str,
        /// What the TLS library said.
        source: rustls::Error,
    },
    /// The key belongs to another certificate.
    #[error("tls.key does not belong to tls.crt: take both from the same Secret")]
    KeyMismatch,
    /// The certificate speaks for somebody else than this process.
    #[error(
        "tls.crt names {found}, this process needs {expected}: mount the certificates of this role and job"
    )]
    OtherIdentity {
        /// The DNS names of the certificate.
        found: String,
        /// The one it must have.
        expected: String,
    },
    /// A server that would accept nobody.
    #[error("a server must accept at least one role")]
    NobodyAccepted,
    /// The TLS library refuses the configuration.
    #[error("TLS cannot be set up: {problem}")]
    Configuration {
        /// What the library said.
        problem: String,
    },
    /// A certificate cannot be issued.
    #[error("cannot issue a certificate: {problem}")]
    Issue {
        /// What the library said.
        problem: String,
    },
}
