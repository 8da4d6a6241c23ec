//! `--prior-looks`: what was done with the rows of a holdout before, from the data folder.

use crate::exit::CommandResult;
use crate::run_failure::blame_resolve;
use crate::table::thousands;
use crate::terminal;
use clap::ValueEnum;
use galapagos_crds::EvolutionJob;
use galapagos_run::job::market::Market;
use galapagos_run::job::resolve::ResolvedJob;
use galapagos_run::results::seen;

/// Who knows it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum Known {
    /// The data folder.
    Dataset,
}

/// The job with the earlier trials and looks of other jobs, if they are more than its manifest says.
pub fn known(mut manifest: EvolutionJob, job: ResolvedJob, market: &Market) -> CommandResult<ResolvedJob> {
    let Some((file, window)) = seen::file(market).zip(seen::window(&job, market)) else { return Ok(job) };
    let before = seen::before(&file, &window, &job.digest.to_string());
    let validation = &mut manifest.spec.validation;
    validation.prior_trials = validation.prior_trials.max(before.trials);
    validation.prior_looks = validation.prior_looks.max(before.looks);
    terminal::note(&format!(
        "{} results of other jobs have shown rows of this holdout: priorTrials {}, priorLooks {}",
        before.looks,
        thousands(i128::from(validation.prior_trials)),
        validation.prior_looks
    ));
    ResolvedJob::new(&manifest, &market.facts()).map_err(blame_resolve)
}
