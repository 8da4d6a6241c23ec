//! The workers that attend.

use std::collections::BTreeMap;

use super::WorkerId;

/// Weight of the newest batch in a worker's speed.
const WEIGHT: f64 = 0.3;
/// How far a worker may be from the others, either way.
const FACTOR: f64 = 20.0;

/// One worker with an open stream.
#[derive(Debug)]
pub(super) struct Worker {
    pub slots: usize,
    /// Leases that occupy its slots or wait for one, in the order of granting: the first `slots` are running.
    pub leases: Vec<u64>,
    /// The largest batch it wants; 0: any.
    pub largest_batch: usize,
    /// Its time for a batch as a multiple of the predicted one.
    pub factor: f64,
    /// It has begun to hand leases back: it gets nothing more.
    pub leaving: bool,
    /// It holds a lease that tolerates no other beside it.
    pub solitary: bool,
}

impl Worker {
    /// Learns from a batch that took `seconds` where `predicted` was expected of an average worker.
    pub fn observe(&mut self, seconds: f64, predicted: f64) {
        let ratio = (seconds / predicted).clamp(1.0 / FACTOR, FACTOR);
        if ratio.is_finite() {
            self.factor += WEIGHT * (ratio - self.factor);
        }
    }

    /// Whether a slot has nothing to do.
    pub fn idle(&self) -> bool {
        !self.leaving && !self.solitary && self.leases.len() < self.slots
    }
}

/// All workers with an open stream, by number.
#[derive(Debug, Default)]
pub(super) struct Workers(BTreeMap<WorkerId, Worker>);

impl Workers {
    /// A worker comes; one that is there already keeps its leases.
    pub fn join(&mut self, id: WorkerId, slots: u32) {
        let slots = slots.max(1) as usize;
        let worker = self.0.entry(id).or_insert_with(|| Worker {
            slots,
            leases: Vec::new(),
            largest_batch: 0,
            factor: 1.0,
            leaving: false,
            solitary: false,
        });
        worker.slots = slots;
        worker.leaving = false;
    }

    /// Removes a worker whose stream has ended, and gives it with the leases that it held.
    pub fn remove(&mut self, id: WorkerId) -> Option<Worker> {
        self.0.remove(&id)
    }

    /// The worker of that number, if its stream is open.
    pub fn get(&self, id: WorkerId) -> Option<&Worker> {
        self.0.get(&id)
    }

    /// The same, to be changed.
    pub fn get_mut(&mut self, id: WorkerId) -> Option<&mut Worker> {
        self.0.get_mut(&id)
    }

    /// A lease occupies nothing any more.
    pub fn release(&mut self, id: WorkerId, lease: u64, solitary: bool) {
        if let Some(worker) = self.0.get_mut(&id) {
            worker.leases.retain(|&l| l != lease);
            worker.solitary &= !solitary;
        }
    }

    /// Whether a worker other than `id` has a slot with nothing to do.
    pub fn idle_besides(&self, id: WorkerId) -> bool {
        self.0.iter().any(|(&other, worker)| other != id && worker.idle())
    }

    /// How many there are.
    pub fn len(&self) -> usize {
        self.0.len()
    }

    /// Slots of those that stay.
    pub fn slots(&self) -> usize {
        self.0.values().filter(|w| !w.leaving).map(|w| w.slots).sum()
    }

    /// Slots with a batch.
    pub fn busy(&self) -> usize {
        self.0.values().map(|w| w.leases.len().min(w.slots)).sum()
    }
}
