//! The role `coordinator`: holds one job's evolution and has its individuals evaluated by workers.
//!
//! * [`work_server`]: where workers connect; [`session`]: one worker's stream; [`dispatcher`]: what sessions and driver
//!   share.
//! * [`evolve`]: the job's own evolution and those of its walk-forward windows; [`remote`]: the workers as the evaluator
//!   of each.
//! * [`live`], [`reporter`], [`progress`]: what is reported of the run, and to whom; [`page`]: the page that people look at.
//! * [`last_words`]: how the end reaches the cluster; [`exits`]: with which code.
//!
//! The driver runs on the main thread; everything that listens runs on the runtime.

mod data;
pub mod dispatcher;
mod evolve;
mod exits;
mod last_words;
pub mod live;
mod page;
mod progress;
mod remote;
pub mod reporter;
mod session;
mod settings;
mod watch;
pub mod work_server;

use std::sync::Arc;
use std::time::Duration;

use galapagos_engine::ENGINE;
use galapagos_protocol::tls::{Identity, JobUid, Role};
use galapagos_protocol::work::farewell::Reason as Goodbye;
use galapagos_run::dashboard::board::Dashboard;
use galapagos_run::execute::{Conclusion, RunOutcome, announce, conclude, run_key};
use galapagos_run::job::calendar;
use galapagos_run::job::market::Market;
use galapagos_run::job::problem::Problem;
use galapagos_run::job::resolve::ResolvedJob;
use galapagos_run::job::walk_forward::WalkForward;
use galapagos_run::run::driver::Driver;
use galapagos_run::run::walk_forward::{spent, together};
use galapagos_run::storage::atomic;
use galapagos_run::storage::run_folder::RunFolder;

use crate::lease::Terms;
use crate::metrics::CoordinatorMetrics;
use crate::process::exit::{Code, Exit};
use crate::process::{Shell, job_file, termination};
use dispatcher::Dispatcher;
use evolve::{Evolve, Evolved};
use live::Live;
use progress::ProgressService;
pub use remote::RemoteEvaluator;
use reporter::{News, Reporter};
pub use settings::Settings;
use watch::Watch;
use work_server::{ServeOptions, WorkServer};

/// How long an older attempt may take to leave.
const TAKE_OVER: Duration = Duration::from_secs(10);
/// How long workers may take to close their streams.
const GOODBYE: Duration = Duration::from_secs(2);

