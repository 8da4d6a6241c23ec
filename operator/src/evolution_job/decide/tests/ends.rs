//! Results, limits that are changed, deadlines, and what follows an end.

use super::*;
use k8s_openapi::apimachinery::pkg::apis::meta::v1::Time;

// Contract K7.
#[test]
fn an_end_without_words_is_asked_for_by_another_attempt() {
    let mut world = World::running(json!({}));
    world.observed.seen = None;
    world.job_ends("Complete", "");
    let decision = world.turn();
    assert_eq!((decision.attempts.started, decision.attempts.faults), (2, 0));
    assert_eq!(world.phase(), Phase::Preparing);
}

// Contract K7.
#[test]
fn last_words_end_a_job_whose_stream_told_nothing() {
    let mut world = World::running(json!({}));
    world.observed.seen = None;
    world.job_ends("Complete", "");
    let words = json!({"reason": "Patience", "succeeded": true, "message": "", "resultDigest": "blake3:00", "resultPath": "r",
        "generation": 7, "generations": 50});
    world.pod(json!({"metadata": {"name": "p"}, "status": {"containerStatuses": [{
        "name": "coordinator", "image": "i", "imageID": "", "ready": false, "restartCount": 0,
        "state": {"terminated": {"exitCode": 0, "message": words.to_string()}},
    }]}}));
    let decision = world.turn();
    assert_eq!(decision.situation, Situation::Succeeded { reason: CompleteReason::Patience, reported: None });
    let status = world.observed.job.status.as_ref().unwrap();
    assert_eq!(status.provenance.as_ref().unwrap().result_digest.as_deref(), Some("blake3:00"));
}

/// The last attempt's coordinator ended with exit code 0 and these words.
fn ends_with(world: &mut World, words: &Value) {
    world.job_ends("Complete", "");
    world.pod(json!({"metadata": {"name": "p"}, "status": {"containerStatuses": [{
        "name": "coordinator", "image": "i", "imageID": "", "ready": false, "restartCount": 0,
        "state": {"terminated": {"exitCode": 0, "message": words.to_string()}},
    }]}}));
}

