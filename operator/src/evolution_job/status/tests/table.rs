//! Which conditions there are, and what they say.

use galapagos_crds::conditions::{CompleteReason, StalledReason, condition as types};
use galapagos_crds::status::Phase;
use k8s_openapi::apimachinery::pkg::apis::meta::v1::Time;

use super::facts::{facts, report, running, situations};
use super::{at, condition};
use crate::evolution_job::status::{Facts, RemoteWorkers, Situation, SuspendedBy, WorkersTrouble, build};

/// Conditions as `Type=True/Reason`, in their order.
fn shown(situation: Situation) -> (Phase, String) {
    let report = report();
    let status = build(None, &Facts { report: Some(&report), ..facts(situation) }, at(0));
    let shown = status.conditions.iter().map(|c| format!("{}={}/{}", c.type_, c.status, c.reason));
    (status.phase.unwrap(), shown.collect::<Vec<_>>().join(" "))
}

#[test]
fn each_situation_has_its_phase_and_conditions() {
    let data = "DataReady=True/Published";
    let expected = [
        (Phase::Pending, format!("Ready=False/Queued Reconciling=True/Queued {data}")),
        (
            Phase::Preparing,
            "Ready=False/Preparing Reconciling=True/Preparing DataReady=False/Importing WorkersReady=False/ScalingUp"
                .to_owned(),
        ),
        (
            Phase::Preparing,
            format!("Ready=False/Preparing Reconciling=True/Preparing {data} WorkersReady=False/ScalingUp"),
        ),
        (
            Phase::Preparing,
            format!("Ready=False/Preparing Reconciling=True/Starting {data} WorkersReady=False/ScalingUp"),
        ),
        (
            Phase::Running,
            format!("Ready=False/Running Reconciling=True/Running {data} WorkersReady=False/ScalingUp"),
        ),
        (
            Phase::Running,
            format!(
                "Ready=False/Running Reconciling=True/CoordinatorUnreachable {data} WorkersReady=False/ScalingUp"
            ),
        ),
        (
            Phase::Preparing,
            format!("Ready=False/Preparing Reconciling=True/Retrying {data} WorkersReady=False/ScalingUp"),
        ),
        (
            Phase::Suspended,
            format!("Ready=False/Suspended Reconciling=True/Suspending {data} Suspended=False/NotSuspended"),
        ),
        (Phase::Suspended, format!("Ready=False/Suspended {data} Suspended=True/ByUser")),
        (Phase::Suspended, format!("Ready=False/Suspended {data} Suspended=True/ByQueue")),
        (Phase::Pending, format!("Ready=False/ImagePullFailed Stalled=True/ImagePullFailed {data}")),
        (Phase::Preparing, format!("Ready=False/ImagePullFailed Stalled=True/ImagePullFailed {data}")),
        (
            Phase::Failed,
            format!("Ready=False/ImagePullFailed Stalled=True/ImagePullFailed {data} Failed=True/ImagePullFailed"),
        ),
        (Phase::Succeeded, format!("Ready=True/Succeeded {data} Complete=True/Patience")),
    ];
    for (situation, (phase, conditions)) in situations().into_iter().zip(expected) {
        // Without a verdict, which an end alone brings.
        let reason = if situation.is_terminal() { "NotComputed" } else { "NotYet" };
        let expected = (phase, format!("{conditions} Validated=Unknown/{reason}"));
        assert_eq!(shown(situation.clone()), expected, "{situation:?}");
    }
}

#[test]
fn every_message_is_made_of_sentences() {
    for situation in situations() {
        for c in build(None, &facts(situation), at(0)).conditions {
            assert!(c.message.starts_with(char::is_uppercase) || c.message.starts_with(char::is_numeric));
            assert!(c.message.ends_with('.') && !c.message.contains(".."), "{}: {}", c.type_, c.message);
        }
    }
}

