//! What people change while a job runs, and after it.

use std::path::{Path, PathBuf};

use galapagos_crds::status::Phase;
use galapagos_e2e::scratch;
use k8s_openapi::api::core::v1::Pod;
use k8s_openapi::api::events::v1::Event;
use kube::api::ListParams;
use serde_json::{Value, json};

use crate::harness::manifests::{long, pool, small, with};
use crate::harness::reference::expected;
use crate::harness::wait::{PATIENCE, has_done, is_in, is_true, pool_is, status, until, until_all};
use crate::harness::{Space, case};

#[test]
fn a_suspended_job_goes_on_where_it_was() {
    case("suspend", async |space: &Space| {
        let manifest = long("evolve");
        space.apply(&[with(pool("default", 1), "/spec/minWorkersPerJob", json!(1)), manifest.clone()]);
        // Twice, so that an event repeats.
        for generation in [2, 4] {
            space.job_is("evolve", "is on its way", has_done(generation)).await;
            space.edit("evojob/evolve", json!({"spec": {"suspend": true}}));
            let suspended = space.job_is("evolve", "is suspended", is_true("Suspended", "ByUser")).await;
            let done = status(&suspended).generation.unwrap();
            assert!(is_in(Phase::Suspended)(&suspended) && done >= generation);
            space.none_left::<Pod>("galapagos.dev/job=evolve").await;
            space.edit("evojob/evolve", json!({"spec": {"suspend": false}}));
            let again = space.job_is("evolve", "runs again", is_in(Phase::Running)).await;
            assert!(status(&again).generation.unwrap() >= done, "nothing is done twice");
        }
        space.ends_as_undisturbed(&manifest).await;
        let attempts = status(&space.jobs().get("evolve").await.unwrap()).attempts.unwrap();
        assert_eq!((attempts.started, attempts.faults), (3, 0), "{attempts:?}");
        let events = space.api::<Event>().list(&ListParams::default()).await.unwrap();
        let suspended = events.iter().find(|e| e.reason.as_deref() == Some("Suspended")).expect("an event");
        assert_eq!(suspended.series.as_ref().map(|s| s.count), Some(2), "one event, told twice");
    });
}

#[test]
fn a_running_job_that_moves_to_another_pool_keeps_its_pods() {
    case("moves", async |space: &Space| {
        let manifest = long("evolve");
        let two = |name: &str| with(pool(name, 2), "/spec/minWorkersPerJob", json!(2));
        space.apply(&[two("default"), two("other"), manifest.clone()]);
        let pods = space.witness("galapagos.dev/job=evolve");
        space
            .job_is("evolve", "has all its workers", |j| {
                status(j).workers.unwrap_or_default().ready == 3 && has_done(2)(j)
            })
            .await;
        space.edit("evojob/evolve", json!({"spec": {"workerPoolName": "other"}}));
        until(&space.pools(), "other", PATIENCE, "counts its workers", |p| {
            p.status.as_ref().is_some_and(|s| (s.active_jobs, s.replicas) == (Some(1), Some(2)))
        })
        .await;
        space.ends_as_undisturbed(&manifest).await;
        assert_eq!(pods.seen().len(), 3, "{:?}", pods.seen());
    });
}

/// Starts a job, suspends it on its way, and waits until its pods are gone.
async fn suspended(space: &Space, manifest: &Value) {
    space.apply(&[pool("default", 0), manifest.clone()]);
    space.job_is("evolve", "is on its way", has_done(2)).await;
    space.edit("evojob/evolve", json!({"spec": {"suspend": true}}));
    space.job_is("evolve", "is suspended", is_true("Suspended", "ByUser")).await;
    space.none_left::<Pod>("galapagos.dev/job=evolve").await;
}

#[test]
fn a_newer_version_of_the_data_changes_no_job_that_has_begun() {
    case("newer", async |space: &Space| {
        let manifest = with(long("evolve"), "/spec/generations", json!(7));
        suspended(space, &manifest).await;
        space.publish_newer_data();
        space.edit("evojob/evolve", json!({"spec": {"suspend": false}}));
        assert_eq!(space.digest("evolve").await, expected(&manifest));
        // Also not one that goes on after its end.
        let longer = with(manifest, "/spec/generations", json!(8));
        space.edit("evojob/evolve", json!({"spec": {"generations": 8}}));
        space.job_is("evolve", "goes on", is_in(Phase::Running)).await;
        assert_eq!(space.digest("evolve").await, expected(&longer));
    });
}

#[test]
fn data_changed_in_their_place_fail_the_job() {
    case("changed", async |space: &Space| {
        suspended(space, &long("evolve")).await;
        let bars = scratch::files(&space.folder(), ".arrow").remove(0);
        flip_a_bit(&bars);
        space.edit("evojob/evolve", json!({"spec": {"suspend": false}}));
        let message = space.failure("evolve", "DataChanged").await;
        assert!(message.contains("WALK.arrow") && message.contains("former dataset"), "{message}");
    });
}

