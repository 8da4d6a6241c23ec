//! Whole runs of a job, and what of their results can be compared.

use std::path::Path;
use std::sync::atomic::AtomicBool;

use galapagos_crds::EvolutionJob;
use galapagos_run::execute::{Options, RunOutcome, run};
use galapagos_run::results::document::ResultDocument;
use galapagos_run::run::progress::Silent;

use super::resolve;

/// Runs a job to its end on this machine; whether its result was there before.
pub fn finish(data: &Path, options: &Options, manifest: &EvolutionJob) -> (ResultDocument, bool) {
    let (market, job) = resolve(data, manifest);
    match run(&job, &market, options, &mut Silent, &AtomicBool::new(false)).unwrap() {
        RunOutcome::Finished { result, reused, .. } => (*result, reused),
        RunOutcome::Interrupted { .. } => panic!("nobody interrupted"),
    }
}

/// A result without what depends on the clock and the folder.
pub fn timeless(mut result: ResultDocument) -> ResultDocument {
    result.seconds = 0.0;
    result.strategy_bars_per_second = 0.0;
    result.reproduce.clear();
    result.generations.iter_mut().for_each(|g| g.seconds = 0.0);
    // How often the holdout was shown belongs to the folder's past, not to the result.
    result.luck.holdout_looks = 0;
    result.luck.dataset_holdout_looks = None;
    result
}
