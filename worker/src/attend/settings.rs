//! Arguments of the role.

use std::num::NonZeroUsize;
use std::path::PathBuf;

/// Evaluate individuals for the coordinator of one job.
#[derive(Clone, Debug, clap::Args)]
pub struct Settings {
    /// Where the coordinator listens; it is dialled again for ever until it says that the job is done
    #[arg(long, env = "GALAPAGOS_COORDINATOR", value_name = "HOST:PORT")]
    pub coordinator: String,
    /// Folder with ca.crt, tls.crt and tls.key
    #[arg(long, env = "GALAPAGOS_TLS_DIR", value_name = "DIR")]
    pub tls_dir: PathBuf,
    /// The EvolutionJob, JSON or YAML
    #[arg(long, env = "GALAPAGOS_JOB", value_name = "FILE")]
    pub job: PathBuf,
    /// UID of the job: certificates are made out for it
    #[arg(long, env = "GALAPAGOS_JOB_UID", value_name = "UID")]
    pub job_uid: String,
    /// Root of the market data; read only
    #[arg(long, env = "GALAPAGOS_DATA_DIR", value_name = "DIR")]
    pub data_dir: PathBuf,
    /// Threads that evaluate; absent: one for each core that this process may use
    #[arg(long, env = "GALAPAGOS_SLOTS", value_name = "N")]
    pub slots: Option<NonZeroUsize>,
    /// What the coordinator calls this worker in its logs; absent: the name of the host
    #[arg(long, env = "GALAPAGOS_NAME", value_name = "NAME")]
    pub name: Option<String>,
    /// Leave when stdin ends: a child must not outlive the process that started it
    #[arg(long, hide = true)]
    pub leave_with_stdin: bool,
}

/// Slots at most: the batches of more could not be kept coming through one stream.
const MOST_SLOTS: usize = 1024;
/// Bytes of a name at most: it stands in each of the coordinator's log lines.
const LONGEST_NAME: usize = 128;

impl Settings {
    /// Number of threads that evaluate: as given, else one a core.
    pub fn slots(&self) -> usize {
        let cores = || std::thread::available_parallelism();
        let slots = self.slots.or_else(|| cores().ok()).map_or(1, NonZeroUsize::get);
        slots.min(MOST_SLOTS)
    }

    /// What the coordinator calls this worker.
    pub fn name(&self) -> String {
        // Shells do not export HOSTNAME; containers have it.
        let host = || std::fs::read_to_string("/proc/sys/kernel/hostname").ok();
        let named = self.name.clone().or_else(|| std::env::var("HOSTNAME").ok()).or_else(host);
        let mut name = named.as_deref().map_or("worker", str::trim).to_owned();
        name.truncate(name.floor_char_boundary(LONGEST_NAME));
        name
    }
}
