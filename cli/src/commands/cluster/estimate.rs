//! `kubectl galapagos estimate`: what is left of a job, or what it would take.

use super::Printed;
use crate::cluster::kubectl::Access;
use crate::cluster::outlook::outlook;
use crate::cluster::view;
use crate::data_dir::DataDir;
use crate::estimate::{self, Offer};
use crate::exit::{CommandError, CommandResult};
use crate::output::Output;
use crate::run_failure::blame_resolve;
use crate::{manifest, source, terminal};
use galapagos_crds::{EvolutionJob, WorkerPool};
use serde_json::json;
use std::path::{Path, PathBuf};
use std::time::{SystemTime, UNIX_EPOCH};

/// Estimate what is left of a job from the rate that was measured: generations, evaluations, time, cost
///
/// A file, or a job without a measured rate yet, is measured on this machine, which needs its dataset here; the price and the
/// number of workers are those of its pool on the cluster.
#[derive(Debug, clap::Args)]
#[command(after_help = "\
Examples:
  kubectl galapagos estimate btc
  kubectl galapagos estimate job.yaml --data-dir data
  kubectl galapagos estimate btc --price 0.04 -o json")]
pub struct Arguments {
    /// A job, or a file with its manifest
    #[arg(value_name = "JOB|FILE")]
    pub job: String,
    /// What a person says about the workers.
    #[command(flatten)]
    pub offer: Offer,
    /// Where data lie.
    #[command(flatten)]
    pub data_dir: DataDir,
    /// How to print it.
    #[command(flatten)]
    pub(super) printed: Printed,
}

/// Where the figures come from, in documents.
const MEASURED_THERE: &str = "cluster";
/// The same of a measurement here.
const MEASURED_HERE: &str = "here";

/// Runs it.
pub fn execute(access: &Access, arguments: &Arguments) -> CommandResult {
    if let Some(file) = file(&arguments.job) {
        let (job, pool) = manifest::load(&file, None, &[])?;
        let blame = |e| manifest::blame(&file, None, &[], e);
        return here(access, arguments, job, pool, Some(&file), blame);
    }
    let job: EvolutionJob = access.json(&["get", "evojob", &arguments.job])?;
    if view::has_ended(&job) {
        let text = format!("{} has ended: kubectl galapagos status {0} says what it cost", arguments.job);
        return Err(CommandError::invalid(text));
    }
    let pool = pool(access, &job);
    let price = arguments.offer.cluster(pool.as_ref().map(|p| &p.spec))?.price_per_hour;
    let now = SystemTime::now().duration_since(UNIX_EPOCH).map_or(0, |d| d.as_secs() as i64);
    let Some(left) = outlook(&job, price, now) else {
        return here(access, arguments, job, pool, None, blame_resolve);
    };
    match arguments.printed.output {
        Output::Json => {
            let mut document = json!(left);
            document["measured"] = json!(MEASURED_THERE);
            terminal::print_json(&document)
        }
        Output::Table => terminal::print(&left.text()),
    }
}

/// The file that is meant, if it is none of the names that objects have.
fn file(named: &str) -> Option<PathBuf> {
    let path = Path::new(named);
    let manifest = path.extension().is_some_and(|e| ["yaml", "yml", "json"].iter().any(|known| e == *known));
    (named == "-" || manifest || named.contains('/') || path.is_file()).then(|| path.to_owned())
}

/// The pool of a job, if it is there and may be seen.
fn pool(access: &Access, job: &EvolutionJob) -> Option<WorkerPool> {
    access.json(&["get", "wpool", &job.spec.worker_pool_name]).ok()
}

/// What `galapagos estimate` says, with the workers of the pool.
fn here(
    access: &Access,
    arguments: &Arguments,
    mut job: EvolutionJob,
    pool: Option<WorkerPool>,
    file: Option<&Path>,
    blame: impl FnOnce(galapagos_run::job::resolve::ResolveError) -> CommandError,
) -> CommandResult {
    let pool = pool.or_else(|| self::pool(access, &job));
    let cluster = arguments.offer.cluster(pool.as_ref().map(|p| &p.spec))?;
    let data_dir = &arguments.data_dir.data_dir;
    if let Some(file) = file {
        source::import_if_absent(&job.spec.market_data, data_dir)?;
        manifest::publish_signals(&mut job, file, data_dir)?;
    }
    let name = &arguments.job;
    let found = estimate::of_job(&job, data_dir, &cluster, blame).map_err(|e| match (file, e) {
        (None, CommandError::Invalid(e)) => CommandError::Invalid(e.context(format!(
            "the cluster has measured no rate of {name} yet, and it cannot be estimated here; ask again after its first generation"
        ))),
        (_, e) => e,
    })?;
    match arguments.printed.output {
        Output::Json => {
            let mut document = estimate::to_json(&found)?;
            document["measured"] = json!(MEASURED_HERE);
            terminal::print_json(&document)
        }
        Output::Table => {
            let why = if file.is_some() { "" } else { ": the cluster has measured no rate yet" };
            terminal::print(&format!(
                "Measured on this machine, not on the cluster{why}\n\n{}",
                estimate::to_text(&found)
            ))
        }
    }
}
