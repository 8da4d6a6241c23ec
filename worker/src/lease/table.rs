//! The table: one generation, its queue, the leases that are out and the workers that hold them.

use std::time::{Duration, Instant};

use galapagos_run::run::evaluator::{Answer, Exception, Task};

use super::individual::{Generation, State};
use super::leases::{Leases, Phase};
use super::pace::Paces;
use super::queue::{Piece, Queue};
use super::workers::Workers;
use super::{Counts, Terms, WorkerId};

/// Who evaluates what; see the module.
#[derive(Debug)]
pub struct LeaseTable {
    pub(super) terms: Terms,
    pub(super) epoch: u64,
    pub(super) generation: Generation,
    pub(super) queue: Queue,
    pub(super) leases: Leases,
    pub(super) workers: Workers,
    pub(super) paces: Paces,
    pub(super) counts: Counts,
    /// The generation was cancelled: nothing is queued again.
    pub(super) cancelled: bool,
    /// A worker that gets nothing more until it is free for an individual that is to be alone.
    pub(super) cleared: Option<WorkerId>,
}

impl LeaseTable {
    /// An empty table of a coordinator's life.
    #[must_use]
    pub fn new(terms: Terms, epoch: u64) -> LeaseTable {
        LeaseTable {
            terms,
            epoch,
            generation: Generation::default(),
            queue: Queue::default(),
            leases: Leases::default(),
            workers: Workers::default(),
            paces: Paces::default(),
            counts: Counts::default(),
            cancelled: false,
            cleared: None,
        }
    }

    /// Begins a generation with the individuals to evaluate, whose indices are distinct. Whatever was open before is
    /// given up: answers to it that still come are counted as late.
    pub fn submit(&mut self, tasks: Vec<Task>) {
        self.leases.turn();
        self.generation = Generation::new(tasks);
        let paces = &self.paces;
        self.queue = Queue::new(&self.generation, |species| paces.cost(species).map(|c| c.each));
        self.cancelled = false;
        self.cleared = None;
    }

    /// Gives up what has not been granted. Answers to what is out still settle, until the next [`LeaseTable::submit`].
    pub fn cancel(&mut self) {
        self.cancelled = true;
        self.generation.forget_queued();
        self.queue = Queue::default();
        self.cleared = None;
    }

    /// A worker with `slots` threads is ready.
    pub fn join(&mut self, worker: WorkerId, slots: u32, _now: Instant) {
        self.workers.join(worker, slots);
    }

    /// Individuals that are not settled and still may be: queued or out.
    #[must_use]
    pub fn open(&self) -> usize {
        self.generation.queued() + self.generation.leased()
    }

    /// Individuals that wait to be granted.
    #[must_use]
    pub fn queued(&self) -> usize {
        self.generation.queued()
    }

    /// Number of workers with an open stream.
    #[must_use]
    pub fn workers(&self) -> usize {
        self.workers.len()
    }

    /// Slots of the workers that stay.
    #[must_use]
    pub fn slots(&self) -> usize {
        self.workers.slots()
    }

    /// Slots with a batch.
    #[must_use]
    pub fn slots_busy(&self) -> usize {
        self.workers.busy()
    }

    /// Age of the oldest lease whose answers are waited for.
    #[must_use]
    pub fn oldest_lease(&self, now: Instant) -> Option<Duration> {
        let mut running = self.leases.iter().filter(|(_, lease)| lease.phase == Phase::Running);
        running.next().map(|(_, lease)| now.saturating_duration_since(lease.granted))
    }

    /// Seconds that one slot recently needed for one individual of a species; `None` before any was timed.
    #[must_use]
    pub fn seconds_per_individual(&self, species: usize) -> Option<f64> {
        self.paces.seconds(species)
    }

    /// The same over all species in their shares of this generation.
    #[must_use]
    pub fn mean_seconds(&self) -> Option<f64> {
        let known = self.generation.shares().filter_map(|(species, total, _)| {
            let seconds = self.paces.seconds(species)?;
            Some((seconds * total as f64, total))
        });
        let (seconds, individuals) = known.fold((0.0, 0), |sum, one| (sum.0 + one.0, sum.1 + one.1));
        (individuals > 0).then(|| seconds / individuals as f64)
    }

    /// What happened so far.
    #[must_use]
    pub fn counts(&self) -> &Counts {
        &self.counts
    }

    /// Attempts that an individual has.
    pub(super) fn attempts(&self) -> u32 {
        self.terms.attempts.max(1)
    }

    /// Puts individuals that nobody holds any more back into the queue.
    pub(super) fn requeue(&mut self, piece: Piece) {
        for &position in &piece.positions {
            self.generation.set(position, State::Queued);
            self.generation.get_mut(position).suspect |= piece.fixed;
        }
        self.queue.give_back(piece);
    }

    /// Puts an individual back that failed by itself: its next attempt is alone in its batch, and without anything
    /// beside it if a worker was lost over it.
    pub(super) fn retry(&mut self, position: u32, avoid: Option<WorkerId>) {
        self.counts.retried += 1;
        if self.generation.get(position).losses == 0 {
            return self.requeue(Piece { positions: vec![position], fixed: true, avoid });
        }
        self.generation.set(position, State::Queued);
        self.generation.get_mut(position).suspect = true;
        self.queue.set_apart(position);
    }

    /// Sets an individual aside for good.
    pub(super) fn quarantine(&mut self, position: u32, exception: Exception) -> (usize, Answer) {
        self.counts.quarantined += 1;
        self.generation.set(position, State::Settled);
        (self.generation.get(position).task.index, Err(exception))
    }
}
