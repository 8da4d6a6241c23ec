//! Names of everything the operator makes. They follow from the owner alone, so that a lost reply or a restart finds
//! what was made before. Names of jobs and pools have at most 40 characters, which leaves 23 for what is added here.
#![cfg_attr(not(test), deny(clippy::disallowed_methods, clippy::disallowed_types))]

// People know these names too: they mount the claims and read the logs.
pub use galapagos_crds::job::coordinator_job;
pub use galapagos_crds::pool::{market_data_claim, state_claim};

/// Field manager of every apply, and the value of `app.kubernetes.io/managed-by`.
pub const OPERATOR: &str = "galapagos-operator";

/// Container that holds the evolution.
pub const COORDINATOR: &str = "coordinator";
/// Init container of the coordinator's pod that makes the dataset, if the job has a source.
pub const IMPORT: &str = "import";
/// Sidecar of the coordinator's pod that evaluates beside it.
pub const LOCAL_WORKER: &str = "local-worker";
/// Container of the workers' pods.
pub const WORKER: &str = "worker";

/// Secret of a job: its certificates and its manifest. A new authority makes a new name, and so does a new period of
/// time, since a Secret is immutable; the UID tells a job from its predecessor of the same name.
pub fn secret(job: &str, uid: &str, authority_fingerprint: &str, period: i64) -> String {
    let digest = blake3::hash(format!("{uid}\n{authority_fingerprint}\n{period}").as_bytes()).to_hex();
    format!("{job}-tls-{}", &digest[..8])
}

/// Service by which workers find the coordinator of a job.
pub fn service(job: &str) -> String {
    format!("{job}-coordinator")
}

/// Name of the EvolutionJob and number of the attempt of a [`coordinator_job`]; none for another name.
pub fn attempt_of(coordinator_job: &str) -> Option<(&str, u32)> {
    let (job, number) = coordinator_job.rsplit_once("-coordinator-")?;
    let attempt =
        number.parse().ok().filter(|&n| n > 0 && coordinator_job == self::coordinator_job(job, n))?;
    Some((job, attempt))
}

/// Deployment of a job's workers.
pub fn workers(job: &str) -> String {
    format!("{job}-workers")
}

/// NetworkPolicy of a pool's coordinators.
pub fn coordinator_policy(pool: &str) -> String {
    format!("galapagos-{pool}-coordinator")
}

/// NetworkPolicy of a pool's workers.
pub fn worker_policy(pool: &str) -> String {
    format!("galapagos-{pool}-worker")
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Names of Services and values of labels are DNS labels.
    const LONGEST: usize = 63;

    // Contract K2.
    #[test]
    fn the_longest_allowed_name_leaves_room_for_every_child() {
        let owner = "x".repeat(40);
        let names = [
            secret(&owner, "uid", "authority", 112),
            service(&owner),
            coordinator_job(&owner, u32::MAX),
            workers(&owner),
            coordinator_policy(&owner),
            worker_policy(&owner),
            market_data_claim(&owner),
            state_claim(&owner),
        ];
        for name in names {
            assert!(name.len() <= LONGEST, "{name} has {} characters", name.len());
        }
    }

    #[test]
    fn the_name_of_an_attempt_tells_its_job_and_its_number() {
        for (job, attempt) in [("j", 1), ("a-coordinator-2", 13), ("x", u32::MAX)] {
            assert_eq!(attempt_of(&coordinator_job(job, attempt)), Some((job, attempt)));
        }
        for other in [
            "j",
            "j-coordinator",
            "j-coordinator-",
            "j-coordinator-0",
            "j-coordinator-01",
            "j-coordinator-+1",
        ] {
            assert_eq!(attempt_of(other), None, "{other}");
        }
    }

    #[test]
    fn a_secret_has_another_name_for_another_job_of_the_same_name_another_authority_and_another_period() {
        let first = secret("job", "uid-1", "a", 112);
        assert_eq!(first, secret("job", "uid-1", "a", 112));
        assert_ne!(first, secret("job", "uid-2", "a", 112));
        assert_ne!(first, secret("job", "uid-1", "b", 112));
        assert_ne!(first, secret("job", "uid-1", "a", 113));
        assert!(first.starts_with("job-tls-") && first.len() == "job-tls-".len() + 8);
    }
}
