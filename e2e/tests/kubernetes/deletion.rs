//! Jobs that are deleted, outlived or made anew: nothing of them stays, and the work is not done twice.

use galapagos_crds::EvolutionJob;
use galapagos_crds::status::Phase;
use k8s_openapi::api::apps::v1::Deployment;
use k8s_openapi::api::batch::v1::Job;
use k8s_openapi::api::core::v1::{Namespace, Pod, Secret, Service};
use kube::Api;
use kube::api::{DeleteParams, PropagationPolicy};
use serde_json::{Value, json};

use crate::harness::manifests::{long, pool, small, with};
use crate::harness::wait::{PATIENCE, has_done, is_in, is_true, status, until, until_gone};
use crate::harness::{Space, case};

async fn nothing_is_left(space: &Space, job: &str) {
    let labels = format!("galapagos.dev/job={job}");
    space.none_left::<Job>(&labels).await;
    space.none_left::<Deployment>(&labels).await;
    space.none_left::<Pod>(&labels).await;
    space.none_left::<Service>(&labels).await;
    space.none_left::<Secret>(&labels).await;
}

/// Pools in which a job stays in each phase, and a job for each.
fn phases() -> (Vec<Value>, Vec<(Phase, Value)>) {
    let nowhere = json!({"kubernetes.io/hostname": "nowhere"});
    let pools = vec![
        with(
            with(pool("default", 1), "/spec/minWorkersPerJob", json!(1)),
            "/spec/maxConcurrentJobs",
            json!(9),
        ),
        with(pool("nowhere", 0), "/spec/coordinatorTemplate/spec/nodeSelector", nowhere),
    ];
    let on = |pool: &str, job: Value| with(job, "/spec/workerPoolName", json!(pool));
    let bad = json!({"dataset": "nowhere", "symbols": ["WALK"], "interval": "1h"});
    let jobs = vec![
        // A pool that is missing keeps a job waiting as a full one does.
        (Phase::Pending, on("absent", small("pending"))),
        (Phase::Preparing, on("nowhere", small("preparing"))),
        (Phase::Running, long("running")),
        (Phase::Suspended, with(long("suspended"), "/spec/suspend", json!(true))),
        (Phase::Succeeded, small("succeeded")),
        (Phase::Failed, with(small("failed"), "/spec/marketData", bad)),
    ];
    (pools, jobs)
}

/// Brings one job into every phase and deletes all of them at once.
async fn delete_in_every_phase(space: &Space, propagation: PropagationPolicy) -> Vec<String> {
    let (pools, jobs) = phases();
    let manifests: Vec<Value> = pools.into_iter().chain(jobs.iter().map(|(_, job)| job.clone())).collect();
    space.apply(&manifests);
    let mut names = Vec::new();
    for (phase, job) in jobs {
        let name = job["metadata"]["name"].as_str().unwrap().to_owned();
        until(&space.jobs(), &name, PATIENCE, &format!("is {phase:?}"), is_in(phase)).await;
        names.push(name);
    }
    for name in &names {
        space.delete(name, propagation.clone()).await;
    }
    for name in &names {
        until_gone(&space.jobs(), name, PATIENCE).await;
    }
    names
}

#[test]
fn a_foreground_deletion_leaves_nothing_in_any_phase() {
    case("foreground", async |space: &Space| {
        for name in delete_in_every_phase(space, PropagationPolicy::Foreground).await {
            nothing_is_left(space, &name).await;
        }
        until(&space.pools(), "default", PATIENCE, "counts nobody", |p| {
            let status = p.status.clone().unwrap_or_default();
            (status.replicas, status.ready_replicas, status.active_jobs) == (Some(0), Some(0), Some(0))
        })
        .await;
    });
}

#[test]
fn a_background_deletion_leaves_nothing_in_any_phase() {
    case("background", async |space: &Space| {
        for name in delete_in_every_phase(space, PropagationPolicy::Background).await {
            nothing_is_left(space, &name).await;
        }
    });
}

#[test]
fn an_orphaning_deletion_leaves_what_was_made_to_the_person_who_asked_for_it() {
    case("orphan", async |space: &Space| {
        delete_in_every_phase(space, PropagationPolicy::Orphan).await;
        // The coordinator of the job that ran goes on by itself; nobody owns it and the operator leaves it alone.
        let jobs = space.made::<Job>("running").await;
        assert_eq!(jobs, ["running-coordinator-1"]);
        let job = space.api::<Job>().get(&jobs[0]).await.unwrap();
        assert_eq!(job.metadata.owner_references, None);
        // One selector finds all of it.
        let all = "jobs,deployments,services,secrets";
        space.kubectl(&["delete", all, "-l", "galapagos.dev/job=running"]);
        nothing_is_left(space, "running").await;
    });
}

#[test]
fn a_job_deleted_and_applied_at_once_is_a_new_job() {
    case("again", async |space: &Space| {
        let manifest = long("evolve");
        space.apply(&[with(pool("default", 1), "/spec/minWorkersPerJob", json!(1)), manifest.clone()]);
        let first = space.job_is("evolve", "is on its way", has_done(2)).await;
        space.delete("evolve", PropagationPolicy::Background).await;
        space.apply(std::slice::from_ref(&manifest));
        let second = space.job_is("evolve", "runs again", is_in(Phase::Running)).await;
        assert_ne!(first.metadata.uid, second.metadata.uid);
        space.ends_as_undisturbed(&manifest).await;
        let uid = second.metadata.uid.unwrap();
        // No child of the first is left or was taken over.
        let children = space.made::<Job>("evolve").await;
        for name in &children {
            let job = space.api::<Job>().get(name).await.unwrap();
            assert_eq!(job.metadata.owner_references.unwrap()[0].uid, uid, "{name}");
        }
        assert_eq!(children.len(), 1, "{children:?}");
    });
}

