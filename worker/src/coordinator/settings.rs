//! Arguments of the role.

use std::net::SocketAddr;
use std::path::PathBuf;

use galapagos_crds::Desired;

use crate::process::args::{HttpAddress, dataset_digest, http_address};

/// Hold one job's evolution and have its individuals evaluated by workers.
#[derive(Clone, Debug, clap::Args)]
pub struct Settings {
    /// The EvolutionJob, JSON or YAML
    #[arg(long, env = "GALAPAGOS_JOB", value_name = "FILE")]
    pub job: PathBuf,
    /// UID of the job: certificates are made out for it
    #[arg(long, env = "GALAPAGOS_JOB_UID", value_name = "UID")]
    pub job_uid: String,
    /// Folder with ca.crt, tls.crt and tls.key
    #[arg(long, env = "GALAPAGOS_TLS_DIR", value_name = "DIR")]
    pub tls_dir: PathBuf,
    /// Root of the market data; read only
    #[arg(long, env = "GALAPAGOS_DATA_DIR", value_name = "DIR")]
    pub data_dir: PathBuf,
    /// Version of the dataset that an earlier attempt used, as blake3:HEX: kept though a newer one was published
    #[arg(long, env = "GALAPAGOS_DATASET_DIGEST", value_name = "DIGEST", value_parser = dataset_digest)]
    pub dataset_digest: Option<String>,
    /// Root of ledger, checkpoints and result
    #[arg(long, env = "GALAPAGOS_STATE_DIR", value_name = "DIR")]
    pub state_dir: PathBuf,
    /// Number of this attempt; its epoch is at least this
    #[arg(long, env = "GALAPAGOS_ATTEMPT", default_value_t = 1, value_name = "N")]
    pub attempt: u64,
    /// Where workers connect
    #[arg(long, env = "GALAPAGOS_WORK_ADDRESS", default_value = "0.0.0.0:7400", value_name = "ADDRESS")]
    pub work_address: SocketAddr,
    /// Where the operator connects
    #[arg(long, env = "GALAPAGOS_PROGRESS_ADDRESS", default_value = "0.0.0.0:7401", value_name = "ADDRESS")]
    pub progress_address: SocketAddr,
    /// Where the page about the run is served, as 127.0.0.1:7402: to people on this machine, on a cluster through kubectl
    /// port-forward; absent or empty: nowhere
    #[arg(long, env = "GALAPAGOS_UI_ADDRESS", value_name = "ADDRESS", value_parser = http_address)]
    pub ui_address: Option<HttpAddress>,
    /// Price of a worker for an hour; makes stop.maxCost work
    #[arg(long, env = "GALAPAGOS_PRICE_PER_WORKER_HOUR", value_name = "PRICE")]
    pub price_per_worker_hour: Option<f64>,
    /// Fields of the job that may have changed since its file was written: {"generations": 80, "stop": {"patience": 5}}
    #[arg(long, env = "GALAPAGOS_DESIRED", hide_env_values = true, value_name = "JSON")]
    pub desired: Option<Desired>,
    /// How long the end waits for the operator to record it, if one is connected
    #[arg(long, env = "GALAPAGOS_LINGER_SECONDS", default_value_t = 10, value_name = "SECONDS")]
    pub linger_seconds: u64,
    /// Written once it listens, as {"work": "ADDRESS", "progress": "ADDRESS"}
    #[arg(long, env = "GALAPAGOS_READY_FILE", value_name = "FILE")]
    pub ready_file: Option<PathBuf>,
}
