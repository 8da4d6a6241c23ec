//! The caches, the tasks that fill them, and the channel of what is to be reconciled.

use std::fmt::Debug;
use std::hash::Hash;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use galapagos_crds::{EvolutionJob, WorkerPool};
use jiff::Timestamp;
use k8s_openapi::NamespaceResourceScope;
use k8s_openapi::api::apps::v1::Deployment;
use k8s_openapi::api::batch::v1::Job;
use k8s_openapi::api::core::v1::{Pod, Service};
use k8s_openapi::api::networking::v1::NetworkPolicy;
use kube::core::{DeserializeGuard, PartialObjectMeta};
use kube::runtime::reflector::{self, ObjectRef, Store};
use kube::{Api, Client, Resource};
use serde::de::DeserializeOwned;
use tokio::sync::{Notify, mpsc};
use tokio::task::JoinSet;

use super::Watch;
use super::lives::{self, Lives};
use super::mapping::Mapping;
use crate::labels;
use crate::runtime::watches::{Change, Follower, Health, Open};

/// What is watched.
#[derive(Clone, Debug)]
pub struct Settings {
    /// This namespace only; None: all.
    pub namespace: Option<String>,
    /// Everything is listed anew so often: a safety net under the watches, not what they rest on.
    pub relist: Duration,
}

impl Default for Settings {
    fn default() -> Settings {
        Settings { namespace: None, relist: Duration::from_secs(1800) }
    }
}

/// The objects that the operator knows. They may be late, never wrong.
#[derive(Clone)]
pub struct Caches {
    /// All EvolutionJobs.
    pub jobs: Store<EvolutionJob>,
    /// All WorkerPools.
    pub pools: Store<WorkerPool>,
    /// The Jobs of coordinators, one an attempt.
    pub coordinators: Store<Job>,
    /// Their pods.
    pub coordinator_pods: Store<Pod>,
    /// The pods of workers, without what is not asked for.
    pub worker_pods: Store<Pod>,
    /// How long both kinds of pods live or lived.
    pub lives: Lives,
    /// The Deployments of workers.
    pub workers: Store<Deployment>,
    /// The Services of coordinators.
    pub services: Store<PartialObjectMeta<Service>>,
    /// The NetworkPolicies of pools.
    pub policies: Store<PartialObjectMeta<NetworkPolicy>>,
    /// By [`Watch`]: asks for a list.
    doubted: [Arc<Notify>; Watch::ALL.len()],
}

impl Caches {
    /// Has everything of a watch listed anew, at once: a write was refused as resting on what is no longer so, again and
    /// again, and the watch tells of nothing newer.
    pub fn doubt(&self, watch: Watch) {
        self.doubted[watch.index()].notify_one();
    }

    /// Returns when a watch is to be listed anew.
    #[cfg(test)]
    pub async fn doubted(&self, watch: Watch) {
        self.doubted[watch.index()].notified().await;
    }

    /// Returns when every cache has been filled.
    pub async fn filled(&self) {
        // the writers live as long as the tasks; should one end, its cache is never filled and `Tasks` tells
        let ready = [
            self.jobs.wait_until_ready().await.is_ok(),
            self.pools.wait_until_ready().await.is_ok(),
            self.coordinators.wait_until_ready().await.is_ok(),
            self.coordinator_pods.wait_until_ready().await.is_ok(),
            self.worker_pods.wait_until_ready().await.is_ok(),
            self.workers.wait_until_ready().await.is_ok(),
            self.services.wait_until_ready().await.is_ok(),
            self.policies.wait_until_ready().await.is_ok(),
        ];
        if ready.contains(&false) {
            std::future::pending::<()>().await;
        }
    }
}

/// One direction of [`Triggers`].
pub struct Trigger<K: Resource>
where
    K::DynamicType: Hash + Eq,
{
    sender: Arc<Mutex<Option<mpsc::UnboundedSender<ObjectRef<K>>>>>,
}

impl<K: Resource> Clone for Trigger<K>
where
    K::DynamicType: Hash + Eq,
{
    fn clone(&self) -> Trigger<K> {
        Trigger { sender: self.sender.clone() }
    }
}

