//! What stays when nobody tells it any more, and what goes.

use galapagos_crds::conditions::{CompleteReason, StalledReason};
use galapagos_protocol::progress::{Best, Provenance, Report, WalkForward};
use k8s_openapi::apimachinery::pkg::apis::meta::v1::Time;

use super::at;
use super::facts::{facts, final_report, report, running};
use crate::evolution_job::status::{Facts, Situation, build};
use galapagos_protocol::last_words;

fn succeeded() -> Situation {
    Situation::Succeeded { reason: CompleteReason::Patience, reported: None }
}

#[test]
fn a_report_is_shown_in_full() {
    let report = report();
    let status = build(None, &Facts { report: Some(&report), ..facts(running()) }, at(0));
    assert_eq!((status.generation, status.generations), (Some(12), Some(50)));
    assert_eq!(status.progress.as_deref(), Some("12/50"));
    assert_eq!((status.population, status.observed_generation), (Some(1000), Some(3)));
    let evaluations = status.evaluations.unwrap();
    assert_eq!((evaluations.completed, evaluations.per_second), (12_000, Some(123.0)));
    let best = status.best.unwrap();
    assert_eq!(best.fitness, Some(0.1 + 0.2), "to the bit");
    let front = status.front.unwrap();
    assert_eq!((front.count, front.hypervolume, front.points.len()), (7, Some(2.5), 1));
    assert_eq!((front.points[0].name.as_str(), front.points[0].values["max_drawdown"]), ("knee", 0.2));
    assert_eq!(best.genome["fast_period"].to_string(), "12");
    assert_eq!(best.genome["exit"].to_string(), "on_cross");
    assert_eq!(best.holdout, None, "not before the end");
    assert_eq!((status.history.len(), status.history[0].generation), (12, 1), "generations count from 1");
    let cost = status.cost.unwrap();
    assert_eq!((cost.worker_seconds, cost.amount.unwrap().to_string()), (7200, "0.08".to_owned()));
    assert_eq!(status.start_time, Some(Time(at(0))));
    assert_eq!(status.estimated_completion_time, Some(Time(at(100))));
    let provenance = status.provenance.unwrap();
    assert_eq!(provenance.dataset_digest.as_deref(), Some("blake3:bb"));
    assert_eq!((provenance.engine, provenance.image.as_deref()), (Some(1), Some("galapagos:1")));
    assert_eq!((provenance.result_digest, provenance.stopped_by, status.results), (None, None, None));
}

#[test]
fn windows_are_shown_while_they_evolve_and_their_job_once_it_has_ended() {
    let windows = WalkForward { done: 2, windows: 5, generation: 12, generations: 50 };
    let report = Report { generation: 50, walk_forward: Some(windows), ..report() };
    let told = |situation, report| Facts { report, ..facts(situation) };
    let status = build(None, &told(running(), Some(&report)), at(0));
    assert_eq!(status.progress.as_deref(), Some("wf 2/5 12/50"));
    let unreachable = build(Some(&status), &told(Situation::Running { reachable: false }, None), at(60));
    assert_eq!(unreachable.progress, status.progress, "nobody tells any more");
    let ended = build(Some(&status), &told(succeeded(), Some(&report)), at(60));
    assert_eq!(ended.progress.as_deref(), Some("50/50"));
    let absurd = WalkForward { done: u32::MAX, windows: u32::MAX, generations: u32::MAX, ..windows };
    let status =
        build(None, &told(running(), Some(&Report { walk_forward: Some(absurd), ..report.clone() })), at(0));
    assert_eq!(
        status.progress.as_deref(),
        Some("50/50"),
        "no coordinator tells this, and the schema has 32 letters"
    );
}

