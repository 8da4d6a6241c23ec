//! Writes what a pool has of its own: policies, claims, status.

use std::time::Duration;

use galapagos_crds::conditions::{EventReason, StalledReason};
use galapagos_crds::{WorkerPool, WorkerPoolStatus};
use k8s_openapi::api::networking::v1::NetworkPolicy;
use k8s_openapi::apimachinery::pkg::apis::meta::v1::ObjectMeta;
use kube::runtime::events::EventType;
use kube::{Api, Resource, ResourceExt};
use serde_json::Value;

use super::colocation::Colocation;
use super::observe::Observed;
use super::{Error, PoolFinding, colocation};
use crate::context::Context;
use crate::kinds::WORKER_POOL;
use crate::labels::{MANAGED_BY, POOL};
use crate::memory::Done;
use crate::names::OPERATOR;
use crate::runtime::ids::{Name, Namespace, ObjectKey};
use crate::runtime::kube_io::{Kind, WriteError};

/// Counts of a pool change with every worker that becomes ready: they are written so often at most.
const COUNTS_EVERY: Duration = Duration::from_secs(1);

/// Why something could not be made.
#[derive(Debug)]
pub enum Obstacle {
    /// A person has to do something.
    Problem(PoolFinding),
    /// It will be possible soon: what bears the name is going away.
    Leaving(String),
    /// It is not for this replica, or not any more.
    Nobody,
    /// To be repeated.
    Error(Error),
}

impl Obstacle {
    fn from_write(error: WriteError, what: String) -> Obstacle {
        let problem = |reason, message| {
            Obstacle::Problem(PoolFinding { reason, message: format!("{what}: {message}") })
        };
        match error {
            WriteError::NotLeader | WriteError::NamespaceEnding => Obstacle::Nobody,
            WriteError::Invalid { message } | WriteError::Forbidden { message } => {
                problem(StalledReason::InvalidTemplate, message)
            }
            WriteError::Quota { message } => problem(StalledReason::QuotaExceeded, message),
            other => Obstacle::Error(Error::Write(what, other)),
        }
    }
}

/// Makes policies and claims.
///
/// # Errors
/// [`Obstacle`]; what was done before it stays.
pub async fn apply(
    ctx: &Context,
    observed: &Observed,
    policies: &[Value],
    claims: &[Value],
) -> Result<(), Obstacle> {
    let namespace = &observed.id.key.namespace;
    for body in policies {
        let name = name_of(body);
        let known = observed.policies.get(&name);
        let meta = match known {
            Some(known) => Some(known.clone()),
            None => policy(ctx, namespace, &name).await.map_err(Obstacle::Error)?,
        };
        if let Some(meta) = &meta {
            must_be_mine(meta, &observed.pool, &name)?;
        }
        let written = ctx.io.apply(Kind::NetworkPolicy, namespace, body, known).await;
        written.map_err(|e| Obstacle::from_write(e, format!("NetworkPolicy {name}")))?;
    }
    for body in claims {
        let name = name_of(body);
        let known =
            [&observed.market_data, &observed.state].into_iter().flatten().find(|c| c.name_any() == name);
        let written =
            ctx.io.apply(Kind::PersistentVolumeClaim, namespace, body, known.map(|c| &c.metadata)).await;
        if let Some(name) = Name::new(&name) {
            ctx.memory.claims.forget(&ObjectKey { namespace: namespace.clone(), name });
        }
        written.map_err(|e| Obstacle::from_write(e, format!("PersistentVolumeClaim {name}")))?;
    }
    Ok(())
}

fn name_of(body: &Value) -> String {
    body["metadata"]["name"].as_str().unwrap_or_default().to_owned()
}

/// One that the cache does not show may still be there: somebody else's, or just made.
async fn policy(ctx: &Context, namespace: &Namespace, name: &str) -> Result<Option<ObjectMeta>, Error> {
    let policies = Api::<NetworkPolicy>::namespaced(ctx.io.client().clone(), namespace.as_str());
    let found = policies.get_metadata_opt(name).await;
    Ok(found.map_err(|e| Error::Read(format!("NetworkPolicy {name}"), e))?.map(|p| p.metadata))
}

fn must_be_mine(meta: &ObjectMeta, pool: &WorkerPool, name: &str) -> Result<(), Obstacle> {
    let owner = meta.owner_references.iter().flatten().find(|o| o.controller == Some(true));
    let mine = owner.is_some_and(|o| Some(&o.uid) == pool.metadata.uid.as_ref());
    // That of a pool of the same name that was there before: the garbage collector is about to take it.
    let of_predecessor = owner.is_some_and(|o| o.kind == "WorkerPool" && o.name == pool.name_any());
    if meta.deletion_timestamp.is_some() || (!mine && of_predecessor) {
        return Err(Obstacle::Leaving(format!("NetworkPolicy {name}")));
    }
    // One that a pool of this name left to the jobs that run on it, which are those of this pool now.
    let label = |key: &str| meta.labels.as_ref().and_then(|all| all.get(key)).map(String::as_str);
    let left =
        owner.is_none() && label(MANAGED_BY) == Some(OPERATOR) && label(POOL) == Some(&pool.name_any());
    if mine || left {
        return Ok(());
    }
    Err(Obstacle::Problem(PoolFinding {
        reason: StalledReason::NameTaken,
        message: format!(
            "NetworkPolicy {name} belongs to somebody else: delete it, or give the pool another name"
        ),
    }))
}

