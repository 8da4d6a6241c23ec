//! When a status is written.

use std::time::Duration;

use galapagos_crds::EvolutionJobStatus;
use galapagos_crds::conditions::CompleteReason;
use galapagos_protocol::progress::Report;

use super::at;
use super::facts::{facts, report, running, situations};
use crate::evolution_job::status::{Change, Facts, Situation, build, differs, wait};
use crate::life::Life;

fn read_back(status: &EvolutionJobStatus) -> EvolutionJobStatus {
    serde_json::from_str(&serde_json::to_string(status).unwrap()).unwrap()
}

#[test]
fn a_status_equals_itself_when_it_is_read_back_and_built_again() {
    for situation in situations() {
        let report = report();
        let facts = Facts { report: Some(&report), ..facts(situation) };
        let now = at(0).checked_add(jiff::SignedDuration::from_millis(789)).unwrap();
        let first = build(None, &facts, now);
        let second = build(Some(&read_back(&first)), &facts, at(33));
        assert_eq!(differs(Some(&read_back(&first)), &second), Change::None, "{:?}", facts.situation);
    }
}

#[test]
fn numbers_can_wait_and_transitions_cannot() {
    let first = report();
    let before = build(None, &Facts { report: Some(&first), ..facts(running()) }, at(0));
    let change = |facts: &Facts<'_>| differs(Some(&before), &build(Some(&before), facts, at(9)));
    let told = Facts { report: Some(&first), ..facts(running()) };
    assert_eq!(change(&told), Change::None);
    assert_eq!(differs(None, &before), Change::Transition);
    let next = Report { generation: 13, ..report() };
    assert_eq!(change(&Facts { report: Some(&next), ..told.clone() }), Change::LiveOnly);
    let lost = Situation::Running { reachable: false };
    assert_eq!(change(&Facts { situation: lost, ..told.clone() }), Change::Transition);
    let ended = Situation::Succeeded { reason: CompleteReason::Patience, reported: None };
    assert_eq!(change(&Facts { situation: ended, ..told.clone() }), Change::Transition);
    assert_eq!(change(&Facts { generation: 4, ..told.clone() }), Change::Transition);
    let mut second = told.clone();
    second.attempts.started = 2;
    assert_eq!(change(&second), Change::Transition, "an attempt is recorded before it is made");
}

#[test]
fn a_cost_that_rises_is_told_once_a_minute_and_with_whatever_else_is_told() {
    let (now, first) = (at(60), Report { eta_seconds: None, ..report() });
    let lives = [Life { start: at(0), end: None }];
    let told =
        Facts { report: Some(&first), price: Some("36".parse().unwrap()), lives: &lives, ..facts(running()) };
    let before = build(None, &told, now);
    let after = build(Some(&before), &told, at(9000));
    assert_eq!(after.cost.as_ref().unwrap().worker_seconds, 7200 + 8940);
    assert_eq!(differs(Some(&before), &after), Change::CostOnly);
    let next = Report { generation: 13, ..first.clone() };
    let with_news = build(Some(&before), &Facts { report: Some(&next), ..told.clone() }, at(9000));
    assert_eq!(with_news.cost, after.cost);
    assert_eq!(differs(Some(&before), &with_news), Change::LiveOnly);
    let seconds = |s| Some(Duration::from_secs(s));
    assert_eq!(wait(Change::CostOnly, seconds(20), 1, None), seconds(40));
    assert_eq!(wait(Change::CostOnly, seconds(60), 1, None), seconds(0));
    assert_eq!(wait(Change::CostOnly, seconds(60), 2000, None), seconds(40), "many jobs share a rate");
    assert_eq!(wait(Change::CostOnly, None, 1, None), seconds(0));
}

#[test]
fn numbers_of_a_job_are_written_every_five_seconds_and_rarer_with_many_jobs() {
    let seconds = |s| Some(Duration::from_secs(s));
    assert_eq!(wait(Change::None, None, 1, None), None);
    assert_eq!(wait(Change::Transition, seconds(0), 1000, None), seconds(0));
    assert_eq!(wait(Change::LiveOnly, None, 1, None), seconds(0));
    assert_eq!(wait(Change::LiveOnly, seconds(2), 1, None), seconds(3));
    assert_eq!(wait(Change::LiveOnly, seconds(6), 1, None), seconds(0));
    assert_eq!(wait(Change::LiveOnly, seconds(6), 400, None), seconds(14));
    assert_eq!(wait(Change::LiveOnly, seconds(6), 400, Some(10)), seconds(0));
    assert_eq!(wait(Change::LiveOnly, seconds(6), 400, Some(11)), seconds(54));
    assert_eq!(wait(Change::Transition, seconds(6), 400, Some(300)), seconds(0));
}
