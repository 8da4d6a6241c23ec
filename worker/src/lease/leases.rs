//! The leases that are out, and those that have ended.

use std::collections::{BTreeMap, BTreeSet, HashMap, VecDeque};
use std::time::{Duration, Instant};

use super::{Kind, WorkerId};

/// Ended leases that are remembered, so that their late answers are recognised.
const REMEMBERED: usize = 20_000;

/// An individual of a lease.
#[derive(Clone, Copy, Debug)]
pub(super) struct Item {
    pub position: u32,
    pub answered: bool,
}

/// How a lease stands that occupies a slot.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Phase {
    /// Its answers are waited for.
    Running,
    /// Its deadline has passed and its individuals are with others, but the worker may still be busy with it.
    Overdue,
    /// Its generation is over; likewise.
    Obsolete,
}

/// A lease that occupies a slot.
#[derive(Clone, Debug)]
pub(super) struct Lease {
    pub worker: WorkerId,
    pub kind: Kind,
    pub items: Vec<Item>,
    /// Individuals it was granted with.
    pub size: usize,
    pub phase: Phase,
    pub granted: Instant,
    pub deadline: Instant,
    /// Seconds the slot is expected to be busy with it, if anything was known.
    pub predicted: Option<f64>,
    /// Seconds it was expected to wait for a slot.
    pub wait: f64,
    /// The deadline leaves each individual its whole time limit.
    pub patient: bool,
    /// Nothing else may run on the worker meanwhile.
    pub solitary: bool,
    /// An individual of it failed: its time says nothing.
    pub failed: bool,
}

impl Lease {
    /// The item of a position; items are in the order of positions.
    pub fn item(&mut self, position: u32) -> Option<&mut Item> {
        find(&mut self.items, position)
    }
}

fn find(items: &mut [Item], position: u32) -> Option<&mut Item> {
    let found = items.binary_search_by_key(&position, |item| item.position).ok()?;
    Some(&mut items[found])
}

/// A lease that has ended, kept so that what still comes for it is recognised.
#[derive(Debug)]
pub(super) struct EndedLease {
    pub worker: WorkerId,
    pub window: Option<u32>,
    pub items: Vec<Item>,
}

impl EndedLease {
    /// The item of a position.
    pub fn item(&mut self, position: u32) -> Option<&mut Item> {
        find(&mut self.items, position)
    }
}

/// All leases of this epoch that still matter.
#[derive(Debug, Default)]
pub(super) struct Leases {
    open: BTreeMap<u64, Lease>,
    deadlines: BTreeSet<(Instant, u64)>,
    ended: HashMap<u64, EndedLease>,
    order: VecDeque<u64>,
    last: u64,
}

impl Leases {
    /// Enters a new lease; its number.
    pub fn open(&mut self, lease: Lease) -> u64 {
        self.last += 1;
        self.deadlines.insert((lease.deadline, self.last));
        self.open.insert(self.last, lease);
        self.last
    }

    /// A lease that occupies a slot.
    pub fn get(&self, id: u64) -> Option<&Lease> {
        self.open.get(&id)
    }

    /// The same, to be changed.
    pub fn get_mut(&mut self, id: u64) -> Option<&mut Lease> {
        self.open.get_mut(&id)
    }

    /// A lease that has ended.
    pub fn ended_mut(&mut self, id: u64) -> Option<&mut EndedLease> {
        self.ended.get_mut(&id)
    }

    /// Whether the number was of an earlier generation.
    pub fn is_earlier(&self, id: u64) -> bool {
        (1..=self.last).contains(&id) && self.window_of(id).is_none()
    }

    /// The window of a lease of a generation that is under way; `None`: it is of no such.
    pub fn window_of(&self, id: u64) -> Option<Option<u32>> {
        let open = self.open.get(&id).filter(|lease| lease.phase != Phase::Obsolete);
        open.map(|lease| lease.kind.window).or_else(|| self.ended.get(&id).map(|lease| lease.window))
    }

    /// All that occupy a slot, oldest first.
    pub fn iter(&self) -> impl Iterator<Item = (u64, &Lease)> {
        self.open.iter().map(|(&id, lease)| (id, lease))
    }

    /// Ends a lease: it occupies nothing any more. What is returned has only the items that it still owes.
    pub fn close(&mut self, id: u64) -> Option<Lease> {
        let mut lease = self.open.remove(&id)?;
        self.deadlines.remove(&(lease.deadline, id));
        if lease.phase != Phase::Obsolete {
            let items = std::mem::take(&mut lease.items);
            lease.items = items.iter().copied().filter(|item| !item.answered).collect();
            self.ended.insert(id, EndedLease { worker: lease.worker, window: lease.kind.window, items });
            self.order.push_back(id);
            if self.order.len() > REMEMBERED
                && let Some(oldest) = self.order.pop_front()
            {
                self.ended.remove(&oldest);
            }
        }
        Some(lease)
    }

    /// The lease's deadline has passed. It occupies its slot until the worker is heard of; what it was is returned.
    pub fn overdue(&mut self, id: u64) -> Option<Lease> {
        let lease = self.open.get_mut(&id)?;
        self.deadlines.remove(&(lease.deadline, id));
        let was = lease.clone();
        lease.phase = Phase::Overdue;
        Some(was)
    }

    /// Another generation of a window, or of the job itself, begins: what is out of the one before is of no use any
    /// more but still occupies its slots.
    pub fn turn(&mut self, window: Option<u32>) {
        self.ended.retain(|_, lease| lease.window != window);
        self.order.retain(|id| self.ended.contains_key(id));
        for (&id, lease) in self.open.iter_mut().filter(|(_, lease)| lease.kind.window == window) {
            self.deadlines.remove(&(lease.deadline, id));
            lease.phase = Phase::Obsolete;
            lease.items = Vec::new();
        }
    }

    /// The earliest deadline of what is running.
    pub fn next(&self) -> Option<Instant> {
        self.deadlines.first().map(|&(deadline, _)| deadline)
    }

    /// A lease that is running and whose deadline has passed.
    pub fn due(&self, now: Instant) -> Option<u64> {
        self.deadlines.first().filter(|&&(deadline, _)| deadline <= now).map(|&(_, id)| id)
    }
}

/// `after` later than `now`, or far away where that is not known.
pub(super) fn later(now: Instant, after: Duration) -> Instant {
    const YEAR: Duration = Duration::from_secs(365 * 86_400);
    now.checked_add(after).unwrap_or_else(|| now + YEAR)
}
