//! The evolutions of the windows of walk-forward, all in flight on the same slots: each has a barrier of its own, so one
//! window's stragglers keep no slot idle. What comes out does not depend on who was faster.

use std::cell::OnceCell;
use std::collections::BTreeMap;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::sync::mpsc::{RecvTimeoutError, Sender, channel};
use std::sync::{Arc, Mutex, PoisonError};
use std::thread;
use std::time::Duration;

use galapagos_crds::GeneValue;
use galapagos_engine::ENGINE;
use galapagos_genetics::StopRules;

use super::driver::{Driver, Ended, RunError};
use super::evaluator::Evaluator;
use super::limits::{Limits, Spent};
use super::local::{LocalEvaluator, LocalSlots};
use super::progress::{Observer, RunEvent};
use super::state::{Counters, DriverState};
use crate::job::problem::{Problem, ProblemError};
use crate::job::walk_forward::{WalkForward, WindowJob};
use crate::storage::StorageError;
use crate::storage::checkpoint;
use crate::storage::run_folder::RunFolder;

/// How often an interrupt is looked at while nothing else happens.
const PATIENCE: Duration = Duration::from_millis(50);

/// How the windows ended.
#[derive(Debug)]
pub enum WindowsEnded<T> {
    /// All are done; what was asked of each, oldest first.
    Finished(Vec<T>),
    /// They were asked to stop; the same call continues.
    Interrupted,
    /// A limit of time or money was reached before they were done.
    TimeLimit,
}

/// Who evaluates the individuals of windows, whose training rows differ.
pub trait WindowEvaluators: Sync {
    /// How many of so many windows evolve beside each other: as many as keep everybody busy.
    fn at_once(&self, windows: usize) -> usize;

    /// The evaluator of one.
    ///
    /// # Errors
    /// Its rows cannot be prepared.
    fn of<'t>(&'t self, training: &'t Training<'_, '_>) -> Result<Box<dyn Evaluator + 't>, ProblemError>;
}

impl WindowEvaluators for LocalSlots {
    // Each has columns of its own in memory.
    fn at_once(&self, windows: usize) -> usize {
        windows.min(self.count().max(2))
    }

    fn of<'t>(&'t self, training: &'t Training<'_, '_>) -> Result<Box<dyn Evaluator + 't>, ProblemError> {
        Ok(Box::new(LocalEvaluator::on(training.problem()?, self)))
    }
}

/// The training rows of a window, prepared once somebody evaluates on them.
#[derive(Debug)]
pub struct Training<'r, 'w> {
    walk: &'w WalkForward,
    whole: &'r Problem<'w>,
    window: &'w WindowJob,
    prepared: OnceCell<Problem<'w>>,
}

impl<'r, 'w> Training<'r, 'w> {
    /// Of a window of a job on all of its rows.
    fn new(walk: &'w WalkForward, whole: &'r Problem<'w>, window: &'w WindowJob) -> Training<'r, 'w> {
        Training { walk, whole, window, prepared: OnceCell::new() }
    }

    /// The window.
    pub fn window(&self) -> &'w WindowJob {
        self.window
    }

    /// Rows that an evaluation looks at, summed over the symbols.
    pub fn bars(&self) -> u64 {
        self.walk.counted_bars(self.whole, self.window)
    }

    /// The window's job on them.
    ///
    /// # Errors
    /// Funding cannot be charged on them.
    pub fn problem(&self) -> Result<&Problem<'w>, ProblemError> {
        if let Some(prepared) = self.prepared.get() {
            return Ok(prepared);
        }
        let problem = self.walk.training(self.whole, self.window)?;
        Ok(self.prepared.get_or_init(|| problem))
    }
}

/// What the windows are run with.
#[derive(Debug)]
pub struct WindowsRun<'a> {
    /// The windows.
    pub walk: &'a WalkForward,
    /// The job on all of its rows.
    pub problem: &'a Problem<'a>,
    /// The folder of the run.
    pub folder: &'a RunFolder,
    /// Generations of the job's own evolution, which each window repeats.
    pub generations: u32,
    /// Limits of time and money, which count both, as they are now.
    pub limits: Arc<Mutex<Limits>>,
    /// What the job's own evolution has taken.
    pub counters: Counters,
    /// Price of a worker-second.
    pub price: Option<f64>,
    /// Whose window is looked at, now that it has ended.
    pub turn: Mutex<()>,
}

