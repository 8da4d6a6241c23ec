//! From what changed to what has to be reconciled.
#![cfg_attr(not(test), deny(clippy::disallowed_methods, clippy::disallowed_types))]

use galapagos_crds::status::Phase;
use galapagos_crds::{EvolutionJob, WorkerPool};
use k8s_openapi::apimachinery::pkg::apis::meta::v1::Condition;
use kube::runtime::reflector::{ObjectRef, Store};
use kube::{Resource, ResourceExt};

use super::triggers::Triggers;
use crate::runtime::watches::Change;
use crate::{believed, labels, names};

/// Knows who depends on whom.
#[derive(Clone)]
pub(super) struct Mapping {
    pub triggers: Triggers,
    pub jobs: Store<EvolutionJob>,
}

impl Mapping {
    /// A job concerns itself. It concerns its pool, and the pool that it left, if the plan or the counts of a pool may
    /// depend on the change.
    pub(super) fn job(&self, change: &Change<'_, EvolutionJob>) {
        let concerns_pool = match (change.old, change.new) {
            (Some(old), Some(new)) if same_wish(old, new) => standing(old) != standing(new),
            _ => true,
        };
        for job in either(change) {
            self.triggers.jobs.send(ObjectRef::from_obj(job));
            if concerns_pool {
                self.triggers.pools.send(beside(job, &job.spec.worker_pool_name));
            }
        }
    }

    /// A pool concerns itself, and its jobs if it changed in a way that they see: its own counts they do not.
    pub(super) fn pool(&self, change: &Change<'_, WorkerPool>) {
        let Some(pool) = either(change).next() else { return };
        self.triggers.pools.send(ObjectRef::from_obj(pool));
        if !concerns_jobs(change) {
            return;
        }
        let waiting = |job: &EvolutionJob| {
            Some(&job.spec.worker_pool_name) == pool.metadata.name.as_ref()
                && job.metadata.namespace == pool.metadata.namespace
                && !is_terminal(job)
        };
        for job in self.jobs.state_filter(waiting) {
            self.triggers.jobs.send(ObjectRef::from_obj(&*job));
        }
    }

    /// A child of a job concerns that job.
    pub(super) fn child<K: Resource>(&self, change: &Change<'_, K>) {
        for object in either(change) {
            if let Some(job) = owner(object) {
                self.triggers.jobs.send(beside(object, job));
            }
        }
    }

    /// Workers concern their job, and the pool that counts them: also when the job is gone before them.
    pub(super) fn workers<K: Resource>(&self, change: &Change<'_, K>) {
        self.child(change);
        self.policy(change);
    }

    /// A child of a pool concerns that pool.
    pub(super) fn policy<K: Resource>(&self, change: &Change<'_, K>) {
        for object in either(change) {
            if let Some(pool) = object.labels().get(labels::POOL) {
                self.triggers.pools.send(beside(object, pool));
            }
        }
    }
}

/// The object after, then the object before: a label that was edited away still tells whose child it was. The
/// scheduler behind the triggers merges what is asked for twice.
fn either<'a, K>(change: &Change<'a, K>) -> impl Iterator<Item = &'a K> + use<'a, K> {
    change.new.into_iter().chain(change.old)
}

/// What has that name in the namespace of the object.
fn beside<K: Resource<DynamicType = ()>>(object: &impl Resource, name: &str) -> ObjectRef<K> {
    let mut found = ObjectRef::new(name);
    found.namespace.clone_from(&object.meta().namespace);
    found
}

/// The job that an object belongs to: by its owner, or its owner's, and by its label where it has none that tells.
fn owner<K: Resource>(object: &K) -> Option<&str> {
    let controller = object.meta().owner_references.iter().flatten().find(|o| o.controller == Some(true));
    let told = controller.and_then(|owner| match owner.kind.as_str() {
        "EvolutionJob" => Some(owner.name.as_str()),
        "Job" => names::attempt_of(&owner.name).map(|(job, _)| job),
        _ => None,
    });
    told.or_else(|| object.labels().get(labels::JOB).map(String::as_str))
}

/// Whether nothing but the status may have changed.
fn same_wish(old: &EvolutionJob, new: &EvolutionJob) -> bool {
    let (before, after) = (&old.metadata, &new.metadata);
    before.uid == after.uid
        && before.generation == after.generation
        && before.deletion_timestamp == after.deletion_timestamp
        && before.labels == after.labels
        && before.annotations == after.annotations
        && old.spec == new.spec
}

/// What plan and counts of a pool know of a job beside its spec.
fn standing(job: &EvolutionJob) -> impl PartialEq {
    let status = job.status.as_ref();
    let known = status.is_some_and(|status| status.generation.is_some());
    (status.and_then(believed::phase), believed::has_place(status), believed::is_over(job), known)
}

fn is_terminal(job: &EvolutionJob) -> bool {
    matches!(job.status.as_ref().and_then(believed::phase), Some(Phase::Succeeded | Phase::Failed))
}

fn concerns_jobs(change: &Change<'_, WorkerPool>) -> bool {
    let (Some(old), Some(new)) = (change.old, change.new) else { return true };
    old.metadata.uid != new.metadata.uid
        || old.metadata.generation != new.metadata.generation
        || old.metadata.deletion_timestamp != new.metadata.deletion_timestamp
        || judged(old) != judged(new)
        || conditions(old).ne(conditions(new))
}

/// The generation that its conditions are about: jobs wait for it.
fn judged(pool: &WorkerPool) -> Option<i64> {
    pool.status.as_ref().and_then(|status| status.observed_generation)
}

/// Type, status and reason of each condition.
fn conditions(pool: &WorkerPool) -> impl Iterator<Item = (&str, &str, &str)> {
    pool.status.iter().flat_map(|status| &status.conditions).map(|condition: &Condition| {
        (condition.type_.as_str(), condition.status.as_str(), condition.reason.as_str())
    })
}
