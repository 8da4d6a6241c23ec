//! Answers as messages, each of a bounded size.

use std::time::Duration;

use galapagos_engine::ENGINE;
use galapagos_protocol::work;
use galapagos_run::run::evaluator::Answer;
use galapagos_run::run::hashers::Hashers;
use galapagos_run::run::memory::Usage;

use super::lease::Lease;
use super::memory::largest_batch;
use crate::wire::answer_to_wire;

/// Results of one message: at most about 1.1 MiB even if all are exceptions with the longest texts, of the 4 MiB that
/// a message may have.
pub(super) const MOST_RESULTS: usize = 1000;

/// Turns what a slot found into messages.
#[derive(Debug)]
pub(super) struct Reporter {
    hashers: Hashers,
    dataset: Vec<u8>,
}

impl Reporter {
    /// For a job on the dataset with these 32 bytes.
    pub fn new(hashers: Hashers, dataset: [u8; 32]) -> Reporter {
        Reporter { hashers, dataset: dataset.to_vec() }
    }

    /// The messages of a lease, the last one marked: at least one, also for an empty batch. A task without an answer
    /// is left out, which the coordinator takes as not done.
    pub fn messages(
        &self,
        lease: &Lease,
        answers: &[Option<Answer>],
        busy: Duration,
        usage: Usage,
    ) -> impl Iterator<Item = work::Results> {
        let size = lease.tasks.len();
        let count = size.div_ceil(MOST_RESULTS).max(1);
        (0..count).map(move |n| {
            let part = n * MOST_RESULTS..size.min((n + 1) * MOST_RESULTS);
            let answered = lease.tasks[part.clone()].iter().zip(&answers[part]);
            let results = answered.filter_map(|(task, answer)| {
                Some(answer_to_wire(
                    task.index,
                    self.hashers.hash(task.species, &task.genome),
                    answer.as_ref()?,
                ))
            });
            let last = n + 1 == count;
            work::Results {
                lease: lease.id,
                epoch: lease.epoch,
                engine: ENGINE,
                dataset_digest: self.dataset.clone(),
                results: results.collect(),
                last,
                busy_nanoseconds: if last { u64::try_from(busy.as_nanos()).unwrap_or(u64::MAX) } else { 0 },
                memory_bytes: usage.used,
                largest_batch: largest_batch(usage, size),
            }
        })
    }
}
