//! Waiting for what somebody else brings about: by a watch, with a limit.

use std::fmt::Debug;
use std::time::Duration;

use futures::StreamExt;
use galapagos_crds::status::{EvolutionJobStatus, Phase};
use galapagos_crds::{EvolutionJob, WorkerPool};
use k8s_openapi::apimachinery::pkg::apis::meta::v1::Condition;
use kube::runtime::{WatchStreamExt, reflector, wait::await_condition, watcher};
use kube::{Api, Resource};
use serde::Serialize;
use serde::de::DeserializeOwned;
use serde_json::Value;

/// Limit for what takes seconds on an idle machine: tests share two cores with each other.
pub const PATIENCE: Duration = Duration::from_secs(120);

/// Any kind.
pub trait Object:
    Resource<DynamicType = ()> + Clone + Debug + Send + Sync + DeserializeOwned + Serialize + 'static
{
}

impl<K> Object for K where
    K: Resource<DynamicType = ()> + Clone + Debug + Send + Sync + DeserializeOwned + Serialize + 'static
{
}

/// Waits until an object is as it should be.
///
/// # Panics
/// It is not in time: tells what was awaited and how the object is.
pub async fn until<K: Object>(
    api: &Api<K>,
    name: &str,
    limit: Duration,
    what: &str,
    is: impl Fn(&K) -> bool,
) -> K {
    let found = await_condition(api.clone(), name, |object: Option<&K>| object.is_some_and(&is));
    match tokio::time::timeout(limit, found).await {
        Ok(Ok(Some(object))) => object,
        Ok(other) => panic!("{name} {what}: {other:?}"),
        Err(_) => {
            let now = api.get_opt(name).await.unwrap().map(|o| serde_json::to_value(o).unwrap_or_default());
            let now = now.map_or(Value::Null, |o| o["status"].clone());
            panic!("{name} {what}: not within {limit:?}; its status is {now:#}")
        }
    }
}

/// Waits until an object does not exist.
///
/// # Panics
/// It still does when the time is over.
pub async fn until_gone<K: Object>(api: &Api<K>, name: &str, limit: Duration) {
    let gone = await_condition(api.clone(), name, |object: Option<&K>| object.is_none());
    assert!(
        tokio::time::timeout(limit, gone).await.is_ok_and(|r| r.is_ok()),
        "{name} still exists after {limit:?}"
    );
}

/// Waits until the objects of a label selector are, together, as they should be.
///
/// # Panics
/// They are not in time: tells their names.
pub async fn until_all<K: Object>(
    api: &Api<K>,
    labels: &str,
    limit: Duration,
    what: &str,
    are: impl Fn(&[K]) -> bool,
) -> Vec<K> {
    let (store, writer) = reflector::store::<K>();
    let events = watcher(api.clone(), watcher::Config::default().labels(labels));
    let mut events = std::pin::pin!(reflector(writer, events).default_backoff());
    let list = || store.state().iter().map(|o| K::clone(o)).collect::<Vec<K>>();
    let found = async {
        let mut complete = false;
        while let Some(event) = events.next().await {
            complete |= matches!(event, Ok(watcher::Event::InitDone));
            let all = list();
            if complete && are(&all) {
                return all;
            }
        }
        unreachable!("a watch does not end")
    };
    match tokio::time::timeout(limit, found).await {
        Ok(all) => all,
        Err(_) => {
            let names: Vec<_> = list().iter().map(|o| o.meta().name.clone().unwrap_or_default()).collect();
            panic!("{labels} {what}: not within {limit:?}; there are {names:?}")
        }
    }
}

/// The status of a job, empty without one.
pub fn status(job: &EvolutionJob) -> EvolutionJobStatus {
    job.status.clone().unwrap_or_default()
}

/// Whether a job is in a phase.
pub fn is_in(phase: Phase) -> impl Fn(&EvolutionJob) -> bool {
    move |job| job.status.as_ref().and_then(|s| s.phase) == Some(phase)
}

/// Whether so many generations are done.
pub fn has_done(generations: i32) -> impl Fn(&EvolutionJob) -> bool {
    move |job| job.status.as_ref().and_then(|s| s.generation).is_some_and(|g| g >= generations)
}

/// Whether a condition of a job is true for this reason.
pub fn is_true(type_: &'static str, reason: &'static str) -> impl Fn(&EvolutionJob) -> bool {
    move |job| job.status.as_ref().is_some_and(|s| holds(&s.conditions, type_, reason))
}

/// Whether a condition of a pool is true for this reason.
pub fn pool_is(type_: &'static str, reason: &'static str) -> impl Fn(&WorkerPool) -> bool {
    move |pool| pool.status.as_ref().is_some_and(|s| holds(&s.conditions, type_, reason))
}

fn holds(conditions: &[Condition], type_: &str, reason: &str) -> bool {
    conditions.iter().any(|c| c.type_ == type_ && c.status == "True" && c.reason == reason)
}