// Contract K9, J4.
#[test]
fn a_job_applied_again_finds_its_result_at_once() {
    case("ttl", async |space: &Space| {
        let lives = |job: Value| with(job, "/spec/ttlSecondsAfterFinished", json!(1));
        let job_too = with(lives(small("job")), "/spec/ttlPolicy", json!("Job"));
        space.apply(&[pool("default", 0), lives(small("children")), job_too.clone()]);
        let digest = space.digest("children").await;
        nothing_that_runs_is_left(space, "children").await;
        let kept = space.jobs().get("children").await.unwrap();
        assert_eq!(status(&kept).provenance.unwrap().result_digest.as_deref(), Some(digest.as_str()));
        until_gone(&space.jobs(), "job", PATIENCE).await;
        nothing_is_left(space, "job").await;
        // GitOps applies it again: the run folder has the result.
        let kept = with(job_too, "/spec/ttlSecondsAfterFinished", Value::Null);
        space.apply(&[kept]);
        let pods = space.witness("galapagos.dev/job=job,app.kubernetes.io/component=coordinator");
        assert_eq!(space.digest("job").await, digest);
        assert_eq!(pods.seen().len(), 1);
        let again = status(&space.jobs().get("job").await.unwrap());
        assert_eq!(again.evaluations.unwrap().distinct, status_of(space, "children").await);
    });
}

async fn status_of(space: &Space, job: &str) -> i64 {
    status(&space.jobs().get(job).await.unwrap()).evaluations.unwrap().distinct
}

/// Pods and what makes them.
async fn nothing_that_runs_is_left(space: &Space, job: &str) {
    let labels = format!("galapagos.dev/job={job}");
    space.none_left::<Job>(&labels).await;
    space.none_left::<Deployment>(&labels).await;
    space.none_left::<Pod>(&labels).await;
}

#[test]
fn children_that_are_deleted_by_hand_are_made_again() {
    case("children", async |space: &Space| {
        let manifest = long("evolve");
        space.apply(&[with(pool("default", 1), "/spec/minWorkersPerJob", json!(1)), manifest.clone()]);
        space.job_is("evolve", "is on its way", has_done(2)).await;
        space.kubectl(&["delete", "deployment", "evolve-workers"]);
        space.kubectl(&["delete", "service", "evolve-coordinator"]);
        space.kubectl(&["delete", "job", "evolve-coordinator-1"]);
        let services = space.api::<Service>();
        until(&services, "evolve-coordinator", PATIENCE, "is back", |_| true).await;
        until(&space.api::<Deployment>(), "evolve-workers", PATIENCE, "is back", |d| {
            d.status.as_ref().and_then(|s| s.ready_replicas) == Some(1)
        })
        .await;
        // What is edited by hand is put right.
        space.kubectl(&["scale", "deployment/evolve-workers", "--replicas=3"]);
        until(&space.api::<Deployment>(), "evolve-workers", PATIENCE, "is put right", |d| {
            d.spec.as_ref().and_then(|s| s.replicas) == Some(1) && d.metadata.generation.unwrap_or(0) >= 3
        })
        .await;
        space.ends_as_undisturbed(&manifest).await;
    });
}

#[test]
fn a_namespace_that_is_deleted_takes_everything_along() {
    case("namespace", async |space: &Space| {
        space.apply(&[with(pool("default", 1), "/spec/minWorkersPerJob", json!(1)), long("evolve")]);
        space.job_is("evolve", "is on its way", has_done(2)).await;
        let namespaces = Api::<Namespace>::all(space.client.clone());
        namespaces.delete(&space.namespace, &DeleteParams::default()).await.unwrap();
        until_gone(&namespaces, &space.namespace, PATIENCE).await;
    });
}

#[test]
fn a_field_that_is_fixed_cannot_be_changed_by_removing_and_adding_it() {
    case("fixed", async |space: &Space| {
        space.apply(&[
            pool("default", 0),
            with(small("evolve"), "/spec/limits", json!([{"metric": "trades", "atLeast": 3}])),
        ]);
        space.job_is("evolve", "is there", |job: &EvolutionJob| job.metadata.generation.is_some()).await;
        let removed = json!([{"op": "remove", "path": "/spec/limits"}]).to_string();
        let said = space.kubectl_refused(&["patch", "evojob", "evolve", "--type=json", "-p", &removed]);
        assert!(said.contains("limits is immutable: use a new name, or delete and apply again"), "{said}");
        // So the second half never comes; the same for what was absent.
        let (done, said) = space.try_apply(&[with(small("evolve"), "/spec/searcher", json!("Random"))], &[]);
        assert!(!done && said.contains("searcher is immutable"), "{said}");
        space.job_is("evolve", "ends with what it was made with", is_true("Ready", "Succeeded")).await;
    });
}