// Contract K4.
#[test]
fn progress_survives_a_coordinator_that_is_gone() {
    let report = report();
    let before = build(None, &Facts { report: Some(&report), ..facts(running()) }, at(0));
    for situation in super::facts::situations() {
        let after = build(Some(&before), &facts(situation.clone()), at(60));
        assert_eq!(after.generation, before.generation, "{situation:?}");
        assert_eq!(after.progress, before.progress);
        assert_eq!(after.evaluations, before.evaluations);
        assert_eq!(after.history, before.history);
        assert_eq!(after.best, before.best);
        assert_eq!(after.cost, before.cost);
        let start = before.start_time.clone().filter(|_| !situation.is_suspended());
        assert_eq!(after.start_time, start, "{situation:?}");
        assert_eq!(after.provenance.unwrap().dataset_digest.as_deref(), Some("blake3:bb"));
        assert_eq!(after.estimated_completion_time, None, "nobody works on it");
    }
}

#[test]
fn an_attempt_that_has_not_read_its_checkpoint_takes_nothing_back() {
    let report = report();
    let before = build(None, &Facts { report: Some(&report), ..facts(running()) }, at(0));
    let fresh = Report { sequence: 1, epoch: 2, generations: 50, ..Report::default() };
    let after = build(Some(&before), &Facts { report: Some(&fresh), ..facts(running()) }, at(9));
    assert_eq!((after.generation, &after.best, &after.history), (Some(12), &before.best, &before.history));
    // A checkpoint that was damaged: the one before it counts.
    let provenance = Some(Provenance { generation_digest: "blake3:ee".into(), ..Provenance::default() });
    let back = Report { generation: 11, provenance, ..fresh };
    let after = build(Some(&before), &Facts { report: Some(&back), ..facts(running()) }, at(9));
    assert_eq!(after.generation, Some(11));
    assert_eq!(after.best, before.best, "a resumed coordinator does not know the best again at once");
    assert_eq!(after.cost, before.cost, "what was spent is spent");
}

#[test]
fn the_final_report_brings_the_result() {
    let report = final_report();
    let status = build(None, &Facts { report: Some(&report), ..facts(succeeded()) }, at(70));
    let provenance = status.provenance.as_ref().unwrap();
    assert_eq!(provenance.result_digest.as_deref(), Some("blake3:dd"));
    assert_eq!(provenance.stopped_by.as_deref(), Some("Patience"));
    assert_eq!(status.results.as_ref().unwrap().path, "galapagos/runs/lab/btc/aa/result");
    assert_eq!(status.best.as_ref().unwrap().holdout.as_ref().unwrap()["sharpe"], 0.7);
    assert_eq!(status.completion_time, Some(Time(at(70))));
    assert_eq!(status.estimated_completion_time, None);
    assert_eq!(status.workers.as_ref().unwrap().desired, 2, "as the facts have it, without a local one");

    // An operator that was restarted knows the status and nothing else.
    let again = build(Some(&status), &Facts { image: None, price: None, ..facts(succeeded()) }, at(500));
    assert_eq!(again, status);
}

#[test]
fn the_last_words_bring_the_result_when_the_stream_did_not() {
    let report = report();
    let before = build(None, &Facts { report: Some(&report), ..facts(running()) }, at(0));
    let text = serde_json::json!({
        "reason": "Patience", "succeeded": true, "resultDigest": "blake3:dd", "resultPath": "runs/x/result",
        "generation": 13, "workerSeconds": 9000.0, "engine": 1, "reproducible": false,
        "best": {"strategy": "ema_crossover", "fitness": 0.1 + 0.2, "genome": {"fast_period": "12"}},
        "evaluations": {"completed": 13000, "distinct": 12000, "cached": 900, "failed": 7, "quarantined": 1},
    });
    let words = last_words::read(&text.to_string()).unwrap();
    let told = Facts { report: Some(&report), last_words: Some(&words), ..facts(succeeded()) };
    let status = build(Some(&before), &told, at(70));
    assert_eq!((status.generation, status.progress.as_deref()), (Some(13), Some("13/50")));
    assert_eq!(status.evaluations.unwrap().completed, 13_000);
    assert_eq!(status.cost.unwrap().worker_seconds, 9000);
    let best = status.best.unwrap();
    assert_eq!(best.metrics["trades"], 40.0, "of the same individual, known from before");
    assert_eq!(best.genome.len(), 1);
    let provenance = status.provenance.unwrap();
    assert_eq!(provenance.result_digest.as_deref(), Some("blake3:dd"));
    assert_eq!((provenance.reproducible, provenance.engine), (Some(false), Some(1)));
    assert_eq!(status.results.unwrap().path, "runs/x/result");

    let other = text.to_string().replace("ema_crossover", "donchian");
    let words = last_words::read(&other).unwrap();
    let told = Facts { last_words: Some(&words), ..facts(succeeded()) };
    assert!(build(Some(&before), &told, at(70)).best.unwrap().metrics.is_empty(), "of another individual");
}

