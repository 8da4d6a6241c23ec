//! `marketData.source`: a dataset that does not exist yet is imported first, as the role `import` does it.

use crate::exit::{CommandError, CommandResult};
use crate::import_progress::Watch;
use galapagos_crds::MarketData;
use galapagos_worker::import::download::Fetcher;
use galapagos_worker::import::source::cores;
use galapagos_worker::import::{How, ImportError, Need, prepare};
use galapagos_worker::process::exit::Code;
use std::path::Path;
use std::sync::atomic::AtomicBool;

/// Imports the job's source if there is no version of its dataset.
pub fn import_if_absent(data: &MarketData, data_dir: &Path) -> CommandResult {
    // Without a source it is for the job's own error to say what is missing.
    if data.source.is_none() {
        return Ok(());
    }
    // Ctrl-C ends this process at once while it imports.
    let (fetcher, stop) = (Fetcher::public(), AtomicBool::new(false));
    let how = How { threads: cores(), fetcher: &fetcher, stop: &stop };
    let Need::Import(prepared) = prepare(data, data_dir, &how).map_err(blame)? else { return Ok(()) };
    let watch = Watch::start(prepared.plan());
    let published = prepared.publish(&|event| watch.event(&event));
    watch.finish();
    published.map(drop).map_err(blame)
}

fn blame(error: ImportError) -> CommandError {
    match error.code() {
        Code::Internal => CommandError::Internal(error.into()),
        _ => CommandError::Invalid(error.into()),
    }
}
