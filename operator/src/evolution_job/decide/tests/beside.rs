//! Containers that others put into the coordinator's pod: what they do decides nothing.

use super::*;

fn status(name: &str, state: &Value) -> Value {
    json!({"name": name, "image": "i", "imageID": "", "ready": false, "restartCount": 0, "state": state})
}

impl World {
    /// Its coordinator ended, and a container beside it does something else. Its Job knows nothing of it.
    fn ends_beside(&mut self, code: i32, words: &str, beside: &Value) {
        let at = self.now.to_string();
        let ended = json!({"terminated": {"exitCode": code, "message": words, "finishedAt": at}});
        self.pod(json!({"metadata": {"name": "p"}, "status": {"phase": "Running", "containerStatuses": [
            status("coordinator", &ended), status("proxy", beside),
        ]}}));
    }
}

fn runs() -> Value {
    json!({"running": {}})
}

fn first() -> [(Name, Uid); 1] {
    [job(1)]
}

#[test]
fn a_result_is_found_though_a_foreign_container_runs_on_and_then_it_is_stopped() {
    let mut world = World::running(json!({}));
    world.observed.seen = None;
    let words = json!({"reason": "Patience", "succeeded": true, "message": "", "resultDigest": "blake3:00", "resultPath": "r",
        "generation": 7, "generations": 50});
    world.ends_beside(0, &words.to_string(), &runs());
    let decision = world.turn();
    assert_eq!(decision.situation, Situation::Succeeded { reason: CompleteReason::Patience, reported: None });
    assert_eq!(decision.recheck, Some(Duration::from_secs(10)), "it may stop by itself");
    assert_eq!(world.turn().children.remove, []);
    world.pass(10);
    assert_eq!(world.turn().children.remove, first());
}

#[test]
fn a_foreign_container_that_stops_by_itself_leaves_the_log() {
    let mut world = World::succeeded(50);
    for beside in [json!({"terminated": {"exitCode": 0}}), json!({"terminated": {"exitCode": 1}})] {
        world.ends_beside(0, "", &beside);
        world.pass(1000);
        assert_eq!(world.turn().children.remove, []);
    }
}

#[test]
fn a_permanent_end_is_found_though_a_foreign_container_runs_on() {
    let mut world = World::running(json!({}));
    world.observed.seen = None;
    world.ends_beside(66, "no such dataset", &runs());
    let (reason, message) = (StalledReason::DatasetNotFound, "no such dataset".to_owned());
    assert_eq!(world.turn().situation, Situation::Failed { reason, message });
    world.pass(10);
    assert_eq!(world.turn().children.remove, first());
}

#[test]
fn a_coordinator_that_is_killed_is_repeated_though_a_foreign_container_runs_on() {
    let mut world = World::running(json!({}));
    world.observed.seen = None;
    world.ends_beside(137, "", &runs());
    let decision = world.turn();
    assert_eq!((decision.attempts.started, decision.attempts.faults), (2, 1));
    let Situation::Retrying { why, .. } = decision.situation else { panic!("{:?}", decision.situation) };
    assert!(why.contains("exit code 137"), "{why}");
    // The pause is read from the Job.
    world.pass(9);
    assert_eq!((world.turn().children.attempt, world.turn().children.remove.len()), (None, 0));
    world.pass(1);
    assert_eq!(world.turn().children.attempt, Some(2));
    world.attempt(2);
    assert_eq!(world.turn().children.remove, first());
}

#[test]
fn a_coordinator_that_was_asked_to_leave_is_no_fault_beside_a_foreign_container() {
    let mut world = World::running(json!({"backoffLimit": 0}));
    world.observed.seen = None;
    world.ends_beside(143, "", &runs());
    let decision = world.turn();
    assert_eq!((decision.attempts.disruptions, decision.children.attempt), (1, Some(2)));
}

// Contract K5.
#[test]
fn a_failed_foreign_container_is_no_end_of_the_coordinator() {
    let mut world = World::running(json!({}));
    world.pod(json!({"metadata": {"name": "p"}, "status": {"phase": "Running", "containerStatuses": [
        status("coordinator", &runs()), status("proxy", &json!({"terminated": {"exitCode": 1}})),
    ]}}));
    assert_eq!(world.turn().situation, Situation::Running { reachable: true });
}

#[test]
fn a_result_beside_a_failed_foreign_container_is_a_result() {
    let mut world = World::running(json!({}));
    world.observed.seen = None;
    world.job_ends("Failed", "Job has reached the specified backoff limit");
    let words = json!({"reason": "Patience", "succeeded": true, "message": "", "resultDigest": "blake3:00", "resultPath": "r",
        "generation": 7, "generations": 50});
    world.ends_beside(0, &words.to_string(), &json!({"terminated": {"exitCode": 1}}));
    assert!(matches!(world.turn().situation, Situation::Succeeded { .. }));
}

#[test]
fn an_init_container_of_others_that_fails_is_a_fault_that_names_it() {
    let mut world = World::running(json!({}));
    world.observed.seen = None;
    world.job_ends("Failed", "Job has reached the specified backoff limit");
    let failed = json!({"terminated": {"exitCode": 3}});
    world.pod(json!({"metadata": {"name": "p"}, "status": {"phase": "Failed",
        "initContainerStatuses": [status("vault-agent-init", &failed)],
        "containerStatuses": [status("coordinator", &json!({"waiting": {"reason": "PodInitializing"}}))],
    }}));
    let decision = world.turn();
    assert_eq!(decision.attempts.faults, 1);
    let Situation::Retrying { why, .. } = decision.situation else { panic!("{:?}", decision.situation) };
    assert!(why.contains("vault-agent-init") && why.contains("exit code 3"), "{why}");
}

#[test]
fn suspending_takes_foreign_containers_too() {
    let mut world = World::running(json!({}));
    world.observed.seen = None;
    world.ends_beside(143, "", &runs());
    world.edit(|spec| spec.suspend = Some(true));
    assert_eq!(world.turn().children.remove, first());
}
