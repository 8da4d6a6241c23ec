//! What was found on the manifests of jobs: to check one makes all its grids, and each plan asks for every job of a pool.

use galapagos_crds::conditions::StalledReason;

use crate::runtime::ids::Uid;
use crate::runtime::per_object::{Memories, PerObject};

/// What is wrong with a manifest: the reason of the condition, and what a person is to be told. `None`: nothing.
pub type Found = Option<(StalledReason, String)>;

/// What was found by job.
#[derive(Clone, Debug)]
pub struct Findings(PerObject<Known>);

#[derive(Debug)]
struct Known {
    generation: Option<i64>,
    has_begun: bool,
    found: Found,
}

impl Findings {
    /// Nothing was looked at yet.
    pub fn new(memories: &Memories) -> Findings {
        Findings(memories.another())
    }

    /// What was found on this generation of the job, when it had begun as it has now; `None`: nobody has looked.
    pub fn recall(&self, uid: &Uid, generation: Option<i64>, has_begun: bool) -> Option<Found> {
        let same = |known: &Known| (known.generation, known.has_begun) == (generation, has_begun);
        self.0.get(uid, |known| same(known).then(|| known.found.clone())).flatten()
    }

    /// This was found.
    pub fn note(&self, uid: &Uid, generation: Option<i64>, has_begun: bool, found: Found) {
        self.0.set(uid, Known { generation, has_begun, found });
    }
}
