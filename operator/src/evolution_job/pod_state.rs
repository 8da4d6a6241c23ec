//! What the coordinator's pod is doing, as far as Kubernetes shows it.
#![cfg_attr(not(test), deny(clippy::disallowed_methods, clippy::disallowed_types))]

use std::net::IpAddr;
use std::time::Duration;

use galapagos_crds::conditions::StalledReason;
use jiff::Timestamp;
use k8s_openapi::api::batch::v1::Job;
use k8s_openapi::api::core::v1::{ContainerStatus, Pod};

use crate::names::{COORDINATOR, IMPORT};

/// Reasons of a waiting container that time alone seldom heals.
const IMAGE_PROBLEMS: [&str; 5] =
    ["ErrImagePull", "ImagePullBackOff", "InvalidImageName", "ErrImageNeverPull", "ImageInspectError"];
/// Reasons of a waiting container whose settings refer to something that is not there.
const CONFIG_PROBLEMS: [&str; 2] = ["CreateContainerConfigError", "CreateContainerError"];

/// Kubernetes makes the pod of a Job within a second or two; so long is too long.
const MISSING: Duration = Duration::from_secs(20);

/// What a coordinator's pod is doing.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum PodState {
    /// Its Job is suspended by a queue.
    Held,
    /// It cannot start until somebody does something.
    Stuck {
        /// The reason of the condition.
        reason: StalledReason,
        /// What is missing.
        message: String,
    },
    /// It is scheduled, or its image is pulled, or it is not there yet.
    Waiting,
    /// Its data are imported.
    Importing,
    /// It runs.
    Running,
}

/// Whether a queue holds the Job back.
pub fn is_held(job: &Job) -> bool {
    job.spec.as_ref().and_then(|s| s.suspend) == Some(true)
}

/// Reads it.
pub fn observe(job: &Job, pod: Option<&Pod>) -> PodState {
    if is_held(job) {
        return PodState::Held;
    }
    let Some(status) = pod.and_then(|p| p.status.as_ref()) else { return PodState::Waiting };
    let runs = |s: &ContainerStatus| s.state.as_ref().is_some_and(|s| s.running.is_some());
    let ended = |s: &ContainerStatus| s.state.as_ref().is_some_and(|s| s.terminated.is_some());
    let coordinator = status.container_statuses.iter().flatten().find(|s| s.name == COORDINATOR);
    if coordinator.is_some_and(|s| runs(s) || ended(s)) {
        // Whatever is the matter with those beside it. Of its end its Job tells in a moment.
        return PodState::Running;
    }
    let containers = || status.init_container_statuses.iter().chain(&status.container_statuses).flatten();
    if let Some(stuck) = containers().find_map(stuck) {
        return stuck;
    }
    let conditions = status.conditions.iter().flatten();
    if let Some(message) = conditions
        .filter(|c| c.type_ == "PodScheduled" && c.status == "False")
        .find_map(|c| c.message.as_deref().filter(|m| m.contains("persistentvolumeclaim")))
    {
        return PodState::Stuck { reason: StalledReason::VolumeNotFound, message: message.to_owned() };
    }
    if containers().any(|s| s.name == IMPORT && runs(s)) {
        return PodState::Importing;
    }
    PodState::Waiting
}

/// Where the pod is, if it has an address: one that waits for a node has none.
pub fn address(pod: &Pod) -> Option<IpAddr> {
    pod.status.as_ref()?.pod_ip.as_deref()?.parse().ok()
}

/// Why the coordinator does not start, if something can be told: its pod fits on no node, or Kubernetes has not made one
/// for a while. A sentence without its full stop.
pub fn awaited(job: &Job, pod: Option<&Pod>, now: Timestamp) -> Option<String> {
    let Some(pod) = pod else {
        return (!is_held(job) && until_missing(job, None, now).is_none()).then(|| {
            let name = job.metadata.name.as_deref().unwrap_or_default();
            format!(
                "Kubernetes has made no pod for the Job {name} yet: a quota of pods, Pod Security or an admission \
                 webhook may refuse it; `kubectl describe job {name}` tells"
            )
        });
    };
    let conditions = pod.status.as_ref()?.conditions.as_ref()?;
    let scheduled = conditions.iter().find(|c| c.type_ == "PodScheduled" && c.status == "False")?;
    let told =
        scheduled.message.as_deref().filter(|_| scheduled.reason.as_deref() == Some("Unschedulable"))?;
    Some(format!("The coordinator's pod fits on no node: {}", told.trim_end_matches('.')))
}

