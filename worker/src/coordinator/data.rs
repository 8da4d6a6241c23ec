//! The market data of a coordinator. It evaluates nothing before the end, so it keeps no map while it runs: only what
//! tells whether the files are still those that were opened.

use std::path::PathBuf;

use galapagos_crds::{EvolutionJob, EvolutionJobSpec, MarketData};
use galapagos_run::job::market::Market;
use galapagos_run::job::resolve::LOCAL;
use galapagos_run::storage::StorageError;
use galapagos_run::storage::run_folder::job_folder;

use super::exits;
use super::settings::Settings;
use crate::process::exit::Exit;

/// Opens the data once more, every value checked: the version that the run is about.
///
/// # Errors
/// They are gone or were changed.
pub(super) fn reopen(settings: &Settings, spec: &EvolutionJobSpec, digest: &str) -> Result<Market, Exit> {
    let market_data = MarketData { digest: Some(digest.to_owned()), ..spec.market_data.clone() };
    let spec = EvolutionJobSpec { market_data, ..spec.clone() };
    Market::of_job(&settings.data_dir, &spec).map_err(exits::market)
}

/// Where this job keeps its calendar. A job made anew under the same name has another UID: it asks the dataset again.
///
/// # Errors
/// The folder cannot be made, or the job has no name for one.
pub(super) fn calendar_file(settings: &Settings, manifest: &EvolutionJob) -> Result<PathBuf, StorageError> {
    let name = manifest.metadata.name.as_deref().unwrap_or_default();
    let namespace = manifest.metadata.namespace.as_deref().unwrap_or(LOCAL);
    Ok(job_folder(&settings.state_dir, namespace, name)?.join(format!("calendar-{}.json", settings.job_uid)))
}
