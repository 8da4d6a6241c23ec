//! Evaluation on the threads of this process.

use std::sync::atomic::{AtomicBool, AtomicU64, AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, PoisonError, mpsc};

use galapagos_engine::interrupt::Interrupt;
use rayon::{ThreadPool, ThreadPoolBuilder};

use super::evaluator::{Answer, Evaluator, EvaluatorError, Sink, Task};
use super::slots::{BatchRunner, SlotScratch};
use crate::dashboard::moment::Moment;
use crate::dashboard::work::{Ending, WorkLog};
use crate::job::problem::Problem;

/// Bars of a batch at most: about a quarter of a second, so that a run stops soon and loses little to a kill. Below
/// that, larger is better: each batch computes the series of its own individuals once.
const SHARED_BARS: u64 = 280_000_000;
/// The same for individuals that train models, some of which they share.
const LEARNING_BARS: u64 = 40_000_000;
/// The same for individuals that are simulated one by one.
const SLOW_BARS: u64 = 2_000_000;
/// Individuals of a batch at most: what one pass over the rows takes.
const LARGEST_BATCH: u64 = 2048;

/// Number and name under which the threads of a process are in the book of who evaluates what. Workers elsewhere are counted from
/// the other end.
const THIS_PROCESS: (u64, &str) = (u64::MAX, "this process");
/// The same of threads that evaluate the windows of walk-forward.
const WINDOWS: (u64, &str) = (u64::MAX - 1, "windows of walk-forward");

/// A book, and who writes into it.
#[derive(Clone, Debug)]
struct Entry {
    log: Arc<WorkLog>,
    worker: u64,
    /// Number of the next batch.
    batches: Arc<AtomicU64>,
}

impl Entry {
    fn of(log: Arc<WorkLog>, (worker, name): (u64, &str), slots: usize) -> Entry {
        log.joined(worker, name, u32::try_from(slots).unwrap_or(u32::MAX), Moment::now());
        Entry { log, worker, batches: Arc::default() }
    }
}

/// Threads that evaluate; several problems may share them.
#[derive(Clone, Debug)]
pub struct LocalSlots {
    pool: Arc<ThreadPool>,
    busy: Arc<AtomicUsize>,
    idle: IdleBuffers,
    entry: Option<Entry>,
}

/// Small buffers that no batch uses now, at most one a thread: to have their memory from the system takes as long as a batch
/// on daily bars.
#[derive(Clone, Default)]
struct IdleBuffers(Arc<Mutex<Vec<SlotScratch>>>);

impl IdleBuffers {
    /// Bytes of a buffer that is kept at most. Larger ones are of batches that take longer.
    const LARGEST: usize = 4 << 20;

    fn take(&self) -> SlotScratch {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).pop().unwrap_or_default()
    }

    fn give_back(&self, scratch: SlotScratch) {
        if scratch.bytes() <= IdleBuffers::LARGEST {
            self.0.lock().unwrap_or_else(PoisonError::into_inner).push(scratch);
        }
    }
}

impl std::fmt::Debug for IdleBuffers {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("IdleBuffers")
    }
}

impl LocalSlots {
    /// `slots` threads (0: one per core).
    ///
    /// # Errors
    /// The system gives no threads.
    pub fn new(slots: usize) -> Result<LocalSlots, EvaluatorError> {
        let pool =
            ThreadPoolBuilder::new().num_threads(slots).thread_name(|i| format!("slot-{i}")).build()?;
        let (busy, idle) = (Arc::default(), IdleBuffers::default());
        Ok(LocalSlots { pool: Arc::new(pool), busy, idle, entry: None })
    }

    /// Writes the batches of all problems on these threads, windows of walk-forward, into a book for whoever looks on.
    pub fn logged(mut self, log: Arc<WorkLog>) -> LocalSlots {
        self.entry = Some(Entry::of(log, WINDOWS, self.count()));
        self
    }

    /// Number of threads.
    pub fn count(&self) -> usize {
        self.pool.current_num_threads()
    }
}

/// Threads that evaluate a problem.
pub struct LocalEvaluator<'a> {
    problem: &'a Problem<'a>,
    runner: BatchRunner<'a>,
    pool: Arc<ThreadPool>,
    idle: IdleBuffers,
    /// For whoever looks on.
    entry: Option<Entry>,
}