/// Writes the status if it changed. Returns when to look again for what was not written.
///
/// # Errors
/// The write failed.
pub async fn report(
    ctx: &Context,
    observed: &Observed,
    status: &WorkerPoolStatus,
) -> Result<Option<Duration>, Error> {
    let pool = &*observed.pool;
    let old = pool.status.as_ref();
    if old == Some(status) {
        return Ok(None);
    }
    let uid = &observed.id.uid;
    let only_counts = old.is_some_and(|old| old.conditions == status.conditions);
    if let Some(last) = ctx.memory.recent.last(uid, &Done::Status).filter(|_| only_counts) {
        let wait = COUNTS_EVERY.saturating_sub(last.elapsed());
        if !wait.is_zero() {
            return Ok(Some(wait));
        }
    }
    let version = pool.resource_version().unwrap_or_default();
    let written = ctx.io.patch_status::<WorkerPool>(WORKER_POOL, &observed.id.key, &version, status).await;
    match written {
        Ok(_) => ctx.memory.recent.note(uid, Done::Status),
        Err(WriteError::NotLeader | WriteError::NamespaceEnding | WriteError::NotFound { .. }) => {}
        Err(error) => {
            return Err(Error::Write(format!("the status of WorkerPool {}", observed.id.name()), error));
        }
    }
    Ok(None)
}

/// Tells once that pods of the pool share a node, so that nobody wonders why they crowd there.
pub fn warn_of_one_node(ctx: &Context, observed: &Observed) {
    let pool = &*observed.pool;
    let uid = &observed.id.uid;
    if ctx.memory.recent.last(uid, &Done::OneNode).is_some() {
        return;
    }
    let (market_data, state) = (observed.market_data.as_deref(), observed.state.as_deref());
    let together = match colocation::required(market_data, state) {
        Colocation::None => return,
        Colocation::Coordinators => {
            "state lies on a volume of one node: all coordinators of this pool run there"
        }
        Colocation::All => "market data lie on a volume of one node: all pods of this pool run there",
    };
    let note = format!("{together}; for more nodes use a claim that is ReadWriteMany");
    ctx.memory.recent.note(uid, Done::OneNode);
    let reason = EventReason::VolumeNotShared;
    ctx.events.record(pool.object_ref(&()), EventType::Warning, reason, note);
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn accepted(owners: Value, labels: Value) -> Result<(), Obstacle> {
        let pool: WorkerPool = serde_json::from_value(json!({
            "apiVersion": "galapagos.dev/v1alpha1", "kind": "WorkerPool",
            "metadata": {"name": "big", "namespace": "n", "uid": "p2"}, "spec": {"marketData": {}},
        }))
        .unwrap();
        let meta = serde_json::from_value(json!({"ownerReferences": owners, "labels": labels})).unwrap();
        must_be_mine(&meta, &pool, "galapagos-big-worker")
    }

    #[test]
    fn a_policy_that_a_deleted_pool_left_to_its_jobs_is_taken_over_once_the_pool_is_off_it() {
        let owner = |kind: &str, uid: &str, controller: bool| json!({"apiVersion": "galapagos.dev/v1alpha1", "kind": kind, "name": "big", "uid": uid, "controller": controller});
        let ours = json!({MANAGED_BY: OPERATOR, POOL: "big"});
        let job = owner("EvolutionJob", "j1", false);
        assert!(accepted(json!([owner("WorkerPool", "p2", true), job]), json!({})).is_ok());
        let before = accepted(json!([owner("WorkerPool", "p1", true), job]), ours.clone());
        assert!(matches!(before, Err(Obstacle::Leaving(_))), "the garbage collector has not looked yet");
        assert!(accepted(json!([job]), ours).is_ok());
        for (owners, labels) in [
            (json!([job]), json!({})),
            (json!([job]), json!({MANAGED_BY: OPERATOR, POOL: "small"})),
            (json!([owner("Other", "x", true)]), json!({MANAGED_BY: OPERATOR, POOL: "big"})),
        ] {
            assert!(
                matches!(accepted(owners, labels), Err(Obstacle::Problem(p)) if p.reason == StalledReason::NameTaken)
            );
        }
    }
}
