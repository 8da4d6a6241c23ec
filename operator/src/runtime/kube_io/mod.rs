//! The only place that writes to the API server, the lease aside.
//!
//! # Guarantees
//! - No request leaves while the [fence](crate::runtime::leader::Fence) is closed; it is asked right before each one, and a
//!   request in flight is given up when it closes.
//! - Every request has a deadline of [`DEADLINE`], the client's own repetitions of it included.
//! - Every write is counted, and logged with verb, kind and name.
//!
//! # Caveat
//! A write that ended with [`WriteError::Timeout`] or [`WriteError::NotLeader`] may have been carried out all the
//! same. All of them can be repeated.

mod applied;
mod error;
mod event_counts;
mod events;
mod kind;
mod replace;
mod write;

pub use error::WriteError;
pub use events::MAX_NOTE;
pub use kind::{Kind, Own};
pub use replace::Righted;
pub use write::{Applied, Created, KubeIo, Propagation};

/// Deadline of one write.
pub const DEADLINE: std::time::Duration = std::time::Duration::from_secs(10);

#[cfg(test)]
mod tests;