/// A recorded failure is read back and built again at every look: it must not grow.
#[test]
fn every_failure_says_what_to_do_and_says_it_once() {
    for &reason in StalledReason::ALL {
        for found in ["row 7 is no number", "x", "", &"é".repeat(4000), "one. two.\nthree\""] {
            let message = |message: String| {
                let status = build(None, &facts(Situation::Failed { reason, message }), at(0));
                condition(&status, types::FAILED).unwrap().message.clone()
            };
            let first = message(found.to_owned());
            assert!(first.len() <= 1024 && first.ends_with('.'), "{first}");
            assert_eq!(message(first.clone()), first);
        }
    }
}

#[test]
fn a_coordinator_that_does_not_start_says_why() {
    let awaited = Some("the coordinator's pod fits on no node: 0/2 nodes are available".to_owned());
    let status = build(None, &Facts { awaited, ..facts(Situation::Starting) }, at(0));
    let ready = condition(&status, types::READY).unwrap();
    assert_eq!(ready.message, "The coordinator's pod fits on no node: 0/2 nodes are available.");
}

#[test]
fn the_time_of_a_transition_stays_until_the_status_of_the_condition_changes() {
    let first = build(None, &facts(Situation::Starting), at(0));
    let second = build(Some(&first), &facts(running()), at(10));
    let since = |status, type_| condition(status, type_).unwrap().last_transition_time.clone();
    assert_eq!(since(&second, types::READY), Time(at(0)));
    assert_eq!(since(&second, types::RECONCILING), Time(at(0)), "another reason is no transition");
    let ended = Situation::Succeeded { reason: CompleteReason::TargetReached, reported: None };
    let third = build(Some(&second), &facts(ended.clone()), at(20));
    assert_eq!(since(&third, types::READY), Time(at(20)));
    assert_eq!(since(&third, types::COMPLETE), Time(at(20)));
    let fourth = build(Some(&third), &Facts { generation: 4, ..facts(ended) }, at(30));
    assert_eq!(since(&fourth, types::COMPLETE), Time(at(20)));
    assert!(fourth.conditions.iter().all(|c| c.observed_generation == Some(4)));
}

#[test]
fn a_job_that_was_suspended_says_that_it_is_not() {
    let before = build(None, &facts(running()), at(0));
    assert!(condition(&before, types::SUSPENDED).is_none());
    let suspended = build(Some(&before), &facts(Situation::Suspended(SuspendedBy::User)), at(5));
    let resumed = build(Some(&suspended), &facts(Situation::Starting), at(9));
    let found = condition(&resumed, types::SUSPENDED).unwrap();
    assert_eq!((found.status.as_str(), found.reason.as_str()), ("False", "NotSuspended"));
    assert_eq!(found.last_transition_time, Time(at(9)), "deadlines count from the resumption");
}

#[test]
fn data_that_were_found_stay_found_while_nobody_can_tell() {
    let early = build(None, &facts(Situation::Queued { position: 1 }), at(0));
    assert!(condition(&early, types::DATA_READY).is_none());
    let importing = build(Some(&early), &facts(Situation::Preparing { importing: true }), at(1));
    assert_eq!(condition(&importing, types::DATA_READY).unwrap().reason, "Importing");
    let starting = build(Some(&importing), &facts(Situation::Starting), at(2));
    assert_eq!(condition(&starting, types::DATA_READY).unwrap().reason, "Importing");
    let running = build(Some(&starting), &facts(running()), at(3));
    let retrying = Situation::Retrying { until: at(9), why: "no reason".into() };
    let retrying = build(Some(&running), &facts(retrying), at(4));
    let kept = condition(&retrying, types::DATA_READY).unwrap();
    assert_eq!((kept.status.as_str(), &kept.last_transition_time), ("True", &Time(at(3))));
    for (reason, expected) in [
        (StalledReason::DataChanged, "DataInvalid"),
        (StalledReason::DataInvalid, "DataInvalid"),
        (StalledReason::DatasetNotFound, "DatasetNotFound"),
    ] {
        let failed = Situation::Failed { reason, message: "no".into() };
        let failed = build(Some(&retrying), &facts(failed), at(5));
        let found = condition(&failed, types::DATA_READY).unwrap();
        assert_eq!((found.status.as_str(), found.reason.as_str()), ("False", expected));
    }
}