/// Why no container of the attempt runs, if its pod is refused or fits nowhere. `refused`: what the event of its Job
/// says.
pub fn unmade(job: &Job, pod: Option<&Pod>, refused: Option<&str>, now: Timestamp) -> Option<PodState> {
    let message = awaited(job, pod, now)?;
    let Some(pod) = pod else {
        let refused = refused?;
        let by_quota = ["exceeded quota", "failed quota"].iter().any(|words| refused.contains(words));
        let reason = if by_quota { StalledReason::QuotaExceeded } else { StalledReason::InvalidTemplate };
        let name = job.metadata.name.as_deref().unwrap_or_default();
        let message = format!("the pod of the Job {name} is refused: {refused}");
        return Some(PodState::Stuck { reason, message });
    };
    // A node is made free for one that is nominated. A claim that is missing has a reason of its own.
    let nominated = pod.status.as_ref().is_some_and(|s| s.nominated_node_name.is_some());
    let settled =
        nominated || until_unplaced(pod, now).is_some() || observe(job, Some(pod)) != PodState::Waiting;
    (!settled).then_some(PodState::Stuck { reason: StalledReason::Unschedulable, message })
}

/// Whether the pod is not there or has no node.
pub fn is_unplaced(job: &Job, pod: Option<&Pod>) -> bool {
    let has_node = |pod: &Pod| pod.spec.as_ref().is_some_and(|s| s.node_name.is_some());
    observe(job, pod) == PodState::Waiting && !pod.is_some_and(has_node)
}

/// How long until a pod that fits nowhere counts as stuck, since a node may be about to come; none if it does, or fits.
pub fn until_unplaced(pod: &Pod, now: Timestamp) -> Option<Duration> {
    let conditions = pod.status.as_ref()?.conditions.as_ref()?;
    let scheduled = conditions.iter().find(|c| c.type_ == "PodScheduled" && c.status == "False")?;
    let age = now.duration_since(scheduled.last_transition_time.as_ref()?.0);
    let left = MISSING.checked_sub(Duration::try_from(age).unwrap_or_default());
    left.filter(|left| !left.is_zero())
}

/// How long until a pod that is not there counts as missing; none if it is there, or missing already.
pub fn until_missing(job: &Job, pod: Option<&Pod>, now: Timestamp) -> Option<Duration> {
    let made = job.metadata.creation_timestamp.as_ref().filter(|_| pod.is_none())?;
    let age = Duration::try_from(now.duration_since(made.0)).unwrap_or_default();
    MISSING.checked_sub(age).filter(|left| !left.is_zero())
}

fn stuck(status: &ContainerStatus) -> Option<PodState> {
    let waiting = status.state.as_ref()?.waiting.as_ref()?;
    let cause = waiting.reason.as_deref()?;
    let told = waiting.message.as_deref().unwrap_or("no details");
    let reason = if IMAGE_PROBLEMS.contains(&cause) {
        StalledReason::ImagePullFailed
    } else if CONFIG_PROBLEMS.contains(&cause) {
        StalledReason::InvalidTemplate
    } else {
        return None;
    };
    Some(PodState::Stuck { reason, message: format!("container {}: {cause}: {told}", status.name) })
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn job() -> Job {
        let made = "2026-01-01T00:00:00Z";
        serde_json::from_value(json!({"metadata": {"name": "j-coordinator-1", "creationTimestamp": made}}))
            .unwrap()
    }

    fn after(seconds: i64) -> Timestamp {
        job().metadata.creation_timestamp.unwrap().0 + Duration::from_secs(seconds.unsigned_abs())
    }

    #[test]
    fn a_pod_that_is_not_made_is_told_once_it_should_be_there() {
        assert_eq!(awaited(&job(), None, after(19)), None);
        assert_eq!(until_missing(&job(), None, after(19)), Some(Duration::from_secs(1)));
        assert_eq!(until_missing(&job(), None, after(20)), None);
        let told = awaited(&job(), None, after(20)).unwrap();
        assert!(told.contains("kubectl describe job j-coordinator-1"), "{told}");
        assert_eq!(awaited(&job(), Some(&Pod::default()), after(99)), None);
        let mut held = job();
        held.spec.get_or_insert_default().suspend = Some(true);
        assert_eq!(awaited(&held, None, after(99)), None);
    }

    #[test]
    fn a_pod_that_fits_nowhere_says_what_the_scheduler_says() {
        let pod = |reason: &str| -> Pod {
            let condition = json!({"type": "PodScheduled", "status": "False", "reason": reason,
                                   "message": "0/2 nodes are available: 2 Insufficient cpu."});
            serde_json::from_value(json!({"metadata": {}, "status": {"conditions": [condition]}})).unwrap()
        };
        let told = awaited(&job(), Some(&pod("Unschedulable")), after(0)).unwrap();
        assert!(told.ends_with("2 Insufficient cpu"), "{told}");
        assert_eq!(awaited(&job(), Some(&pod("SchedulingGated")), after(0)), None);
    }
}
