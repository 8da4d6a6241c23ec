//! The loop that takes, renews and gives back the lease.

use std::future::Future;
use std::pin::pin;
use std::time::Duration;

use jiff::Timestamp;
use tokio::sync::watch;
use tokio::time::{Instant, sleep_until, timeout};
use tracing::{debug, info, warn};

use super::election::{Election, Record, Step};
use super::fence::Fence;
use super::lease::{LeaseStore, StoreError};
use super::{DRAIN, GIVE_UP, LOOK_EVERY, RENEW_EVERY, REQUEST};
use crate::runtime::backoff::jittered;
use crate::runtime::metrics::Metrics;
use crate::runtime::watches::Pulse;

/// After a conflict: a holder whose lease was edited by hand must see soon whether it still has it.
const AGAIN: Duration = Duration::from_millis(200);

/// One replica.
pub struct Candidate {
    /// Its name in the lease; see [`super::identity`].
    pub identity: String,
    /// Opened while it leads. Must start [closed](Fence::closed).
    pub fence: Fence,
    /// True while it leads.
    pub leading: watch::Sender<bool>,
    /// Told about every answer of the API server: the lease is asked for all the time, by every replica.
    pub pulse: Pulse,
    /// Shows whether it leads.
    pub metrics: Metrics,
}

/// Competes for the lease until `stop` is done, then gives it back. Returns within a second of `stop`, or two if
/// the server does not answer.
pub async fn run(store: impl LeaseStore, candidate: Candidate, stop: impl Future<Output = ()>) {
    let Candidate { identity, fence, leading, pulse, metrics } = candidate;
    let mut replica = Replica {
        store,
        election: Election::new(identity),
        fence: fence.clone(),
        pulse,
        held: None,
        troubled: false,
    };
    tokio::select! {
        () = tell(&fence, &leading, &metrics) => {}
        () = replica.compete(stop) => {}
    }
    leading.send_replace(false);
    metrics.leading(false);
}

/// Follows the fence, which also closes by itself.
async fn tell(fence: &Fence, leading: &watch::Sender<bool>, metrics: &Metrics) {
    let mut leads = false;
    loop {
        fence.changed_from(leads).await;
        leads = !leads;
        if leads {
            info!("this replica leads");
        } else {
            info!("this replica does not lead any more");
        }
        metrics.leading(leads);
        leading.send_replace(leads);
    }
}

async fn in_time<T>(request: impl Future<Output = Result<T, StoreError>>) -> Result<T, StoreError> {
    timeout(REQUEST, request).await.unwrap_or(Err(StoreError::Late))
}

struct Replica<S> {
    store: S,
    election: Election,
    fence: Fence,
    pulse: Pulse,
    /// The lease as this replica wrote it last; None when it must be read first.
    held: Option<Record>,
    /// The last look failed.
    troubled: bool,
}

impl<S: LeaseStore> Replica<S> {
    async fn compete(&mut self, stop: impl Future<Output = ()>) {
        let mut stop = pin!(stop);
        loop {
            let started = Instant::now();
            let pause = tokio::select! {
                () = &mut stop => break,
                pause = self.turn() => pause,
            };
            tokio::select! {
                () = &mut stop => break,
                () = sleep_until(started + pause) => {}
            }
        }
        self.release().await;
    }

    /// One look at the lease and what follows from it; the time from its start to the next.
    async fn turn(&mut self) -> Duration {
        // a renewal counts from before it was sent: the server may have stored it at any time since
        let started = Instant::now();
        let step = self.step().await;
        if step.is_ok() {
            self.troubled = false;
        }
        match step {
            Ok(true) => {
                self.pulse.answered();
                self.fence.extend(started + GIVE_UP);
                RENEW_EVERY
            }
            Ok(false) => {
                self.pulse.answered();
                self.fence.close(Duration::ZERO);
                jittered(LOOK_EVERY)
            }
            Err(StoreError::Conflict) => {
                self.pulse.answered();
                debug!("another candidate wrote the lease first");
                self.held = None;
                jittered(AGAIN)
            }
            Err(error) => {
                if matches!(error, StoreError::Refused(_)) {
                    self.pulse.answered();
                }
                // once loudly: an outage must not fill the log
                if self.troubled {
                    debug!(%error, "lease");
                } else {
                    warn!(%error, "lease");
                }
                self.troubled = true;
                self.held = None;
                jittered(LOOK_EVERY)
            }
        }
    }

    /// Whether the lease is held after it.
    async fn step(&mut self) -> Result<bool, StoreError> {
        let record = match self.held.take() {
            Some(record) => Some(record),
            None => in_time(self.store.get()).await?,
        };
        let written = match self.election.decide(record.as_ref(), Instant::now(), Timestamp::now()) {
            Step::Wait => return Ok(false),
            Step::Create(wanted) => in_time(self.store.create(&wanted)).await?,
            Step::Write(wanted) => in_time(self.store.replace(&wanted)).await?,
        };
        self.held = Some(written);
        Ok(true)
    }

    /// No new writes, then the end of those in flight, then the lease.
    async fn release(&mut self) {
        let led = self.fence.holds();
        self.fence.close(DRAIN);
        if timeout(DRAIN, self.fence.drained()).await.is_err() {
            warn!("some writes were cut off when leadership was handed over");
        }
        if !led {
            return;
        }
        match timeout(REQUEST, self.give_back()).await {
            Ok(Ok(())) => info!("lease released"),
            Ok(Err(error)) => warn!(%error, "the lease was not released; the next leader waits for its end"),
            Err(_) => warn!("the lease was not released in time; the next leader waits for its end"),
        }
    }

    async fn give_back(&mut self) -> Result<(), StoreError> {
        // a renewal that was interrupted may have been stored: then what is held here is outdated
        for known in [self.held.take(), None] {
            let record = match known {
                Some(record) => record,
                None => match self.store.get().await? {
                    Some(record) if self.election.holds(&record) => record,
                    _ => return Ok(()),
                },
            };
            match self.store.replace(&self.election.release(&record, Timestamp::now())).await {
                Err(StoreError::Conflict) => {}
                other => return other.map(|_| ()),
            }
        }
        Err(StoreError::Conflict)
    }
}
