//! The arguments of the binary: one subcommand for each role, and what all of them have. Every flag is also an
//! environment variable, so that a pod template can set it without rewriting the arguments.

use std::net::{IpAddr, Ipv4Addr, SocketAddr};
use std::path::PathBuf;

use clap::{Args, Parser, Subcommand};
use tracing_subscriber::EnvFilter;

use super::logs::{self, Format};
use galapagos_run::storage::digest::Digest;

/// Every interface, as a pod needs it.
const USUAL_HTTP_ADDRESS: SocketAddr = SocketAddr::new(IpAddr::V4(Ipv4Addr::UNSPECIFIED), 8080);

const EXAMPLES: &str = "\
Examples:
  galapagos-worker import --job job.yaml --data-dir ./data
  galapagos-worker coordinator --job job.yaml --job-uid u1 --tls-dir tls/coordinator --data-dir ./data --state-dir ./state
  galapagos-worker worker --coordinator host:7400 --job job.yaml --job-uid u1 --tls-dir tls/worker --data-dir ./data

Every flag can be given as an environment variable instead: GALAPAGOS_ and its name, as GALAPAGOS_DATA_DIR.
Exit codes: 0 done; 64 manifest or flags wrong, 65 data invalid, 66 data missing, 67 engine mismatch, 68 evaluation
failed (another attempt would end the same way); 70 state not writable, 71 a newer attempt took over, 72 internal;
143 stopped by SIGTERM, 130 by SIGINT (nothing is lost).
SIGTERM and SIGINT: the first asks to leave, the second ends the process at once.";

/// The processes of a Galapagos job: its coordinator, its workers, and the import of its data.
#[derive(Debug, Parser)]
#[command(name = "galapagos-worker", version, about, max_term_width = 110, after_help = EXAMPLES, arg_required_else_help = true)]
pub struct Arguments {
    /// What every role has.
    #[command(flatten)]
    pub common: Common,
    /// What this process is.
    #[command(subcommand)]
    pub role: Role,
}

/// What this process is.
#[derive(Debug, Subcommand)]
#[expect(missing_docs, reason = "the text of each role is that of its settings")]
pub enum Role {
    Coordinator(Box<crate::coordinator::Settings>),
    Worker(crate::attend::Settings),
    Import(crate::import::Settings),
}

impl Role {
    /// Its name.
    pub fn name(&self) -> &'static str {
        match self {
            Role::Coordinator(_) => "coordinator",
            Role::Worker(_) => "worker",
            Role::Import(_) => "import",
        }
    }

    /// Where probes and metrics are when no flag says so: an import has none, it is short and shares its pod.
    pub fn usual_http_address(&self) -> Option<SocketAddr> {
        match self {
            Role::Coordinator(_) | Role::Worker(_) => Some(USUAL_HTTP_ADDRESS),
            Role::Import(_) => None,
        }
    }
}

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
    /// Address of /metrics, /live and /ready; empty: none [default: 0.0.0.0:8080, none for import]
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

fn http_address(text: &str) -> Result<HttpAddress, String> {
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
