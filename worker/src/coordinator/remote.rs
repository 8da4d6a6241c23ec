//! Evaluation by workers, as the driver sees it.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::mpsc::Receiver;
use std::time::Duration;

use galapagos_run::job::resolve::ResolvedJob;
use galapagos_run::run::evaluator::{Evaluator, EvaluatorError, Sink, Task};
use galapagos_run::run::hashers::Hashers;

use super::dispatcher::{Answers, Dispatcher, wait};

/// How often an interrupt is looked at while nothing else happens.
const PATIENCE: Duration = Duration::from_millis(50);

/// The workers of a dispatcher, as one driver sees them.
#[derive(Debug)]
pub struct RemoteEvaluator {
    dispatcher: Arc<Dispatcher>,
    window: Option<u32>,
    answers: Receiver<Answers>,
    hashers: Hashers,
}

impl RemoteEvaluator {
    /// Of the job's own individuals.
    pub fn new(job: &ResolvedJob, dispatcher: Arc<Dispatcher>) -> RemoteEvaluator {
        RemoteEvaluator::open(job, dispatcher, None)
    }

    /// Of those of a window, which look at `bars` rows. `job` is the window's.
    pub fn of_window(
        job: &ResolvedJob,
        dispatcher: Arc<Dispatcher>,
        window: u32,
        bars: u64,
    ) -> RemoteEvaluator {
        RemoteEvaluator::open(job, dispatcher, Some((window, bars)))
    }

    fn open(job: &ResolvedJob, dispatcher: Arc<Dispatcher>, window: Option<(u32, u64)>) -> RemoteEvaluator {
        let answers = dispatcher.open(window);
        let window = window.map(|(window, _)| window);
        RemoteEvaluator { dispatcher, window, answers, hashers: Hashers::new(job) }
    }
}

impl Drop for RemoteEvaluator {
    fn drop(&mut self) {
        self.dispatcher.close(self.window);
    }
}

impl Evaluator for RemoteEvaluator {
    fn evaluate(
        &mut self,
        tasks: &[Task],
        interrupt: &AtomicBool,
        sink: &mut Sink<'_>,
    ) -> Result<(), EvaluatorError> {
        let size = tasks.iter().map(|t| t.index + 1).max().unwrap_or(0);
        let mut hashes = vec![None; size];
        for task in tasks {
            hashes[task.index] = Some(self.hashers.hash(task.species, &task.genome));
        }
        let mut left: Vec<bool> = hashes.iter().map(Option::is_some).collect();
        let mut open = tasks.len();
        // What an interrupted round left behind is not of this one.
        while let Some(settled) = wait(&self.answers, Duration::ZERO) {
            settled?;
        }
        self.dispatcher.submit(self.window, tasks.to_vec(), hashes);
        while open > 0 {
            let stopping = interrupt.load(Ordering::Relaxed);
            if stopping {
                self.dispatcher.cancel(self.window);
            }
            // What has come already is kept even when leaving.
            let patience = if stopping { Duration::ZERO } else { PATIENCE };
            let Some(settled) = wait(&self.answers, patience) else {
                if stopping {
                    return Ok(());
                }
                continue;
            };
            let mut answers = settled?;
            answers.retain(|&(index, _)| left.get_mut(index).is_some_and(std::mem::take));
            open -= answers.len();
            if !answers.is_empty() && sink(answers).is_break() {
                return Ok(());
            }
        }
        Ok(())
    }

    fn workers(&self) -> f64 {
        self.dispatcher.standing().workers as f64
    }
}