/// In the middle of a file.
fn flip_a_bit(file: &Path) {
    let mut bytes = std::fs::read(file).unwrap();
    let middle = bytes.len() / 2;
    bytes[middle] ^= 1;
    std::fs::write(file, bytes).unwrap();
}

#[test]
fn a_damaged_checkpoint_is_told_and_the_one_before_it_used() {
    case("damaged", async |space: &Space| {
        let manifest = long("evolve");
        suspended(space, &manifest).await;
        let newest = newest_checkpoint(&space.folder());
        flip_a_bit(&newest);
        space.edit("evojob/evolve", json!({"spec": {"suspend": false}}));
        space.ends_as_undisturbed(&manifest).await;
        let name = newest.file_name().unwrap().to_string_lossy().into_owned();
        let is_told = |e: &Event| e.reason.as_deref() == Some("CheckpointFallback");
        let events = space.api::<Event>();
        let events = until_all(&events, "", PATIENCE, "tell of it", |e| e.iter().any(is_told)).await;
        let told = events.iter().find(|e| is_told(e)).unwrap();
        let note = told.note.clone().unwrap_or_default();
        assert!(note.contains(&format!("checkpoints/{name}")), "{note}");
        assert_eq!(told.type_.as_deref(), Some("Warning"));
    });
}

/// Of the only run on a volume.
fn newest_checkpoint(volume: &Path) -> PathBuf {
    let files = scratch::files(volume, "");
    let files = files.into_iter().filter(|f| f.parent().is_some_and(|p| p.ends_with("checkpoints")));
    let number = |file: &PathBuf| file.file_name().and_then(|n| n.to_str()?.parse::<u32>().ok());
    files.max_by_key(number).expect("a run has checkpoints")
}

#[test]
fn edits_of_the_pool_touch_no_running_job() {
    case("edits", async |space: &Space| {
        let manifest = long("evolve");
        let two = with(pool("default", 2), "/spec/minWorkersPerJob", json!(2));
        space.apply(&[two.clone(), manifest.clone()]);
        let pods = space.witness("galapagos.dev/job=evolve");
        space
            .job_is("evolve", "has all its workers", |j| {
                status(j).workers.unwrap_or_default().ready == 3 && has_done(2)(j)
            })
            .await;
        // Another image, other resources, other labels.
        let worker = json!({"name": "worker", "image": "localhost/no-such-image:1", "imagePullPolicy": "Never",
                            "resources": {"requests": {"cpu": "6m"}}});
        let edited = with(two, "/spec/template/spec/containers/0", worker.clone());
        let edited = with(edited, "/spec/template/metadata", json!({"labels": {"team": "blue"}}));
        let edited = with(edited, "/spec/coordinatorTemplate/metadata", json!({"labels": {"team": "blue"}}));
        space.apply(&[edited]);
        until(&space.pools(), "default", PATIENCE, "is looked at again", |p| {
            p.status.as_ref().and_then(|s| s.observed_generation) == p.metadata.generation
                && p.metadata.generation.unwrap_or(0) > 1
        })
        .await;
        space.ends_as_undisturbed(&manifest).await;
        assert_eq!(
            pods.seen().len(),
            3,
            "one coordinator, two workers, none of them made anew: {:?}",
            pods.seen()
        );
        // The next job sees the edit.
        space.apply(&[small("next")]);
        let stalled = space.job_is("next", "misses the image", is_true("Stalled", "ImagePullFailed")).await;
        assert!(is_in(Phase::Preparing)(&stalled));
    });
}

#[test]
fn more_generations_extend_a_job_that_runs_and_one_that_ended() {
    case("extend", async |space: &Space| {
        let manifest = with(long("evolve"), "/spec/generations", json!(6));
        space.apply(&[pool("default", 0), manifest.clone()]);
        space.job_is("evolve", "is on its way", has_done(1)).await;
        space.edit("evojob/evolve", json!({"spec": {"generations": 7}}));
        let more = |n: u32| with(manifest.clone(), "/spec/generations", json!(n));
        assert_eq!(space.digest("evolve").await, expected(&more(7)));
        let first = status(&space.jobs().get("evolve").await.unwrap());
        assert_eq!(first.attempts.unwrap().started, 1);
        assert!(first.validation.is_some());
        space.edit("evojob/evolve", json!({"spec": {"generations": 8}}));
        space
            .job_is("evolve", "has no verdict while it goes on", |j| {
                !is_in(Phase::Succeeded)(j) && status(j).validation.is_none()
            })
            .await;
        space.job_is("evolve", "has done more", |j| has_done(8)(j) && is_in(Phase::Succeeded)(j)).await;
        assert_eq!(space.digest("evolve").await, expected(&more(8)));
        let second = status(&space.jobs().get("evolve").await.unwrap());
        assert_eq!(second.attempts.unwrap().started, 2);
        assert!(second.start_time.unwrap().0 > first.start_time.unwrap().0, "its deadlines count anew");
        // Fewer than were done: the result is there already and stays.
        space.edit("evojob/evolve", json!({"spec": {"generations": 2}}));
        space
            .job_is("evolve", "stays as it is", |j| {
                let observed = j.status.as_ref().and_then(|s| s.observed_generation);
                observed == j.metadata.generation && is_in(Phase::Succeeded)(j)
            })
            .await;
        assert_eq!(space.digest("evolve").await, expected(&more(8)));
    });
}