#[test]
fn last_words_add_nothing_to_a_final_report() {
    let report = final_report();
    let words =
        last_words::read(r#"{"reason":"GenerationsReached","resultDigest":"blake3:00","generation":2}"#)
            .unwrap();
    let alone = build(None, &Facts { report: Some(&report), ..facts(succeeded()) }, at(0));
    let both =
        build(None, &Facts { report: Some(&report), last_words: Some(&words), ..facts(succeeded()) }, at(0));
    assert_eq!(alone, both);
}

#[test]
fn a_job_that_goes_on_after_its_end_has_no_result_until_the_next_one() {
    let report = final_report();
    let ended = build(None, &Facts { report: Some(&report), ..facts(succeeded()) }, at(70));
    let extended = Facts { generations: 80, generation: 4, ..facts(Situation::Starting) };
    let status = build(Some(&ended), &extended, at(100));
    assert_eq!((status.progress.as_deref(), status.completion_time), (Some("12/80"), None));
    let provenance = status.provenance.unwrap();
    assert_eq!((provenance.result_digest, provenance.stopped_by, status.results), (None, None, None));
    assert_eq!(status.best.unwrap().holdout, None);
    assert_eq!(status.start_time, ended.start_time);
}

#[test]
fn a_failure_keeps_the_best_and_names_its_reason() {
    let report = report();
    let before = build(None, &Facts { report: Some(&report), ..facts(running()) }, at(0));
    let failed = Situation::Failed { reason: StalledReason::DeadlineExceeded, message: "too long".into() };
    let status = build(Some(&before), &Facts { ended: Some(at(55)), ..facts(failed) }, at(60));
    assert_eq!(status.best, before.best);
    assert_eq!(status.provenance.unwrap().stopped_by.as_deref(), Some("DeadlineExceeded"));
    assert_eq!(status.completion_time, Some(Time(at(55))));
}

#[test]
fn the_expected_end_moves_with_generations_and_not_with_looks() {
    let first = report();
    let one = build(None, &Facts { report: Some(&first), ..facts(running()) }, at(0));
    let two = build(Some(&one), &Facts { report: Some(&first), ..facts(running()) }, at(7));
    assert_eq!(one.estimated_completion_time, two.estimated_completion_time);
    let next = Report { generation: 13, eta_seconds: Some(90.0), ..report() };
    let three = build(Some(&two), &Facts { report: Some(&next), ..facts(running()) }, at(20));
    assert_eq!(three.estimated_completion_time, Some(Time(at(110))));
    for strange in [f64::NAN, f64::INFINITY, -1.0, 1e300] {
        let next = Report { eta_seconds: Some(strange), ..report() };
        let status = build(None, &Facts { report: Some(&next), ..facts(running()) }, at(0));
        assert_eq!(status.estimated_completion_time, None);
    }
}

#[test]
fn what_is_no_number_is_absent() {
    let best = Best {
        strategy: "s".into(),
        fitness: f64::NAN,
        metrics: [("a".into(), f64::INFINITY), ("b".into(), 1.0)].into(),
        ..Best::default()
    };
    let report = Report { best: Some(best), ..report() };
    let status = build(None, &Facts { report: Some(&report), ..facts(running()) }, at(0));
    let best = status.best.unwrap();
    assert_eq!((best.fitness, best.metrics.len()), (None, 1));
}

#[test]
fn the_first_start_and_the_first_image_stay() {
    let before = build(None, &facts(running()), at(0));
    let later = Facts { started: Some(at(99)), image: Some("galapagos:2"), ..facts(running()) };
    let after = build(Some(&before), &later, at(100));
    assert_eq!(after.start_time, Some(Time(at(0))));
    assert_eq!(after.provenance.unwrap().image.as_deref(), Some("galapagos:1"));
}
