//! How long the pods of jobs live or lived. A pod that is gone is remembered until it is counted: a Deployment deletes its
//! pods, and nobody else keeps when they ended.
#![cfg_attr(not(test), deny(clippy::disallowed_methods, clippy::disallowed_types))]

use std::collections::HashMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use jiff::{SignedDuration, Timestamp};
use k8s_openapi::api::core::v1::{Pod, PodStatus};
use kube::ResourceExt;
use kube::core::error_boundary::InvalidObject;

use crate::labels;
use crate::life::{Life, is_over};
use crate::runtime::ids::{Identity, Namespace, Uid};
use crate::runtime::watches::Change;

/// Who leads counts at least once a minute. A replica that does not lead is never told what was counted.
const REMEMBERED: SignedDuration = SignedDuration::from_hours(1);
/// Time between looks for what was never counted.
const SWEEP: SignedDuration = SignedDuration::from_mins(1);

/// Namespace and UID of a job.
type JobKey = (Namespace, Uid);

#[derive(Clone, Copy, Debug)]
struct Known {
    life: Life,
    is_gone: bool,
}

#[derive(Debug, Default)]
struct Memory {
    /// By UID of the pod.
    jobs: HashMap<JobKey, HashMap<Uid, Known>>,
    /// When it was last looked for what nobody counted.
    swept: Timestamp,
}

/// The lives of all pods of jobs. Clones are the same. Not one of the memories of a leader: every replica sees pods come and
/// go, before it leads as well, and what is gone is still to be counted.
///
/// By namespace and label: pods of a Deployment belong to a ReplicaSet and not to the job. Whoever may make pods in the
/// namespace of a job may give them its label; from another namespace nothing is taken.
#[derive(Clone, Debug, Default)]
pub struct Lives {
    memory: Arc<Mutex<Memory>>,
}

impl Lives {
    fn memory(&self) -> MutexGuard<'_, Memory> {
        self.memory.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// A pod is new, changed or gone. Whether a life has ended by it.
    pub(super) fn saw(&self, change: &Change<'_, Pod>, now: Timestamp) -> bool {
        let mut memory = self.memory();
        memory.sweep(now);
        // One of the same name may have taken its place while nobody looked, or somebody took its label.
        let gone = change.old.filter(|old| change.new.is_none_or(|new| key(new) != key(old)));
        let ended = [gone.map(|pod| (pod, true)), change.new.map(|pod| (pod, false))];
        ended.into_iter().flatten().filter(|(pod, is_gone)| memory.note(pod, *is_gone, now)).count() > 0
    }

    /// The lives of a job's pods. A pod that is gone and was over when they were counted last is not needed any more.
    pub fn of_job(&self, job: &Identity, counted_until: Option<Timestamp>) -> Vec<Life> {
        let mut memory = self.memory();
        let Some(pods) = memory.jobs.get_mut(&(job.key.namespace.clone(), job.uid.clone())) else {
            return Vec::new();
        };
        pods.retain(|_, known| !known.is_gone || counted_until.is_none_or(|until| known.life.goes_on(until)));
        pods.values().map(|known| known.life).collect()
    }
}

impl Memory {
    fn note(&mut self, pod: &Pod, is_gone: bool, now: Timestamp) -> bool {
        let (Some((job, uid)), Some(life)) = (key(pod), Life::from_pod(pod)) else { return false };
        let is_over = is_over(pod);
        let life = if is_gone && !is_over { life.over_by(now) } else { life };
        let before = self.jobs.entry(job).or_default().insert(uid, Known { life, is_gone });
        (is_gone || is_over) && before.is_none_or(|before| before.life.end != life.end)
    }

    fn sweep(&mut self, now: Timestamp) {
        if now.duration_since(self.swept) < SWEEP {
            return;
        }
        self.swept = now;
        let oldest = now.checked_sub(REMEMBERED).unwrap_or(Timestamp::MIN);
        self.jobs.retain(|_, pods| {
            pods.retain(|_, known| !known.is_gone || known.life.goes_on(oldest));
            !pods.is_empty()
        });
    }
}

/// The job of a pod, and the pod's own UID.
fn key(pod: &Pod) -> Option<(JobKey, Uid)> {
    let job = Uid::new(pod.labels().get(labels::JOB_UID)?)?;
    let pod = Identity::of(&pod.metadata).ok()?;
    Some(((pod.key.namespace, job), pod.uid))
}

/// What is kept of a worker: there are many, and only their lives are asked for.
pub(super) fn trimmed(mut pod: Pod) -> Result<Pod, Box<InvalidObject>> {
    let is_over = is_over(&pod);
    pod.spec = None;
    pod.metadata.annotations = None;
    pod.metadata.owner_references = None;
    pod.status = pod.status.map(|status| PodStatus {
        phase: status.phase,
        start_time: status.start_time,
        // They tell its end.
        conditions: status.conditions.filter(|_| is_over),
        container_statuses: status.container_statuses.filter(|_| is_over),
        init_container_statuses: status.init_container_statuses.filter(|_| is_over),
        ..PodStatus::default()
    });
    Ok(pod)
}
