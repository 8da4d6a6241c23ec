//! What is known about a pool: its claims, which are asked for, and its jobs, workers and policies from the caches.

use std::collections::HashMap;
use std::sync::Arc;

use galapagos_crds::pool::Storage;
use galapagos_crds::{EvolutionJob, WorkerPool};
use k8s_openapi::api::apps::v1::Deployment;
use k8s_openapi::api::core::v1::PersistentVolumeClaim;
use k8s_openapi::apimachinery::pkg::apis::meta::v1::{ObjectMeta, OwnerReference};
use kube::runtime::reflector::ObjectRef;
use kube::{Resource, ResourceExt};

use super::Error;
use crate::context::Context;
use crate::runtime::ids::{Identity, Name, Namespace, ObjectKey};
use crate::{believed, labels, names};

/// A pool and all that belongs to it.
#[derive(Clone, Debug)]
pub struct Observed {
    /// Which pool.
    pub id: Identity,
    /// The pool.
    pub pool: Arc<WorkerPool>,
    /// The claim of its market data, if they are on one and it exists.
    pub market_data: Option<Arc<PersistentVolumeClaim>>,
    /// The claim of its state, likewise.
    pub state: Option<Arc<PersistentVolumeClaim>>,
    /// Its policies that exist, by name.
    pub policies: HashMap<String, ObjectMeta>,
    /// Jobs that name it and are not being deleted.
    pub jobs: Vec<Arc<EvolutionJob>>,
    /// The Deployments of its workers.
    pub workers: Vec<Arc<Deployment>>,
}

impl Observed {
    /// Jobs that have pods of the pool, or are about to, as owners; in an order that does not change.
    pub fn users(&self) -> Vec<OwnerReference> {
        let has_pods =
            |job: &&Arc<EvolutionJob>| believed::has_place(job.status.as_ref()) && !believed::is_over(job);
        let mut users: Vec<_> =
            self.jobs.iter().filter(has_pods).filter_map(|job| job.owner_ref(&())).collect();
        users.sort_by(|a, b| a.uid.cmp(&b.uid));
        users
    }

    /// Whether a job of the pool that may still start imports its data over https, as a file or from an exchange.
    pub fn fetches(&self) -> bool {
        self.jobs.iter().any(|job| {
            let source = job.spec.market_data.source.as_ref();
            !believed::is_over(job) && source.is_some_and(|s| s.http.is_some() || s.fetch.is_some())
        })
    }
}

/// Gathers it.
///
/// # Errors
/// A claim cannot be read.
pub async fn observe(pool: Arc<WorkerPool>, ctx: &Context) -> Result<Observed, Error> {
    let id = Identity::of(&pool.metadata)?;
    let (namespace, name) = (id.namespace(), id.name());
    let [market_data, state] =
        claims_of(ctx, &pool).await.map_err(|e| Error::Read("a claim".to_owned(), e))?;
    let policies = [names::coordinator_policy(name), names::worker_policy(name)]
        .into_iter()
        .filter_map(|policy| {
            let found = ctx.caches.policies.get(&ObjectRef::new(&policy).within(namespace))?;
            Some((policy, found.metadata.clone()))
        })
        .collect();
    let jobs = ctx.caches.jobs.state_filter(|job: &EvolutionJob| {
        job.metadata.namespace.as_deref() == Some(namespace)
            && job.spec.worker_pool_name == name
            && job.metadata.deletion_timestamp.is_none()
    });
    let workers = ctx.caches.workers.state_filter(|d: &Deployment| {
        d.metadata.namespace.as_deref() == Some(namespace)
            && d.labels().get(labels::POOL).is_some_and(|pool| pool == name)
    });
    Ok(Observed { id, pool, market_data, state, policies, jobs, workers })
}

/// The claims of market data and state, where they are on one that exists.
pub(super) async fn claims_of(
    ctx: &Context,
    pool: &WorkerPool,
) -> Result<[Option<Arc<PersistentVolumeClaim>>; 2], kube::Error> {
    let Some(namespace) = pool.metadata.namespace.as_deref().and_then(Namespace::new) else {
        return Ok([None, None]);
    };
    let name = pool.name_any();
    let market_data = claim_name(&pool.spec.market_data, names::market_data_claim(&name));
    let state = pool.spec.state.as_ref().and_then(|s| claim_name(s, names::state_claim(&name)));
    let mut found = [None, None];
    for (claim, found) in [market_data, state].into_iter().zip(&mut found) {
        if let Some(name) = claim.as_deref().and_then(Name::new) {
            let claim = ObjectKey { namespace: namespace.clone(), name };
            *found = ctx.memory.claims.get(ctx.io.client(), &claim).await?;
        }
    }
    Ok(found)
}

/// The claim that a place is on, if it is on one. `made`: the name of one made from a template.
pub fn claim_name(storage: &Storage, made: String) -> Option<String> {
    let Some(volume) = &storage.volume else { return Some(made) };
    volume.0.get("persistentVolumeClaim")?.get("claimName")?.as_str().map(str::to_owned)
}
