//! The HTTP client of every import: which connections it makes, and how long it waits.

use std::net::IpAddr;
use std::time::Duration;

use ureq::Agent;
use ureq::tls::{RootCerts, TlsConfig};
use ureq::unversioned::resolver::Resolver;
use ureq::unversioned::transport::DefaultConnector;

use super::address::Checked;

/// To resolve, and to connect with TLS, each.
const CONNECT: Duration = Duration::from_secs(15);
/// Silence of a server.
const SILENCE: Duration = Duration::from_secs(60);

/// How far a client goes.
#[derive(Clone, Copy)]
pub(in crate::import) struct Reach {
    /// Which addresses it connects to.
    pub(in crate::import) allows: fn(IpAddr) -> bool,
    /// Whether it may speak without TLS.
    pub(in crate::import) plain: bool,
    /// The longest that one request may take.
    pub(in crate::import) whole: Duration,
}

/// A client without proxy, cookies and credentials, which follows no redirect by itself.
pub(in crate::import) fn agent(names: impl Resolver, roots: RootCerts, reach: Reach) -> Agent {
    let config = Agent::config_builder()
        .https_only(!reach.plain)
        // Followed by the caller, where each target is checked again.
        .max_redirects(0)
        .max_redirects_will_error(false)
        .http_status_as_error(false)
        // A proxy would connect for us, to addresses that nobody checked.
        .proxy(None)
        .user_agent(concat!("galapagos/", env!("CARGO_PKG_VERSION")))
        .timeout_resolve(Some(CONNECT))
        .timeout_connect(Some(CONNECT))
        .timeout_recv_response(Some(SILENCE))
        .timeout_per_read(Some(SILENCE))
        .timeout_global(Some(reach.whole))
        .tls_config(TlsConfig::builder().root_certs(roots).build())
        .build();
    Agent::with_parts(config, DefaultConnector::default(), Checked::new(names, reach.allows))
}
