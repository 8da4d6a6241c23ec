//! The life of a job, told as observations and what they lead to.

use std::sync::Arc;

use galapagos_protocol::progress::{Final, Report};
use k8s_openapi::api::batch::v1::Job;
use k8s_openapi::api::core::v1::Pod;
use serde_json::{Value, json};

use super::*;
use crate::evolution_job::status::{Facts, RemoteWorkers, build};
use crate::progress::Seen;
use galapagos_crds::conditions::{CompleteReason, StalledReason};

/// A job in a world of its own: what it decides becomes its status, what it asks for appears.
struct World {
    observed: Observed,
    problem: Option<Problem>,
    share: Share,
    /// What it makes pods of is not what the attempts were made of.
    pool_edited: bool,
    now: Timestamp,
}

impl World {
    fn new(spec: Value) -> World {
        let mut all = json!({
            "marketData": {"dataset": "d", "symbols": ["A"], "interval": "1h"},
            "strategies": [{"name": "ema_crossover"}], "population": {"size": 100},
        });
        all.as_object_mut().unwrap().extend(spec.as_object().unwrap().clone());
        let job: EvolutionJob = serde_json::from_value(json!({
            "apiVersion": "galapagos.dev/v1alpha1", "kind": "EvolutionJob",
            "metadata": {"name": "j", "namespace": "n", "uid": "u", "generation": 1}, "spec": all,
        }))
        .unwrap();
        let observed = Observed {
            job: Arc::new(job),
            pool: None,
            attempts: Vec::new(),
            workers: None,
            trouble: None,
            seen: None,
        };
        let share = Share { admitted: true, queue_position: None, wanted: 2, workers: 2 };
        World {
            observed,
            problem: None,
            share,
            pool_edited: false,
            now: "2026-01-01T00:00:00Z".parse().unwrap(),
        }
    }

    fn decide(&self) -> Decision {
        let inputs = Inputs {
            observed: &self.observed,
            problem: self.problem.as_ref(),
            share: &self.share,
            origin: &|number| self.pool_edited.then(|| format!("edited for {number}")),
            now: self.now,
            clock: Instant::now(),
        };
        decide(&inputs)
    }

    /// Decides and records what was decided.
    fn turn(&mut self) -> Decision {
        let decision = self.decide();
        let generations = decision.generations(&self.observed);
        let job = Arc::make_mut(&mut self.observed.job);
        let report = self.observed.seen.as_ref().map(|s| (*s.report).clone());
        let facts = Facts {
            generation: 1,
            situation: decision.situation.clone(),
            generations,
            population: 100,
            report: report.as_ref(),
            last_words: decision.words.as_ref(),
            attempts: decision.attempts.clone(),
            workers: RemoteWorkers { desired: 0, ready: 0, trouble: None },
            started: (decision.attempts.started > 0).then_some(self.now),
            ended: None,
            image: Some("i"),
            price: None,
        };
        job.status = Some(build(job.status.as_ref(), &facts, self.now));
        decision
    }

    fn phase(&self) -> Phase {
        self.observed.job.status.as_ref().unwrap().phase.unwrap()
    }

    fn attempt(&mut self, number: u32) {
        let job: Job = serde_json::from_value(json!({"metadata": {
            "name": format!("j-coordinator-{number}"), "namespace": "n", "uid": format!("job-{number}"),
            "creationTimestamp": self.now.to_string(),
        }}))
        .unwrap();
        self.observed.attempts.push(super::super::observe::Attempt { number, job: Arc::new(job), pod: None });
    }

    fn last(&mut self) -> &mut super::super::observe::Attempt {
        self.observed.attempts.last_mut().unwrap()
    }

    /// The Job of the last attempt got a condition.
    fn job_ends(&mut self, kind: &str, message: &str) {
        let at = self.now.to_string();
        let status = json!({"conditions": [
            {"type": kind, "status": "True", "message": message, "lastTransitionTime": at}
        ]});
        Arc::make_mut(&mut self.last().job).status = serde_json::from_value(status).unwrap();
    }

    fn pod(&mut self, pod: Value) {
        let pod: Pod = serde_json::from_value(pod).unwrap();
        self.last().pod = Some(Arc::new(pod));
    }

    fn reports(&mut self, attempt: u32, report: Report) {
        let report = Arc::new(report);
        self.observed.seen = Some(Seen { report, attempt, at: Instant::now(), connected: true });
    }

