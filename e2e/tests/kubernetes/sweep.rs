//! One fault at every place of one workload: the process of the operator dies before or after a write, a reply is lost,
//! another writer was faster, a watch does not tell. The end is always the same, nothing is made twice, and every delete
//! names the object that it means.
//!
//! A selection of points by GALAPAGOS_CHAOS_SEED; all of them with GALAPAGOS_CHAOS=full.

// The layer is tested beside the operator; it is the same file.
#[path = "../../../operator/tests/support/faults.rs"]
#[allow(missing_docs, reason = "a module of tests")]
#[allow(dead_code, reason = "not every test asks for everything")]
mod faults;

use std::collections::BTreeSet;

use futures::{StreamExt, stream};
use galapagos_crds::EvolutionJob;
use galapagos_crds::status::Phase;
use galapagos_e2e::random::Random;
use galapagos_operator::run::operate;
use galapagos_operator::settings::{PullPolicy, Settings};
use k8s_openapi::api::apps::v1::Deployment;
use k8s_openapi::api::batch::v1::Job;
use k8s_openapi::api::core::v1::{Secret, Service};
use k8s_openapi::api::networking::v1::NetworkPolicy;
use kube::client::ClientBuilder;
use serde_json::json;
use tokio::sync::watch;

use crate::harness::cluster::cluster;
use crate::harness::manifests::{pool, small, with};
use crate::harness::wait::{PATIENCE, is_in, status, until, until_gone};
use crate::harness::{Space, alone, operator};
use faults::{Fault, Faults, Kind};

/// Runs beside each other.
const AT_ONCE: usize = 6;
/// Runs of the selection.
const SELECTED: usize = 16;

/// What is left at the end of a run.
#[derive(Debug, PartialEq)]
struct FinalState {
    digest: Option<String>,
    generation: Option<i32>,
    attempts: i32,
    faults: i32,
    children: BTreeSet<String>,
}

/// One run of the workload: what is left of it, and what the operator did.
async fn run(fault: Fault) -> (FinalState, Faults) {
    let space = Space::new("sweep").await;
    let faults = Faults::new(fault);
    let (keep, stopped) = watch::channel(false);
    let workload = async {
        space.apply(&[with(pool("default", 1), "/spec/minWorkersPerJob", json!(1)), small("evolve")]);
        until(&space.jobs(), "evolve", 2 * PATIENCE, "succeeds", is_in(Phase::Succeeded)).await;
        until_gone(&space.api::<Deployment>(), "evolve-workers", PATIENCE).await;
        end(&space).await
    };
    let both = async {
        let config = cluster().config().await;
        let faulty = ClientBuilder::try_from(config).unwrap().with_layer(&faults).build();
        tokio::select! {
            ended = operate(settings(&space, "first"), faulty, stopped.clone()) => panic!("it ended: {ended:?}"),
            () = faults.crashed() => {}
        }
        let ended = operate(settings(&space, "second"), space.client.clone(), stopped).await;
        panic!("it ended: {ended:?}")
    };
    let end = tokio::select! {
        end = workload => end,
        () = both => unreachable!("the operator runs until the workload has ended"),
    };
    drop(keep);
    space.leave();
    (end, faults)
}

fn settings(space: &Space, identity: &str) -> Settings {
    Settings {
        namespace: Some(space.namespace.clone()),
        own_namespace: Some(space.namespace.clone()),
        identity: Some(identity.to_owned()),
        lease_name: operator::NAME.to_owned(),
        image: operator::IMAGE.to_owned(),
        image_pull_policy: Some(PullPolicy::Never),
        http_address: ([127, 0, 0, 1], 0).into(),
        metrics_namespace: None,
        run_as_user: 65532,
        allow_privileged_templates: false,
        concurrency: 4,
        kubeconfig: None,
        log_format: None,
        log_level: "info".to_owned(),
    }
}

async fn end(space: &Space) -> FinalState {
    let job: EvolutionJob = space.jobs().get("evolve").await.unwrap();
    let status = status(&job);
    let attempts = status.attempts.unwrap_or_default();
    let mut children = BTreeSet::new();
    // Names of Secrets hold the UID of their job.
    children
        .extend(space.made::<Secret>("evolve").await.iter().enumerate().map(|(i, _)| format!("Secret {i}")));
    children.extend(space.made::<Job>("evolve").await.iter().map(|n| format!("Job {n}")));
    children.extend(space.made::<Service>("evolve").await.iter().map(|n| format!("Service {n}")));
    let policies =
        space.api::<NetworkPolicy>().list_metadata(&kube::api::ListParams::default()).await.unwrap();
    children.extend(policies.iter().map(|p| format!("NetworkPolicy {}", kube::ResourceExt::name_any(p))));
    FinalState {
        digest: status.provenance.and_then(|p| p.result_digest),
        generation: status.generation,
        attempts: attempts.started,
        faults: attempts.faults,
        children,
    }
}

#[test]
fn no_fault_at_any_place_changes_the_end() {
    alone("faults", async |space: &Space| {
        // The operator that is installed would run these jobs, too.
        operator::scale(&space.client, 0).await;
        let (expected, clean) = run(Fault::NONE).await;
        let (writes, shown) = (clean.writes().len(), clean.told());
        assert!(writes >= 8 && shown >= 20, "{writes} writes, {shown} objects shown");
        assert_eq!((expected.attempts, expected.faults), (1, 0));
        let points = selection(points(writes, shown));
        println!("{writes} writes, {shown} objects shown; {} runs", points.len());
        let mut runs =
            stream::iter(points).map(async |fault| (fault, run(fault).await)).buffer_unordered(AT_ONCE);
        let mut hit = 0;
        while let Some((fault, (end, faults))) = runs.next().await {
            let what = faults.happened();
            println!("{fault:?}: {}", what.as_deref().unwrap_or("no such place in this run"));
            hit += usize::from(what.is_some());
            assert_eq!(end, expected, "{fault:?} at {what:?}");
            let blind: Vec<_> = faults.writes().into_iter().filter(|w| w.is_blind_delete()).collect();
            assert!(blind.is_empty(), "{fault:?}: {blind:?}");
        }
        assert!(hit > 0, "no fault happened");
        operator::scale(&space.client, 1).await;
    });
}

fn points(writes: usize, shown: usize) -> Vec<Fault> {
    let at_writes = (1..=writes).flat_map(|at| Kind::WRITES.map(|kind| Fault::at(at, kind)));
    at_writes.chain((1..=shown).map(|at| Fault::at(at, Kind::HideEvent))).collect()
}

/// All points, or a few of them by the seed.
fn selection(mut all: Vec<Fault>) -> Vec<Fault> {
    if std::env::var("GALAPAGOS_CHAOS").is_ok_and(|mode| mode == "full") {
        return all;
    }
    let mut random = Random::new(crate::trouble::chaos_seed());
    let mut chosen = Vec::new();
    while chosen.len() < SELECTED && !all.is_empty() {
        let index = random.below(all.len() as u64) as usize;
        chosen.push(all.swap_remove(index));
    }
    chosen
}
