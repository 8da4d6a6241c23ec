//! Answers: what a delivery settles.

use std::time::{Duration, Instant};

use galapagos_run::run::evaluator::{Answer, Exception};

use super::ending::Cause;
use super::individual::State;
use super::leases::Phase;
use super::table::LeaseTable;
use super::{Delivery, Nondeterminism, Settled, WorkerId, bits};

/// How an answer's lease stands.
#[derive(Clone, Copy, PartialEq, Eq)]
enum LeaseStatus {
    Running,
    /// Overdue, lost, handed back or finished.
    Over,
}

impl LeaseTable {
    /// Takes what a worker says; what is settled now, first answers only.
    ///
    /// # Errors
    /// An individual has been answered twice, differently. The run is worth nothing then and must end.
    pub fn deliver(
        &mut self,
        id: WorkerId,
        delivery: Delivery,
        _now: Instant,
    ) -> Result<Vec<Settled>, Nondeterminism> {
        let Delivery { lease, epoch, items, last, busy, largest_batch } = delivery;
        // An empty message that nobody waits for is noticed too.
        let weight = items.len().max(1) as u64;
        if epoch != self.epoch {
            self.counts.stale += weight;
            return Ok(Vec::new());
        }
        if let Some(worker) = self.workers.get_mut(id) {
            worker.largest_batch = largest_batch as usize;
        }
        let phase = self.leases.get(lease).filter(|l| l.worker == id).map(|l| l.phase);
        let standing = match phase {
            Some(Phase::Running) => LeaseStatus::Running,
            Some(Phase::Overdue) => LeaseStatus::Over,
            Some(Phase::Obsolete) => {
                self.counts.late += weight;
                if last {
                    self.finish(lease, busy);
                }
                return Ok(Vec::new());
            }
            None if self.leases.ended_mut(lease).is_some_and(|l| l.worker == id) => LeaseStatus::Over,
            None if self.leases.is_earlier(lease) => {
                self.counts.late += weight;
                return Ok(Vec::new());
            }
            None => {
                self.counts.stale += weight;
                return Ok(Vec::new());
            }
        };
        let mut settled = Vec::with_capacity(items.len());
        for (index, answer) in items {
            settled.extend(self.answer(id, lease, standing, index, answer)?);
        }
        if last && phase.is_some() {
            settled.extend(self.finish(lease, busy));
        }
        Ok(settled)
    }

    fn answer(
        &mut self,
        id: WorkerId,
        lease: u64,
        standing: LeaseStatus,
        index: u32,
        answer: Answer,
    ) -> Result<Option<Settled>, Nondeterminism> {
        let position = self.leases.window_of(lease).and_then(|w| self.generations.position(w, index));
        let Some((position, repeated)) = position.and_then(|p| Some((p, self.mark(lease, p)?))) else {
            self.counts.stale += 1;
            return Ok(None);
        };
        if answer.is_err()
            && let Some(lease) = self.leases.get_mut(lease)
        {
            lease.failed = true;
        }
        let individual = self.generations.get_mut(position);
        if standing == LeaseStatus::Running && !repeated {
            individual.holders -= 1;
        }
        if repeated || individual.state() == State::Settled {
            // Delivered twice, or the second copy of a batch.
            match standing {
                LeaseStatus::Over if !repeated => self.counts.late += 1,
                _ => self.counts.duplicate += 1,
            }
            return match (individual.bits, &answer) {
                (Some(bits), Ok(evaluation)) if bits != bits::fingerprint(evaluation) => {
                    Err(Nondeterminism { index: index as usize })
                }
                _ => Ok(None),
            };
        }
        match answer {
            Ok(evaluation) => {
                individual.bits = Some(bits::fingerprint(&evaluation));
                self.generations.set(position, State::Settled);
                Ok(Some(self.settled(position, Ok(evaluation))))
            }
            Err(_) if standing == LeaseStatus::Over => {
                // It has another attempt already, or is not wanted any more.
                self.counts.late += 1;
                Ok(None)
            }
            Err(exception) => Ok(self.failed(position, Some(id), exception)),
        }
    }

    /// Marks an individual of a lease as answered; whether it was already. `None`: it is not in the lease.
    fn mark(&mut self, lease: u64, position: u32) -> Option<bool> {
        let item = match self.leases.get_mut(lease) {
            Some(lease) => lease.item(position)?,
            None => self.leases.ended_mut(lease)?.item(position)?,
        };
        Some(std::mem::replace(&mut item.answered, true))
    }

    /// An attempt of an individual ended in an exception.
    pub(super) fn failed(
        &mut self,
        position: u32,
        avoid: Option<WorkerId>,
        exception: Exception,
    ) -> Option<Settled> {
        let most = self.attempts();
        let individual = self.generations.get_mut(position);
        individual.attempts += 1;
        if individual.attempts >= most {
            return Some(self.quarantine(position, exception));
        }
        individual.suspect = true;
        if individual.holders == 0 {
            if self.generations.is_cancelled(position) {
                self.generations.set(position, State::Forgotten);
            } else {
                self.retry(position, avoid);
            }
        }
        None
    }

    /// The worker is done with a lease.
    fn finish(&mut self, lease: u64, busy: Duration) -> Vec<Settled> {
        let Some(closed) = self.leases.close(lease) else { return Vec::new() };
        self.observe(&closed, busy);
        if closed.phase == Phase::Running {
            self.counts.finished += 1;
        }
        self.workers.release(closed.worker, lease, closed.solitary);
        // What it left out is treated like what is lost: a worker that does so again and again comes to an end.
        self.end(closed, true, Cause::LeftOut)
    }
}
