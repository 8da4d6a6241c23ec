//! Evaluation on the threads of this process.

use std::any::Any;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::mpsc;

use galapagos_engine::backtest::Backtest;
use galapagos_engine::batch::{BatchEvaluator, Individual, Scratch};
use galapagos_engine::evaluation::{BLOCKS, BlockSum, Evaluation, Metrics};
use galapagos_engine::execution::Window;
use galapagos_engine::genes::Genome;
use rayon::{ThreadPool, ThreadPoolBuilder};

use super::evaluator::{Answer, Evaluator, EvaluatorError, Exception, Task};
use crate::job::problem::Problem;

/// Bars of a batch at most: about a quarter of a second, so that a run stops soon and loses little to a kill. Below
/// that, larger is better: each batch computes the series of its own individuals once.
const SHARED_BARS: u64 = 280_000_000;
/// The same for individuals that are simulated one by one.
const SLOW_BARS: u64 = 2_000_000;
/// Individuals of a batch at most: what one pass over the rows takes.
const LARGEST_BATCH: u64 = 2048;

/// Threads that evaluate a problem.
pub struct LocalEvaluator<'a> {
    problem: &'a Problem<'a>,
    /// `None` where each genome has a window of its own (`window: Full`).
    batches: Option<BatchEvaluator<'a>>,
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
        let exec = &problem.job().execution;
        let (symbols, rows) = (problem.training().symbols(), problem.training().rows());
        let run = Backtest { symbols, rows, exec, metrics: problem.metrics() };
        let batches = (exec.window == Window::AfterWarmUp).then(|| BatchEvaluator::new(run));
        Ok(LocalEvaluator { problem, batches, pool })
    }

    /// Number of threads.
    pub fn slots(&self) -> usize {
        self.pool.current_num_threads()
    }

    /// Individuals of a batch of this species at most.
    fn largest_batch(&self, task: &Task) -> usize {
        let species = self.problem.job().species.get(task.species);
        let shared = species.zip(self.batches.as_ref()).is_some_and(|(species, batches)| {
            let genome = species.genome(&task.genome);
            genome.is_some_and(|genome| {
                batches.shares(&Individual { strategy: species.strategy, genome: &genome })
            })
        });
        let bars = if shared { SHARED_BARS } else { SLOW_BARS };
        (bars / self.problem.counted_bars().max(1)).clamp(1, LARGEST_BATCH) as usize
    }

    /// The answers to a batch, in its order. A panic costs the batch nothing but time: its individuals are then
    /// evaluated one by one, so that only the culprit is set aside.
    fn answers(&self, tasks: &[&Task], scratch: &mut Option<Scratch>) -> Vec<Answer> {
        // The problem is only read, and scratch is thrown away: a panic leaves nothing half changed.
        let together = catch_unwind(AssertUnwindSafe(|| self.together(tasks, scratch)));
        match together {
            Ok(Some(evaluations)) => evaluations.into_iter().map(Ok).collect(),
            Ok(None) => tasks.iter().map(|task| self.alone(task)).collect(),
            Err(_) => {
                *scratch = None;
                tasks.iter().map(|task| self.alone(task)).collect()
            }
        }
    }

    fn together(&self, tasks: &[&Task], scratch: &mut Option<Scratch>) -> Option<Vec<Evaluation>> {
        let batches = self.batches.as_ref()?;
        let species = &self.problem.job().species;
        let genomes: Vec<Genome> =
            tasks.iter().map(|t| species.get(t.species)?.genome(&t.genome)).collect::<Option<_>>()?;
        let individuals: Vec<Individual<'_>> = tasks
            .iter()
            .zip(&genomes)
            .map(|(task, genome)| Individual { strategy: species[task.species].strategy, genome })
            .collect();
        let mut out = vec![blank(); tasks.len()];
        batches.evaluate(&individuals, scratch.get_or_insert_with(Scratch::new), &mut out);
        Some(out)
    }

    fn alone(&self, task: &Task) -> Answer {
        let mut last = String::new();
        for _ in 0..self.problem.job().failures.attempts.max(1) {
            match catch_unwind(AssertUnwindSafe(|| self.problem.evaluate(task.species, &task.genome))) {
                Ok(Some(evaluation)) => return Ok(evaluation),
                Ok(None) => return Err(Exception::Panicked("the genome is not on its grids".to_owned())),
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
        let share = tasks.len().div_ceil(self.slots()).max(1);
        let batches = sorted.chunk_by(|a, b| a.species == b.species).flat_map(|species| {
            // Equal parts: a short last one would cost as much in series as a full one.
            let parts = species.len().div_ceil(share.min(self.largest_batch(species[0])));
            species.chunks(species.len().div_ceil(parts))
        });
        let stop = AtomicBool::new(false);
        let this = &*self;
        let stopped = || interrupt.load(Ordering::Relaxed) || stop.load(Ordering::Relaxed);
        self.pool.in_place_scope(|scope| {
            let (send, receive) = mpsc::channel();
            for batch in batches {
                let send = send.clone();
                let stopped = &stopped;
                scope.spawn(move |_| {
                    if stopped() {
                        return;
                    }
                    let mut scratch = None;
                    let answers = this.answers(batch, &mut scratch);
                    for (task, answer) in batch.iter().zip(answers) {
                        // The receiver is gone only when the sink failed: then nobody waits for the rest.
                        if send.send((task.index, answer)).is_err() {
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

fn blank() -> Evaluation {
    Evaluation {
        metrics: Metrics::NONE,
        reason: None,
        returns: 0,
        s1: 0,
        s2: 0,
        blocks: [BlockSum::default(); BLOCKS],
        open_position: false,
    }
}

fn message(payload: &(dyn Any + Send)) -> String {
    let text = payload.downcast_ref::<&str>().map(|s| (*s).to_owned());
    text.or_else(|| payload.downcast_ref::<String>().cloned()).unwrap_or_else(|| "no message".to_owned())
}
