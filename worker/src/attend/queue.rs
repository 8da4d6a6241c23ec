//! Leases on their way to the slots. A slot takes the next one from here without asking anybody: the coordinator has
//! sent it ahead.

use std::collections::VecDeque;
use std::sync::{Condvar, Mutex, MutexGuard, PoisonError};

use super::lease::Lease;

/// First in, first out. It is as short as [`super::lease::HeldLeases`] lets it be.
#[derive(Debug, Default)]
pub(super) struct Queue {
    waiting: Mutex<Waiting>,
    changed: Condvar,
}

#[derive(Debug, Default)]
struct Waiting {
    leases: VecDeque<Lease>,
    closed: bool,
}

impl Queue {
    /// Hands a lease to the next free slot.
    pub fn put(&self, lease: Lease) {
        self.waiting().leases.push_back(lease);
        self.changed.notify_one();
    }

    /// Waits for a lease; `None` once the queue is closed.
    pub fn take(&self) -> Option<Lease> {
        let mut waiting = self.waiting();
        loop {
            if waiting.closed {
                return None;
            }
            if let Some(lease) = waiting.leases.pop_front() {
                return Some(lease);
            }
            waiting = self.changed.wait(waiting).unwrap_or_else(PoisonError::into_inner);
        }
    }

    /// Forgets what no slot has taken: its stream is over.
    pub fn clear(&self) {
        self.waiting().leases.clear();
    }

    /// Sends the slots home.
    pub fn close(&self) {
        self.waiting().closed = true;
        self.changed.notify_all();
    }

    fn waiting(&self) -> MutexGuard<'_, Waiting> {
        self.waiting.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
