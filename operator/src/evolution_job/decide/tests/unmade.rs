//! Attempts whose pod is refused or fits nowhere: told, made again, and no hindrance to others.

use super::*;

const QUOTA: &str = "exceeded quota: few, requested: pods=1, used: pods=0, limited: pods=0";

/// Its first attempt has no pod for as long as it should have one.
fn refused(why: &str) -> World {
    let mut world = World::new(json!({"startDeadlineSeconds": 3600}));
    world.turn();
    world.attempt(1);
    world.turn();
    world.pass(20);
    world.observed.refused = Some(why.to_owned());
    world
}

fn stalled(decision: &Decision) -> (StalledReason, String, Phase) {
    match &decision.situation {
        Situation::Stalled { reason, message, phase } => (*reason, message.clone(), *phase),
        other => panic!("{other:?}"),
    }
}

fn unschedulable(since: Timestamp) -> Value {
    json!({"metadata": {"name": "p"}, "status": {"phase": "Pending", "conditions": [
        {"type": "PodScheduled", "status": "False", "reason": "Unschedulable", "lastTransitionTime": since.to_string(),
         "message": "0/2 nodes are available: 2 node(s) didn't match Pod's node affinity/selector."}]}})
}

#[test]
fn a_pod_that_is_refused_is_told_in_the_words_of_who_refuses() {
    let mut world = refused(QUOTA);
    let (reason, message, phase) = stalled(&world.turn());
    assert_eq!((reason, phase), (StalledReason::QuotaExceeded, Phase::Preparing));
    assert!(message.contains(QUOTA) && message.contains("j-coordinator-1"), "{message}");
    let mut world = refused("no PriorityClass with name high was found");
    let (reason, message, _) = stalled(&world.turn());
    assert!(reason == StalledReason::InvalidTemplate && message.contains("PriorityClass"), "{message}");
}

#[test]
fn a_pod_that_fits_nowhere_is_told_unless_a_node_may_be_about_to_come() {
    let mut world = World::new(json!({}));
    world.turn();
    world.attempt(1);
    let pod = unschedulable(world.now);
    world.pod(pod);
    let decision = world.turn();
    assert_eq!(decision.situation, Situation::Starting);
    assert_eq!(decision.recheck, Some(Duration::from_secs(20)));
    world.pass(20);
    let (reason, message, _) = stalled(&world.turn());
    assert!(reason == StalledReason::Unschedulable && message.contains("0/2 nodes"), "{message}");
}

#[test]
fn it_is_made_again_under_its_number_after_15_s_doubling_to_5_min_and_stays_told() {
    let mut world = refused(QUOTA);
    world.turn();
    let mut pauses = Vec::new();
    for _ in 0..8 {
        let began = world.now;
        while world.turn().children.remove.is_empty() {
            world.pass(1);
        }
        let decision = world.turn();
        assert_eq!(decision.children.attempt, None, "it is taken away first");
        stalled(&decision);
        pauses.push(world.now.duration_since(began).as_secs());
        world.observed.attempts.clear();
        world.observed.refused = None;
        assert_eq!(stalled(&world.turn()).0, StalledReason::QuotaExceeded);
        world.attempt(1);
        stalled(&world.turn());
    }
    assert_eq!(pauses, [15, 15, 30, 60, 120, 240, 300, 300]);
    let attempts = world.observed.job.status.clone().unwrap().attempts.unwrap();
    assert_eq!((attempts.started, attempts.faults, attempts.disruptions), (1, 0, 0));
}

#[test]
fn a_pod_that_is_young_or_has_a_node_made_free_for_it_is_not_taken_away_by_the_time_of_the_one_before() {
    let mut world = refused(QUOTA);
    world.turn();
    world.pass(15);
    assert_eq!(world.turn().children.remove.len(), 1);
    world.observed.refused = None;
    world.observed.attempts.clear();
    world.attempt(1);
    world.pass(14);
    world.pod(unschedulable(world.now));
    world.pass(2);
    let decision = world.turn();
    assert_eq!((decision.children.remove, decision.recheck), (vec![], Some(Duration::from_secs(18))));
    let mut nominated = unschedulable(world.now);
    nominated["status"]["nominatedNodeName"] = json!("n");
    world.pod(nominated);
    world.pass(60);
    world.overstayed = true;
    assert_eq!(world.turn().children.remove, []);
    world.pod(unschedulable(world.now));
    world.overstayed = false;
    world.pass(20);
    let decision = world.turn();
    assert_eq!((stalled(&decision).0, decision.children.remove.len()), (StalledReason::Unschedulable, 1));
}

