//! `galapagos estimate`: what a job would take, here or on a cluster.

use crate::data_dir::DataDir;
use crate::exit::{CommandError, CommandResult};
use crate::output::Output;
use crate::run_failure::blame_market;
use crate::{estimate, manifest, source};
use galapagos_run::job::market::Market;
use galapagos_run::job::resolve::ResolvedJob;
use std::path::PathBuf;

/// Estimate evaluations, memory, time and cost of a job from a short measurement here
#[derive(Debug, clap::Args)]
#[command(after_help = "\
Examples:
  galapagos estimate job.yaml
  galapagos estimate job.yaml --workers 10 --slots 2 --price 0.04

Workers, slots and price default to the WorkerPool in the file that the job names.")]
pub struct Arguments {
    /// Manifest with an EvolutionJob, and perhaps its WorkerPool; - is stdin
    #[arg(value_name = "FILE")]
    pub manifest: PathBuf,
    /// Name of the job, if the file has several
    #[arg(long, value_name = "NAME")]
    pub job: Option<String>,
    /// Workers of the cluster; absent: maxWorkers of the pool, else this machine
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u32).range(1..))]
    pub workers: Option<u32>,
    /// Threads of a worker; absent: slotsPerWorker of the pool, else the cores of this machine
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u32).range(1..))]
    pub slots: Option<u32>,
    /// Price of a worker for an hour; absent: costPerWorkerHour of the pool
    #[arg(long, value_name = "X")]
    pub price: Option<f64>,
    #[command(flatten)]
    #[expect(missing_docs, reason = "flattened")]
    pub data_dir: DataDir,
    /// Set a field of the manifest
    #[arg(long, value_name = "PATH=VALUE")]
    pub set: Vec<String>,
    /// How to print it
    #[arg(short, long, value_enum, default_value_t)]
    pub output: Output,
}

/// Runs `galapagos estimate`.
pub fn execute(arguments: Arguments) -> CommandResult {
    if let Some(price) = arguments.price.filter(|p| !p.is_finite() || *p < 0.0) {
        return Err(CommandError::invalid(format!("--price {price}: must be at least 0")));
    }
    let (file, name) = (&arguments.manifest, arguments.job.as_deref());
    let (mut manifest, pool) = manifest::load(file, name, &arguments.set)?;
    let data_dir = &arguments.data_dir.data_dir;
    source::import_if_absent(&manifest.spec.market_data, data_dir)?;
    manifest::publish_signals(&mut manifest, file, data_dir)?;
    let market = Market::of_job(data_dir, &manifest.spec).map_err(blame_market)?;
    let job = ResolvedJob::new(&manifest, &market.facts())
        .map_err(|e| manifest::blame(file, name, &arguments.set, e))?;
    let pool = pool.as_ref().map(|p| &p.spec);
    let workers = arguments.workers.or(pool.map(|p| p.max_workers)).unwrap_or(1).max(1);
    let slots = arguments.slots.or(pool.and_then(|p| p.slots_per_worker));
    let cluster = estimate::Cluster {
        workers: workers as usize,
        slots_per_worker: slots.map_or_else(galapagos_worker::import::source::cores, |n| n as usize),
        price_per_hour: arguments.price.or(pool.and_then(|p| p.cost_per_worker_hour).map(|d| d.to_f64())),
    };
    estimate::print(&estimate::measure(&job, &market, &cluster)?, arguments.output)
}
