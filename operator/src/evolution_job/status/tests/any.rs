//! Facts of any kind, possible or not.

use galapagos_crds::conditions::{CompleteReason, StalledReason, ValidatedReason};
use galapagos_crds::status::{Attempts, Phase};
use galapagos_protocol::progress as wire;
use jiff::Timestamp;
use proptest::collection::{hash_map, vec};
use proptest::num::f64::ANY;
use proptest::option::of;
use proptest::prelude::*;
use proptest::sample::select;

use crate::evolution_job::status::{Facts, RemoteWorkers, Situation, SuspendedBy, WorkersTrouble};
use crate::life::Life;

/// Facts that own what they point to.
#[derive(Clone, Debug)]
pub struct Owned {
    pub facts: Facts<'static>,
    pub report: Option<wire::Report>,
    pub words: Option<wire::Report>,
    pub image: Option<String>,
    pub lives: Vec<Life>,
    pub now: Timestamp,
}

impl Owned {
    pub fn facts(&self) -> Facts<'_> {
        Facts {
            report: self.report.as_ref(),
            last_words: self.words.as_ref(),
            image: self.image.as_deref(),
            lives: &self.lives,
            ..self.facts.clone()
        }
    }
}

fn text() -> impl Strategy<Value = String> {
    prop_oneof![
        4 => any::<String>(),
        2 => "[a-z_]{0,80}",
        1 => "(blake3:[0-9a-f]{64}|[0-9]{1,20}([.][0-9]{1,14})?)",
        1 => "[\"\\\\\u{1}\n]{0,3000}",
        1 => "[é漢]{500,2000}",
    ]
}

fn values() -> impl Strategy<Value = std::collections::HashMap<String, f64>> {
    hash_map(text(), ANY, 0..40)
}

fn time() -> impl Strategy<Value = Timestamp> {
    // To year 9999, beyond which RFC 3339 does not go.
    (0..253_370_764_800_i64, 0..1_000_000_000_i32).prop_map(|(s, n)| Timestamp::new(s, n).unwrap())
}

fn best() -> impl Strategy<Value = wire::Best> {
    let gene = (text(), text()).prop_map(|(name, value)| wire::Gene { name, value });
    (text(), vec(gene, 0..40), ANY, values(), values()).prop_map(
        |(strategy, genome, fitness, metrics, holdout)| wire::Best {
            strategy,
            genome,
            fitness,
            metrics,
            holdout,
        },
    )
}

fn front() -> impl Strategy<Value = wire::Front> {
    let gene = (text(), text()).prop_map(|(name, value)| wire::Gene { name, value });
    let point = (text(), text(), vec(gene, 0..40), values())
        .prop_map(|(name, strategy, genome, values)| wire::NamedPoint { name, strategy, genome, values });
    (any::<u32>(), ANY, vec(point, 0..8)).prop_map(|(count, hypervolume, points)| wire::Front {
        count,
        hypervolume,
        points,
    })
}

fn generation() -> impl Strategy<Value = wire::Generation> {
    (any::<u32>(), of(ANY), of(ANY), of(ANY), ANY, ANY, of(any::<u32>()), of(ANY)).prop_map(
        |(generation, best, median, spread, diversity, seconds, front, hypervolume)| wire::Generation {
            generation,
            best,
            median,
            spread,
            diversity,
            seconds,
            front,
            hypervolume,
        },
    )
}

fn validation() -> impl Strategy<Value = wire::Validation> {
    let status = prop_oneof![select(vec!["True", "False", "Unknown"]).prop_map(str::to_owned), text()];
    let reason = prop_oneof![select(ValidatedReason::ALL).prop_map(|r| r.to_string()), text()];
    let texts = (status, reason, text(), vec(text(), 0..20));
    (texts, any::<[u64; 2]>(), of(ANY), of(ANY), of(ANY)).prop_map(
        |(
            (validated, reason, summary, failed),
            [trials, effective_trials],
            confidence,
            required_sharpe,
            timing_sharpe,
        )| wire::Validation {
            validated,
            reason,
            summary,
            confidence,
            required_sharpe,
            timing_sharpe,
            trials,
            effective_trials,
            failed,
        },
    )
}

