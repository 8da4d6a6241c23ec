//! Labels of everything the operator makes, and the selectors that find them again.
#![cfg_attr(not(test), deny(clippy::disallowed_methods, clippy::disallowed_types))]

use serde_json::{Map, Value};

use crate::names::OPERATOR;

/// Value of [`NAME`].
pub const GALAPAGOS: &str = "galapagos";
/// Which program it is: always `galapagos`.
pub const NAME: &str = "app.kubernetes.io/name";
/// Which part of it, see [`Component`].
pub const COMPONENT: &str = "app.kubernetes.io/component";
/// Who made it: always `galapagos-operator`.
pub const MANAGED_BY: &str = "app.kubernetes.io/managed-by";
/// Version of the operator that wrote it last. Never in a pod template: an upgrade must not roll pods.
pub const VERSION: &str = "app.kubernetes.io/version";
/// Name of its WorkerPool.
pub const POOL: &str = "galapagos.dev/pool";
/// Name of its EvolutionJob.
pub const JOB: &str = "galapagos.dev/job";
/// UID of its EvolutionJob.
pub const JOB_UID: &str = "galapagos.dev/job-uid";
/// Number of the attempt, from 1.
pub const ATTEMPT: &str = "galapagos.dev/attempt";

/// Parts of Galapagos, as in `app.kubernetes.io/component`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Component {
    /// Holds the evolution of one job.
    Coordinator,
    /// Evaluates individuals.
    Worker,
    /// Certificates and manifest of a job.
    Tls,
    /// Network policies of a pool.
    Network,
    /// Claims of a pool.
    Storage,
    /// The operator itself. It does not make such objects; policies let its pods in.
    Operator,
}

impl Component {
    /// The value of the label.
    pub const fn as_str(self) -> &'static str {
        match self {
            Component::Coordinator => "coordinator",
            Component::Worker => "worker",
            Component::Tls => "tls",
            Component::Network => "network",
            Component::Storage => "storage",
            Component::Operator => "operator",
        }
    }
}

/// What every object and pod has: name, component, managed-by, pool.
pub fn common(component: Component, pool: &str) -> Map<String, Value> {
    labels([(NAME, GALAPAGOS), (COMPONENT, component.as_str()), (MANAGED_BY, OPERATOR), (POOL, pool)])
}

/// What children of a job have on top of [`common`].
pub fn of_job(component: Component, pool: &str, job: &str, uid: &str) -> Map<String, Value> {
    let mut all = common(component, pool);
    all.extend(labels([(JOB, job), (JOB_UID, uid)]));
    all
}

/// The same labels with the version of this operator, for objects that are no pods.
pub fn versioned(mut labels: Map<String, Value>) -> Map<String, Value> {
    labels.insert(VERSION.to_owned(), env!("CARGO_PKG_VERSION").into());
    labels
}

/// Labels that never change during the life of a job: what immutable selectors are made of.
pub fn fixed(component: Component, uid: &str) -> Map<String, Value> {
    labels([(COMPONENT, component.as_str()), (JOB_UID, uid)])
}

/// Pods of one kind that belong to a pool, in its own namespace.
pub fn in_pool(component: Component, pool: &str) -> Map<String, Value> {
    labels([(NAME, GALAPAGOS), (COMPONENT, component.as_str()), (POOL, pool)])
}

/// Label selector of everything the operator made.
pub fn managed() -> String {
    format!("{MANAGED_BY}={OPERATOR}")
}

/// Label selector of one component of what the operator made.
pub fn managed_component(component: Component) -> String {
    format!("{COMPONENT}={},{MANAGED_BY}={OPERATOR}", component.as_str())
}

/// Label selector of the workers of a pool, as `status.selector` gives it to autoscalers.
pub fn workers_of(pool: &str) -> String {
    format!("{COMPONENT}={},{POOL}={pool}", Component::Worker.as_str())
}

fn labels<const N: usize>(pairs: [(&str, &str); N]) -> Map<String, Value> {
    pairs.into_iter().map(|(key, value)| (key.to_owned(), value.into())).collect()
}
