//! The arguments that every role has. Each flag is also an environment variable, so that a pod template can set it
//! without rewriting the arguments.

use std::net::SocketAddr;
use std::path::PathBuf;

use clap::Args;
use galapagos_run::storage::digest::Digest;
use tracing_subscriber::EnvFilter;

use super::logs::{self, Format};

/// What every role has.
#[derive(Clone, Debug, Args)]
pub struct Common {
    /// How log lines look; absent: text at a terminal, JSON elsewhere
    #[arg(
        long,
        global = true,
        value_enum,
        value_name = "FORMAT",
        env = "GALAPAGOS_LOG_FORMAT",
        hide_env_values = true
    )]
    pub log_format: Option<Format>,
    /// Which log lines are written: a level for our own lines, or directives as in RUST_LOG
    #[arg(long, global = true, value_name = "LEVEL", default_value = "info", value_parser = filter, env = "GALAPAGOS_LOG_LEVEL", hide_env_values = true)]
    pub log_level: String,
    /// Address of /metrics, /live and /ready; empty: none [default: 0.0.0.0:8080, none for import and serve]
    #[arg(long, global = true, value_name = "ADDRESS", value_parser = http_address, env = "GALAPAGOS_HTTP_ADDRESS", hide_env_values = true)]
    pub http_address: Option<HttpAddress>,
    /// File for the last words of this process, as Kubernetes reads it
    #[arg(
        long,
        global = true,
        value_name = "FILE",
        env = "GALAPAGOS_TERMINATION_LOG",
        hide_env_values = true
    )]
    pub termination_log: Option<PathBuf>,
}

/// An address, or none on purpose.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct HttpAddress(pub Option<SocketAddr>);

impl Common {
    /// The filter of [`Common::log_level`].
    pub fn filter(&self) -> EnvFilter {
        // Checked when it was parsed.
        logs::filter(&self.log_level).unwrap_or_default()
    }
}

fn filter(text: &str) -> Result<String, String> {
    logs::filter(text).map(|_| text.to_owned())
}

/// A flag that is an address, or none on purpose.
///
/// # Errors
/// It is no address with a port.
pub fn http_address(text: &str) -> Result<HttpAddress, String> {
    if text.is_empty() {
        return Ok(HttpAddress(None));
    }
    let hint = |e| format!("{e}: write an address and a port, as 0.0.0.0:8080 or [::]:8080");
    text.parse().map(|address| HttpAddress(Some(address))).map_err(hint)
}

/// A flag that names a version of a dataset.
///
/// # Errors
/// It is no digest.
pub fn dataset_digest(text: &str) -> Result<String, String> {
    let digest = Digest::parse(text).ok_or("must be blake3: and 64 hexadecimal digits")?;
    Ok(digest.to_string())
}
