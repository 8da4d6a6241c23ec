//! Watches under supervision: each has its own back-off, cache and health.
//!
//! Not kube's `watcher`: it swallows bookmarks, and without them nobody can tell a quiet watch from a dead one.

mod follow;
mod health;

pub(crate) use follow::{Change, Follower, Open};
pub use health::{Health, NotReady, Pulse};
