//! From a resolved job and its data to a result, on the threads of this process.

use std::borrow::Borrow;
use std::path::{Path, PathBuf};
use std::sync::atomic::AtomicBool;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use galapagos_engine::ENGINE;
use galapagos_validation::NullReason;
use serde_json::json;

use crate::dashboard::work::WorkLog;
use crate::job::market::{Market, same_data};
use crate::job::problem::{Problem, ProblemError};
use crate::job::resolve::ResolvedJob;
use crate::job::walk_forward::{WalkForward, WalkForwardError, WindowJob};
use crate::results::ResultError;
use crate::results::document::ResultDocument;
use crate::results::seen;
use crate::results::walk_forward::{self, WalkForwardEnd};
use crate::results::write::{Source, publish};
use crate::run::driver::{Driver, Ended, RunError};
use crate::run::ended::Completion;
use crate::run::evaluator::{Evaluator, EvaluatorError};
use crate::run::limits::Limits;
use crate::run::local::{LocalEvaluator, LocalSlots};
use crate::run::progress::{Observer, RunEvent};
use crate::run::walk_forward::{WindowsEnded, WindowsRun, spent, together};
use crate::storage::run_folder::{RunFolder, RunKey, Start};
use crate::storage::{StorageError, begun};

/// Why a run failed.
#[derive(Debug, thiserror::Error)]
pub enum ExecuteError {
    /// The job does not fit its data.
    #[error(transparent)]
    Problem(#[from] ProblemError),
    /// The windows of walk-forward cannot be laid.
    #[error(transparent)]
    WalkForward(#[from] WalkForwardError),
    /// The files of the run cannot be read or written.
    #[error(transparent)]
    Storage(#[from] StorageError),
    /// The run cannot go on.
    #[error(transparent)]
    Run(#[from] RunError),
    /// The threads that evaluate cannot be started.
    #[error(transparent)]
    Evaluator(#[from] EvaluatorError),
    /// The result cannot be made.
    #[error(transparent)]
    Result(#[from] ResultError),
    /// The data changed while they were used.
    #[error(transparent)]
    Market(#[from] galapagos_market::Error),
}

/// Where and how to run.
#[derive(Clone, Debug)]
pub struct Options {
    /// Results or state folder.
    pub root: PathBuf,
    /// What to do about an earlier run with the same inputs.
    pub start: Start,
    /// Threads; 0: one per core.
    pub slots: usize,
    /// Number of this attempt: the epoch is at least this.
    pub attempt: u64,
    /// Whether anybody sees the result: then it is a look at the holdout, which the data folder counts.
    pub seen: bool,
    /// Price of a second of this process, for `stop.maxCost`.
    pub price_per_second: Option<f64>,
    /// The book in which the windows of walk-forward that are evaluated here are written, for whoever looks on.
    pub log: Option<Arc<WorkLog>>,
}

impl Options {
    /// Continue in `root` on all cores.
    pub fn new(root: &Path) -> Options {
        Options {
            root: root.to_owned(),
            start: Start::Continue,
            slots: 0,
            attempt: 1,
            seen: true,
            price_per_second: None,
            log: None,
        }
    }
}

/// How a call of [`run`] ended.
#[derive(Debug)]
pub enum RunOutcome {
    /// The result is on disk.
    Finished {
        /// What is in `result.json`.
        result: Box<ResultDocument>,
        /// The folder of the result.
        folder: PathBuf,
        /// It was there already: nothing was evaluated.
        reused: bool,
    },
    /// Stopped at a safe point; the same call continues.
    Interrupted {
        /// The run folder, where the same call finds its checkpoint.
        folder: PathBuf,
        /// Generations that are finished.
        generation: u32,
    },
}

/// Runs a job to its end, or until `interrupt` rises. A run that finished before is answered from its result.
///
/// # Errors
/// [`ExecuteError`]; what was finished is on disk, and the same call continues it.
pub fn run(
    job: &ResolvedJob,
    market: &Market,
    options: &Options,
    observer: &mut dyn Observer,
    interrupt: &AtomicBool,
) -> Result<RunOutcome, ExecuteError> {
    let problem = Problem::new(job, market.bars(), market.others(&job.others))?;
    let mut evaluator = LocalEvaluator::new(&problem, options.slots)?;
    run_with(job, market, &problem, options, &mut evaluator, observer, interrupt)
}

/// The same with any evaluator.
///
/// # Errors
/// [`ExecuteError`].
pub fn run_with(
    job: &ResolvedJob,
    market: &Market,
    problem: &Problem<'_>,
    options: &Options,
    evaluator: &mut dyn Evaluator,
    observer: &mut dyn Observer,
    interrupt: &AtomicBool,
) -> Result<RunOutcome, ExecuteError> {
    job.warnings.iter().for_each(|w| observer.observe(RunEvent::Warning(w.clone())));
    let walk = WalkForward::new(problem)?;
    let key = run_key(job, &options.root);
    let inputs = json!({"dataset": job.dataset_digest, "engine": ENGINE, "inputs": &job.inputs});
    let folder =
        RunFolder::open(&key, options.start, ENGINE, options.attempt).map_err(|error| match error {
            StorageError::NothingToResume { path } => {
                match path.parent().and_then(|job_folder| begun::difference(job_folder, &inputs)) {
                    Some(difference) => StorageError::OtherInputs { path, difference },
                    None => StorageError::NothingToResume { path },
                }
            }
            other => other,
        })?;
    // For people alone: no run fails for it.
    if let Err(error) = begun::keep(folder.path(), &inputs) {
        observer.observe(RunEvent::Warning(error.to_string()));
    }
    let mut driver = Driver::open(job, &folder, problem.counted_bars(), options.price_per_second, observer)?;
    let limits = driver.limits();
    lock(&limits).windows = together(spent(&folder).values());
    let interrupted = |driver: &Driver<'_>| {
        let generation = driver.evolution().generation();
        Ok(RunOutcome::Interrupted { folder: folder.path().to_owned(), generation })
    };
    let reason = match driver.run(evaluator, observer, interrupt)? {
        Ended::Interrupted => return interrupted(&driver),
        Ended::Finished(reason) => reason,
    };
    let end = match &walk {
        Some(walk) if published(&folder, job, &driver).is_none() => {
            let windows = WindowsRun {
                walk,
                problem,
                folder: &folder,
                generations: driver.evolution().generation(),
                limits: Arc::clone(&limits),
                counters: driver.state().counters,
                price: options.price_per_second,
                turn: Mutex::default(),
            };
            let outcome = |window: &WindowJob, training: &Problem<'_>, own: &Driver<'_>| {
                walk_forward::outcome(walk, problem, window, training, own).map_err(ExecuteError::from)
            };
            let slots = LocalSlots::new(options.slots)?;
            let slots = options.log.as_ref().map_or(slots.clone(), |log| slots.logged(Arc::clone(log)));
            match windows.run(&slots, observer, interrupt, outcome)? {
                WindowsEnded::Interrupted => return interrupted(&driver),
                WindowsEnded::TimeLimit => WalkForwardEnd::TimeLimit,
                WindowsEnded::Finished(windows) => WalkForwardEnd::Done(windows),
            }
        }
        _ => WalkForwardEnd::NotRequested,
    };
    announce(&folder, job, &driver, observer);
    let conclusion = Conclusion { slots: options.slots, seen: options.seen };
    conclude(market, job, &folder, &driver, reason, conclusion, &end, || Ok(problem))
}

fn lock(limits: &Mutex<Limits>) -> MutexGuard<'_, Limits> {
    limits.lock().unwrap_or_else(PoisonError::into_inner)
}

/// Tells that the winner is tested next, unless the result is there already.
pub fn announce(folder: &RunFolder, job: &ResolvedJob, driver: &Driver<'_>, observer: &mut dyn Observer) {
    if published(folder, job, driver).is_none() {
        observer.observe(RunEvent::Testing);
    }
}

/// The run of a job below a results or state folder.
pub fn run_key<'a>(job: &'a ResolvedJob, root: &'a Path) -> RunKey<'a> {
    RunKey { root, namespace: &job.namespace, job: &job.name, inputs: job.digest }
}

/// How a finished run is concluded.
#[derive(Clone, Copy, Debug)]
pub struct Conclusion {
    /// Threads that test the winner; 0: one per core.
    pub slots: usize,
    /// As in [`Options`].
    pub seen: bool,
}

/// Publishes the result of a finished run, or finds that it was published before. `prepare` is asked for the job on its
/// data when the evaluations are written, and not at all if nothing is published.
///
/// # Errors
/// [`ExecuteError`]; nothing is published if the data changed while they were used.
#[expect(clippy::too_many_arguments, reason = "the parts of a finished run")]
pub fn conclude<'p, P: Borrow<Problem<'p>>>(
    market: &Market,
    job: &ResolvedJob,
    folder: &RunFolder,
    driver: &Driver<'_>,
    reason: Completion,
    conclusion: Conclusion,
    windows: &WalkForwardEnd,
    prepare: impl FnOnce() -> Result<P, ProblemError>,
) -> Result<RunOutcome, ExecuteError> {
    same_data(market.dataset().check_unchanged())?;
    let earlier = published(folder, job, driver);
    let reused = earlier.is_some();
    let result = match earlier {
        Some(result) => result,
        None => {
            let Conclusion { slots, seen } = conclusion;
            let holdout_looks = seen.then(|| seen::noted(job, market, driver)).flatten();
            let source = Source { dataset: market.dataset().name(), holdout_looks };
            publish(folder, job, source, driver, reason, slots, windows, prepare)?
        }
    };
    Ok(RunOutcome::Finished { result: Box::new(result), folder: folder.result(), reused })
}

/// The published result, if it is that of this very state and its winner was tested as the job says now; not if a limit
/// kept it from its walk-forward, which may be another now.
pub fn published(folder: &RunFolder, job: &ResolvedJob, driver: &Driver<'_>) -> Option<ResultDocument> {
    let mark = folder.mark()?;
    let same =
        mark.digest == driver.digest().to_string() && mark.generation == driver.evolution().generation();
    let bytes = same.then(|| std::fs::read(folder.result().join("result.json")).ok())??;
    let result: ResultDocument = serde_json::from_slice(&bytes).ok()?;
    let tested = serde_json::to_value(&job.validation).ok()?;
    let reason = result.validation.as_ref()?.walk_forward_reason.as_deref();
    (reason != Some(NullReason::TimeLimit.name()) && result.tests == tested).then_some(result)
}
