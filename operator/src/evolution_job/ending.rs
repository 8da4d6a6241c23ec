//! How an attempt ended, read from what Kubernetes keeps: the condition of its Job, and its pod while there is one.
//!
//! The condition alone is enough to tell the class, so a pod that is gone loses nothing but the words of its failure.

use galapagos_crds::conditions::StalledReason;
use jiff::Timestamp;
use k8s_openapi::api::batch::v1::{Job, JobCondition};
use k8s_openapi::api::core::v1::{ContainerStateTerminated, Pod};

use super::status::last_words::{self, End, LastWords};
use crate::names::COORDINATOR;

/// The end of an attempt.
#[derive(Clone, Debug, PartialEq)]
pub struct Ending {
    /// What becomes of the job.
    pub class: Class,
    /// When it ended.
    pub at: Option<Timestamp>,
    /// Why, in words.
    pub message: String,
}

/// What the end of an attempt means.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Class {
    /// There is a result.
    Succeeded,
    /// Taken away by a drain, a preemption, a signal: the next attempt starts at once and is not counted.
    Disrupted,
    /// Another attempt would end the same way.
    Permanent(StalledReason),
    /// Anything else; counted against `backoffLimit`. With the exit code, if it is known.
    Fault(Option<i32>),
}

/// Exit codes of which another attempt cannot change anything, as the coordinator documents them.
const PERMANENT: [(i32, StalledReason); 5] = [
    (64, StalledReason::InvalidSpec),
    (65, StalledReason::DataInvalid),
    (66, StalledReason::DatasetNotFound),
    (67, StalledReason::EngineMismatch),
    (68, StalledReason::EvaluationFailed),
];
/// The state folder cannot be written.
pub const STATE_NOT_WRITABLE: i32 = 70;
/// A process that left because it was asked to.
const TERMINATED: i32 = 143;

/// The reason that an exit code stands for, if it is a permanent one.
fn permanent(code: i32) -> Option<StalledReason> {
    PERMANENT.iter().find(|(c, _)| *c == code).map(|(_, reason)| *reason)
}

/// The end of an attempt, or none while it may still go on.
pub fn of(job: &Job, pod: Option<&Pod>) -> Option<Ending> {
    let conditions = job.status.as_ref().and_then(|s| s.conditions.as_deref()).unwrap_or_default();
    let holds =
        |kinds: &[&str]| conditions.iter().find(|c| kinds.contains(&c.type_.as_str()) && c.status == "True");
    let at = |c: &JobCondition| c.last_transition_time.as_ref().map(|t| t.0);
    if let Some(complete) = holds(&["Complete", "SuccessCriteriaMet"]) {
        return Some(Ending { class: Class::Succeeded, at: at(complete), message: String::new() });
    }
    // FailureTarget comes first and is final too; Failed follows once the pods are gone.
    let failed = holds(&["Failed", "FailureTarget"])?;
    let told = failed.message.as_deref().unwrap_or_default();
    let last = pod.and_then(terminated);
    let code = exit_code(told).or_else(|| last.map(|t| t.exit_code));
    let words = last.and_then(|t| t.message.as_deref()).and_then(last_words::text);
    let message = words.unwrap_or_else(|| {
        let signal = last.and_then(|t| t.reason.as_deref()).filter(|r| *r == "OOMKilled");
        signal.map_or_else(|| told.to_owned(), |_| "its memory limit was exceeded (OOMKilled)".to_owned())
    });
    let class = if told.contains("DisruptionTarget") || pod.is_some_and(is_disrupted) {
        Class::Disrupted
    } else if let Some(reason) = code.and_then(permanent) {
        // The code names a class, its words may know more.
        match pod.and_then(final_words).and_then(|words| words.end()) {
            Some(End::Failed { reason: Some(told), .. }) => Class::Permanent(told),
            _ => Class::Permanent(reason),
        }
    } else if code == Some(TERMINATED) {
        Class::Disrupted
    } else if code.is_none() && pod.is_none() {
        // Every code is kept in the condition: the pod went away without one, by force or with its node.
        Class::Disrupted
    } else {
        Class::Fault(code)
    };
    Some(Ending { class, at: at(failed), message })
}

/// Whether Kubernetes itself takes the pod away.
pub fn is_disrupted(pod: &Pod) -> bool {
    let conditions = pod.status.as_ref().and_then(|s| s.conditions.as_deref()).unwrap_or_default();
    conditions.iter().any(|c| c.type_ == "DisruptionTarget" && c.status == "True")
}

/// The end of the container that decided: an import that failed, else the coordinator.
fn terminated(pod: &Pod) -> Option<&ContainerStateTerminated> {
    let status = pod.status.as_ref()?;
    let import = status.init_container_statuses.iter().flatten().find(|s| s.name == crate::names::IMPORT);
    let coordinator = status.container_statuses.iter().flatten().find(|s| s.name == COORDINATOR);
    [import, coordinator]
        .into_iter()
        .flatten()
        .filter_map(|s| s.state.as_ref()?.terminated.as_ref())
        .find(|t| t.exit_code != 0)
        .or_else(|| coordinator?.state.as_ref()?.terminated.as_ref())
}

/// The exit code in the message of a Job whose pod failure policy acted.
fn exit_code(message: &str) -> Option<i32> {
    let rest = message.split("exit code ").nth(1)?;
    rest.split(|c: char| !c.is_ascii_digit()).next()?.parse().ok()
}

/// The coordinator's own words about its end, if its pod still has them: what it reported last.
pub fn final_words(pod: &Pod) -> Option<LastWords> {
    terminated(pod).and_then(|t| t.message.as_deref()).and_then(LastWords::parse)
}
