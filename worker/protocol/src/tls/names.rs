//! The names that certificates carry: `<role>.<job-uid>.galapagos.internal`.

use super::TlsError;
use std::fmt;
use std::str::FromStr;

/// What all names end in. `internal` is the top-level domain reserved for private use, so no public authority can
/// issue a certificate for such a name.
pub const DOMAIN: &str = "galapagos.internal";

/// What a process may do on the wire.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Role {
    /// Serves work and progress; never a client.
    Coordinator,
    /// Takes leases of a coordinator and evaluates them.
    Worker,
    /// Watches the progress and says what is wanted: the operator and the CLI.
    Operator,
}

impl Role {
    /// All of them, in the order of their declaration.
    pub const ALL: [Role; 3] = [Role::Coordinator, Role::Worker, Role::Operator];

    /// As it stands in a name.
    pub fn as_str(self) -> &'static str {
        match self {
            Role::Coordinator => "coordinator",
            Role::Worker => "worker",
            Role::Operator => "operator",
        }
    }
}

impl fmt::Display for Role {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

impl FromStr for Role {
    type Err = TlsError;

    fn from_str(value: &str) -> Result<Self, TlsError> {
        Role::ALL
            .into_iter()
            .find(|role| role.as_str() == value)
            .ok_or_else(|| TlsError::Role { value: value.to_owned() })
    }
}

/// The unique id of a job as one label of a DNS name: 1 to 63 of `a-z`, `0-9` and `-`, no `-` at either end.
/// A UID of Kubernetes is one.
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct JobUid(String);

impl JobUid {
    /// # Errors
    /// `value` is not such a label.
    pub fn new(value: impl Into<String>) -> Result<Self, TlsError> {
        let value = value.into();
        let legal = |b: u8| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'-';
        let fits = (1..=63).contains(&value.len())
            && value.bytes().all(legal)
            && !value.starts_with('-')
            && !value.ends_with('-');
        if fits { Ok(JobUid(value)) } else { Err(TlsError::JobUid { value }) }
    }

    /// The uid as one DNS label.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for JobUid {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl FromStr for JobUid {
    type Err = TlsError;

    fn from_str(value: &str) -> Result<Self, TlsError> {
        JobUid::new(value)
    }
}

/// The name in the certificate of `role` of the job `job`.
pub fn dns_name(role: Role, job: &JobUid) -> String {
    format!("{role}.{job}.{DOMAIN}")
}

/// The role and the job of a name; `None` unless `dns_name` could have made it.
pub fn parse_dns_name(name: &str) -> Option<(Role, JobUid)> {
    let (role, rest) = name.split_once('.')?;
    let (job, domain) = rest.split_once('.')?;
    (domain == DOMAIN).then_some(())?;
    Some((role.parse().ok()?, JobUid::new(job).ok()?))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_leads_back_to_its_role_and_job() {
        let job = JobUid::new("0b7e5f2c-0f5e-4c0e-9f5e-2f6f7c1d9a10").unwrap();
        for role in Role::ALL {
            assert_eq!(parse_dns_name(&dns_name(role, &job)), Some((role, job.clone())));
        }
    }

    #[test]
    fn a_job_uid_is_one_dns_label() {
        for good in ["a", "7", "a-b", &"x".repeat(63)] {
            assert!(JobUid::new(good).is_ok(), "{good}");
        }
        for bad in ["", "-a", "a-", "A", "a.b", "a_b", "ä", "*", "a b", &"x".repeat(64)] {
            assert!(JobUid::new(bad).is_err(), "{bad}");
        }
    }

    #[test]
    fn a_name_that_is_not_exactly_ours_has_no_role() {
        for name in [
            "",
            "worker",
            "worker.job",
            "worker.job.galapagos",
            "worker.job.galapagos.internal.",
            "worker.job.galapagos.internal.example",
            "x.worker.job.galapagos.internal",
            "*.job.galapagos.internal",
            "Worker.job.galapagos.internal",
            "miner.job.galapagos.internal",
            "worker..galapagos.internal",
        ] {
            assert_eq!(parse_dns_name(name), None, "{name}");
        }
    }
}
