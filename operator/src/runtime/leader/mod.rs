//! Which replica acts: one Lease, one leader, and a fence that closes before anybody else may lead.
//!
//! # Guarantees
//! - At most one replica has an open [`Fence`], as long as clocks *run* at about the same speed (their times of day
//!   do not matter): a holder closes its own fence [`GIVE_UP`] after the start of its last successful renewal, and
//!   another takes the lease only after it saw no change for the lease's whole [`DURATION`].
//! - A replica that is stopped lets its writes end, closes the fence, then releases the lease: the next one leads
//!   within two seconds. One that is killed is replaced within 15 seconds.
//!
//! # Caveat
//! A request that left before the fence closed may be carried out by the server later. Such a write is still safe:
//! status writes carry a resource version, creates have deterministic names, deletes a UID.

mod election;
mod fence;
mod lease;
mod run;

pub use election::{Election, Record, Step};
pub use fence::{Fence, Pass};
pub use lease::{KubeLease, LeaseStore, StoreError};
pub use run::{Candidate, run};

use std::time::Duration;

use rand::Rng;

/// What others wait for without a change before they take over.
pub const DURATION: Duration = Duration::from_secs(10);
/// Time between renewals.
pub const RENEW_EVERY: Duration = Duration::from_secs(2);
/// A holder that could not renew for so long acts no more: 3 s before anybody else may.
pub const GIVE_UP: Duration = Duration::from_secs(7);
/// Time between looks of a replica that does not lead, about.
pub const LOOK_EVERY: Duration = Duration::from_secs(1);
/// Deadline of one request: a lost reply leaves time for two more tries before giving up.
pub const REQUEST: Duration = Duration::from_millis(1_500);
/// What writes in flight get to end when leadership is handed over.
pub const DRAIN: Duration = Duration::from_millis(500);

/// A holder's name that no other process has, not even the next one in the same pod: what a crashed process left
/// behind must never look like one's own lease.
pub fn identity(name: &str) -> String {
    format!("{name}_{:08x}", rand::rng().random::<u32>())
}

#[cfg(test)]
mod tests;