    fn pass(&mut self, seconds: u64) {
        self.now += Duration::from_secs(seconds);
    }

    fn edit(&mut self, change: impl FnOnce(&mut galapagos_crds::EvolutionJobSpec)) {
        change(&mut Arc::make_mut(&mut self.observed.job).spec);
    }

    /// A job whose first attempt evolves.
    fn running(spec: Value) -> World {
        let mut world = World::new(spec);
        world.turn();
        world.attempt(1);
        world.reports(1, Report { generations: 50, ..Report::default() });
        world.turn();
        assert_eq!(world.phase(), Phase::Running);
        world
    }

    fn succeeded(generations: u32) -> World {
        let mut world = World::running(json!({"generations": generations}));
        let end = Final { reason: "GenerationsReached".into(), succeeded: true, ..Final::default() };
        let report = Report { generation: generations, generations, r#final: Some(end), ..Report::default() };
        world.reports(1, report);
        world.turn();
        assert_eq!(world.phase(), Phase::Succeeded);
        world.job_ends("Complete", "");
        world
    }
}

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
    let problem = Problem { reason: StalledReason::PoolNotFound, message: "no pool".into() };
    let mut world = World::new(json!({}));
    world.problem = Some(problem.clone());
    assert!(matches!(world.turn().situation, Situation::Stalled { phase: Phase::Pending, .. }));
    assert!(!has_place(world.observed.job.status.as_ref()));
    let mut world = World::running(json!({}));
    world.problem = Some(problem);
    assert_eq!(world.turn().situation, Situation::Running { reachable: true });
}

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
fn an_end_without_words_is_asked_for_by_another_attempt() {
    let mut world = World::running(json!({}));
    world.observed.seen = None;
    world.job_ends("Complete", "");
    let decision = world.turn();
    assert_eq!((decision.attempts.started, decision.attempts.faults), (2, 0));
    assert_eq!(world.phase(), Phase::Preparing);
}

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
    assert_eq!(decision.situation, Situation::Succeeded { reason: CompleteReason::Patience });
    let status = world.observed.job.status.as_ref().unwrap();
    assert_eq!(status.provenance.as_ref().unwrap().result_digest.as_deref(), Some("blake3:00"));
}

#[test]
fn suspending_takes_the_pods_and_resuming_is_the_next_attempt() {
    let mut world = World::running(json!({}));
    world.edit(|spec| spec.suspend = Some(true));
    let decision = world.turn();
    assert_eq!(decision.situation, Situation::Suspending(SuspendedBy::User));
    assert_eq!(decision.children.remove, [("j-coordinator-1".to_owned(), "job-1".to_owned())]);
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
    assert_eq!(world.turn().recheck, Some(Duration::from_secs(100)));
    world.pass(100);
    let decision = world.turn();
    assert!(matches!(
        decision.situation,
        Situation::Failed { reason: StalledReason::StartDeadlineExceeded, .. }
    ));
    assert_eq!(decision.children.remove.len(), 1);

    let mut world = World::running(json!({"activeDeadlineSeconds": 100, "startDeadlineSeconds": 10}));
    world.pass(99);
    assert_eq!(world.turn().situation, Situation::Running { reachable: true });
    world.pass(1);
    let decision = world.turn();
    assert!(matches!(decision.situation, Situation::Failed { reason: StalledReason::DeadlineExceeded, .. }));
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
fn a_limit_that_was_lowered_below_what_is_done_ends_the_job_by_its_user() {
    let mut world = World::running(json!({"generations": 40}));
    world.edit(|spec| spec.generations = 1);
    let end = Final { succeeded: true, reason: "GenerationsReached".into(), ..Final::default() };
    world.reports(1, Report { generation: 4, generations: 1, r#final: Some(end), ..Report::default() });
    assert_eq!(world.turn().situation, Situation::Succeeded { reason: CompleteReason::StoppedByUser });
    let status = world.observed.job.status.clone().unwrap();
    assert_eq!((status.generation, status.generations), (Some(4), Some(4)));
    world.edit(|spec| spec.generations = 3);
    assert!(matches!(world.turn().situation, Situation::Succeeded { .. }), "there is nothing to add");
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
    assert_eq!(world.turn().children.remove, [("j-coordinator-1".to_owned(), "job-1".to_owned())]);
}
