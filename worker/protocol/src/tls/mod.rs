//! Mutual TLS between the processes of one job: who a certificate speaks for, and who is let in.
//!
//! Every certificate names exactly one role of exactly one job in its subject alternative name. Both sides check the
//! chain to the same authority and that name inside the handshake, so that nobody else reaches a service. Only
//! TLS 1.3 with HTTP/2 is spoken, and no session is resumed: every connection shows its certificate.

mod config;
mod error;
mod identity;
pub mod issue;
mod names;
mod verify;

pub use config::{ALPN, client_config, server_config};
pub use error::TlsError;
pub use identity::{AUTHORITY_FILE, CERTIFICATE_FILE, Identity, KEY_FILE};
pub use names::{DOMAIN, JobUid, Role, dns_name, parse_dns_name};
pub(crate) use verify::single_name;
