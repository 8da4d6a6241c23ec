//! What this replica remembers of jobs and pools while it leads: what was done lately, what the caches do not show yet,
//! what the API server answered a moment ago. All of it may be lost; none of it outlives its object.

mod budget;
mod claims;
mod findings;
mod refusals;
mod rivals;

use crate::runtime::answers::Answers;
use crate::runtime::backoff::Backoff;
use crate::runtime::ids::Uid;
use crate::runtime::per_object::Memories;
use crate::runtime::recent::Recent;

pub use budget::{Budget, Remembered};
pub use claims::Claims;
pub use findings::Findings;
pub use refusals::Refusals;
pub use rivals::{ALIVE, Rivals};

/// What may be done only so often.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub enum Done {
    /// The status was written.
    Status,
    /// A better individual was told.
    Best,
    /// A damaged checkpoint was told, which the coordinator of an epoch reports in these words.
    Fallback {
        /// Of the coordinator.
        epoch: u64,
        /// Its words.
        note: String,
    },
    /// A verdict on this generation of a pool began to be waited for.
    Verdict {
        /// The pool.
        pool: Uid,
        /// Its generation.
        generation: Option<i64>,
    },
    /// It was told that another operator runs this attempt.
    Rival(u32),
    /// It was told that pods of the pool share a node.
    OneNode,
}

/// All memories.
#[derive(Debug)]
pub struct Memory {
    /// Where they forget.
    pub all: Memories,
    /// Failures by object.
    pub backoff: Backoff,
    /// When something was done last.
    pub recent: Recent<Done>,
    /// Places and replicas of jobs.
    pub budget: Budget,
    /// What was found on the manifests of jobs.
    pub findings: Findings,
    /// What the server refused lately.
    pub refusals: Refusals,
    /// What became of jobs that another operator runs.
    pub rivals: Rivals,
    /// Why the pod of an attempt is missing, by the UID of its Job.
    pub refused_pods: Answers<(Uid, Option<String>)>,
    /// Why workers of a job are missing.
    pub pending: Answers<Option<String>>,
    /// Claims of pools.
    pub claims: Claims,
}

impl Default for Memory {
    fn default() -> Memory {
        Memory::new()
    }
}

impl Memory {
    /// Nothing is known yet.
    pub fn new() -> Memory {
        let all = Memories::default();
        Memory {
            backoff: Backoff::new(&all),
            recent: Recent::new(&all),
            budget: Budget::new(&all),
            findings: Findings::new(&all),
            refusals: Refusals::new(&all),
            rivals: Rivals::new(&all),
            refused_pods: Answers::new(&all),
            pending: Answers::new(&all),
            claims: Claims::default(),
            all,
        }
    }
}

#[cfg(test)]
mod tests {
    use std::time::{Duration, Instant};

    use galapagos_crds::conditions::StalledReason;
    use serde_json::json;

    use super::*;
    use crate::runtime::ids::example::uid;
    use crate::runtime::kube_io::Kind;

    #[tokio::test]
    async fn everything_that_is_remembered_of_an_object_goes_with_it() {
        let (memory, a, minute) = (Memory::new(), uid("a"), Duration::from_secs(60));
        let body = json!({});
        let knows = || {
            [
                memory.backoff.failures(&a) > 0,
                memory.recent.last(&a, &Done::Status).is_some(),
                memory.budget.all().contains_key(&a),
                memory.findings.recall(&a, None, false).is_some(),
                memory.refusals.recent(&a, Kind::Service, &body, minute).is_some(),
                memory.refused_pods.recent(&a, minute).is_some(),
                memory.pending.recent(&a, minute).is_some(),
            ]
        };
        memory.backoff.failed(&a);
        memory.recent.note(&a, Done::Status);
        assert!(!memory.budget.overstays(&a, true, || true, Instant::now()));
        memory.findings.note(&a, None, false, None);
        memory.refusals.note(&a, Kind::Service, &body, StalledReason::InvalidTemplate, "no");
        memory.refused_pods.note(&a, (uid("attempt"), None));
        memory.pending.note(&a, None);
        assert_eq!(knows(), [true; 7]);
        memory.all.keep(|known| *known == a);
        assert_eq!(knows(), [true; 7]);
        memory.all.keep(|_| false);
        assert_eq!(knows(), [false; 7]);
    }
}