impl<K: Resource> Trigger<K>
where
    K::DynamicType: Hash + Eq,
{
    fn new() -> Trigger<K> {
        Trigger { sender: Arc::new(Mutex::new(None)) }
    }

    /// Asks for a reconcile. False if nobody listens: this replica does not lead.
    pub fn send(&self, object: ObjectRef<K>) -> bool {
        let sender = self.sender.lock().unwrap_or_else(PoisonError::into_inner);
        sender.as_ref().is_some_and(|sender| sender.send(object).is_ok())
    }

    fn connect(&self) -> mpsc::UnboundedReceiver<ObjectRef<K>> {
        let (sender, receiver) = mpsc::unbounded_channel();
        *self.sender.lock().unwrap_or_else(PoisonError::into_inner) = Some(sender);
        receiver
    }
}

/// Where to say that something has to be reconciled. On a replica that does not lead nothing is queued.
#[derive(Clone)]
pub struct Triggers {
    /// EvolutionJobs.
    pub jobs: Trigger<EvolutionJob>,
    /// WorkerPools.
    pub pools: Trigger<WorkerPool>,
}

/// What is to be reconciled.
pub struct Requests {
    /// EvolutionJobs.
    pub jobs: mpsc::UnboundedReceiver<ObjectRef<EvolutionJob>>,
    /// WorkerPools.
    pub pools: mpsc::UnboundedReceiver<ObjectRef<WorkerPool>>,
}

impl Default for Triggers {
    fn default() -> Triggers {
        Triggers::new()
    }
}

impl Triggers {
    /// Nobody listens yet.
    pub fn new() -> Triggers {
        Triggers { jobs: Trigger::new(), pools: Trigger::new() }
    }

    /// Listens, from now on instead of who listened before. Everything that is known comes first: what happened
    /// while nobody listened was not queued.
    pub fn connect(&self, caches: &Caches) -> Requests {
        let requests = Requests { jobs: self.jobs.connect(), pools: self.pools.connect() };
        for pool in caches.pools.state() {
            self.pools.send(ObjectRef::from_obj(&*pool));
        }
        for job in caches.jobs.state() {
            self.jobs.send(ObjectRef::from_obj(&*job));
        }
        requests
    }

    /// Asks for a reconcile of a job.
    pub fn job(&self, namespace: &str, name: &str) -> bool {
        self.jobs.send(ObjectRef::new(name).within(namespace))
    }

    /// Asks for a reconcile of a pool.
    pub fn pool(&self, namespace: &str, name: &str) -> bool {
        self.pools.send(ObjectRef::new(name).within(namespace))
    }
}

/// The running watches. They end when this is dropped.
pub struct Tasks {
    tasks: JoinSet<()>,
}

impl Tasks {
    /// Returns if a watch ended, which only a defect can make it do: the process should end then.
    pub async fn ended(&mut self) -> String {
        match self.tasks.join_next().await {
            Some(Err(error)) => format!("a watch ended: {error}"),
            _ => "a watch ended".to_owned(),
        }
    }
}

