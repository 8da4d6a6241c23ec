//! Doubts about what a watch has reported.

use std::collections::HashMap;
use std::sync::Arc;

use tokio::sync::Notify;

use super::Watch;

/// How to have a watch list everything anew, at once: writes are refused, again and again, as resting on what is no longer
/// so, and the watch reports nothing newer. Clones know the watches that were there when they were made.
#[derive(Clone, Debug, Default)]
pub struct Doubts {
    watches: HashMap<Watch, Arc<Notify>>,
}

impl Doubts {
    /// What its follower waits for.
    pub(super) fn about(&mut self, watch: Watch) -> Arc<Notify> {
        Arc::clone(self.watches.entry(watch).or_default())
    }

    /// Has the watch list anew. Several doubts before it does are one.
    pub fn raise(&self, watch: Watch) {
        if let Some(doubted) = self.watches.get(&watch) {
            doubted.notify_one();
        }
    }

    /// Returns when a doubt about the watch is raised.
    #[cfg(test)]
    pub async fn raised(&self, watch: Watch) {
        self.watches[&watch].notified().await;
    }
}
