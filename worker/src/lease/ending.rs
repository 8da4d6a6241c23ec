//! Leases that end without an answer: lost, expired, handed back. Nobody can say which individual is at fault, so a
//! batch is halved until the culprit is alone, and only what was alone is held against an individual.

use std::time::{Duration, Instant};

use galapagos_run::run::evaluator::Exception;

use super::individual::State;
use super::leases::{Lease, Phase};
use super::queue::Piece;
use super::table::LeaseTable;
use super::{Settled, WorkerId};

/// Losses that set an individual aside, as a multiple of the attempts: machines vanish for reasons of their own.
const LOSSES: u32 = 2;

/// How a lease ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Cause {
    /// Its worker was lost.
    Lost,
    /// The deadline of the lease passed.
    Expired,
    /// The worker ended it without answers.
    LeftOut,
}

impl LeaseTable {
    /// A worker is gone, and with it all it held; what is settled by that.
    #[must_use = "what is settled is given only once"]
    pub fn leave(&mut self, id: WorkerId, _now: Instant) -> Vec<Settled> {
        let Some(worker) = self.workers.remove(id) else { return Vec::new() };
        self.cleared = self.cleared.filter(|&c| c != id);
        let mut settled = Vec::new();
        for (nth, &lease) in worker.leases.iter().enumerate() {
            if let Some(lease) = self.leases.close(lease) {
                self.counts.lost += u64::from(lease.phase == Phase::Running);
                settled.extend(self.end(lease, nth < worker.slots, Cause::Lost));
            }
        }
        settled
    }

    /// A worker is sent away, or closes its stream in order: no individual is to blame for that.
    pub fn dismiss(&mut self, id: WorkerId) {
        let Some(worker) = self.workers.remove(id) else { return };
        self.cleared = self.cleared.filter(|&c| c != id);
        for &lease in &worker.leases {
            if let Some(closed) = self.leases.close(lease) {
                self.counts.handed_back += u64::from(closed.phase == Phase::Running);
                let positions = self.owed(&closed);
                self.unsuspected(positions);
            }
        }
    }

    /// A worker that is leaving gives a lease back; it gets nothing more unless it joins again.
    pub fn hand_back(&mut self, id: WorkerId, lease: u64, _now: Instant) {
        if self.leases.get(lease).is_none_or(|l| l.worker != id) {
            self.counts.stale += 1;
            return;
        }
        if let Some(worker) = self.workers.get_mut(id) {
            worker.leaving = true;
        }
        self.cleared = self.cleared.filter(|&c| c != id);
        if let Some(closed) = self.leases.close(lease) {
            self.workers.release(id, lease, closed.solitary);
            self.counts.handed_back += u64::from(closed.phase == Phase::Running);
            let positions = self.owed(&closed);
            self.unsuspected(positions);
        }
    }

    /// Ends the leases whose deadline has passed; what is settled by that. Their workers may still be busy with them:
    /// the slots stay taken until they answer or are gone.
    #[must_use = "what is settled is given only once"]
    pub fn expire(&mut self, now: Instant) -> Vec<Settled> {
        let mut settled = Vec::new();
        while let Some(id) = self.leases.due(now) {
            let Some(lease) = self.leases.overdue(id) else { break };
            self.counts.expired += 1;
            let running = self.workers.get(lease.worker).is_some_and(|w| {
                let nth = w.leases.iter().position(|&l| l == id);
                nth.is_some_and(|nth| nth < w.slots)
            });
            settled.extend(self.end(lease, running, Cause::Expired));
        }
        settled
    }

    /// When [`LeaseTable::expire`] has something to do next.
    #[must_use]
    pub fn next_expiry(&self) -> Option<Instant> {
        self.leases.next()
    }

    /// Learns from the time of a lease that a worker finished.
    pub(super) fn observe(&mut self, lease: &Lease, busy: Duration) {
        let seconds = busy.as_secs_f64();
        if lease.failed || seconds <= 0.0 {
            return;
        }
        let cost = self.paces.cost(lease.kind);
        let several = self.workers.len() > 1;
        let Some(worker) = self.workers.get_mut(lease.worker) else { return };
        self.paces.observe(lease.kind, lease.size, seconds, worker.factor);
        // Alone, a worker is the average.
        if let Some(cost) = cost.filter(|_| several) {
            worker.observe(seconds, cost.seconds(lease.size));
        }
    }

    /// Frees what a running lease still owes; what nobody else holds.
    fn owed(&mut self, lease: &Lease) -> Vec<u32> {
        let mut positions = Vec::new();
        if lease.phase != Phase::Running {
            return positions;
        }
        for item in lease.items.iter().filter(|item| !item.answered) {
            let individual = self.generations.get_mut(item.position);
            individual.holders -= 1;
            if individual.holders == 0 && individual.state() == State::Leased {
                if self.generations.is_cancelled(item.position) {
                    self.generations.set(item.position, State::Forgotten);
                } else {
                    positions.push(item.position);
                }
            }
        }
        positions
    }

    fn unsuspected(&mut self, positions: Vec<u32>) {
        let apart = positions.len() == 1 && self.generations.get(positions[0]).losses > 0;
        if apart {
            self.generations.set(positions[0], State::Queued);
            self.queue.set_apart(positions[0]);
        } else {
            self.requeue(Piece { positions, fixed: false, avoid: None });
        }
    }

    /// What becomes of the individuals that a lease still owed; `running`: it was in a slot, not waiting for one.
    pub(super) fn end(&mut self, lease: Lease, running: bool, cause: Cause) -> Vec<Settled> {
        let mut positions = self.owed(&lease);
        if !running {
            self.unsuspected(positions);
            return Vec::new();
        }
        let avoid = Some(lease.worker).filter(|_| cause != Cause::Lost);
        if lease.size == 1 && positions.len() == 1 {
            return self.alone(positions[0], &lease, cause, avoid).into_iter().collect();
        }
        let rest = positions.split_off(positions.len() / 2);
        for positions in [positions, rest] {
            self.requeue(Piece { positions, fixed: true, avoid });
        }
        Vec::new()
    }

    fn alone(
        &mut self,
        position: u32,
        lease: &Lease,
        cause: Cause,
        avoid: Option<WorkerId>,
    ) -> Option<Settled> {
        let timeout = self.terms.timeout;
        if cause == Cause::Expired {
            if lease.patient {
                // Rounded up: the limit that was kept is not below the one that was set.
                let seconds = u32::try_from(timeout.as_millis().div_ceil(1000)).unwrap_or(u32::MAX);
                return self.failed(position, avoid, Exception::TimedOut { seconds });
            }
            // The deadline was a guess. Only its whole time limit can speak against an individual.
            self.retry(position, avoid);
            return None;
        }
        let most = self.attempts().saturating_mul(LOSSES);
        let individual = self.generations.get_mut(position);
        individual.losses += 1;
        if individual.losses < most {
            self.retry(position, avoid);
            return None;
        }
        let times = individual.losses;
        let text =
            format!("its worker was lost or gave no answer {times} times while it was evaluated alone");
        Some(self.quarantine(position, Exception::Panicked(text)))
    }
}
