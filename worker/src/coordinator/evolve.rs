//! The evolutions of a job: its own, and after it those of the windows of its walk-forward, whose batches are in flight
//! together.

use std::sync::{Arc, Mutex, PoisonError};

use galapagos_run::execute::{ExecuteError, published};
use galapagos_run::job::market::Market;
use galapagos_run::job::problem::{Problem, ProblemError};
use galapagos_run::job::resolve::ResolvedJob;
use galapagos_run::job::walk_forward::{WalkForward, WindowJob};
use galapagos_run::results::walk_forward::{self, WalkForwardEnd};
use galapagos_run::run::driver::{Driver, Ended};
use galapagos_run::run::ended::Completion;
use galapagos_run::run::evaluator::Evaluator;
use galapagos_run::run::walk_forward::{
    Training, WindowEvaluators, WindowsEnded, WindowsRun, spent, together,
};
use galapagos_run::storage::run_folder::RunFolder;

use super::dispatcher::Dispatcher;
use super::exits;
use super::remote::RemoteEvaluator;
use super::reporter::Reporter;
use crate::process::exit::Exit;
use crate::process::stop::Stop;

/// What a job is evolved with.
pub(super) struct Evolve<'a> {
    pub job: &'a ResolvedJob,
    pub walk: Option<&'a WalkForward>,
    pub folder: &'a RunFolder,
    pub dispatcher: &'a Arc<Dispatcher>,
    /// Price of a worker-second.
    pub price: Option<f64>,
    pub stop: &'a Stop,
}

/// What came out, before anything is published.
pub(super) struct Evolved {
    pub reason: Completion,
    pub windows: WalkForwardEnd,
    /// The data, opened again.
    pub market: Market,
}

/// The workers, as the windows see them.
struct RemoteWindows<'a>(&'a Arc<Dispatcher>);

impl WindowEvaluators for RemoteWindows<'_> {
    // Their rows are prepared by the workers.
    fn at_once(&self, windows: usize) -> usize {
        windows
    }

    fn of<'t>(&'t self, training: &'t Training<'_, '_>) -> Result<Box<dyn Evaluator + 't>, ProblemError> {
        let WindowJob { index, job, .. } = training.window();
        let dispatcher = Arc::clone(self.0);
        Ok(Box::new(RemoteEvaluator::of_window(job, dispatcher, *index, training.bars())))
    }
}

impl Evolve<'_> {
    /// Evolves to the end of all. `reopen` opens the data once they are needed.
    ///
    /// # Errors
    /// [`Exit`]: why it has to leave before; what was finished is on disk.
    pub fn run(
        &self,
        driver: &mut Driver<'_>,
        reporter: &mut Reporter,
        reopen: impl FnOnce() -> Result<Market, Exit>,
    ) -> Result<Evolved, Exit> {
        let mut reason = self.own(driver, reporter)?;
        let market = reopen()?;
        let mut windows = WalkForwardEnd::NotRequested;
        if let Some(walk) = self.walk {
            let job = self.job;
            let problem = Problem::new(job, market.bars(), market.others(&job.others));
            let problem = problem.map_err(exits::problem)?;
            // A result that is there already has them.
            while published(self.folder, job, driver).is_none() {
                windows = self.windows(walk, &problem, driver, reporter)?;
                // More generations may have been asked for meanwhile: they come first, and then the windows' own.
                let before = driver.evolution().generation();
                reason = self.own(driver, reporter)?;
                if driver.evolution().generation() == before {
                    break;
                }
            }
        }
        Ok(Evolved { reason, windows, market })
    }

    /// The job's own evolution, from where it is.
    fn own(&self, driver: &mut Driver<'_>, reporter: &mut Reporter) -> Result<Completion, Exit> {
        let taken = together(spent(self.folder).values());
        driver.limits().lock().unwrap_or_else(PoisonError::into_inner).windows = taken;
        let mut evaluator = RemoteEvaluator::new(self.job, Arc::clone(self.dispatcher));
        match driver.run(&mut evaluator, reporter, self.stop.flag()).map_err(exits::run)? {
            Ended::Interrupted => Err(Exit::terminated()),
            Ended::Finished(reason) => Ok(reason),
        }
    }

    #[expect(clippy::result_large_err, reason = "the error of a run, made once for a window")]
    fn windows(
        &self,
        walk: &WalkForward,
        problem: &Problem<'_>,
        driver: &Driver<'_>,
        reporter: &mut Reporter,
    ) -> Result<WalkForwardEnd, Exit> {
        let run = WindowsRun {
            walk,
            problem,
            folder: self.folder,
            generations: driver.evolution().generation(),
            limits: driver.limits(),
            counters: driver.state().counters,
            price: self.price,
            turn: Mutex::default(),
        };
        let outcome = |window: &WindowJob, training: &Problem<'_>, own: &Driver<'_>| {
            walk_forward::outcome(walk, problem, window, training, own).map_err(ExecuteError::from)
        };
        let workers = RemoteWindows(self.dispatcher);
        match run.run(&workers, reporter, self.stop.flag(), outcome).map_err(exits::execute)? {
            WindowsEnded::Interrupted => Err(Exit::terminated()),
            WindowsEnded::TimeLimit => Ok(WalkForwardEnd::TimeLimit),
            WindowsEnded::Finished(windows) => Ok(WalkForwardEnd::Done(windows)),
        }
    }
}
