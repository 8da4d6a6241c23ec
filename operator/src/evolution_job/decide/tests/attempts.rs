//! Places, attempts and what becomes of them.

use super::*;

#[test]
fn a_job_without_a_place_waits_and_has_no_children() {
    let mut world = World::new(json!({}));
    world.share = Share { admitted: false, queue_position: Some(3), wanted: 0, workers: 0 };
    let decision = world.turn();
    assert_eq!(decision.situation, Situation::Queued { position: 3 });
    assert_eq!(decision.children, Children::default());
    assert_eq!(world.phase(), Phase::Pending);
    world.share = Share { admitted: true, ..Share::default() };
    assert_eq!(world.turn().children.attempt, Some(1));
}

// Contract K1.
#[test]
fn a_number_is_taken_once_however_often_it_is_looked_at() {
    let mut world = World::new(json!({}));
    let first = world.turn();
    assert_eq!((first.attempts.started, first.children.attempt), (1, Some(1)));
    // The Job is not shown yet, or was never made.
    let second = world.turn();
    assert_eq!((second.attempts.started, second.children.attempt), (1, Some(1)));
}

#[test]
fn what_is_wrong_stalls_a_job_that_waits_and_leaves_one_alone_that_runs() {
    let problem = JobFinding { reason: StalledReason::PoolNotFound, message: "no pool".into() };
    let mut world = World::new(json!({}));
    world.problem = Some(problem.clone());
    assert!(matches!(world.turn().situation, Situation::Stalled { phase: Phase::Pending, .. }));
    assert!(!has_place(world.observed.job.status.as_ref()));
    let mut world = World::running(json!({}));
    world.problem = Some(problem);
    assert_eq!(world.turn().situation, Situation::Running { reachable: true });
}

// Contract K6.
#[test]
fn a_disruption_starts_the_next_attempt_at_once_and_does_not_count() {
    let mut world = World::running(json!({"backoffLimit": 0}));
    world.job_ends("Failed", "Pod n/j has condition DisruptionTarget matching FailJob rule at index 0");
    let decision = world.turn();
    assert_eq!(
        (decision.attempts.started, decision.attempts.disruptions, decision.attempts.faults),
        (2, 1, 0)
    );
    assert_eq!(decision.children.attempt, Some(2));
    assert_eq!(decision.situation, Situation::Starting);
}

// Contract K6.
#[test]
fn a_fault_waits_longer_each_time_and_fails_the_job_at_the_limit() {
    let mut world = World::running(json!({"backoffLimit": 2}));
    let told = "Container coordinator for pod n/j failed with exit code 101 matching FailJob rule at index 2";
    for (faults, pause) in [(1, 10), (2, 20)] {
        world.job_ends("Failed", told);
        let decision = world.turn();
        assert_eq!(decision.attempts.faults, faults);
        assert_eq!(decision.children.attempt, None);
        assert_eq!(decision.recheck, Some(Duration::from_secs(pause)));
        world.pass(pause - 1);
        assert_eq!(world.turn().children.attempt, None);
        world.pass(1);
        let number = u32::try_from(faults).unwrap() + 1;
        assert_eq!(world.turn().children.attempt, Some(number));
        world.attempt(number);
    }
    world.job_ends("Failed", told);
    let decision = world.turn();
    assert!(matches!(
        decision.situation,
        Situation::Failed { reason: StalledReason::BackoffLimitExceeded, .. }
    ));
    assert_eq!(decision.attempts.faults, 3);
    assert_eq!(world.phase(), Phase::Failed);
    assert_eq!(decision.children.workers, Workers::Remove);
}

// Contract K6.
#[test]
fn a_permanent_exit_code_fails_the_job_even_if_its_pod_is_gone() {
    let mut world = World::running(json!({}));
    let told = "Container coordinator for pod n/j failed with exit code 65 matching FailJob rule at index 0";
    world.job_ends("Failed", told);
    let decision = world.turn();
    assert!(matches!(decision.situation, Situation::Failed { reason: StalledReason::DataInvalid, .. }));
    // A job that failed stays so, whatever is looked at later.
    world.observed.attempts.clear();
    assert!(matches!(world.turn().situation, Situation::Failed { reason: StalledReason::DataInvalid, .. }));
}

#[test]
fn a_coordinator_that_was_asked_to_leave_was_disrupted() {
    let mut world = World::running(json!({}));
    let told = "Container coordinator for pod n/j failed with exit code 143 matching FailJob rule at index 1";
    world.job_ends("Failed", told);
    assert_eq!(world.turn().attempts.disruptions, 1);
}

#[test]
fn a_pod_that_hangs_on_a_silent_node_is_given_up_after_its_grace_and_half_a_minute() {
    let mut world = World::running(json!({}));
    let at = world.now.to_string();
    world.pod(json!({"metadata": {"name": "p", "deletionTimestamp": at}}));
    world.pass(30);
    let decision = world.turn();
    assert_eq!(decision.attempts.started, 1);
    assert!(decision.recheck.is_some_and(|again| again <= Duration::from_secs(2)));
    world.pass(1);
    let decision = world.turn();
    assert_eq!((decision.attempts.started, decision.attempts.disruptions), (2, 1));
}