#[test]
fn a_corrected_pool_makes_it_again_at_once_and_a_raised_quota_lets_it_go() {
    let mut world = refused(QUOTA);
    world.turn();
    let annotations = [("galapagos.dev/origin".to_owned(), "as it was".to_owned())];
    Arc::make_mut(&mut world.last().job).metadata.annotations = Some(annotations.into());
    world.pool_edited = true;
    let decision = world.turn();
    assert_eq!((decision.situation, decision.children.remove.len()), (Situation::Starting, 1));

    let mut world = refused(QUOTA);
    world.turn();
    world.observed.refused = None;
    world.pod(json!({"metadata": {"name": "p"}, "spec": {"nodeName": "n", "containers": []}, "status": {}}));
    assert_eq!(world.turn().situation, Situation::Starting);
}

#[test]
fn a_job_of_a_queue_keeps_its_turn() {
    let mut world = refused(QUOTA);
    world.turn();
    let status = json!({"conditions": [{"type": "Suspended", "status": "False"}]});
    Arc::make_mut(&mut world.last().job).status = serde_json::from_value(status).unwrap();
    world.pass(1000);
    assert_eq!(world.turn().children.remove, []);
}

#[test]
fn its_deadline_counts_from_when_it_was_first_told_however_often_it_was_made() {
    let mut world = refused(QUOTA);
    world.turn();
    world.observed.attempts.clear();
    world.pass(3599);
    world.attempt(1);
    stalled(&world.turn());
    world.pass(1);
    let Situation::Failed { reason, message } = world.turn().situation else { panic!("not failed") };
    assert!(reason == StalledReason::StartDeadlineExceeded && message.contains(QUOTA), "{message}");
}

#[test]
fn others_get_its_place_and_it_tries_again_later() {
    let mut world = refused(QUOTA);
    world.turn();
    world.overstayed = true;
    let decision = world.turn();
    assert_eq!((stalled(&decision).2, decision.children.remove.len()), (Phase::Pending, 1));
    assert!(!has_place(world.observed.job.status.as_ref()));
    world.overstayed = false;
    world.observed.attempts.clear();
    world.set_back = Some(Duration::from_secs(300));
    world.share = Share::default();
    let decision = world.turn();
    assert_eq!((stalled(&decision).2, decision.recheck), (Phase::Pending, world.set_back));
    // The cache may be late.
    Arc::make_mut(&mut world.observed.job).status.as_mut().unwrap().phase = Some(Phase::Preparing);
    let decision = world.turn();
    assert_eq!((stalled(&decision).2, decision.children.attempt), (Phase::Pending, None));
    world.set_back = None;
    assert!(matches!(world.turn().situation, Situation::Queued { .. }));
    world.share.admitted = true;
    let decision = world.turn();
    assert_eq!((decision.situation, decision.children.attempt), (Situation::Starting, Some(2)));
    assert_eq!((decision.attempts.faults, decision.attempts.disruptions), (0, 0));
}

#[test]
fn a_job_whose_image_cannot_be_pulled_does_not_keep_others_waiting_either() {
    let mut world = World::new(json!({}));
    world.turn();
    world.attempt(1);
    let waiting = json!({"waiting": {"reason": "ImagePullBackOff", "message": "no such image"}});
    world.pod(json!({"metadata": {"name": "p"}, "spec": {"nodeName": "n", "containers": []}, "status": {
        "containerStatuses": [{"name": "coordinator", "image": "i", "imageID": "", "ready": false, "restartCount": 0,
                               "state": waiting}]}}));
    assert_eq!(stalled(&world.turn()).2, Phase::Preparing);
    world.overstayed = true;
    let decision = world.turn();
    assert_eq!((stalled(&decision).2, decision.children.remove.len()), (Phase::Pending, 1));
    world.overstayed = false;
    world.set_back = Some(Duration::from_secs(300));
    assert_eq!(stalled(&world.turn()).0, StalledReason::ImagePullFailed);
}
