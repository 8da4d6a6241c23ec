//! The batches that this worker holds, and who may still speak for them.

use std::collections::BTreeMap;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use galapagos_protocol::work;
use galapagos_run::run::evaluator::Task;

use super::outgoing::Outgoing;
use crate::wire::task_from_wire;

/// The right to evaluate a batch, on its way to a slot.
#[derive(Debug)]
pub(super) struct Lease {
    pub id: u64,
    pub epoch: u64,
    /// The window that they train in; `None`: all rows of the job.
    pub window: Option<work::Window>,
    pub tasks: Vec<Task>,
    held: Arc<HeldLeases>,
}

/// The leases of one stream. It ends with the stream: what is computed for an old one has nobody to be reported to.
#[derive(Debug)]
pub(super) struct HeldLeases {
    outgoing: Outgoing,
    most: usize,
    abandoned: AtomicBool,
    open: Mutex<BTreeMap<u64, u64>>,
}

impl HeldLeases {
    /// At most `most` leases at once, whose results go through `outgoing`.
    pub fn new(most: usize, outgoing: Outgoing) -> Arc<HeldLeases> {
        Arc::new(HeldLeases { outgoing, most, abandoned: AtomicBool::new(false), open: Mutex::default() })
    }

    /// Takes a batch as a lease. `None`: there are as many as there may be, or one of this number.
    pub fn take(self: &Arc<HeldLeases>, batch: work::Batch) -> Option<Lease> {
        let work::Batch { lease, epoch, deadline_milliseconds: _, individuals, window } = batch;
        let mut open = self.open();
        if open.len() >= self.most || open.contains_key(&lease) {
            return None;
        }
        open.insert(lease, epoch);
        let tasks = individuals.into_iter().map(task_from_wire).collect();
        Some(Lease { id: lease, epoch, window, tasks, held: Arc::clone(self) })
    }

    /// Gives up everything that no slot has claimed. Slots that are at it see the flag within milliseconds.
    pub fn abandon(&self) -> Vec<work::HandBack> {
        let mut open = self.open();
        // Under the lock: a slot that has seen the flag must not find its lease still there.
        self.abandoned.store(true, Ordering::Relaxed);
        let open = std::mem::take(&mut *open);
        open.into_iter().map(|(lease, epoch)| work::HandBack { lease, epoch }).collect()
    }

    fn open(&self) -> MutexGuard<'_, BTreeMap<u64, u64>> {
        self.open.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Lease {
    /// Rises when the result is of no use any more.
    pub fn abandoned(&self) -> &AtomicBool {
        &self.held.abandoned
    }

    /// The right to speak for it. Once only: either a slot reports its results, or it was handed back. The slot is
    /// free from here on, since the coordinator fills it as soon as it hears.
    pub fn claim(&self) -> Option<&Outgoing> {
        self.held.open().remove(&self.id).map(|_| &self.held.outgoing)
    }
}

#[cfg(test)]
mod tests {
    use super::super::outgoing::channel;
    use super::*;

    fn batch(lease: u64) -> work::Batch {
        work::Batch { lease, epoch: 3, deadline_milliseconds: 1, individuals: vec![], window: None }
    }

    #[test]
    fn no_more_leases_are_taken_than_there_may_be_and_none_twice() {
        let held = HeldLeases::new(2, channel(1).0);
        let first = held.take(batch(1)).unwrap();
        assert!(held.take(batch(1)).is_none());
        let _second = held.take(batch(2)).unwrap();
        assert!(held.take(batch(3)).is_none());
        assert!(first.claim().is_some());
        assert!(held.take(batch(3)).is_some());
    }

    #[test]
    fn a_lease_is_either_told_or_handed_back() {
        let held = HeldLeases::new(2, channel(1).0);
        let (reported, handed_back) = (held.take(batch(1)).unwrap(), held.take(batch(2)).unwrap());
        assert!(reported.claim().is_some());
        assert!(reported.claim().is_none());
        assert_eq!(held.abandon(), [work::HandBack { lease: 2, epoch: 3 }]);
        assert!(handed_back.abandoned().load(Ordering::Relaxed));
        assert!(handed_back.claim().is_none());
    }
}