#[test]
fn an_image_that_cannot_be_pulled_stalls_the_job_with_the_words_of_the_kubelet() {
    let mut world = World::new(json!({}));
    world.turn();
    world.attempt(1);
    world.pod(json!({"metadata": {"name": "p"}, "status": {"initContainerStatuses": [{
        "name": "local-worker", "image": "i", "imageID": "", "ready": false, "restartCount": 0,
        "state": {"waiting": {"reason": "ImagePullBackOff", "message": "Back-off pulling image x"}},
    }]}}));
    let Situation::Stalled { reason, message, phase } = world.turn().situation else { panic!("not stalled") };
    assert_eq!((reason, phase), (StalledReason::ImagePullFailed, Phase::Preparing));
    assert_eq!(message, "container local-worker: ImagePullBackOff: Back-off pulling image x");
    assert_eq!(world.phase(), Phase::Preparing);
    world.last().pod = None;
    assert_eq!(world.turn().situation, Situation::Starting);
}

#[test]
fn an_attempt_that_cannot_start_is_made_again_once_the_pool_is_corrected() {
    let mut world = World::new(json!({}));
    world.turn();
    world.attempt(1);
    let job = Arc::make_mut(&mut world.last().job);
    let annotations = [("galapagos.dev/origin".to_owned(), "as it was".to_owned())];
    job.metadata.annotations = Some(annotations.into());
    let pod = json!({"metadata": {"name": "p"}, "status": {"containerStatuses": [{
        "name": "coordinator", "image": "i", "imageID": "", "ready": false, "restartCount": 0,
        "state": {"waiting": {"reason": "ErrImagePull"}},
    }]}});
    world.pod(pod);
    assert_eq!(world.turn().children.remove, []);
    world.pool_edited = true;
    let decision = world.turn();
    assert_eq!((decision.children.remove.len(), decision.children.attempt), (1, None));
    world.observed.attempts.clear();
    let decision = world.turn();
    assert_eq!((decision.children.attempt, decision.attempts.started), (Some(1), 1));
}

#[test]
fn an_attempt_that_ends_without_a_code_was_taken_away_and_does_not_count() {
    let mut world = World::running(json!({"backoffLimit": 0}));
    world.job_ends("Failed", "Job has reached the specified backoff limit");
    let decision = world.turn();
    assert_eq!((decision.attempts.faults, decision.attempts.disruptions), (0, 1));
    assert_eq!(decision.children.attempt, Some(2));
}

#[test]
fn a_queue_that_holds_the_job_back_suspends_the_attempt_and_not_its_number() {
    let mut world = World::new(json!({}));
    world.turn();
    world.attempt(1);
    Arc::make_mut(&mut world.last().job).spec =
        serde_json::from_value(json!({"suspend": true, "template": {}})).unwrap();
    assert_eq!(world.turn().situation, Situation::Suspended(SuspendedBy::Queue));
    assert_eq!(world.turn().situation, Situation::Suspended(SuspendedBy::Queue));
    Arc::make_mut(&mut world.last().job).spec = None;
    let decision = world.turn();
    assert_eq!(decision.attempts.started, 1, "the queue let it go: {decision:?}");
}

#[test]
fn no_deadline_counts_while_a_queue_holds_the_job_back() {
    let mut world = World::new(json!({"startDeadlineSeconds": 100, "activeDeadlineSeconds": 100}));
    world.turn();
    world.attempt(1);
    Arc::make_mut(&mut world.last().job).spec =
        serde_json::from_value(json!({"suspend": true, "template": {}})).unwrap();
    world.turn();
    world.pass(1000);
    assert_eq!(world.turn().situation, Situation::Suspended(SuspendedBy::Queue));
    Arc::make_mut(&mut world.last().job).spec = None;
    assert_eq!(world.turn().situation, Situation::Starting);
    world.pass(99);
    assert_eq!(world.turn().situation, Situation::Starting, "both count from its release");
    world.pass(1);
    assert!(matches!(world.turn().situation, Situation::Failed { .. }));
}

#[test]
fn a_coordinator_that_runs_is_running_whatever_is_the_matter_beside_it() {
    let mut world = World::running(json!({}));
    let status = |name: &str, state: Value| json!({"name": name, "image": "i", "imageID": "", "ready": false, "restartCount": 1, "state": state});
    let stuck = json!({"waiting": {"reason": "ImagePullBackOff"}});
    let runs = json!({"running": {"startedAt": world.now.to_string()}});
    world.pod(json!({"metadata": {"name": "p"}, "status": {
        "initContainerStatuses": [status("local-worker", stuck)],
        "containerStatuses": [status("coordinator", runs)],
    }}));
    let annotations = [("galapagos.dev/origin".to_owned(), "as it was".to_owned())];
    Arc::make_mut(&mut world.last().job).metadata.annotations = Some(annotations.into());
    world.pool_edited = true;
    let decision = world.turn();
    assert_eq!(decision.situation, Situation::Running { reachable: true });
    assert_eq!(decision.children.remove, []);
}

