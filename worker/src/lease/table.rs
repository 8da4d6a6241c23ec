//! The table: the generations under way, their queue, the leases that are out and the workers that hold them.

use std::collections::BTreeMap;
use std::time::{Duration, Instant};

use galapagos_run::run::evaluator::{Answer, Exception, Task};

use super::generations::Generations;
use super::individual::State;
use super::leases::{Leases, Phase};
use super::pace::Paces;
use super::queue::{Piece, Queue};
use super::workers::Workers;
use super::{Counts, Kind, Settled, Terms, WorkerId};

/// Who evaluates what; see the module.
#[derive(Debug)]
pub struct LeaseTable {
    pub(super) terms: Terms,
    pub(super) epoch: u64,
    pub(super) generations: Generations,
    pub(super) queue: Queue,
    pub(super) leases: Leases,
    pub(super) workers: Workers,
    pub(super) paces: Paces,
    pub(super) counts: Counts,
    pub(super) rows: Rows,
    /// A worker that gets nothing more until it is free for an individual that is to be alone.
    pub(super) cleared: Option<WorkerId>,
}

/// Rows that one evaluation looks at.
#[derive(Debug)]
pub(super) struct Rows {
    job: u64,
    windows: BTreeMap<u32, u64>,
}

impl Rows {
    /// Of a kind; 0: not known.
    pub fn of(&self, kind: Kind) -> u64 {
        kind.window.map_or(self.job, |window| self.windows.get(&window).copied().unwrap_or(0))
    }
}

impl LeaseTable {
    /// An empty table of a coordinator's life.
    #[must_use]
    pub fn new(terms: Terms, epoch: u64) -> LeaseTable {
        LeaseTable {
            terms,
            epoch,
            generations: Generations::default(),
            queue: Queue::default(),
            leases: Leases::default(),
            workers: Workers::default(),
            paces: Paces::default(),
            counts: Counts::default(),
            rows: Rows { job: terms.bars, windows: BTreeMap::new() },
            cleared: None,
        }
    }

    /// An evaluation of this window looks at so many rows.
    pub fn lay(&mut self, window: u32, bars: u64) {
        self.rows.windows.insert(window, bars);
    }

    /// Begins a generation of a window, or of the job itself, with the individuals to evaluate, whose indices are
    /// distinct. Whatever was open of it before is given up: answers to it that still come are counted as late. Beside
    /// others it is granted once theirs are.
    pub fn submit(&mut self, window: Option<u32>, tasks: Vec<Task>) {
        self.leases.turn(window);
        self.queue.forget(&self.generations.end(window));
        self.generations.begin(window, tasks);
        let paces = &self.paces;
        self.queue.put(self.generations.kinds(window), |kind| paces.cost(kind).map(|c| c.each));
    }

    /// Gives up what has not been granted of one. Answers to what is out still settle, until the next
    /// [`LeaseTable::submit`].
    pub fn cancel(&mut self, window: Option<u32>) {
        self.queue.forget(&self.generations.cancel(window));
    }

    /// The window of a lease whose answers may still count; `None`: it is none of these.
    #[must_use]
    pub fn window_of(&self, lease: u64) -> Option<Option<u32>> {
        self.leases.window_of(lease)
    }

    /// A worker with `slots` threads is ready.
    pub fn join(&mut self, worker: WorkerId, slots: u32, _now: Instant) {
        self.workers.join(worker, slots);
    }

    /// Individuals that are not settled and still may be: queued or out.
    #[must_use]
    pub fn open(&self) -> usize {
        self.generations.queued() + self.generations.leased()
    }

    /// Individuals that wait to be granted.
    #[must_use]
    pub fn queued(&self) -> usize {
        self.generations.queued()
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

    /// Seconds that one slot recently needed for one individual of a kind; `None` before any was timed.
    #[must_use]
    pub fn seconds_per_individual(&self, kind: Kind) -> Option<f64> {
        self.paces.seconds(kind)
    }

    /// The same over all kinds in their shares of what is under way.
    #[must_use]
    pub fn mean_seconds(&self) -> Option<f64> {
        let known = self.generations.shares().filter_map(|(kind, total, _)| {
            let seconds = self.paces.seconds(kind)?;
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
            self.generations.set(position, State::Queued);
            self.generations.get_mut(position).suspect |= piece.fixed;
        }
        self.queue.give_back(piece);
    }

    /// Puts an individual back that failed by itself: its next attempt is alone in its batch, and without anything
    /// beside it if a worker was lost over it.
    pub(super) fn retry(&mut self, position: u32, avoid: Option<WorkerId>) {
        self.counts.retried += 1;
        if self.generations.get(position).losses == 0 {
            return self.requeue(Piece { positions: vec![position], fixed: true, avoid });
        }
        self.generations.set(position, State::Queued);
        self.generations.get_mut(position).suspect = true;
        self.queue.set_apart(position);
    }

    /// Sets an individual aside for good.
    pub(super) fn quarantine(&mut self, position: u32, exception: Exception) -> Settled {
        self.counts.quarantined += 1;
        self.generations.set(position, State::Settled);
        self.settled(position, Err(exception))
    }

    /// What is said of an individual that has its answer.
    pub(super) fn settled(&self, position: u32, answer: Answer) -> Settled {
        let window = self.generations.kind(position).window;
        Settled { window, index: self.generations.get(position).task.index, answer }
    }
}