/// What a window says of itself while it runs.
enum Said {
    /// So many generations are on disk, which took so much.
    Done { index: usize, generation: u32, counters: Counters },
    /// It has ended there, and whether no more follow.
    Ended { index: usize, generation: u32, last: bool },
    /// An individual was set aside.
    Quarantined { strategy: String, genome: Vec<(String, GeneValue)>, problem: String },
    /// Something was damaged.
    Fallback(String),
}

/// Hands on what a window's driver reports, with the window's number.
struct Forward {
    index: usize,
    said: Sender<Said>,
}

impl Observer for Forward {
    fn observe(&mut self, event: RunEvent<'_>) {
        let said = match event {
            RunEvent::Generation { report, counters, .. } => {
                let (index, generation, counters) = (self.index, report.generation + 1, *counters);
                Said::Done { index, generation, counters }
            }
            RunEvent::Quarantined { strategy, genome, problem } => {
                Said::Quarantined { strategy: strategy.to_owned(), genome: genome.to_vec(), problem }
            }
            RunEvent::Fallback(text) | RunEvent::Warning(text) => Said::Fallback(text),
            RunEvent::Started { .. }
            | RunEvent::Evaluated { .. }
            | RunEvent::Window { .. }
            | RunEvent::Testing => return,
        };
        // The receiver goes last.
        let _ = self.said.send(said);
    }
}

/// What the windows of a run have taken so far, by their numbers.
pub fn spent(folder: &RunFolder) -> BTreeMap<u32, Counters> {
    let of = |path: std::path::PathBuf| {
        let index = path.file_name()?.to_str()?.parse().ok()?;
        let mut counters = None;
        let found = checkpoint::load_newest(&path.join("checkpoints"), ENGINE, &mut Vec::new(), |c| {
            let state: DriverState = serde_json::from_slice(&c.driver).map_err(|_| "has no counters")?;
            counters = Some(state.counters);
            Ok(())
        });
        found.ok()??;
        Some((index, counters?))
    };
    folder.windows().into_iter().filter_map(of).collect()
}

/// The sum of what windows have taken.
pub fn together<'a>(windows: impl IntoIterator<Item = &'a Counters>) -> Spent {
    windows.into_iter().fold(Spent::default(), |sum, c| Spent {
        seconds: sum.seconds + c.seconds,
        worker_seconds: sum.worker_seconds + c.worker_seconds,
    })
}

