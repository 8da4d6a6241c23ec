//! What the sessions of workers, the drivers and the clock share: the table of leases behind one lock, answers on
//! their way to the drivers, and a bell that rings when there may be work. A job has a driver, and while its windows of
//! walk-forward evolve, each of them has one too.

use std::collections::BTreeMap;
use std::sync::mpsc::{Receiver, RecvTimeoutError, Sender, channel};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use galapagos_run::dashboard::moment::Moment;
use galapagos_run::dashboard::view::Kind;
use galapagos_run::dashboard::work::{Ending, Leaving, WorkLog};
use galapagos_run::run::evaluator::{Answer, EvaluatorError, Exception, Task};
use tokio::sync::watch;

use crate::lease::{Counts, Delivery, Grant, LeaseTable, Nondeterminism, Settled, Terms, WorkerId};

/// Why no more answers come.
#[derive(Clone, Debug, thiserror::Error)]
pub enum NoAnswers {
    /// Two workers gave different answers for the same individual.
    #[error(transparent)]
    Nondeterminism(#[from] Nondeterminism),
    /// Who watches state and data has seen why the run cannot go on, and tells it.
    #[error("the run cannot go on")]
    Watched,
    /// The worker processes of this machine are lost.
    #[error(transparent)]
    Workers(Arc<dyn std::error::Error + Send + Sync>),
    /// Nobody is left who could send them.
    #[error("the dispatcher is gone")]
    Gone,
}

impl From<NoAnswers> for EvaluatorError {
    fn from(why: NoAnswers) -> EvaluatorError {
        EvaluatorError::Elsewhere(Box::new(why))
    }
}

/// Answers that are settled, or why there will be none.
pub type Answers = Result<Vec<(usize, Answer)>, NoAnswers>;

/// The generation of one driver as sessions check results against it.
#[derive(Debug)]
struct Round {
    /// Where its answers go.
    answers: Sender<Answers>,
    /// Hash of strategy and genome by index; `None`: not part of this round.
    hashes: Vec<Option<u128>>,
    /// Distinct unseen individuals of this and the last generation.
    widths: [usize; 2],
}

#[derive(Debug)]
struct Inner {
    table: LeaseTable,
    /// By window; `None`: that of the job itself.
    rounds: BTreeMap<Option<u32>, Round>,
    /// Why there are no more answers for anybody.
    failed: Option<NoAnswers>,
    next_worker: u64,
    busy: Duration,
}

impl Inner {
    /// Hands each answer to the driver that waits for it.
    fn settle(&self, settled: Vec<Settled>) {
        let mut of: BTreeMap<Option<u32>, Vec<(usize, Answer)>> = BTreeMap::new();
        for Settled { window, index, answer } in settled {
            of.entry(window).or_default().push((index, answer));
        }
        for (window, answers) in of {
            if let Some(round) = self.rounds.get(&window) {
                // A driver that is gone needs no answers.
                let _ = round.answers.send(Ok(answers));
            }
        }
    }

    fn fail(&mut self, why: NoAnswers) {
        for round in self.rounds.values() {
            let _ = round.answers.send(Err(why.clone()));
        }
        self.failed.get_or_insert(why);
    }
}

/// What went wrong at workers so far.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct FailureCounts {
    /// Evaluations that ended in a panic.
    pub panicked: u64,
    /// Evaluations that took too long.
    pub timed_out: u64,
    /// Workers that could not take part.
    pub refused: u64,
}

/// What the sessions of workers, the drivers and the clock share: leases behind one lock, and answers on their way.
#[derive(Debug)]
pub struct Dispatcher {
    inner: Mutex<Inner>,
    bell: watch::Sender<u64>,
    epoch: u64,
    /// Why some worker could not take part, newest last; bounded.
    refusals: Mutex<Vec<String>>,
    failures: Mutex<FailureCounts>,
    /// For whoever looks on; no lease depends on it.
    log: Arc<WorkLog>,
}

/// How the dispatcher stands; for metrics and reports.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct DispatchStatus {
    /// Workers with an open stream.
    pub workers: usize,
    /// Slots of those workers together.
    pub slots: usize,
    /// Slots with a batch.
    pub busy: usize,
    /// Individuals that no worker holds.
    pub queued: usize,
    /// Individuals without an answer.
    pub open: usize,
    /// Age of the oldest lease.
    pub oldest_lease: Duration,
    /// Individuals that could be evaluated side by side (the larger of this and the last generation, of all windows that
    /// evolve beside each other).
    pub width: usize,
    /// Seconds of one slot for one individual, over all strategies; `None`: not measured yet.
    pub seconds_per_individual: Option<f64>,
}

/// A worker sent a result that was not asked for.
#[derive(Debug, thiserror::Error)]
#[error("individual {index} of lease {lease} was evaluated as another genome")]
pub struct WrongGenome {
    /// Index inside the generation.
    pub index: u32,
    /// Number of the lease.
    pub lease: u64,
}