#[test]
fn what_an_earlier_pod_of_the_same_attempt_said_tells_nothing_of_the_present_one() {
    let mut world = World::running(json!({"startDeadlineSeconds": 100}));
    world.pod(json!({"metadata": {"name": "p"}, "status": {"podIP": "10.0.0.1"}}));
    assert_eq!(world.turn().situation, Situation::Running { reachable: true });
    world.pod(json!({"metadata": {"name": "q"}, "status": {"podIP": "10.0.0.2"}}));
    assert_eq!(world.turn().situation, Situation::Starting);
    world.pod(json!({"metadata": {"name": "r"}, "status": {}}));
    world.observed.seen.as_mut().unwrap().at -= 2 * crate::progress::SILENCE;
    assert_eq!(world.turn().situation, Situation::Starting, "nor of one that waits for a node");
    world.pass(100);
    assert!(matches!(world.turn().situation, Situation::Failed { .. }), "it has a deadline to start");
}

#[test]
fn a_later_attempt_that_cannot_be_made_has_a_deadline_too() {
    let mut world = World::running(json!({"startDeadlineSeconds": 100}));
    world.job_ends("Failed", "exit code 143");
    world.turn();
    let at = world.now.to_string();
    let stalled: Condition = serde_json::from_value(json!({"type": "Stalled", "status": "True",
        "reason": "QuotaExceeded", "message": "a quota", "lastTransitionTime": at}))
    .unwrap();
    let job = Arc::make_mut(&mut world.observed.job);
    job.status.as_mut().unwrap().conditions.push(stalled);
    world.pass(99);
    assert_eq!(world.decide().children.attempt, Some(2));
    world.pass(1);
    let Situation::Failed { reason, message } = world.decide().situation else { panic!("not failed") };
    assert_eq!(reason, StalledReason::StartDeadlineExceeded);
    assert!(message.contains("a quota"), "{message}");
}

#[test]
fn a_job_that_ran_for_long_and_lost_its_attempt_does_not_fail_for_a_late_start() {
    let mut world = World::running(json!({"startDeadlineSeconds": 100}));
    world.pass(10_000);
    world.observed.attempts.clear();
    world.observed.seen = None;
    for _ in 0..2 {
        let decision = world.turn();
        assert_eq!((decision.situation, decision.children.attempt), (Situation::Starting, Some(1)));
    }
}

#[test]
fn the_pause_after_a_state_that_could_not_be_written_is_no_late_start() {
    let mut world = World::running(json!({"startDeadlineSeconds": 5}));
    world.job_ends("Failed", "exit code 70 matching FailJob rule");
    for _ in 0..2 {
        let Situation::Stalled { reason, .. } = world.turn().situation else { panic!("not stalled") };
        assert_eq!(reason, StalledReason::StateNotWritable);
        world.pass(6);
    }
}

#[test]
fn a_coordinator_whose_pod_is_taken_away_counts_as_running_until_its_job_tells() {
    let mut world = World::running(json!({}));
    world.observed.seen = None;
    let gone = world.now.to_string();
    world.pod(
        json!({"metadata": {"name": "p", "deletionTimestamp": gone}, "status": {"containerStatuses": [{
            "name": "coordinator", "image": "i", "imageID": "", "ready": false, "restartCount": 0,
            "state": {"terminated": {"exitCode": 143}},
        }]}}),
    );
    assert!(matches!(world.turn().situation, Situation::Running { .. }));
}

#[test]
fn the_words_of_a_permanent_end_are_finer_than_its_code() {
    let mut world = World::running(json!({}));
    world.job_ends(
        "Failed",
        "Container coordinator for pod n/j failed with exit code 65 matching FailJob rule",
    );
    let words = json!({"reason": "DataChanged", "message": "walk was changed"}).to_string();
    world.pod(json!({"metadata": {"name": "p"}, "status": {"containerStatuses": [{
        "name": "coordinator", "image": "i", "imageID": "", "ready": false, "restartCount": 0,
        "state": {"terminated": {"exitCode": 65, "message": words}},
    }]}}));
    let (reason, message) = (StalledReason::DataChanged, "walk was changed".to_owned());
    assert_eq!(world.turn().situation, Situation::Failed { reason, message });
}

#[test]
fn only_the_last_attempts_logs_are_kept() {
    let mut world = World::running(json!({}));
    world.job_ends("Failed", "exit code 143");
    world.turn();
    world.attempt(2);
    world.reports(2, Report::default());
    assert_eq!(world.turn().children.remove.len(), 0, "the attempt before may still be of interest");
    world.job_ends("Failed", "exit code 143");
    world.turn();
    world.attempt(3);
    world.reports(3, Report::default());
    assert_eq!(world.turn().children.remove, [job(1)]);
}
