//! How an attempt ended, read from what Kubernetes keeps: its pod while there is one, and the condition of its Job.
//!
//! The containers `coordinator` and `import` decide, and no other: a container that a mesh or a policy put beside them
//! may run on for ever, and as long as it does the Job has no condition. The condition counts once the pod is gone; it
//! alone is enough to tell the class, so such a pod loses nothing but the words of its failure.
#![cfg_attr(not(test), deny(clippy::disallowed_methods, clippy::disallowed_types))]

use galapagos_crds::conditions::StalledReason;
use galapagos_protocol::ends::Code;
use galapagos_protocol::last_words;
use galapagos_protocol::progress::Report;
use jiff::Timestamp;
use k8s_openapi::api::batch::v1::{Job, JobCondition};
use k8s_openapi::api::core::v1::{ContainerStateTerminated, ContainerStatus, Pod};

use super::status::end::{JobEnd, permanent};
use crate::names::COORDINATOR;

/// Of a text that is not JSON of ours so many bytes are shown.
pub const TAIL: usize = 512;

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

/// The end of an attempt, or none while it may still go on.
pub fn of_attempt(job: &Job, pod: Option<&Pod>) -> Option<Ending> {
    let last = pod.and_then(terminated);
    let conditions = job.status.as_ref().and_then(|s| s.conditions.as_deref()).unwrap_or_default();
    let holds =
        |kinds: &[&str]| conditions.iter().find(|c| kinds.contains(&c.type_.as_str()) && c.status == "True");
    let at = |c: &JobCondition| c.last_transition_time.as_ref().map(|t| t.0);
    let finished = last.and_then(|t| t.finished_at.as_ref()).map(|t| t.0);
    if last.is_some_and(|t| t.exit_code == 0) {
        return Some(Ending { class: Class::Succeeded, at: finished, message: String::new() });
    }
    if let Some(complete) = holds(&["Complete", "SuccessCriteriaMet"]) {
        return Some(Ending { class: Class::Succeeded, at: at(complete), message: String::new() });
    }
    // FailureTarget comes first and is final too; Failed follows once the pods are gone.
    let failed = holds(&["Failed", "FailureTarget"]);
    // A pod that is taken away may belong to a Job that makes another, as a queue has it do: its Job tells.
    if failed.is_none() && (last.is_none() || pod.is_some_and(|p| p.metadata.deletion_timestamp.is_some())) {
        return None;
    }
    let told = failed.and_then(|c| c.message.as_deref()).unwrap_or_default();
    let code = last.map(|t| t.exit_code).or_else(|| exit_code(told));
    let words = last.and_then(|t| t.message.as_deref()).and_then(said);
    let class = if told.contains("DisruptionTarget") || pod.is_some_and(is_disrupted) {
        Class::Disrupted
    } else if let Some(reason) = code.and_then(permanent) {
        // The code names a class, its words may know more.
        match pod.and_then(final_words).map(|words| JobEnd::from_report(&words.r#final.unwrap_or_default())) {
            Some(JobEnd::Failed { reason: told, .. }) if told != StalledReason::Unknown => {
                Class::Permanent(told)
            }
            _ => Class::Permanent(reason),
        }
    } else if code.and_then(Code::from_number) == Some(Code::Terminated) {
        Class::Disrupted
    } else if code.is_none() && pod.is_none() {
        // Every code is kept in the condition: the pod went away without one, by force or with its node.
        Class::Disrupted
    } else {
        Class::Fault(code)
    };
    let message = words.unwrap_or_else(|| without_words(last, pod, told));
    Some(Ending { class, at: finished.or_else(|| failed.and_then(at)), message })
}

/// What can be said of an end of which the container itself said nothing.
fn without_words(last: Option<&ContainerStateTerminated>, pod: Option<&Pod>, told: &str) -> String {
    if last.and_then(|t| t.reason.as_deref()) == Some("OOMKilled") {
        return "its memory limit was exceeded (OOMKilled)".to_owned();
    }
    if let Some(last) = last.filter(|_| told.is_empty()) {
        return format!("its container ended with exit code {}", last.exit_code);
    }
    let other = pod.filter(|_| last.is_none()).and_then(|pod| {
        let status = pod.status.as_ref()?;
        let all = status.init_container_statuses.iter().chain(&status.container_statuses).flatten();
        all.filter_map(|s| Some((s.name.as_str(), s.state.as_ref()?.terminated.as_ref()?)))
            .find(|(_, t)| t.exit_code != 0)
    });
    match other {
        Some((name, t)) => {
            format!("container {name}, which is none of Galapagos, ended with exit code {}", t.exit_code)
        }
        None => told.to_owned(),
    }
}

/// Since when containers that are none of ours run on after the end of the coordinator; none if they do not. Sidecars
/// among the init containers are stopped by Kubernetes.
pub fn runs_on_since(job: &Job, pod: Option<&Pod>) -> Option<Timestamp> {
    let ended = of_attempt(job, pod)?.at?;
    let status = pod?.status.as_ref()?;
    let is_over = matches!(status.phase.as_deref(), Some("Succeeded" | "Failed"));
    let lives = |s: &ContainerStatus| s.state.as_ref().is_none_or(|s| s.terminated.is_none());
    let beside = status.container_statuses.iter().flatten().filter(|s| s.name != COORDINATOR);
    (!is_over && beside.into_iter().any(lives)).then_some(ended)
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
pub fn final_words(pod: &Pod) -> Option<Report> {
    terminated(pod).and_then(|t| t.message.as_deref()).and_then(last_words::read)
}

/// What a person can read in a termination message, ours or not: of a text that is not ours, its end, where the error
/// is. `None`: nothing.
pub fn said(message: &str) -> Option<String> {
    let text = match last_words::read(message) {
        Some(words) => words.r#final.unwrap_or_default().message,
        None => tail(message.trim()).to_owned(),
    };
    (!text.is_empty()).then_some(text)
}

fn tail(text: &str) -> &str {
    let mut start = text.len().saturating_sub(TAIL);
    while !text.is_char_boundary(start) {
        start += 1;
    }
    &text[start..]
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn of_a_message_that_is_not_ours_the_end_is_shown() {
        let panic = format!("{}panicked at src/main.rs", "é".repeat(5000));
        let read = said(&panic).unwrap();
        assert!(read.ends_with("panicked at src/main.rs") && read.len() <= TAIL);
        assert_eq!(said("  "), None);
        assert_eq!(said(r#"{"reason":"Internal","message":"row 7"}"#).as_deref(), Some("row 7"));
        assert_eq!(said(r#"{"reason":"Internal"}"#), None, "a name is nothing to read");
    }
}
