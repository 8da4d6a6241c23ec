//! The workers that a job is estimated for, as people and pools say it.

use super::Cluster;
use crate::exit::{CommandError, CommandResult};
use galapagos_crds::pool::WorkerPoolSpec;

/// What a person says about the workers.
#[derive(Clone, Debug, Default, clap::Args)]
pub struct Offer {
    /// Workers of the cluster; absent: maxWorkers of the pool, else this machine
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u32).range(1..))]
    pub workers: Option<u32>,
    /// Threads of a worker; absent: slotsPerWorker of the pool, else the cores of this machine
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u32).range(1..))]
    pub slots: Option<u32>,
    /// Price of a worker for an hour; absent: costPerWorkerHour of the pool
    #[arg(long, value_name = "X")]
    pub price: Option<f64>,
}

impl Offer {
    /// The workers: what a person says goes before what the pool says, and this machine is what there is without either.
    ///
    /// # Errors
    /// The price is none.
    pub fn cluster(&self, pool: Option<&WorkerPoolSpec>) -> CommandResult<Cluster> {
        if let Some(price) = self.price.filter(|p| !p.is_finite() || *p < 0.0) {
            return Err(CommandError::invalid(format!("--price {price}: must be at least 0")));
        }
        let workers = self.workers.or(pool.map(|p| p.max_workers)).unwrap_or(1).max(1);
        let slots = self.slots.or(pool.and_then(|p| p.slots_per_worker));
        Ok(Cluster {
            workers: workers as usize,
            slots_per_worker: slots.map_or_else(galapagos_worker::import::source::cores, |n| n as usize),
            price_per_hour: self.price.or(pool.and_then(|p| p.cost_per_worker_hour).map(|d| d.to_f64())),
        })
    }
}