#[test]
fn the_reason_of_workers_says_why_there_are_not_more() {
    let trouble = |t: fn(String) -> WorkersTrouble| Some(t("0/2 nodes are available.".into()));
    let cases = [
        (running(), (0, 0, None), "True/LocalOnly", (1, 1)),
        (running(), (2, 2, None), "True/AllReady", (3, 3)),
        (running(), (2, 2, trouble(WorkersTrouble::Unschedulable)), "True/AllReady", (3, 3)),
        (running(), (4, 1, None), "False/ScalingUp", (5, 2)),
        (running(), (4, 1, trouble(WorkersTrouble::Unschedulable)), "False/Unschedulable", (5, 2)),
        (running(), (4, 1, trouble(WorkersTrouble::AwaitingQuota)), "False/AwaitingQuota", (5, 2)),
        (Situation::Starting, (0, 0, None), "False/ScalingUp", (1, 0)),
        (Situation::Starting, (3, 0, trouble(WorkersTrouble::AwaitingQuota)), "False/AwaitingQuota", (4, 0)),
        (Situation::Running { reachable: false }, (1, 1, None), "False/ScalingUp", (2, 1)),
    ];
    for (situation, (desired, ready, trouble), expected, counts) in cases {
        let report = report();
        let workers = RemoteWorkers { desired, ready, trouble };
        let facts = Facts { workers, report: Some(&report), ..facts(situation) };
        let status = build(None, &facts, at(0));
        let c = condition(&status, types::WORKERS_READY).unwrap();
        assert_eq!(format!("{}/{}", c.status, c.reason), expected, "{facts:?}");
        let found = status.workers.unwrap();
        assert_eq!((found.desired, found.ready), counts, "{facts:?}");
    }
}

#[test]
fn workers_that_something_but_a_quota_refuses_are_not_told_to_raise_one() {
    let told = |why: &str| {
        let trouble = Some(WorkersTrouble::AwaitingQuota(why.to_owned()));
        let facts = Facts { workers: RemoteWorkers { desired: 2, ready: 0, trouble }, ..facts(running()) };
        condition(&build(None, &facts, at(0)), types::WORKERS_READY).unwrap().message.clone()
    };
    assert!(told("pods \"x\" is forbidden: exceeded quota: few").contains("refused by a quota"));
    let webhook = told("admission webhook \"a.b\" denied the request: no");
    assert!(webhook.contains("denied the request") && !webhook.contains("quota"), "{webhook}");
}

#[test]
fn a_path_of_the_manifest_is_said_as_it_is_written_there() {
    let stalled = |message: &str| {
        let reason = StalledReason::UnknownGene;
        let situation = Situation::Failed { reason, message: message.into() };
        let status = build(None, &facts(situation), at(0));
        condition(&status, types::FAILED).unwrap().message.clone()
    };
    assert!(stalled("spec.strategies[0].genes: unknown gene x").starts_with("spec.strategies[0].genes: "));
    assert!(stalled("the genes are unknown").starts_with("The genes are unknown. "));
}

#[test]
fn the_table_shows_a_fitness_rounded_and_the_status_has_it_whole() {
    let shown = |fitness: f64| {
        let mut report = report();
        report.best.as_mut().unwrap().fitness = fitness;
        let best = build(None, &Facts { report: Some(&report), ..facts(running()) }, at(0)).best.unwrap();
        (best.fitness, best.rounded.unwrap())
    };
    assert_eq!(shown(0.1 + 0.2), (Some(0.1 + 0.2), "0.3000".to_owned()));
    assert_eq!(shown(-1.238_765_432_1).1, "-1.2388");
    assert_eq!(shown(0.000_012_345).1, "1.234e-5");
    assert_eq!(shown(0.0).1, "0.0000");
}
