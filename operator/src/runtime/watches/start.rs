//! Starts watches, and keeps them running.

use std::fmt::Debug;
use std::time::Duration;

use k8s_openapi::NamespaceResourceScope;
use kube::runtime::reflector::{self, Store};
use kube::{Api, Client, Resource};
use serde::de::DeserializeOwned;
use tokio::task::JoinSet;

use super::Watch;
use super::doubts::Doubts;
use super::follow::{Change, Follower, Open};
use super::health::Health;

/// Where is watched, and how.
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

/// Starts one watch after the other.
pub struct Starter<'a> {
    client: &'a Client,
    settings: &'a Settings,
    health: &'a Health,
    doubts: Doubts,
    tasks: JoinSet<()>,
}

impl<'a> Starter<'a> {
    /// None is started yet.
    pub fn new(client: &'a Client, settings: &'a Settings, health: &'a Health) -> Starter<'a> {
        Starter { client, settings, health, doubts: Doubts::default(), tasks: JoinSet::new() }
    }

    /// Watches what has these labels, or everything, into a new cache. `open` reads what comes over the wire.
    pub fn cache<W, K>(
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

    /// The same into a cache that others read already.
    pub fn follow<W, K>(
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
            health: self.health.begin(watch),
            relist: self.settings.relist,
            doubted: self.doubts.about(watch),
        };
        self.tasks.spawn(follower.run());
    }

    /// How to have those that were started list anew.
    pub fn doubts(&self) -> Doubts {
        self.doubts.clone()
    }

    /// All that were started.
    pub fn tasks(self) -> Tasks {
        Tasks { tasks: self.tasks }
    }
}
