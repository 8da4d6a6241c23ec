//! Evaluation on the threads of this process.

use std::any::Any;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::mpsc;

use rayon::{ThreadPool, ThreadPoolBuilder};

use super::evaluator::{Answer, Evaluator, EvaluatorError, Exception, Task};
use crate::job::problem::Problem;

/// Individuals of one batch at most: small enough to stop soon and to balance, large enough that neighbours share
/// their indicator series.
const LARGEST_BATCH: usize = 64;

/// Threads that evaluate a problem.
pub struct LocalEvaluator<'a> {
    problem: &'a Problem<'a>,
    pool: ThreadPool,
}

impl<'a> LocalEvaluator<'a> {
    /// `slots` threads (0: one per core).
    ///
    /// # Errors
    /// The system gives no threads.
    pub fn new(problem: &'a Problem<'a>, slots: usize) -> Result<LocalEvaluator<'a>, EvaluatorError> {
        let pool = ThreadPoolBuilder::new()
            .num_threads(slots)
            .thread_name(|i| format!("slot-{i}"))
            .build()
            .map_err(|e| EvaluatorError(format!("no threads: {e}")))?;
        Ok(LocalEvaluator { problem, pool })
    }

    /// Number of threads.
    pub fn slots(&self) -> usize {
        self.pool.current_num_threads()
    }

    fn answer(&self, task: &Task) -> Answer {
        let attempts = self.problem.job().failures.attempts.max(1);
        let mut last = String::new();
        for _ in 0..attempts {
            // The problem is only read: a panic leaves nothing half changed.
            match catch_unwind(AssertUnwindSafe(|| self.problem.evaluate(task.species, &task.genome))) {
                Ok(Some(evaluation)) => return Ok(evaluation),
                Ok(None) => last = "the genome is not on its grids".to_owned(),
                Err(payload) => last = message(payload.as_ref()),
            }
        }
        Err(Exception::Panicked(last))
    }
}

impl Evaluator for LocalEvaluator<'_> {
    fn evaluate(
        &mut self,
        tasks: &[Task],
        interrupt: &AtomicBool,
        sink: &mut dyn FnMut(usize, Answer) -> Result<(), EvaluatorError>,
    ) -> Result<(), EvaluatorError> {
        // Neighbours in parameter space share series; results do not depend on the order.
        let mut sorted: Vec<&Task> = tasks.iter().collect();
        sorted.sort_by(|a, b| (a.species, &a.genome).cmp(&(b.species, &b.genome)));
        let size = tasks.len().div_ceil(4 * self.slots()).clamp(1, LARGEST_BATCH);
        let stop = AtomicBool::new(false);
        let this = &*self;
        let stopped = || interrupt.load(Ordering::Relaxed) || stop.load(Ordering::Relaxed);
        self.pool.in_place_scope(|scope| {
            let (send, receive) = mpsc::channel();
            for batch in sorted.chunks(size) {
                let send = send.clone();
                let stopped = &stopped;
                scope.spawn(move |_| {
                    if stopped() {
                        return;
                    }
                    for task in batch {
                        // The receiver is gone only when the sink failed: then nobody waits for the rest.
                        if send.send((task.index, this.answer(task))).is_err() {
                            return;
                        }
                    }
                });
            }
            drop(send);
            for (index, answer) in receive {
                if let Err(error) = sink(index, answer) {
                    stop.store(true, Ordering::Relaxed);
                    return Err(error);
                }
            }
            Ok(())
        })
    }
}

fn message(payload: &(dyn Any + Send)) -> String {
    let text = payload.downcast_ref::<&str>().map(|s| (*s).to_owned());
    text.or_else(|| payload.downcast_ref::<String>().cloned()).unwrap_or_else(|| "no message".to_owned())
}
