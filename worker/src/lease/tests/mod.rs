//! The rules of the table as sentences, on a fake clock.

mod endings;
mod granting;
mod plan;
mod settling;
mod simulation;
mod windows;

use std::time::{Duration, Instant};

use galapagos_engine::evaluation::{BLOCKS, BlockSum, Evaluation, Metric, Metrics};
use galapagos_run::run::evaluator::{Answer, Exception, Task};

use super::{Delivery, Grant, Kind, LeaseTable, Settled, Terms, WorkerId};

const EPOCH: u64 = 3;
const KIND: Kind = Kind { window: None, species: 0 };
const A: WorkerId = WorkerId(1);
const B: WorkerId = WorkerId(2);
const MS: Duration = Duration::from_millis(1);
const S: Duration = Duration::from_secs(1);

/// What an individual is worth, whoever evaluates it.
fn evaluation(index: usize) -> Box<Evaluation> {
    let mut metrics = Metrics::NONE;
    metrics.set(Metric::Sharpe, Some(index as f64 + 0.5));
    let (s1, s2) = (index as i128, 2 * index as i128);
    let blocks = [BlockSum::default(); BLOCKS];
    Box::new(Evaluation { metrics, reason: None, returns: 100, s1, s2, blocks, open_position: false })
}

/// `n` individuals of one species; the genome of index i is [i].
fn tasks(n: usize) -> Vec<Task> {
    (0..n).map(|index| Task { index, species: 0, genome: [index as u32].into() }).collect()
}

fn terms() -> Terms {
    Terms { timeout: 300 * S, attempts: 3, target: Terms::TARGET, bars: 0 }
}

/// A table and a clock that stands still until it is moved.
struct Harness {
    table: LeaseTable,
    now: Instant,
}

impl Harness {
    /// Workers A, B, ... with these slots.
    fn new(terms: Terms, slots: &[u32]) -> Harness {
        let mut harness = Harness { table: LeaseTable::new(terms, EPOCH), now: Instant::now() };
        for (id, &slots) in (1..).zip(slots) {
            harness.table.join(WorkerId(id), slots, harness.now);
        }
        harness
    }

    /// One where an individual of species 0 is known to take `each`, up to batches of `largest`.
    fn knowing(terms: Terms, slots: &[u32], each: Duration, largest: usize) -> Harness {
        let mut harness = Harness::new(terms, slots);
        for _ in 0..3 {
            harness.table.paces.observe(KIND, largest, (each * largest as u32).as_secs_f64(), 1.0);
        }
        harness
    }

    fn next(&mut self, id: WorkerId) -> Option<Grant> {
        self.table.next(id, self.now)
    }

    /// The next batch, which must be there.
    fn grant(&mut self, id: WorkerId) -> Grant {
        self.next(id).unwrap()
    }

    /// Everything the workers will take now, round after round.
    fn all(&mut self, ids: &[WorkerId]) -> Vec<(WorkerId, Grant)> {
        let mut all = Vec::new();
        loop {
            let before = all.len();
            for &id in ids {
                all.extend(self.next(id).map(|grant| (id, grant)));
            }
            if all.len() == before {
                return all;
            }
        }
    }

    fn deliver(&mut self, id: WorkerId, lease: u64, items: Vec<(u32, Answer)>, last: bool) -> Vec<usize> {
        let delivery = Delivery { lease, epoch: EPOCH, items, last, busy: Duration::ZERO, largest_batch: 0 };
        let settled = self.table.deliver(id, delivery, self.now).unwrap();
        settled.into_iter().map(|s| s.index).collect()
    }

    /// The whole batch is evaluated; the indices that are settled by it.
    fn finish(&mut self, id: WorkerId, grant: &Grant) -> Vec<usize> {
        self.deliver(id, grant.lease, good(grant), true)
    }

    /// Every individual of the batch panics.
    fn panic(&mut self, id: WorkerId, grant: &Grant) -> Vec<usize> {
        let answers = grant.tasks.iter().map(|t| (t.index as u32, Err(Exception::Panicked("boom".into()))));
        self.deliver(id, grant.lease, answers.collect(), true)
    }
}

fn good(grant: &Grant) -> Vec<(u32, Answer)> {
    grant.tasks.iter().map(|t| (t.index as u32, Ok(evaluation(t.index)))).collect()
}

fn indices(grant: &Grant) -> Vec<usize> {
    grant.tasks.iter().map(|t| t.index).collect()
}

fn sizes(grants: &[(WorkerId, Grant)]) -> Vec<usize> {
    grants.iter().map(|(_, grant)| grant.tasks.len()).collect()
}
