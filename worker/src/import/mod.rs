//! The role `import`: makes the job's dataset from `marketData.source` before the coordinator starts.
//!
//! A dataset that exists is left as it is. `galapagos run` uses the same [`source`], so a job imports the same data
//! everywhere.

pub mod download;
mod error;
mod exchange;
pub mod fetch;
mod how;
mod log;
mod options;
mod path;
pub mod source;

use std::num::NonZeroUsize;
use std::path::PathBuf;
use std::sync::mpsc;
use std::time::Duration;

use galapagos_crds::EvolutionJob;

use crate::process::args::dataset_digest;
use crate::process::exit::{Code, Exit};
use crate::process::stop::Stop;
use crate::process::{Shell, job_file};
use download::Fetcher;

pub use error::ImportError;
pub use how::How;
pub use source::{Need, Prepared, prepare};

/// Import the data of a job: publish its dataset from marketData.source, unless it exists
///
/// The volume is written in `galapagos/` only. If anything is refused, nothing is published.
#[derive(Clone, Debug, clap::Args)]
#[command(after_help = "\
Examples:
  galapagos-worker import --job job.yaml --data-dir ./data
  GALAPAGOS_JOB=/job/job.json GALAPAGOS_DATA_DIR=/data galapagos-worker import

Exit codes: 0 the dataset is there; 64 manifest or flags wrong, 65 data invalid, 66 data missing, 72 internal (a disk
or a network that failed: another attempt may help); 143 stopped by SIGTERM.")]
pub struct Settings {
    /// Manifest of the EvolutionJob, JSON or YAML
    #[arg(long, value_name = "FILE", env = "GALAPAGOS_JOB", hide_env_values = true)]
    pub job: PathBuf,
    /// Root of the market data volume: source.path is relative to it, datasets lie in its folder galapagos
    #[arg(long, value_name = "DIR", env = "GALAPAGOS_DATA_DIR", hide_env_values = true)]
    pub data_dir: PathBuf,
    /// Version of the dataset that an earlier attempt used, as blake3:HEX: kept though a newer one was published
    #[arg(long, env = "GALAPAGOS_DATASET_DIGEST", value_name = "DIGEST", value_parser = dataset_digest)]
    pub dataset_digest: Option<String>,
    /// Files read at the same time; absent: one per core
    #[arg(long, value_name = "N", env = "GALAPAGOS_THREADS", hide_env_values = true)]
    pub threads: Option<NonZeroUsize>,
}

/// How long reading may go on after SIGTERM, to clean up after itself; it is gone afterwards in any case.
const LINGER: Duration = Duration::from_secs(1);

/// Does it.
///
/// # Errors
/// With the codes of [`ImportError::code`]; terminated if it was asked to leave before it was done.
pub fn run(settings: Settings, shell: Shell) -> Result<(), Exit> {
    let mut job = job_file::read(&settings.job)?;
    job_file::keep_version(&mut job, settings.dataset_digest.as_deref());
    shell.job.set(job_file::name(&job));
    let (done, mut finished) = tokio::sync::oneshot::channel();
    let stop = shell.stop.clone();
    let (gone, ended) = mpsc::channel::<()>();
    // Reading cannot be interrupted, so the process leaves without waiting for it. What is half written has a
    // temporary name.
    let spawned = std::thread::Builder::new().name("import".into()).spawn(move || {
        let _ended = gone;
        let _ = done.send(import(&job, &settings, &stop));
    });
    spawned.map_err(|e| Exit::new(Code::Internal, e))?;
    shell.health.set_ready(true);
    let outcome = shell.runtime.block_on(async {
        tokio::select! {
            // What is done is done, even if a signal came meanwhile.
            biased;
            outcome = &mut finished => Some(outcome),
            () = shell.stop.asked() => None,
        }
    });
    match outcome {
        Some(Ok(outcome)) => outcome.map_err(|e| Exit::new(e.code(), e)),
        Some(Err(_)) => Err(Exit::new(Code::Internal, anyhow::anyhow!("the import ended in a panic"))),
        None => {
            let _ = ended.recv_timeout(LINGER);
            Err(Exit::terminated())
        }
    }
}

fn import(job: &EvolutionJob, settings: &Settings, stop: &Stop) -> Result<(), ImportError> {
    let data = &job.spec.market_data;
    let threads = settings.threads.map_or_else(source::cores, NonZeroUsize::get);
    let fetcher = Fetcher::public();
    let fetching = |event: fetch::FetchEvent<'_>| log::fetching(&event);
    let how = How { threads, fetcher: &fetcher, private: false, fetching: &fetching, stop: stop.flag() };
    let prepared = match prepare(data, &settings.data_dir, &how)? {
        Need::Nothing { digest } => {
            tracing::info!(dataset = data.dataset, digest, "the dataset exists: nothing to do");
            return Ok(());
        }
        Need::Import(prepared) => prepared,
    };
    let lines = log::Lines::new(prepared.plan());
    let published = prepared.publish(&|event| lines.event(&event))?;
    tracing::info!(
        dataset = data.dataset,
        digest = format!("blake3:{}", published.digest),
        outcome = format!("{:?}", published.outcome).to_lowercase(),
        "published"
    );
    Ok(())
}
