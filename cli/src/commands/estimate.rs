//! `galapagos estimate`: what a job would take, here or on a cluster.

use crate::data_dir::DataDir;
use crate::estimate::{self, Offer};
use crate::exit::CommandResult;
use crate::output::Output;
use crate::{manifest, source};
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
    #[command(flatten)]
    #[expect(missing_docs, reason = "flattened")]
    pub offer: Offer,
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
    let (file, name) = (&arguments.manifest, arguments.job.as_deref());
    let (mut manifest, pool) = manifest::load(file, name, &arguments.set)?;
    let data_dir = &arguments.data_dir.data_dir;
    source::import_if_absent(&manifest.spec.market_data, data_dir)?;
    manifest::publish_signals(&mut manifest, file, data_dir)?;
    let cluster = arguments.offer.cluster(pool.as_ref().map(|p| &p.spec))?;
    let blame = |e| manifest::blame(file, name, &arguments.set, e);
    estimate::print(&estimate::of_job(&manifest, data_dir, &cluster, blame)?, arguments.output)
}
