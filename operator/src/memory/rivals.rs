//! What another operator wrote of jobs that it runs.

use std::time::Duration;

use galapagos_crds::EvolutionJobStatus;
use tokio::time::Instant;

use crate::runtime::ids::Uid;
use crate::runtime::per_object::{Memories, PerObject};

/// An operator of which nothing was seen for so long is gone: its jobs are taken over.
pub const ALIVE: Duration = Duration::from_secs(60);

/// The statuses of jobs of others, and when each was first seen as it is.
#[derive(Clone, Debug)]
pub struct Rivals(PerObject<Option<(EvolutionJobStatus, Instant)>>);

impl Rivals {
    /// None was seen yet.
    pub fn new(memories: &Memories) -> Rivals {
        Rivals(memories.another())
    }

    /// Whether somebody changed the status lately. Who has just begun to look waits as long.
    pub fn reports(&self, uid: &Uid, status: &EvolutionJobStatus, now: Instant) -> bool {
        self.0.change(uid, |known| {
            let (seen, since) = known.get_or_insert_with(|| (status.clone(), now));
            if seen != status {
                (*seen, *since) = (status.clone(), now);
            }
            now.saturating_duration_since(*since) < ALIVE
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::runtime::ids::example::uid;

    #[test]
    fn one_that_reports_is_alive_and_one_that_does_not_is_gone_after_a_minute() {
        let memories = Memories::default();
        let (rivals, now) = (Rivals::new(&memories), Instant::now());
        let status = |generation| EvolutionJobStatus { generation: Some(generation), ..Default::default() };
        let at = |seconds| now + Duration::from_secs(seconds);
        let a = uid("a");
        assert!(rivals.reports(&a, &status(1), at(0)), "it may just not have been seen yet");
        assert!(rivals.reports(&a, &status(1), at(59)));
        assert!(rivals.reports(&a, &status(2), at(60)));
        assert!(rivals.reports(&a, &status(2), at(119)));
        assert!(!rivals.reports(&a, &status(2), at(120)));
        memories.keep(|_| false);
        assert!(rivals.reports(&a, &status(2), at(120)));
    }
}