impl Dispatcher {
    /// An empty dispatcher.
    pub fn new(terms: Terms, epoch: u64) -> Arc<Dispatcher> {
        Dispatcher::logged(terms, epoch, WorkLog::new())
    }

    /// The same with a book that may go on behind an earlier one.
    pub fn logged(terms: Terms, epoch: u64, log: Arc<WorkLog>) -> Arc<Dispatcher> {
        let inner = Inner {
            table: LeaseTable::new(terms, epoch),
            rounds: BTreeMap::new(),
            failed: None,
            next_worker: 0,
            busy: Duration::ZERO,
        };
        let dispatcher = Dispatcher {
            inner: Mutex::new(inner),
            bell: watch::Sender::new(0),
            epoch,
            refusals: Mutex::default(),
            failures: Mutex::default(),
            log,
        };
        Arc::new(dispatcher)
    }

    /// Begins to take individuals of the job itself, or of a window whose evaluations look at so many rows: the end where
    /// their answers come out.
    pub fn open(&self, window: Option<(u32, u64)>) -> Receiver<Answers> {
        let (answers, receiver) = channel();
        let mut inner = self.inner();
        if let Some(why) = &inner.failed {
            let _ = answers.send(Err(why.clone()));
        }
        if let Some((window, bars)) = window {
            inner.table.lay(window, bars);
        }
        let round = Round { answers, hashes: Vec::new(), widths: [0; 2] };
        inner.rounds.insert(window.map(|(window, _)| window), round);
        receiver
    }

    /// Nobody waits for answers any more of the job itself, or of a window.
    pub fn close(&self, window: Option<u32>) {
        let mut inner = self.inner();
        inner.rounds.remove(&window);
        inner.table.cancel(window);
    }

    fn inner(&self) -> MutexGuard<'_, Inner> {
        // The table keeps its promises between calls; a panic inside one ends the process anyway.
        self.inner.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Who evaluates what, for pages and timelines.
    pub fn log(&self) -> &Arc<WorkLog> {
        &self.log
    }

    /// The epoch that leases carry.
    pub fn epoch(&self) -> u64 {
        self.epoch
    }

    /// Rings when there may be work for somebody.
    pub fn bell(&self) -> watch::Receiver<u64> {
        self.bell.subscribe()
    }

    fn ring(&self) {
        self.bell.send_modify(|n| *n = n.wrapping_add(1));
    }

    /// Opens a round of one that is open. `hashes` by index inside the generation.
    pub fn submit(&self, window: Option<u32>, tasks: Vec<Task>, hashes: Vec<Option<u128>>) {
        let mut inner = self.inner();
        let Some(round) = inner.rounds.get_mut(&window) else { return };
        round.widths = [tasks.len(), round.widths[0]];
        round.hashes = hashes;
        inner.table.submit(window, tasks);
        drop(inner);
        self.ring();
    }

    /// Forgets what nobody has begun.
    pub fn cancel(&self, window: Option<u32>) {
        self.inner().table.cancel(window);
    }

    /// The run cannot go on.
    pub fn fail(&self, why: NoAnswers) {
        self.inner().fail(why);
    }

    /// A worker is ready.
    pub fn join(&self, name: &str, slots: u32) -> WorkerId {
        let mut inner = self.inner();
        inner.next_worker += 1;
        let worker = WorkerId(inner.next_worker);
        inner.table.join(worker, slots, Instant::now());
        drop(inner);
        self.log.joined(worker.0, name, slots, Moment::now());
        worker
    }

    /// A worker's stream has ended.
    pub fn leave(&self, worker: WorkerId) {
        let mut inner = self.inner();
        let settled = inner.table.leave(worker, Instant::now());
        inner.settle(settled);
        drop(inner);
        self.log.left(worker.0, Leaving::Lost, Moment::now());
        self.ring();
    }

    /// A worker was sent away, or has closed its stream in order.
    pub fn dismiss(&self, worker: WorkerId) {
        self.inner().table.dismiss(worker);
        self.log.left(worker.0, Leaving::Left, Moment::now());
        self.ring();
    }

    /// A worker gives a lease back.
    pub fn hand_back(&self, worker: WorkerId, lease: u64) {
        self.inner().table.hand_back(worker, lease, Instant::now());
        self.log.ended(worker.0, lease, Ending::HandedBack, Moment::now());
        self.ring();
    }

    /// The next batch for a worker, if it should have one now.
    pub fn next(&self, worker: WorkerId) -> Option<Grant> {
        let grant = self.inner().table.next(worker, Instant::now())?;
        self.log.granted(worker.0, grant.lease, grant.tasks.len(), Moment::now());
        Some(grant)
    }

