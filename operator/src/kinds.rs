//! The kinds that Galapagos brings, as they are written and watched.

use galapagos_crds::{GROUP, VERSION};

use crate::runtime::kube_io::{Kind, Own};

/// Its status is written, and one that has outlived its ttl is deleted.
pub const EVOLUTION_JOB: Kind =
    Kind::Own(Own { group: GROUP, version: VERSION, kind: "EvolutionJob", plural: "evolutionjobs" });
/// Its status is written.
pub const WORKER_POOL: Kind =
    Kind::Own(Own { group: GROUP, version: VERSION, kind: "WorkerPool", plural: "workerpools" });

#[cfg(test)]
mod tests {
    use galapagos_crds::{EvolutionJob, WorkerPool};
    use kube::core::ApiResource;

    use super::*;

    #[test]
    fn what_is_written_is_what_the_definitions_define() {
        assert_eq!(EVOLUTION_JOB.api_resource(), ApiResource::erase::<EvolutionJob>(&()));
        assert_eq!(WORKER_POOL.api_resource(), ApiResource::erase::<WorkerPool>(&()));
    }
}
