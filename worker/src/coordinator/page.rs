//! The page about the run that a coordinator serves, and the timeline that it keeps beside its state. No run fails for either.

use std::sync::Arc;

use galapagos_run::dashboard::board::Dashboard;
use galapagos_run::dashboard::view::State;
use galapagos_run::storage::run_folder::RunFolder;

use super::dispatcher::Dispatcher;
use super::settings::Settings;
use crate::dashboard::timeline_file::{TIMELINE, TimelineFile};
use crate::dashboard::{Bound, Server};
use crate::process::exit::{Code, Exit};

/// Serves the page, if it is asked for.
pub(super) fn open(
    settings: &Settings,
    dashboard: &Arc<Dashboard>,
    dispatcher: &Arc<Dispatcher>,
) -> Option<Server> {
    let address = settings.ui_address?.0?;
    if !address.ip().is_loopback() {
        tracing::warn!(%address, "the page about the run can be read by whoever reaches this address");
    }
    let dispatcher = Arc::clone(dispatcher);
    let queued = Arc::new(move || Some(dispatcher.standing().queued as u64));
    let served = Bound::new(address)
        .map_err(anyhow::Error::new)
        .and_then(|bound| bound.serve(Arc::clone(dashboard), queued));
    match served {
        Ok(server) => {
            tracing::info!(url = server.url(), "page");
            Some(server)
        }
        Err(error) => {
            tracing::warn!(%address, error = format!("{error:#}"), "the page about the run is not served");
            None
        }
    }
}

/// Keeps the timeline in the folder of the run while no newer attempt has it.
pub(super) fn keep_timeline(dispatcher: &Arc<Dispatcher>, folder: &Arc<RunFolder>) -> Option<TimelineFile> {
    let path = folder.path().join(TIMELINE);
    let folder = Arc::clone(folder);
    let file = TimelineFile::start(Arc::clone(dispatcher.log()), path, move || folder.check_epoch().is_ok());
    file.map_err(|error| tracing::warn!(%error, "no timeline is kept")).ok()
}

/// The command that brings the report of a job.
pub(super) fn report_of(job: &str) -> String {
    format!("kubectl galapagos report {job}")
}

/// Lets those who look see how it ended.
pub(super) fn end(dashboard: &Dashboard, page: Option<Server>, job: &str, exit: &Result<(), Exit>) {
    match exit {
        Ok(()) => {}
        Err(exit) if exit.code.is_permanent() => {
            dashboard.leave(
                State::Failed,
                &format!("{:#}", exit.error),
                &format!("kubectl galapagos logs {job}"),
            );
        }
        Err(exit) => {
            let why = match exit.code {
                Code::Terminated => "this attempt was asked to leave; the next one goes on".to_owned(),
                _ => format!("this attempt ended: {:#}; the next one goes on", exit.error),
            };
            dashboard.leave(State::Interrupted, &why, "");
        }
    }
    // Who is asked to leave does not wait for who looks.
    let waits = exit.as_ref().err().is_none_or(|exit| exit.code.is_permanent());
    match page {
        Some(page) if waits => page.farewell(),
        Some(page) => page.abandon(),
        None => {}
    }
}