/// Runs the role to the end of the job, or until it has to leave.
///
/// # Errors
/// [`Exit`]: why it ended without a result.
pub fn run(settings: Settings, shell: Shell) -> Result<(), Exit> {
    let mut manifest = job_file::read(&settings.job)?;
    if let Some(changed) = settings.desired.clone() {
        changed.put_into(&mut manifest);
    }
    job_file::keep_version(&mut manifest, settings.dataset_digest.as_deref());
    shell.job.set(job_file::name(&manifest));
    // First of all: a job whose state cannot be kept must not evaluate for hours before it says so.
    RunFolder::check_writable(&settings.state_dir).map_err(exits::storage)?;
    let tls = |e| Exit::new(Code::Spec, e);
    let uid = JobUid::new(settings.job_uid.clone()).map_err(tls)?;
    let identity = Identity::load(&settings.tls_dir).map_err(tls)?;
    identity.check(Role::Coordinator, &uid).map_err(tls)?;
    let kept = data::calendar_file(&settings, &manifest).map_err(exits::storage)?;
    calendar::recall(&mut manifest, &kept);
    let market = Market::of_job(&settings.data_dir, &manifest.spec).map_err(exits::market)?;
    let job = ResolvedJob::new(&manifest, &market.facts()).map_err(|e| Exit::new(Code::Spec, e))?;
    if manifest.spec.market_data.calendar.is_none() {
        calendar::keep(&job.manifest, &kept).map_err(exits::storage)?;
    }
    let files = Arc::clone(market.dataset().files());
    // Tables and data themselves are not needed before the end.
    let (bars, walk) = {
        let problem =
            Problem::new(&job, market.bars(), market.others(&job.others)).map_err(exits::problem)?;
        (problem.counted_bars(), WalkForward::new(&problem).map_err(exits::walk_forward)?)
    };
    drop(market);
    let key = run_key(&job, &settings.state_dir);
    let folder = RunFolder::take_over(&key, ENGINE, settings.attempt, TAKE_OVER).map_err(exits::storage)?;
    let folder = Arc::new(folder);
    tracing::info!(epoch = folder.epoch(), folder = %folder.path().display(), "run folder");

    let dispatcher = Dispatcher::new(Terms::for_job(&job, bars), folder.epoch());
    let dashboard = Dashboard::new(&job, Arc::clone(dispatcher.log()));
    let page = page::open(&settings, &dashboard, &dispatcher);
    let timeline = page::keep_timeline(&dispatcher, &folder);
    let news = News::new(Live::new(&job, folder.epoch()), Arc::clone(&dispatcher), dashboard);
    let metrics = CoordinatorMetrics::register(&shell.metrics);
    let mut reporter = Reporter::new(Arc::clone(&news), metrics.clone());
    let price = settings.price_per_worker_hour.map(|p| p / 3600.0);
    let mut driver = Driver::open(&job, &folder, bars, price, &mut reporter).map_err(exits::run)?;
    let state = driver.state();
    let taken = together(spent(&folder).values());
    news.change(|live| {
        live.resume(&state.history, state.counters, driver.digest());
        live.plan_windows(walk.as_ref().map_or(0.0, WalkForward::cost), taken);
    });

    let options = |address| ServeOptions { address, identity: &identity, uid: &uid };
    let service = ProgressService { news: Arc::clone(&news), limits: driver.limits() };
    let (server, service) = shell
        .runtime
        .block_on(async {
            let server = WorkServer::open(
                &options(settings.work_address),
                &job,
                walk.as_ref(),
                Arc::clone(&dispatcher),
                metrics.clone(),
            )
            .await?;
            Ok((server, progress::open(&options(settings.progress_address), service).await?))
        })
        .map_err(exits::server)?;
    let watch = Watch::start(&shell, &dispatcher, &news, &metrics, &folder, files, server.handshakes());
    if let Some(path) = &settings.ready_file {
        let text = serde_json::json!({"work": server.address(), "progress": service.address()}).to_string();
        atomic::write(path, text.as_bytes()).map_err(exits::storage)?;
    }
    tracing::info!(work = %server.address(), progress = %service.address(), "listening");
    shell.health.set_ready(true);

    let stop = &shell.stop;
    let evolve =
        Evolve { job: &job, walk: walk.as_ref(), folder: &folder, dispatcher: &dispatcher, price, stop };
    let evolved = evolve
        .run(&mut driver, &mut reporter, || data::reopen(&settings, &job.manifest.spec, &job.dataset_digest));
    let outcome = match watch.end() {
        // What the watch saw is the cause of whatever the driver saw.
        Some(exit) => Err(exit),
        None => evolved.and_then(|Evolved { reason, windows, market }| {
            let prepare = || Problem::new(&job, market.bars(), market.others(&job.others));
            announce(&folder, &job, &driver, &mut reporter);
            let conclusion = Conclusion { slots: 0, seen: true };
            conclude(&market, &job, &folder, &driver, reason, conclusion, &windows, prepare)
                .map_err(exits::execute)
        }),
    };
    let outcome = match outcome {
        // Files that vanish are the newer attempt's doing, if there is one.
        Err(exit) if exit.code == Code::StateNotWritable => {
            metrics.checkpoint_failures.inc();
            folder.check_epoch().map_err(exits::storage).and(Err(exit))
        }
        other => other,
    };
    let exit = finish(&settings, &shell, &news, server, outcome);
    page::end(news.dashboard(), page, &job.name, &exit);
    drop(timeline);
    exit
}

/// Says goodbye to workers and watchers.
fn finish(
    settings: &Settings,
    shell: &Shell,
    news: &News,
    server: WorkServer,
    outcome: Result<RunOutcome, Exit>,
) -> Result<(), Exit> {
    let (goodbye, exit) = match outcome {
        Ok(RunOutcome::Finished { result, folder, reused }) => {
            tracing::info!(digest = result.result_digest, reused, folder = %folder.display(), "result");
            let best = result.best.as_ref().and_then(last_words::best);
            news.dashboard().finish(&result, &page::report_of(&result.job.name));
            let end = last_words::succeeded(&result, &folder, &settings.state_dir);
            news.change(|live| live.end(end, best));
            (Goodbye::Finished, Ok(()))
        }
        Ok(RunOutcome::Interrupted { .. }) => (Goodbye::Leaving, Err(Exit::terminated())),
        Err(exit) if exit.code.is_permanent() => {
            news.change(|live| live.end(last_words::failed(&exit), None));
            (Goodbye::Finished, Err(exit))
        }
        Err(exit) => (Goodbye::Leaving, Err(exit)),
    };
    shell.runtime.block_on(async {
        server.close(goodbye, GOODBYE).await;
        if goodbye == Goodbye::Finished {
            let _ = tokio::time::timeout(Duration::from_secs(settings.linger_seconds), news.recorded()).await;
        }
    });
    if let (Some(path), Ok(())) = (&shell.termination, &exit)
        && let Err(error) = termination::write(path, &galapagos_protocol::last_words::write(&news.report()))
    {
        tracing::warn!(%error, path = %path.display(), "the termination message cannot be written");
    }
    exit
}