fn report() -> impl Strategy<Value = wire::Report> {
    let evaluations = (any::<[u64; 5]>(), ANY).prop_map(
        |([completed, distinct, cached, failed, quarantined], per_second)| wire::Evaluations {
            completed,
            distinct,
            cached,
            failed,
            quarantined,
            per_second,
        },
    );
    let workers = (any::<u32>(), ANY).prop_map(|(ready, worker_seconds)| wire::Workers {
        ready,
        worker_seconds,
        ..wire::Workers::default()
    });
    let provenance = (text(), text(), text(), any::<u32>(), any::<bool>()).prop_map(
        |(inputs_digest, dataset_digest, generation_digest, engine, reproducible)| wire::Provenance {
            inputs_digest,
            dataset_digest,
            generation_digest,
            engine,
            reproducible,
        },
    );
    let end = (text(), any::<bool>(), text(), text(), text(), of(validation())).prop_map(
        |(reason, succeeded, result_digest, result_path, message, validation)| wire::Final {
            reason,
            succeeded,
            result_digest,
            result_path,
            message,
            validation,
        },
    );
    let walk_forward = any::<[u32; 4]>().prop_map(|[done, windows, generation, generations]| {
        wire::WalkForward { done, windows, generation, generations }
    });
    let numbers = (any::<u32>(), of(ANY), of(evaluations), of(workers), of(walk_forward));
    let texts = (of(best()), of(front()), vec(generation(), 0..25), of(provenance), of(end), text());
    (numbers, texts).prop_map(
        |(
            (generation, eta_seconds, evaluations, workers, walk_forward),
            (best, front, history, provenance, r#final, message),
        )| {
            wire::Report {
                walk_forward,
                generation,
                eta_seconds,
                evaluations,
                workers,
                best,
                front,
                history,
                provenance,
                r#final,
                message,
                ..wire::Report::default()
            }
        },
    )
}

fn situation() -> impl Strategy<Value = Situation> {
    let by = || select(vec![SuspendedBy::User, SuspendedBy::Queue]);
    let reason = || select(StalledReason::ALL);
    prop_oneof![
        any::<u32>().prop_map(|position| Situation::Queued { position }),
        any::<bool>().prop_map(|importing| Situation::Preparing { importing }),
        Just(Situation::Starting),
        any::<bool>().prop_map(|reachable| Situation::Running { reachable }),
        (time(), text()).prop_map(|(until, why)| Situation::Retrying { until, why }),
        by().prop_map(Situation::Suspending),
        by().prop_map(Situation::Suspended),
        (reason(), text(), select(vec![Phase::Pending, Phase::Preparing, Phase::Running]))
            .prop_map(|(reason, message, phase)| Situation::Stalled { reason, message, phase }),
        (reason(), text()).prop_map(|(reason, message)| Situation::Failed { reason, message }),
        (select(CompleteReason::ALL), of(text()))
            .prop_map(|(reason, reported)| Situation::Succeeded { reason, reported }),
    ]
}

pub fn owned() -> impl Strategy<Value = Owned> {
    let trouble = prop_oneof![
        text().prop_map(WorkersTrouble::Unschedulable),
        text().prop_map(WorkersTrouble::AwaitingQuota)
    ];
    let workers = (any::<u32>(), any::<u32>(), of(trouble))
        .prop_map(|(desired, ready, trouble)| RemoteWorkers { desired, ready, trouble });
    let attempts = any::<[i32; 3]>().prop_map(|[started, faults, disruptions]| Attempts {
        started,
        faults,
        disruptions,
    });
    let price = of((any::<i64>(), 0..=12_u32)
        .prop_map(|(mantissa, scale)| galapagos_crds::Decimal::new(mantissa % 1_000_000_000_000_000, scale)));
    let reported = (of(report()), of(report()), of(text()), of(text()));
    let life = (time(), of(time())).prop_map(|(start, end)| Life { start, end });
    let times = (time(), of(time()), of(time()), vec(life, 0..5));
    (any::<i64>(), situation(), any::<u32>(), any::<u32>(), (attempts, workers, price), reported, times)
        .prop_map(|(generation, situation, generations, population, counts, reported, times)| {
            let ((attempts, workers, price), (report, words, image, awaited), (now, started, ended, lives)) =
                (counts, reported, times);
            let facts = Facts {
                generation,
                situation,
                awaited,
                generations,
                population,
                report: None,
                last_words: None,
                attempts,
                workers,
                lives: &[],
                started,
                ended,
                image: None,
                price,
            };
            Owned { facts, report, words, image, lives, now }
        })
}
