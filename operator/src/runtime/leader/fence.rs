//! The gate that every write passes.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use tokio::sync::{Notify, watch};
use tokio::time::{Instant, sleep_until};

/// Far enough to be never, near enough for every clock.
const NEVER: Duration = Duration::from_secs(10 * 365 * 24 * 3600);

/// Until when.
#[derive(Clone, Copy, Debug, PartialEq)]
struct Deadlines {
    /// New writes may start.
    open: Instant,
    /// Started writes may go on.
    cut: Instant,
}

#[derive(Debug)]
struct Inner {
    deadlines: watch::Sender<Deadlines>,
    writes: AtomicUsize,
    ended: Notify,
}

/// Whether this process may write now. It closes by itself when nobody extends it: a process that was frozen finds
/// it closed when it wakes up.
#[derive(Clone, Debug)]
pub struct Fence {
    inner: Arc<Inner>,
}

impl Fence {
    /// A closed one, for the elector to open.
    pub fn closed() -> Fence {
        Fence::until(Instant::now())
    }

    /// One that is always open: for tests and for processes that are alone by other means.
    pub fn open() -> Fence {
        Fence::until(Instant::now() + NEVER)
    }

    fn until(instant: Instant) -> Fence {
        let (deadlines, _) = watch::channel(Deadlines { open: instant, cut: instant });
        Fence { inner: Arc::new(Inner { deadlines, writes: AtomicUsize::new(0), ended: Notify::new() }) }
    }

    /// Whether a write may start now.
    pub fn holds(&self) -> bool {
        Instant::now() < self.inner.deadlines.borrow().open
    }

    /// Starts a write. None if the fence is closed. The write ends when the pass is dropped.
    pub fn enter(&self) -> Option<Pass> {
        // counted first, so that a hand-over that sees no writes cannot be overtaken by one
        self.inner.writes.fetch_add(1, Ordering::SeqCst);
        let pass = Pass { fence: self.clone() };
        self.holds().then_some(pass)
    }

    /// Open, and no longer than until `instant`.
    pub(crate) fn extend(&self, instant: Instant) {
        self.inner.deadlines.send_replace(Deadlines { open: instant, cut: instant });
    }

    /// Lets no new write in; those in flight have `grace` to end.
    pub(crate) fn close(&self, grace: Duration) {
        let now = Instant::now();
        self.inner.deadlines.send_modify(|deadlines| {
            deadlines.open = deadlines.open.min(now);
            deadlines.cut = deadlines.cut.min(now + grace);
        });
    }

    /// Returns when no write is in flight.
    pub(crate) async fn drained(&self) {
        loop {
            let ended = self.inner.ended.notified();
            if self.inner.writes.load(Ordering::SeqCst) == 0 {
                return;
            }
            ended.await;
        }
    }

    /// Returns when [`Fence::holds`] is no longer `current`.
    pub(super) async fn changed_from(&self, current: bool) {
        let mut deadlines = self.inner.deadlines.subscribe();
        loop {
            let open = deadlines.borrow_and_update().open;
            if (Instant::now() < open) != current {
                return;
            }
            tokio::select! {
                () = sleep_until(open), if current => {}
                // the sender lives in `self`
                _ = deadlines.changed() => {}
            }
        }
    }
}

/// The right to one write.
#[derive(Debug)]
pub struct Pass {
    fence: Fence,
}

impl Pass {
    /// Returns when the write must not go on.
    pub async fn cut(&self) {
        let mut deadlines = self.fence.inner.deadlines.subscribe();
        loop {
            let cut = deadlines.borrow_and_update().cut;
            if Instant::now() >= cut {
                return;
            }
            tokio::select! {
                () = sleep_until(cut) => {}
                _ = deadlines.changed() => {}
            }
        }
    }
}

impl Drop for Pass {
    fn drop(&mut self) {
        self.fence.inner.writes.fetch_sub(1, Ordering::SeqCst);
        self.fence.inner.ended.notify_waiters();
    }
}