    /// Results of a worker with the hashes of the genomes it evaluated.
    ///
    /// # Errors
    /// It evaluated something else than it was asked to.
    pub fn deliver(
        &self,
        worker: WorkerId,
        delivery: Delivery,
        hashes: &[(u32, u128)],
    ) -> Result<(), WrongGenome> {
        let mut inner = self.inner();
        let window = inner.table.window_of(delivery.lease).filter(|_| delivery.epoch == self.epoch);
        if let Some(round) = window.and_then(|window| inner.rounds.get(&window)) {
            let wrong =
                |&&(index, hash): &&(u32, u128)| round.hashes.get(index as usize) != Some(&Some(hash));
            if let Some(&(index, _)) = hashes.iter().find(wrong) {
                return Err(WrongGenome { index, lease: delivery.lease });
            }
        }
        inner.busy += delivery.busy;
        self.tally(&delivery);
        let told =
            (delivery.epoch == self.epoch).then_some((delivery.lease, delivery.items.len(), delivery.last));
        match inner.table.deliver(worker, delivery, Instant::now()) {
            Ok(settled) => inner.settle(settled),
            Err(error) => inner.fail(error.into()),
        }
        let queued = inner.table.queued();
        drop(inner);
        if let Some((lease, count, last)) = told {
            let now = Moment::now();
            self.log.answered(worker.0, lease, count, now);
            if last {
                self.log.ended(worker.0, lease, Ending::Done, now);
            }
        }
        if queued > 0 {
            self.ring();
        }
        Ok(())
    }

    fn tally(&self, delivery: &Delivery) {
        let mut failures = self.failures.lock().unwrap_or_else(PoisonError::into_inner);
        for (_, answer) in &delivery.items {
            match answer {
                Ok(_) => {}
                Err(Exception::Panicked(_)) => failures.panicked += 1,
                Err(Exception::TimedOut { .. }) => failures.timed_out += 1,
            }
        }
    }

    /// What went wrong at workers so far.
    pub fn failures(&self) -> FailureCounts {
        *self.failures.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Ends leases whose time is over. To be called a few times a second.
    pub fn tick(&self) {
        let (open, expired) = {
            let mut inner = self.inner();
            let before = inner.table.counts().expired;
            let settled = inner.table.expire(Instant::now());
            inner.settle(settled);
            (inner.table.open(), inner.table.counts().expired - before)
        };
        if expired > 0 {
            let text = format!("{expired} batches took too long: their individuals are given to others too");
            self.log.note(Kind::Warning, &text, Moment::now());
        }
        // A second copy of a slow batch is due by time alone: idle workers have to ask for it.
        if open > 0 {
            self.ring();
        }
    }

    /// Remembers why a worker could not take part.
    pub fn refused(&self, why: String) {
        self.failures.lock().unwrap_or_else(PoisonError::into_inner).refused += 1;
        let mut refusals = self.refusals.lock().unwrap_or_else(PoisonError::into_inner);
        if !refusals.contains(&why) {
            self.log.note(Kind::Warning, &format!("a worker cannot take part: {why}"), Moment::now());
            refusals.push(why);
        }
        if refusals.len() > 8 {
            refusals.remove(0);
        }
    }

    /// Why the last worker that could not take part was refused; `None`: none was.
    pub fn last_refusal(&self) -> Option<String> {
        self.refusals.lock().unwrap_or_else(PoisonError::into_inner).last().cloned()
    }

    /// How the dispatcher stands.
    pub fn standing(&self) -> DispatchStatus {
        let inner = self.inner();
        let Inner { table, rounds, .. } = &*inner;
        let widest = |round: &Round| round.widths[0].max(round.widths[1]);
        // The job's own generations are over once windows evolve.
        let windows: usize =
            rounds.iter().filter(|(window, _)| window.is_some()).map(|(_, r)| widest(r)).sum();
        DispatchStatus {
            workers: table.workers(),
            slots: table.slots(),
            busy: table.slots_busy(),
            queued: table.queued(),
            open: table.open(),
            oldest_lease: table.oldest_lease(Instant::now()).unwrap_or_default(),
            width: if windows > 0 { windows } else { rounds.get(&None).map_or(0, widest) },
            seconds_per_individual: table.mean_seconds(),
        }
    }

    /// Slot-seconds that workers said they spent.
    pub fn busy_seconds(&self) -> f64 {
        self.inner().busy.as_secs_f64()
    }

    /// What happened to leases so far.
    pub fn counts(&self) -> Counts {
        *self.inner().table.counts()
    }
}

/// Waits for answers; `None` when it took longer than `patience`.
pub(super) fn wait(answers: &Receiver<Answers>, patience: Duration) -> Option<Answers> {
    match answers.recv_timeout(patience) {
        Ok(settled) => Some(settled),
        Err(RecvTimeoutError::Timeout) => None,
        Err(RecvTimeoutError::Disconnected) => Some(Err(NoAnswers::Gone)),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::process::exit::with_causes;
    use std::error::Error as _;

    #[test]
    fn what_ends_the_answers_reaches_the_run_as_what_it_is() {
        let error = EvaluatorError::from(NoAnswers::from(Nondeterminism { index: 7 }));
        assert!(with_causes(&error).contains("individual 7 of this generation was evaluated twice"));
        let why = error.source().and_then(|why| why.downcast_ref::<NoAnswers>());
        assert!(matches!(why, Some(NoAnswers::Nondeterminism(Nondeterminism { index: 7 }))));
    }
}
