//! What is watched, by which labels, and whom a change concerns.

use galapagos_crds::{EvolutionJob, WorkerPool};
use jiff::Timestamp;
use k8s_openapi::api::apps::v1::Deployment;
use k8s_openapi::api::batch::v1::Job;
use k8s_openapi::api::core::v1::{Pod, Service};
use k8s_openapi::api::networking::v1::NetworkPolicy;
use kube::Client;
use kube::core::{DeserializeGuard, PartialObjectMeta};
use kube::runtime::reflector;

use super::caches::Caches;
use super::lives::{self, Lives};
use super::mapping::Mapping;
use super::triggers::Triggers;
use super::{
    COORDINATOR_PODS, COORDINATORS, EVOLUTION_JOBS, NETWORK_POLICIES, SERVICES, WORKER_PODS, WORKER_POOLS,
    WORKERS,
};
use crate::labels;
use crate::runtime::watches::{Change, Health, Settings, Starter, Tasks};

/// Starts all watches.
pub fn start(client: &Client, settings: &Settings, triggers: &Triggers, health: &Health) -> (Caches, Tasks) {
    let mut starter = Starter::new(client, settings, health);
    let children = labels::managed();
    let coordinator_pods = labels::managed_component(labels::Component::Coordinator);
    let worker_pods = labels::managed_component(labels::Component::Worker);
    let lives = Lives::default();
    // readers first: what a watch sees may concern objects of another
    let (jobs, jobs_writer) = reflector::store::<EvolutionJob>();
    let mapping = Mapping { triggers: triggers.clone(), jobs: jobs.clone() };
    let map = mapping.clone();
    starter.follow(
        EVOLUTION_JOBS,
        None,
        |guard: DeserializeGuard<EvolutionJob>| guard.0.map_err(Box::new),
        (jobs.clone(), jobs_writer),
        move |change| {
            map.job(&change);
        },
    );
    let map = mapping.clone();
    let pools = starter.cache(
        WORKER_POOLS,
        None,
        |guard: DeserializeGuard<WorkerPool>| guard.0.map_err(Box::new),
        move |change| map.pool(&change),
    );
    let map = mapping.clone();
    let coordinators =
        starter.cache(COORDINATORS, Some(&children), Ok, move |change: Change<'_, Job>| map.child(&change));
    let (map, seen) = (mapping.clone(), lives.clone());
    let coordinator_pods =
        starter.cache(COORDINATOR_PODS, Some(&coordinator_pods), Ok, move |change: Change<'_, Pod>| {
            seen.saw(&change, Timestamp::now());
            map.child(&change);
        });
    let (map, seen) = (mapping.clone(), lives.clone());
    let worker_pods =
        starter.cache(WORKER_PODS, Some(&worker_pods), lives::trimmed, move |change: Change<'_, Pod>| {
            // Their Deployment tells how many there are: of themselves only their end is news.
            if seen.saw(&change, Timestamp::now()) {
                map.child(&change);
            }
        });
    let map = mapping.clone();
    let workers = starter
        .cache(WORKERS, Some(&children), Ok, move |change: Change<'_, Deployment>| map.workers(&change));
    let map = mapping.clone();
    let services = starter.cache(
        SERVICES,
        Some(&children),
        Ok,
        move |change: Change<'_, PartialObjectMeta<Service>>| {
            map.child(&change);
        },
    );
    let policies = starter.cache(
        NETWORK_POLICIES,
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
        doubts: starter.doubts(),
    };
    (caches, starter.tasks())
}
