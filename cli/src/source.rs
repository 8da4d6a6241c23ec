//! `marketData.source`: a dataset that does not exist yet is imported first, as the role `import` does it.

use crate::exit::{CommandError, CommandResult};
use crate::fetch_progress::Watch as Pages;
use crate::import_progress::Watch;
use galapagos_crds::MarketData;
use galapagos_manifest::wanted;
use galapagos_worker::import::download::Fetcher;
use galapagos_worker::import::fetch::FetchEvent;
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
    let fetch = data.source.as_ref().and_then(|source| source.fetch.as_ref());
    let names = fetch.map_or_else(Vec::new, |fetch| wanted(data, fetch));
    let pages = Pages::start(names.iter().map(|(name, _)| (*name).to_owned()).collect());
    let fetching = |event: FetchEvent<'_>| pages.event(&event);
    let how = How { threads: cores(), fetcher: &fetcher, private: true, fetching: &fetching, stop: &stop };
    let need = prepare(data, data_dir, &how).map_err(blame);
    pages.finish();
    let Need::Import(prepared) = need? else { return Ok(()) };
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