/// Starts all watches.
pub fn start(client: &Client, settings: &Settings, triggers: &Triggers, health: &Health) -> (Caches, Tasks) {
    let mut starter =
        Starter { client, settings, health, doubted: Default::default(), tasks: JoinSet::new() };
    let children = labels::managed();
    let coordinator_pods = labels::managed_component(labels::Component::Coordinator);
    let worker_pods = labels::managed_component(labels::Component::Worker);
    let lives = Lives::default();
    // readers first: what a watch sees may concern objects of another
    let (jobs, jobs_writer) = reflector::store::<EvolutionJob>();
    let mapping = Mapping { triggers: triggers.clone(), jobs: jobs.clone() };
    let map = mapping.clone();
    starter.follow(
        Watch::EvolutionJobs,
        None,
        |guard: DeserializeGuard<EvolutionJob>| guard.0.map_err(Box::new),
        (jobs.clone(), jobs_writer),
        move |change| {
            map.job(&change);
        },
    );
    let map = mapping.clone();
    let pools = starter.cache(
        Watch::WorkerPools,
        None,
        |guard: DeserializeGuard<WorkerPool>| guard.0.map_err(Box::new),
        move |change| map.pool(&change),
    );
    let map = mapping.clone();
    let coordinators =
        starter.cache(Watch::Coordinators, Some(&children), Ok, move |change: Change<'_, Job>| {
            map.child(&change)
        });
    let (map, seen) = (mapping.clone(), lives.clone());
    let coordinator_pods =
        starter.cache(Watch::CoordinatorPods, Some(&coordinator_pods), Ok, move |change: Change<'_, Pod>| {
            seen.saw(&change, Timestamp::now());
            map.child(&change);
        });
    let (map, seen) = (mapping.clone(), lives.clone());
    let worker_pods = starter.cache(
        Watch::WorkerPods,
        Some(&worker_pods),
        lives::trimmed,
        move |change: Change<'_, Pod>| {
            // Their Deployment tells how many there are: of themselves only their end is news.
            if seen.saw(&change, Timestamp::now()) {
                map.child(&change);
            }
        },
    );
    let map = mapping.clone();
    let workers =
        starter.cache(Watch::Workers, Some(&children), Ok, move |change: Change<'_, Deployment>| {
            map.workers(&change)
        });
    let map = mapping.clone();
    let services = starter.cache(
        Watch::Services,
        Some(&children),
        Ok,
        move |change: Change<'_, PartialObjectMeta<Service>>| {
            map.child(&change);
        },
    );
    let policies = starter.cache(
        Watch::NetworkPolicies,
        Some(&children),
        Ok,
        move |change: Change<'_, PartialObjectMeta<NetworkPolicy>>| mapping.policy(&change),
    );

    let caches = Caches {
        jobs,
        pools,
        coordinators,
        coordinator_pods,
        worker_pods,
        lives,
        workers,
        services,
        policies,
        doubted: starter.doubted,
    };
    (caches, Tasks { tasks: starter.tasks })
}

struct Starter<'a> {
    client: &'a Client,
    settings: &'a Settings,
    health: &'a Health,
    doubted: [Arc<Notify>; Watch::ALL.len()],
    tasks: JoinSet<()>,
}

impl Starter<'_> {
    fn cache<W, K>(
        &mut self,
        watch: Watch,
        labels: Option<&str>,
        open: Open<W, K>,
        on_change: impl Fn(Change<'_, K>) + Send + Sync + 'static,
    ) -> Store<K>
    where
        W: Resource<DynamicType = (), Scope = NamespaceResourceScope>
            + Clone
            + DeserializeOwned
            + Debug
            + Send
            + 'static,
        K: Resource<DynamicType = ()> + Clone + Send + Sync + 'static,
    {
        let (store, writer) = reflector::store::<K>();
        self.follow(watch, labels, open, (store.clone(), writer), on_change);
        store
    }

    fn follow<W, K>(
        &mut self,
        watch: Watch,
        labels: Option<&str>,
        open: Open<W, K>,
        (store, writer): (Store<K>, reflector::store::Writer<K>),
        on_change: impl Fn(Change<'_, K>) + Send + Sync + 'static,
    ) where
        W: Resource<DynamicType = (), Scope = NamespaceResourceScope>
            + Clone
            + DeserializeOwned
            + Debug
            + Send
            + 'static,
        K: Resource<DynamicType = ()> + Clone + Send + Sync + 'static,
    {
        let api = match &self.settings.namespace {
            Some(namespace) => Api::namespaced(self.client.clone(), namespace),
            None => Api::all(self.client.clone()),
        };
        let follower = Follower {
            watch,
            api,
            labels: labels.map(str::to_owned),
            open,
            writer,
            store,
            on_change: Box::new(on_change),
            health: self.health.clone(),
            relist: self.settings.relist,
            doubted: self.doubted[watch.index()].clone(),
        };
        self.tasks.spawn(follower.run());
    }
}
