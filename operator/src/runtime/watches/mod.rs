//! Watches under supervision: each has its own back-off, cache and health.
//!
//! Not kube's `watcher`: it swallows bookmarks, and without them nobody can tell a quiet watch from a dead one.

mod doubts;
mod follow;
mod health;
mod start;
mod trigger;

pub use doubts::Doubts;
pub use follow::{Change, Open};
pub use health::{Health, NotReady, Pulse, WatchHealth};
pub use start::{Settings, Starter, Tasks};
pub use trigger::Trigger;

/// What is told of a watch in metrics, logs and probes.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Watch {
    /// Its name in metrics and logs.
    pub name: &'static str,
    /// The kind that is watched.
    pub kind: &'static str,
    /// The API group whose definitions bring the kind, if it is none of Kubernetes' own.
    pub defined_by: Option<&'static str>,
}
