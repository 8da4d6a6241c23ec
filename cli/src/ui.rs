//! `galapagos run --ui` and `--timeline`: a run that people look at while it goes on.

use crate::exit::{Blame, CommandError, CommandResult};
use crate::terminal;
use anyhow::Context;
use galapagos_run::dashboard::board::Dashboard;
use galapagos_run::dashboard::work::WorkLog;
use galapagos_run::execute::RunOutcome;
use galapagos_run::job::resolve::ResolvedJob;
use galapagos_run::report::page::REPORT;
use galapagos_worker::dashboard::timeline_file::{TimelineFile, has_room_for_one, resume};
use galapagos_worker::dashboard::{Bound, PORT, Queued, Server};
use std::io;
use std::net::{Ipv4Addr, SocketAddr};
use std::path::{Path, PathBuf};
use std::sync::Arc;

/// What is asked for, before there is a run: an address that is taken ends the command at once.
pub struct Wanted {
    page: Option<Bound>,
    timeline: Option<PathBuf>,
}

/// A run that is shown.
pub struct Ui {
    dashboard: Arc<Dashboard>,
    page: Option<Server>,
    // Dropped last: it has all that happened.
    _timeline: Option<TimelineFile>,
}

impl Wanted {
    /// `ui`: a page is asked for, and where; `fresh`: an older timeline is not continued.
    pub fn new(
        ui: Option<Option<SocketAddr>>,
        timeline: Option<&Path>,
        fresh: bool,
    ) -> CommandResult<Wanted> {
        if let Some(file) = timeline {
            let folder = file.parent().filter(|folder| !folder.as_os_str().is_empty());
            if file.is_dir() || folder.is_some_and(|folder| !folder.is_dir()) {
                let text = format!("--timeline {}: name a file in a folder that exists", file.display());
                return Err(CommandError::invalid(text));
            }
            if !has_room_for_one(file) {
                let text = format!("--timeline {} is a file of something else: name another", file.display());
                return Err(CommandError::invalid(text));
            }
            if fresh
                && let Err(error) = std::fs::remove_file(file)
                && error.kind() != io::ErrorKind::NotFound
            {
                return Err(error).with_context(|| format!("--timeline {}", file.display())).invalid();
            }
        }
        Ok(Wanted { page: ui.map(bind).transpose()?, timeline: timeline.map(Path::to_owned) })
    }

    /// Whether anybody looks on.
    pub fn is_any(&self) -> bool {
        self.page.is_some() || self.timeline.is_some()
    }

    /// The book of the run, which goes on behind an older timeline of it. Workers that came before that was read would be in none.
    pub fn log(&self, job: &ResolvedJob) -> Arc<WorkLog> {
        let log = WorkLog::new();
        log.of_run(&job.digest.to_string());
        if let Some(file) = &self.timeline {
            resume(&log, file);
        }
        log
    }

    /// Shows a run whose batches are in this book; `None`: nobody asked for it.
    pub fn open_if_any(
        self,
        job: &ResolvedJob,
        log: Arc<WorkLog>,
        queued: Queued,
    ) -> CommandResult<Option<Ui>> {
        if !self.is_any() {
            return Ok(None);
        }
        let dashboard = Dashboard::new(job, Arc::clone(&log));
        let start = |path: PathBuf| {
            let file = TimelineFile::start(log, path, || true);
            file.context("the timeline cannot be kept").internal()
        };
        let timeline = self.timeline.map(start).transpose()?;
        let serve = |bound: Bound| bound.serve(Arc::clone(&dashboard), queued).internal();
        let page = self.page.map(serve).transpose()?;
        if let Some(page) = &page {
            terminal::note(&format!("page: {}", page.url()));
        }
        Ok(Some(Ui { dashboard, page, _timeline: timeline }))
    }
}

impl Ui {
    /// What it is told by.
    pub fn dashboard(&self) -> &Arc<Dashboard> {
        &self.dashboard
    }

    /// Lets those who look see how the run ended. `again`: the command that goes on.
    pub fn end(&self, outcome: Result<&RunOutcome, &CommandError>, again: &str) {
        use galapagos_run::dashboard::view::State;
        match outcome {
            Ok(RunOutcome::Finished { result, folder, .. }) => {
                let report = folder.join(REPORT);
                // A result of an earlier release has none.
                let place = if report.is_file() { &report } else { folder };
                self.dashboard.finish(result, &place.display().to_string());
            }
            Ok(RunOutcome::Interrupted { generation, .. }) => {
                let why = format!("interrupted after {generation} generations; nothing is lost");
                self.dashboard.leave(State::Interrupted, &why, again);
            }
            Err(error) => self.dashboard.leave(State::Failed, &error.message(), again),
        }
        if let Some(page) = &self.page {
            page.farewell();
        }
    }
}

fn bind(address: Option<SocketAddr>) -> CommandResult<Bound> {
    let usual = SocketAddr::from((Ipv4Addr::LOCALHOST, PORT));
    let taken = |error: &io::Error| error.kind() == io::ErrorKind::AddrInUse;
    let bound = match address {
        Some(address) => Bound::new(address),
        // Nobody asked for this port: a second run has another.
        None => match Bound::new(usual) {
            Err(error) if taken(&error) => Bound::new(SocketAddr::from((Ipv4Addr::LOCALHOST, 0))),
            bound => bound,
        },
    };
    let address = address.unwrap_or(usual);
    let bound = bound
        .with_context(|| format!("--ui={address} cannot be opened: choose another address"))
        .invalid()?;
    if !bound.address().ip().is_loopback() {
        tracing::warn!(
            "whoever reaches {} can read the page, with the genes of the best individual",
            bound.address()
        );
    }
    Ok(bound)
}
