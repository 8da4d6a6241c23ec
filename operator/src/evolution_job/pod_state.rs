//! What the coordinator's pod is doing, as far as Kubernetes shows it.

use galapagos_crds::conditions::StalledReason;
use k8s_openapi::api::batch::v1::Job;
use k8s_openapi::api::core::v1::{ContainerStatus, Pod};

use crate::names::IMPORT;

/// Reasons of a waiting container that time alone seldom heals.
const IMAGE_PROBLEMS: [&str; 5] =
    ["ErrImagePull", "ImagePullBackOff", "InvalidImageName", "ErrImageNeverPull", "ImageInspectError"];
/// Reasons of a waiting container whose settings refer to something that is not there.
const CONFIG_PROBLEMS: [&str; 2] = ["CreateContainerConfigError", "CreateContainerError"];

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
pub fn of(job: &Job, pod: Option<&Pod>) -> PodState {
    if is_held(job) {
        return PodState::Held;
    }
    let Some(status) = pod.and_then(|p| p.status.as_ref()) else { return PodState::Waiting };
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
    let runs = |s: &ContainerStatus| s.state.as_ref().is_some_and(|s| s.running.is_some());
    if containers().any(|s| s.name == IMPORT && runs(s)) {
        return PodState::Importing;
    }
    match status.container_statuses.iter().flatten().any(runs) {
        true => PodState::Running,
        false => PodState::Waiting,
    }
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