impl<'a> LocalEvaluator<'a> {
    /// `slots` threads (0: one per core).
    ///
    /// # Errors
    /// The system gives no threads.
    pub fn new(problem: &'a Problem<'a>, slots: usize) -> Result<LocalEvaluator<'a>, EvaluatorError> {
        Ok(LocalEvaluator::on(problem, &LocalSlots::new(slots)?))
    }

    /// On threads that evaluate other problems too.
    pub fn on(problem: &'a Problem<'a>, slots: &LocalSlots) -> LocalEvaluator<'a> {
        let runner = BatchRunner::beside(problem, Arc::clone(&slots.busy));
        let (pool, idle, entry) = (Arc::clone(&slots.pool), slots.idle.clone(), slots.entry.clone());
        LocalEvaluator { problem, runner, pool, idle, entry }
    }

    /// Writes each batch into a book for whoever looks on.
    pub fn logged(mut self, log: Arc<WorkLog>) -> LocalEvaluator<'a> {
        self.entry = Some(Entry::of(log, THIS_PROCESS, self.slots()));
        self
    }

    /// A batch begins; its number.
    fn begin(&self, individuals: usize) -> u64 {
        let Some(Entry { log, worker, batches }) = &self.entry else { return 0 };
        let batch = batches.fetch_add(1, Ordering::Relaxed);
        log.granted(*worker, batch, individuals, Moment::now());
        batch
    }

    /// A batch of so many individuals ends with so many answers.
    fn end(&self, batch: u64, individuals: usize, answers: usize) {
        if let Some(Entry { log, worker, .. }) = &self.entry {
            let now = Moment::now();
            log.answered(*worker, batch, answers, now);
            let how = if answers < individuals { Ending::HandedBack } else { Ending::Done };
            log.ended(*worker, batch, how, now);
        }
    }

    /// Number of threads that evaluate.
    pub fn slots(&self) -> usize {
        self.pool.current_num_threads()
    }

    /// Whether an individual is evaluated together with its neighbours; alone it takes much longer.
    pub fn shares(&self, task: &Task) -> bool {
        self.runner.shares(task)
    }

    /// Individuals of a batch of this species at most.
    fn largest_batch(&self, task: &Task) -> usize {
        let trains = self.problem.job().species.get(task.species).is_some_and(|s| s.trains());
        let bars = match self.shares(task) {
            true if trains => LEARNING_BARS,
            true => SHARED_BARS,
            false => SLOW_BARS,
        };
        (bars / self.problem.counted_bars().max(1)).clamp(1, LARGEST_BATCH) as usize
    }

    /// The answer to a task whose first attempt ended like this; `None` if it was stopped.
    fn settled(
        &self,
        task: &Task,
        first: Option<Answer>,
        scratch: &mut SlotScratch,
        stop: &[&AtomicBool],
    ) -> Option<Answer> {
        let mut answer = first?;
        for _ in 1..self.problem.job().failures.attempts {
            if answer.is_ok() {
                break;
            }
            answer = self.runner.run_until(&[task], scratch, stop).pop().flatten()?;
        }
        Some(answer)
    }
}

impl Evaluator for LocalEvaluator<'_> {
    fn evaluate(
        &mut self,
        tasks: &[Task],
        interrupt: &AtomicBool,
        sink: &mut Sink<'_>,
    ) -> Result<(), EvaluatorError> {
        // Neighbours in parameter space share series; results do not depend on the order.
        let mut sorted: Vec<&Task> = tasks.iter().collect();
        let gene = |task: &Task, i: usize| task.genome.get(i).copied().unwrap_or(0);
        // The first genes tell which are neighbours; a look at each genome for each comparison would take longer.
        sorted.sort_by_cached_key(|task| (task.species, [0, 1, 2, 3].map(|i| gene(task, i))));
        let share = tasks.len().div_ceil(self.slots()).max(1);
        let batches = sorted.chunk_by(|a, b| a.species == b.species).flat_map(|species| {
            // Equal parts: a short last one would cost as much in series as a full one.
            let parts = species.len().div_ceil(share.min(self.largest_batch(species[0])));
            species.chunks(species.len().div_ceil(parts))
        });
        // Rises when the sink wants no more: then nobody waits for the others.
        let enough = AtomicBool::new(false);
        let stop = [interrupt, &enough];
        let this = &*self;
        self.pool.in_place_scope(|scope| {
            let (send, receive) = mpsc::channel::<Vec<(usize, Answer)>>();
            for batch in batches {
                let (send, stop) = (send.clone(), &stop);
                scope.spawn(move |_| {
                    if Interrupt::any(stop).is_asked() {
                        return;
                    }
                    let mut scratch = this.idle.take();
                    let number = this.begin(batch.len());
                    let answers = this.runner.run_until(batch, &mut scratch, stop);
                    let settled = batch.iter().zip(answers).filter_map(|(task, answer)| {
                        Some((task.index, this.settled(task, answer, &mut scratch, stop)?))
                    });
                    let settled: Vec<(usize, Answer)> = settled.collect();
                    this.end(number, batch.len(), settled.len());
                    this.idle.give_back(scratch);
                    // The receiver is gone only when the sink wants no more.
                    let _ = send.send(settled);
                });
            }
            drop(send);
            for answers in receive {
                if sink(answers).is_break() {
                    enough.store(true, Ordering::Relaxed);
                    break;
                }
            }
        });
        Ok(())
    }
}