// Contract K15.
#[test]
fn a_reason_that_nobody_knows_is_shown_as_it_was_told_for_as_long_as_the_job_is_there() {
    let mut by_stream = World::running(json!({}));
    let end = Final {
        reason: "FullMoon".into(),
        succeeded: true,
        result_digest: "blake3:00".into(),
        ..Final::default()
    };
    by_stream.reports(1, Report { generation: 7, generations: 50, r#final: Some(end), ..Report::default() });
    let mut by_words = World::running(json!({}));
    by_words.observed.seen = None;
    ends_with(&mut by_words, &json!({"reason": "FullMoon", "succeeded": true, "resultDigest": "blake3:00"}));
    for world in [&mut by_stream, &mut by_words] {
        for _ in 0..3 {
            world.turn();
            assert_eq!(world.phase(), Phase::Succeeded);
            let status = world.observed.job.status.clone().unwrap();
            let complete = status.conditions.iter().find(|c| c.type_ == "Complete").unwrap();
            assert_eq!((complete.status.as_str(), complete.reason.as_str()), ("True", "Unknown"));
            assert!(complete.message.contains("FullMoon"), "{}", complete.message);
            assert_eq!(status.provenance.unwrap().stopped_by.as_deref(), Some("FullMoon"));
            // Its coordinator is gone.
            world.observed.seen = None;
        }
    }
}

// Contract K15.
#[test]
fn a_reason_that_nobody_knows_is_no_success_without_a_result() {
    for words in [
        json!({"reason": "FullMoon", "succeeded": true, "resultDigest": ""}),
        json!({"reason": "FullMoon", "succeeded": false, "resultDigest": "blake3:00"}),
        json!({"reason": "FullMoon", "message": "row 7"}),
    ] {
        let mut world = World::running(json!({}));
        world.observed.seen = None;
        ends_with(&mut world, &words);
        for _ in 0..3 {
            world.turn();
            assert_eq!(world.phase(), Phase::Failed, "{words}");
            let status = world.observed.job.status.clone().unwrap();
            let failed = status.conditions.iter().find(|c| c.type_ == "Failed").unwrap();
            assert_eq!(failed.reason, "Unknown", "{words}");
            assert!(failed.message.contains("FullMoon"), "{}", failed.message);
            assert_eq!(status.provenance.unwrap().result_digest, None);
        }
    }
}

// Contract K9.
#[test]
fn suspending_takes_the_pods_and_resuming_is_the_next_attempt() {
    let mut world = World::running(json!({}));
    world.edit(|spec| spec.suspend = Some(true));
    let decision = world.turn();
    assert_eq!(decision.situation, Situation::Suspending(SuspendedBy::User));
    assert_eq!(decision.children.remove, [job(1)]);
    assert_eq!(decision.children.workers, Workers::Remove);
    world.observed.attempts.clear();
    assert_eq!(world.turn().situation, Situation::Suspended(SuspendedBy::User));
    assert_eq!(world.turn().attempts.started, 1);
    world.edit(|spec| spec.suspend = None);
    let decision = world.turn();
    assert_eq!((decision.attempts.started, decision.children.attempt), (2, Some(2)));
    assert_eq!((decision.attempts.faults, decision.attempts.disruptions), (0, 0));
}

#[test]
fn a_finished_job_goes_on_when_it_is_given_more_generations() {
    let mut world = World::succeeded(50);
    assert_eq!(world.turn().children.attempt, None);
    world.edit(|spec| spec.generations = 80);
    let decision = world.turn();
    assert_eq!((decision.attempts.started, decision.children.attempt), (2, Some(2)));
    assert_eq!(world.phase(), Phase::Preparing);
    // What the first attempt said last is not the end of the second.
    world.attempt(2);
    assert_eq!(world.turn().situation, Situation::Starting);
}

#[test]
fn fewer_generations_change_nothing_after_the_end() {
    let mut world = World::succeeded(50);
    world.edit(|spec| spec.generations = 10);
    assert!(matches!(world.turn().situation, Situation::Succeeded { .. }));
    assert_eq!(world.phase(), Phase::Succeeded);
}

#[test]
fn generations_that_are_raised_while_the_run_ends_are_not_lost() {
    let mut world = World::running(json!({"generations": 50}));
    let end = Final { reason: "GenerationsReached".into(), succeeded: true, ..Final::default() };
    world.reports(1, Report { generation: 50, generations: 50, r#final: Some(end), ..Report::default() });
    world.edit(|spec| spec.generations = 60);
    world.turn();
    assert_eq!(world.phase(), Phase::Succeeded);
    world.job_ends("Complete", "");
    assert_eq!(world.turn().attempts.started, 2);
}

#[test]
fn after_its_ttl_a_job_loses_its_children_or_itself() {
    let mut world = World::succeeded(50);
    world.edit(|spec| spec.ttl_seconds_after_finished = Some(60));
    let decision = world.turn();
    assert_eq!((decision.children.remove.len(), decision.recheck), (0, Some(Duration::from_secs(60))));
    world.pass(60);
    let decision = world.turn();
    assert_eq!((decision.children.remove.len(), decision.children.job_too), (1, false));
    world.edit(|spec| spec.ttl_policy = galapagos_crds::TtlPolicy::Job);
    assert!(world.turn().children.job_too);
}

#[test]
fn deadlines_fail_a_job_that_does_not_start_or_does_not_end() {
    let mut world = World::new(json!({"startDeadlineSeconds": 100}));
    world.turn();
    world.attempt(1);
    assert_eq!(world.turn().recheck, Some(Duration::from_secs(20)), "its pod is missing then");
    world.pass(20);
    assert_eq!(world.turn().recheck, Some(Duration::from_secs(80)));
    world.pass(80);
    let decision = world.turn();
    let Situation::Failed { reason: StalledReason::StartDeadlineExceeded, message } = decision.situation
    else {
        panic!("{:?}", decision.situation);
    };
    assert!(message.contains("startDeadlineSeconds") && message.contains("made no pod"), "{message}");
    assert_eq!(decision.children.remove.len(), 1);

    let mut world = World::running(json!({"activeDeadlineSeconds": 100, "startDeadlineSeconds": 10}));
    world.pass(99);
    assert_eq!(world.turn().situation, Situation::Running { reachable: true });
    world.pass(1);
    let decision = world.turn();
    assert!(matches!(decision.situation, Situation::Failed { reason: StalledReason::DeadlineExceeded, .. }));
}

#[test]
fn a_finished_job_that_goes_on_has_its_deadline_anew() {
    let mut world = World::succeeded(10);
    world.edit(|spec| spec.active_deadline_seconds = Some(100));
    world.pass(1000);
    world.edit(|spec| spec.generations = 20);
    assert_eq!(world.turn().situation, Situation::Starting);
    world.pass(99);
    assert!(!matches!(world.turn().situation, Situation::Failed { .. }));
}

#[test]
fn time_without_a_place_counts_against_no_deadline() {
    // Resumed, and extended, while the pool is full.
    let mut resumed = World::running(json!({"activeDeadlineSeconds": 100}));
    resumed.edit(|spec| spec.suspend = Some(true));
    resumed.observed.attempts.clear();
    assert!(matches!(resumed.turn().situation, Situation::Suspended(_)));
    resumed.pass(1000);
    resumed.edit(|spec| spec.suspend = None);
    let mut extended = World::succeeded(10);
    extended.edit(|spec| (spec.active_deadline_seconds, spec.generations) = (Some(100), 20));
    for world in [&mut resumed, &mut extended] {
        world.problem = Some(JobFinding { reason: StalledReason::PoolNotFound, message: "no pool".into() });
        assert!(matches!(world.turn().situation, Situation::Stalled { phase: Phase::Pending, .. }));
        world.pass(1000);
        world.problem = None;
        world.share.admitted = false;
        assert!(matches!(world.turn().situation, Situation::Queued { .. }));
        world.pass(1000);
        assert!(matches!(world.turn().situation, Situation::Queued { .. }));
        world.share.admitted = true;
        assert_eq!(world.turn().situation, Situation::Starting);
        world.pass(99);
        assert_eq!(world.turn().situation, Situation::Starting);
        world.pass(1);
        assert!(matches!(world.turn().situation, Situation::Failed { .. }));
    }
}

#[test]
fn generations_that_were_raised_while_the_result_was_written_are_still_done() {
    let mut world = World::running(json!({"generations": 50}));
    world.edit(|spec| spec.generations = 60);
    let end = Final { succeeded: true, reason: "GenerationsReached".into(), ..Final::default() };
    world.reports(1, Report { generation: 50, generations: 60, r#final: Some(end), ..Report::default() });
    assert!(matches!(world.turn().situation, Situation::Succeeded { .. }));
    assert_eq!(world.observed.job.status.as_ref().unwrap().generations, Some(50));
    world.job_ends("Complete", "");
    assert_eq!(world.turn().situation, Situation::Starting, "it goes on");
}

#[test]
fn a_limit_that_was_lowered_below_what_is_done_ends_the_job_by_its_user() {
    let mut world = World::running(json!({"generations": 40}));
    world.edit(|spec| spec.generations = 1);
    let end = Final { succeeded: true, reason: "GenerationsReached".into(), ..Final::default() };
    world.reports(1, Report { generation: 4, generations: 1, r#final: Some(end), ..Report::default() });
    assert_eq!(
        world.turn().situation,
        Situation::Succeeded { reason: CompleteReason::StoppedByUser, reported: None }
    );
    let status = world.observed.job.status.clone().unwrap();
    assert_eq!((status.generation, status.generations), (Some(4), Some(4)));
    world.edit(|spec| spec.generations = 3);
    assert!(matches!(world.turn().situation, Situation::Succeeded { .. }), "there is nothing to add");
}

/// Whoever may write a status writes any time that the API has.
#[test]
fn times_at_either_end_of_the_calendar_are_decided_about_like_others() {
    for time in ["9999-12-30T21:59:59Z", "-009998-01-03T00:00:00Z"] {
        let time: Timestamp = time.parse().unwrap();
        let mut worlds = [
            World::new(json!({"startDeadlineSeconds": 1800, "activeDeadlineSeconds": 86_400})),
            World::running(json!({"activeDeadlineSeconds": 86_400})),
            World::succeeded(50),
        ];
        worlds[0].turn();
        worlds[0].attempt(1);
        for world in &mut worlds {
            world.edit(|spec| spec.ttl_seconds_after_finished = Some(u32::MAX));
            let job = Arc::make_mut(&mut world.observed.job);
            job.metadata.creation_timestamp = Some(Time(time));
            let status = job.status.as_mut().unwrap();
            status.start_time = Some(Time(time));
            status.estimated_completion_time = Some(Time(time));
            status.completion_time = status.completion_time.as_ref().map(|_| Time(time));
            status.conditions.iter_mut().for_each(|c| c.last_transition_time = Time(time));
            for attempt in &mut world.observed.attempts {
                let job = Arc::make_mut(&mut attempt.job);
                job.metadata.creation_timestamp = Some(Time(time));
                job.status.iter_mut().flat_map(|s| s.conditions.iter_mut().flatten()).for_each(|c| {
                    c.last_transition_time = Some(Time(time));
                });
                let metadata = json!({"deletionTimestamp": time.to_string()});
                attempt.pod = serde_json::from_value(json!({"metadata": metadata})).ok().map(Arc::new);
            }
            for _ in 0..3 {
                world.turn();
                world.pass(60);
            }
            assert!(world.observed.job.status.as_ref().unwrap().phase.is_some());
        }
    }
}

#[test]
fn names_that_nobody_knows_end_the_job_and_its_ttl_begins() {
    let for_good = [
        StalledReason::UnknownStrategy,
        StalledReason::UnknownGene,
        StalledReason::InvalidStrategy,
        StalledReason::InvalidSpec,
    ];
    for reason in for_good {
        let mut world = World::new(json!({"ttlSecondsAfterFinished": 60, "ttlPolicy": "Job"}));
        world.problem = Some(JobFinding { reason, message: "no such name".into() });
        let decision = world.turn();
        assert_eq!(decision.situation, Situation::Failed { reason, message: "no such name".into() });
        assert_eq!((decision.children.attempt, decision.attempts.started), (None, 0), "no pod was made");
        assert_eq!(world.phase(), Phase::Failed);
        let ended = world.observed.job.status.clone().unwrap();
        assert!(ended.completion_time.is_some() && ended.start_time.is_none());
        world.pass(61);
        assert!(world.turn().children.job_too);
    }
}

#[test]
fn an_attempt_that_comes_into_sight_after_its_job_has_failed_is_taken_away() {
    let mut world = World::new(json!({}));
    world.problem = Some(JobFinding { reason: StalledReason::UnknownGene, message: "no such gene".into() });
    world.turn();
    assert_eq!(world.phase(), Phase::Failed);
    world.attempt(1);
    assert_eq!(world.turn().children.remove, [job(1)]);
}

#[test]
fn a_coordinator_that_has_told_its_failure_is_left_to_end_by_itself() {
    let mut world = World::running(json!({}));
    let end = Final { reason: "InvalidSpec".into(), message: "no".into(), ..Final::default() };
    world.reports(1, Report { generation: 3, generations: 50, r#final: Some(end), ..Report::default() });
    for _ in 0..3 {
        assert_eq!(world.turn().children.remove, [], "its pod holds the log that people want");
        assert_eq!(world.phase(), Phase::Failed);
    }
}

#[test]
fn a_pool_that_is_missing_ends_no_job() {
    let mut world = World::new(json!({}));
    world.problem = Some(JobFinding { reason: StalledReason::PoolNotFound, message: "no pool".into() });
    world.turn();
    assert_eq!(world.phase(), Phase::Pending);
}