impl WindowsRun<'_> {
    /// Runs every window to the number of generations, and asks `outcome` of each that is done.
    ///
    /// # Errors
    /// The first of a window; what was finished is on disk.
    pub fn run<T: Send, E>(
        &self,
        evaluators: &dyn WindowEvaluators,
        observer: &mut dyn Observer,
        interrupt: &AtomicBool,
        outcome: impl Fn(&WindowJob, &Problem<'_>, &Driver<'_>) -> Result<T, E> + Sync,
    ) -> Result<WindowsEnded<T>, E>
    where
        E: From<ProblemError> + From<StorageError> + From<RunError> + Send,
    {
        let windows = self.walk.windows();
        let at_once = evaluators.at_once(windows.len());
        let results: Mutex<BTreeMap<usize, Result<T, E>>> = Mutex::default();
        let mut taken = spent(self.folder);
        let is_time_up = |taken: &BTreeMap<u32, Counters>| {
            let now = self.limits.lock().unwrap_or_else(PoisonError::into_inner).clone();
            let limits = Limits { windows: together(taken.values()), ..now };
            limits.spent(&self.counters, self.price).is_some()
        };
        let mut time_up = is_time_up(&taken);
        let (next, stop) = (AtomicUsize::new(0), AtomicBool::new(time_up));
        let leave = AtomicBool::new(false);
        thread::scope(|scope| {
            let (say, said) = channel();
            for _ in 0..at_once {
                let say = say.clone();
                let (results, next, stop, leave, outcome) = (&results, &next, &stop, &leave, &outcome);
                scope.spawn(move || {
                    loop {
                        let index = next.fetch_add(1, Ordering::Relaxed);
                        let Some(window) = windows.get(index) else { return };
                        if leave.load(Ordering::Relaxed) {
                            return;
                        }
                        let mut forward = Forward { index, said: say.clone() };
                        let share = 1.0 / at_once as f64;
                        let found =
                            self.window(window, share, evaluators, &mut forward, stop, outcome).transpose();
                        let Some(found) = found else { continue };
                        if found.is_err() {
                            stop.store(true, Ordering::Relaxed);
                            leave.store(true, Ordering::Relaxed);
                        }
                        results.lock().unwrap_or_else(PoisonError::into_inner).insert(index, found);
                    }
                });
            }
            drop(say);
            let mut at: BTreeMap<usize, (u32, bool)> = BTreeMap::new();
            loop {
                match said.recv_timeout(PATIENCE) {
                    Ok(Said::Done { index, generation, counters }) => {
                        at.insert(index, (generation, generation >= self.generations));
                        taken.insert(index as u32, counters);
                        observer.observe(self.progress(&at, together(taken.values())));
                    }
                    Ok(Said::Ended { index, generation, last }) => {
                        at.insert(index, (generation, last));
                    }
                    Ok(Said::Quarantined { strategy, genome, problem }) => {
                        observer.observe(RunEvent::Quarantined {
                            strategy: &strategy,
                            genome: &genome,
                            problem,
                        });
                    }
                    Ok(Said::Fallback(text)) => observer.observe(RunEvent::Fallback(text)),
                    Err(RecvTimeoutError::Timeout) => {}
                    Err(RecvTimeoutError::Disconnected) => break,
                }
                if is_time_up(&taken) {
                    time_up = true;
                    stop.store(true, Ordering::Relaxed);
                }
                if interrupt.load(Ordering::Relaxed) {
                    stop.store(true, Ordering::Relaxed);
                    leave.store(true, Ordering::Relaxed);
                }
            }
        });
        let results = results.into_inner().unwrap_or_else(PoisonError::into_inner);
        let finished = results.into_values().collect::<Result<Vec<T>, E>>()?;
        Ok(if finished.len() == windows.len() {
            WindowsEnded::Finished(finished)
        } else if time_up && !interrupt.load(Ordering::Relaxed) {
            WindowsEnded::TimeLimit
        } else {
            WindowsEnded::Interrupted
        })
    }

    /// One window to its end; `None`: it was stopped before.
    fn window<T, E>(
        &self,
        window: &WindowJob,
        share: f64,
        evaluators: &dyn WindowEvaluators,
        forward: &mut Forward,
        stop: &AtomicBool,
        outcome: &impl Fn(&WindowJob, &Problem<'_>, &Driver<'_>) -> Result<T, E>,
    ) -> Result<Option<T>, E>
    where
        E: From<ProblemError> + From<StorageError> + From<RunError>,
    {
        let training = Training::new(self.walk, self.problem, window);
        let folder = self.folder.window(window.index, window.job.digest, ENGINE)?;
        let mut driver = Driver::open(&window.job, &folder, training.bars(), None, forward)?;
        driver.share_time(share);
        driver.limits().lock().unwrap_or_else(PoisonError::into_inner).stop =
            StopRules::after(self.generations);
        let ended = driver.run(&mut *evaluators.of(&training)?, forward, stop)?;
        let (index, generation) = (forward.index, driver.evolution().generation());
        let last = matches!(ended, Ended::Finished(_));
        let _ = forward.said.send(Said::Ended { index, generation, last });
        if !last {
            return Ok(None);
        }
        // One at a time: windows that end together would all lie prepared in memory.
        let _turn = self.turn.lock().unwrap_or_else(PoisonError::into_inner);
        outcome(window, training.problem()?, &driver).map(Some)
    }

    fn progress(&self, at: &BTreeMap<usize, (u32, bool)>, spent: Spent) -> RunEvent<'static> {
        let behind = at.values().filter(|(_, last)| !last).map(|&(generation, _)| generation).min();
        RunEvent::Window {
            done: at.values().filter(|(_, last)| *last).count(),
            windows: self.walk.windows().len(),
            generation: behind.unwrap_or(self.generations),
            generations: self.generations,
            spent,
        }
    }
}
