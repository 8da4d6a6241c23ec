//! The operator is killed, upgraded and stopped while jobs run.

use galapagos_crds::status::Phase;
use k8s_openapi::api::batch::v1::Job;
use serde_json::json;

use crate::harness::manifests::{long, pool, small, with};
use crate::harness::reference::expected;
use crate::harness::wait::{PATIENCE, has_done, is_in, status, until};
use crate::harness::{Space, alone, operator};

#[test]
fn an_operator_that_is_killed_and_upgraded_touches_no_pod_of_a_job() {
    alone("upgrade", async |space: &Space| {
        let manifest = long("evolve");
        space.apply(&[with(pool("default", 2), "/spec/minWorkersPerJob", json!(2)), manifest.clone()]);
        let pods = space.witness("galapagos.dev/job=evolve");
        space
            .job_is("evolve", "has all its workers", |j| {
                status(j).workers.unwrap_or_default().ready == 3 && has_done(2)(j)
            })
            .await;
        let reasons = "jsonpath={.status.conditions[*].reason}{'\\n'}";
        let watch = space.watch(&["evojob/evolve", "-o", reasons]);
        operator::kill(&space.client).await;
        let done = status(&space.jobs().get("evolve").await.unwrap()).generation.unwrap();
        space.job_is("evolve", "is reported again", has_done(done + 1)).await;
        let next = format!("image.tag={}", operator::NEXT_TAG);
        operator::helm("upgrade", &["--set", &next]);
        operator::ready(&space.client).await;
        let done = status(&space.jobs().get("evolve").await.unwrap()).generation.unwrap();
        space.job_is("evolve", "is reported by the new one", has_done(done + 1)).await;
        let shown = watch.end();
        assert!(shown.contains("Running") && !shown.contains("CoordinatorUnreachable"), "{shown}");
        space.ends_as_undisturbed(&manifest).await;
        let seen = pods.seen();
        assert_eq!(
            seen.len(),
            3,
            "one coordinator and two workers from the first to the last moment: {seen:?}"
        );
        let old = status(&space.jobs().get("evolve").await.unwrap()).provenance.unwrap().image.unwrap();
        assert_eq!(old, operator::IMAGE);
        // The next job runs on the new image.
        space.apply(&[small("next")]);
        space.digest("next").await;
        let new = status(&space.jobs().get("next").await.unwrap()).provenance.unwrap().image.unwrap();
        assert_eq!(new, format!("galapagos:{}", operator::NEXT_TAG));
        operator::helm("upgrade", &[]);
        operator::ready(&space.client).await;
    });
}

#[test]
fn a_job_that_ends_while_the_operator_is_down_keeps_its_result() {
    alone("down", async |space: &Space| {
        let manifest = with(long("evolve"), "/spec/generations", json!(6));
        let deleted = with(long("deleted"), "/spec/population/seed", json!(12));
        space.apply(&[pool("default", 0), manifest.clone(), deleted]);
        space.job_is("evolve", "is on its way", has_done(1)).await;
        space.job_is("deleted", "is on its way", has_done(1)).await;
        operator::scale(&space.client, 0).await;
        space.delete("deleted", kube::api::PropagationPolicy::Background).await;
        let jobs = space.api::<Job>();
        let ended = until(&jobs, "evolve-coordinator-1", 2 * PATIENCE, "ends by itself", |job| {
            job.status.as_ref().is_some_and(|s| s.succeeded == Some(1))
        });
        ended.await;
        let before = space.jobs().get("evolve").await.unwrap();
        assert!(is_in(Phase::Running)(&before), "nobody is there to see the end");
        space.none_left::<Job>("galapagos.dev/job=deleted").await;
        operator::scale(&space.client, 1).await;
        assert_eq!(space.digest("evolve").await, expected(&manifest));
        let attempts = status(&space.jobs().get("evolve").await.unwrap()).attempts.unwrap();
        assert_eq!(
            (attempts.started, attempts.faults, attempts.disruptions),
            (1, 0, 0),
            "the last words were enough"
        );
    });
}

#[test]
fn a_result_whose_pod_is_gone_is_found_on_the_volume() {
    alone("words", async |space: &Space| {
        let manifest = with(long("evolve"), "/spec/generations", json!(5));
        space.apply(&[pool("default", 0), manifest.clone()]);
        space.job_is("evolve", "is on its way", has_done(1)).await;
        operator::scale(&space.client, 0).await;
        let jobs = space.api::<Job>();
        until(&jobs, "evolve-coordinator-1", 2 * PATIENCE, "ends by itself", |job| {
            job.status.as_ref().is_some_and(|s| s.succeeded == Some(1))
        })
        .await;
        // With the pod its last words are lost; the Job alone says that it succeeded.
        space.kubectl(&["delete", "pods", "-l", "galapagos.dev/job=evolve"]);
        operator::scale(&space.client, 1).await;
        assert_eq!(space.digest("evolve").await, expected(&manifest));
        let attempts = status(&space.jobs().get("evolve").await.unwrap()).attempts.unwrap();
        assert_eq!((attempts.started, attempts.faults), (2, 0));
    });
}

#[test]
fn of_two_operators_one_writes_and_the_other_takes_over() {
    alone("leaders", async |space: &Space| {
        operator::scale(&space.client, 2).await;
        let manifest = long("evolve");
        space.apply(&[pool("default", 0), manifest.clone()]);
        space.job_is("evolve", "is on its way", has_done(1)).await;
        let first = operator::leader(&space.client).await.expect("somebody leads");
        operator::kill_leader(&space.client).await;
        let second = operator::next_leader(&space.client, &first).await;
        assert_ne!(first, second);
        let done = status(&space.jobs().get("evolve").await.unwrap()).generation.unwrap();
        space.job_is("evolve", "is reported by the other", has_done(done + 1)).await;
        space.ends_as_undisturbed(&manifest).await;
        let attempts = status(&space.jobs().get("evolve").await.unwrap()).attempts.unwrap();
        assert_eq!((attempts.started, attempts.faults, attempts.disruptions), (1, 0, 0));
        operator::scale(&space.client, 1).await;
    });
}
