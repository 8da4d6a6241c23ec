//! Ordinary facts.

use galapagos_crds::conditions::{CompleteReason, StalledReason};
use galapagos_crds::status::{Attempts, Phase};
use galapagos_protocol::progress::{
    Best, Evaluations, Final, Front, Gene, Generation, NamedPoint, Provenance, Report, Validation, Workers,
};

use super::at;
use crate::evolution_job::status::{Facts, RemoteWorkers, Situation, SuspendedBy};

/// Of a job of 50 generations that has started once and has two workers.
pub fn facts(situation: Situation) -> Facts<'static> {
    Facts {
        generation: 3,
        situation,
        awaited: None,
        generations: 50,
        population: 1000,
        report: None,
        last_words: None,
        attempts: Attempts { started: 1, faults: 0, disruptions: 0 },
        workers: RemoteWorkers { desired: 2, ready: 1, trouble: None },
        lives: &[],
        started: Some(at(0)),
        ended: None,
        image: Some("galapagos:1"),
        price: Some("0.04".parse().unwrap()),
    }
}

pub fn running() -> Situation {
    Situation::Running { reachable: true }
}

/// After 12 generations.
pub fn report() -> Report {
    Report {
        sequence: 40,
        epoch: 1,
        generation: 12,
        generations: 50,
        population: 1000,
        evaluations: Some(Evaluations {
            completed: 12_000,
            distinct: 11_000,
            cached: 900,
            failed: 7,
            quarantined: 0,
            per_second: 123.456,
        }),
        workers: Some(Workers { ready: 2, slots: 4, busy: 4, busy_seconds: 80.0, worker_seconds: 7200.9 }),
        best: Some(Best {
            strategy: "ema_crossover".into(),
            genome: vec![gene("fast_period", "12"), gene("exit", "on_cross"), gene("share", "0.35")],
            fitness: 0.1 + 0.2,
            metrics: [("sharpe".into(), 0.1 + 0.2), ("trades".into(), 40.0)].into(),
            holdout: [("sharpe".into(), 0.7)].into(),
        }),
        history: (0..12)
            .map(|generation| Generation {
                generation,
                best: Some(1.0),
                median: Some(0.5),
                spread: None,
                diversity: 0.25,
                seconds: 1.234_56,
                front: Some(7),
                hypervolume: Some(2.5),
            })
            .collect(),
        front: Some(Front {
            count: 7,
            hypervolume: 2.5,
            points: vec![NamedPoint {
                name: "knee".into(),
                strategy: "ema_crossover".into(),
                genome: vec![gene("fast_period", "12")],
                values: [("sharpe".into(), 1.5), ("max_drawdown".into(), 0.2)].into(),
            }],
        }),
        eta_seconds: Some(100.4),
        provenance: Some(Provenance {
            inputs_digest: "blake3:aa".into(),
            dataset_digest: "blake3:bb".into(),
            generation_digest: "blake3:cc".into(),
            engine: 1,
            reproducible: true,
        }),
        ..Report::default()
    }
}

/// The last one.
pub fn final_report() -> Report {
    let end = Final {
        reason: "Patience".into(),
        succeeded: true,
        result_digest: "blake3:dd".into(),
        result_path: "galapagos/runs/lab/btc/aa/result".into(),
        message: String::new(),
        validation: Some(verdict()),
    };
    Report { r#final: Some(end), ..report() }
}

/// Of a find that is as likely luck.
pub fn verdict() -> Validation {
    Validation {
        validated: "False".into(),
        reason: "LikelyLuck".into(),
        summary:
            "A search of 256 different strategies finds this much by luck: confidence .81, .95 is needed."
                .into(),
        confidence: Some(0.812_345),
        required_sharpe: Some(1.264_49),
        timing_sharpe: Some(0.9),
        trials: 38_412,
        effective_trials: 256,
        failed: vec!["confidence".into(), "costs".into()],
    }
}

pub fn gene(name: &str, value: &str) -> Gene {
    Gene { name: name.into(), value: value.into() }
}

/// One of each kind.
pub fn situations() -> Vec<Situation> {
    let message = "the pod says so".to_owned();
    let reason = StalledReason::ImagePullFailed;
    vec![
        Situation::Queued { position: 3 },
        Situation::Preparing { importing: true },
        Situation::Preparing { importing: false },
        Situation::Starting,
        Situation::Running { reachable: true },
        Situation::Running { reachable: false },
        Situation::Retrying { until: at(30), why: "the coordinator ended with exit code 72".into() },
        Situation::Suspending(SuspendedBy::User),
        Situation::Suspended(SuspendedBy::User),
        Situation::Suspended(SuspendedBy::Queue),
        Situation::Stalled { reason, message: message.clone(), phase: Phase::Pending },
        Situation::Stalled { reason, message: message.clone(), phase: Phase::Preparing },
        Situation::Failed { reason, message },
        Situation::Succeeded { reason: CompleteReason::Patience, reported: None },
    ]
}