#[test]
fn fewer_generations_end_a_job_with_its_best() {
    case("lower", async |space: &Space| {
        let manifest = long("evolve");
        space.apply(&[pool("default", 0), manifest.clone()]);
        // With one, it would not be fewer than were done.
        space.job_is("evolve", "is on its way", has_done(2)).await;
        // The chain is that of a job that was meant to have so many.
        space.ends_as_undisturbed(&manifest).await;
        let ended = space.jobs().get("evolve").await.unwrap();
        assert!(is_true("Complete", "StoppedByUser")(&ended), "{:?}", status(&ended).conditions);
    });
}

#[test]
fn a_target_that_is_set_while_it_runs_ends_a_job() {
    case("target", async |space: &Space| {
        space.apply(&[pool("default", 0), long("evolve")]);
        space.job_is("evolve", "is on its way", has_done(1)).await;
        space.edit("evojob/evolve", json!({"spec": {"stop": {"target": "-1000"}}}));
        space.job_is("evolve", "ends", is_true("Complete", "TargetReached")).await;
    });
}

#[test]
fn a_job_that_runs_too_long_fails() {
    case("active", async |space: &Space| {
        space.apply(&[pool("default", 0), with(long("evolve"), "/spec/activeDeadlineSeconds", json!(8))]);
        let message = space.failure("evolve", "DeadlineExceeded").await;
        assert!(message.contains("activeDeadlineSeconds"), "{message}");
        space.none_left::<Pod>("galapagos.dev/job=evolve").await;
    });
}

#[test]
fn a_job_that_does_not_start_in_time_fails_and_says_why() {
    case("start", async |space: &Space| {
        let nowhere = json!({"kubernetes.io/hostname": "nowhere"});
        let pool = with(pool("default", 0), "/spec/coordinatorTemplate/spec/nodeSelector", nowhere);
        space.apply(&[pool, with(small("evolve"), "/spec/startDeadlineSeconds", json!(5))]);
        let message = space.failure("evolve", "StartDeadlineExceeded").await;
        assert!(message.contains("startDeadlineSeconds"), "{message}");
        space.none_left::<Pod>("galapagos.dev/job=evolve").await;
    });
}

#[test]
fn two_jobs_take_turns_in_a_pool_for_one() {
    case("queue", async |space: &Space| {
        let one = with(pool("default", 1), "/spec/maxConcurrentJobs", json!(1));
        let first = long("first");
        space.apply(&[one, first.clone()]);
        space.job_is("first", "runs", is_in(Phase::Running)).await;
        let low = with(small("low"), "/spec/priority", json!(-1));
        space.apply(std::slice::from_ref(&low));
        let queued = space.job_is("low", "waits", is_true("Reconciling", "Queued")).await;
        assert_eq!(status(&queued).queue_position, Some(1));
        space.apply(&[small("high")]);
        space.job_is("high", "is before it", |j| status(j).queue_position == Some(1)).await;
        space.job_is("low", "is second now", |j| status(j).queue_position == Some(2)).await;
        let children = space.made::<k8s_openapi::api::batch::v1::Job>("low").await;
        assert_eq!(children, [""; 0], "who waits has nothing");
        until(&space.pools(), "default", PATIENCE, "counts them", |p| {
            let status = p.status.clone().unwrap_or_default();
            (status.active_jobs, status.queued_jobs) == (Some(1), Some(2))
        })
        .await;
        space.ends_as_undisturbed(&first).await;
        assert_eq!(space.digest("high").await, space.digest("low").await, "priority changes no result");
        let time = async |name: &str| {
            let status = status(&space.jobs().get(name).await.unwrap());
            (status.start_time.unwrap().0, status.completion_time.unwrap().0)
        };
        assert!(time("high").await.1 <= time("low").await.0, "one after the other");
    });
}

#[test]
fn two_jobs_share_one_worker() {
    case("share", async |space: &Space| {
        let pinned = with(pool("default", 1), "/spec/individualsPerWorker", json!(24));
        let short = |name: &str| with(long(name), "/spec/generations", json!(4));
        let workers = space.witness("app.kubernetes.io/component=worker");
        space.apply(&[pinned, short("first"), short("second")]);
        let (first, second) = (space.digest("first").await, space.digest("second").await);
        let expected = expected(&short("first"));
        assert_eq!((&first, &second), (&expected, &expected));
        assert!(workers.most() <= 1, "{} workers in a pool for one", workers.most());
    });
}

#[test]
fn a_pool_that_comes_later_is_used() {
    case("later", async |space: &Space| {
        space.apply(&[small("evolve")]);
        space.job_is("evolve", "misses its pool", is_true("Stalled", "PoolNotFound")).await;
        space.apply(&[pool("default", 0)]);
        until(&space.pools(), "default", PATIENCE, "is accepted", pool_is("Ready", "Accepted")).await;
        assert_eq!(space.digest("evolve").await, expected(&small("evolve")));
    });
}
